/*
 * batch_internal.h - shared by the batch_*.c files.
 *
 * batch_api.c     the client and its calls
 * batch_send.c    the requests of these calls
 * batch_call.c    one call: its attempts, their limits, its answer
 * batch_take.c    reads the answer of a call
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

/* Room for a message of the decoder, and its NUL. */
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

    /* The inputs of the call: names, texts that are sent, a file. Each may be NULL. */
    char *id, *name, *url, *job, *part, *file_path, *temporary;
    gl_buf body; /* of a POST */
    gl_http_upload upload;
    gl_buf head; /* upload.head */
    char boundary[40], tail[64], type[96];
    int fd; /* read for an upload, written by a download */
    uint64_t bytes;
    uint64_t announced; /* of a download: the length in the endpoint's description (is_announced) */
    bool is_announced, too_long;
    gl_http *elsewhere; /* the server that the content was redirected to; NULL: none */
    char *elsewhere_path;

    /* The attempt that runs. */
    glimpse_backoff_call *backoff;
    gl_transfer *transfer;
    gl_timer *timer; /* of the limits, or until the next look of a watch */
    gl_time started, heard;
    bool connected;
    bool looking; /* first a request that looks: a list before a creation is tried again, a file's
                     description */
    bool cancelled;
    int status;
    int failed_errno; /* of the local file */
    gl_buf answer;
    gl_time poll_wait;

    /* The reply. */
    gl_buf text; /* the strings of batch */
    glimpse_batch batch;
    bool found, passing;         /* passing: the failure may pass */
    bool refused, refused_again; /* the words are kept already; another attempt may help */
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

/* Takes a good answer. true: the attempt goes on with another request. */
bool gl_batch_take(gl_batch_call *call, gl_json root, glimpse_error *error);

/* Returns true when an object that the endpoint has just named is not found there: it may be in a
 * moment. */
bool gl_batch_not_there_yet(const gl_batch_call *call, int status, const char *code);

/* Returns true when the call is tried again after such an answer. */
bool gl_batch_asks_again(const gl_batch_call *call, const glimpse_outcome *outcome, int status);

/* Returns true when another try may have another outcome. */
bool gl_batch_may_pass(const glimpse_outcome *outcome, int64_t max_retry_after_ms);

/* --- batch_file.c --- */

/* Asks for the content, into a new file. NULL: out of memory, or failed_errno. */
gl_transfer *gl_batch_fetch(gl_batch_call *call, const gl_http_observer *observer);

gl_http_want gl_batch_file_chunk(gl_batch_call *call, gl_slice bytes);

/* Call when all of it has come: gives the file its name. An error has its words (refused). */
glimpse_error gl_batch_file_finish(gl_batch_call *call);

/* Follows a redirect of the content. An error other than OOM has its words. */
glimpse_error gl_batch_follow(gl_batch_call *call, const char *location);

/* Removes the unfinished file. */
void gl_batch_file_close(gl_batch_call *call);

/* --- batch_send.c --- */

/* Sends the next request of the attempt; NULL: out of memory. */
gl_transfer *gl_batch_send(gl_batch_call *call, const gl_http_observer *observer);

/* Returns true for an id that is one segment of a path, because it goes into one. */
bool gl_batch_is_id(const char *text);

/* A file's name, without a folder. */
bool gl_batch_is_name(const char *text);

#endif
