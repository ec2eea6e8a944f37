/*
 * outage.h - the times at which the server is down.
 *
 *   5s-35s,40s-41s
 *
 * Windows FROM-TO (us, ms, s; decimals are fine), counted from the first request received, so that
 * a test's slow start moves the window with it. FROM belongs to the window, TO does not. At most
 * MOCK_OUTAGES of them; they may overlap.
 */
#ifndef MOCK_OUTAGE_H
#define MOCK_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

#define MOCK_OUTAGES 16

typedef struct mock_outages {
    struct {
        gl_time from, to;
    } window[MOCK_OUTAGES];
    size_t count;
} mock_outages;

/* NULL and "" mean none. false: problem names the error, beginning with "outage:". */
bool mock_outages_parse(mock_outages *outages, const char *list, char *problem,
                        size_t problem_size);

/* Returns true when the server is down this long after its first request. */
bool mock_outages_at(const mock_outages *outages, gl_time elapsed);

#endif
