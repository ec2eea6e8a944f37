/*
 * report.h - the reports of a load test: a table for a person, JSON with the whole histograms for
 * programs, a page for a browser.
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

/* docs/internals/bench.md explains the members of a report. */
#define LOAD_REPORT_FORMAT 2

/* Facts that the recorder does not know. -1 or NULL: not known. */
typedef struct load_facts {
    const char *target; /* the endpoint */
    const char *model;
    bool open, stream;
    uint64_t users;                          /* of a closed loop */
    uint64_t per_user, requests;             /* the asked number; 0: any number */
    double duration_s, warmup_s, cooldown_s; /* 0: none */
    const char *rate;                        /* of an open loop, as asked for */
    const char *arrival;                     /* constant, poisson, gamma */
    double shape;                            /* of gamma arrivals */
    double think_s;                          /* of a closed loop's users */
    double pool_ratio, zipf;
    uint64_t pool_size, seed;
    int64_t started_unix_ms;
    double elapsed_s; /* first send to last answer, all phases */
    int64_t thresholds_ms[4];
    bool thresholds_auto; /* they moved: thresholds_ms are those in force at the end */
    /* Of the mock that bench started, as asked for; NULL: no mock was started, or no such
     * option. */
    const char *mock_latency, *mock_fault, *mock_outage;
    const char *mock_options; /* all arguments of the mock; NULL: none was started */
    double token_rate;
    const glimpse_config *engine;             /* in force; only its numbers are read */
    const char *policy;                       /* the engine's policies that were on, in words */
    const char *input;                        /* NULL: the built-in drafts */
    const load_workload *workload;            /* requests made of lengths; NULL: they are not */
    const char *input_tokens, *output_tokens; /* of its one class, as asked for */
    const char *goodput_of_run; /* for the classes without terms of their own; NULL: none */
    const char *goodput;        /* the terms for a good request, as asked for; NULL: none */
    bool interrupted;
    const glimpse_stats *stats; /* the engine's, at the end; for its alerts */

    /* The client itself. */
    double ceiling_rps; /* requests a second against a server that answers at once; -1 */
    double cpu_user_s, cpu_system_s;
    int64_t rss_begin, rss_end, rss_max; /* bytes */
    int64_t descriptors;                 /* open at the end */
    const gl_histogram *loop_lag;
    const char *invalid[LOAD_REASONS]; /* reasons why the figures cannot be trusted */
    size_t invalid_count;
    bool judged;                         /* the validity was checked */
    const load_sla *sla;                 /* the terms of the run; NULL: none */
    const load_percentiles *percentiles; /* the reported ones; NULL: the usual ones */
    const load_scrape *scrape;           /* the server's page of metrics; NULL: it was not read */
    const char *scrape_url;
    const load_marks *marks; /* the special times; NULL: not recorded */
    const char *abort_on;    /* as asked for; NULL: nothing ends it early */
    char aborted[160];       /* the term that ended it, and its value; "": none */
} load_facts;

/* Live requests a second, of the ceiling; -1: no ceiling is known. */
double load_part_of_ceiling(const load_recorder *recorder, const load_facts *facts);

void load_report_table(const load_recorder *recorder, const load_facts *facts, FILE *out);

/* CPU time of the client for each request that ended, us; -1: none did. */
double load_cpu_us(const load_recorder *recorder, const load_facts *facts);

/* True when the values above a quantile are too few to prove anything. */
#define LOAD_FEW 10
bool load_is_few(const gl_histogram *h, double quantile);

/* "valid", "invalid", "not judged" */
const char *load_verdict(const load_facts *facts);

/* Returns the unit of load_term_look for a term of the SLA: "us", "part", "a second". */
const char *load_term_unit(const load_term *term);

/* One object, a line; docs/internals/bench.md has its members. */
void load_report_json(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* Verdict and terms as JUnit's XML; verdict, terms, percentiles and classes as Markdown. */
void load_report_junit(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_markdown(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* Writes a page for a browser, complete in itself; docs/internals/bench_report.md. Each of its
 * figures carries its place in the JSON report and its exact value. */
void load_report_html(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

#endif
