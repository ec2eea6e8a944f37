/*
 * metrics_http.h - the HTTP of --metrics: one page, for few clients, with a bound on everything
 * that a client can make it hold.
 */
#ifndef CLI_MONITORING_METRICS_HTTP_H
#define CLI_MONITORING_METRICS_HTTP_H

#include <stdbool.h>

#include "base/buf.h"

struct event_base;

typedef struct metrics_http metrics_http;

/* Appends the page to text; false: it is not available now. */
typedef bool (*metrics_http_page)(gl_buf *text, void *arg);

/* Answers GET and HEAD of /metrics on this listening socket, which stays the caller's. NULL: out of
 * memory or of descriptors. */
metrics_http *metrics_http_new(struct event_base *base, int fd, metrics_http_page page, void *arg);

/* Closes its connections in any state. NULL is fine. */
void metrics_http_free(metrics_http *http);

#endif
