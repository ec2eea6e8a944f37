/* scrape.c - see scrape.h. One connection, one request at a time: a server that takes longer than a
 * second is asked again when it has answered. */
#include "bench/scrape.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "say.h"

/* vLLM's page has some 100 KB; a longer body is no page of a server. */
#define PAGE_MAX  (4 << 20)
#define TIMEOUT_S 5

struct bench_scrape {
    struct evhttp_connection *connection;
    struct evhttp_request *asked; /* under way */
    struct event *timer;
    load_scrape *data;
    char host[300], path[512];
    const char *url;
    bool warned;
};

typedef struct parts {
    char host[256], port[8], path[512];
} parts;

static bool split(const char *url, parts *out)
{
    static const char scheme[] = "http://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0) return false;
    const char *host = url + sizeof scheme - 1;
    size_t len = strcspn(host, "/?#");
    const char *path = host + len;
    const char *colon = NULL;
    for (size_t i = 0; i < len; i++) {
        if (host[i] == '@' || (unsigned char)host[i] <= ' ') return false;
        if (host[i] == ':') colon = host + i;
        if (host[i] == ']') colon = NULL;
    }
    size_t name = colon != NULL ? (size_t)(colon - host) : len;
    bool quoted = name > 1 && host[0] == '[' && host[name - 1] == ']';
    if (quoted) host++;
    if (quoted) name -= 2;
    if (name == 0 || name >= sizeof out->host || strlen(path) >= sizeof out->path - 1) return false;
    memcpy(out->host, host, name);
    out->host[name] = '\0';
    size_t digits = colon != NULL ? len - (size_t)(colon + 1 - (quoted ? host - 1 : host)) : 0;
    if (colon != NULL && (digits == 0 || digits > 5 || strspn(colon + 1, "0123456789") < digits))
        return false;
    snprintf(out->port, sizeof out->port, "%.*s", colon != NULL ? (int)digits : 2,
             colon != NULL ? colon + 1 : "80");
    for (const char *at = path; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at > '~') return false;
    snprintf(out->path, sizeof out->path, "%s%s", path[0] == '/' ? "" : "/", path);
    return true;
}

const char *bench_scrape_wrong(const char *url)
{
    parts of;
    if (url == NULL || strcmp(url, "auto") == 0 || split(url, &of)) return NULL;
    return "is neither auto nor http://HOST:PORT/PATH; a page behind https is not read";
}

const char *bench_scrape_series_wrong(const char *names)
{
    char problem[200];
    load_scrape *scrape = gl_malloc(sizeof *scrape);
    bool good = scrape == NULL || load_scrape_init(scrape, 0, names, problem, sizeof problem);
    gl_free(scrape);
    return good ? NULL : "is no list of at most 32 names of series with commas between";
}

bool bench_scrape_url(const char *asked, const char *base_url, char *url, size_t size)
{
    parts of;
    if (strcmp(asked, "auto") != 0) return snprintf(url, size, "%s", asked) < (int)size;
    if (base_url == NULL || !split(base_url, &of)) return false;
    size_t host = strcspn(base_url + 7, "/?#");
    return snprintf(url, size, "%.*s/metrics", (int)(7 + host), base_url) < (int)size;
}

static void answered(struct evhttp_request *request, void *arg)
{
    bench_scrape *s = arg;
    s->asked = NULL;
    int status = request != NULL ? evhttp_request_get_response_code(request) : 0;
    uint64_t failed = s->data->failed;
    if (status == 200) {
        struct evbuffer *body = evhttp_request_get_input_buffer(request);
        size_t len = evbuffer_get_length(body);
        const char *page = (const char *)evbuffer_pullup(body, -1);
        load_scrape_page(s->data, gl_slice_of(page, page != NULL ? len : 0), gl_clock_now());
    } else {
        s->data->failed++;
    }
    if (s->data->failed == failed || s->warned) return;
    s->warned = true;
    if (status == 0)
        say("--scrape: %s cannot be read", s->url);
    else
        say("--scrape: %s is no page of metrics (HTTP %d)", s->url, status);
}

/* In the middle of a row, so that each row has one reading, also of a late page. */
static void arm(bench_scrape *s)
{
    gl_time now = gl_clock_now(), at = s->data->start + GL_SECOND / 2;
    if (now >= at) at += ((now - at) / GL_SECOND + 1) * GL_SECOND;
    uint64_t us = (at - now) / GL_US + 1;
    const struct timeval wait = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
    event_add(s->timer, &wait);
}

static void ask(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    bench_scrape *s = arg;
    arm(s);
    if (s->asked != NULL) return;
    s->asked = evhttp_request_new(answered, s);
    if (s->asked == NULL) return;
    evhttp_add_header(evhttp_request_get_output_headers(s->asked), "Host", s->host);
    evhttp_add_header(evhttp_request_get_output_headers(s->asked), "Accept", "text/plain");
    struct evhttp_request *request = s->asked;
    if (evhttp_make_request(s->connection, request, EVHTTP_REQ_GET, s->path) != 0) {
        s->asked = NULL; /* it is freed */
        s->data->failed++;
    }
}

static struct evhttp_connection *connect_to(struct event_base *base, const parts *of)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char address[NI_MAXHOST];
    struct evhttp_connection *connection = NULL;
    if (getaddrinfo(of->host, of->port, &hints, &found) != 0) return NULL;
    int port = 0;
    for (const char *at = of->port; *at != '\0'; at++) port = port * 10 + (*at - '0');
    if (port > 0 && port < 65536 &&
        getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof address, NULL, 0,
                    NI_NUMERICHOST) == 0)
        connection = evhttp_connection_base_new(base, NULL, address, (uint16_t)port);
    freeaddrinfo(found);
    return connection;
}

bench_scrape *bench_scrape_new(struct event_base *base, const char *url, load_scrape *data)
{
    parts of;
    bench_scrape *s = gl_calloc(1, sizeof *s);
    if (s != NULL && split(url, &of)) s->connection = connect_to(base, &of);
    if (s != NULL) s->timer = evtimer_new(base, ask, s);
    if (s == NULL || s->connection == NULL || s->timer == NULL) {
        say("--scrape: %s cannot be found", url);
        bench_scrape_free(s);
        return NULL;
    }
    s->data = data;
    s->url = url;
    snprintf(s->host, sizeof s->host, strchr(of.host, ':') != NULL ? "[%s]:%s" : "%s:%s", of.host,
             of.port);
    memcpy(s->path, of.path, sizeof of.path);
    evhttp_connection_set_timeout(s->connection, TIMEOUT_S);
    evhttp_connection_set_max_body_size(s->connection, PAGE_MAX);
    event_active(s->timer, EV_TIMEOUT, 1); /* before the run begins */
    return s;
}

void bench_scrape_free(bench_scrape *scrape)
{
    bench_scrape *s = scrape;
    if (s == NULL) return;
    if (s->timer != NULL) event_free(s->timer);
    if (s->asked != NULL) evhttp_cancel_request(s->asked);
    /* A page that never ends is not read either. */
    if (s->asked != NULL && s->data != NULL && s->data->pages == 0) s->data->failed++;
    if (s->connection != NULL) evhttp_connection_free(s->connection);
    gl_free(s);
}
