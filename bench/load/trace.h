/*
 * trace.h - an open loop's schedule from a recorded list of times.
 *
 * One time a line, in seconds with as many as nine decimals: of any origin, the first one is the
 * start. Text behind a blank, a comma or a semicolon is ignored; so are empty lines and lines that
 * begin with #. Times that are out of order are put in order, and counted in `backward`. Pure.
 *
 * Two forms say lengths in tokens as well, and are known by their first line:
 *
 *   {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, ...]}
 *       a line, as in Mooncake's traces: milliseconds; hash_ids may be left out
 *   Timestamp,Model,Request tokens,Response tokens,...
 *       columns, as in BurstGPT's: seconds. A row of 0 response tokens is a call that failed, and
 *       is left out and counted in `dropped`
 */
#ifndef LOAD_TRACE_H
#define LOAD_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/time.h"

typedef struct load_trace_row {
    gl_time at;             /* since the first, ascending */
    uint32_t input, output; /* tokens; 0: none */
    size_t hash_at, hash_count;
    const uint64_t *hashes; /* of the blocks of its input */
} load_trace_row;

typedef struct load_trace {
    load_trace_row *rows;
    uint64_t *hashes; /* of all rows */
    size_t count, next, room, hash_count, hash_room;
    size_t dropped;
    size_t backward, backward_line; /* rows before the one above them; the first such line */
    size_t line;                    /* that was read last */
    bool lengths;                   /* the rows have lengths */
} load_trace;

/* false: problem names the fault and its line, or that memory ran out. Free it in either case. */
bool load_trace_read(load_trace *trace, gl_slice text, char *problem, size_t problem_size);
void load_trace_free(load_trace *trace);

/* The next time in nanoseconds since the start; GL_TIME_NEVER after the last. */
gl_time load_trace_next(load_trace *trace);

/* Returns the lengths of the index-th in order; NULL: the trace has none. */
const load_trace_row *load_trace_row_of(const load_trace *trace, size_t index);

/* From the first time to the last. */
gl_time load_trace_length(const load_trace *trace);

#endif
