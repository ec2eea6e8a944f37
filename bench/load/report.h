/*
 * report.h - a load test told: as a table for a person, as JSON with the whole histograms for
 * programs, as a page for a browser.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdio.h>

#include <glimpse/engine.h>
#include <glimpse/stats.h>

#include "base/buf.h"
#include "load/marks.h"
#include "load/percentiles.h"
#include "load/recorder.h"
#include "load/scrape.h"
#include "load/sla.h"
#include "load/workload.h"

#define LOAD_REASONS 8

/* Which members a report has and what they mean: docs/internals/bench.md. */
#define LOAD_REPORT_FORMAT 2

/* What the recorder does not know. -1 or NULL: not known. */
typedef struct load_facts {
    const char *target; /* who was asked */
    const char *model;
    bool open, stream;
    uint64_t users;                          /* of a closed loop */
    uint64_t per_user, requests;             /* how many were asked for; 0: any number */
    double duration_s, warmup_s, cooldown_s; /* 0: none */
    const char *rate;                        /* of an open loop, as it was asked for */
    const char *arrival;                     /* constant, poisson, gamma */
    double shape;                            /* of gamma arrivals */
    double think_s;                          /* of a closed loop's users */
    double pool_ratio, zipf;
    uint64_t pool_size, seed;
    int64_t started_unix_ms;
    double elapsed_s; /* first send to last answer, all phases */
    int64_t thresholds_ms[4];
    bool thresholds_auto; /* they moved: thresholds_ms are those in force at the end */
    /* Of the mock that bench started, as they were asked for; NULL: none was started, or none. */
    const char *mock_latency, *mock_fault, *mock_outage;
    const char *mock_options; /* all that the mock was started with; NULL: none was */
    double token_rate;
    const glimpse_config *engine;             /* in force; only its numbers are read */
    const char *policy;                       /* which of the engine's policies were on, in words */
    const char *input;                        /* NULL: the built-in drafts */
    const load_workload *workload;            /* requests made of lengths; NULL: they are not */
    const char *input_tokens, *output_tokens; /* of its one class, as they were asked for */
    const char *goodput_of_run; /* of the classes that say none of their own; NULL: nothing */
    const char *goodput;        /* what makes a request good, as it was asked for; NULL: nothing */
    bool interrupted;
    const glimpse_stats *stats; /* the engine's, at the end; for its alerts */

    /* The client itself. */
    double ceiling_rps; /* requests a second against a server that answers at once; -1 */
    double cpu_user_s, cpu_system_s;
    int64_t rss_begin, rss_end, rss_max; /* bytes */
    int64_t descriptors;                 /* open at the end */
    const gl_histogram *loop_lag;
    const char *invalid[LOAD_REASONS]; /* why the figures are not to be trusted */
    size_t invalid_count;
    bool judged;                         /* it was looked whether they are */
    const load_sla *sla;                 /* what the run has to meet; NULL: nothing */
    const load_percentiles *percentiles; /* that are told; NULL: the usual ones */
    const load_scrape *scrape;           /* what its page of metrics said; NULL: it was not read */
    const char *scrape_url;
    const load_marks *marks; /* what was special when; NULL: nobody looked */
    const char *abort_on;    /* as it was asked for; NULL: nothing ends it early */
    char aborted[160];       /* the term that did, and what was seen; "": none */
} load_facts;

/* Live requests a second, of the ceiling; -1: no ceiling is known. */
double load_part_of_ceiling(const load_recorder *recorder, const load_facts *facts);

void load_report_table(const load_recorder *recorder, const load_facts *facts, FILE *out);

/* CPU time of the client for each request that ended, us; -1: none did. */
double load_cpu_us(const load_recorder *recorder, const load_facts *facts);

/* Whether fewer lie above a quantile than say something of it. */
#define LOAD_FEW 10
bool load_is_few(const gl_histogram *h, double quantile);

/* "valid", "invalid", "not judged" */
const char *load_verdict(const load_facts *facts);

/* Of a term of the SLA, what load_term_look is counted in: "us", "part", "a second". */
const char *load_term_unit(const load_term *term);

/* One object, a line; docs/internals/bench.md has its members. */
void load_report_json(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* Verdict and terms as JUnit's XML; verdict, terms, percentiles and classes as Markdown. */
void load_report_junit(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_markdown(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* A page for a browser, complete in itself; docs/internals/bench_report.md. Each of its figures
 * carries its place in the JSON report and its exact value. */
void load_report_html(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

#endif
