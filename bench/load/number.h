/* number.h - numbers, parts and durations as people write them in terms and lists. Pure. */
#ifndef LOAD_NUMBER_H
#define LOAD_NUMBER_H

#include <stdbool.h>

#include "base/slice.h"

/* Reads "2500ms" in us; the text must hold nothing else. */
bool load_read_duration(gl_slice text, double *us);

/* Reads a part of 1, "0.5" or "50%"; and a decimal number without sign, with the same rule. */
bool load_read_part(const char *text, double *part);
bool load_read_plain(const char *text, double *number);

/* Returns the text without the blanks around it. */
gl_slice load_trim(gl_slice text);

#endif
