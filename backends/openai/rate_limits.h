/*
 * rate_limits.h - the x-ratelimit-* headers of an answer (docs/wire.md section 8). Pure.
 */
#ifndef GL_OPENAI_RATE_LIMITS_H
#define GL_OPENAI_RATE_LIMITS_H

#include <glimpse/sampler.h>

/* A whole number from 0 up; -1 for anything else (NULL, "-1", which Azure sends for unknown). */
int64_t gl_rate_limit_count(const char *value);

/* Reads the rate limits of the headers. `header` finds one by name, NULL when it is absent. */
typedef const char *gl_header_fn(const void *from, const char *name);
void gl_rate_limits_read(gl_header_fn *header, const void *from, glimpse_outcome *outcome);

#endif
