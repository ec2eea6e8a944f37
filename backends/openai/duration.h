/*
 * duration.h - a span of time as servers write it, "1m12.5s" or "3 seconds". Pure; no locale.
 */
#ifndef GL_OPENAI_DURATION_H
#define GL_OPENAI_DURATION_H

#include <stdint.h>

/*
 * Returns a duration in milliseconds, rounded up, at most 24 h: one or more of number and unit (ns
 * us µs ms s m h d, or the words; the number may be decimal: "12ms", "1.5s", "1h2m3.5s", "2
 * minutes"), or a bare number of seconds, as Azure sends. -1 for any other text (NULL too), and for
 * a negative duration.
 */
int64_t gl_duration(const char *text);

/* Reads the duration at the beginning of text, with any text behind it; a unit is needed. */
int64_t gl_duration_at(const char *text);

#endif
