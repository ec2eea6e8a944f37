/*
 * slo.h - the terms that one request has to meet to count as good:
 * latency<2500ms,ttft<500ms,tpot<50ms
 *
 * Goodput is the answers a second that meet all terms; an error never does. The terms:
 *
 *   latency    of an open loop from its schedule
 *   service    its time at the server
 *   ttft       the first text or reasoning of a stream, from the schedule; an answer from a cache
 *              has its text at its delivery. A live answer without any text does not meet it
 *   tpot       the time per output token of a stream; met where the usage is not known
 *   chunk_gap  the longest gap of this stream (also token_gap); met by a stream without gaps
 *
 * Durations as in sla.h.
 */
#ifndef LOAD_SLO_H
#define LOAD_SLO_H

#include <stddef.h>

#include "load/outcome.h"

typedef enum load_slo_kind {
    LOAD_SLO_LATENCY,
    LOAD_SLO_SERVICE,
    LOAD_SLO_TTFT,
    LOAD_SLO_TPOT,
    LOAD_SLO_CHUNK_GAP,
    LOAD_SLO_KINDS
} load_slo_kind;

typedef struct load_slo {
    double below_us[LOAD_SLO_KINDS]; /* 0: no such term */
    size_t count;
} load_slo;

/* NULL and "" are no terms. false: problem names the term and its fault. */
bool load_slo_parse(load_slo *slo, const char *text, char *problem, size_t problem_size);

bool load_slo_met(const load_slo *slo, const load_outcome *outcome);

#endif
