/*
 * alert.h - when an alert fires and when it is over (docs/playbook.md section 9). Pure; memory is
 * the struct alone, some 64 KiB, however many requests it sees.
 *
 * The window is cut into slices of equal length, each with its counts and a histogram of what was
 * waited; the oldest slice gives way to the next. Whether requests repeat is told by a table of the
 * fingerprints of what was answered last, about as many as GL_ALERT_SEEN: what was answered longer
 * ago than that, no cache of that size could answer again either.
 */
#ifndef GL_POLICY_ALERT_H
#define GL_POLICY_ALERT_H

#include <glimpse/alert.h>
#include <glimpse/latency.h>

#include "base/time.h"

#define GL_ALERT_SLICES 20
/* Exact milliseconds below 32, then 32 steps an octave up to 2^22 ms (70 min): 3 % wide. */
#define GL_ALERT_STEP_BITS 5
#define GL_ALERT_TOP_BITS  22
#define GL_ALERT_BUCKETS   ((GL_ALERT_TOP_BITS - GL_ALERT_STEP_BITS + 1) << GL_ALERT_STEP_BITS)
/* Twice the cache's default of 2,000 entries. */
#define GL_ALERT_WAYS 4
#define GL_ALERT_SETS 1024
#define GL_ALERT_SEEN (GL_ALERT_SETS * GL_ALERT_WAYS)

/* One request that has ended, and not as cancelled. */
typedef struct gl_alert_request {
    bool waited;                          /* somebody waited for an endpoint: its latency counts */
    uint64_t latency;                     /* ns */
    const glimpse_thresholds *thresholds; /* which it was to keep; read when it waited */
    bool failed;                          /* as the error rate counts it */
    bool looked;                          /* a kept answer would have been taken */
    bool hit;                             /* and was, or an identical request's */
    bool answered;                        /* from now on a cache could have its answer */
    uint64_t identity;                    /* of what was asked; well mixed: all its bits count */
} gl_alert_request;

/* What a slice counts; also the sum of several. */
typedef struct gl_alert_slice {
    uint32_t ended, failed, looked, hits, repeated, waited;
    uint32_t late[2], slow[2];          /* of waited: above t2, t3; not well below them */
    uint32_t buckets[GL_ALERT_BUCKETS]; /* of waited */
} gl_alert_slice;

typedef enum gl_alert_phase {
    GL_ALERT_QUIET,
    GL_ALERT_RISING, /* the limit is passed, not yet for long enough */
    GL_ALERT_FIRING,
    GL_ALERT_FALLING /* firing, and well within the limit, not yet for long enough */
} gl_alert_phase;

typedef struct gl_alert_rule {
    gl_alert_phase phase;
    gl_time since; /* RISING or FALLING since */
    gl_time fired_at;
    uint64_t fired;      /* how often */
    uint64_t first, sum; /* ns: when first, from the beginning; how long in all, but the present */
    double worst;        /* the worst value while it fired */
} gl_alert_rule;

typedef struct gl_alert_watch {
    glimpse_alerts config;
    gl_time began, next; /* next: no look is worth anything before */
    gl_time slice, step; /* ns: a slice's length; between two looks */
    gl_time hold;        /* ns */
    unsigned recent;     /* slices that lie within hold */
    uint64_t epoch;      /* the number of the slice that is being filled */
    int64_t limits[2];   /* ms: of the latencies; of what waited last */
    gl_alert_rule rules[GLIMPSE_ALERT_COUNT];
    gl_alert_slice slices[GL_ALERT_SLICES];      /* by epoch, modulo */
    uint32_t seen[GL_ALERT_SETS][GL_ALERT_WAYS]; /* 0 = empty; used last first */
} gl_alert_watch;

/* NULL, or what is wrong: a static sentence that names the field. */
glimpse_error gl_alert_check(const glimpse_alerts *config, glimpse_problem *problem);

/* config is checked. */
void gl_alert_init(gl_alert_watch *watch, const glimpse_alerts *config, gl_time now);

void gl_alert_add(gl_alert_watch *watch, const gl_alert_request *request, gl_time now);

/* Judges, when a look is due: how many alerts changed, each told in out but for its message. */
size_t gl_alert_look(gl_alert_watch *watch, gl_time now, glimpse_alert out[GLIMPSE_ALERT_COUNT]);

/* When it has to be looked again though nothing was added: NEVER while nothing fires or is about
 * to. */
gl_time gl_alert_due(const gl_alert_watch *watch);

bool gl_alert_fires(const gl_alert_rule *rule);

/* How long it has been firing in all, ns. */
uint64_t gl_alert_total(const gl_alert_rule *rule, gl_time now);

#endif
