/*
 * heat.h - latency over time as counts: how many requests, scheduled in this time, took this long.
 * Made of a run's blocks. Pure.
 */
#ifndef LOAD_HEAT_H
#define LOAD_HEAT_H

#include "load/blocks.h"

#define LOAD_HEAT_COLUMNS 64
#define LOAD_HEAT_BUCKETS 34

typedef struct load_heat {
    size_t columns, buckets;                 /* 0: nothing was measured */
    double from_s, column_s;                 /* since the run's start */
    uint64_t edge_us[LOAD_HEAT_BUCKETS + 1]; /* bucket i reaches from edge i to edge i + 1 */
    uint64_t count[LOAD_HEAT_COLUMNS][LOAD_HEAT_BUCKETS];
    uint64_t most; /* the largest count of a cell */
} load_heat;

void load_heat_of(const load_blocks *blocks, gl_time start, load_heat *heat);

/* ,"heat":{"from_s":..,"column_s":..,"edges_us":[..],"counts":[[..],..]}: a list a column. */
void load_heat_json(const load_heat *heat, gl_buf *out);

#endif
