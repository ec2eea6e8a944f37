/* ordered.h - records that finish in any order, handed on in the order of their numbers. */
#ifndef CLI_BATCH_ORDERED_H
#define CLI_BATCH_ORDERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

typedef void (*ordered_fn)(void *arg, gl_slice record);

typedef struct cli_ordered {
    struct ordered_slot {
        char *record; /* NULL: no record to hand on */
        size_t len;
        bool done;
    } *slots;
    size_t window; /* numbers next .. next + window - 1 may be put */
    uint64_t next; /* the first missing number */
    size_t bytes;  /* of the records that wait */
    ordered_fn emit;
    void *arg;
} cli_ordered;

bool ordered_init(cli_ordered *order, size_t window, ordered_fn emit, void *arg);
void ordered_free(cli_ordered *order);

/* Record number n, from 0, each once; a record without data is only counted. false: no memory. */
bool ordered_put(cli_ordered *order, uint64_t n, gl_slice record);

/* Hands on the waiting records, in order, without the missing ones, because no more will come. */
void ordered_drain(cli_ordered *order);

#endif
