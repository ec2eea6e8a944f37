/*
 * textbook.c - a client as in the examples of libcurl and libevent, to compare with: after curl's
 * hiperfifo.c and evhiperfifo.c, one multi handle, an event deleted and added in each socket
 * callback, messages read and removed one by one.
 *
 * It sends the same bodies and takes the whole answer into memory, and does nothing else: no key,
 * no cache, no limits, no retry, no reading of the JSON. wire_textbook makes an easy handle for
 * each request, as the examples do; wire_textbook_reuse is the stronger opponent that keeps one for
 * each place in flight, with its options.
 */
#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "wire_load.h"

#define ANSWER_MAX ((size_t)1024 * 1024)

typedef struct client {
    const wire_load *load;
    wire_meter *meter;
    struct event_base *base;
    struct event *timer;
    CURLM *multi;
    struct curl_slist *headers;
    char url[80];
    uint64_t next; /* requests started */
    bool reuse, failed;
} client;

typedef struct call {
    client *client;
    CURL *easy;
    gl_buf answer;
    char body[WIRE_BODY_MAX + 1];
} call;

static size_t on_bytes(char *data, size_t size, size_t count, void *arg)
{
    call *c = arg;
    gl_buf_append(&c->answer, data, size * count);
    return c->answer.failed ? 0 : size * count;
}

static bool set_up(call *c)
{
    client *all = c->client;
    c->easy = curl_easy_init();
    if (c->easy == NULL) return false;
    curl_easy_setopt(c->easy, CURLOPT_URL, all->url);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, all->headers);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    if (all->load->buffer != 0) curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, all->load->buffer);
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body);
    curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE, (long)all->load->body_size);
    return true;
}

static void start_next(call *c)
{
    client *all = c->client;
    if (all->next == wire_starts(all->load)) return;
    wire_body(c->body, all->load->body_size, all->load->first + all->next++);
    gl_buf_reset(&c->answer);
    if ((c->easy == NULL && !set_up(c)) || curl_multi_add_handle(all->multi, c->easy) != CURLM_OK) {
        all->failed = true;
        event_base_loopbreak(all->base);
    }
}

static void check_messages(client *all)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(all->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        call *c = NULL;
        long status = 0;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &c);
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
        bool good = result == CURLE_OK && status == 200 && c->answer.len != 0;
        if (good && all->meter->sent_bytes == 0) {
            long request = 0, head = 0;
            curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &request);
            curl_easy_getinfo(c->easy, CURLINFO_HEADER_SIZE, &head);
            all->meter->sent_bytes = (uint64_t)request; /* the body is counted in it */
            all->meter->got_bytes = (uint64_t)head + c->answer.len;
        }
        all->meter->body_bytes = c->answer.len;
        curl_multi_remove_handle(all->multi, c->easy);
        if (!all->reuse) {
            curl_easy_cleanup(c->easy);
            c->easy = NULL;
        }
        if (wire_meter_answer(all->meter, good)) event_base_loopbreak(all->base);
        start_next(c);
    }
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    client *all = arg;
    int running;
    int action =
        ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(all->multi, fd, action, &running);
    check_messages(all);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    client *all = arg;
    int running;
    curl_multi_socket_action(all->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    check_messages(all);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    client *all = arg;
    if (timeout_ms < 0) {
        event_del(all->timer);
        return 0;
    }
    struct timeval delay = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
    return event_add(all->timer, &delay);
}

static int set_socket(CURL *easy, curl_socket_t fd, int action, void *arg, void *socket_arg)
{
    (void)easy;
    client *all = arg;
    struct event *event = socket_arg;
    if (event != NULL) { /* event_free deletes it too */
        event_free(event);
        curl_multi_assign(all->multi, fd, NULL);
    }
    if (action == CURL_POLL_REMOVE) return 0;
    short what = (short)(EV_PERSIST | ((action & CURL_POLL_IN) ? EV_READ : 0) |
                         ((action & CURL_POLL_OUT) ? EV_WRITE : 0));
    event = event_new(all->base, fd, what, on_event, all);
    if (event == NULL) return -1;
    curl_multi_assign(all->multi, fd, event);
    return event_add(event, NULL);
}

static bool run(const wire_load *load, wire_meter *meter, bool reuse)
{
    client all = { .load = load, .meter = meter, .reuse = reuse };
    call *calls = gl_calloc(load->in_flight, sizeof *calls);
    curl_global_init(CURL_GLOBAL_ALL);
    snprintf(all.url, sizeof all.url, "http://127.0.0.1:%d/v1/chat/completions", load->port);
    all.headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (all.headers != NULL) curl_slist_append(all.headers, "Authorization: Bearer " WIRE_KEY);
    all.base = event_base_new();
    all.multi = curl_multi_init();
    all.timer = all.base != NULL ? evtimer_new(all.base, on_timer, &all) : NULL;
    all.failed = calls == NULL || all.headers == NULL || all.multi == NULL || all.timer == NULL;
    if (!all.failed) {
        curl_multi_setopt(all.multi, CURLMOPT_SOCKETFUNCTION, set_socket);
        curl_multi_setopt(all.multi, CURLMOPT_SOCKETDATA, &all);
        curl_multi_setopt(all.multi, CURLMOPT_TIMERFUNCTION, set_timer);
        curl_multi_setopt(all.multi, CURLMOPT_TIMERDATA, &all);
        for (unsigned i = 0; i < load->in_flight; i++) {
            calls[i].client = &all;
            gl_buf_init(&calls[i].answer, ANSWER_MAX);
            start_next(&calls[i]);
        }
        event_base_dispatch(all.base);
    }
    for (unsigned i = 0; calls != NULL && i < load->in_flight; i++) {
        if (calls[i].easy != NULL) {
            curl_multi_remove_handle(all.multi, calls[i].easy);
            curl_easy_cleanup(calls[i].easy);
        }
        gl_buf_free(&calls[i].answer);
    }
    if (all.multi != NULL) curl_multi_cleanup(all.multi);
    if (all.timer != NULL) event_free(all.timer);
    if (all.base != NULL) event_base_free(all.base);
    curl_slist_free_all(all.headers);
    curl_global_cleanup();
    gl_free(calls);
    if (all.failed) fprintf(stderr, "the textbook client could not be set up\n");
    return !all.failed;
}

bool wire_textbook(const wire_load *load, wire_meter *meter)
{
    return run(load, meter, false);
}

bool wire_textbook_reuse(const wire_load *load, wire_meter *meter)
{
    return run(load, meter, true);
}
