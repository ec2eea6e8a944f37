/*
 * wheel.h - one coarse timer for many deadlines: a ring of slots, each a list. Pure: time is a
 * number of ticks, and the caller says when one has passed. Nothing here can fail.
 *
 * Moving a deadline back, which each request does, is one store: the entry stays in its slot, and
 * moves to the right one when its old slot comes. Never early; at most one tick late.
 */
#ifndef HTTPD_WHEEL_H
#define HTTPD_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define HTTPD_WHEEL_SLOTS 512 /* 128 s with ticks of 250 ms; a later deadline goes round again */

typedef struct httpd_timer {
    gl_node node;
    uint64_t due;  /* tick; 0 = never */
    uint64_t slot; /* tick of the slot that it stands in */
} httpd_timer;

typedef struct httpd_wheel {
    uint64_t now; /* tick */
    gl_list slot[HTTPD_WHEEL_SLOTS];
} httpd_wheel;

void httpd_wheel_init(httpd_wheel *wheel);
void httpd_timer_init(httpd_timer *timer);

/* Due so many ticks from now; the tick that has begun does not count. 0 takes it out. */
void httpd_wheel_set(httpd_wheel *wheel, httpd_timer *timer, uint64_t ticks);
void httpd_timer_stop(httpd_timer *timer);

/* Call when one tick has passed. Then call httpd_wheel_pop until it returns NULL. */
void httpd_wheel_turn(httpd_wheel *wheel);

/* Returns a due timer, taken out; NULL: none is left. Timers may be set or stopped between two
 * calls. */
httpd_timer *httpd_wheel_pop(httpd_wheel *wheel);

#endif
