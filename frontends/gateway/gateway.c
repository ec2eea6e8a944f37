/*
 * gateway.c - see gateway.h: sets up the server, and ends it in order.
 *
 * The order of the end: draining (gateway_drain) -> the listeners closed, some seconds later ->
 * what is left is cancelled, when its time is over -> `drained`, when no connection and no exchange
 * is left.
 */
#include "gateway/gateway.h"

#include <event2/event.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "gateway/cors.h"
#include "gateway/models.h"
#include "gateway/state.h"

/* A body of an error is short; an answer's own head too. */
#define SCRATCH_MAX ((size_t)64 * 1024)

/* An answer is given when its last byte is with the client, and a request that is half here has its
 * answer too: both are connections. When the time for them is over, an exchange is left at most. */
void gateway_ended(gateway *gate)
{
    if (!gate->stopped || gate->closed || gate->count != 0 || gate->drained == NULL) return;
    if (!gate->over && httpd_connections(gate->server) != 0) return;
    void (*drained)(void *arg) = gate->drained;
    gate->drained = NULL;
    event_del(&gate->drain_due);
    drained(gate->drained_arg);
}

static void look_for_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    gateway_ended(arg);
}

/* It is still counted. */
static void connection_closed(httpd_conn *conn)
{
    gateway *gate = httpd_arg(conn);
    if (gate->stopped && !gate->closed) event_active(&gate->end_due, EV_TIMEOUT, 1);
}

/* By its address, without a user and what stands behind the host. */
static void name_endpoint(gateway *gate, const char *url)
{
    gl_slice all = gl_slice_str(url != NULL ? url : "https://api.openai.com");
    const char *host = memmem(all.data, all.len, "://", 3);
    host = host != NULL ? host + 3 : all.data;
    size_t len = strcspn(host, "/?#");
    const char *user = memrchr(host, '@', len);
    if (user != NULL) len -= (size_t)(user + 1 - host);
    snprintf(gate->endpoint_name, sizeof gate->endpoint_name, "%.*s", (int)len,
             user != NULL ? user + 1 : host);
}

/* The keys of the endpoints, which are there again after a restart. */
static void take_secret(gateway *gate)
{
    const glimpse_pool *pool = gate->config.pool;
    const char *key = gate->config.endpoint->api_key;
    gl_buf_init(&gate->secret, SCRATCH_MAX);
    if (key != NULL && pool == NULL) gl_buf_append_str(&gate->secret, key);
    for (size_t i = 0; pool != NULL && i < pool->endpoint_count; i++)
        if ((key = pool->endpoints[i].endpoint.api_key) != NULL)
            gl_buf_append_str(&gate->secret, key);
}

gateway *gateway_new(const gateway_config *config)
{
    gateway *gate = gl_calloc(1, sizeof *gate);
    if (gate == NULL) return NULL;
    gate->config = *config;
    gate->process = gl_rng_system_seed();
    gate->began_ns = glimpse_monotonic_ns();
    name_endpoint(gate, config->endpoint->base_url);
    gl_list_init(&gate->exchanges);
    gl_buf_init(&gate->head, SCRATCH_MAX);
    gl_buf_init(&gate->body, SCRATCH_MAX);
    gateway_known_init(&gate->known);
    take_secret(gate);
    gateway_wait_init(gate);
    gateway_streams_init(gate);
    evtimer_assign(&gate->drain_due, config->base, NULL, gate);
    evtimer_assign(&gate->end_due, config->base, look_for_end, gate);
    const httpd_handler handler = { .arg = gate,
                                    .user_size = sizeof(gateway_client),
                                    .head = gateway_head,
                                    .request = gateway_request,
                                    .gone = gateway_gone,
                                    .drained = gateway_drained,
                                    .closed = connection_closed,
                                    .refused = gateway_refused,
                                    .refused_headers = GATEWAY_NOT_STORED,
                                    .lines = config->cors_count != 0 ? gateway_cors_lines : NULL };
    httpd_options options;
    httpd_options_default(&options);
    options.limits.body = config->max_body;
    options.connections = config->max_connections;
    gate->server = httpd_server_new(config->base, &options, &handler);
    if (config->keys) gate->callers = gateway_callers_new();
    if (config->keys) gate->strangers = gl_malloc(sizeof *gate->strangers);
    if (gate->strangers != NULL) gateway_strangers_init(gate->strangers);
    gate->tally = gateway_tally_new();
    if (gate->server != NULL && gate->tally != NULL && !gate->secret.failed &&
        gateway_models_open(gate) &&
        (!config->keys || (gate->callers != NULL && gate->strangers != NULL)))
        return gate;
    gateway_free(gate);
    return NULL;
}

bool gateway_listen(gateway *gate, int fd)
{
    return httpd_listen(gate->server, fd);
}

static void explain(const gateway_fault *fault, char *why, size_t why_size)
{
    if (fault->reason[0] == '\0')
        snprintf(why, why_size, "out of memory");
    else
        snprintf(why, why_size, "%s %s", fault->path, fault->reason);
}

bool gateway_load_keys(gateway *gate, gl_slice text, char *why, size_t why_size)
{
    gateway_fault fault;
    if (gateway_callers_load(gate->callers, text, &fault)) return true;
    explain(&fault, why, why_size);
    return false;
}

bool gateway_check_keys(gl_slice text, char *why, size_t why_size)
{
    gateway_fault fault;
    gateway_keys *keys = gateway_keys_read(text, &fault);
    if (keys == NULL) explain(&fault, why, why_size);
    gateway_keys_free(keys);
    return keys != NULL;
}

bool gateway_set_pool(gateway *gate, const glimpse_pool *pool)
{
    return gateway_models_set(gate, NULL, pool);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void at(gateway *gate, int64_t in_ms, event_callback_fn fn)
{
    const struct timeval in = { (time_t)(in_ms / 1000), (suseconds_t)(in_ms % 1000 * 1000) };
    evtimer_assign(&gate->drain_due, gate->config.base, fn, gate);
    event_add(&gate->drain_due, &in);
}

static void cancel_all(gateway *gate)
{
    gl_node *node = gate->exchanges.head.next;
    for (; node != &gate->exchanges.head; node = node->next)
        glimpse_cancel(gate->config.engine, GL_CONTAINER(node, gateway_exchange, node)->id);
}

static void grace_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    gateway *gate = arg;
    gate->over = true;
    cancel_all(gate);
    gateway_ended(gate);
}

static void stop_accepting(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    gateway *gate = arg;
    gate->stopped = true;
    httpd_stop(gate->server);
    at(gate, gate->drain_left_ms, grace_over);
    gateway_ended(gate);
}

void gateway_drain(gateway *gate, int64_t grace_ms, void (*done)(void *arg), void *arg)
{
    int64_t still = gate->config.still_accepting_ms,
            accepting = grace_ms < still ? grace_ms : still;
    gate->draining = true;
    gate->drained = done;
    gate->drained_arg = arg;
    gate->drain_left_ms = grace_ms - accepting;
    httpd_drain(gate->server);
    at(gate, accepting, stop_accepting);
}

void gateway_close(gateway *gate)
{
    if (gate == NULL || gate->closed) return;
    gate->closed = true;
    event_del(&gate->drain_due);
    event_del(&gate->end_due);
    event_del(&gate->wait_due);
    event_del(&gate->ping_due);
    cancel_all(gate);
    httpd_server_free(gate->server);
    gate->server = NULL;
    gateway_models_free(gate);
}

void gateway_free(gateway *gate)
{
    if (gate == NULL) return;
    gateway_close(gate);
    gateway_callers_free(gate->callers);
    gateway_known_free(&gate->known);
    if (gate->secret.data != NULL) explicit_bzero(gate->secret.data, gate->secret.len);
    gl_buf_free(&gate->secret);
    gl_free(gate->strangers);
    gateway_tally_free(gate->tally);
    gl_buf_free(&gate->head);
    gl_buf_free(&gate->body);
    gl_free(gate);
}
