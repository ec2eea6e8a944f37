/*
 * recorder.h - what a load test has seen: histograms and counts, no list of samples, so that its
 * memory does not depend on how long it runs. All durations in microseconds, 1 us to 71 minutes,
 * within 0.1 %.
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
    LOAD_LATENCY,      /* from when it was meant to be sent: what a user waits */
    LOAD_SERVICE,      /* while it was at the server: its attempts, without what it waited before */
    LOAD_WAIT,         /* in the client, for admission and between retries */
    LOAD_LATENESS,     /* from when it was meant to be sent to when it was */
    LOAD_FIRST_BYTE,   /* from the start of its last attempt */
    LOAD_FIRST_CHUNK,  /* of a stream the first piece, whatever it held; from that, too */
    LOAD_TTFT,         /* its first text or reasoning, from when it was meant to be sent */
    LOAD_TTFT_SERVICE, /* and from the start of its last attempt */
    LOAD_ANSWER,       /* its first text of the answer, from when it was meant to be sent */
    LOAD_CHUNK_GAP,    /* between two arrivals of text or reasoning: each gap of each stream */
    LOAD_TPOT,         /* time per output token, of each stream whose usage is known */
    LOAD_ERROR,        /* of the measurement: the client's time less the server's own */
    LOAD_DNS,          /* of each connection that was opened: what it waited for its name, ... */
    LOAD_CONNECT,      /* ... what TCP took, */
    LOAD_TLS,          /* ... and the handshake of TLS */
    LOAD_METRICS
} load_metric;

/* "latency", "service", ... */
const char *load_metric_name(load_metric metric);

typedef struct load_recorder {
    gl_time from, to; /* what was meant to be sent in [from, to) is measured */
    gl_histogram *metrics[LOAD_METRICS];
    gl_histogram *by_source[LOAD_SOURCES]; /* latency */
    uint64_t measured, cut;                /* cut: warm-up and cool-down */
    uint64_t by_status[GLIMPSE_STATUS_COUNT];
    uint64_t by_error[GLIMPSE_ERROR_COUNT];
    uint64_t sources[LOAD_SOURCES];
    uint64_t thresholds[4]; /* crossed t1, t2, t3, t4 */
    uint64_t errors;        /* neither aligned nor not_aligned */
    uint64_t repeated;      /* a cache could have answered them, had it kept all */
    uint64_t hits;          /* answered by cache, store or an identical request */
    uint64_t attempts, retried;
    const load_slo *slo; /* the caller's, set after init; NULL: nothing says what is good */
    uint64_t good;       /* met it */
    uint64_t prompt_tokens, completion_tokens;
    /* Of all: made by the schedule or the users, gone out at least once, ended. */
    uint64_t issued, sent, ended, in_flight, peak_in_flight;
    /* Of what is measured; the first NEVER, the last 0 while there is none. */
    gl_time first_intended, last_intended, first_issued, last_done;
    uint64_t left; /* went out, ... */
    gl_time first_left, last_left;
    load_slope delay; /* from when it was meant to, s, over when that was */
    struct {
        uint64_t answers, failures, good, prompt_tokens, completion_tokens;
    } window;            /* came from `from` to `over` */
    gl_time over;        /* nothing was meant to be sent from then on; NEVER: no end is set */
    uint64_t below_zero; /* errors of measurement that were, and count as 0 */
    load_faults faults;  /* of all requests, also of what is cut */
    gl_time end;         /* when the last answer came, measured or not */
    load_timeline *timeline;
    load_activity *activity;
    load_blocks *blocks;       /* of what is measured */
    const load_class *classes; /* the caller's, with SLOs of their own; NULL: there are none */
    size_t class_count;
    load_figures *by_class;
    load_tokens input, output; /* asked for and counted */
    load_phases phases;        /* of the live answers that are measured */
} load_recorder;

/* false: out of memory. Free it either way. */
bool load_recorder_init(load_recorder *recorder, gl_time start, gl_time from, gl_time to);
void load_recorder_free(load_recorder *recorder);

/* Keeps figures of each class too. false: out of memory. */
bool load_recorder_classes(load_recorder *recorder, const load_class *classes, size_t count);

/* A request, by when it was meant to be sent. */
void load_recorder_issued(load_recorder *recorder, gl_time at);

/* The schedule has ended, or ends then. */
void load_recorder_over(load_recorder *recorder, gl_time at);

void load_recorder_ended(load_recorder *recorder, const load_outcome *outcome);

/* The connections that its attempts opened. Those of all requests, also of what is cut: a run opens
 * most of them in its warm-up. */
void load_recorder_opened(load_recorder *recorder, const glimpse_result *result);

/* How long the schedule lasted but for the warm-up and the cool-down, and how long what it had sent
 * took to end after it, s. Without an end that is set it lasted to the last answer. */
double load_recorder_window(const load_recorder *recorder);
double load_recorder_drain(const load_recorder *recorder);

/* A second, of what came in that time. */
double load_recorder_throughput(const load_recorder *recorder); /* of answers; failures are none */
double load_recorder_failed_rate(const load_recorder *recorder);
double load_recorder_goodput(const load_recorder *recorder); /* 0 without an SLO */
/* By the server's usage; -1: it did not say any. */
double load_recorder_tokens_in(const load_recorder *recorder);
double load_recorder_tokens_out(const load_recorder *recorder);
/* Of the median user, whose answer is streamed: 1 / the p50 of the time per token; -1: not known */
double load_recorder_tokens_a_user(const load_recorder *recorder);

/* A second, of what was measured: meant to be sent, and gone out. NAN: of one request, or of
 * several at one time. */
double load_recorder_asked_rate(const load_recorder *recorder);
double load_recorder_sent_rate(const load_recorder *recorder);

/* By which part the rate at the server was below the one that was meant, of what had to be sent. */
double load_recorder_shortfall(const load_recorder *recorder);

/* Parts of what was measured, 0 to 1. 0 when there is nothing. */
double load_recorder_error_rate(const load_recorder *recorder);
double load_recorder_hit_rate(const load_recorder *recorder);
double load_recorder_good_rate(const load_recorder *recorder);

/* How many ended so; what shares the name "dns" is counted as one, under GLIMPSE_ERR_DNS. */
uint64_t load_recorder_errors_of(const load_recorder *recorder, glimpse_error error);

/* Seconds from the timeline's start to the last answer, measured or not. */
double load_recorder_span(const load_recorder *recorder);

#endif
