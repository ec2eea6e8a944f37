/* findings.c - see findings.h. */
#include "load/findings.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "load/percentiles.h"
#include "load/student.h"

load_finding load_finding_of(double load, const load_recorder *recorder)
{
    const load_recorder *r = recorder;
    load_finding f = { .load = load,
                       .throughput = load_recorder_throughput(r),
                       .sent = fmax(load_recorder_sent_rate(r), 0), /* 0 where it is not known */
                       .error_rate = load_recorder_error_rate(r),
                       .hit_rate = load_recorder_hit_rate(r),
                       .p50_us = load_quantile_us(r->metrics[LOAD_LATENCY], 0.5),
                       .p95_us = load_quantile_us(r->metrics[LOAD_LATENCY], 0.95),
                       .p99_us = load_quantile_us(r->metrics[LOAD_LATENCY], 0.99),
                       .ttft_p50_us = load_quantile_us(r->metrics[LOAD_TTFT], 0.5),
                       .ttft_p99_us = load_quantile_us(r->metrics[LOAD_TTFT], 0.99),
                       .tokens_rps = NAN,
                       .tokens_user_rps = NAN,
                       .keeping = load_keeping_up(r->blocks) };
    const gl_histogram *latency = r->metrics[LOAD_LATENCY];
    double waited_s = gl_histogram_mean(latency) * (double)gl_histogram_count(latency) / 1e6;
    if (r->completion_tokens > 0 && waited_s > 0) {
        double tokens = (double)r->completion_tokens;
        f.tokens_rps = load_recorder_tokens_out(r);
        f.tokens_user_rps = tokens / waited_s;
    }
    return f;
}

bool load_findings_add(load_findings *findings, const load_finding *finding)
{
    load_finding *rows =
        gl_array_room(findings->row, &findings->room, findings->count + 1, 16, sizeof *rows);
    if (rows == NULL) return false;
    findings->row = rows;
    rows[findings->count++] = *finding;
    return true;
}

void load_findings_free(load_findings *findings)
{
    gl_free(findings->row);
    findings->row = NULL;
    findings->count = findings->room = 0;
}

load_judgement load_findings_judge(const load_findings *findings)
{
    const char *state = findings->state;
    if (strcmp(state, "found") == 0) return LOAD_PASS;
    if (strcmp(state, "client") == 0 || strcmp(state, "spoilt") == 0) return LOAD_INVALID;
    return strcmp(state, "interrupted") == 0 ? LOAD_UNJUDGED : LOAD_FAIL;
}

/* --- points ----------------------------------------------------------------------------------- */

#define LEVEL 0.05

/* Returns the mean of one figure over the rows of a point that have it. */
static double mean_of(const load_findings *f, double load, size_t figure)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < f->count; i++) {
        const load_finding *row = &f->row[i];
        double value = *(const double *)(const void *)((const char *)row + figure);
        if (row->load != load || row->seen == LOAD_SEEN_SPOILT || isnan(value)) continue;
        sum += value;
        count++;
    }
    return count > 0 ? sum / count : NAN;
}

static void set_interval(const load_findings *f, load_point *p)
{
    double squares = 0, n = (double)p->runs;
    p->low = p->high = NAN;
    if (p->runs < 2) return;
    for (size_t i = 0; i < f->count; i++)
        if (f->row[i].load == p->load && f->row[i].seen != LOAD_SEEN_SPOILT)
            squares += pow(f->row[i].throughput - p->throughput, 2);
    double half = load_student_t(LEVEL, n - 1) * sqrt(squares / (n - 1) / n);
    p->low = p->throughput - half;
    p->high = p->throughput + half;
}

static load_point point_of(const load_findings *f, double load)
{
    load_point p = { .load = load };
    for (size_t i = 0; i < f->count; i++) {
        if (f->row[i].load != load || f->row[i].seen == LOAD_SEEN_SPOILT) continue;
        p.runs++;
        p.met += f->row[i].seen == LOAD_SEEN_MET;
    }
    p.throughput = mean_of(f, load, offsetof(load_finding, throughput));
    p.error_rate = mean_of(f, load, offsetof(load_finding, error_rate));
    p.p50_us = mean_of(f, load, offsetof(load_finding, p50_us));
    p.p95_us = mean_of(f, load, offsetof(load_finding, p95_us));
    p.p99_us = mean_of(f, load, offsetof(load_finding, p99_us));
    p.ttft_p50_us = mean_of(f, load, offsetof(load_finding, ttft_p50_us));
    p.tokens_rps = mean_of(f, load, offsetof(load_finding, tokens_rps));
    p.tokens_user_rps = mean_of(f, load, offsetof(load_finding, tokens_user_rps));
    set_interval(f, &p);
    return p;
}

size_t load_findings_points(const load_findings *findings, load_point point[LOAD_POINTS])
{
    size_t count = 0;
    double last = -1;
    while (count < LOAD_POINTS) {
        double next = HUGE_VAL;
        for (size_t i = 0; i < findings->count; i++) {
            const load_finding *row = &findings->row[i];
            if (row->load > last && row->load < next && row->seen != LOAD_SEEN_SPOILT)
                next = row->load;
        }
        if (isinf(next)) break;
        point[count++] = point_of(findings, next);
        last = next;
    }
    return count;
}
