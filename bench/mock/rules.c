/* rules.c - see rules.h. Owns the recorded latencies. */
#include "mock/rules.h"

#include <inttypes.h>
#include <stdio.h>

#include "mock/limit.h"
#include "mock/model.h"
#include "mock/spec.h"

#define SLOWDOWN_MAX 1000.0 /* percent */

static bool check_count(const char *name, int64_t value, int64_t most, char *problem,
                        size_t problem_size)
{
    if (value >= 0 && value <= most) return true;
    snprintf(problem, problem_size, "%s: not in 0 to %" PRId64, name, most);
    return false;
}

static bool read_counts(mock_rules *rules, const mock_options *options, char *problem, size_t size)
{
    const struct {
        const char *name;
        int64_t value, most;
    } counts[] = {
        { "close-after", options->close_after, INT64_MAX },
        { "quota-after", options->quota_after, INT64_MAX },
        { "capacity", options->capacity, INT64_MAX },
        { "queue", options->queue, INT64_MAX },
        { "rpm", options->rpm, MOCK_LIMIT_MAX },
        { "tpm", options->tpm, MOCK_LIMIT_MAX },
        { "reasoning", options->reasoning, MOCK_REASONING_MAX },
        { "enqueued-tokens", options->enqueued_tokens, INT64_MAX },
        { "piece-tokens", options->piece_tokens, MOCK_PIECE_MAX },
        { "max-body", options->max_body, (int64_t)MOCK_BODY_MAX },
        { "batch-latency", options->batch_latency_ms, INT64_MAX },
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (!check_count(counts[i].name, counts[i].value, counts[i].most, problem, size))
            return false;
    rules->close_after = (uint64_t)options->close_after;
    rules->quota = (uint64_t)options->quota_after;
    rules->places = (uint64_t)options->capacity;
    rules->longest = (uint64_t)options->queue;
    rules->reasoning = (uint64_t)options->reasoning;
    rules->piece_tokens = options->piece_tokens > 1 ? (size_t)options->piece_tokens : 1;
    rules->max_body = (size_t)options->max_body;
    rules->rpm = options->rpm;
    rules->tpm = options->tpm;
    rules->most_batch_tokens = (uint64_t)options->enqueued_tokens;
    rules->batch_latency = gl_time_add_ms(0, options->batch_latency_ms);
    return true;
}

static bool check_rate(const char *name, double rate, double most, char *problem, size_t size)
{
    if (rate >= 0 && rate <= most) return true;
    snprintf(problem, size, "%s: not in 0 to %g", name, most);
    return false;
}

static bool read_slowdown(mock_rules *rules, const char *text, char *problem, size_t size)
{
    double percent;
    gl_slice unit, all = gl_slice_str(text);
    if (all.len == 0) return true;
    if (!mock_spec_number(all, &percent, &unit) || !gl_slice_is(unit, "%") ||
        percent > SLOWDOWN_MAX) {
        snprintf(problem, size, "slowdown: '%.60s' is no percentage of 0%% to 1000%%, as 5%%",
                 text);
        return false;
    }
    rules->slowdown = percent / 100;
    return true;
}

/* How long an answer takes, and its tokens. */
static bool read_times(mock_rules *rules, const mock_options *options, char *problem, size_t size)
{
    if (!mock_latency_parse(&rules->latency, "latency", options->latency, problem, size) ||
        !mock_latency_parse(&rules->ttft, "ttft", options->ttft, problem, size) ||
        !mock_latency_parse(&rules->gaps, "token-gap", options->token_gap, problem, size) ||
        !check_rate("token-rate", options->token_rate, MOCK_TOKEN_RATE_MAX, problem, size) ||
        !check_rate("prefill-rate", options->prefill_rate, MOCK_PREFILL_MAX, problem, size) ||
        !check_rate("replay-speed", options->replay_speed, MOCK_SPEED_MAX, problem, size) ||
        !read_slowdown(rules, options->slowdown, problem, size))
        return false;
    rules->has_ttft = gl_slice_str(options->ttft).len != 0;
    rules->replay_speed = options->replay_speed;
    rules->draws_gaps = gl_slice_str(options->token_gap).len != 0;
    if (options->token_rate > 0)
        rules->token_gap = (gl_time)((double)GL_SECOND / options->token_rate);
    if (options->prefill_rate > 0) rules->prefill = (double)GL_SECOND / options->prefill_rate;
    return true;
}

bool mock_rules_read(mock_rules *rules, const mock_options *options, char *problem,
                     size_t problem_size)
{
    *rules = (mock_rules){ .times = options->times, .reset_errors = options->reset_errors };
    if (read_times(rules, options, problem, problem_size) &&
        mock_wait_parse(&rules->retry_after, options->retry_after, problem, problem_size) &&
        mock_faults_parse(&rules->faults, options->fault, problem, problem_size) &&
        mock_outages_parse(&rules->outages, options->outage, problem, problem_size) &&
        mock_stalls_parse(&rules->stalls, options->stall, problem, problem_size) &&
        mock_models_parse(&rules->models, options->models, problem, problem_size) &&
        mock_refusal_parse(&rules->refusal, options->refuse, problem, problem_size) &&
        mock_batch_faults_parse(&rules->batch_faults, options->batch_fault, problem,
                                problem_size) &&
        read_counts(rules, options, problem, problem_size))
        return true;
    mock_rules_free(rules);
    return false;
}

void mock_rules_free(mock_rules *rules)
{
    mock_latency_free(&rules->latency);
    mock_latency_free(&rules->ttft);
    mock_latency_free(&rules->gaps);
}
