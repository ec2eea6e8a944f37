/*
 * recorder.h - the figures of a load test: histograms and counts, no list of samples, so that its
 * memory does not depend on the length of the run. All durations in microseconds, 1 us to 71
 * minutes, within 0.1 %.
 */
#ifndef LOAD_RECORDER_H
#define LOAD_RECORDER_H

#include "base/histogram.h"
#include "load/activity.h"
#include "load/blocks.h"
#include "load/faults.h"
#include "load/figures.h"
#include "load/outcome.h"
#include "load/phases.h"
#include "load/slo.h"
#include "load/slope.h"
#include "load/timeline.h"

typedef enum load_metric {
    LOAD_LATENCY,      /* from the scheduled time: the wait of a user */
    LOAD_SERVICE,      /* while it was at the server: its attempts, without earlier waits */
    LOAD_WAIT,         /* in the client, for admission and between retries */
    LOAD_LATENESS,     /* from the scheduled time to the time of sending */
    LOAD_FIRST_BYTE,   /* from the start of its last attempt */
    LOAD_FIRST_CHUNK,  /* of a stream the first piece, with or without text; from that, too */
    LOAD_TTFT,         /* its first text or reasoning, from the scheduled time */
    LOAD_TTFT_SERVICE, /* the same, from the start of its last attempt */
    LOAD_ANSWER,       /* its first text of the answer, from the scheduled time */
    LOAD_CHUNK_GAP,    /* between two arrivals of text or reasoning: each gap of each stream */
    LOAD_TPOT,         /* time per output token, of each stream whose usage is known */
    LOAD_ERROR,        /* of the measurement: the client's time less the server's own */
    LOAD_DNS,          /* of each opened connection: the wait for its name, ... */
    LOAD_CONNECT,      /* ... the time of TCP, ... */
    LOAD_TLS,          /* ... and the handshake of TLS */
    LOAD_METRICS
} load_metric;

/* "latency", "service", ... */
const char *load_metric_name(load_metric metric);

typedef struct load_recorder {
    gl_time from, to; /* requests scheduled in [from, to) are measured */
    gl_histogram *metrics[LOAD_METRICS];
    gl_histogram *by_source[LOAD_SOURCES]; /* latency */
    uint64_t measured, cut;                /* cut: warm-up and cool-down */
    uint64_t by_status[GLIMPSE_STATUS_COUNT];
    uint64_t by_error[GLIMPSE_ERROR_COUNT];
    uint64_t sources[LOAD_SOURCES];
    uint64_t thresholds[4]; /* crossed t1, t2, t3, t4 */
    uint64_t errors;        /* neither aligned nor not_aligned */
    uint64_t repeated;      /* requests that a cache could have answered, had it kept all */
    uint64_t hits;          /* answered by cache, store or an identical request */
    uint64_t attempts, retried;
    const load_slo *slo; /* the caller's, set after init; NULL: no terms for a good request */
    uint64_t good;       /* requests that met the terms */
    uint64_t prompt_tokens, completion_tokens;
    /* Over all requests: made by the schedule or the users, sent at least once, ended. */
    uint64_t issued, sent, ended, in_flight, peak_in_flight;
    /* Of the measured requests; the first NEVER, the last 0 while there is none. */
    gl_time first_intended, last_intended, first_issued, last_done;
    uint64_t left; /* requests that were sent, ... */
    gl_time first_left, last_left;
    load_slope delay; /* ... the delay from the scheduled time, s, over that time */
    struct {
        uint64_t answers, failures, good, prompt_tokens, completion_tokens;
    } window;            /* answers that came from `from` to `over` */
    gl_time over;        /* no request is scheduled from then on; NEVER: no end is set */
    uint64_t below_zero; /* negative errors of measurement, which count as 0 */
    load_faults faults;  /* of all requests, the cut ones included */
    gl_time end;         /* when the last answer came, measured or not */
    load_timeline *timeline;
    load_activity *activity;
    load_blocks *blocks;       /* of the measured requests */
    const load_class *classes; /* the caller's, with SLOs of their own; NULL: there are none */
    size_t class_count;
    load_figures *by_class;
    load_tokens input, output; /* asked and counted lengths */
    load_phases phases;        /* of the live answers that are measured */
} load_recorder;

/* false: out of memory. Free it either way. */
bool load_recorder_init(load_recorder *recorder, gl_time start, gl_time from, gl_time to);
void load_recorder_free(load_recorder *recorder);

/* Keeps figures of each class too. false: out of memory. */
bool load_recorder_classes(load_recorder *recorder, const load_class *classes, size_t count);

/* Counts a request, by its scheduled time. */
void load_recorder_issued(load_recorder *recorder, gl_time at);

/* The schedule has ended, or ends then. */
void load_recorder_over(load_recorder *recorder, gl_time at);

void load_recorder_ended(load_recorder *recorder, const load_outcome *outcome);

/* Adds the connections that its attempts opened. Those of all requests count, also of cut ones: a
 * run opens most of them in its warm-up. */
void load_recorder_opened(load_recorder *recorder, const glimpse_result *result);

/* Returns how long the schedule lasted without the warm-up and the cool-down, and how long its
 * requests took to end after it, s. Without a set end it lasted to the last answer. */
double load_recorder_window(const load_recorder *recorder);
double load_recorder_drain(const load_recorder *recorder);

/* A second, of answers that came in that time. */
double load_recorder_throughput(const load_recorder *recorder); /* of answers; failures are none */
double load_recorder_failed_rate(const load_recorder *recorder);
double load_recorder_goodput(const load_recorder *recorder); /* 0 without an SLO */
/* By the server's usage; -1: it did not say any. */
double load_recorder_tokens_in(const load_recorder *recorder);
double load_recorder_tokens_out(const load_recorder *recorder);
/* For the median user, whose answer is streamed: 1 / the p50 of the time per token; -1: not
 * known */
double load_recorder_tokens_a_user(const load_recorder *recorder);

/* A second, of measured requests: scheduled, and sent. NAN: of one request, or of several at one
 * time. */
double load_recorder_asked_rate(const load_recorder *recorder);
double load_recorder_sent_rate(const load_recorder *recorder);

/* Returns the part by which the rate at the server was below the scheduled one, of the requests
 * that had to be sent. */
double load_recorder_shortfall(const load_recorder *recorder);

/* Parts of the measured requests, 0 to 1. 0 when there are none. */
double load_recorder_error_rate(const load_recorder *recorder);
double load_recorder_hit_rate(const load_recorder *recorder);
double load_recorder_good_rate(const load_recorder *recorder);

/* Returns how many ended so; errors with the name "dns" count as one, under GLIMPSE_ERR_DNS. */
uint64_t load_recorder_errors_of(const load_recorder *recorder, glimpse_error error);

/* Seconds from the timeline's start to the last answer, measured or not. */
double load_recorder_span(const load_recorder *recorder);

#endif
