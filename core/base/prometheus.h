/*
 * prometheus.h - numbers as Prometheus text, version 0.0.4: families, labels, histograms. Pure.
 *
 * Numbers are written by hand: an embedding program may have set a locale with a decimal comma.
 */
#ifndef GL_BASE_PROMETHEUS_H
#define GL_BASE_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* The upper bounds of buckets: as numbers and as they are written. */
#define GL_SCALE_MAX 18
typedef struct gl_scale {
    bool seconds; /* the numbers are nanoseconds */
    size_t count;
    uint64_t bounds[GL_SCALE_MAX];
    const char *texts[GL_SCALE_MAX];
} gl_scale;

/* OpenTelemetry's for durations of calls. */
extern const gl_scale gl_scale_calls;

typedef struct gl_counts {
    uint64_t buckets[GL_SCALE_MAX + 1]; /* each value in one; the last: above all bounds */
    uint64_t sum;
} gl_counts;

/* Inline: it is on the way of each request. */
static inline void gl_counts_add(gl_counts *counts, const gl_scale *scale, uint64_t value)
{
    size_t at = 0;
    while (at < scale->count && value > scale->bounds[at]) at++;
    counts->buckets[at]++;
    counts->sum += value;
}

bool gl_counts_are_none(const gl_counts *counts, const gl_scale *scale);

/* "counter", "gauge" or "histogram"; help is one line without a backslash. */
void gl_text_family(gl_buf *out, const char *name, const char *type, const char *help);

/* Writes name="value", escaped, behind a comma unless it is the first. */
void gl_text_label(gl_buf *out, bool first, const char *name, gl_slice value);

/* A line of a family without labels. */
void gl_text_number(gl_buf *out, const char *name, uint64_t value);

/* A line with one label. */
void gl_text_labelled(gl_buf *out, const char *name, const char *label, const char *value,
                      uint64_t number);

/* Writes nanoseconds as seconds, in any locale. */
void gl_text_seconds(gl_buf *out, uint64_t ns);

/* Writes all lines of one histogram; labels is the text between the braces and may be empty. */
void gl_text_histogram(gl_buf *out, const char *name, gl_slice labels, const gl_counts *counts,
                       const gl_scale *scale);

#endif
