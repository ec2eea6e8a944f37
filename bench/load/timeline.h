/*
 * timeline.h - a run second by second, in bounded memory: when the rows are full, two become one,
 * and a row spans twice the time.
 */
#ifndef LOAD_TIMELINE_H
#define LOAD_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "load/outcome.h"

#define LOAD_ROWS 600
/* Eight steps an octave, 1 us to 71 minutes: a row's quantiles are right within 6.3 %. */
#define LOAD_ROW_SLOTS 256

typedef struct load_row {
    uint64_t sent, done, errors, hits; /* of what was meant to be sent in it: issued, ended, ... */
    uint64_t came, failed;             /* answers and failures that came in it */
    uint64_t in_flight;                /* the most there were */
    uint64_t tokens;                   /* of output that came in it: a stream's by its arrivals */
    gl_time waited;                    /* of all requests together, before they first went out */
    uint64_t rss_bytes;                /* at its end; 0: not looked at */
    uint32_t slots[LOAD_ROW_SLOTS];    /* latencies of what was meant to be sent in it */
    uint32_t first[LOAD_ROW_SLOTS];    /* and to its first token */
} load_row;

typedef struct load_timeline {
    gl_time start, width; /* of a row, ns */
    size_t count;         /* rows up to the last that has something */
    load_row rows[LOAD_ROWS];
} load_timeline;

void load_timeline_init(load_timeline *timeline, gl_time start);

/* The row of a time; what was before the start is in the first. */
load_row *load_timeline_at(load_timeline *timeline, gl_time at);

/* So many are in flight now: asked at times that do not depend on what happens, so that a row in
 * which nothing does has its number too. */
void load_row_look(load_row *row, uint64_t in_flight);

/* A request has ended: counted in the row in which it was meant to be sent, and in that in which it
 * came. */
void load_timeline_ended(load_timeline *timeline, const load_outcome *outcome);

/* Of the latency, and to the first token, us; 0: nothing is known of it. */
uint64_t load_row_quantile(const load_row *row, double q);
uint64_t load_row_first_quantile(const load_row *row, double q);

#endif
