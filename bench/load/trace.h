/*
 * trace.h - when an open loop sends, replayed from a list of times that somebody recorded.
 *
 * One time a line, in seconds with as many as nine decimals: of any origin, the first one is the
 * start. What follows a time after a blank, a comma or a semicolon is not looked at; empty lines
 * and lines that begin with # are not either. Times that are out of order are put in order. Pure.
 */
#ifndef LOAD_TRACE_H
#define LOAD_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/time.h"

typedef struct load_trace {
    gl_time *at; /* since the first, ascending */
    size_t count, next;
} load_trace;

/* false: problem says what is wrong and in which line, or that memory ran out. Free it either way.
 */
bool load_trace_read(load_trace *trace, gl_slice text, char *problem, size_t problem_size);
void load_trace_free(load_trace *trace);

/* The next time in nanoseconds since the start; GL_TIME_NEVER after the last. */
gl_time load_trace_next(load_trace *trace);

/* From the first time to the last. */
gl_time load_trace_length(const load_trace *trace);

#endif
