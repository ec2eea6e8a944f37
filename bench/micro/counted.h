/* counted.h - the part of a program whose instructions are counted: callgrind collects from the
 * beginning of counted() to its end. */
#ifndef BENCH_MICRO_COUNTED_H
#define BENCH_MICRO_COUNTED_H

void counted(void *arg);

/* Calls it so that it stays a function of its own. */
static inline void run_counted(void *arg)
{
    void (*volatile run)(void *) = counted;
    run(arg);
}

#endif
