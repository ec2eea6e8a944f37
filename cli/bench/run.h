/* run.h - one run of a load test: an engine, a driver, a recorder, and the client's own use of the
 * machine. Used by command.c. */
#ifndef CLI_BENCH_RUN_H
#define CLI_BENCH_RUN_H

#include "batch/failures.h"
#include "bench/policy.h"
#include "bench/request_file.h"
#include "load/abort.h"
#include "load/driver.h"
#include "load/inputs.h"
#include "load/report.h"
#include "options/settings.h"

typedef struct bench_ask {
    const cli_settings *settings;
    const char *base_url; /* NULL: the settings' own */
    bool bare;            /* no cache, no limits, no report: to find the client's ceiling */
    bench_client client;
    load_plan plan; /* text is filled in */
    double pool_ratio, zipf;
    size_t pool_size;
    uint64_t seed;
    const char *mock_latency; /* NULL: no mock was started for it */
    const char *mock_options; /* its arguments, but for a key */
    bool more;                /* another run follows: a signal between two runs is for that one */
    const load_slo *slo;      /* terms for a good request; NULL: none */
    load_inputs *inputs;      /* the requests; NULL: the built-in drafts */
    load_workload *workload;  /* requests made of lengths, in place of both; NULL: none */
    const int *metrics;       /* a socket that listens for scrapers; NULL: there is none */
    const load_sla *abort;    /* terms that end it early; NULL: none */
    request_file *requests;   /* gets a line for each request; NULL: there is none */
    cli_failures *failures;   /* of all runs; NULL: none is reported, and none stops a run */
} bench_ask;

typedef struct bench_result {
    load_recorder recorder;
    load_facts facts;
    gl_histogram *loop_lag;
    load_marks marks;
    load_scrape *scrape; /* NULL: the server's page was not read */
    char scrape_url[600];
    glimpse_stats stats;
    int caught;            /* the signal that ended it early; 0: none */
    int stopped;           /* the exit code of failures that ended it early; 0: none did */
    bool failed;           /* memory ran out while it sent */
    glimpse_config engine; /* the configuration in force, for facts.engine */
    char policy[256];      /* of facts.policy */
    char reasons[LOAD_REASONS][200]; /* of facts.invalid */
} bench_result;

/* 0, or the exit code after an error message. Free the result in either case. */
int bench_run(const bench_ask *ask, bench_result *result);
void bench_result_free(bench_result *result);

/* Names the endpoint of the runs. */
const char *bench_target(const bench_ask *ask);

/* Returns the exit code of a run that a signal or its failures ended early; 0: it ran to its
 * end. */
int bench_early_exit(const bench_result *result);

/* Judges whether the figures can be trusted; facts.invalid gets the reasons why not. */
void bench_judge(bench_result *result);

#endif
