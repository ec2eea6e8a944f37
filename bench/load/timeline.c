/* timeline.c - see timeline.h. */
#include "load/timeline.h"

#include <string.h>

#include "base/count.h"

#define STEP_BITS 3
#define TOP_US    UINT64_C(0xffffffff)

void load_timeline_init(load_timeline *timeline, gl_time start)
{
    memset(timeline, 0, sizeof *timeline);
    timeline->start = start;
    timeline->width = GL_SECOND;
}

static void add_row(load_row *to, const load_row *from)
{
    to->sent += from->sent;
    to->done += from->done;
    to->errors += from->errors;
    to->hits += from->hits;
    to->came += from->came;
    to->failed += from->failed;
    if (from->in_flight > to->in_flight) to->in_flight = from->in_flight;
    if (from->rss_bytes != 0) to->rss_bytes = from->rss_bytes;
    to->tokens = gl_sum_add(to->tokens, (int64_t)from->tokens);
    to->waited += from->waited;
    for (size_t i = 0; i < LOAD_ROW_SLOTS; i++) to->slots[i] += from->slots[i];
    for (size_t i = 0; i < LOAD_ROW_SLOTS; i++) to->first[i] += from->first[i];
}

static void halve(load_timeline *timeline)
{
    for (size_t i = 0; i < LOAD_ROWS; i += 2) {
        load_row row = timeline->rows[i];
        add_row(&row, &timeline->rows[i + 1]);
        timeline->rows[i / 2] = row;
    }
    memset(&timeline->rows[LOAD_ROWS / 2], 0, LOAD_ROWS / 2 * sizeof(load_row));
    timeline->count = (timeline->count + 1) / 2;
    timeline->width *= 2;
}

load_row *load_timeline_at(load_timeline *timeline, gl_time at)
{
    uint64_t since = gl_time_since(at, timeline->start);
    while (since / timeline->width >= LOAD_ROWS) halve(timeline);
    size_t row = (size_t)(since / timeline->width);
    if (row >= timeline->count) timeline->count = row + 1;
    return &timeline->rows[row];
}

/* Values below 16 have a slot each, then eight an octave. */
static size_t slot_of(uint64_t us)
{
    if (us > TOP_US) us = TOP_US;
    int top = 63 - __builtin_clzll(us | 1), shift = top > STEP_BITS ? top - STEP_BITS : 0;
    return ((size_t)shift << STEP_BITS) + (size_t)(us >> shift);
}

void load_row_look(load_row *row, uint64_t in_flight)
{
    if (in_flight > row->in_flight) row->in_flight = in_flight;
}

/* Rounds up to the next whole microsecond, like all reported durations. */
static uint64_t us_of(gl_time ns)
{
    return (ns + GL_US - 1) / GL_US;
}

/* Tokens have no times of their own: those of a stream are spread over its arrivals. A server may
 * report any number. */
static void add_tokens(load_timeline *t, const load_outcome *o)
{
    size_t arrivals = o->arrival_count > 0 ? o->arrival_count : 1;
    if (o->completion_tokens <= 0) return;
    int64_t each = o->completion_tokens / (int64_t)arrivals;
    int64_t rest = o->completion_tokens % (int64_t)arrivals;
    for (size_t i = 0; i < arrivals; i++) {
        gl_time at = o->done;
        if (o->arrival_count > 0 && o->arrivals[i] >= 0)
            at = gl_time_min(at, o->started + (gl_time)o->arrivals[i]);
        load_row *row = load_timeline_at(t, at);
        row->tokens = gl_sum_add(row->tokens, each + ((int64_t)i < rest));
    }
}

/* Gives each row its part of the wait from the scheduled time to the sending. */
static void add_wait(load_timeline *t, const load_outcome *o)
{
    gl_time until = o->left, at = o->intended;
    if (load_outcome_source(o) == LOAD_SOURCE_UNSENT) until = o->done;
    if (until == GL_TIME_NEVER || until <= at) return;
    load_timeline_at(t, until); /* the last: no rows are joined behind it */
    while (at < until) {
        load_row *row = load_timeline_at(t, at);
        gl_time end = t->start + (gl_time)(row - t->rows + 1) * t->width;
        gl_time to = gl_time_min(until, end);
        row->waited += to - at;
        at = to;
    }
}

void load_timeline_ended(load_timeline *timeline, const load_outcome *outcome)
{
    const load_outcome *o = outcome;
    bool failed = load_outcome_failed(o);
    load_row *row = load_timeline_at(timeline, o->done); /* may join rows: one after the other */
    row->came += !failed;
    row->failed += failed;
    add_tokens(timeline, o);
    add_wait(timeline, o);
    row = load_timeline_at(timeline, o->intended);
    row->done++;
    row->errors += failed;
    row->hits += load_outcome_hit(o);
    row->slots[slot_of(us_of(gl_time_since(o->done, o->intended)))]++;
    if (o->first_token_ns >= 0)
        row->first[slot_of(
            us_of(gl_time_since(o->started, o->intended) + (gl_time)o->first_token_ns))]++;
}

static uint64_t middle_of(size_t slot)
{
    const size_t steps = (size_t)1 << STEP_BITS;
    if (slot < 2 * steps) return slot;
    int shift = (int)(slot / steps) - 1;
    return ((uint64_t)(slot % steps + steps) << shift) + ((UINT64_C(1) << shift) >> 1);
}

static uint64_t quantile(const uint32_t slots[LOAD_ROW_SLOTS], double q)
{
    uint64_t all = 0, seen = 0;
    for (size_t i = 0; i < LOAD_ROW_SLOTS; i++) all += slots[i];
    if (all == 0) return 0;
    double want = q * (double)all;
    for (size_t i = 0; i < LOAD_ROW_SLOTS; i++) {
        seen += slots[i];
        if ((double)seen >= want && seen > 0) return middle_of(i);
    }
    return middle_of(LOAD_ROW_SLOTS - 1);
}

uint64_t load_row_quantile(const load_row *row, double q)
{
    return quantile(row->slots, q);
}

uint64_t load_row_first_quantile(const load_row *row, double q)
{
    return quantile(row->first, q);
}
