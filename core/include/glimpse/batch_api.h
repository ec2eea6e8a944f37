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

GLIMPSE_API void glimpse_batch_options_defaults(glimpse_batch_options *options);

static inline void glimpse_batch_options_init(glimpse_batch_options *options)
{
    options->size = sizeof *options;
    glimpse_batch_options_defaults(options);
}

/*
 * A client on the caller's base, which must outlive it, for an endpoint, of which
 * max_response_bytes and max_connections are not read. options NULL means the defaults, log NULL
 * silence. Errors: INVALID (an Azure deployment is refused: it has no such calls), OOM, SETUP;
 * problem (may be NULL) says why.
 */
GLIMPSE_API glimpse_error glimpse_batch_api_new(struct event_base *base,
                                                const glimpse_endpoint *endpoint,
                                                const glimpse_batch_options *options,
                                                const glimpse_logger *log, glimpse_batch_api **api,
                                                glimpse_problem *problem);

/* Ends every call under way: each function runs with GLIMPSE_ERR_CANCELLED, from the loop. */
GLIMPSE_API void glimpse_batch_api_cancel(glimpse_batch_api *api);

/* How many calls have not ended. */
GLIMPSE_API size_t glimpse_batch_api_calls(const glimpse_batch_api *api);

/* No call may be under way; not inside one's function. NULL is fine. */
GLIMPSE_API void glimpse_batch_api_free(glimpse_batch_api *api);

/* The scope of an OpenAI sampler of the same configuration, so that both share cached answers. */
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

/* "in_progress", as the endpoint has it; static. */
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

/* Uploads the file at path for a batch, under a name (letters, digits, '.', '-' and '_' only). */
GLIMPSE_API glimpse_error glimpse_batch_upload(glimpse_batch_api *api, const char *path,
                                               const char *name, glimpse_batch_fn fn, void *arg);

/* Asks again and again, by timer, until a batch can be made of an uploaded file: some endpoints
 * look into it first. fn runs as that of a watch. A file that is not found is asked for as often as
 * a call is tried. */
GLIMPSE_API glimpse_error glimpse_batch_await_file(glimpse_batch_api *api, const char *file_id,
                                                   glimpse_batch_fn fn, void *arg);

/* Looks for an uploaded file of this name and so many bytes. */
GLIMPSE_API glimpse_error glimpse_batch_find_file(glimpse_batch_api *api, const char *name,
                                                  uint64_t bytes, glimpse_batch_fn fn, void *arg);

/* Creates a batch of a file, with metadata glimpse_job and glimpse_part, which name it: at most one
 * batch may ever be wanted under these names. url is the requests' own, "/v1/chat/completions". */
GLIMPSE_API glimpse_error glimpse_batch_create(glimpse_batch_api *api, const char *file_id,
                                               const char *url, const char *job, const char *part,
                                               glimpse_batch_fn fn, void *arg);

/* Looks for the batch of these names. */
GLIMPSE_API glimpse_error glimpse_batch_find(glimpse_batch_api *api, const char *job,
                                             const char *part, glimpse_batch_fn fn, void *arg);

/* Asks once. */
GLIMPSE_API glimpse_error glimpse_batch_get(glimpse_batch_api *api, const char *batch_id,
                                            glimpse_batch_fn fn, void *arg);

/* Asks again and again, by timer, until the batch has ended: fn runs for each answer, and for each
 * failure that may pass; the last time for a batch that has ended, or a failure that will not. One
 * that is not found, or has ended with answers and names no file of them, is asked for as often as
 * a call is tried. */
GLIMPSE_API glimpse_error glimpse_batch_watch(glimpse_batch_api *api, const char *batch_id,
                                              glimpse_batch_fn fn, void *arg);

/* Asks for a batch to be cancelled; what it has done by then is kept, and paid for. */
GLIMPSE_API glimpse_error glimpse_batch_cancel(glimpse_batch_api *api, const char *batch_id,
                                               glimpse_batch_fn fn, void *arg);

/* Downloads a file to path, whole (as many bytes as the endpoint says it has, no more than
 * GLIMPSE_BATCH_MAX_DOWNLOAD where it does not say) or not at all: it is written beside it
 * (PATH.tmp, made anew), synced and renamed. A redirect is followed once, to https, without the key
 * and the headers of the configuration. */
GLIMPSE_API glimpse_error glimpse_batch_download(glimpse_batch_api *api, const char *file_id,
                                                 const char *path, glimpse_batch_fn fn, void *arg);

/* --- lines of the files that come down ------------------------------------------------------- */

/* A line of an output or error file; slices of it, as JSON text. */
typedef struct glimpse_batch_line {
    const char *custom_id; /* what stands between the quotes, escapes not undone; of a code that is
                            * a number its digits */
    size_t custom_id_len;
    int status_code;                                /* 0: there is no response */
    const char *request_id, *body, *code, *message; /* of code and message as of custom_id */
    size_t request_id_len, body_len, code_len, message_len;
} glimpse_batch_line;

/* Reads one line. Errors: BAD_JSON, BAD_UTF8 (it is none, or has no custom_id). */
GLIMPSE_API glimpse_error glimpse_batch_line_read(const char *text, size_t len,
                                                  glimpse_batch_line *line);

/* Whether the request may get an answer when it is asked again: it was left undone, or failed for a
 * reason that passes. */
GLIMPSE_API bool glimpse_batch_line_again(glimpse_batch_api *api, const glimpse_batch_line *line);

/*
 * Ends an attempt of a sampler of the caller's (its table says `recorded`) with what the line says,
 * as if it had come over the wire: the result, what is cached and the record are the same as of a
 * request that was sent alone. Errors: OOM, with which the attempt has ended then.
 */
GLIMPSE_API glimpse_error glimpse_batch_answer(glimpse_batch_api *api, glimpse_attempt *attempt,
                                               const glimpse_batch_line *line);

#ifdef __cplusplus
}
#endif
#endif
