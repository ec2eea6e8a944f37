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
    size_t max_memory_bytes; /* for all answers together; answers beyond it wait; 0 = no bound */
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
    /* GLIMPSE_OK: a response of any status but 3xx (REDIRECT). The body of a 2xx is complete;
     * another's may have broken off, because the status line is the answer. */
    glimpse_error error;
    const char *message; /* for an error: libcurl's own words, no secret; "" otherwise */
    int status;          /* 0 when no status line came */
    bool reused;         /* over HTTP/1.1: the connection had carried another request */
    gl_slice body;       /* the body that came, also when it broke off */
    /* Headers; NULL when absent. */
    const char *request_id, *retry_after, *retry_after_ms, *should_retry;
    const void *headers; /* for gl_http_header */
} gl_http_response;

/* A header of the response by its name, NULL when it is absent. Valid during done. */
const char *gl_http_header(const void *headers, const char *name);

/* Returns the base URL of its paths, without a slash at its end. */
const char *gl_http_base_url(const gl_http *http);

/* The form in which the observer wants the body. */
typedef enum gl_http_framing {
    GL_HTTP_WHOLE,
    GL_HTTP_PIECES,
    GL_HTTP_UNTOLD /* it needs to see more of the body first */
} gl_http_framing;

/* The next wish of an observer of a body in pieces. */
typedef enum gl_http_want {
    GL_HTTP_MORE,
    GL_HTTP_ENOUGH /* no more: the transfer ends in order at once, even if the server sends more */
} gl_http_want;

typedef struct gl_http_observer {
    /* Called inside libcurl: it may store, and must call nothing of gl_http. CONNECTED and SENT
     * come together, once, just before the request goes out on a new connection or a warm one: the
     * server never counts more requests than SENT reports. FIRST_BYTE is the body's first byte; an
     * answer without a body has none. */
    void (*progress)(void *arg, glimpse_progress progress);
    /* May be NULL. Called before CONNECTED, for a request whose connection was opened for it. */
    void (*opened)(void *arg, const glimpse_opening *opening);
    /* Both or neither; also called inside libcurl, with the same rules. begin is called at the
     * body's first bytes, and again with all bytes so far while it cannot tell. If it wants pieces,
     * each goes to chunk, from the first byte on, and response.body stays empty; max_response_bytes
     * holds for all of them. */
    gl_http_framing (*begin)(void *arg, int status, gl_slice bytes);
    gl_http_want (*chunk)(void *arg, gl_slice bytes);
    /* Called once, never inside gl_http_start or gl_http_cancel. The transfer is gone
     * afterwards. */
    void (*done)(void *arg, const gl_http_response *response);
} gl_http_observer;

/* POSTs body (or GETs when body.data is NULL) to base_url + path. body and observer are borrowed
 * until done; path is copied. NULL: out of memory. */
gl_transfer *gl_http_start(gl_http *http, const char *path, gl_slice body,
                           const gl_http_observer *observer, void *arg);

/* Call directly after a start: over HTTP/1.1 the transfer goes out on a connection of its own. When
 * one idle connection died, the others beside it may be dead too. */
void gl_http_fresh(gl_transfer *transfer);

/* Call directly after a start: these lines are sent too, beside those of the configuration.
 * Borrowed until done. false: out of memory, cancel it. */
bool gl_http_add_headers(gl_transfer *transfer, const char *const *lines, size_t count);

/* A body that is sent from a file: head, size bytes of fd from its beginning, tail. */
typedef struct gl_http_upload {
    const char *content_type;
    gl_slice head, tail;
    int fd;
    uint64_t size;
} gl_http_upload;

/* POSTs it, reading the file as it goes; upload and fd are borrowed until done. The observer gets
 * BYTES also as they are sent. A file that is shorter than size, or cannot be read, is INVALID.
 * NULL: out of memory. */
gl_transfer *gl_http_start_upload(gl_http *http, const char *path, const gl_http_upload *upload,
                                  const gl_http_observer *observer, void *arg);

/* The owner takes no more of the body for now, and again. false: it cannot wait now, because its
 * body has not begun, or has nothing more to give, or because others share its connection. Not from
 * inside libcurl; neither calls the observer. */
bool gl_http_pause(gl_transfer *transfer);
void gl_http_go_on(gl_transfer *transfer);

/* Gives the status of the response and the headers so far; status 0 when none has come. Borrowed
 * until the transfer ends; body, error and message are not filled in. */
void gl_http_peek(const gl_transfer *transfer, gl_http_response *response);

/* Ends the transfer without done; drops the connection if the request was on it. */
void gl_http_cancel(gl_transfer *transfer);

#endif
