/*
 * pick.h - the endpoint that a request goes to next, of those on its model's way. Pure.
 *
 *   room     the one that is owed the most, by weight, of those with room (smooth weighted round
 *            robin, as nginx has it): exact shares, and no two requests of a light endpoint in turn
 *   fastest  the one with the lowest smoothed latency, which counts up to twice as it fills; every
 *            20th request goes to the others, so that their latencies are of today
 *   prefix   rendezvous hashing of the prompt's beginning, with bounded loads: an endpoint that has
 *            a quarter more in flight than its share is passed over
 *
 * A group is passed over while none of its endpoints may be asked, while all that may have refused
 * the request, and while they asked to wait for longer than a later group does. A request that all
 * have refused is for all again. docs/internals/pool.md explains it on a page.
 */
#ifndef GL_POLICY_PICK_H
#define GL_POLICY_PICK_H

#include <glimpse/pool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/time.h"

/* What the choice keeps of an endpoint; all zero at first. */
typedef struct gl_pick_share {
    double credit;   /* room: the requests that it is owed, times the weights' sum */
    double latency;  /* smoothed, ns; 0: it has answered nothing */
    uint32_t passed; /* fastest: choices since it was last taken */
} gl_pick_share;

/* An endpoint on the way of a request, as it is now. */
typedef struct gl_candidate {
    unsigned group;     /* place of its group on the way; candidates come in this order */
    bool open;          /* it may be asked: no key stop, and no circuit, or a probe is due */
    bool failed;        /* it has refused this request for a reason of its own */
    bool parked;        /* after a refusal it asked to wait until `when` */
    uint32_t room;      /* requests that it may get now */
    uint32_t in_flight; /* attempts at it */
    gl_time when;       /* without room, or not open: when to ask again; GL_TIME_NEVER: when an
                           attempt has ended */
    double weight;      /* above 0 */
    uint64_t name;      /* gl_hash of its name */
    gl_pick_share *share;
} gl_candidate;

#define GL_PICK_NONE SIZE_MAX

/* Returns the index of the endpoint that the request goes to, and counts the choice; `prompt` is
 * for prefix. GL_PICK_NONE: it has to wait; ask again at *when (GL_TIME_NEVER: when an attempt has
 * ended). */
size_t gl_pick(glimpse_pick kind, const gl_candidate *candidates, size_t count, uint64_t prompt,
               gl_time now, gl_time *when);

/* Call when an endpoint has answered. elapsed is in ns. A failure is no latency: it may be quick.
 */
void gl_pick_saw(gl_pick_share *share, uint64_t elapsed);

/* Returns the hash of the beginning of a body's prompt: 1,024 bytes, some 256 tokens, of its
 * instructions, messages, prompt or input. Prompts that differ before that gain nothing from one
 * server. */
uint64_t gl_pick_prompt(gl_json body);

#endif
