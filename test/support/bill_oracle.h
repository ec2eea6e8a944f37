/*
 * bill_oracle.h - what an answer is billed by, looked for a member at a time in its whole body, for
 * the bill that the decoder leaves behind to be held against.
 */
#ifndef TEST_BILL_ORACLE_H
#define TEST_BILL_ORACLE_H

#include <stdbool.h>

#include <glimpse/result.h>

#include "base/count.h"
#include "base/json.h"

static inline bool bill_count(gl_json value, int64_t *out)
{
    *out = 0;
    if (value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL) return true;
    return gl_json_int64(value, out) && *out >= 0 && *out <= GL_COUNT_MAX;
}

static inline glimpse_bill bill_looked_for(gl_json body)
{
    gl_json usage = gl_json_get(body, "usage"), tier = gl_json_get(body, "service_tier");
    bool newer = gl_json_get(usage, "prompt_tokens").kind == GL_JSON_NONE;
    gl_json prompt = gl_json_get(usage, newer ? "input_tokens" : "prompt_tokens");
    gl_json details = gl_json_get(usage, newer ? "input_tokens_details" : "prompt_tokens_details");
    glimpse_bill bill;
    bool known = prompt.kind == GL_JSON_NUMBER && bill_count(prompt, &bill.prompt_tokens) &&
                 bill_count(gl_json_get(usage, newer ? "output_tokens" : "completion_tokens"),
                            &bill.completion_tokens) &&
                 bill_count(gl_json_get(details, "cached_tokens"), &bill.cached_tokens) &&
                 bill.cached_tokens <= bill.prompt_tokens &&
                 (tier.kind != GL_JSON_STRING || gl_json_string_is(tier, "default"));
    return known ? bill : (glimpse_bill){ -1, 0, 0 };
}

static inline bool bill_same(const glimpse_bill *a, const glimpse_bill *b)
{
    return a->prompt_tokens == b->prompt_tokens && a->cached_tokens == b->cached_tokens &&
           a->completion_tokens == b->completion_tokens;
}

#endif
