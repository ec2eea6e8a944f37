/*
 * http_shard.c - one multi handle: reports events of its sockets and the passing of time to
 * libcurl, keeps its bits for room and warm connections, and leaves the rest of the work to the
 * drain.
 */
#include <string.h>

#include "base/alloc.h"
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
    put_bits(shard, !shard->closed && shard->transfers < shard_capacity(shard), warm);
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

void gl_shard_blame_flood(gl_transfer *transfer)
{
    transfer->error = GLIMPSE_ERR_PROTOCOL;
    transfer->why = "the server sent HTTP/2 frames without end that carry nothing";
}

/* One that is sent fails at an event of its own socket, so that libcurl's words in this call are
 * about it; one that is not yet sent has words of its own. Without memory it has none. */
static void take_words(gl_transfer *transfer)
{
    char *words = transfer->http->late;
    if (!transfer->late || transfer->code == CURLE_OK || words[0] == '\0') return;
    transfer->reason = gl_malloc(CURL_ERROR_SIZE);
    if (transfer->reason != NULL) memcpy(transfer->reason, words, CURL_ERROR_SIZE);
    words[0] = '\0';
}

void gl_shard_take_messages(gl_shard *shard)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(shard->multi, &left)) != NULL) {
        gl_transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer->code = message->data.result;
        shard->fruitful = true;
        take_words(transfer);
        if (shard->flooded && transfer->code != CURLE_OK) gl_shard_blame_flood(transfer);
        gl_node_remove(&transfer->node);
        gl_list_push_back(&shard->ended, &transfer->node);
    }
}

void gl_shard_act(gl_shard *shard, curl_socket_t fd, int mask)
{
    int running;
    if (shard->fruitful) shard->barren = 0;
    shard->fruitful = false;
    shard->http->late[0] = '\0';
    CURLMcode code = curl_multi_socket_action(shard->multi, fd, mask, &running);
    /* At once, because of the words. */
    if (!shard->http->endpoint.multiplex) gl_shard_take_messages(shard);
    /* A transfer whose socket libcurl had no memory for gets no more events, and libcurl does not
     * say which one it is: so all transfers of this shard end. A forgotten socket does no harm. */
    if (code == CURLM_OUT_OF_MEMORY || code == CURLM_INTERNAL_ERROR)
        shard->unwatched = shard->broken = true;
}
