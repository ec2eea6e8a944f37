/*
 * wait.h - the wait that a refused client is asked for: TIME, or FROM-TO, drawn for each, so that
 * clients that were refused at once do not come back at once. A bare number is seconds.
 */
#ifndef MOCK_WAIT_H
#define MOCK_WAIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "base/time.h"

typedef struct mock_wait {
    gl_time from, to; /* both 0: no wait */
} mock_wait;

/* NULL and "" mean no wait. false: problem names the error, beginning with "retry-after:". */
bool mock_wait_parse(mock_wait *wait, const char *spec, char *problem, size_t problem_size);

/* In whole milliseconds. Draws a random number only for a range. */
gl_time mock_wait_draw(const mock_wait *wait, gl_rng *rng);

#endif
