/*
 * http_memory.c - bounds the bytes of answers that all transfers hold at once.
 *
 * Beyond the bound a transfer is paused: libcurl stops reading its socket, the kernel's window
 * closes, and the server waits. When another transfer has ended, paused ones go on, the one that
 * waits longest first. A transfer that has begun is never paused, so that one can always end.
 */
#include "openai/http_internal.h"

/* Counts the other transfers that hold bytes and go on. */
static size_t others(const gl_transfer *transfer)
{
    return transfer->http->memory.growing - (transfer->holds != 0 && !transfer->paused);
}

bool gl_memory_take(gl_transfer *transfer, size_t len)
{
    struct gl_memory *memory = &transfer->http->memory;
    bool full = memory->held > memory->most || len > memory->most - memory->held;
    /* A paused stream of an HTTP/2 connection would stop the others. */
    if (full && others(transfer) != 0 && !transfer->http->endpoint.multiplex) {
        if (transfer->holds != 0 && !transfer->paused) memory->growing--;
        transfer->paused = true;
        gl_list_push_back(&memory->waiting, &transfer->memory);
        return false;
    }
    if (transfer->holds == 0 || transfer->paused) memory->growing++;
    transfer->paused = false;
    transfer->holds += len;
    memory->held += len;
    return true;
}

void gl_memory_leave(gl_transfer *transfer)
{
    struct gl_memory *memory = &transfer->http->memory;
    if (transfer->holds != 0 && !transfer->paused) memory->growing--;
    gl_node_remove(&transfer->memory);
    memory->held -= transfer->holds;
    transfer->holds = 0;
    transfer->paused = transfer->held = false;
    if (gl_memory_has_room(transfer->http) && !transfer->http->draining)
        gl_defer_this_turn(transfer->http->drain);
}

void gl_memory_stop(gl_transfer *transfer)
{
    struct gl_memory *memory = &transfer->http->memory;
    gl_node_remove(&transfer->memory);
    if (transfer->holds != 0 && !transfer->paused) memory->growing--;
    transfer->paused = true;
    if (gl_memory_has_room(transfer->http) && !transfer->http->draining)
        gl_defer_this_turn(transfer->http->drain);
}

void gl_memory_go(gl_transfer *transfer)
{
    if (transfer->holds != 0 && transfer->paused) transfer->http->memory.growing++;
    transfer->paused = false;
}

bool gl_memory_has_room(const gl_http *http)
{
    const struct gl_memory *memory = &http->memory;
    return !gl_list_empty(&memory->waiting) &&
           (memory->held < memory->most || memory->growing == 0);
}

void gl_memory_resume(gl_http *http)
{
    struct gl_memory *memory = &http->memory;
    gl_list now;
    gl_node *node;
    gl_list_init(&now);
    gl_list_splice_back(&now, &memory->waiting);
    while ((memory->held < memory->most || memory->growing == 0) &&
           (node = gl_list_pop_front(&now)) != NULL) {
        gl_transfer *transfer = GL_CONTAINER(node, gl_transfer, memory);
        gl_shard *shard = transfer->shard;
        /* libcurl hands out the bytes it kept back, which may pause it again. */
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
        if (transfer->error != GLIMPSE_OK) shard->unwatched = true; /* it may not say so itself */
        gl_shard_mark_dirty(shard);
    }
    /* Transfers that were not resumed come before those that were paused again. */
    gl_list_splice_back(&now, &memory->waiting);
    gl_list_splice_back(&memory->waiting, &now);
}
