/*
 * trim.h - when to give memory back to the system after a peak. free() keeps the memory between
 * blocks in use, so that a process stays as large as it ever was: 4,500 requests that waited behind
 * a stall of 1.5 s left 11 MB behind (test/show/stall_memory.sh).
 */
#ifndef CLI_BENCH_TRIM_H
#define CLI_BENCH_TRIM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct trim {
    uint64_t peak; /* the most in flight since memory was given back */
    uint64_t most; /* the most of the present second */
    bool again;
} trim;

/* Call often, with the number in flight. */
void trim_note(trim *t, uint64_t in_flight);

/* Call once a second: true when memory should be given back, because the most of that second is
 * less than half of the peak, and the difference is worth a turn of the loop; and once more a
 * second later, when the blocks that came after the peak have gone. */
bool trim_due(trim *t);

/* Gives the memory back. */
void trim_memory(void);

#endif
