/*
 * http_memory.c - how much of answers is held at once, all transfers together.
 *
 * Beyond the bound a transfer is paused: libcurl stops reading its socket, the kernel's window
 * closes, and the server waits. Paused ones go on, the longest waiting first, when another has
 * ended. One that has begun is never paused, so that something always ends. Called by
 * http_transfer.c inside libcurl, which only notes, and by the drain, which resumes.
 */
#include "openai/http_internal.h"

/* Transfers that hold something and go on, but for this one. */
static size_t others(const gl_transfer *transfer)
{
    return transfer->http->memory.growing - (transfer->holds != 0 && !transfer->paused);
}

bool gl_memory_take(gl_transfer *transfer, size_t len)
{
    struct gl_memory *memory = &transfer->http->memory;
    bool full = memory->held > memory->most || len > memory->most - memory->held;
    /* The streams of an HTTP/2 connection stand still with the one that is paused. */
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
    transfer->paused = false;
    if (gl_memory_has_room(transfer->http) && !transfer->http->draining)
        gl_defer_this_turn(transfer->http->drain);
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
        /* It hands out what it kept back, and may be paused again by that. */
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
        if (transfer->error != GLIMPSE_OK) shard->unwatched = true; /* it may not say so itself */
        gl_shard_mark_dirty(shard);
    }
    /* Those not asked are before those that were paused again. */
    gl_list_splice_back(&now, &memory->waiting);
    gl_list_splice_back(&memory->waiting, &now);
}
