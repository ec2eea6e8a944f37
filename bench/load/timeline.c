/* timeline.c - see timeline.h. */
#include "load/timeline.h"

#include <string.h>

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
    for (size_t i = 0; i < LOAD_ROW_SLOTS; i++) to->slots[i] += from->slots[i];
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

void load_row_add_latency(load_row *row, uint64_t us)
{
    row->slots[slot_of(us)]++;
}

static uint64_t middle_of(size_t slot)
{
    const size_t steps = (size_t)1 << STEP_BITS;
    if (slot < 2 * steps) return slot;
    int shift = (int)(slot / steps) - 1;
    return ((uint64_t)(slot % steps + steps) << shift) + ((UINT64_C(1) << shift) >> 1);
}

uint64_t load_row_quantile(const load_row *row, double q)
{
    uint64_t all = 0, seen = 0;
    for (size_t i = 0; i < LOAD_ROW_SLOTS; i++) all += row->slots[i];
    if (all == 0) return 0;
    double want = q * (double)all;
    for (size_t i = 0; i < LOAD_ROW_SLOTS; i++) {
        seen += row->slots[i];
        if ((double)seen >= want && seen > 0) return middle_of(i);
    }
    return middle_of(LOAD_ROW_SLOTS - 1);
}
