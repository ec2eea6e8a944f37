/*
 * turn.c - the functions that the loop calls: the timer, and the turn, which admits what the limit
 * allows and delivers the results. The order of many requests in one turn is here; the steps of one
 * request are in steps.c.
 */
#include "engine/turn.h"

#include "engine/admission.h"
#include "engine/deliver.h"
#include "engine/engine.h"
#include "engine/pack_answer.h"
#include "engine/steps.h"

/* Results delivered in one turn, before sockets are looked at again: enough to spread the cost of a
 * poll (about 1 us) over many, few enough that 64 of them take well under a millisecond even when
 * each callback writes a record of some kilobytes. */
#define DELIVER_PER_TURN 64

/* Attempts started, and timers fired, in one turn, for the same reason. The limit of attempts in
 * flight is no bound here: a sampler that ends inside start frees its place at once. */
#define START_PER_TURN  256
#define EXPIRE_PER_TURN 256

void gl_turn_unpack(glimpse_engine *engine, gl_time now)
{
    gl_node *node;
    while ((node = gl_list_first(&engine->packing.ended)) != NULL)
        gl_pack_answer_take(GL_CONTAINER(node, gl_request, node), now);
}

/* --- the turn: admit (4) and deliver (8) --- */

/* Starts or refuses the requests that may go, *most at most, and subtracts their number from
 * *most. To start one takes 0.1 ms, for which the next waits: each has its own reading of the
 * clock. */
static void admit(glimpse_engine *engine, gl_time now, int *most)
{
    gl_gate *gate;
    gl_time when = GL_TIME_NEVER;
    gl_request *request;
    gl_node *node;
    for (; *most > 0 && (node = gl_list_first(&engine->in.fallback)) != NULL; --*most)
        gl_steps_start(GL_CONTAINER(node, gl_request, node), NULL, now);
    for (; *most > 0 && (request = gl_admission_next(engine, &gate, now, &when)) != NULL; --*most)
        gl_steps_start(request, gate, gl_clockwork_now(&engine->clock));
    for (; *most > 0 && (request = gl_admission_refused(engine, now)) != NULL; --*most)
        gl_steps_refuse(request, now);
    if (engine->queue.waiting == 0) when = GL_TIME_NEVER;
    gl_heap_set(&engine->clock.heap, &engine->admit_timer, when);
}

void gl_turn(void *arg)
{
    glimpse_engine *engine = arg;
    gl_clockwork_enter(&engine->clock);
    engine->clock.yield = true;
    int most = START_PER_TURN;
    gl_time now = gl_clockwork_now(&engine->clock);
    gl_turn_unpack(engine, now);
    admit(engine, now, &most);
    gl_deliver_text(engine);
    gl_steps_drop_laggards(engine, now);
    gl_deliver(engine, DELIVER_PER_TURN);
    /* Requests that the callbacks submitted go out in the same turn. */
    admit(engine, gl_clockwork_now(&engine->clock), &most);
    if (!gl_list_empty(&engine->in.done) || most == 0) gl_clockwork_schedule(&engine->clock);
    if (engine->closing.on && engine->requests.count == 0)
        gl_heap_remove(&engine->clock.heap, &engine->closing.timer);
    gl_clockwork_arm(&engine->clock);
    if (engine->closing.on && !engine->closing.reported && engine->requests.count == 0) {
        engine->closing.reported = true;
        if (engine->closing.fn != NULL) engine->closing.fn(engine->closing.arg);
    }
    engine->clock.yield = false;
    gl_clockwork_leave(&engine->clock);
}

/* --- time --- */

void gl_turn_timer(void *arg)
{
    glimpse_engine *engine = arg;
    gl_clockwork_enter(&engine->clock);
    engine->clock.timer_at = GL_TIME_NEVER;
    gl_time now = gl_clockwork_now(&engine->clock);
    gl_turn_unpack(engine, now); /* before deadlines: an answer that came is in time */
    gl_heap_entry *entry;
    for (int n = 0; n < EXPIRE_PER_TURN && !engine->clock.free_wanted; n++) {
        entry = gl_heap_top(&engine->clock.heap);
        if (entry == NULL || entry->when > now) break;
        if (entry == &engine->closing.timer) {
            gl_heap_remove(&engine->clock.heap, entry);
            gl_steps_cancel_all(engine, true, now);
        } else if (entry == &engine->admit_timer) {
            gl_heap_remove(&engine->clock.heap, entry);
            gl_clockwork_schedule(&engine->clock);
        } else if (entry == &engine->packing.timer) {
            while (gl_packing_expired(engine, now)) gl_steps_send_packed(engine, now);
        } else {
            gl_steps_expired(GL_CONTAINER(entry, gl_request, timer), now);
        }
    }
    gl_clockwork_arm(&engine->clock);
    gl_clockwork_leave(&engine->clock);
}
