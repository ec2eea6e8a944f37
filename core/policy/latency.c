/*
 * latency.c - see latency.h. Owns the words of the notices and the names of their kinds. Pure:
 * called by the engine and by core/latency_monitor.c.
 */
#include "policy/latency.h"

#include "problem.h"

#define DAY_MS INT64_C(86400000)

static const glimpse_choice choices[] = {
    GLIMPSE_CHOICE_KEEP_WAITING,
    GLIMPSE_CHOICE_REDIAL,
    GLIMPSE_CHOICE_ESSENCE_ONLY,
    GLIMPSE_CHOICE_COMMIT,
};

static const char *const messages[] = {
    "trying ...",
    "still trying; matching your intent ...",
    "slower than most: keep waiting, redial, take the essence only, or go on without it",
    "degraded: far slower than usual; an answer may still come, late",
};

static int64_t threshold_ms(const glimpse_thresholds *thresholds, int n)
{
    const int64_t all[] = { thresholds->t1_ms, thresholds->t2_ms, thresholds->t3_ms,
                            thresholds->t4_ms };
    return all[n];
}

gl_time gl_latency_due(const glimpse_thresholds *thresholds, gl_time start, int n)
{
    return n < 4 ? gl_time_add_ms(start, threshold_ms(thresholds, n)) : GL_TIME_NEVER;
}

int gl_latency_crossed(const glimpse_thresholds *thresholds, uint64_t elapsed_ns)
{
    int n = 0;
    while (n < 4 && gl_latency_due(thresholds, 0, n) <= elapsed_ns) n++;
    return n;
}

void gl_latency_notice(int n, uint64_t elapsed_ns, glimpse_notice *notice)
{
    *notice = (glimpse_notice){
        .kind = (glimpse_notice_kind)(GLIMPSE_NOTICE_TRYING + n),
        .elapsed_ms = (int64_t)(elapsed_ns / GL_MS),
        .message = messages[n],
    };
    if (notice->kind == GLIMPSE_NOTICE_PATIENCE) {
        notice->choices = choices;
        notice->choice_count = sizeof choices / sizeof choices[0];
    }
}

bool gl_thresholds_inherit(const glimpse_thresholds *thresholds)
{
    for (int n = 0; n < 4; n++)
        if (threshold_ms(thresholds, n) != GLIMPSE_INHERIT) return false;
    return true;
}

glimpse_error glimpse_thresholds_check(const glimpse_thresholds *thresholds,
                                       glimpse_problem *problem)
{
    static const char *const fields[] = { "t1_ms", "t2_ms", "t3_ms", "t4_ms" };
    static const char *const above[] = { "must be above 0", "must be above t1_ms",
                                         "must be above t2_ms", "must be above t3_ms" };
    int64_t before = 0;
    gl_problem_clear(problem);
    if (thresholds == NULL) return gl_refuse(problem, "thresholds", "are missing");
    for (int n = 0; n < 4; n++) {
        int64_t ms = threshold_ms(thresholds, n);
        if (ms <= before) return gl_refuse(problem, fields[n], above[ms <= 0 ? 0 : n]);
        if (ms > DAY_MS) return gl_refuse(problem, fields[n], "must be at most 24 hours");
        before = ms;
    }
    return GLIMPSE_OK;
}

glimpse_error gl_thresholds_check(const glimpse_thresholds *thresholds, glimpse_problem *problem)
{
    glimpse_error error = glimpse_thresholds_check(thresholds, problem);
    gl_problem_within(problem, "thresholds");
    return error;
}

const char *glimpse_notice_name(glimpse_notice_kind kind)
{
    static const char *const names[GLIMPSE_NOTICE_COUNT] = {
        [GLIMPSE_NOTICE_TRYING] = "trying",
        [GLIMPSE_NOTICE_MATCHING_INTENT] = "matching_intent",
        [GLIMPSE_NOTICE_PATIENCE] = "patience",
        [GLIMPSE_NOTICE_DEGRADED] = "degraded",
        [GLIMPSE_NOTICE_RETRY] = "retry",
    };
    return (unsigned)kind < GLIMPSE_NOTICE_COUNT ? names[kind] : "unknown";
}

const char *glimpse_choice_name(glimpse_choice choice)
{
    static const char *const names[GLIMPSE_CHOICE_COUNT] = {
        [GLIMPSE_CHOICE_KEEP_WAITING] = "keep_waiting",
        [GLIMPSE_CHOICE_REDIAL] = "redial",
        [GLIMPSE_CHOICE_ESSENCE_ONLY] = "essence_only",
        [GLIMPSE_CHOICE_COMMIT] = "commit",
    };
    return (unsigned)choice < GLIMPSE_CHOICE_COUNT ? names[choice] : "unknown";
}
