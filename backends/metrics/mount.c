/*
 * mount.c - glimpse_metrics_mount: the page of metrics on an evhttp server of the caller's.
 *
 * Owns the page and nothing else: server, loop and engine are the caller's. Called by the server,
 * from the loop. The text is made anew for each scrape and handed over without a copy.
 */
#include <glimpse/metrics.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>

#include "base/alloc.h"

/* Ten measurements a second: a loop that is blocked for longer than a tenth of a second shows in
 * one. */
#define LAG_EVERY_MS 100

struct glimpse_metrics_page {
    struct evhttp *http;
    char *path;
    glimpse_engine *engine;
    glimpse_metrics_more_fn more;
    void *arg;
};

static void let_go(const void *text, size_t len, void *arg)
{
    (void)text;
    (void)len;
    glimpse_free(arg);
}

/* NULL: out of memory. */
static struct evbuffer *make_text(const glimpse_metrics_page *page)
{
    char *text;
    size_t len;
    struct evbuffer *body = evbuffer_new();
    if (body == NULL) return NULL;
    if (glimpse_metrics_text(page->engine, &text, &len) != GLIMPSE_OK) {
        evbuffer_free(body);
        return NULL;
    }
    if (evbuffer_add_reference(body, text, len, let_go, text) != 0) {
        glimpse_free(text);
        evbuffer_free(body);
        return NULL;
    }
    if (page->more != NULL) page->more(body, page->arg);
    return body;
}

/* Answers, and reads no more of the connection until the answer is sent. evhttp reads on while it
 * writes, so a client that pipelines and reads nothing would fill the memory. The next request
 * starts reading again. Nothing is written before control is back in the loop, so the connection is
 * still there. */
static void reply(struct evhttp_request *request, int status, const char *reason,
                  struct evbuffer *body)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    evhttp_send_reply(request, status, reason, body);
    if (connection != NULL)
        bufferevent_disable(evhttp_connection_get_bufferevent(connection), EV_READ);
}

static void serve(struct evhttp_request *request, void *arg)
{
    const glimpse_metrics_page *page = arg;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
        evhttp_add_header(headers, "Allow", "GET, HEAD");
        reply(request, HTTP_BADMETHOD, "Method Not Allowed", NULL);
        return;
    }
    struct evbuffer *body = make_text(page);
    if (body == NULL) {
        reply(request, HTTP_SERVUNAVAIL, "Out Of Memory", NULL);
        return;
    }
    evhttp_add_header(headers, "Content-Type", GLIMPSE_METRICS_CONTENT_TYPE);
    if (method == EVHTTP_REQ_HEAD) { /* the length of GET's body */
        char length[24];
        snprintf(length, sizeof length, "%zu", evbuffer_get_length(body));
        evhttp_add_header(headers, "Content-Length", length);
        evbuffer_drain(body, evbuffer_get_length(body));
    }
    reply(request, HTTP_OK, "OK", body);
    evbuffer_free(body);
}

glimpse_error glimpse_metrics_mount(struct evhttp *http, const char *path, glimpse_engine *engine,
                                    glimpse_metrics_more_fn more, void *arg,
                                    glimpse_metrics_page **page)
{
    if (http == NULL || path == NULL || *path != '/' || engine == NULL || page == NULL)
        return GLIMPSE_ERR_INVALID;
    *page = NULL;
    glimpse_metrics_page *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return GLIMPSE_ERR_OOM;
    *made = (glimpse_metrics_page){ .http = http, .engine = engine, .more = more, .arg = arg };
    glimpse_error error = GLIMPSE_ERR_OOM;
    made->path = gl_strdup(path);
    if (made->path == NULL) goto failed;
    int set = evhttp_set_cb(http, path, serve, made);
    if (set == -1) error = GLIMPSE_ERR_INVALID; /* taken */
    if (set != 0) goto failed;
    error = glimpse_engine_watch_loop(engine, LAG_EVERY_MS);
    if (error != GLIMPSE_OK) {
        evhttp_del_cb(http, path);
        goto failed;
    }
    *page = made;
    return GLIMPSE_OK;
failed:
    gl_free(made->path);
    gl_free(made);
    return error;
}

void glimpse_metrics_unmount(glimpse_metrics_page *page)
{
    if (page == NULL) return;
    evhttp_del_cb(page->http, page->path);
    gl_free(page->path);
    gl_free(page);
}
