/*
 * metrics_http.c - see metrics_http.h. Uses the HTTP server of the house, on a duplicate of the
 * listening socket.
 *
 * A listener on this machine only answers to this machine's names only, so that a page in a browser
 * whose name was bound to 127.0.0.1 (DNS rebinding) reads nothing.
 */
#include "monitoring/metrics_http.h"

#include <fcntl.h>
#include <glimpse/metrics.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "http/listen.h"
#include "http/server.h"
#include "options/loopback.h"
#include "say.h"

/* Scrapers keep their connections; the usual interval is 15 s, a minute is common. */
#define IDLE_MS         90000
#define HEAD_MAX        ((size_t)8192) /* bytes; a scrape by Prometheus has some 300 */
#define BODY_MAX        ((size_t)1024) /* of a request that is refused in any case */
#define PAGE_MAX        ((size_t)16 * 1024 * 1024)
#define CONNECTIONS_MAX 16
/* Descriptors are for the endpoint first: one of so many is for scrapers. */
#define SHARE 8

struct metrics_http {
    httpd_server *server;
    metrics_http_page page;
    void *arg;
    gl_buf text;
    bool local;  /* listens on this machine only */
    bool warned; /* of a lack of descriptors */
};

static void refuse(httpd_conn *conn, int status, const char *header, const char *why)
{
    httpd_answer(conn, status, "text/plain", gl_slice_str(header), gl_slice_str(why));
}

static void show_page(metrics_http *http, httpd_conn *conn)
{
    gl_buf_reset(&http->text);
    if (http->page(&http->text, http->arg) && !http->text.failed)
        httpd_answer(conn, 200, GLIMPSE_METRICS_CONTENT_TYPE, gl_slice_str(""),
                     gl_buf_slice(&http->text));
    else
        refuse(conn, 503, "", "out of memory\n");
    gl_buf_free(&http->text);
}

static void request(httpd_conn *conn)
{
    metrics_http *http = httpd_arg(conn);
    gl_slice method = httpd_method(conn), host = httpd_header(conn, "host");
    if (http->local && host.data != NULL && !loopback_host(host))
        refuse(conn, 403, "", "this page is read as localhost or 127.0.0.1\n");
    else if (!gl_slice_is(httpd_path(conn), "/metrics"))
        refuse(conn, 404, "", "the page is /metrics\n");
    else if (!gl_slice_is(method, "GET") && !gl_slice_is(method, "HEAD"))
        refuse(conn, 405, "allow: GET, HEAD\r\n", "GET and HEAD are answered\n");
    else
        show_page(http, conn);
}

static void starved(void *arg, int error)
{
    metrics_http *http = arg;
    if (!http->warned) say("--metrics: a scraper waits: %s (ulimit -n)", strerror(error));
    http->warned = true;
}

/* --- life ------------------------------------------------------------------------------------- */

static size_t most_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / SHARE >= CONNECTIONS_MAX)
        return CONNECTIONS_MAX;
    return limit.rlim_cur / SHARE > 1 ? (size_t)limit.rlim_cur / SHARE : 1;
}

metrics_http *metrics_http_new(struct event_base *base, int fd, metrics_http_page page, void *arg)
{
    metrics_http *http = gl_calloc(1, sizeof *http);
    if (http == NULL) return NULL;
    const httpd_handler handler = { .arg = http, .request = request, .starved = starved };
    httpd_options options;
    httpd_options_default(&options);
    options.limits.head = HEAD_MAX;
    options.limits.body = BODY_MAX;
    options.deadlines.idle = IDLE_MS;
    options.keep_alive_s = 0;
    options.connections = most_connections();
    *http = (metrics_http){ .page = page, .arg = arg, .local = httpd_listens_here(fd) };
    gl_buf_init(&http->text, PAGE_MAX);
    http->server = httpd_server_new(base, &options, &handler);
    int own = http->server != NULL ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own >= 0 && httpd_listen(http->server, own)) return http;
    metrics_http_free(http);
    return NULL;
}

void metrics_http_free(metrics_http *http)
{
    if (http == NULL) return;
    httpd_server_free(http->server);
    gl_buf_free(&http->text);
    gl_free(http);
}
