/* findings.c - see findings.h. */
#include "load/findings.h"

#include <math.h>

#include "base/alloc.h"

static double quantile_us(const gl_histogram *h, double q)
{
    return gl_histogram_count(h) > 0 ? (double)gl_histogram_quantile(h, q) : NAN;
}

load_finding load_finding_of(double load, const load_recorder *recorder)
{
    const load_recorder *r = recorder;
    load_finding f = { .load = load,
                       .throughput = load_recorder_throughput(r),
                       .sent = load_recorder_sent_rate(r),
                       .error_rate = load_recorder_error_rate(r),
                       .hit_rate = load_recorder_hit_rate(r),
                       .p50_us = quantile_us(r->metrics[LOAD_LATENCY], 0.5),
                       .p95_us = quantile_us(r->metrics[LOAD_LATENCY], 0.95),
                       .p99_us = quantile_us(r->metrics[LOAD_LATENCY], 0.99),
                       .ttft_p50_us = quantile_us(r->metrics[LOAD_TTFT], 0.5),
                       .ttft_p99_us = quantile_us(r->metrics[LOAD_TTFT], 0.99),
                       .tokens_rps = NAN,
                       .tokens_user_rps = NAN,
                       .keeping = load_keeping_up(r->blocks) };
    const gl_histogram *latency = r->metrics[LOAD_LATENCY];
    double waited_s = gl_histogram_mean(latency) * (double)gl_histogram_count(latency) / 1e6;
    if (r->completion_tokens > 0 && waited_s > 0) {
        double tokens = (double)r->completion_tokens;
        f.tokens_rps = tokens / (double)r->measured * load_recorder_ended_rate(r);
        f.tokens_user_rps = tokens / waited_s;
    }
    return f;
}

bool load_findings_add(load_findings *findings, const load_finding *finding)
{
    load_finding *rows = gl_realloc(findings->row, (findings->count + 1) * sizeof *findings->row);
    if (rows == NULL) return false;
    findings->row = rows;
    rows[findings->count++] = *finding;
    return true;
}

void load_findings_free(load_findings *findings)
{
    gl_free(findings->row);
    *findings = (load_findings){ .count = 0 };
}

double load_findings_throughput(const load_findings *findings, double load)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const load_finding *f = &findings->row[i];
        if (f->load != load || f->seen == LOAD_SEEN_SPOILT) continue;
        sum += f->throughput;
        count++;
    }
    return count > 0 ? sum / count : NAN;
}
