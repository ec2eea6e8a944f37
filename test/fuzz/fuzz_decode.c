/*
 * fuzz_decode.c - any bytes as a response: the decoder reads nothing outside them, and what it says
 * keeps its promises. The first byte chooses the status, the second the path.
 */
#include "fuzz.h"

#include <ctype.h>

#include "base/utf8.h"
#include "openai/decode.h"
#include "support/bill_oracle.h"
#include "support/root_oracle.h"

static void claim_clean(const char *text)
{
    if (text == NULL) return;
    claim_plain_line(text, strlen(text));
    for (const char *at = text; (at = strstr(at, "sk-0")) != NULL; at++)
        claim(at > text && isalnum((unsigned char)at[-1]), "a key in a message");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503 };
    static const char *const paths[] = { "/chat/completions", "/responses", "/embeddings" };
    if (size < 2) return 0;
    size_t body_len = size - 2;
    char *body = malloc(body_len + 1);
    if (body == NULL) return 0;
    memcpy(body, data + 2, body_len);
    body[body_len] = '\0'; /* for the header values below; the slice ends before it */

    gl_decoder *decoder = gl_decoder_new();
    claim(decoder != NULL, "out of memory");
    gl_decode_input input = {
        .status = statuses[data[0] % (sizeof statuses / sizeof *statuses)],
        .body = gl_slice_of(body, body_len),
        .content_type = body,
        .retry_after = body,
        .retry_after_ms = body,
        .should_retry = body,
        .request_id = body,
        .path = paths[data[1] % (sizeof paths / sizeof *paths)],
    };
    glimpse_outcome outcome;
    gl_json root;
    if (gl_json_check(input.body, &root, NULL) == GL_JSON_OK)
        claim(root_is_read(root), "a member of the root is not found");
    gl_decode(decoder, &input, &outcome);
    claim(outcome.retry_after_ms >= -1, "a negative wait");
    const glimpse_bill *bill = &outcome.sample.bill;
    claim(bill->prompt_tokens >= -1 && bill->completion_tokens >= 0 && bill->cached_tokens >= 0,
          "a count below 0");
    claim(bill->prompt_tokens <= GL_COUNT_MAX && bill->completion_tokens <= GL_COUNT_MAX,
          "no count");
    if (outcome.error == GLIMPSE_OK) {
        glimpse_bill there = bill_looked_for(
            gl_json_checked(gl_slice_of(outcome.sample.body, outcome.sample.body_len)));
        claim(bill_same(bill, &there), "another bill than the body's");
    }
    claim(outcome.sample.body_len <= body_len, "more body than came");
    if (input.status != 200) claim(outcome.error != GLIMPSE_OK, "an answer that is none");
    if (outcome.error != GLIMPSE_OK) {
        claim(!outcome.complete, "a failure that may be cached");
        claim(outcome.error_message != NULL && outcome.error_message[0] != '\0', "no message");
        claim(outcome.sample.text_len == 0, "a failure with a text");
    } else {
        size_t len = outcome.sample.text_len;
        claim(gl_utf8_check(outcome.sample.text, len) == len, "a text that is not UTF-8");
        claim(outcome.sample.body_is_json, "an answer that is not JSON");
        claim(!outcome.empty || (len == 0 && !outcome.complete), "an empty answer that is cached");
    }
    claim_clean(outcome.error_message);
    claim_clean(outcome.error_code);
    claim_clean(outcome.sample.model);
    claim_clean(outcome.sample.finish_reason);
    claim_clean(outcome.sample.request_id);

    gl_decode_broken(decoder, &input, GLIMPSE_ERR_RESET, body, &outcome);
    claim_clean(outcome.error_message);
    gl_decoder_free(decoder);
    free(body);
    return 0;
}
