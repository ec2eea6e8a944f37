/* crowd.c - see crowd.h. */
#include "crowd.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define TICK_US 1000

static void ask_next(crowd *c, caller *one);

crowd_note *crowd_note_of(crowd *c, uint64_t text)
{
    if (text < c->plan->first || text - c->plan->first >= c->note_count) return NULL;
    return &c->notes[text - c->plan->first];
}

static void add_note(crowd *c)
{
    crowd_note *notes =
        gl_array_room(c->notes, &c->note_capacity, c->note_count + 1, 1024, sizeof *notes);
    if (notes == NULL) abort();
    c->notes = notes;
    c->notes[c->note_count++] = (crowd_note){ 0 };
}

/* --- a question ends -------------------------------------------------------------------------- */

static bool may_ask(const crowd *c)
{
    return !c->stopped && (c->plan->requests == 0 || c->counts.asked < c->plan->requests);
}

static void look_for_end(crowd *c)
{
    if (c->busy != 0 || may_ask(c) || c->done == NULL) return;
    void (*done)(void *arg) = c->done;
    c->done = NULL;
    event_del(&c->tick);
    event_del(&c->over);
    done(c->arg);
}

static bool holds_secret(const crowd *c, const reply *r)
{
    return c->plan->secret != NULL && (reply_count(r->head, c->plan->secret) != 0 ||
                                       reply_count(r->body, c->plan->secret) != 0);
}

/* The first few, so that a run that fails says why. */
static void show(const crowd *c, const caller *one, const char *what)
{
    if (c->counts.ended[CALLER_WRONG] + c->counts.ended[CALLER_LOST] +
            c->counts.ended[CALLER_REFUSED] >
        5)
        return;
    fprintf(stderr, "question %llu%s: %s, status %d, %zu bytes of a body\n",
            (unsigned long long)one->asked.number, one->asked.stream ? ", a stream" : "", what,
            one->reply.status, evbuffer_get_length(one->reply.body));
}

static void ended(caller *one, caller_end end, void *arg)
{
    static const char *const names[] = { "answered", "refused", "cut", "wrong", "lost", "left" };
    crowd *c = arg;
    crowd_note *note = crowd_note_of(c, one->asked.text);
    c->busy--;
    c->counts.ended[end]++;
    if (end != CALLER_LEFT && one->reply.status != 0) c->counts.statuses[one->reply.status]++;
    if (holds_secret(c, &one->reply)) c->counts.secrets++;
    if (end == CALLER_LEFT) note->left_ms = gl_clock_unix_ms();
    if (end == CALLER_ANSWERED) {
        note->answered++;
        gl_histogram_add(c->took, gl_time_since(gl_clock_now(), one->began) / GL_US);
    } else if (end != CALLER_LEFT && end != CALLER_CUT) {
        show(c, one, names[end]);
    }
    if (c->plan->rate == 0 && may_ask(c))
        ask_next(c, one);
    else
        gl_list_push_back(&c->waiting, &one->node);
    look_for_end(c);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void ask_next(crowd *c, caller *one)
{
    question q;
    question_draw(c->plan, c->plan->first + c->counts.asked++, &q);
    add_note(c);
    c->busy++;
    caller_ask(one, &q);
}

static caller *add_caller(crowd *c)
{
    caller **callers = gl_array_room(c->callers, &c->capacity, c->count + 1, 64, sizeof *callers);
    if (callers == NULL) abort();
    c->callers = callers;
    return c->callers[c->count++] = caller_new(&c->rules);
}

static caller *next_caller(crowd *c)
{
    gl_node *node = gl_list_pop_front(&c->waiting);
    if (node != NULL) return GL_CONTAINER(node, caller, node);
    return c->count < c->plan->callers ? add_caller(c) : NULL;
}

static void arm(crowd *c)
{
    const struct timeval in = { 0, TICK_US };
    evtimer_add(&c->tick, &in);
}

/* Those that are due by the clock; a late tick catches up. */
static void tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    crowd *c = arg;
    caller *one;
    uint64_t due = gl_time_since(gl_clock_now(), c->start) * c->plan->rate / GL_SECOND;
    while (may_ask(c) && c->counts.asked < due && (one = next_caller(c)) != NULL) ask_next(c, one);
    if (may_ask(c)) arm(c);
    look_for_end(c);
}

static void begin(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    crowd *c = arg;
    c->start = gl_clock_now();
    evtimer_assign(&c->tick, c->rules.base, tick, c);
    if (c->plan->rate != 0)
        arm(c);
    else
        for (uint64_t i = 0; i < c->plan->callers && may_ask(c); i++) ask_next(c, add_caller(c));
}

static void time_is_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    crowd *c = arg;
    c->stopped = true;
    look_for_end(c);
}

/* --- life ------------------------------------------------------------------------------------- */

void crowd_open(crowd *c, struct event_base *base, const plan *p, void (*done)(void *), void *arg)
{
    const struct timeval at_once = { 0, 0 }, until = { (time_t)p->seconds, 0 };
    *c = (crowd){ .plan = p, .done = done, .arg = arg, .took = gl_histogram_new() };
    c->rules = (caller_rules){ .base = base, .plan = p, .ended = ended, .arg = c };
    if (c->took == NULL) abort();
    gl_list_init(&c->waiting);
    evtimer_assign(&c->tick, base, begin, c);
    evtimer_assign(&c->over, base, time_is_over, c);
    evtimer_add(&c->tick, &at_once);
    if (p->seconds != 0) evtimer_add(&c->over, &until);
}

void crowd_sum(crowd *c)
{
    for (size_t i = 0; i < c->count; i++) {
        c->counts.connections += c->callers[i]->connections;
        c->counts.reused += c->callers[i]->reused;
    }
}

void crowd_close(crowd *c)
{
    for (size_t i = 0; i < c->count; i++) caller_free(c->callers[i]);
    free(c->callers);
    free(c->notes);
    gl_histogram_free(c->took);
}
