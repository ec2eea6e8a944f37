/*
 * crowd.h - many callers of one gateway: each asks again when its question has ended (a closed
 * loop), or questions come at a rate and the caller that waited the longest asks the next one.
 * Counts how each question ended, by its number.
 */
#ifndef CALLERS_CROWD_H
#define CALLERS_CROWD_H

#include "base/histogram.h"
#include "caller.h"

/* All that is known of one text. */
typedef struct crowd_note {
    int64_t left_ms;    /* unix time; 0: nobody left who asked it */
    uint32_t answered;  /* answers that callers got */
    uint32_t attempts;  /* that the mock saw without a fault */
    bool left_measured; /* upstream.c: the end that the mock saw was compared with left_ms */
} crowd_note;

typedef struct crowd_counts {
    uint64_t asked, ended[CALLER_LEFT + 1], statuses[600];
    uint64_t secrets;             /* answers that hold plan.secret */
    uint64_t connections, reused; /* opened; questions on one that was open already */
} crowd_counts;

typedef struct crowd {
    const plan *plan;
    caller_rules rules;
    caller **callers;
    size_t count, capacity;
    gl_list waiting; /* those without a question */
    struct event tick, over;
    gl_time start;
    uint64_t busy;
    bool stopped; /* asks no more */
    crowd_counts counts;
    crowd_note *notes;
    size_t note_count, note_capacity;
    gl_histogram *took; /* of answers, us */
    void (*done)(void *arg);
    void *arg;
} crowd;

/* Starts when the loop runs; `done` is called once, when every question has ended. */
void crowd_open(crowd *c, struct event_base *base, const plan *p, void (*done)(void *), void *arg);
void crowd_close(crowd *c);

/* Returns the note of a text; NULL: nobody asked it. */
crowd_note *crowd_note_of(crowd *c, uint64_t text);

/* The counts of all callers together. */
void crowd_sum(crowd *c);

#endif
