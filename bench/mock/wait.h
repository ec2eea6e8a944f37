/*
 * wait.h - how long a refused client is asked to wait: TIME, or FROM-TO, drawn for each, so
 * that a crowd that was refused at once does not come back at once. A bare number is seconds.
 */
#ifndef MOCK_WAIT_H
#define MOCK_WAIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "base/time.h"

typedef struct mock_wait {
    gl_time from, to; /* both 0: it asks for nothing */
} mock_wait;

/* NULL and "" mean nothing. false: problem says what is wrong, beginning with "retry-after:". */
bool mock_wait_parse(mock_wait *wait, const char *spec, char *problem, size_t problem_size);

/* In whole milliseconds. Draws a number only when there is a choice. */
gl_time mock_wait_draw(const mock_wait *wait, gl_rng *rng);

#endif
