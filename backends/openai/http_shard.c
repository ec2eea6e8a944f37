/*
 * http_shard.c - one multi handle: reports events of its sockets and the passing of time to
 * libcurl, keeps its bits for room and warm connections, and leaves the rest of the work to the
 * drain.
 */
#include "openai/http_internal.h"

static void put_bits(const gl_shard *shard, bool room, bool warm)
{
    struct gl_shard_bits *bits = &shard->http->shards.bits[shard->index / GL_SHARD_WORD];
    uint64_t mask = UINT64_C(1) << (shard->index % GL_SHARD_WORD);
    bits->room = room ? bits->room | mask : bits->room & ~mask;
    bits->warm = warm ? bits->warm | mask : bits->warm & ~mask;
}

size_t gl_shard_connections(const gl_shard *shard)
{
    return shard->index < GL_SHARDS_SMALL ? GL_SHARD_CONNECTIONS : GL_SHARD_CONNECTIONS_MOST;
}

static size_t shard_capacity(const gl_shard *shard)
{
    const gl_endpoint *endpoint = &shard->http->endpoint;
    /* HTTP/2: one connection a shard. On 7.88.1 the cost of a response grows with the streams of
     * its connection (69 polls at 100 streams), and only MAX_HOST_CONNECTIONS keeps libcurl < 8.0
     * from opening a connection for nearly every request (PR 10456). */
    return endpoint->multiplex ? endpoint->max_streams : gl_shard_connections(shard);
}

void gl_shard_update(gl_shard *shard)
{
    gl_http *http = shard->http;
    bool warm = http->endpoint.multiplex ? shard->sockets != 0 : shard->dormant > shard->fresh;
    put_bits(shard, shard->transfers < shard_capacity(shard), warm);
}

void gl_shard_forget(gl_shard *shard)
{
    put_bits(shard, false, false);
}

void gl_shard_mark_dirty(gl_shard *shard)
{
    if (!gl_node_linked(&shard->dirty)) gl_list_push_back(&shard->http->dirty, &shard->dirty);
    if (!shard->http->draining) gl_defer_this_turn(shard->http->drain);
}

void gl_shard_act(gl_shard *shard, curl_socket_t fd, int mask)
{
    int running;
    if (shard->fruitful) shard->barren = 0;
    shard->fruitful = false;
    CURLMcode code = curl_multi_socket_action(shard->multi, fd, mask, &running);
    /* A transfer whose socket libcurl had no memory for gets no more events, and libcurl does not
     * say which one it is: so all transfers of this shard end. A forgotten socket does no harm. */
    if (code == CURLM_OUT_OF_MEMORY || code == CURLM_INTERNAL_ERROR)
        shard->unwatched = shard->broken = true;
}
