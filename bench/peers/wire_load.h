/*
 * wire_load.h - shared by the clients of the wire comparison: the same distinct bodies, the same
 * closed loop, the same meter.
 *
 * A client keeps in_flight requests out; each answer starts the next request. The meter starts when
 * the warm-up requests have been answered, so that connecting is not measured.
 */
#ifndef BENCH_WIRE_LOAD_H
#define BENCH_WIRE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define WIRE_BODY_MIN 250 /* bytes of a request's JSON */
#define WIRE_BODY_MAX 1000
#define WIRE_KEY      "sk-bench"

typedef struct wire_load {
    int port;
    uint64_t warm, measured; /* requests before and under the meter */
    uint64_t first;          /* number of the first body, so that no two runs send the same */
    size_t body_size;        /* bytes of each body, WIRE_BODY_MIN to WIRE_BODY_MAX */
    unsigned in_flight;
    long buffer;         /* of libcurl, in the textbook's clients, bytes; 0 = its default */
    const char *program; /* glimpse, for wire_batch */
} wire_load;

typedef struct wire_meter {
    uint64_t warm, total;           /* answers until the meter starts, until it stops */
    uint64_t answered, failed;      /* so far */
    uint64_t body_bytes;            /* of the last good answer */
    uint64_t sent_bytes, got_bytes; /* of one request and one answer, heads too; 0 = not known */
    gl_time started, stopped;
    double cpu_started, cpu_stopped; /* seconds of the client's process, user and system */
} wire_meter;

/* The JSON body with this number; always size bytes and a NUL. */
void wire_body(char out[WIRE_BODY_MAX + 1], size_t size, uint64_t number);

/* How many requests a client starts: more than are measured, so that as many are in flight when the
 * meter stops as when it starts. */
uint64_t wire_starts(const wire_load *load);

void wire_meter_init(wire_meter *meter, const wire_load *load);

/* An answer came, good or not. true: it was the last one; what comes after it is not counted. */
bool wire_meter_answer(wire_meter *meter, bool good);

/* The clients. false: could not be set up; the reason is on stderr. */
bool wire_textbook(const wire_load *load, wire_meter *meter);
bool wire_textbook_reuse(const wire_load *load, wire_meter *meter);
bool wire_engine(const wire_load *load, wire_meter *meter);
bool wire_batch(const wire_load *load, wire_meter *meter);

#endif
