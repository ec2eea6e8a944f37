/*
 * activity.h - records when a byte came from the server, in cells of 10 ms and more, in bounded
 * memory: when they are full, two become one. A stall is a long time without any, though requests
 * were there. Pure.
 */
#ifndef LOAD_ACTIVITY_H
#define LOAD_ACTIVITY_H

#include "load/outcome.h"

#define LOAD_CELLS 4096

typedef struct load_activity {
    gl_time start, width; /* of a cell, ns */
    size_t count;         /* up to the last cell with an entry */
    struct {
        int32_t more;   /* last attempts that began in it, less those that ended */
        uint32_t signs; /* signs of life: pieces, answers, failures */
    } cell[LOAD_CELLS];
} load_activity;

void load_activity_init(load_activity *activity, gl_time start);
void load_activity_add(load_activity *activity, const load_outcome *outcome);

typedef struct load_stall {
    gl_time from, to; /* within a cell */
} load_stall;

/* Finds the times up to `until` without a sign for 0.3 s, for twice the usual time between two
 * signs of one request, and for ten times that of all requests at the server together, which chance
 * does not make. At most `most` are kept; returns how many there were. */
size_t load_activity_stalls(const load_activity *activity, gl_time usual, gl_time until,
                            load_stall *stall, size_t most);

#endif
