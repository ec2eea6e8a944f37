/* number.h - numbers, parts and durations as people write them in terms and lists. Pure. */
#ifndef LOAD_NUMBER_H
#define LOAD_NUMBER_H

#include <stdbool.h>

#include "base/slice.h"

/* "2500ms": in us; nothing else may stand around it. */
bool load_read_duration(gl_slice text, double *us);

/* A part of 1: "0.5" or "50%"; and a decimal number without sign. The same holds for both. */
bool load_read_part(const char *text, double *part);
bool load_read_plain(const char *text, double *number);

/* Without the blanks around. */
gl_slice load_trim(gl_slice text);

#endif
