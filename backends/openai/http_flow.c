/*
 * http_flow.c - transfers whose reader takes no more for now: libcurl stops reading their sockets,
 * the kernel's window closes, and the server waits.
 *
 * A transfer is paused by its next bytes, which body_came refuses, and not by curl_easy_pause:
 * libcurl 8.14 calls a transfer blocked only where a write callback blocked it, and runs any other
 * that has more to read again and again, with a timer of 0 ms.
 *
 * Over HTTP/2 this stops a whole connection: what comes for the paused stream has to be read before
 * what comes for the others (libcurl 7.88.1 has granted each stream 32 MB). So a stream is paused
 * only while it is alone on its connection, and its connection takes no other meanwhile.
 */
#include "openai/http_internal.h"

static bool is_alone(const gl_transfer *transfer)
{
    return !transfer->http->endpoint.multiplex || transfer->shard->transfers == 1;
}

static void close_shard(gl_transfer *transfer, bool closed)
{
    if (!transfer->http->endpoint.multiplex) return;
    transfer->shard->closed = closed;
    gl_shard_update(transfer->shard);
}

bool gl_http_pause(gl_transfer *transfer)
{
    if (transfer->held) {
        gl_node_remove(&transfer->memory); /* it was to go on */
        return true;
    }
    if (transfer->state != GL_TRANSFER_RUNNING || !transfer->began || transfer->satisfied ||
        !is_alone(transfer))
        return false;
    transfer->held = true;
    gl_memory_stop(transfer);
    close_shard(transfer, true);
    return true;
}

void gl_http_go_on(gl_transfer *transfer)
{
    gl_http *http = transfer->http;
    if (!transfer->held || gl_node_linked(&transfer->memory)) return;
    gl_list_push_back(&http->going, &transfer->memory);
    if (!http->draining) gl_defer_this_turn(http->drain);
}

void gl_flow_go(gl_http *http)
{
    gl_node *node;
    while ((node = gl_list_pop_front(&http->going)) != NULL) {
        gl_transfer *transfer = GL_CONTAINER(node, gl_transfer, memory);
        gl_shard *shard = transfer->shard;
        if (transfer->state != GL_TRANSFER_RUNNING) continue;
        transfer->held = false;
        gl_memory_go(transfer);
        close_shard(transfer, false);
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT); /* hands out the bytes it kept back */
        if (transfer->error != GLIMPSE_OK) shard->unwatched = true; /* it may not say so itself */
        shard->kick = true;
        gl_shard_mark_dirty(shard);
    }
}
