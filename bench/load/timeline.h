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
    uint64_t sent, done, errors, hits; /* requests scheduled in it: issued, ended, ... */
    uint64_t came, failed;             /* answers and failures that came in it */
    uint64_t in_flight;                /* the largest number in flight */
    uint64_t tokens;                /* output tokens that came in it: a stream's by its arrivals */
    gl_time waited;                 /* by all requests together, before they were first sent */
    uint64_t rss_bytes;             /* at its end; 0: not measured */
    uint32_t slots[LOAD_ROW_SLOTS]; /* latencies of the requests scheduled in it */
    uint32_t first[LOAD_ROW_SLOTS]; /* their times to the first token */
} load_row;

typedef struct load_timeline {
    gl_time start, width; /* of a row, ns */
    size_t count;         /* rows up to the last one with an entry */
    load_row rows[LOAD_ROWS];
} load_timeline;

void load_timeline_init(load_timeline *timeline, gl_time start);

/* Returns the row of a time; earlier times are in the first row. */
load_row *load_timeline_at(load_timeline *timeline, gl_time at);

/* Records how many are in flight now: call it at times that do not depend on events, so that a row
 * without events has its number too. */
void load_row_look(load_row *row, uint64_t in_flight);

/* Counts an ended request in the row in which it was scheduled, and in the row in which it came. */
void load_timeline_ended(load_timeline *timeline, const load_outcome *outcome);

/* Returns a quantile of the latency, and of the time to the first token, us; 0: not known. */
uint64_t load_row_quantile(const load_row *row, double q);
uint64_t load_row_first_quantile(const load_row *row, double q);

#endif
