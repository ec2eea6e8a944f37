/*
 * http.h - many HTTP requests at once over libcurl's multi interface, on a gl_loop. Knows nothing
 * of OpenAI. The only user of libcurl in the library.
 *
 * A request is sent at most once: libcurl's silent resends are turned into errors. No time limit
 * of its own: the owner cancels. Redirects are not followed.
 */
#ifndef GL_HTTP_H
#define GL_HTTP_H

#include <glimpse/sampler.h>

#include "base/slice.h"
#include "base/time.h"
#include "log.h"
#include "loop.h"

typedef struct gl_http gl_http;
typedef struct gl_transfer gl_transfer;

typedef struct gl_http_config {
    const char *base_url;       /* http or https; decides host, port, proxy */
    const char *const *headers; /* complete lines, sent with every request */
    size_t header_count;
    const char *https_proxy, *http_proxy, *no_proxy; /* NULL = none */
    const char *ca_file;                             /* NULL = the system's */
    glimpse_http_version version;
    size_t max_response_bytes;
    size_t max_memory_bytes; /* of all answers together; what is beyond waits; 0 = no bound */
    size_t max_connections;
    gl_log log;
} gl_http_config;

/* Errors: INVALID with problem naming the field, OOM, SETUP. Strings are copied. */
glimpse_error gl_http_new(gl_loop *loop, struct event_base *base, const gl_http_config *config,
                          gl_http **http, glimpse_problem *problem);

/* No transfer may be running. Not from inside done. */
void gl_http_free(gl_http *http);

/* How a transfer ended; borrowed during done. */
typedef struct gl_http_response {
    /* GLIMPSE_OK: a response of any status but 3xx (REDIRECT); a 2xx is complete, of another the
     * body may have broken off, since the status line is the answer. */
    glimpse_error error;
    const char *message; /* for an error: libcurl's own words, no secret; "" otherwise */
    int status;          /* 0 when no status line came */
    bool reused;         /* over HTTP/1.1: the connection had carried another request */
    gl_slice body;       /* what came, also when it broke */
    /* Headers; NULL when absent. */
    const char *content_type, *request_id, *retry_after, *retry_after_ms, *should_retry;
    const void *headers; /* for gl_http_header */
} gl_http_response;

/* A header of the response by its name, NULL when it is absent. Valid during done. */
const char *gl_http_header(const void *headers, const char *name);

/* The base URL that its paths are below, without a slash at its end. */
const char *gl_http_base_url(const gl_http *http);

/* How the observer wants the body. */
typedef enum gl_http_framing {
    GL_HTTP_WHOLE,
    GL_HTTP_PIECES,
    GL_HTTP_UNTOLD /* more of it has to be seen first */
} gl_http_framing;

/* What the observer of a body that comes in pieces wants next. */
typedef enum gl_http_want {
    GL_HTTP_MORE,
    GL_HTTP_ENOUGH /* nothing: the transfer ends in order at once, whatever else the server sends */
} gl_http_want;

typedef struct gl_http_observer {
    /* Called inside libcurl: stores, and calls nothing of gl_http. CONNECTED and SENT come
     * together, once, just before the request goes out on a new connection or a warm one: what the
     * server has counted is never more than the SENT reported. FIRST_BYTE is the body's first byte;
     * an answer without a body has none. */
    void (*progress)(void *arg, glimpse_progress progress);
    /* May be NULL. Before CONNECTED, of a request whose connection was opened for it. */
    void (*opened)(void *arg, const glimpse_opening *opening);
    /* Both or neither; also called inside libcurl, and as careful. begin is asked at the body's
     * first bytes, and again with all that came while it can not tell. If it wants pieces, each
     * goes to chunk, from the first byte on, and response.body stays empty; max_response_bytes
     * holds for all of them. */
    gl_http_framing (*begin)(void *arg, int status, gl_slice bytes);
    gl_http_want (*chunk)(void *arg, gl_slice bytes);
    /* Once, never inside gl_http_start or gl_http_cancel. The transfer is gone afterwards. */
    void (*done)(void *arg, const gl_http_response *response);
} gl_http_observer;

/* POSTs body (or GETs when body.data is NULL) to base_url + path. body is borrowed until done;
 * path is copied. NULL: out of memory. */
gl_transfer *gl_http_start(gl_http *http, const char *path, gl_slice body,
                           const gl_http_observer *observer, void *arg);

/* Directly after a start: over HTTP/1.1 the transfer goes out on a connection of its own. What died
 * on one that had been idle may find others as dead beside it. */
void gl_http_fresh(gl_transfer *transfer);

/* A body that is sent from a file: head, size bytes of fd from its beginning, tail. */
typedef struct gl_http_upload {
    const char *content_type;
    gl_slice head, tail;
    int fd;
    uint64_t size;
} gl_http_upload;

/* POSTs it, reading the file as it goes; what upload points to, and fd, are borrowed until done.
 * The observer hears of BYTES also as they are sent. A file that is shorter than size, or cannot be
 * read, is INVALID. NULL: out of memory. */
gl_transfer *gl_http_start_upload(gl_http *http, const char *path, const gl_http_upload *upload,
                                  const gl_http_observer *observer, void *arg);

/* The status of the response and the headers that have come so far; status 0 when none has.
 * Borrowed until the transfer ends; body, error and message are not filled in. */
void gl_http_peek(const gl_transfer *transfer, gl_http_response *response);

/* Ends it without done; the connection is dropped if the request was on it. */
void gl_http_cancel(gl_transfer *transfer);

#endif
