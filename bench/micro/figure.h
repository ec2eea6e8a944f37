/*
 * figure.h - one line a figure, for a script that makes a table of many: its name, measured,
 * required, with tabs between; a fourth field "at least" where the measured must not be below the
 * required, none where it must not be above.
 */
#ifndef BENCH_MICRO_FIGURE_H
#define BENCH_MICRO_FIGURE_H

#include <stdbool.h>
#include <stdio.h>

/* Each returns true when the figure is held. */
static inline bool figure_at_most(const char *name, double measured, double required)
{
    printf("%s\t%.6g\t%.6g\n", name, measured, required);
    return measured <= required;
}

static inline bool figure_at_least(const char *name, double measured, double required)
{
    printf("%s\t%.6g\t%.6g\tat least\n", name, measured, required);
    return measured >= required;
}

#endif
