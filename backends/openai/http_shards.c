/*
 * http_shards.c - the multi handles: which one a transfer goes to, their timers, their messages.
 *
 * A transfer goes to the lowest-numbered shard that has room and a warm connection, else to the
 * lowest with room, else to a new one: after a peak the traffic gathers in the low shards, and the
 * others fall idle and are freed with their connections.
 *
 * libcurl's callbacks only note the work (libcurl must not be called from inside itself);
 * gl_shard_drain does it. Messages are all read before any handle is removed: removing walks the
 * messages not yet read. A shard never holds more transfers than may run, so nothing waits in
 * libcurl's pending list: the one exception is HTTP/2, where up to `streams` of them wait for the
 * one connection to be made.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "openai/http_internal.h"

/* A shard that is not used for this long at least, and twice this at most, is closed with its
 * connections. libcurl itself checks the age of idle connections only when a handle is used
 * again. */
#define REAP_EVERY (60 * GL_SECOND)

/* --- one shard --- */

static void set_reaper(gl_http *http)
{
    bool any = http->shards.live != 0;
    gl_timer_set(http->reaper, any ? gl_loop_now(http->loop) + REAP_EVERY : GL_TIME_NEVER);
}

static void timer_fired(void *arg)
{
    gl_shard *shard = arg;
    shard->kick = true;
    gl_shard_mark_dirty(shard);
}

static int timer_callback(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    gl_shard *shard = arg;
    /* 0 means "now": every request would pay for a timer of 1 ms, or for the loop's clock of 4
     * ms. */
    shard->kick = ms == 0;
    if (ms <= 0) {
        gl_timer_set(shard->timer, GL_TIME_NEVER);
        if (ms == 0) gl_shard_mark_dirty(shard);
    } else {
        gl_timer_set(shard->timer, gl_time_add_ms(gl_loop_now(shard->http->loop), ms));
    }
    return 0;
}

static void shard_free(gl_shard *shard)
{
    gl_http *http = shard->http;
    assert(shard->transfers == 0);
    if (shard->multi != NULL) curl_multi_cleanup(shard->multi);
    if (shard->foreign != 0) gl_sockets_forget(shard);
    gl_timer_free(shard->timer);
    gl_node_remove(&shard->dirty);
    if (http->shards.at[shard->index] == shard) {
        http->shards.at[shard->index] = NULL;
        gl_shard_forget(shard);
        if (--http->shards.live == 0) set_reaper(http);
    }
    gl_free(shard);
}

static bool set_limits(const gl_shard *shard)
{
    const gl_endpoint *endpoint = &shard->http->endpoint;
    CURLM *multi = shard->multi;
    /* Not below the shard's size: the default follows the handles now attached, and closes warm
     * connections at every lull. */
    return curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)gl_shard_connections(shard)) ==
               CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_PIPELINING,
                             endpoint->multiplex ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING) ==
               CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)endpoint->max_streams) ==
               CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, endpoint->multiplex ? 1L : 0L) ==
               CURLM_OK;
}

/* Makes room for the shard of this index, the next one. */
static bool make_room(gl_shards *shards, size_t index)
{
    gl_shard **at = gl_array_room(shards->at, &shards->capacity, index + 1, 64, sizeof *at);
    if (at == NULL) return false;
    shards->at = at;
    size_t word = index / GL_SHARD_WORD;
    struct gl_shard_bits *bits =
        gl_array_room(shards->bits, &shards->bits_capacity, word + 1, 1, sizeof *bits);
    if (bits == NULL) return false;
    shards->bits = bits;
    if (index % GL_SHARD_WORD == 0) bits[word] = (struct gl_shard_bits){ 0 };
    return true;
}

static gl_shard *shard_new(gl_http *http, glimpse_error *error)
{
    gl_shards *shards = &http->shards;
    size_t index = 0;
    *error = GLIMPSE_ERR_OOM;
    while (index < shards->count && shards->at[index] != NULL) index++;
    if (index == shards->count && !make_room(shards, index)) return NULL;
    gl_shard *shard = gl_calloc(1, sizeof *shard);
    if (shard == NULL) return NULL;
    shard->http = http;
    shard->index = index;
    gl_node_init(&shard->dirty);
    gl_list_init(&shard->running);
    gl_list_init(&shard->ended);
    if (index == shards->count) shards->count++;
    shards->at[index] = shard;
    if (shards->live++ == 0) set_reaper(http);
    shard->timer = gl_timer_new(http->loop, timer_fired, shard);
    errno = 0;
    if (shard->timer != NULL) shard->multi = curl_multi_init();
    /* libcurl's wake-up pipe takes two descriptors; 7.88 works without it, 8.22 fails. */
    if (shard->multi == NULL && (errno == EMFILE || errno == ENFILE))
        *error = GLIMPSE_ERR_DESCRIPTORS;
    if (shard->multi == NULL || !set_limits(shard) ||
        curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, gl_socket_callback) != CURLM_OK ||
        curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard) != CURLM_OK ||
        curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, timer_callback) != CURLM_OK ||
        curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard) != CURLM_OK) {
        shard_free(shard);
        return NULL;
    }
    gl_shard_update(shard);
    return shard;
}

/* --- choosing --- */

static gl_shard *choose(gl_http *http, glimpse_error *error)
{
    const gl_shards *shards = &http->shards;
    size_t words = (shards->count + GL_SHARD_WORD - 1) / GL_SHARD_WORD;
    gl_shard *cold = NULL;
    for (size_t i = 0; i < words; i++) {
        uint64_t room = shards->bits[i].room, both = room & shards->bits[i].warm;
        if (both != 0) return shards->at[i * GL_SHARD_WORD + (size_t)__builtin_ctzll(both)];
        if (cold == NULL && room != 0)
            cold = shards->at[i * GL_SHARD_WORD + (size_t)__builtin_ctzll(room)];
    }
    return cold != NULL ? cold : shard_new(http, error);
}

glimpse_error gl_shard_add(gl_http *http, gl_transfer *transfer)
{
    glimpse_error error = GLIMPSE_OK;
    gl_shard *shard = choose(http, &error);
    if (shard == NULL) return error;
    if (curl_multi_add_handle(shard->multi, transfer->easy) != CURLM_OK) return GLIMPSE_ERR_OOM;
    transfer->state = GL_TRANSFER_RUNNING;
    transfer->shard = shard;
    gl_list_push_back(&shard->running, &transfer->node);
    shard->transfers++;
    shard->fresh++;
    shard->touched = true;
    shard->kick = true; /* libcurl says so too, but for some releases (8.10.0 to 8.11.0) */
    gl_shard_update(shard);
    gl_shard_mark_dirty(shard);
    return GLIMPSE_OK;
}

void gl_shard_remove(gl_transfer *transfer)
{
    gl_shard *shard = transfer->shard;
    gl_node_remove(&transfer->node);
    gl_node_remove(&transfer->aside);
    curl_multi_remove_handle(shard->multi, transfer->easy);
    if (transfer->held) shard->closed = false;
    transfer->shard = NULL;
    shard->transfers--;
    gl_shard_update(shard);
}

/* --- draining --- */

static void finish(gl_transfer *transfer)
{
    gl_http *http = transfer->http;
    gl_shard_remove(transfer);
    transfer->state = GL_TRANSFER_FINISHED;
    gl_list_push_back(&http->finished, &transfer->node);
}

/* Each start over closes one stale connection, and a new one is not stale, so it comes to an
 * end. */
static void start_over(gl_transfer *transfer)
{
    gl_shard_remove(transfer);
    transfer->again = false;
    transfer->code = CURLE_OK;
    if (transfer->reason != NULL) transfer->reason[0] = '\0';
    transfer->error = gl_shard_add(transfer->http, transfer);
    if (transfer->error == GLIMPSE_OK) return;
    transfer->state = GL_TRANSFER_FINISHED;
    gl_list_push_back(&transfer->http->finished, &transfer->node);
}

static void read_messages(gl_shard *shard)
{
    gl_shard_take_messages(shard);
    gl_node *node;
    while ((node = gl_list_first(&shard->ended)) != NULL) {
        gl_transfer *transfer = GL_CONTAINER(node, gl_transfer, node);
        if (transfer->again && transfer->error == GLIMPSE_OK)
            start_over(transfer);
        else
            finish(transfer);
    }
}

/* Ends transfers whose socket the loop could not watch (see unwatchable in http_socket.c), or whose
 * connection was cut. */
static void end_unwatched(gl_shard *shard)
{
    for (gl_node *node = shard->running.head.next, *next; node != &shard->running.head;
         node = next) {
        next = node->next;
        gl_transfer *transfer = GL_CONTAINER(node, gl_transfer, node);
        if (shard->broken) transfer->error = GLIMPSE_ERR_OOM;
        if (shard->flooded) gl_shard_blame_flood(transfer);
        if (transfer->error != GLIMPSE_OK) finish(transfer);
    }
    /* The next connection has sent nothing yet. */
    if (shard->flooded) shard->barren = 0;
    shard->unwatched = shard->broken = shard->flooded = false;
}

void gl_shard_drain(gl_shard *shard)
{
    if (shard->kick) {
        shard->kick = false;
        gl_shard_act(shard, CURL_SOCKET_TIMEOUT, 0);
    }
    shard->fresh = 0;
    gl_shard_update(shard);
    read_messages(shard);
    if (shard->unwatched || shard->flooded) end_unwatched(shard);
}

/* --- all of them --- */

void gl_shards_reap(gl_http *http)
{
    for (size_t i = 0; i < http->shards.count; i++) {
        gl_shard *shard = http->shards.at[i];
        if (shard == NULL) continue;
        if (shard->transfers == 0 && !shard->touched)
            shard_free(shard);
        else
            shard->touched = false;
    }
    set_reaper(http);
}

void gl_shards_plain(gl_http *http)
{
    http->endpoint.multiplex = false;
    for (size_t i = 0; i < http->shards.count; i++) {
        gl_shard *shard = http->shards.at[i];
        if (shard == NULL) continue;
        set_limits(shard);
        gl_shard_update(shard);
    }
}

void gl_shards_free(gl_http *http)
{
    for (size_t i = 0; i < http->shards.count; i++)
        if (http->shards.at[i] != NULL) shard_free(http->shards.at[i]);
    gl_free(http->shards.at);
    gl_free(http->shards.bits);
    http->shards = (gl_shards){ 0 };
}
