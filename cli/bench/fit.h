/* fit.h - which options say something of which load test: the one place for it. An option that a
 * kind of run would pass over is refused. Used by command.c. */
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

/* What was asked for; of several, the one that leaves the least of the others in force. */
bench_kind bench_kind_of(const cli_settings *settings);

/* Whether the option says something of this kind of run. */
bool bench_fits(const cli_option *row, bench_kind kind);

/* The options that the tables name, for their test; NULL behind the last one. */
const char *bench_fit_option(size_t index);

/* 0, or 64 after the first option that says nothing of this kind of run was named. What a file or
 * the environment says may be for other runs: options of bench alone are told on standard error,
 * those of other commands too, and all beside reports that are compared or merged, are passed
 * over. */
int bench_fit_kind(const cli_settings *settings, bench_kind kind);

/* What the plan of a load test says to the options that need something else. */
typedef struct bench_fit {
    const cli_settings *settings;
    bench_kind kind;
    bool streams;      /* some of what is asked may be a stream */
    bool lengths;      /* texts are made of lengths */
    bool drafts;       /* some of what is asked is no body of --input */
    bool length_asked; /* the model is told how much to write, where that is asked for */
    bool rows;         /* a trace says the lengths */
    bool pool;         /* some requests repeat */
    bool sla_good;     /* --sla asks for goodput */
    bool own_mock;     /* is asked: there is no endpoint */
} bench_fit;

/* 0, or 64, as of a kind: for options that say something only beside another one. */
int bench_fit_needs(const bench_fit *fit);

#endif
