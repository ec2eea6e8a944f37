/* rows.c - see rows.h. */
#include "load/rows.h"

#include <math.h>

const char *load_row_figure_name(load_row_figure figure)
{
    static const char *const names[] = { "sent_rps", "answers_rps", "failed_rps",  "p50_us",
                                         "p99_us",   "ttft_p50_us", "ttft_p99_us", "tokens_rps",
                                         "waiting",  "in_flight",   "hit_rate",    "rss_bytes" };
    return names[figure];
}

static double width_of(const load_recorder *r)
{
    return (double)r->timeline->width / 1e9;
}

size_t load_row_count(const load_recorder *recorder)
{
    size_t count = recorder->timeline->count;
    /* The loop's measurement of memory may have begun a row behind the last answer. */
    while (count > 1 && (double)(count - 1) * width_of(recorder) >= load_recorder_span(recorder))
        count--;
    return count;
}

/* Returns the part of a row before the last answer, s; 0: too little for a rate. */
static double covered(const load_recorder *r, size_t row)
{
    double width = width_of(r), left = load_recorder_span(r) - (double)row * width;
    if (left >= width) return width;
    return row > 0 && left < width / 2 ? 0 : fmax(left, 0);
}

static double rate(const load_recorder *r, size_t row, double amount)
{
    double seconds = covered(r, row);
    return seconds > 0 ? amount / seconds : NAN;
}

static double quantile(uint64_t us)
{
    return us > 0 ? (double)us : NAN;
}

double load_row_value(const load_recorder *recorder, size_t row, load_row_figure figure)
{
    const load_recorder *r = recorder;
    const load_row *at = &r->timeline->rows[row];
    switch (figure) {
    case LOAD_ROW_SENT:
        return rate(r, row, (double)at->sent);
    case LOAD_ROW_ANSWERS:
        return rate(r, row, (double)at->came);
    case LOAD_ROW_FAILURES:
        return rate(r, row, (double)at->failed);
    case LOAD_ROW_P50:
    case LOAD_ROW_P99:
        return quantile(load_row_quantile(at, figure == LOAD_ROW_P50 ? 0.5 : 0.99));
    case LOAD_ROW_FIRST_P50:
    case LOAD_ROW_FIRST_P99:
        return quantile(load_row_first_quantile(at, figure == LOAD_ROW_FIRST_P50 ? 0.5 : 0.99));
    case LOAD_ROW_TOKENS:
        return rate(r, row, (double)at->tokens);
    case LOAD_ROW_WAITING:
        return rate(r, row, (double)at->waited / 1e9);
    case LOAD_ROW_IN_FLIGHT:
        return (double)at->in_flight;
    case LOAD_ROW_HIT_RATE:
        return at->done > 0 ? (double)at->hits / (double)at->done : NAN;
    case LOAD_ROW_MEMORY:
        return at->rss_bytes > 0 ? (double)at->rss_bytes : NAN;
    case LOAD_ROW_FIGURES:
        break;
    }
    return NAN;
}
