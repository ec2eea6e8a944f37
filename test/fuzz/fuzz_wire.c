/*
 * fuzz_wire.c - any bytes as what a server, or a proxy, answers: status line, headers, rate limits,
 * trailers, chunks, body. The request ends with one result that the rules allow, and the engine is
 * as before.
 *
 * The first byte: 1 the request is a stream, 2 the bytes are a proxy's, who answers a CONNECT.
 */
#include "fuzz.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <glimpse/glimpse.h>
#include <netinet/in.h>
#include <sys/socket.h>

typedef struct world {
    struct event_base *base;
    uint16_t port;
    const uint8_t *answer;
    size_t len;
    int results;
} world;

static void gone(struct bufferevent *bev, short what, void *arg)
{
    (void)what;
    (void)arg;
    bufferevent_free(bev);
}

static void written(struct bufferevent *bev, void *arg)
{
    (void)arg;
    bufferevent_free(bev);
}

/* The request is answered when its first bytes are there, whole or not. */
static void came(struct bufferevent *bev, void *arg)
{
    const world *w = arg;
    struct evbuffer *input = bufferevent_get_input(bev);
    evbuffer_drain(input, evbuffer_get_length(input));
    if (w->len == 0) {
        bufferevent_free(bev);
        return;
    }
    bufferevent_setcb(bev, NULL, written, gone, arg);
    bufferevent_write(bev, w->answer, w->len);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int len, void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    world *w = arg;
    struct bufferevent *bev = bufferevent_socket_new(w->base, fd, BEV_OPT_CLOSE_ON_FREE);
    claim(bev != NULL, "no buffer");
    bufferevent_setcb(bev, came, NULL, gone, w);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static world *the_world(void)
{
    static world w;
    if (w.base != NULL) return &w;
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    w.base = event_base_new();
    struct evconnlistener *listener =
        evconnlistener_new_bind(w.base, accepted, &w, LEV_OPT_CLOSE_ON_FREE, 64,
                                (struct sockaddr *)&address, sizeof address);
    claim(listener != NULL, "no listener");
    claim(getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &len) == 0,
          "no port");
    w.port = ntohs(address.sin_port);
    return &w;
}

static void done(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    world *w = arg;
    bool aligned = glimpse_result_status(result) == GLIMPSE_STATUS_ALIGNED ||
                   glimpse_result_status(result) == GLIMPSE_STATUS_NOT_ALIGNED;
    claim(aligned == (glimpse_result_error(result) == GLIMPSE_OK), "an error without a status");
    claim(glimpse_result_attempts(result) <= 1, "more than one attempt"); /* 0: no tunnel */
    const char *message = glimpse_result_error_message(result);
    claim(aligned || message[0] != '\0', "a failure without a word");
    claim_plain_line(message, strlen(message));
    w->results++;
    event_base_loopbreak(w->base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    uint8_t kind = fuzz_byte(&in);
    bool proxied = (kind & 2) != 0;
    world *w = the_world();
    w->answer = in.data;
    w->len = in.size;
    w->results = 0;

    char url[64], proxy[64];
    snprintf(url, sizeof url, proxied ? "https://127.0.0.2:%u/v1" : "http://127.0.0.1:%u/v1",
             (unsigned)w->port);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", (unsigned)w->port);
    glimpse_config config;
    glimpse_config_init(&config);
    config.endpoint.base_url = url;
    config.endpoint.api_key = "sk-canary-fuzz-0123456789";
    config.endpoint.https_proxy = proxied ? proxy : NULL;
    config.max_attempts = 1;
    config.fallback_on = false;
    config.cache_entries = 0;
    config.endpoint.max_response_bytes = 1 << 20;
    config.timeout_ms = 2000; /* a server that closes leaves nothing to wait for */
    glimpse_engine *engine;
    claim(glimpse_engine_new(w->base, &config, &engine, NULL) == GLIMPSE_OK, "no engine");
    glimpse_options options;
    glimpse_options_init(&options);
    options.stream = (kind & 1) != 0;
    glimpse_draft draft = { .input_text = "a", .goal = "b" };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = done };
    claim(glimpse_submit_draft(engine, &draft, &options, &observer, w, NULL) == GLIMPSE_OK,
          "not taken");
    event_base_dispatch(w->base);
    claim(w->results == 1, "not one result");
    glimpse_engine_free(engine);
    event_base_loop(w->base, EVLOOP_NONBLOCK);
    return 0;
}
