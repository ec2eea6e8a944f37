/*
 * report.h - the figures of a job: counted record by record, printed as progress, as the last
 * lines, and as the object of --summary.
 */
#ifndef CLI_BATCH_REPORT_H
#define CLI_BATCH_REPORT_H

#include <stdio.h>

#include <glimpse/glimpse.h>

#include "base/buf.h"
#include "batch/record.h"

/* Counted by the job. */
typedef struct cli_tally {
    uint64_t done;    /* records */
    uint64_t unsent;  /* lines without a record: the run ended before */
    uint64_t failed;  /* records with an error */
    uint64_t resumed; /* of done: records of an earlier run, or without a request */
    uint64_t by_status[GLIMPSE_STATUS_COUNT], by_source[GLIMPSE_SOURCE_COUNT];
    uint64_t unreached; /* ended without a connection */
    uint64_t starved;   /* ended for want of a descriptor */
    uint64_t answered;  /* ended after a request had gone out, or from the cache */
} cli_tally;

void tally_add(cli_tally *tally, const glimpse_result *result);
void tally_add_bad_line(cli_tally *tally);
void tally_add_record(cli_tally *tally, const record_view *view);

/* Call when fewer records are in the output than were written: these count, and the other lines
 * have none. */
void tally_set_records(cli_tally *tally, const cli_tally *found);

/* Call for a record that was counted and is not in the output after all. */
void tally_lose(cli_tally *tally, gl_slice record);

/* All figures at one moment. */
typedef struct cli_report {
    cli_tally tally;
    glimpse_stats stats;
    glimpse_endpoint_stats endpoints[GLIMPSE_POOL_ENDPOINTS_MAX];
    size_t endpoint_count; /* 0: there is no pool */
    double elapsed_s;
    double part_read; /* 0..1 of the input's bytes; below 0: unknown */
    bool all_read;    /* the input has ended: lines read is the total */
    uint64_t lines_read;
    double spent;      /* US dollars */
    uint64_t unpriced; /* answers whose cost is not known */
    int exit_code;
} cli_report;

/* One plain line, no line end: "120 of ~500 done, 35.2/s, ..." */
void report_progress(const cli_report *report, char *line, size_t size);

/* The block of the end, for people. */
void report_print(const cli_report *report, FILE *stream);

/* The object of --summary. */
void report_json(const cli_report *report, gl_buf *out);

#endif
