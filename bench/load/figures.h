/*
 * figures.h - the figures of each class of requests (class.h), and the difference between the
 * lengths that were asked for and those that the server counted.
 */
#ifndef LOAD_FIGURES_H
#define LOAD_FIGURES_H

#include "base/histogram.h"
#include "load/class.h"
#include "load/outcome.h"

/* Sums over the requests for which both lengths are known. */
typedef struct load_tokens {
    uint64_t requests, asked, counted;
    double worst; /* the largest difference of a request, as a part of the asked length */
} load_tokens;

void load_tokens_add(load_tokens *tokens, uint64_t asked, int64_t counted);

/* Returns the difference of the sums as a part of the asked length: 0.05 when 5 % more were
 * counted; 0 when nothing is known. */
double load_tokens_off(const load_tokens *tokens);

typedef struct load_figures {
    uint64_t measured, errors, good, prompt_tokens, completion_tokens;
    gl_histogram *latency, *ttft;
} load_figures;

/* false: out of memory. Free it either way. */
bool load_figures_init(load_figures *figures);
void load_figures_free(load_figures *figures);

/* Adds a request. The times are in us, as in the recorder; ttft 0: there was no text. */
void load_figures_add(load_figures *figures, const load_outcome *outcome, bool failed, bool good,
                      uint64_t latency, uint64_t ttft);

#endif
