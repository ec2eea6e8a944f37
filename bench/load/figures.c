/* figures.c - see figures.h. Pure. */
#include "load/figures.h"

#include <string.h>

#include "base/count.h"

void load_tokens_add(load_tokens *tokens, uint64_t asked, int64_t counted)
{
    if (asked == 0 || counted < 0) return;
    tokens->requests++;
    tokens->asked = gl_sum_add(tokens->asked, (int64_t)asked);
    tokens->counted = gl_sum_add(tokens->counted, counted);
    double off = (double)counted / (double)asked - 1;
    if (off < 0) off = -off;
    if (off > tokens->worst) tokens->worst = off;
}

double load_tokens_off(const load_tokens *tokens)
{
    return tokens->asked > 0 ? (double)tokens->counted / (double)tokens->asked - 1 : 0;
}

bool load_figures_init(load_figures *figures)
{
    memset(figures, 0, sizeof *figures);
    figures->latency = gl_histogram_new();
    figures->ttft = gl_histogram_new();
    return figures->latency != NULL && figures->ttft != NULL;
}

void load_figures_free(load_figures *figures)
{
    gl_histogram_free(figures->latency);
    gl_histogram_free(figures->ttft);
    memset(figures, 0, sizeof *figures);
}

void load_figures_add(load_figures *figures, const load_outcome *outcome, bool failed, bool good,
                      uint64_t latency, uint64_t ttft)
{
    figures->measured++;
    figures->errors += failed;
    figures->good += good;
    figures->prompt_tokens = gl_sum_add(figures->prompt_tokens, outcome->prompt_tokens);
    figures->completion_tokens = gl_sum_add(figures->completion_tokens, outcome->completion_tokens);
    gl_histogram_add(figures->latency, latency);
    if (ttft > 0) gl_histogram_add(figures->ttft, ttft);
}
