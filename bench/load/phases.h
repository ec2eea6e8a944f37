/*
 * phases.h - the phases of live answers, on average: in the client, in attempts that failed, at the
 * server up to its first token, and from there to the end. Pure.
 */
#ifndef LOAD_PHASES_H
#define LOAD_PHASES_H

#include "load/outcome.h"

typedef enum load_phase {
    LOAD_PHASE_CLIENT,  /* from the scheduled time, and between attempts */
    LOAD_PHASE_EARLIER, /* attempts before the last */
    LOAD_PHASE_FIRST,   /* of the last one, to its first token; without tokens to its first byte */
    LOAD_PHASE_REST,    /* from there to the last byte */
    LOAD_PHASES
} load_phase;

/* "client_us", "earlier_us", "first_us", "rest_us" */
const char *load_phase_name(load_phase phase);

typedef struct load_phases {
    uint64_t count, streamed; /* answers; those that had a first token */
    uint64_t ns[LOAD_PHASES];
} load_phases;

/* Takes answers of the server alone: a failure, a kept answer or an unsent request has no
 * phases. */
void load_phases_add(load_phases *phases, const load_outcome *outcome);

/* us; all of them together are the mean latency of these answers. 0 without any. */
double load_phases_mean(const load_phases *phases, load_phase phase);
double load_phases_sum(const load_phases *phases);

#endif
