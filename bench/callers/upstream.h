/*
 * upstream.h - what the mock behind the gateway saw of a crowd: its journal is read twice a second.
 * A text that it answered twice was paid for twice; a request whose caller left must end soon.
 */
#ifndef CALLERS_UPSTREAM_H
#define CALLERS_UPSTREAM_H

#include "crowd.h"

typedef struct upstream_counts {
    uint64_t seen;         /* requests with a text of this crowd */
    uint64_t faults;       /* of these: those that met a fault */
    uint64_t doubled;      /* of these: without a fault, for a text that had one without already */
    uint64_t unseen;       /* requests that the journal forgot before it was read */
    uint64_t ended_early;  /* because their caller left */
    uint64_t late_over_ms; /* of these: ended more than UPSTREAM_LATE_MS after it */
    double late_most_ms;
} upstream_counts;

#define UPSTREAM_LATE_MS 100

typedef struct upstream {
    crowd *crowd;
    struct bufferevent *connection;
    struct event again;
    reply reply;
    uint64_t last;      /* number of the last entry that was read */
    uint64_t under_way; /* of the entries read last */
    upstream_counts counts;
    bool closing;
    void (*done)(void *arg);
    void *arg;
} upstream;

void upstream_open(upstream *u, crowd *c);

/* Once the crowd is done: reads on until no request is under way, then calls `done`. */
void upstream_finish(upstream *u, void (*done)(void *arg), void *arg);
void upstream_close(upstream *u);

#endif
