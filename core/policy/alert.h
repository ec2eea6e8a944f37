/*
 * alert.h - decides when an alert fires and when it is over (docs/playbook.md section 9). Pure; its
 * memory is the struct alone, some 64 KiB for any number of requests.
 *
 * The window is cut into slices of equal length, each with its counts and a histogram of latencies;
 * the newest slice takes the place of the oldest. A table of fingerprints of the last answered
 * requests, about GL_ALERT_SEEN, says whether a request repeats: a cache of that size could not
 * answer an older one either.
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

/* One request that has ended, other than as cancelled. */
typedef struct gl_alert_request {
    bool waited;                          /* it waited for an endpoint: its latency counts */
    uint64_t latency;                     /* ns */
    const glimpse_thresholds *thresholds; /* its own thresholds; read when `waited` */
    bool failed;                          /* a failure for the error rate */
    bool looked;                          /* a kept answer would have served it */
    bool hit;                             /* a kept answer, or an identical request's, did */
    bool answered;                        /* from now on a cache could have its answer */
    uint64_t identity;                    /* of the request; well mixed: all its bits count */
} gl_alert_request;

/* The counts of one slice, or the sum of several. */
typedef struct gl_alert_slice {
    uint32_t ended, failed, looked, hits, repeated, waited;
    uint32_t late[2], slow[2]; /* waited longer than t2, t3; longer than a value well below them */
    uint32_t buckets[GL_ALERT_BUCKETS]; /* latencies */
} gl_alert_slice;

typedef enum gl_alert_phase {
    GL_ALERT_QUIET,
    GL_ALERT_RISING, /* the limit is passed, but not for long enough */
    GL_ALERT_FIRING,
    GL_ALERT_FALLING /* firing, but well within the limit; not for long enough */
} gl_alert_phase;

typedef struct gl_alert_rule {
    gl_alert_phase phase;
    gl_time since; /* start of RISING or FALLING */
    gl_time fired_at;
    uint64_t fired;      /* how often it fired */
    uint64_t first, sum; /* ns: from the beginning to the first firing; time spent firing, without
                            the present */
    double worst;        /* worst value while firing */
} gl_alert_rule;

typedef struct gl_alert_watch {
    glimpse_alerts config;
    gl_time began, next; /* next: no look before this moment finds anything new */
    gl_time slice, step; /* ns: length of a slice; time between two looks */
    gl_time hold;        /* ns */
    unsigned recent;     /* number of slices within hold */
    uint64_t epoch;      /* number of the slice that is being filled */
    int64_t limits[2];   /* ms: the latency limits; those of the last request that waited */
    gl_alert_rule rules[GLIMPSE_ALERT_COUNT];
    gl_alert_slice slices[GL_ALERT_SLICES];      /* slice of an epoch: modulo */
    uint32_t seen[GL_ALERT_SETS][GL_ALERT_WAYS]; /* 0 = empty; the newest first */
} gl_alert_watch;

/* Returns NULL, or a static sentence that names the field at fault. */
glimpse_error gl_alert_check(const glimpse_alerts *config, glimpse_problem *problem);

/* config must be checked. */
void gl_alert_init(gl_alert_watch *watch, const glimpse_alerts *config, gl_time now);

void gl_alert_add(gl_alert_watch *watch, const gl_alert_request *request, gl_time now);

/* Judges when a look is due. Returns how many alerts changed; each is in out, complete but for its
 * message. */
size_t gl_alert_look(gl_alert_watch *watch, gl_time now, glimpse_alert out[GLIMPSE_ALERT_COUNT]);

/* Returns when to look again though no request was added: NEVER while no alert fires or is about
 * to. */
gl_time gl_alert_due(const gl_alert_watch *watch);

bool gl_alert_fires(const gl_alert_rule *rule);

/* Returns how long it has been firing in all, ns. */
uint64_t gl_alert_total(const gl_alert_rule *rule, gl_time now);

#endif
