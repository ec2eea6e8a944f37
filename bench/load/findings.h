/*
 * findings.h - the results of the runs of a search: a row for each run, and a point for runs of the
 * same load. As JSON and CSV for programs, as a page for people.
 */
#ifndef LOAD_FINDINGS_H
#define LOAD_FINDINGS_H

#include <stddef.h>

#include "load/judgement.h"
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
    char why[200]; /* why it was missed or spoilt; "" : neither */
} load_finding;

typedef struct load_findings {
    load_finding *row;
    size_t count, room;
    /* The settings of the search, and its result; the caller's. */
    bool rates;                       /* else users */
    const char *target, *model, *sla; /* sla: NULL without one */
    double duration_s, ceiling_rps;   /* of a run; the client's, below 0: not known */
    int repeat;
    uint64_t seed;
    const char *state; /* found, missed, client, spoilt, interrupted, nothing, stopped */
    char result[400];  /* the result, the last line of the table */
    double good, bad;  /* rates: met, missed; users: the ceiling in answers a second, the knee */
} load_findings;

/* The runs of one load that the client did not spoil. */
typedef struct load_point {
    double load;
    size_t runs, met;
    /* Means; NAN: not measured. */
    double throughput, p50_us, p95_us, p99_us, ttft_p50_us, tokens_rps, tokens_user_rps, error_rate;
    /* The 95 % interval of the throughput over the runs (Student's t); NAN: there was one. */
    double low, high;
} load_point;

#define LOAD_POINTS 128

/* Gives the points in ascending order of load; returns how many. */
size_t load_findings_points(const load_findings *findings, load_point point[LOAD_POINTS]);

/* PASS: a limit was found; FAIL: no load met the terms or nothing answered; INVALID: the client was
 * the limit, or spoilt the runs. */
load_judgement load_findings_judge(const load_findings *findings);

void load_findings_json(const load_findings *findings, gl_buf *out);
void load_findings_csv(const load_findings *findings, gl_buf *out);
void load_findings_html(const load_findings *findings, gl_buf *out);

/* Takes the figures of a run; the caller sets seen and why. */
load_finding load_finding_of(double load, const load_recorder *recorder);

/* false: out of memory. */
bool load_findings_add(load_findings *findings, const load_finding *finding);
void load_findings_free(load_findings *findings);

#endif
