/*
 * stall.h - when the server stands still: whatever should be answered in a window is answered
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

/* NULL and "" mean none. false: problem says what is wrong, beginning with "stall:". */
bool mock_stalls_parse(mock_stalls *stalls, const char *list, char *problem, size_t problem_size);

/* When what is due this long after the first request can be sent: the same, or a window's end. */
gl_time mock_stalls_until(const mock_stalls *stalls, gl_time elapsed);

#endif
