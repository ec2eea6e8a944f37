/*
 * recorded.h - measured durations, read from a file: one a line (1400ms, 1.4s, 250us; see spec.h).
 * Empty lines and those that begin with '#' are skipped.
 */
#ifndef MOCK_RECORDED_H
#define MOCK_RECORDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "base/time.h"

#define MOCK_RECORDED_MAX ((size_t)1024 * 1024) /* durations; 8 MiB */

typedef struct mock_recorded {
    gl_time *durations; /* owned; NULL = there is no file */
    size_t count, next;
    bool random;
} mock_recorded;

/* NULL when it was read; else the error, static, and *line its line (0: none in particular). */
const char *mock_recorded_read(mock_recorded *recorded, const char *path, size_t *line);
void mock_recorded_free(mock_recorded *recorded);

/* Returns the next one, or a random one. */
gl_time mock_recorded_draw(mock_recorded *recorded, gl_rng *rng);

#endif
