/*
 * units.h - reads the values that people write: durations, sizes, numbers, lists of thresholds.
 *
 * Each function returns NULL on success, else a static sentence on the fault of the text. None of
 * them depends on the locale, and none reads past the text's end.
 */
#ifndef CLI_OPTIONS_UNITS_H
#define CLI_OPTIONS_UNITS_H

#include <stdint.h>

#include <glimpse/latency.h>

/* A decimal number and us, ms, s, m or h, such as 1.5s; bare, it counts in units of bare_ns
 * nanoseconds. The result is in milliseconds, rounded up, so that a short time never becomes
 * "none". */
const char *units_duration_ms(const char *text, int64_t bare_ns, int64_t *ms);
#define UNITS_MS     INT64_C(1000000)
#define UNITS_SECOND INT64_C(1000000000)

/* A decimal number and K, M or G (1024); bare, bytes. */
const char *units_size(const char *text, int64_t *bytes);

const char *units_int(const char *text, int64_t *number);
const char *units_uint64(const char *text, uint64_t *number);
const char *units_real(const char *text, double *number);

/* Four durations, bare in milliseconds, strictly rising. */
const char *units_thresholds(const char *text, glimpse_thresholds *thresholds);

#endif
