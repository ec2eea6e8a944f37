/* wheel.c - see wheel.h. */
#include "http/wheel.h"

void httpd_wheel_init(httpd_wheel *wheel)
{
    wheel->now = 0;
    for (size_t i = 0; i < HTTPD_WHEEL_SLOTS; i++) gl_list_init(&wheel->slot[i]);
}

void httpd_timer_init(httpd_timer *timer)
{
    gl_node_init(&timer->node);
    timer->due = timer->slot = 0;
}

/* Into the slot of its time, or into the farthest one. */
static void place(httpd_wheel *wheel, httpd_timer *timer)
{
    uint64_t farthest = wheel->now + HTTPD_WHEEL_SLOTS - 1;
    timer->slot = timer->due < farthest ? timer->due : farthest;
    gl_list_push_back(&wheel->slot[timer->slot % HTTPD_WHEEL_SLOTS], &timer->node);
}

void httpd_wheel_set(httpd_wheel *wheel, httpd_timer *timer, uint64_t ticks)
{
    if (ticks == 0) {
        httpd_timer_stop(timer);
        return;
    }
    timer->due = wheel->now + ticks + 1;
    if (gl_node_linked(&timer->node) && timer->slot <= timer->due) return; /* looked at in time */
    gl_node_remove(&timer->node);
    place(wheel, timer);
}

void httpd_timer_stop(httpd_timer *timer)
{
    gl_node_remove(&timer->node);
    timer->due = 0;
}

void httpd_wheel_turn(httpd_wheel *wheel)
{
    wheel->now++;
}

httpd_timer *httpd_wheel_pop(httpd_wheel *wheel)
{
    gl_node *node;
    while ((node = gl_list_pop_front(&wheel->slot[wheel->now % HTTPD_WHEEL_SLOTS])) != NULL) {
        httpd_timer *timer = GL_CONTAINER(node, httpd_timer, node);
        if (timer->due <= wheel->now) return timer;
        place(wheel, timer);
    }
    return NULL;
}
