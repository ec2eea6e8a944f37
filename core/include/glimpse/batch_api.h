/* SPDX-License-Identifier: MIT */
/*
 * batch_api.h - the Batch API of an OpenAI endpoint: files go up, batches are made of them and
 * watched, their answers come down. For who runs a job at half the price and can wait a day.
 *
 * Every call is asynchronous, on the caller's base: it ends once by its function, from the loop,
 * never inside the call that started it. It is tried again by the rules of a request (what the
 * endpoint says of retrying, the backoff of <glimpse/backoff.h>), with one exception: a creation of
 * which it is not known whether it was carried out is first looked for among the batches, by the
 * names it carries, so that none is paid for twice. No thread, no sleep, and a file is never in
 * memory as a whole. One thread.
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

/* Most of one file, as the endpoint takes it. */
#define GLIMPSE_BATCH_MAX_REQUESTS 50000
#define GLIMPSE_BATCH_MAX_BYTES    (INT64_C(200) * 1000 * 1000)

/* Most of a file that comes down and whose size nobody told: 160 KiB for each of so many requests.
 */
#define GLIMPSE_BATCH_MAX_DOWNLOAD (INT64_C(50000) * 160 * 1024)

typedef struct glimpse_batch_options {
    size_t size;                /* set by glimpse_batch_options_init */
    int max_attempts;           /* of one call, default 5 */
    int64_t base_delay_ms;      /* 500 */
    int64_t max_delay_ms;       /* 60000 */
    int64_t max_retry_after_ms; /* 120000: a longer wait asked by the server is not retried */
    int64_t connect_timeout_ms; /* 5000; 0 = none */
    int64_t idle_timeout_ms;    /* 60000: without a byte, either way; 0 = none */
    int64_t poll_min_ms;        /* 1000: the first wait of a watch, which grows by a half */
    int64_t poll_max_ms;        /* 60000: and its longest */
    int64_t timeout_ms;         /* 600000: of one request, and 1000 more for each 64 KiB of the file
                                 * that goes up or comes down; 0 = none */
} glimpse_batch_options;

/*
 * Writes the defaults. For the init function below, and for a caller in another language, which
 * sets the sizes itself.
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
 * A client of an endpoint's Batch API. max_response_bytes and max_connections of the endpoint are
 * not read.
 *
 *   base: the caller's loop; it outlives what is made here; not NULL
 *   endpoint: borrowed during the call; not NULL; an Azure deployment is refused: it has no such
 *     calls
 *   options: NULL = the defaults; copied
 *   log: where events go; NULL = nowhere; copied
 *   api: gets the client; not NULL
 *   problem: says why it was refused; may be NULL
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
 * Frees the client. No call may be under way, and not inside the function of one.
 *
 *   api: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_batch_api_free(glimpse_batch_api *api);

/*
 * The scope of an OpenAI sampler of the same endpoint, so that both share cached answers.
 *
 *   api: not NULL
 *   Returns: lives as long as the client; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_batch_api_scope(const glimpse_batch_api *api);

/* --- what comes back ------------------------------------------------------------------------- */

typedef enum glimpse_batch_state {
    GLIMPSE_BATCH_UNKNOWN, /* a word that is not known: it may come to an end yet */
    GLIMPSE_BATCH_VALIDATING,
    GLIMPSE_BATCH_IN_PROGRESS,
    GLIMPSE_BATCH_FINALIZING,
    GLIMPSE_BATCH_CANCELLING,
    GLIMPSE_BATCH_COMPLETED, /* from here on it has ended */
    GLIMPSE_BATCH_FAILED,
    GLIMPSE_BATCH_EXPIRED,
    GLIMPSE_BATCH_CANCELLED
} glimpse_batch_state;

/*
 * The endpoint's word for a state.
 *
 *   state: any value
 *   Returns: "in_progress" and the like, static, never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_batch_state_name(glimpse_batch_state state);

/* A batch as the endpoint describes it. Strings are "" where it says nothing. */
typedef struct glimpse_batch {
    const char *id, *input_file_id, *output_file_id, *error_file_id;
    glimpse_batch_state state;
    int64_t total, completed, failed;       /* requests; -1 where it does not say */
    const char *error_code, *error_message; /* of the first of its errors */
    const char *status;                     /* the endpoint's own word for the state */
} glimpse_batch;

/* How a call ended; borrowed while its function runs. */
typedef struct glimpse_batch_reply {
    glimpse_error error;        /* GLIMPSE_OK, or why not */
    int http_status;            /* of the last answer; 0 when none came */
    const char *code;           /* of an error: the endpoint's own, else the kind's name; else "" */
    const char *message;        /* one sentence without a secret; "" on success */
    int attempts;               /* made */
    bool last;                  /* false: of a watch that goes on */
    const char *file_id;        /* upload, find_file; "" when none was found */
    uint64_t bytes;             /* download: of the file */
    const glimpse_batch *batch; /* create, get, watch, find, cancel; NULL: none (was found) */
    bool file_waits;            /* upload, await_file: no batch can be made of the file yet */
} glimpse_batch_reply;

typedef void (*glimpse_batch_fn)(const glimpse_batch_reply *reply, void *arg);

/* --- the calls: each returns GLIMPSE_OK and will end by fn, or INVALID or OOM and will not -----
 */

/*
 * Uploads a file for a batch.
 *
 *   api: not NULL
 *   path: the file; copied; not NULL
 *   name: its name there, of letters, digits, '.', '-' and '_'; copied
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_upload(glimpse_batch_api *api, const char *path,
                                               const char *name, glimpse_batch_fn fn, void *arg);

/*
 * Asks again and again, by timer, until a batch can be made of an uploaded file: some endpoints
 * look into it first. A file that is not found is asked for as often as a call is tried.
 *
 *   api: not NULL
 *   file_id: as the upload told it; copied
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
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
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_find_file(glimpse_batch_api *api, const char *name,
                                                  uint64_t bytes, glimpse_batch_fn fn, void *arg);

/*
 * Creates a batch of a file, with metadata glimpse_job and glimpse_part, which name it: at most one
 * batch may ever be wanted under these names.
 *
 *   api: not NULL
 *   file_id: copied; not NULL
 *   url: the path of its requests, "/v1/chat/completions"; copied
 *   job: the name of the job; copied
 *   part: the name of its part; copied
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_create(glimpse_batch_api *api, const char *file_id,
                                               const char *url, const char *job, const char *part,
                                               glimpse_batch_fn fn, void *arg);

/*
 * Looks for the batch of these names.
 *
 *   api: not NULL
 *   job: as at creation; copied
 *   part: as at creation; copied
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_find(glimpse_batch_api *api, const char *job,
                                             const char *part, glimpse_batch_fn fn, void *arg);

/*
 * Asks once how a batch is.
 *
 *   api: not NULL
 *   batch_id: copied; not NULL
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_get(glimpse_batch_api *api, const char *batch_id,
                                            glimpse_batch_fn fn, void *arg);

/*
 * Asks again and again, by timer, until the batch has ended. One that is not found, or has ended
 * with answers and names no file of them, is asked for as often as a call is tried.
 *
 *   api: not NULL
 *   batch_id: copied; not NULL
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn for each answer and each failure that may pass, from the loop; the last time with
 *     reply->last true
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_watch(glimpse_batch_api *api, const char *batch_id,
                                              glimpse_batch_fn fn, void *arg);

/*
 * Asks for a batch to be cancelled. What it has done by then is kept, and paid for.
 *
 *   api: not NULL
 *   batch_id: copied; not NULL
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_cancel(glimpse_batch_api *api, const char *batch_id,
                                               glimpse_batch_fn fn, void *arg);

/*
 * Downloads a file, whole or not at all: as many bytes as the endpoint says it has, no more than
 * GLIMPSE_BATCH_MAX_DOWNLOAD where it does not say. It is written beside path (PATH.tmp, made
 * anew), synced and renamed. A redirect is followed once, to https, without the key and the headers
 * of the endpoint.
 *
 *   api: not NULL
 *   file_id: copied; not NULL
 *   path: where the file goes; copied
 *   fn: called when the call has ended; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   Returns: GLIMPSE_OK: fn will be called; INVALID, OOM: it will not
 *   Calls: fn, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_download(glimpse_batch_api *api, const char *file_id,
                                                 const char *path, glimpse_batch_fn fn, void *arg);

/* --- lines of the files that come down ------------------------------------------------------- */

/* A line of an output or error file; slices of it, as JSON text. Never grows. */
typedef struct glimpse_batch_line {
    const char *custom_id; /* what stands between the quotes, escapes not undone; of a code that is
                            * a number its digits */
    size_t custom_id_len;
    int status_code;                                /* 0: there is no response */
    const char *request_id, *body, *code, *message; /* of code and message as of custom_id */
    size_t request_id_len, body_len, code_len, message_len;
} glimpse_batch_line;

/*
 * Reads one line of an output or error file.
 *
 *   text: the line; the slices point into it
 *   len: its bytes
 *   line: gets what it says; not NULL
 *   Returns: GLIMPSE_OK; BAD_JSON, BAD_UTF8: it is none, or has no custom_id
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_batch_line_read(const char *text, size_t len,
                                                  glimpse_batch_line *line);

/*
 * Whether the request of a line may get an answer when it is asked again: it was left undone, or
 * failed for a reason that passes.
 *
 *   api: not NULL
 *   line: as glimpse_batch_line_read filled it
 *   Returns: true: ask again
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_batch_line_again(glimpse_batch_api *api, const glimpse_batch_line *line);

/*
 * Ends an attempt of a sampler of the caller's (its table says `recorded`) with what the line says,
 * as if it had come over the wire: the result, what is cached and the record are the same as of a
 * request that was sent alone.
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
