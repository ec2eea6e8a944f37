/*
 * lengths.h - the lengths of texts, in tokens, drawn from a distribution. Pure.
 *
 *   512                          always so many
 *   100-900                      uniform, both ends belong to it
 *   normal:MEAN:DEVIATION
 *   lognormal:MEDIAN:P95         the deviation of the logarithm is ln(p95/median)/1.6448536
 *
 * Behind the last two :LEAST-MOST may stand; without it they are 1 and LOAD_LENGTH_MAX. A length
 * outside is drawn again, so that no bound has a heap of its own.
 */
#ifndef LOAD_LENGTHS_H
#define LOAD_LENGTHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/slice.h"

/* More than any model reads; such a text has 5 MB. */
#define LOAD_LENGTH_MAX 1000000

typedef struct load_lengths {
    enum { LOAD_LENGTHS_UNIFORM, LOAD_LENGTHS_NORMAL, LOAD_LENGTHS_LOGNORMAL } kind;
    double middle, deviation; /* of a lognormal: of the logarithm */
    uint32_t least, most;
} load_lengths;

/* false: problem names the fault, without quoting the text. */
bool load_lengths_parse(load_lengths *lengths, gl_slice text, char *problem, size_t problem_size);

bool load_lengths_same(const load_lengths *a, const load_lengths *b);

uint32_t load_lengths_draw(const load_lengths *lengths, gl_rng *rng);

#endif
