/* fit.h - which options have a meaning for which kind of load test: the one place for it. An option
 * that a kind of run would ignore is refused. Used by command.c. */
#ifndef CLI_BENCH_FIT_H
#define CLI_BENCH_FIT_H

#include <stdbool.h>

#include "options/settings.h"

typedef enum bench_kind {
    BENCH_CLOSED,
    BENCH_OPEN, /* --rate */
    BENCH_TRACE,
    BENCH_SWEEP,
    BENCH_SATURATE,
    BENCH_PLAYBOOK,
    BENCH_CALIBRATE,
    BENCH_COMPARE,
    BENCH_MERGE,
    BENCH_KINDS
} bench_kind;

/* The kind of run that the settings ask for; of several, the one that leaves the fewest of the
 * other options in force. */
bench_kind bench_kind_of(const cli_settings *settings);

/* Whether the option has a meaning for this kind of run. */
bool bench_fits(const cli_option *row, bench_kind kind);

/* The options that the tables name, for their test; NULL behind the last one. */
const char *bench_fit_option(size_t index);

/* 0, or 64 after an error message that names the first typed option without a meaning for this kind
 * of run. An option from a file or the environment may be for other runs. One of bench alone is
 * reported on standard error. One that other commands have too is ignored, and so is every one
 * where reports are compared or merged. */
int bench_fit_kind(const cli_settings *settings, bench_kind kind);

/* The parts of the plan of a load test on which options depend. */
typedef struct bench_fit {
    const cli_settings *settings;
    bench_kind kind;
    bool streams;      /* some requests may ask for a stream */
    bool lengths;      /* texts are made to lengths */
    bool drafts;       /* some requests are no bodies of --input */
    bool length_asked; /* requests carry the length of their output, where one is given */
    bool rows;         /* a trace has the lengths */
    bool pool;         /* some requests repeat */
    bool sla_good;     /* --sla asks for goodput */
    bool own_mock;     /* requests go to a mock of ours: there is no endpoint */
} bench_fit;

/* The same for options that have a meaning only beside another one: 0, or 64 after an error
 * message. */
int bench_fit_needs(const bench_fit *fit);

#endif
