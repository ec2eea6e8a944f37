/*
 * keeping_up.h - judges whether a server kept up with an open loop, by the blocks of the run. Pure.
 *
 * A server that gets a part e more than it can do serves requests later and later: the latency
 * rises by e seconds a second, and a part e of the requests stays in flight. Either shows within
 * seconds, long before a quantile of a short run misses an SLA of seconds.
 */
#ifndef LOAD_KEEPING_UP_H
#define LOAD_KEEPING_UP_H

#include <stdbool.h>

#include "load/blocks.h"

/* The rise of a stable queue over a short run is below these by chance. */
#define LOAD_RISE_MAX 0.02 /* seconds of latency a second, when it is more than chance */
#define LOAD_LEFT_MAX 0.05 /* of the sent requests, when it is more than chance */

typedef struct load_keeping {
    double rise;       /* of the latency, s a second */
    double p;          /* how often chance alone makes such a rise; 1: too short to tell */
    double left;       /* the part of the second half's requests that did not end */
    bool rises, stays; /* more than is allowed, and than chance makes */
    bool kept_up;      /* neither of them */
} load_keeping;

load_keeping load_keeping_up(const load_blocks *blocks);

#endif
