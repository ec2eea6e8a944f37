/*
 * head.h - the headers of an answer, and the body of an error in OpenAI's form. Pure but for the
 * buffers.
 */
#ifndef GATEWAY_HEAD_H
#define GATEWAY_HEAD_H

#include <glimpse/result.h>

#include "base/buf.h"
#include "gateway/verdict.h"

/* What the head of an answer tells of its way here. */
typedef struct gateway_facts {
    const glimpse_result *result; /* NULL: it never got as far as the engine */
    const gateway_verdict *verdict;
    uint64_t process, number; /* of this gateway, and of the request: Glimpse-Request-Id */
    int64_t gateway_ns;       /* from the request to here, of which the engine had its part */
    int64_t retry_after_s;    /* 0: none of ours */
    bool alone;     /* the caller may see the endpoint's rate limits: nobody shares them */
    bool unshared;  /* it was never looked for among stored answers */
    bool refreshed; /* it was not to be answered by a stored one */
    bool hides;     /* nothing tells a stored answer from a fresh one: --cache-headers off */
} gateway_facts;

/* No cache may share an answer between callers, an error of ours as little. */
#define GATEWAY_NOT_STORED "cache-control: private, no-store\r\n"

/* Returns whose answer it is. A failure for which an essence was made here, too, and not given, is
 * the endpoint's. */
glimpse_source gateway_source_of(const glimpse_result *result, int status);

/* Appends the header lines. */
void gateway_head_write(const gateway_facts *facts, gl_buf *out);

/* Returns the value of a header in lines of glimpse_result_headers; data NULL: it is not there. */
gl_slice gateway_header_of(const char *lines, const char *name);

/* Appends to the message of an error that an endpoint is left out for its key, where the failure of
 * another one would hide it. */
void gateway_left_out_write(const glimpse_result *result, const char *code, gl_buf *out);

/* {"error":{...}}. param NULL: null. */
void gateway_error_write(int status, const char *code, const char *param, gl_slice message,
                         gl_buf *out);

#endif
