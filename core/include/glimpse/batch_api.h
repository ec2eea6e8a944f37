/* SPDX-License-Identifier: MIT */
/*
 * batch_api.h - the Batch API of an OpenAI endpoint: files go up, batches are made of them and
 * watched, their answers come down. For a program that runs a job at half the price and can wait a
 * day.
 *
 * Every call is asynchronous, on the caller's base. It ends once by its callback, from the loop,
 * never inside the call that started it. It is tried again by the rules of a request (the
 * endpoint's Retry-After and x-should-retry, the backoff of <glimpse/backoff.h>), with one
 * exception: when it is not known whether a creation was carried out, the batch is first looked for
 * by its names, so that none is paid for twice. No thread, no sleep, and a file is never in memory
 * as a whole. One thread.
 */
#ifndef GLIMPSE_BATCH_API_H
#define GLIMPSE_BATCH_API_H

#include <glimpse/endpoint.h>
#include <glimpse/log.h>
#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/sampler.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct glimpse_batch_api glimpse_batch_api;

/* The most bytes of one file that the endpoint takes. */
#define GLIMPSE_BATCH_MAX_REQUESTS 50000
#define GLIMPSE_BATCH_MAX_BYTES    (INT64_C(200) * 1000 * 1000)

/* The most bytes of a download whose size the endpoint does not report: 160 KiB for each of so many
 * requests. */
#define GLIMPSE_BATCH_MAX_DOWNLOAD (INT64_C(50000) * 160 * 1024)

typedef struct glimpse_batch_options {
    size_t size;                /* set by glimpse_batch_options_init */
    int max_attempts;           /* of one call, default 5 */
    int64_t base_delay_ms;      /* 500 */
    int64_t max_delay_ms;       /* 60000 */
    int64_t max_retry_after_ms; /* 120000: a longer wait that the server asks for is not retried */
    int64_t connect_timeout_ms; /* 5000; 0 = none */
    int64_t idle_timeout_ms;    /* 60000: without a byte in either direction; 0 = none */
    int64_t poll_min_ms;        /* 1000: the first wait of a watch, which grows by a half */
    int64_t poll_max_ms;        /* 60000: the longest wait of a watch */
    int64_t timeout_ms;         /* 600000: of one request, and 1000 more for each 64 KiB of the file
                                 * that goes up or comes down; 0 = none */
} glimpse_batch_options;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   options: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_batch_options_defaults(glimpse_batch_options *options);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   options: not NULL
 *   Since: 0.1
 */
static inline void glimpse_batch_options_init(glimpse_batch_options *options)
{
    options->size = sizeof *options;
    glimpse_batch_options_defaults(options);
}

/*
 * Makes a client of an endpoint's Batch API. It does not read the endpoint's max_response_bytes and
 * max_connections.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   endpoint: borrowed during the call; not NULL; an Azure deployment is refused: it has no such
 *     calls
 *   options: NULL = the defaults; copied
 *   log: where events go; NULL = nowhere; copied
 *   api: gets the client; not NULL
 *   problem: gets the reason of a refusal, of "endpoint.base_url", "options.poll_min_ms" and the
 *     like; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM, SETUP
 *   Owner: the caller's: glimpse_batch_api_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_api_new(struct event_base *base,
                                                const glimpse_endpoint *endpoint,
                                                const glimpse_batch_options *options,
                                                const glimpse_logger *log, glimpse_batch_api **api,
                                                glimpse_problem *problem);

/*
 * Ends every call under way.
 *
 *   api: not NULL
 *   Calls: the function of each with GLIMPSE_ERR_CANCELLED, from the loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_batch_api_cancel(glimpse_batch_api *api);

/*
 * Counts the calls that have not ended.
 *
 *   api: not NULL
 *   Returns: their number
 *   Since: 0.1
 */
GLIMPSE_API size_t glimpse_batch_api_calls(const glimpse_batch_api *api);

/*
 * Frees the client. No call may be under way, and it must not be called inside a callback of one.
 *
 *   api: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_batch_api_free(glimpse_batch_api *api);

/*
 * Returns the scope of an OpenAI sampler of the same endpoint, so that both share cached answers.
 *
 *   api: not NULL
 *   Returns: lives as long as the client; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_batch_api_scope(const glimpse_batch_api *api);

/* --- replies ---------------------------------------------------------------------------------- */

typedef enum glimpse_batch_state {
    GLIMPSE_BATCH_UNKNOWN, /* an unknown word: the batch may still end */
    GLIMPSE_BATCH_VALIDATING,
    GLIMPSE_BATCH_IN_PROGRESS,
    GLIMPSE_BATCH_FINALIZING,
    GLIMPSE_BATCH_CANCELLING,
    GLIMPSE_BATCH_COMPLETED, /* from here on the batch has ended */
    GLIMPSE_BATCH_FAILED,
    GLIMPSE_BATCH_EXPIRED,
    GLIMPSE_BATCH_CANCELLED
} glimpse_batch_state;

/*
 * Returns the endpoint's word for a state.
 *
 *   state: any value
 *   Returns: "in_progress" and the like, static, never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_batch_state_name(glimpse_batch_state state);

/* A batch as the endpoint describes it. A string is "" where the endpoint has none. */
typedef struct glimpse_batch {
    const char *id, *input_file_id, *output_file_id, *error_file_id;
    glimpse_batch_state state;
    int64_t total, completed, failed; /* requests; -1 where the endpoint does not report them */
    const char *error_code, *error_message; /* of its first error */
    const char *status;                     /* the endpoint's own word for the state */
} glimpse_batch;

/* The outcome of a call; borrowed while its callback runs. */
typedef struct glimpse_batch_reply {
    glimpse_error error;        /* GLIMPSE_OK, or the kind of failure */
    int http_status;            /* of the last answer; 0 when none came */
    const char *code;           /* of an error: the endpoint's own, else the kind's name; else "" */
    const char *message;        /* one sentence without a secret; "" on success */
    int attempts;               /* attempts made */
    bool last;                  /* false: a watch that goes on */
    const char *file_id;        /* upload, find_file: the file; "" when none was found */
    uint64_t bytes;             /* download: of the file */
    const glimpse_batch *batch; /* create, get, watch, find, cancel; NULL: find found none */
    bool file_waits;            /* upload, await_file: no batch can be made of the file yet */
} glimpse_batch_reply;

typedef void (*glimpse_batch_fn)(const glimpse_batch_reply *reply, void *arg);

/* --- the calls: each returns GLIMPSE_OK and will call fn, or INVALID or OOM and will not ------ */

/*
 * Uploads a file for a batch.
 *
 *   api: not NULL
 *   path: the file; copied; not NULL
 *   name: its name there, of letters, digits, '.', '-' and '_'; copied
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_upload(glimpse_batch_api *api, const char *path,
                                               const char *name, glimpse_batch_fn fn, void *arg);

/*
 * Asks again and again, by timer, until a batch can be made of an uploaded file: some endpoints
 * look into it first. A file that is not found is asked for max_attempts times.
 *
 *   api: not NULL
 *   file_id: from the upload's reply; copied
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn for each answer, from the loop; the last time with reply->last true
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_await_file(glimpse_batch_api *api, const char *file_id,
                                                   glimpse_batch_fn fn, void *arg);

/*
 * Looks for an uploaded file.
 *
 *   api: not NULL
 *   name: its name; copied
 *   bytes: its size in bytes
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_find_file(glimpse_batch_api *api, const char *name,
                                                  uint64_t bytes, glimpse_batch_fn fn, void *arg);

/*
 * Creates a batch of a file, with metadata glimpse_job and glimpse_part, which name it: use a pair
 * of names for one batch only.
 *
 *   api: not NULL
 *   file_id: copied; not NULL
 *   url: the path of its requests, "/v1/chat/completions"; copied
 *   job: the name of the job; copied
 *   part: the name of its part; copied
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_create(glimpse_batch_api *api, const char *file_id,
                                               const char *url, const char *job, const char *part,
                                               glimpse_batch_fn fn, void *arg);

/*
 * Finds the batch of these names.
 *
 *   api: not NULL
 *   job: as at creation; copied
 *   part: as at creation; copied
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_find(glimpse_batch_api *api, const char *job,
                                             const char *part, glimpse_batch_fn fn, void *arg);

/*
 * Asks once for the state of a batch.
 *
 *   api: not NULL
 *   batch_id: copied; not NULL
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_get(glimpse_batch_api *api, const char *batch_id,
                                            glimpse_batch_fn fn, void *arg);

/*
 * Asks again and again, by timer, until the batch has ended. A batch that is not found, or that has
 * ended with answers and names no file of them, is asked for max_attempts times.
 *
 *   api: not NULL
 *   batch_id: copied; not NULL
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn for each answer and each failure that may pass, from the loop; the last time with
 *     reply->last true
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_watch(glimpse_batch_api *api, const char *batch_id,
                                              glimpse_batch_fn fn, void *arg);

/*
 * Asks the endpoint to cancel a batch. The answers it has by then are kept, and paid for.
 *
 *   api: not NULL
 *   batch_id: copied; not NULL
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_cancel(glimpse_batch_api *api, const char *batch_id,
                                               glimpse_batch_fn fn, void *arg);

/*
 * Downloads a file, whole or not at all: as many bytes as the endpoint reports, or up to
 * GLIMPSE_BATCH_MAX_DOWNLOAD where it reports no size. It is written beside path (PATH.tmp, made
 * anew), synced and renamed. A redirect is followed once, to https, without the key and the headers
 * of the endpoint.
 *
 *   api: not NULL
 *   file_id: copied; not NULL
 *   path: where the file goes; copied
 *   fn: called at the end of the call; not NULL
 *   arg: passed to the callback; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_download(glimpse_batch_api *api, const char *file_id,
                                                 const char *path, glimpse_batch_fn fn, void *arg);

/* --- lines of the files that come down ------------------------------------------------------- */

/* A line of an output or error file; slices of it, as JSON text, whose lengths are bytes, from 0.
 * Never grows. */
typedef struct glimpse_batch_line {
    const char *custom_id; /* the text between the quotes, escapes not undone; of a numeric code its
                              digits */
    size_t custom_id_len;
    int status_code;                                /* 0: the line has no response */
    const char *request_id, *body, *code, *message; /* code and message: like custom_id */
    size_t request_id_len, body_len, code_len, message_len;
} glimpse_batch_line;

/*
 * Reads one line of an output or error file.
 *
 *   text: the line; the slices point into it
 *   len: its bytes; 0 = strlen, GLIMPSE_EMPTY = none
 *   line: gets its members; not NULL
 *   Returns: GLIMPSE_OK; BAD_JSON, BAD_UTF8: it is no such line, or has no custom_id
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_line_read(const char *text, size_t len,
                                                  glimpse_batch_line *line);

/*
 * Returns true when the request of a line may get an answer if it is sent again: it was left
 * undone, or failed for a reason that passes.
 *
 *   api: not NULL
 *   line: as glimpse_batch_line_read filled it
 *   Returns: true: send it again
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_batch_line_again(glimpse_batch_api *api, const glimpse_batch_line *line);

/*
 * Ends an attempt of the caller's own sampler (with `recorded` in its table) with the line's answer
 * or error: the result, the cached sample and the record are those of a request that was sent
 * alone.
 *
 *   api: not NULL
 *   attempt: gone afterwards
 *   line: as glimpse_batch_line_read filled it
 *   Returns: GLIMPSE_OK; OOM, with which the attempt has ended then
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_answer(glimpse_batch_api *api, glimpse_attempt *attempt,
                                               const glimpse_batch_line *line);

#ifdef __cplusplus
}
#endif
#endif
