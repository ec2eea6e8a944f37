/* trace.c - see trace.h. Called by whoever plans a run; the driver takes the times. */
#include "load/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "load/lines.h"

/* Seconds since 1970 have ten digits and will for another 260 years. */
#define SECONDS_MAX UINT64_C(9999999999)

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digit by digit: a double would lose the microseconds of a time since 1970. */
static bool read_time(gl_slice line, gl_time *out)
{
    const char *at = line.data, *end = line.data + line.len;
    uint64_t seconds = 0, fraction = 0, unit = GL_SECOND;
    if (at == end || !digit(*at)) return false;
    for (; at < end && digit(*at); at++) {
        seconds = seconds * 10 + (uint64_t)(*at - '0');
        if (seconds > SECONDS_MAX) return false;
    }
    if (at < end && *at == '.')
        for (at++; at < end && digit(*at); at++) {
            unit /= 10; /* 0 from the tenth decimal on, which then counts nothing */
            fraction += unit * (uint64_t)(*at - '0');
        }
    if (at < end && strchr(" \t,;\r", *at) == NULL) return false;
    *out = seconds * GL_SECOND + fraction;
    return true;
}

static int by_time(const void *a, const void *b)
{
    gl_time first = *(const gl_time *)a, second = *(const gl_time *)b;
    return first < second ? -1 : first > second;
}

static bool add(load_trace *trace, size_t *room, gl_time at)
{
    if (trace->count == *room) {
        size_t more = *room == 0 ? 1024 : *room * 2;
        gl_time *grown = gl_realloc(trace->at, more * sizeof *grown);
        if (grown == NULL) return false;
        trace->at = grown;
        *room = more;
    }
    trace->at[trace->count++] = at;
    return true;
}

bool load_trace_read(load_trace *trace, gl_slice text, char *problem, size_t problem_size)
{
    size_t room = 0, number = 0;
    memset(trace, 0, sizeof *trace);
    while (text.len > 0) {
        gl_slice line = load_take_line(&text);
        number++;
        while (line.len > 0 && strchr(" \t\r", line.data[0]) != NULL)
            line = gl_slice_of(line.data + 1, line.len - 1);
        if (line.len == 0 || line.data[0] == '#') continue;
        gl_time at;
        if (!read_time(line, &at)) {
            snprintf(problem, problem_size, "line %zu does not begin with a time in seconds",
                     number);
            return false;
        }
        if (!add(trace, &room, at)) {
            snprintf(problem, problem_size, "out of memory");
            return false;
        }
    }
    if (trace->count == 0) {
        snprintf(problem, problem_size, "has no times");
        return false;
    }
    qsort(trace->at, trace->count, sizeof *trace->at, by_time);
    gl_time first = trace->at[0];
    for (size_t i = 0; i < trace->count; i++) trace->at[i] -= first;
    return true;
}

void load_trace_free(load_trace *trace)
{
    gl_free(trace->at);
    memset(trace, 0, sizeof *trace);
}

gl_time load_trace_next(load_trace *trace)
{
    return trace->next < trace->count ? trace->at[trace->next++] : GL_TIME_NEVER;
}

gl_time load_trace_length(const load_trace *trace)
{
    return trace->count > 0 ? trace->at[trace->count - 1] : 0;
}
