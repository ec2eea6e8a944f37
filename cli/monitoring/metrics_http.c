/*
 * metrics_http.c - see metrics_http.h. Owns a duplicate of the listening socket and at most
 * CONNECTIONS_MAX connections. Called by metrics_server.c, on the command's own loop.
 *
 * Of a connection one request is looked at at a time, and nothing is read while its answer is not
 * gone: a client that sends and does not read waits, instead of filling the memory. A listener that
 * is on this machine only answers to its names only, so that a page in a browser whose name was
 * bound to 127.0.0.1 (DNS rebinding) reads nothing.
 */
#include "monitoring/metrics_http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <glimpse/metrics.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/slice.h"
#include "options/loopback.h"
#include "say.h"

#define HEAD_MAX ((size_t)8192) /* bytes; a scrape by Prometheus has some 300 */
#define BODY_MAX 1024           /* of a request that is refused all the same */
/* Scrapers keep their connections; the usual interval is 15 s, a minute is common. */
static const struct timeval idle = { 90, 0 };
/* Without descriptors accept rests: long against a spin, short for who waits in the backlog. */
static const struct timeval rest = { 0, 250000 };
#define CONNECTIONS_MAX 16
/* Descriptors are for the endpoint first: one of so many is the scrapers'. */
#define SHARE 8

struct metrics_http {
    struct event_base *base;
    struct event *accepting, *resuming;
    metrics_http_page page;
    void *arg;
    gl_list connections; /* the one that was quiet for longest first */
    size_t count, most;
    int fd;
    bool local; /* listens on this machine only */
    bool said;  /* that descriptors ran out */
};

typedef struct connection {
    gl_node node;
    metrics_http *http;
    struct bufferevent *stream;
    bool closing; /* when what is to be sent is gone */
} connection;

static void drop(connection *c)
{
    gl_node_remove(&c->node);
    c->http->count--;
    bufferevent_free(c->stream);
    gl_free(c);
}

/* --- the request ------------------------------------------------------------------------------ */

typedef struct request {
    gl_slice method, path, version, host, connection;
    size_t body, hosts;
    bool bad;
} request;

static bool same(gl_slice text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static gl_slice trimmed(const char *text)
{
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) len--;
    return gl_slice_of(text, len);
}

static void read_header(request *r, char *line)
{
    char *colon = strchr(line, ':');
    if (colon == NULL || colon == line) {
        r->bad = true;
        return;
    }
    gl_slice name = gl_slice_of(line, (size_t)(colon - line)), value = trimmed(colon + 1);
    if (same(name, "Host")) {
        r->host = value;
        r->hosts++;
    } else if (same(name, "Connection")) {
        r->connection = value;
    } else if (same(name, "Transfer-Encoding")) {
        r->body = SIZE_MAX;
    } else if (same(name, "Content-Length") && r->body != SIZE_MAX) {
        char *end;
        errno = 0;
        unsigned long length = strtoul(value.data, &end, 10);
        if (value.len == 0 || end != value.data + value.len || *value.data == '-' || errno != 0)
            r->bad = true;
        r->body = length;
    }
}

/* Writes NULs into the head. */
static void read_head(request *r, char *head)
{
    char *rest_of = head, *line = strsep(&rest_of, "\n");
    *r = (request){ .bad = false };
    line[strcspn(line, "\r")] = '\0';
    gl_slice *parts[] = { &r->method, &r->path, &r->version };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *part = strsep(&line, " ");
        *parts[i] = gl_slice_str(part);
        if (part == NULL || *part == '\0') r->bad = true;
    }
    while (rest_of != NULL && *rest_of != '\0') {
        line = strsep(&rest_of, "\n");
        line[strcspn(line, "\r")] = '\0';
        if (*line != '\0') read_header(r, line);
    }
    const char *query = r->path.len != 0 ? memchr(r->path.data, '?', r->path.len) : NULL;
    if (query != NULL) r->path.len = (size_t)(query - r->path.data);
    if (!same(r->version, "HTTP/1.1") && !same(r->version, "HTTP/1.0")) r->bad = true;
    if (r->hosts > 1 || (r->hosts == 0 && same(r->version, "HTTP/1.1"))) r->bad = true;
}

/* --- the answer ------------------------------------------------------------------------------- */

static void answer(connection *c, const char *status, const char *header, struct evbuffer *body,
                   bool with_body)
{
    struct evbuffer *out = bufferevent_get_output(c->stream);
    evbuffer_add_printf(out, "HTTP/1.1 %s\r\n%s%sContent-Length: %zu\r\n\r\n", status, header,
                        c->closing ? "Connection: close\r\n" : "", evbuffer_get_length(body));
    if (with_body) evbuffer_add_buffer(out, body);
}

static void refuse(connection *c, const char *status, const char *header, const char *why)
{
    struct evbuffer *body = evbuffer_new();
    if (body == NULL) {
        c->closing = true;
        return;
    }
    evbuffer_add_printf(body, "%s\n", why);
    answer(c, status, header, body, true);
    evbuffer_free(body);
}

static void show_page(connection *c, bool with_body)
{
    struct evbuffer *body = evbuffer_new();
    if (body != NULL && c->http->page(body, c->http->arg)) {
        answer(c, "200 OK", "Content-Type: " GLIMPSE_METRICS_CONTENT_TYPE "\r\n", body, with_body);
    } else {
        c->closing = true;
        refuse(c, "503 Service Unavailable", "", "out of memory");
    }
    if (body != NULL) evbuffer_free(body);
}

static void serve(connection *c, const request *r)
{
    bool get = gl_slice_is(r->method, "GET"), head = gl_slice_is(r->method, "HEAD");
    bool old = same(r->version, "HTTP/1.0");
    c->closing = same(r->connection, "close") || (old && !same(r->connection, "keep-alive"));
    if (c->http->local && r->hosts != 0 && !loopback_host(r->host))
        refuse(c, "403 Forbidden", "", "this page is read as localhost or 127.0.0.1");
    else if (!gl_slice_is(r->path, "/metrics"))
        refuse(c, "404 Not Found", "", "the page is /metrics");
    else if (!get && !head)
        refuse(c, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", "GET and HEAD are answered");
    else
        show_page(c, get);
}

/* The next request, once it is there whole. */
static void take_request(connection *c)
{
    struct evbuffer *in = bufferevent_get_input(c->stream);
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    char head[HEAD_MAX + 1];
    request r;
    if (end.pos < 0 && evbuffer_get_length(in) < HEAD_MAX) return;
    if (end.pos < 0 || (size_t)end.pos + 4 > HEAD_MAX) {
        c->closing = true;
        refuse(c, "431 Request Header Fields Too Large", "", "the head is above 8 KiB");
        return;
    }
    size_t len = (size_t)end.pos + 4;
    evbuffer_copyout(in, head, len);
    head[len] = '\0';
    bool zero = memchr(head, '\0', len) != NULL;
    read_head(&r, head);
    if (r.bad || zero) {
        c->closing = true;
        refuse(c, "400 Bad Request", "", "this is not HTTP/1.1");
    } else if (r.body > BODY_MAX) {
        c->closing = true;
        refuse(c, "413 Content Too Large", "", "no body is wanted");
    } else if (evbuffer_get_length(in) >= len + r.body) {
        evbuffer_drain(in, len + r.body);
        serve(c, &r);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

/* Takes the next request, unless the answer to the last one is still to be sent. */
static void go_on(connection *c)
{
    const struct evbuffer *out = bufferevent_get_output(c->stream);
    if (!c->closing && evbuffer_get_length(out) == 0) take_request(c);
    bool answering = evbuffer_get_length(out) != 0;
    if (c->closing && !answering) {
        drop(c);
        return;
    }
    if (answering)
        bufferevent_disable(c->stream, EV_READ);
    else
        bufferevent_enable(c->stream, EV_READ);
}

static void readable(struct bufferevent *stream, void *arg)
{
    (void)stream;
    connection *c = arg;
    gl_node_remove(&c->node);
    gl_list_push_back(&c->http->connections, &c->node);
    go_on(c);
}

static void written(struct bufferevent *stream, void *arg)
{
    (void)stream;
    go_on(arg);
}

static void ended(struct bufferevent *stream, short what, void *arg)
{
    (void)stream;
    (void)what;
    drop(arg);
}

static void connected(metrics_http *http, int fd)
{
    if (http->count >= http->most)
        drop(GL_CONTAINER(gl_list_first(&http->connections), connection, node));
    connection *c = gl_calloc(1, sizeof *c);
    struct bufferevent *stream =
        c != NULL ? bufferevent_socket_new(http->base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
    if (stream == NULL) {
        gl_free(c);
        close(fd);
        return;
    }
    *c = (connection){ .http = http, .stream = stream };
    gl_node_init(&c->node);
    gl_list_push_back(&http->connections, &c->node);
    http->count++;
    bufferevent_setcb(stream, readable, written, ended, c);
    bufferevent_setwatermark(stream, EV_READ, 0, HEAD_MAX + BODY_MAX);
    bufferevent_set_timeouts(stream, &idle, &idle);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

static void acceptable(evutil_socket_t listener, short what, void *arg)
{
    (void)what;
    metrics_http *http = arg;
    int fd = accept4((int)listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        connected(http, fd);
        return;
    }
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
    if (!http->said) say("--metrics: a scraper waits: %s (ulimit -n)", strerror(errno));
    http->said = true;
    event_del(http->accepting);
    event_add(http->resuming, &rest);
}

static void resume(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    metrics_http *http = arg;
    if (event_add(http->accepting, NULL) != 0) event_add(http->resuming, &rest);
}

/* --- life ------------------------------------------------------------------------------------- */

static bool listens_here(int fd)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0) return true;
    if (at.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&at)->sin6_addr);
    return ntohl(((struct sockaddr_in *)&at)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

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
    *http = (metrics_http){ .base = base, .page = page, .arg = arg, .local = listens_here(fd) };
    gl_list_init(&http->connections);
    http->most = most_connections();
    http->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    http->accepting = event_new(base, http->fd, EV_READ | EV_PERSIST, acceptable, http);
    http->resuming = evtimer_new(base, resume, http);
    if (http->fd >= 0 && http->accepting != NULL && http->resuming != NULL &&
        event_add(http->accepting, NULL) == 0)
        return http;
    metrics_http_free(http);
    return NULL;
}

void metrics_http_free(metrics_http *http)
{
    if (http == NULL) return;
    while (!gl_list_empty(&http->connections))
        drop(GL_CONTAINER(gl_list_first(&http->connections), connection, node));
    if (http->accepting != NULL) event_free(http->accepting);
    if (http->resuming != NULL) event_free(http->resuming);
    if (http->fd >= 0) close(http->fd);
    gl_free(http);
}
