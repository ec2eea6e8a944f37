/*
 * batch_internal.h - what the batch_*.c files share.
 *
 * batch_api.c     the client and its calls
 * batch_send.c    what each of them sends
 * batch_call.c    one call: its attempts, their limits, what came back
 * batch_take.c    what that means
 * batch_file.c    the content of a file that comes down
 * batch_object.c  the endpoint's objects
 * batch_line.c    lines of output files
 */
#ifndef GL_OPENAI_BATCH_INTERNAL_H
#define GL_OPENAI_BATCH_INTERNAL_H

#include <glimpse/backoff.h>
#include <glimpse/batch_api.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/list.h"
#include "loop.h"
#include "openai/connection.h"
#include "openai/decode.h"
#include "openai/http.h"

/* A message of the decoder's, and its NUL, fit. */
#define GL_BATCH_LINE 1024

struct glimpse_batch_api {
    struct event_base *base;
    gl_loop *loop;
    gl_connection connection;
    gl_decoder *decoder;
    glimpse_batch_options options;
    gl_list calls;
    size_t count;
    gl_buf line; /* scratch of batch_line.c */
};

typedef enum gl_batch_kind {
    GL_BATCH_UPLOAD,
    GL_BATCH_AWAIT_FILE,
    GL_BATCH_FIND_FILE,
    GL_BATCH_CREATE,
    GL_BATCH_FIND,
    GL_BATCH_GET,
    GL_BATCH_WATCH,
    GL_BATCH_CANCEL,
    GL_BATCH_DOWNLOAD
} gl_batch_kind;

/* One call of the caller's, through all its attempts. */
typedef struct gl_batch_call {
    glimpse_batch_api *api;
    gl_node node; /* api->calls */
    gl_batch_kind kind;
    glimpse_batch_fn fn;
    void *arg;

    /* What it asks: names, texts that are sent, a file. Each may be empty. */
    char *id, *name, *url, *job, *part, *file_path, *temporary;
    gl_buf body; /* of a POST */
    gl_http_upload upload;
    gl_buf head; /* upload.head */
    char boundary[40], tail[64], type[96];
    int fd; /* read for an upload, written by a download */
    uint64_t bytes;
    uint64_t announced; /* of a download: as the endpoint describes the file (is_announced) */
    bool is_announced, too_long;
    gl_http *elsewhere; /* where the content was redirected to; NULL: it was not */
    char *elsewhere_path;

    /* The attempt that runs. */
    glimpse_backoff_call *backoff;
    gl_transfer *transfer;
    gl_timer *timer; /* of the limits, or until the next look of a watch */
    gl_time started, heard;
    bool connected;
    bool looking; /* through the list, before a creation is tried again; at a file's description */
    bool cancelled;
    int status;
    int failed_errno; /* of the local file */
    gl_buf answer;
    gl_time poll_wait;

    /* What is told. */
    gl_buf text; /* the strings of batch */
    glimpse_batch batch;
    bool found, passing;         /* passing: the failure may pass */
    bool refused, refused_again; /* the words are there already; asking again may help */
    bool file_waits;
    unsigned pages; /* of a list, seen by this attempt */
    char file_id[128], after[128], code[128], message[GL_BATCH_LINE];
    int http_status;
} gl_batch_call;

/* --- batch_call.c --- */

gl_batch_call *gl_batch_call_new(glimpse_batch_api *api, gl_batch_kind kind, glimpse_batch_fn fn,
                                 void *arg);

/* From here on it ends by itself. false: out of memory; it is freed. */
bool gl_batch_call_start(gl_batch_call *call);
void gl_batch_call_free(gl_batch_call *call);
void gl_batch_call_cancel(gl_batch_call *call);

/* --- batch_take.c --- */

/* Keeps the words of a refusal. */
void gl_batch_refuse(gl_batch_call *call, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a good answer means. true: the attempt goes on with another request. */
bool gl_batch_take(gl_batch_call *call, gl_json root, glimpse_error *error);

/* Whether this says that what the endpoint has just named is not found there: it may be in a
 * moment. */
bool gl_batch_not_there_yet(const gl_batch_call *call, int status, const char *code);

/* Whether the call is tried again after such an answer. */
bool gl_batch_asks_again(const gl_batch_call *call, const glimpse_outcome *outcome, int status);

/* Whether what an outcome says may be otherwise when it is asked again. */
bool gl_batch_may_pass(const glimpse_outcome *outcome, int64_t max_retry_after_ms);

/* --- batch_file.c --- */

/* Asks for the content, into a new file. NULL: out of memory, or failed_errno. */
gl_transfer *gl_batch_fetch(gl_batch_call *call, const gl_http_observer *observer);

gl_http_want gl_batch_file_chunk(gl_batch_call *call, gl_slice bytes);

/* All of it has come: it is given its name. An error has its words (refused). */
glimpse_error gl_batch_file_finish(gl_batch_call *call);

/* The next request goes where the content is redirected to. An error but OOM has its words. */
glimpse_error gl_batch_follow(gl_batch_call *call, const char *location);

/* What is left of it goes. */
void gl_batch_file_close(gl_batch_call *call);

/* --- batch_send.c --- */

/* Sends the next request of the attempt; NULL: out of memory. */
gl_transfer *gl_batch_send(gl_batch_call *call, const gl_http_observer *observer);

/* An id goes into a path: it is one segment of it, whoever gave it out. */
bool gl_batch_is_id(const char *text);

/* A file's name, without a folder. */
bool gl_batch_is_name(const char *text);

#endif
