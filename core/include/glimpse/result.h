/* SPDX-License-Identifier: MIT */
/*
 * result.h - the result of one request: a status, an error kind, a sample.
 *
 * A result is immutable and counted. It is valid while on_result runs; glimpse_result_ref keeps it
 * longer. Every string that an accessor returns is NUL terminated, lives as long as the result, and
 * is never NULL unless its comment says so.
 */
#ifndef GLIMPSE_RESULT_H
#define GLIMPSE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The length of a text that is empty, wherever a caller gives one: a length that is 0, or was never
 * set, means strlen. A length that the library gives is bytes, from 0. */
#define GLIMPSE_EMPTY SIZE_MAX

/*
 * Returns the length to pass for a slice, which may be empty and has no NUL behind it:
 *
 *     draft.goal = slice.data, draft.goal_len = glimpse_length(slice.len);
 *
 *   len: bytes, from 0
 *   Returns: len, or GLIMPSE_EMPTY for 0
 *   Since: 0.1
 */
static inline size_t glimpse_length(size_t len)
{
    return len != 0 ? len : GLIMPSE_EMPTY;
}

/*
 * Statuses: how a request ended. Two mean that an answer came; docs/playbook.md section 4 has the
 * failures, and the text that replaces an answer then.
 *   X(symbol, name, sentence)
 */
#define GLIMPSE_STATUS_TABLE(X)                                                                    \
    X(ALIGNED, "aligned", "the answer serves the draft")                                           \
    X(NOT_ALIGNED, "not_aligned", "an answer came, and says why it cannot serve the draft")        \
    X(RATE_LIMITED, "rate_limited", "the endpoint asked to be called less often")                  \
    X(AUTH_ERROR, "auth_error", "the endpoint refused the credentials")                            \
    X(BAD_REQUEST, "bad_request", "the endpoint refused the request as malformed")                 \
    X(NOT_FOUND, "not_found", "the endpoint does not know this path or model")                     \
    X(UNPROCESSABLE, "unprocessable", "the endpoint understood the request and cannot process it") \
    X(PERMISSION_DENIED, "permission_denied", "these credentials may not do this")                 \
    X(SERVER_ERROR, "server_error", "the endpoint failed")                                         \
    X(ERROR, "error", "no usable answer came")                                                     \
    X(CANCELLED, "cancelled", "cancelled by the caller, or by closing the engine")

typedef enum glimpse_status {
#define GLIMPSE_X(symbol, name, sentence) GLIMPSE_STATUS_##symbol,
    GLIMPSE_STATUS_TABLE(GLIMPSE_X)
#undef GLIMPSE_X
        GLIMPSE_STATUS_COUNT
} glimpse_status;

/*
 * Error kinds, of functions and of failed results. 0 is success.
 *   X(symbol, name, sentence, retry)
 * retry: 1 = another attempt may succeed, 2 = worth one more attempt and no second, 0 = never.
 * For HTTP the status decides: 408, 409, 429 and from 500 on (but 501 and 505) are 1, others 0.
 */
#define GLIMPSE_ERROR_TABLE(X)                                                                     \
    X(INVALID, "invalid", "an argument is not valid", 0)                                           \
    X(OOM, "oom", "out of memory", 0)                                                              \
    X(CLOSING, "closing", "the engine is closing and takes no more work", 0)                       \
    X(SETUP, "setup", "a library underneath could not be set up", 0)                               \
    X(CANCELLED, "cancelled", "cancelled before it finished", 0)                                   \
    X(DEADLINE, "deadline", "the request's deadline passed", 0)                                    \
    X(CONNECT, "connect", "no connection could be made", 1)                                        \
    X(DESCRIPTORS, "descriptors", "no file descriptor is left for a connection", 1)                \
    X(DNS, "dns", "the host name could not be resolved", 1)                                        \
    X(DNS_UNKNOWN, "dns", "the host name does not exist", 0)                                       \
    X(TLS, "tls", "the server could not be trusted", 0)                                            \
    X(TIMEOUT_CONNECT, "timeout_connect", "no connection within the connect time limit", 1)        \
    X(TIMEOUT_FIRST_BYTE, "timeout_first_byte", "no answer within the first-byte time limit", 1)   \
    X(TIMEOUT_IDLE, "timeout_idle", "the answer stalled for the idle time limit", 1)               \
    X(TIMEOUT, "timeout", "the attempt took longer than its time limit", 1)                        \
    X(RESET, "reset", "the connection broke before the answer was complete", 1)                    \
    X(PROTOCOL, "protocol", "the server did not speak HTTP correctly", 2)                          \
    X(REDIRECT, "redirect", "the server redirected; redirects are not followed", 0)                \
    X(BODY_TOO_LARGE, "body_too_large", "the answer is larger than the limit", 0)                  \
    X(EMPTY_BODY, "empty_body", "the answer has no body", 2)                                       \
    X(BAD_JSON, "bad_json", "not the JSON that was expected", 2)                                   \
    X(BAD_UTF8, "bad_utf8", "not valid UTF-8", 2)                                                  \
    X(HTTP, "http", "the endpoint answered with an error", 1)                                      \
    X(CONTENT_FILTER, "content_filter", "the endpoint's content filter stopped the answer", 0)     \
    X(QUOTA, "quota", "the quota or budget of this key is used up", 0)                             \
    X(STREAM_TRUNCATED, "stream_truncated", "the stream ended before the answer did", 1)           \
    X(NOT_CACHED, "not_cached", "no answer is stored, and nothing was to be sent", 0)              \
    X(STREAM_ERROR, "stream_error", "the endpoint reported an error within the stream", 1)         \
    X(STORE, "store", "the persistent cache cannot do this now", 0)                                \
    X(PROXY, "proxy", "the proxy refused to pass the request on", 0)                               \
    X(BEHIND, "behind", "its caller was too far behind the stream", 0)                             \
    X(NO_MODEL, "no_model", "no endpoint of the pool serves this model", 0)

typedef enum glimpse_error {
    GLIMPSE_OK = 0,
#define GLIMPSE_X(symbol, name, sentence, retry) GLIMPSE_ERR_##symbol,
    GLIMPSE_ERROR_TABLE(GLIMPSE_X)
#undef GLIMPSE_X
        GLIMPSE_ERROR_COUNT
} glimpse_error;

/* The origin of a result's text. */
typedef enum glimpse_source {
    GLIMPSE_SOURCE_LIVE,      /* an attempt of the sampler: "live" */
    GLIMPSE_SOURCE_CACHE,     /* the prompt cache: "cache" */
    GLIMPSE_SOURCE_LOCAL,     /* made on this machine, no model was asked: "local" */
    GLIMPSE_SOURCE_COALESCED, /* an identical request that was under way: "coalesced" */
    GLIMPSE_SOURCE_PACKED,    /* a request that it shared with similar drafts: "packed" */
    GLIMPSE_SOURCE_COUNT
} glimpse_source;

/*
 * Returns the name of a status, as in logs and records.
 *
 *   status: any value
 *   Returns: static, never NULL; "unknown" for a value out of range
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_status_name(glimpse_status status);

/*
 * Returns the meaning of a status.
 *
 *   status: any value
 *   Returns: one sentence, static, never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_status_sentence(glimpse_status status);

/*
 * Returns the name of an error kind, as in logs and records.
 *
 *   error: any value
 *   Returns: static, never NULL; "unknown" for a value out of range
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_error_name(glimpse_error error);

/*
 * Returns the meaning of an error kind.
 *
 *   error: any value
 *   Returns: one sentence, static, never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_error_sentence(glimpse_error error);

/*
 * Returns the name of a source, as in logs and records.
 *
 *   source: any value
 *   Returns: static, never NULL; "unknown" for a value out of range
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_source_name(glimpse_source source);

/* Tokens as the endpoint counted them; -1 where it reported none, or a value that is no count.
 * Never grows. */
typedef struct glimpse_usage {
    int64_t prompt_tokens;
    int64_t completion_tokens;
    int64_t total_tokens;
} glimpse_usage;

/* The tokens that an answer is billed by; -1, 0, 0: not known, or other prices. Never grows. */
typedef struct glimpse_bill {
    int64_t prompt_tokens;
    int64_t cached_tokens;     /* those of the prompt with a price of their own */
    int64_t completion_tokens; /* 0: none, as of an embedding */
} glimpse_bill;

/* The times of a request, in nanoseconds; -1 where it never got that far. */
typedef struct glimpse_timings {
    int64_t total_ns;      /* submit to settled */
    int64_t queue_ns;      /* spent waiting for admission, over all attempts */
    int64_t backoff_ns;    /* spent waiting before retries */
    int64_t connect_ns;    /* last attempt: start to a connection that may carry it */
    int64_t first_byte_ns; /* last attempt: start to the first byte of the answer */
    int64_t answered_ns; /* submit to the last attempt's last byte, taken when the byte was read and
                            before it was parsed */

    /* Of a stream, last attempt. Text or reasoning that one read of the network brought is one
     * arrival, of one token or several. */
    int64_t first_token_ns;    /* start to the first arrival */
    int64_t token_gap_mean_ns; /* between arrivals; -1 with fewer than two */
    int64_t token_gap_max_ns;

    /* The attempts' places in the request, from submit. */
    int64_t sent_ns;    /* to when the first of its requests went out; -1: none did */
    int64_t started_ns; /* to the start of the last attempt; -1: there was none */

    /* Of a stream, last attempt, from its start. */
    int64_t first_chunk_ns;  /* to the first piece, which may be without text or reasoning */
    int64_t first_answer_ns; /* to the first text of the answer, after its reasoning */

    /* The time of submit, by CLOCK_MONOTONIC. It puts the times above that count from submit on one
     * axis with those of other requests. A clock that the caller reads before the call is earlier,
     * by the time of the call. */
    int64_t submitted_ns;
} glimpse_timings;

/* The times to open a connection, in nanoseconds. All are -1 for an attempt that used an open
 * connection, or got none. Never grows. */
typedef struct glimpse_opening {
    int64_t dns_ns; /* waiting for the address of the host's name; -1: it was known, or the host is
                       an address */
    int64_t connect_ns; /* TCP: to the server, or to the proxy */
    int64_t tls_ns;     /* the handshake, and before it the proxy's CONNECT; -1: there was no TLS */
} glimpse_opening;

/* One attempt in the ledger of a result. */
typedef struct glimpse_attempt_record {
    glimpse_error error;    /* GLIMPSE_OK when it answered */
    int http_status;        /* 0 when no status line came */
    const char *request_id; /* the endpoint's x-request-id; "" when it sent none */
    int64_t waited_ns;      /* backoff before it */
    int64_t elapsed_ns;     /* start to end */
    const char *message;    /* the beginning of the endpoint's message, or of the cause, at most 200
                               bytes; "" when it answered. Never holds a secret. */
    glimpse_opening opening; /* of the connection that it opened */
    const char *endpoint;    /* its name in the pool; NULL: there is no pool */
} glimpse_attempt_record;

typedef struct glimpse_result glimpse_result;

/*
 * Returns how the request ended.
 *
 *   result: not NULL
 *   Returns: its status
 *   Since: 0.1
 */
GLIMPSE_API glimpse_status glimpse_result_status(const glimpse_result *result);

/*
 * Returns the error kind.
 *
 *   result: not NULL
 *   Returns: GLIMPSE_OK exactly when the status is aligned or not_aligned
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_result_error(const glimpse_result *result);

/*
 * Returns the code for people and scripts: the endpoint's own code where it sent one, else the
 * error kind's name.
 *
 *   result: not NULL
 *   Returns: a string that lives as long as the result; never NULL; "" on success
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_error_code(const glimpse_result *result);

/*
 * Returns one sentence that names the failure. Never holds a secret.
 *
 *   result: not NULL
 *   Returns: a string that lives as long as the result; never NULL; "" on success
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_error_message(const glimpse_result *result);

/*
 * Names the endpoint of the answer, or of the last attempt.
 *
 *   result: not NULL
 *   Returns: its name in the pool (<glimpse/pool.h>); NULL: there is no pool, or nothing was sent
 *     for it, as for an answer from the cache
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_endpoint(const glimpse_result *result);

/*
 * Returns the origin of the text. For a failure it is LOCAL where the fallback stood in: the
 * essence was made here, and the text is "". For a failure without a fallback, and for a cancelled
 * request, it is COALESCED where the request followed another, else LIVE, also where nothing was
 * sent.
 *
 *   result: not NULL
 *   Returns: a glimpse_source
 *   Since: 0.1
 */
GLIMPSE_API glimpse_source glimpse_result_source(const glimpse_result *result);

/*
 * Returns the text of the answer, whole. It is UTF-8 and may hold NUL bytes, so use len. For a
 * failure it is "", also where the fallback stood in: the fallback's words are in
 * glimpse_result_essence (only a fallback of the caller's own may have a text, too). The text that
 * a stream brought before it failed is in glimpse_result_partial.
 *
 *   result: not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: a string that lives as long as the result; never NULL; "" when no answer came
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_text(const glimpse_result *result, size_t *len);

/*
 * Returns the text that had come of a stream when it failed or was cancelled.
 *
 *   result: not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: a string that lives as long as the result; never NULL; "" otherwise
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_partial(const glimpse_result *result, size_t *len);

/*
 * Returns true when a stream was complete (each choice had its finish reason) and ended without its
 * last event.
 *
 *   result: not NULL
 *   Returns: true: it was
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_result_no_done(const glimpse_result *result);

/*
 * Returns true when the answer is complete and empty: no text, no refusal, no call of a tool, no
 * image. Some models end so after reasoning alone; it is not cached.
 *
 *   result: not NULL
 *   Returns: true: it is empty
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_result_empty(const glimpse_result *result);

/*
 * Returns the short form of the answer, or on failure the local stand-in, marked with the status.
 *
 *   result: not NULL
 *   Returns: a string that lives as long as the result; never NULL; UTF-8; "" for a failure
 *     without a fallback (glimpse_options.fallback 0) and for a cancelled request
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_essence(const glimpse_result *result);

/*
 * Returns why the answer does not serve the draft.
 *
 *   result: not NULL
 *   Returns: a string that lives as long as the result; NULL unless the status is not_aligned
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_delta(const glimpse_result *result);

/*
 * Returns true when the answer came after t4: by then the user may look at something else.
 *
 *   result: not NULL
 *   Returns: true: it did
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_result_stale(const glimpse_result *result);

/*
 * Returns how many of the four thresholds had passed when it settled.
 *
 *   result: not NULL
 *   Returns: 0 to 4
 *   Since: 0.1
 */
GLIMPSE_API int glimpse_result_thresholds_crossed(const glimpse_result *result);

/*
 * Returns true when an open circuit ended the request without (another) attempt.
 *
 *   result: not NULL
 *   Returns: true: it was
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_result_circuit_open(const glimpse_result *result);

/*
 * Returns the number of requests sent for this result, as the server counts them. A request that
 * several drafts shared counts for each of them. An attempt of a sampler that does not report when
 * it sent counts from its start.
 *
 *   result: not NULL
 *   Returns: from 0; 0 for a cache hit
 *   Since: 0.1
 */
GLIMPSE_API int glimpse_result_attempts(const glimpse_result *result);

/*
 * Returns how many drafts shared the first of these requests.
 *
 *   result: not NULL
 *   Returns: 0 when it was not packed
 *   Since: 0.1
 */
GLIMPSE_API int glimpse_result_pack_drafts(const glimpse_result *result);

/*
 * Returns the number of attempts in the ledger, including those that never reached the server. At
 * most the last 32 are kept.
 *
 *   result: not NULL
 *   Returns: 0 to 32; 0 for a cache hit
 *   Since: 0.1
 */
GLIMPSE_API size_t glimpse_result_attempt_count(const glimpse_result *result);

/*
 * Returns one attempt of the ledger.
 *
 *   result: not NULL
 *   i: from 0
 *   Returns: valid as long as the result; NULL past the end
 *   Since: 0.1
 */
GLIMPSE_API const glimpse_attempt_record *glimpse_result_attempt(const glimpse_result *result,
                                                                 size_t i);

/*
 * Returns the HTTP status of the last answer.
 *
 *   result: not NULL
 *   Returns: 0 when no status line came, or nothing was sent
 *   Since: 0.1
 */
GLIMPSE_API int glimpse_result_http_status(const glimpse_result *result);

/*
 * Returns the endpoint's x-request-id of the last answer.
 *
 *   result: not NULL
 *   Returns: a string that lives as long as the result; never NULL; "" when it sent none
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_request_id(const glimpse_result *result);

/*
 * Returns the headers of the last answer that its endpoint was to keep
 * (glimpse_endpoint.answer_headers), of a stored answer too.
 *
 *   result: not NULL
 *   Returns: lines "name: value\r\n" in the order of the endpoint's list; a string that lives as
 *     long as the result; never NULL; "" when it had none of them
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_headers(const glimpse_result *result);

/*
 * Returns the age of a stored answer, from memory or from the store.
 *
 *   result: not NULL
 *   Returns: milliseconds, from 0; -1 for an answer that was not stored before
 *   Since: 0.1
 */
GLIMPSE_API int64_t glimpse_result_age_ms(const glimpse_result *result);

/*
 * Returns true when the answer was given to the cache or the store, which may keep it for others.
 *
 *   result: not NULL
 *   Returns: true: it was
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_result_kept(const glimpse_result *result);

/*
 * Returns the model that answered, as the endpoint names it.
 *
 *   result: not NULL
 *   Returns: a string that lives as long as the result; never NULL; "" when it named none
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_model(const glimpse_result *result);

/*
 * Returns the endpoint's word for the reason why the answer ended.
 *
 *   result: not NULL
 *   Returns: a string that lives as long as the result; never NULL; "" when it named none
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_finish_reason(const glimpse_result *result);

/*
 * Returns the tokens that the endpoint counted.
 *
 *   result: not NULL
 *   Returns: valid as long as the result; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const glimpse_usage *glimpse_result_usage(const glimpse_result *result);

/*
 * Returns the tokens that the answer is billed by.
 *
 *   result: not NULL
 *   Returns: valid as long as the result; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const glimpse_bill *glimpse_result_bill(const glimpse_result *result);

/*
 * Returns the times of the request.
 *
 *   result: not NULL
 *   Returns: valid as long as the result; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const glimpse_timings *glimpse_result_timings(const glimpse_result *result);

/* The most arrivals that are kept. */
#define GLIMPSE_ARRIVALS_MAX 65536

/*
 * Returns when text or reasoning of a stream arrived, in order, for a request whose options asked
 * for arrivals. At most the first GLIMPSE_ARRIVALS_MAX, fewer where memory was short.
 *
 *   result: not NULL
 *   count: gets their number; may be NULL
 *   Returns: nanoseconds since the last attempt's start, valid as long as the result; NULL when
 *     there are none
 *   Since: 0.1
 */
GLIMPSE_API const int64_t *glimpse_result_arrivals(const glimpse_result *result, size_t *count);

/*
 * Returns the body as the endpoint sent it, on errors too (then at most the first 4 KiB of a body
 * that is not JSON). It may hold any bytes; glimpse_result_to_json writes U+FFFD for those that are
 * not UTF-8.
 *
 *   result: not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: a string that lives as long as the result; never NULL; "" when nothing came
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_body(const glimpse_result *result, size_t *len);

/*
 * Returns true when the body is one valid JSON text.
 *
 *   result: not NULL
 *   Returns: true: it is
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_result_body_is_json(const glimpse_result *result);

/*
 * Returns the key of the request.
 *
 *   result: not NULL
 *   Returns: 32 bytes, valid as long as the result; NULL when it has none (a body that was not
 *     JSON)
 *   Since: 0.1
 */
GLIMPSE_API const unsigned char *glimpse_result_key(const glimpse_result *result);

/*
 * Adds an owner: the result is valid until the owner releases it.
 *
 *   result: not NULL
 *   Returns: the result itself
 *   Owner: the caller's, one reference: glimpse_result_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_result *glimpse_result_ref(const glimpse_result *result);

/*
 * Removes an owner; the last one frees it.
 *
 *   result: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_result_unref(const glimpse_result *result);

/*
 * Frees memory that this library gave the caller to free.
 *
 *   memory: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_free(void *memory);

#ifdef __cplusplus
}
#endif

#include <glimpse/record.h>

#endif
