/*
 * upstream.h - asks another server on the mock's own loop, for recording. The only file of the mock
 * that knows libcurl. The callbacks run outside of libcurl's own, so they may ask again or cancel.
 */
#ifndef MOCK_UPSTREAM_H
#define MOCK_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/time.h"

struct event_base;
typedef struct mock_upstream mock_upstream;
typedef struct mock_upstream_call mock_upstream_call;

typedef struct mock_upstream_callbacks {
    /* Status and header lines ("name: value\r\n" each); length is Content-Length, or -1. */
    void (*head)(void *arg, int status, gl_slice lines, int64_t length, gl_time at);
    void (*bytes)(void *arg, gl_slice bytes, gl_time at);
    /* why NULL: the answer is complete; else it failed, with or without its head. The call is
     * freed. */
    void (*end)(void *arg, const char *why, gl_time at);
} mock_upstream_callbacks;

/* url is http or https, with or without a path. NULL: problem says why, beginning with "record:".
 */
mock_upstream *mock_upstream_new(struct event_base *base, const char *url, char *problem,
                                 size_t problem_size);
void mock_upstream_free(mock_upstream *upstream); /* there are no calls any more */

/* target is path and query as the client sent them; a "/v1" that the URL ends with is not doubled.
 * head are the client's header lines: all are passed on but those of the connection, of the mock,
 * and of compression. Everything is copied. NULL: out of memory. */
mock_upstream_call *mock_upstream_ask(mock_upstream *upstream, gl_slice method, gl_slice target,
                                      gl_slice head, gl_slice body,
                                      const mock_upstream_callbacks *callbacks, void *arg);
void mock_upstream_cancel(mock_upstream_call *call); /* no callback comes any more */

#endif
