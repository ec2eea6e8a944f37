/*
 * stall.h - the times at which the server stands still: an answer that is due in a window is sent
 * at its end.
 *
 *   10s+1400ms,40s+500ms
 *
 * Windows START+LENGTH (us, ms, s; decimals are fine), counted from the first request received. The
 * start belongs to the window, its end does not. At most MOCK_STALLS of them; they may overlap.
 */
#ifndef MOCK_STALL_H
#define MOCK_STALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

#define MOCK_STALLS 16

typedef struct mock_stalls {
    struct {
        gl_time from, to;
    } window[MOCK_STALLS];
    size_t count;
} mock_stalls;

/* NULL and "" mean none. false: problem names the error, beginning with "stall:". */
bool mock_stalls_parse(mock_stalls *stalls, const char *list, char *problem, size_t problem_size);

/* Returns when an answer that is due this long after the first request can be sent: then, or at a
 * window's end. */
gl_time mock_stalls_until(const mock_stalls *stalls, gl_time elapsed);

#endif
