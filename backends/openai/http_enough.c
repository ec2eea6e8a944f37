/*
 * http_enough.c - transfers whose answer is complete and that wait for the end of the body: ended
 * when the server takes too long.
 */
#include "openai/http_internal.h"

/* The time that a server has for the end of a body after all of the answer has come. With the end
 * the connection can be used again. It usually comes in the same packet or the next; a server that
 * holds it back costs no more than this. */
#define END_GRACE (50 * GL_MS)

static gl_transfer *first_enough(const gl_http *http)
{
    gl_node *node = gl_list_first(&http->enough);
    return node != NULL ? GL_CONTAINER(node, gl_transfer, aside) : NULL;
}

/* Transfers that end in time leave the list: the timer is set for the first of now, and may find
 * the list empty. */
void gl_enough_await(gl_http *http)
{
    const gl_transfer *first = first_enough(http);
    gl_timer_set(http->enough_timer, first != NULL ? first->enough_at + END_GRACE : GL_TIME_NEVER);
}

void gl_enough_passed(void *arg)
{
    gl_http *http = arg;
    gl_time now = gl_loop_now(http->loop);
    gl_transfer *first;
    while ((first = first_enough(http)) != NULL && first->enough_at + END_GRACE <= now) {
        gl_shard_remove(first);
        first->state = GL_TRANSFER_FINISHED;
        gl_list_push_back(&http->finished, &first->node);
        gl_defer_this_turn(http->drain);
    }
    gl_enough_await(http);
}
