/*
 * upstream.c - see upstream.h. libcurl's multi interface on libevent: libcurl says which sockets it
 * waits for and until when, libevent says when. Callbacks of libcurl only gather; tell() hands on
 * when libcurl has returned, because an easy handle may not be removed inside them
 * (curl_multi_remove_handle(3)).
 */
#include "mock/upstream.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/list.h"

#define HEAD_MAX    ((size_t)256 * 1024)
#define PENDING_MAX ((size_t)256 * 1024 * 1024) /* as the mock's own answers */
#define CONNECT_MS  10000L

struct mock_upstream {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    char *url; /* without a slash at the end */
    gl_list calls;
};

struct mock_upstream_call {
    gl_node node; /* upstream->calls */
    mock_upstream *upstream;
    CURL *easy;
    struct curl_slist *headers;
    const mock_upstream_callbacks *callbacks;
    void *arg;
    gl_buf head, pending; /* header lines; bytes that were not handed on yet */
    gl_buf marks;         /* struct mark of each piece of pending */
    gl_time head_at;
    bool head_whole, head_delivered;
    bool *gone; /* while bytes are handed on: set when it is freed */
    char why[CURL_ERROR_SIZE];
};

struct mark {
    gl_time at;
    size_t len;
};

/* --- sockets and time ------------------------------------------------------------------------- */

static void tell(mock_upstream *upstream);

static void act(mock_upstream *upstream, curl_socket_t fd, int mask)
{
    int running;
    curl_multi_socket_action(upstream->multi, fd, mask, &running);
    tell(upstream);
}

static void socket_ready(evutil_socket_t fd, short what, void *arg)
{
    act(arg, fd,
        ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
            ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* The event of a socket is libcurl's private pointer for it. */
static int watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *event)
{
    (void)easy;
    mock_upstream *upstream = arg;
    if (event != NULL) event_free(event);
    struct event *now = NULL;
    if (what != CURL_POLL_REMOVE) {
        short wanted = (short)(((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
                               ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0) | EV_PERSIST);
        now = event_new(upstream->base, fd, wanted, socket_ready, upstream);
        if (now == NULL || event_add(now, NULL) != 0) return -1; /* the transfers fail */
    }
    curl_multi_assign(upstream->multi, fd, now);
    return 0;
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    mock_upstream *upstream = arg;
    struct timeval delay = { ms / 1000, ms % 1000 * 1000 };
    if (ms < 0) return event_del(upstream->timer);
    return event_add(upstream->timer, &delay);
}

/* --- the answer ------------------------------------------------------------------------------- */

/* Takes one header line at a time. A 100 Continue and the like begin a head of their own, which the
 * next one replaces. */
static size_t head_came(char *data, size_t one, size_t len, void *arg)
{
    mock_upstream_call *call = arg;
    (void)one;
    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        gl_buf_reset(&call->head);
        return len;
    }
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    bool blank = len <= 2 && data[0] != ' ';
    if (blank && status >= 200 && !call->head_whole) {
        call->head_whole = true;
        call->head_at = gl_clock_now();
    } else if (!call->head_whole) { /* trailers have no use here */
        gl_buf_append(&call->head, data, len);
    }
    return call->head.failed ? 0 : len;
}

static size_t bytes_came(char *data, size_t one, size_t len, void *arg)
{
    mock_upstream_call *call = arg;
    struct mark mark = { gl_clock_now(), len };
    (void)one;
    gl_buf_append(&call->pending, data, len);
    gl_buf_append(&call->marks, (const char *)&mark, sizeof mark);
    return call->pending.failed || call->marks.failed ? 0 : len;
}

static void free_call(mock_upstream_call *call)
{
    gl_node_remove(&call->node);
    if (call->gone != NULL) *call->gone = true;
    if (call->easy != NULL) {
        curl_multi_remove_handle(call->upstream->multi, call->easy);
        curl_easy_cleanup(call->easy);
    }
    curl_slist_free_all(call->headers);
    gl_buf_free(&call->head);
    gl_buf_free(&call->pending);
    gl_buf_free(&call->marks);
    gl_free(call);
}

void mock_upstream_cancel(mock_upstream_call *call)
{
    free_call(call);
}

static void tell_head(mock_upstream_call *call)
{
    long status = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    call->head_delivered = true;
    call->callbacks->head(call->arg, (int)status, gl_buf_slice(&call->head), length, call->head_at);
}

/* Hands on all pieces that came. The buffers are taken out first: the call may be freed by any
 * callback, and then *gone is set. */
static void tell_bytes(mock_upstream_call *call)
{
    gl_buf pending = call->pending, marks = call->marks;
    bool gone = false;
    gl_buf_init(&call->pending, PENDING_MAX);
    gl_buf_init(&call->marks, PENDING_MAX);
    call->gone = &gone;
    size_t at = 0;
    for (size_t i = 0; i < marks.len && !gone; i += sizeof(struct mark)) {
        struct mark mark;
        memcpy(&mark, marks.data + i, sizeof mark);
        call->callbacks->bytes(call->arg, gl_slice_of(pending.data + at, mark.len), mark.at);
        at += mark.len;
    }
    if (!gone) call->gone = NULL;
    gl_buf_free(&pending);
    gl_buf_free(&marks);
}

/* Hands on the parts of one call; false: no call has any. It may cancel any call, so the list is
 * searched anew each time. */
static bool tell_one(mock_upstream *upstream)
{
    const gl_node *end = &upstream->calls.head;
    for (gl_node *node = end->next; node != end; node = node->next) {
        mock_upstream_call *call = GL_CONTAINER(node, mock_upstream_call, node);
        bool head = call->head_whole && !call->head_delivered;
        if (!head && (!call->head_delivered || call->marks.len == 0)) continue;
        if (head)
            tell_head(call);
        else
            tell_bytes(call);
        return true;
    }
    return false;
}

static void tell(mock_upstream *upstream)
{
    CURLMsg *message;
    int left;
    while (tell_one(upstream)) continue;
    while ((message = curl_multi_info_read(upstream->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        mock_upstream_call *call = NULL;
        CURLcode code = message->data.result; /* freed once the handle is removed */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        const mock_upstream_callbacks *callbacks = call->callbacks;
        void *arg = call->arg;
        char why[CURL_ERROR_SIZE];
        snprintf(why, sizeof why, "%s",
                 call->why[0] != '\0' ? call->why : curl_easy_strerror(code));
        free_call(call);
        callbacks->end(arg, code == CURLE_OK ? NULL : why, gl_clock_now());
    }
}

/* --- the request ------------------------------------------------------------------------------ */

/* Leaves out the headers of the connection, those that are written anew, and the mock's own. */
static bool is_passed_on(gl_slice name)
{
    static const char *const own[] = { "host",
                                       "content-length",
                                       "transfer-encoding",
                                       "connection",
                                       "keep-alive",
                                       "proxy-connection",
                                       "expect",
                                       "te",
                                       "trailer",
                                       "upgrade",
                                       "accept-encoding" };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (name.len == strlen(own[i]) && strncasecmp(name.data, own[i], name.len) == 0)
            return false;
    return name.len < 7 || strncasecmp(name.data, "x-mock-", 7) != 0;
}

static bool add_header(mock_upstream_call *call, const char *line)
{
    struct curl_slist *more = curl_slist_append(call->headers, line);
    if (more != NULL) call->headers = more;
    return more != NULL;
}

/* Adds the lines behind the request line. */
static bool add_headers(mock_upstream_call *call, gl_slice head, gl_buf *line)
{
    const char *at = head.data, *end = head.data + head.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) break;
        size_t len = (size_t)(stop - at);
        if (len != 0 && at[len - 1] == '\r') len--;
        const char *colon = memchr(at, ':', len);
        if (colon != NULL && is_passed_on(gl_slice_of(at, (size_t)(colon - at)))) {
            gl_buf_reset(line);
            gl_buf_append(line, at, len);
            if (!gl_buf_terminate(line) || !add_header(call, line->data)) return false;
        }
        at = stop + 1;
    }
    return add_header(call, "Expect:"); /* a body is sent at once */
}

static bool set_url(mock_upstream_call *call, gl_slice target, gl_buf *url)
{
    static const char root[] = "/v1";
    const char *base = call->upstream->url;
    size_t len = strlen(base), part = sizeof root - 1;
    bool doubled = len >= part && memcmp(base + len - part, root, part) == 0 && target.len > part &&
                   memcmp(target.data, root, part) == 0 && target.data[part] == '/';
    gl_buf_reset(url);
    gl_buf_append_str(url, base);
    if (doubled) target = gl_slice_of(target.data + part, target.len - part);
    gl_buf_append(url, target.data, target.len);
    return gl_buf_terminate(url) &&
           curl_easy_setopt(call->easy, CURLOPT_URL, url->data) == CURLE_OK;
}

static bool set_method(mock_upstream_call *call, gl_slice method, gl_slice body, gl_buf *text)
{
    CURL *easy = call->easy;
    if (gl_slice_is(method, "HEAD")) return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    if (gl_slice_is(method, "GET") && body.len == 0) return true;
    gl_buf_reset(text);
    gl_buf_append(text, method.data, method.len);
    return gl_buf_terminate(text) &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.len != 0 ? body.data : "") ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, text->data) == CURLE_OK;
}

static bool set_up(mock_upstream_call *call)
{
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head_came);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, bytes_came);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK;
}

mock_upstream_call *mock_upstream_ask(mock_upstream *upstream, gl_slice method, gl_slice target,
                                      gl_slice head, gl_slice body,
                                      const mock_upstream_callbacks *callbacks, void *arg)
{
    mock_upstream_call *call = gl_calloc(1, sizeof *call);
    gl_buf text;
    if (call == NULL) return NULL;
    call->upstream = upstream;
    call->callbacks = callbacks;
    call->arg = arg;
    gl_buf_init(&call->head, HEAD_MAX);
    gl_buf_init(&call->pending, PENDING_MAX);
    gl_buf_init(&call->marks, PENDING_MAX);
    gl_buf_init(&text, HEAD_MAX);
    gl_node_init(&call->node);
    call->easy = curl_easy_init();
    bool made = call->easy != NULL && add_headers(call, head, &text) &&
                set_url(call, target, &text) && set_method(call, method, body, &text) &&
                set_up(call) && curl_multi_add_handle(upstream->multi, call->easy) == CURLM_OK;
    gl_buf_free(&text);
    if (made) {
        gl_list_push_back(&upstream->calls, &call->node);
        return call;
    }
    free_call(call);
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static const char *check_url(const char *url)
{
    size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
                    : strncasecmp(url, "https://", 8) == 0 ? 8
                                                           : 0;
    size_t host = strcspn(url + scheme, "/?#");
    if (scheme == 0 || host == 0) return "is no http or https URL";
    if (memchr(url + scheme, '@', host) != NULL) return "has a user in it: send a header instead";
    if (strpbrk(url, "?# \t\r\n") != NULL) return "has more than a host and a path";
    return NULL;
}

mock_upstream *mock_upstream_new(struct event_base *base, const char *url, char *problem,
                                 size_t problem_size)
{
    const char *why = check_url(url);
    if (why != NULL) { /* it is not shown: a user in it has a password */
        snprintf(problem, problem_size, "record: the URL %s", why);
        return NULL;
    }
    snprintf(problem, problem_size, "record: libcurl: out of memory");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return NULL;
    mock_upstream *upstream = gl_calloc(1, sizeof *upstream);
    if (upstream == NULL) {
        curl_global_cleanup();
        return NULL;
    }
    size_t len = strlen(url);
    while (len != 0 && url[len - 1] == '/') len--;
    upstream->base = base;
    gl_list_init(&upstream->calls);
    upstream->url = gl_strndup(url, len);
    upstream->timer = event_new(base, -1, 0, timer_fired, upstream);
    upstream->multi = curl_multi_init();
    if (upstream->url != NULL && upstream->timer != NULL && upstream->multi != NULL) {
        curl_multi_setopt(upstream->multi, CURLMOPT_SOCKETFUNCTION, watch);
        curl_multi_setopt(upstream->multi, CURLMOPT_SOCKETDATA, upstream);
        curl_multi_setopt(upstream->multi, CURLMOPT_TIMERFUNCTION, set_timer);
        curl_multi_setopt(upstream->multi, CURLMOPT_TIMERDATA, upstream);
        return upstream;
    }
    mock_upstream_free(upstream);
    return NULL;
}

void mock_upstream_free(mock_upstream *upstream)
{
    if (upstream == NULL) return;
    if (upstream->multi != NULL) curl_multi_cleanup(upstream->multi); /* uses the timer */
    if (upstream->timer != NULL) event_free(upstream->timer);
    gl_free(upstream->url);
    gl_free(upstream);
    curl_global_cleanup();
}
