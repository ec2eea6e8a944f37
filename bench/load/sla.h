/*
 * sla.h - the terms of a run: p95<2500ms,error_rate<5%,hit_rate>30%
 *
 *   p50 p75 p90 p95 p99 p999 mean max      latency (of an open loop from its schedule)
 *   service_...                            the same of the time at the server: service_p99<50ms
 *   ttft_...                               the first text or reasoning of a stream, from the
 *                                          schedule
 *   first_chunk_..., first_answer_...      its first piece; the first text of its answer
 *   chunk_gap_...                          each gap between two arrivals (also token_gap_)
 *   tpot_...                               time per output token
 *   error_rate hit_rate                    percent, or 0 to 1
 *   throughput goodput                     answers a second, and those that are good (slo.h)
 *   good_rate                              the part of the requests that is good
 *
 * Durations have their unit: us, ms, s, m, h. Blanks mean nothing. < <= > >= compare.
 */
#ifndef LOAD_SLA_H
#define LOAD_SLA_H

#include "base/slice.h"
#include "load/recorder.h"

#define LOAD_TERMS 16

typedef struct load_term {
    char text[48]; /* as it was written */
    enum {
        LOAD_TERM_DURATION,
        LOAD_TERM_ERRORS,
        LOAD_TERM_HITS,
        LOAD_TERM_THROUGHPUT,
        LOAD_TERM_GOODPUT,
        LOAD_TERM_GOOD
    } kind;
    load_metric metric; /* of a duration */
    double quantile;    /* 0 to 1; -1: the mean, 2: the maximum */
    bool less, equal;   /* it has to be less, or more; or equal */
    double bound;       /* us, a part of 1, a second */
} load_term;

typedef struct load_sla {
    load_term term[LOAD_TERMS];
    size_t count;
} load_sla;

/* NULL and "" are no terms. false: problem names the term and its fault. */
bool load_sla_parse(load_sla *sla, const char *text, char *problem, size_t problem_size);

/* Returns the value of a term, in the unit of the bound; *met: it is good enough. Without a
 * measurement (no request, no stream) it is NAN, and not met. */
double load_term_look(const load_term *term, const load_recorder *recorder, bool *met);

/* Returns true when the value is good enough. */
bool load_term_meets(const load_term *term, double seen);

/* The same, with the value as text: "12.345 ms", "3.000 %", "99.500/s". */
void load_term_shown(const load_term *term, const load_recorder *recorder, bool *met, char *text,
                     size_t size);

/* Returns true when its bound is so many a second. */
bool load_term_is_rate(const load_term *term);

/* Returns true when one of the terms is about good requests, for which there have to be terms of
 * slo.h. */
bool load_sla_wants_slo(const load_sla *sla);

bool load_sla_met(const load_sla *sla, const load_recorder *recorder);

#endif
