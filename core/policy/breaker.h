/*
 * breaker.h - whether the endpoint is asked at all: a circuit breaker. Pure.
 *
 *   CLOSED   everything goes
 *   OPEN     nothing goes until `until`, then one probe
 *   PROBING  one probe is out; it closes the circuit, or opens it for twice as long, 4 s at most.
 *            Beside one that has hung for 10 s another may go
 *
 * It opens when 20 attempts on end failed, or at least half of the last 10 s' and at least 20 of
 * them (the endpoint's failures: 5xx, no connection, a broken or late answer; a 429 that only paces
 * is none), or, with `breaker` "local", when half of them took longer than t4 for 10 s on end.
 * After it closes the window of limit.h starts from 2 and doubles.
 */
#ifndef GL_POLICY_BREAKER_H
#define GL_POLICY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

typedef enum gl_circuit { GL_CIRCUIT_CLOSED, GL_CIRCUIT_OPEN, GL_CIRCUIT_PROBING } gl_circuit;

#define GL_BREAKER_SLOTS 10 /* of a second */

typedef struct gl_breaker {
    gl_circuit state;
    bool minds_late; /* late answers open the circuit too */
    uint32_t ended[GL_BREAKER_SLOTS], failed[GL_BREAKER_SLOTS], late[GL_BREAKER_SLOTS];
    uint64_t second;    /* second of the newest slot */
    uint32_t streak;    /* failures in a row */
    gl_time late_since; /* since when half have been late; GL_TIME_NEVER = they are not */
    gl_time until;      /* when the next probe may go */
    uint64_t wait;      /* OPEN: how long this time, ns */
    uint64_t opened;    /* how often it opened */
} gl_breaker;

typedef enum gl_breaker_change {
    GL_BREAKER_SAME,
    GL_BREAKER_OPENED,
    GL_BREAKER_PROBE_FAILED, /* the circuit stays open, for longer */
    GL_BREAKER_CLOSED
} gl_breaker_change;

void gl_breaker_init(gl_breaker *breaker, bool minds_late);

/* Returns true when an attempt may go now; else *when is the moment to ask again. */
bool gl_breaker_may_start(const gl_breaker *breaker, gl_time now, gl_time *when);

/* Call when an attempt goes; returns true when it is the probe. */
bool gl_breaker_started(gl_breaker *breaker, gl_time now);

/* Call when an attempt ended. `failed`: by the endpoint's fault; `late`: after t4. */
gl_breaker_change gl_breaker_ended(gl_breaker *breaker, bool probe, bool failed, bool late,
                                   gl_time now);

/* Call when the circuit has just opened or a probe failed: the next probe goes after this wait,
 * ns. */
void gl_breaker_wait(gl_breaker *breaker, uint64_t wait, gl_time now);

/* Call when a probe was cancelled: it says nothing about the endpoint, and another may go. */
void gl_breaker_probe_lost(gl_breaker *breaker, gl_time now);

#endif
