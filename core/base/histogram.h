/*
 * histogram.h - log-linear histogram of durations with bounded memory: three significant digits
 * from 1 us to over 1 h.
 */
#ifndef GL_HISTOGRAM_H
#define GL_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gl_histogram gl_histogram;

gl_histogram *gl_histogram_new(void); /* NULL: out of memory */
void gl_histogram_free(gl_histogram *histogram);

/* Counts a value in microseconds; below 1 counts as 1, above the range as its end. */
void gl_histogram_add(gl_histogram *histogram, uint64_t us);

uint64_t gl_histogram_count(const gl_histogram *histogram);
uint64_t gl_histogram_max(const gl_histogram *histogram); /* exact; 0 when empty */

/* Returns the rank, from 1, of the smallest of count values that at least q (0..1) of them do not
 * exceed; count is above 0. */
uint64_t gl_histogram_rank(uint64_t count, double q);

/* Returns the smallest counted value that at least q (0..1) of the values do not exceed, within 0.1
 * %; 0 when empty. Never above the maximum. */
uint64_t gl_histogram_quantile(const gl_histogram *histogram, double q);

/* Returns the mean of all values, exact to the microsecond; 0 when empty. */
double gl_histogram_mean(const gl_histogram *histogram);

/* Walks the counted values upwards: *at is 0 at first; false: no more. */
bool gl_histogram_next(const gl_histogram *histogram, size_t *at, uint64_t *us, uint64_t *count);

#endif
