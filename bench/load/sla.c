/* sla.c - see sla.h. Pure. */
#include "load/sla.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "load/number.h"

static bool refuse(const char *term, size_t len, const char *why, char *problem, size_t size)
{
    snprintf(problem, size, "'%.*s': %s", (int)(len < 40 ? len : 40), term, why);
    return false;
}

bool load_term_is_rate(const load_term *term)
{
    return term->kind == LOAD_TERM_THROUGHPUT || term->kind == LOAD_TERM_GOODPUT;
}

static bool read_bound(const char *at, load_term *term)
{
    if (term->kind == LOAD_TERM_DURATION) return load_read_duration(gl_slice_str(at), &term->bound);
    return load_term_is_rate(term) ? load_read_plain(at, &term->bound)
                                   : load_read_part(at, &term->bound);
}

static bool read_name(gl_slice name, load_term *term)
{
    static const struct {
        const char *prefix;
        load_metric metric;
    } metrics[] = { { "service_", LOAD_SERVICE },
                    { "ttft_", LOAD_TTFT },
                    { "first_chunk_", LOAD_FIRST_CHUNK },
                    { "first_answer_", LOAD_ANSWER },
                    { "chunk_gap_", LOAD_CHUNK_GAP },
                    { "token_gap_", LOAD_CHUNK_GAP },
                    { "tpot_", LOAD_TPOT },
                    { "", LOAD_LATENCY } };
    static const struct {
        const char *name;
        double q;
    } quantiles[] = { { "p50", 0.5 },  { "p75", 0.75 },   { "p90", 0.9 }, { "p95", 0.95 },
                      { "p99", 0.99 }, { "p999", 0.999 }, { "mean", -1 }, { "max", 2 } };
    term->kind = LOAD_TERM_DURATION;
    if (gl_slice_is(name, "error_rate")) term->kind = LOAD_TERM_ERRORS;
    if (gl_slice_is(name, "hit_rate")) term->kind = LOAD_TERM_HITS;
    if (gl_slice_is(name, "throughput")) term->kind = LOAD_TERM_THROUGHPUT;
    if (gl_slice_is(name, "goodput")) term->kind = LOAD_TERM_GOODPUT;
    if (gl_slice_is(name, "good_rate")) term->kind = LOAD_TERM_GOOD;
    if (term->kind != LOAD_TERM_DURATION) return true;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        size_t len = strlen(metrics[i].prefix);
        if (name.len < len || memcmp(name.data, metrics[i].prefix, len) != 0) continue;
        gl_slice rest = gl_slice_of(name.data + len, name.len - len);
        for (size_t j = 0; j < sizeof quantiles / sizeof *quantiles; j++)
            if (gl_slice_is(rest, quantiles[j].name)) {
                term->metric = metrics[i].metric;
                term->quantile = quantiles[j].q;
                return true;
            }
        return false;
    }
    return false;
}

static bool parse_term(const char *text, size_t len, load_term *term, char *problem, size_t size)
{
    gl_slice trimmed = load_trim(gl_slice_of(text, len));
    text = trimmed.data;
    len = trimmed.len;
    if (len >= sizeof term->text) return refuse(text, len, "is too long", problem, size);
    memcpy(term->text, text, len);
    term->text[len] = '\0';
    size_t name = strcspn(term->text, "<>");
    if (term->text[name] == '\0')
        return refuse(text, len, "is no NAME<BOUND or NAME>BOUND", problem, size);
    if (!read_name(load_trim(gl_slice_of(term->text, name)), term))
        return refuse(text, len,
                      "is of nothing that is known (p50 p75 p90 p95 p99 p999 mean max, also behind "
                      "service_, ttft_, tpot_, chunk_gap_, first_chunk_, first_answer_; "
                      "error_rate, hit_rate, throughput, goodput, "
                      "good_rate)",
                      problem, size);
    term->less = term->text[name] == '<';
    term->equal = term->text[name + 1] == '=';
    if (!read_bound(term->text + name + 1 + term->equal, term))
        return refuse(text, len,
                      term->kind == LOAD_TERM_DURATION
                          ? "has no duration with its unit, such as 2500ms or 2.5s"
                      : load_term_is_rate(term) ? "has no number"
                                                : "has no part such as 5%",
                      problem, size);
    return true;
}

bool load_sla_parse(load_sla *sla, const char *text, char *problem, size_t problem_size)
{
    memset(sla, 0, sizeof *sla);
    if (text == NULL || *text == '\0') return true;
    for (;;) {
        size_t len = strcspn(text, ",");
        if (sla->count == LOAD_TERMS)
            return refuse(text, len, "is one term too many", problem, problem_size);
        if (!parse_term(text, len, &sla->term[sla->count++], problem, problem_size)) return false;
        if (text[len] == '\0') return true;
        text += len + 1;
    }
}

bool load_term_meets(const load_term *term, double seen)
{
    return (term->less ? seen < term->bound : seen > term->bound) ||
           (term->equal && !(seen < term->bound) && !(seen > term->bound));
}

double load_term_look(const load_term *term, const load_recorder *recorder, bool *met)
{
    const gl_histogram *h = recorder->metrics[term->metric];
    bool seen = recorder->measured > 0;
    double value = 0;
    switch (term->kind) {
    case LOAD_TERM_ERRORS:
        value = load_recorder_error_rate(recorder);
        break;
    case LOAD_TERM_HITS:
        value = load_recorder_hit_rate(recorder);
        break;
    case LOAD_TERM_THROUGHPUT:
        value = load_recorder_throughput(recorder);
        break;
    case LOAD_TERM_GOODPUT:
        value = load_recorder_goodput(recorder);
        break;
    case LOAD_TERM_GOOD:
        value = load_recorder_good_rate(recorder);
        break;
    case LOAD_TERM_DURATION:
        seen = gl_histogram_count(h) > 0;
        value = term->quantile < 0   ? gl_histogram_mean(h)
                : term->quantile > 1 ? (double)gl_histogram_max(h)
                                     : (double)gl_histogram_quantile(h, term->quantile);
        break;
    }
    *met = seen && load_term_meets(term, value);
    return seen ? value : NAN;
}

void load_term_shown(const load_term *term, const load_recorder *recorder, bool *met, char *text,
                     size_t size)
{
    double seen = load_term_look(term, recorder, met);
    if (isnan(seen))
        snprintf(text, size, "nothing was measured");
    else if (term->kind == LOAD_TERM_DURATION)
        snprintf(text, size, "%.3f ms", seen / 1e3);
    else if (load_term_is_rate(term))
        snprintf(text, size, "%.3f/s", seen);
    else
        snprintf(text, size, "%.3f %%", 100 * seen);
}

bool load_sla_wants_slo(const load_sla *sla)
{
    for (size_t i = 0; i < sla->count; i++)
        if (sla->term[i].kind == LOAD_TERM_GOODPUT || sla->term[i].kind == LOAD_TERM_GOOD)
            return true;
    return false;
}

bool load_sla_met(const load_sla *sla, const load_recorder *recorder)
{
    bool all = true, met;
    for (size_t i = 0; i < sla->count; i++) {
        load_term_look(&sla->term[i], recorder, &met);
        all = all && met;
    }
    return all;
}
