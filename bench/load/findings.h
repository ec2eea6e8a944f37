/* findings.h - what the runs of a search have shown, a row each. */
#ifndef LOAD_FINDINGS_H
#define LOAD_FINDINGS_H

#include <stddef.h>

#include "load/keeping_up.h"
#include "load/rate_search.h"
#include "load/recorder.h"

typedef struct load_finding {
    double load; /* requests a second asked for, or users */
    double throughput, sent, error_rate, hit_rate;
    double p50_us, p95_us, p99_us;
    double ttft_p50_us, ttft_p99_us;    /* NAN: no streams */
    double tokens_rps, tokens_user_rps; /* completion tokens a second in all, and while one user
                                           waits for an answer; NAN: the server counts none */
    load_keeping keeping;
    load_seen seen;
    char why[200]; /* it was missed or spoilt; "" : neither */
} load_finding;

typedef struct load_findings {
    load_finding *row;
    size_t count;
} load_findings;

/* The figures of a run; seen and why are the caller's. */
load_finding load_finding_of(double load, const load_recorder *recorder);

/* false: out of memory. */
bool load_findings_add(load_findings *findings, const load_finding *finding);
void load_findings_free(load_findings *findings);

/* The mean throughput of the rows of this load that the client did not spoil; NAN: there is none.
 */
double load_findings_throughput(const load_findings *findings, double load);

#endif
