/*
 * http.c - the seam: transfers are started, cancelled and reported here; see http.h.
 *
 * Owns the lists a transfer can be in while no shard has it: waiting for the name, finished and to
 * be reported, pooled. One deferred call, the drain, does all work that must not happen inside
 * libcurl's or the caller's stack: it lets the dirty shards run, then reports the ended transfers,
 * one by one, from a list that a callback may change. Called by the OpenAI sampler.
 */
#include "openai/http.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "openai/http_internal.h"

/* Callbacks start requests, and requests end: after this many rounds the sockets have their
 * turn. */
#define DRAIN_ROUNDS 4
/* After this many bytes of answers their owner has its turn to use and free them: otherwise large
 * answers that end together would all be held twice. */
#define DRAIN_BYTES ((size_t)16 * 1024 * 1024)

/* --- reporting --- */

const char *gl_http_base_url(const gl_http *http)
{
    return http->endpoint.base_url;
}

/* The words may quote the server. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) *text = '?';
}

static void learn(gl_http *http, const gl_transfer *transfer, const gl_http_response *response)
{
    if (http->endpoint.multiplex && transfer->code == CURLE_OK && transfer->sendings != 0) {
        long version = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
        if (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1)
            gl_shards_plain(http);
    }
    if (transfer->reused && (response->status != 0 || response->error == GLIMPSE_ERR_RESET))
        gl_keeping_ended(&http->keeping, response->status != 0);
    if (http->resolver != NULL && transfer->sendings == 0 && transfer->code != CURLE_OK)
        gl_resolver_rotate(http->resolver, transfer->addresses);
}

static void take_headers(const gl_transfer *transfer, gl_http_response *response)
{
    if (response->status == 0) return;
    response->headers = transfer;
    response->request_id = gl_http_header(transfer, "x-request-id");
    response->retry_after = gl_http_header(transfer, "retry-after");
    response->retry_after_ms = gl_http_header(transfer, "retry-after-ms");
    response->should_retry = gl_http_header(transfer, "x-should-retry");
}

void gl_http_peek(const gl_transfer *transfer, gl_http_response *response)
{
    long status = 0;
    *response = (gl_http_response){ .message = "" };
    if (transfer->sendings != 0) curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    response->status = (int)status;
    take_headers(transfer, response);
}

/* Returns how many bytes its answer had. */
static size_t report(gl_http *http, gl_transfer *transfer)
{
    gl_http_response response = { .body = gl_buf_slice(&transfer->body),
                                  .reused = transfer->reused };
    char none[CURL_ERROR_SIZE] = "";
    char *reason = transfer->reason;
    if (reason == NULL) transfer->reason = none;
    make_printable(transfer->reason);
    gl_http_judge(transfer, &response);
    take_headers(transfer, &response);
    learn(http, transfer, &response);
    size_t bytes = transfer->holds;
    transfer->observer->done(transfer->arg, &response);
    transfer->reason = reason;
    gl_transfer_release(transfer);
    return bytes;
}

static void drain(void *arg)
{
    gl_http *http = arg;
    size_t bytes = 0;
    http->draining = true;
    for (int round = 0; round < DRAIN_ROUNDS && bytes < DRAIN_BYTES; round++) {
        gl_list now;
        gl_node *node;
        gl_list_init(&now);
        if (!gl_list_empty(&http->going)) gl_flow_go(http);
        if (gl_memory_has_room(http)) gl_memory_resume(http);
        gl_list_splice_back(&now, &http->dirty);
        while ((node = gl_list_pop_front(&now)) != NULL)
            gl_shard_drain(GL_CONTAINER(node, gl_shard, dirty));
        if (!gl_list_empty(&http->sending)) gl_transfers_trim(http);
        if (gl_list_empty(&http->finished)) break;
        /* Requests that a callback starts are for the next round. */
        gl_list_splice_back(&now, &http->finished);
        while (bytes < DRAIN_BYTES && (node = gl_list_pop_front(&now)) != NULL)
            bytes += report(http, GL_CONTAINER(node, gl_transfer, node));
        gl_list_splice_back(&now, &http->finished);
        gl_list_splice_back(&http->finished, &now);
    }
    http->draining = false;
    if (!gl_list_empty(&http->dirty) || !gl_list_empty(&http->finished) ||
        !gl_list_empty(&http->going) || gl_memory_has_room(http))
        gl_defer_next_turn(http->drain);
}

/* --- starting --- */

static void fail(gl_transfer *transfer, glimpse_error error, const char *message)
{
    gl_http *http = transfer->http;
    transfer->error = error;
    if (transfer->reason != NULL) snprintf(transfer->reason, CURL_ERROR_SIZE, "%s", message);
    transfer->state = GL_TRANSFER_FINISHED;
    gl_list_push_back(&http->finished, &transfer->node);
    if (!http->draining) gl_defer_this_turn(http->drain);
}

static void launch(gl_transfer *transfer, gl_addresses *addresses)
{
    gl_http *http = transfer->http;
    glimpse_error error = GLIMPSE_ERR_OOM;
    if (addresses == NULL || gl_transfer_resolve(transfer, addresses))
        error = gl_shard_add(http, transfer);
    if (error != GLIMPSE_OK) fail(transfer, error, "");
}

static void launch_named(gl_transfer *transfer, gl_addresses *addresses)
{
    gl_time now = gl_loop_now(transfer->http->loop);
    transfer->dns_ns = (int64_t)gl_time_since(now, transfer->waits);
    launch(transfer, addresses);
}

static void name_ready(void *arg)
{
    gl_http *http = arg;
    const char *message;
    glimpse_error error = gl_resolver_verdict(http->resolver, &message);
    gl_list waiting;
    gl_list_init(&waiting);
    gl_list_splice_back(&waiting, &http->waiting);
    gl_addresses *addresses = error == GLIMPSE_OK ? gl_resolver_get(http->resolver) : NULL;
    gl_node *node;
    while ((node = gl_list_pop_front(&waiting)) != NULL) {
        gl_transfer *transfer = GL_CONTAINER(node, gl_transfer, node);
        if (error != GLIMPSE_OK)
            fail(transfer, error, message);
        else if (addresses != NULL)
            launch_named(transfer, addresses);
        else
            gl_list_push_back(&http->waiting, &transfer->node); /* it went stale already */
    }
}

static gl_transfer *start(gl_transfer *transfer, const gl_http_observer *observer, void *arg)
{
    gl_http *http = transfer->http;
    transfer->observer = observer;
    transfer->arg = arg;
    if (gl_keeping_wants_new(&http->keeping)) gl_http_fresh(transfer);
    gl_addresses *addresses = http->resolver != NULL ? gl_resolver_get(http->resolver) : NULL;
    if (http->resolver == NULL || addresses != NULL) {
        launch(transfer, addresses);
    } else {
        transfer->state = GL_TRANSFER_WAITING;
        transfer->waits = gl_loop_now(http->loop);
        gl_list_push_back(&http->waiting, &transfer->node);
    }
    return transfer;
}

gl_transfer *gl_http_start(gl_http *http, const char *path, gl_slice body,
                           const gl_http_observer *observer, void *arg)
{
    gl_transfer *transfer = gl_transfer_take(http, path, body);
    return transfer != NULL ? start(transfer, observer, arg) : NULL;
}

/* Works also after the start, because an added handle runs only when the loop does. A connection
 * that many requests share is not opened anew for each of those that broke with it. */
void gl_http_fresh(gl_transfer *transfer)
{
    if (transfer->http->endpoint.multiplex) return;
    transfer->fresh = curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
}

bool gl_http_add_headers(gl_transfer *transfer, const char *const *lines, size_t count)
{
    return gl_transfer_set_headers(transfer, lines, count);
}

gl_transfer *gl_http_start_upload(gl_http *http, const char *path, const gl_http_upload *upload,
                                  const gl_http_observer *observer, void *arg)
{
    gl_transfer *transfer = gl_transfer_take(http, path, gl_slice_of("", 0));
    if (transfer == NULL) return NULL;
    if (gl_transfer_set_upload(transfer, upload)) return start(transfer, observer, arg);
    gl_transfer_release(transfer);
    return NULL;
}

void gl_http_cancel(gl_transfer *transfer)
{
    gl_http *http = transfer->http;
    assert(transfer->state != GL_TRANSFER_POOLED);
    if (transfer->state == GL_TRANSFER_RUNNING) {
        /* A connection that took too long: the next attempt tries the next address. */
        if (http->resolver != NULL && transfer->sendings == 0)
            gl_resolver_rotate(http->resolver, transfer->addresses);
        gl_shard_remove(transfer);
    } else {
        gl_node_remove(&transfer->node);
    }
    gl_transfer_release(transfer);
}

/* --- life --- */

static void reap(void *arg)
{
    gl_shards_reap(arg);
}

static bool share_new(gl_http *http)
{
    /* Not CURL_LOCK_DATA_CONNECT: that would make one pool of all shards again. One thread, so no
     * locks. */
    http->share = curl_share_init();
    return http->share != NULL &&
           curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK &&
           curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) ==
               CURLSHE_OK;
}

static void log_setup(const gl_http *http)
{
    if (!gl_log_wants(&http->log, GLIMPSE_LOG_DEBUG)) return;
    const glimpse_log_field fields[] = {
        { "libcurl", curl_version_info(CURLVERSION_NOW)->version, 0 },
        { "http", http->endpoint.multiplex ? "2" : "1.1", 0 },
        { "proxy", http->endpoint.proxy[0] != '\0' ? "yes" : "no", 0 },
    };
    gl_log_emit(&http->log, GLIMPSE_LOG_DEBUG, "http_setup", fields,
                sizeof fields / sizeof *fields);
}

glimpse_error gl_http_new(gl_loop *loop, struct event_base *base, const gl_http_config *config,
                          gl_http **out, glimpse_problem *problem)
{
    gl_http *http = gl_calloc(1, sizeof *http);
    if (http == NULL) return GLIMPSE_ERR_OOM;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        gl_free(http);
        return GLIMPSE_ERR_SETUP;
    }
    http->loop = loop;
    http->log = config->log;
    http->max_pooled = config->max_connections;
    gl_list_init(&http->waiting);
    gl_list_init(&http->finished);
    gl_list_init(&http->pool);
    gl_list_init(&http->dirty);
    gl_list_init(&http->going);
    gl_list_init(&http->sending);
    gl_list_init(&http->enough);
    gl_list_init(&http->memory.waiting);
    glimpse_error error = gl_endpoint_init(&http->endpoint, config, problem);
    if (error != GLIMPSE_OK) goto done;
    http->memory.most = http->endpoint.max_memory_bytes;
    error = GLIMPSE_ERR_OOM;
    if (!share_new(http)) goto done;
    http->drain = gl_defer_new(loop, drain, http);
    http->reaper = gl_timer_new(loop, reap, http);
    http->breather = gl_timer_new(loop, gl_sockets_breathe, http);
    http->enough_timer = gl_timer_new(loop, gl_enough_passed, http);
    if (http->drain == NULL || http->reaper == NULL || http->breather == NULL ||
        http->enough_timer == NULL)
        goto done;
    if (http->endpoint.resolve_name != NULL) {
        http->resolver = gl_resolver_new(loop, base, http->endpoint.resolve_name, name_ready, http);
        if (http->resolver == NULL) goto done;
    }
    log_setup(http);
    error = GLIMPSE_OK;
done:
    if (error != GLIMPSE_OK) {
        gl_http_free(http);
        http = NULL;
    }
    *out = http;
    return error;
}

void gl_http_free(gl_http *http)
{
    if (http == NULL) return;
    assert(http->running == 0 && !http->draining);
    gl_resolver_free(http->resolver);
    gl_shards_free(http);
    gl_node *node;
    while ((node = gl_list_pop_front(&http->pool)) != NULL)
        gl_transfer_free(GL_CONTAINER(node, gl_transfer, node));
    if (http->share != NULL) curl_share_cleanup(http->share);
    gl_sockets_free(http);
    gl_timer_free(http->reaper);
    gl_timer_free(http->enough_timer);
    gl_timer_free(http->breather);
    gl_defer_free(http->drain);
    gl_target_unref(http->target);
    gl_endpoint_free(&http->endpoint);
    gl_free(http);
    curl_global_cleanup();
}
