/* policy/alert.c - when alerts fire and when they are over, in time that the tests move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "policy/alert.h"

static const glimpse_thresholds thresholds = GLIMPSE_THRESHOLDS_DEFAULT;
static const glimpse_alerts defaults = GLIMPSE_ALERTS_DEFAULT;

/* A watch, its time, and what it has told. */
typedef struct rig {
    gl_alert_watch *watch;
    gl_time now;
    uint64_t unique; /* identities given out */
    int fired[GLIMPSE_ALERT_COUNT], cleared[GLIMPSE_ALERT_COUNT];
    gl_time last_at[GLIMPSE_ALERT_COUNT];
    glimpse_alert last[GLIMPSE_ALERT_COUNT];
    gl_time closest; /* between two changes of one kind */
} rig;

static rig *rig_new_with(const glimpse_alerts *config)
{
    rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->watch = malloc(sizeof *r->watch);
    assert_non_null(r->watch);
    assert_int_equal(gl_alert_check(config, NULL), GLIMPSE_OK);
    r->now = 12345 * GL_SECOND + 678 * GL_MS;
    r->closest = GL_TIME_NEVER;
    gl_alert_init(r->watch, config, r->now);
    return r;
}

static rig *rig_new(void)
{
    return rig_new_with(&defaults);
}

static void rig_free(rig *r)
{
    free(r->watch);
    free(r);
}

static void look(rig *r)
{
    glimpse_alert out[GLIMPSE_ALERT_COUNT];
    size_t n = gl_alert_look(r->watch, r->now, out);
    for (size_t i = 0; i < n; i++) {
        glimpse_alert_kind kind = out[i].kind;
        int *count = out[i].firing ? r->fired : r->cleared;
        count[kind]++;
        /* It fires, is over, fires: never the same twice. */
        assert_int_equal(r->fired[kind] - r->cleared[kind], out[i].firing ? 1 : 0);
        if (r->last_at[kind] != 0 && r->now - r->last_at[kind] < r->closest)
            r->closest = r->now - r->last_at[kind];
        r->last_at[kind] = r->now;
        r->last[kind] = out[i];
        assert_int_equal(gl_alert_fires(&r->watch->rules[kind]), out[i].firing);
    }
}

/* Time passes with nothing added: looked at when the watch wants it, as the engine does. */
static void pass(rig *r, gl_time ns)
{
    gl_time until = r->now + ns, due;
    while ((due = gl_alert_due(r->watch)) <= until) {
        r->now = due > r->now ? due : r->now;
        look(r);
    }
    r->now = until;
}

static uint64_t mixed(uint64_t n)
{
    n = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

static void add(rig *r, const gl_alert_request *given)
{
    gl_alert_request request = *given;
    if (request.thresholds == NULL) request.thresholds = &thresholds;
    gl_alert_add(r->watch, &request, r->now);
    look(r);
}

static void answer(rig *r, uint64_t ms)
{
    const gl_alert_request request = { .waited = true,
                                       .latency = ms * GL_MS,
                                       .looked = true,
                                       .answered = true,
                                       .identity = mixed(r->unique++) };
    add(r, &request);
}

static void failure(rig *r)
{
    const gl_alert_request request = { .waited = true,
                                       .latency = 100 * GL_MS,
                                       .failed = true,
                                       .looked = true,
                                       .identity = mixed(r->unique++) };
    add(r, &request);
}

/* One a tenth of a second for so long, each taking ms; every `nth` fails, 0 none. */
static void answers(rig *r, int seconds, uint64_t ms, int nth)
{
    for (int i = 1; i <= seconds * 10; i++) {
        pass(r, 100 * GL_MS);
        if (nth != 0 && i % nth == 0)
            failure(r);
        else
            answer(r, ms);
    }
}

static void nothing_fired(const rig *r)
{
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) assert_int_equal(r->fired[i], 0);
    assert_true(gl_alert_due(r->watch) == GL_TIME_NEVER);
}

/* --- latency --- */

static void late_answers_fire_once_and_are_over_once(void **state)
{
    (void)state;
    rig *r = rig_new();
    answers(r, 120, 1000, 0);
    nothing_fired(r);
    answers(r, 600, 3000, 0);
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 1);
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P95], 0); /* 3 s is within t3 */
    const glimpse_alert *is = &r->last[GLIMPSE_ALERT_LATENCY_P50];
    assert_true(is->firing && is->limit == 2500 && is->value <= 3000 && is->value > 3000 / 1.04);
    assert_in_range(is->samples, 569, 601); /* the slice that is being filled is cut */
    assert_int_equal(is->window_ms, 60000);
    assert_true(is->lasted_ms >= 15000 && is->lasted_ms <= 16100);
    answers(r, 600, 1000, 0);
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 1);
    assert_int_equal(r->cleared[GLIMPSE_ALERT_LATENCY_P50], 1);
    assert_true(is->lasted_ms > 580000 && is->lasted_ms < 620000);
    const gl_alert_rule *rule = &r->watch->rules[GLIMPSE_ALERT_LATENCY_P50];
    assert_int_equal(gl_alert_total(rule, r->now) / GL_MS, is->lasted_ms);
    assert_true(rule->fired == 1 && rule->worst <= 3000 && rule->worst > 3000 / 1.04);
    assert_true(rule->first > 120 * GL_SECOND && rule->first < 190 * GL_SECOND);
    assert_true(gl_alert_due(r->watch) == GL_TIME_NEVER);
    rig_free(r);
}

static void a_late_tail_fires_the_95th_percentile_alone(void **state)
{
    (void)state;
    rig *r = rig_new();
    for (int i = 0; i < 3000; i++) {
        pass(r, 100 * GL_MS);
        answer(r, i % 10 == 0 ? 5000 : 1000);
    }
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 0);
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P95], 1);
    assert_true(r->last[GLIMPSE_ALERT_LATENCY_P95].limit == 4000);
    rig_free(r);
}

static void one_slow_request_fires_nothing(void **state)
{
    (void)state;
    rig *r = rig_new();
    for (int i = 0; i < 3000; i++) { /* two a second, one of each minute's 120 very slow */
        pass(r, 500 * GL_MS);
        answer(r, i % 120 == 60 ? 300000 : 1000);
    }
    nothing_fired(r);
    rig_free(r);
    r = rig_new(); /* as few as may be judged: 20 a minute, one of them slow */
    for (int i = 0; i < 200; i++) {
        pass(r, 3 * GL_SECOND);
        answer(r, i % 21 == 20 ? 300000 : 1000);
    }
    nothing_fired(r);
    rig_free(r);
}

static void too_few_requests_say_nothing(void **state)
{
    (void)state;
    rig *r = rig_new();
    for (int i = 0; i < 500; i++) { /* at most 19 in any 60 s */
        pass(r, 3300 * GL_MS);
        if (i % 2 != 0)
            failure(r);
        else
            answer(r, 60000);
    }
    nothing_fired(r);
    rig_free(r);
    r = rig_new(); /* 21 of them do */
    for (int i = 0; i < 100; i++) {
        pass(r, 2700 * GL_MS);
        answer(r, 60000);
    }
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 1);
    rig_free(r);
}

static void a_limit_is_passed_only_above_it(void **state)
{
    (void)state;
    rig *r = rig_new();
    answers(r, 300, 2500, 20); /* exactly t2, exactly 5 % errors */
    nothing_fired(r);
    rig_free(r);
}

static void a_burst_that_is_over_does_not_fire(void **state)
{
    (void)state;
    rig *r = rig_new();
    answers(r, 120, 1000, 0);
    answers(r, 3, 1000,
            1); /* all fail for 3 s: 5 % of the minute that follows, and a little more */
    failure(r);
    answers(r, 120, 1000, 0);
    nothing_fired(r);
    /* Nor does one that nothing follows, however bad. */
    for (int i = 0; i < 1000; i++) failure(r);
    pass(r, 300 * GL_SECOND);
    nothing_fired(r);
    rig_free(r);
}

static void answers_that_come_in_bursts_are_judged_as_well(void **state)
{
    (void)state;
    rig *r = rig_new();
    for (int i = 0; i < 10; i++) { /* 64 users in step, each 20 s: longer than the hold */
        pass(r, 20 * GL_SECOND);
        for (int u = 0; u < 64; u++) answer(r, 20000);
    }
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 1);
    assert_int_equal(r->cleared[GLIMPSE_ALERT_LATENCY_P50], 0);
    rig_free(r);
}

static void what_waited_for_nobody_has_no_latency(void **state)
{
    (void)state;
    rig *r = rig_new();
    const gl_alert_request hit = { .looked = true, .hit = true, .identity = 1 };
    for (int i = 0; i < 2000; i++) { /* two hits for each slow answer hide nothing */
        pass(r, 100 * GL_MS);
        add(r, &hit);
        add(r, &hit);
        answer(r, 3000);
    }
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 1);
    rig_free(r);
}

static void each_request_is_measured_by_its_own_thresholds(void **state)
{
    (void)state;
    static const glimpse_thresholds patient = { 10000, 20000, 40000, 60000 };
    for (int late = 0; late < 2; late++) { /* a fast model and a slow one, half of each */
        rig *r = rig_new();
        const gl_alert_request slow = { .waited = true,
                                        .latency = (late ? 21000 : 15000) * GL_MS,
                                        .thresholds = &patient };
        for (int i = 0; i < 2000; i++) {
            pass(r, 100 * GL_MS);
            add(r, &slow);
            answer(r, late && i % 10 == 0 ? 2600 : 1000);
        }
        /* 50 % of the slow model's and a tenth of the other's are above their t2: more than half */
        assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], late);
        assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P95], 0);
        if (late) assert_true(r->last[GLIMPSE_ALERT_LATENCY_P50].late > 0.5);
        rig_free(r);
    }
}

static void limits_of_the_caller_s_own_count(void **state)
{
    (void)state;
    glimpse_alerts config = GLIMPSE_ALERTS_DEFAULT;
    config.latency_p50_ms = 500;
    config.latency_p95_ms = -1;
    config.error_rate = 1;
    rig *r = rig_new_with(&config);
    answers(r, 200, 60000, 3);
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 1);
    assert_true(r->last[GLIMPSE_ALERT_LATENCY_P50].limit == 500);
    assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P95], 0);
    assert_int_equal(r->fired[GLIMPSE_ALERT_ERROR_RATE], 0);
    rig_free(r);
}

static void the_reported_latency_is_at_most_3_percent_low(void **state)
{
    (void)state;
    glimpse_alerts config = { sizeof(glimpse_alerts), true, 1000, 100, 1, 1, -1, 0, 1, 1 };
    gl_rng rng;
    gl_rng_seed(&rng, 3);
    for (int i = 0; i < 300; i++) {
        rig *r = rig_new_with(&config);
        uint64_t ms = 2 + gl_rng_next(&rng) % (UINT64_C(1) << (2 + i % 20));
        for (int n = 0; n < 12; n++) {
            pass(r, 50 * GL_MS);
            answer(r, ms);
        }
        assert_int_equal(r->fired[GLIMPSE_ALERT_LATENCY_P50], 1);
        double value = r->last[GLIMPSE_ALERT_LATENCY_P50].value;
        assert_true(value <= (double)ms && value * (1 + 1.0 / 32) >= (double)ms);
        rig_free(r);
    }
}

/* --- errors --- */

static void errors_fire_and_clear_well_below_the_limit(void **state)
{
    (void)state;
    rig *r = rig_new();
    answers(r, 120, 1000, 0);
    answers(r, 120, 1000, 10);
    assert_int_equal(r->fired[GLIMPSE_ALERT_ERROR_RATE], 1);
    assert_true(r->last[GLIMPSE_ALERT_ERROR_RATE].value > 0.05);
    assert_true(r->last[GLIMPSE_ALERT_ERROR_RATE].limit == 0.05);
    answers(r, 600, 1000, 22); /* 4.5 %: below the limit, but not by a fifth */
    assert_int_equal(r->cleared[GLIMPSE_ALERT_ERROR_RATE], 0);
    answers(r, 600, 1000, 29); /* 3.4 % */
    assert_int_equal(r->cleared[GLIMPSE_ALERT_ERROR_RATE], 1);
    assert_true(r->last[GLIMPSE_ALERT_ERROR_RATE].value < 0.04);
    assert_int_equal(r->fired[GLIMPSE_ALERT_ERROR_RATE], 1);
    rig_free(r);
}

static void it_is_over_when_the_window_is_empty(void **state)
{
    (void)state;
    rig *r = rig_new();
    answers(r, 120, 1000, 2);
    assert_int_equal(r->fired[GLIMPSE_ALERT_ERROR_RATE], 1);
    pass(r, 80 * GL_SECOND); /* the window and the hold */
    assert_int_equal(r->cleared[GLIMPSE_ALERT_ERROR_RATE], 1);
    assert_true(r->last[GLIMPSE_ALERT_ERROR_RATE].samples < 20);
    assert_true(gl_alert_due(r->watch) == GL_TIME_NEVER); /* and nobody has to look again */
    pass(r, 3600 * GL_SECOND);
    answers(r, 60, 1000, 0); /* what was in the window an hour ago is forgotten */
    assert_int_equal(r->fired[GLIMPSE_ALERT_ERROR_RATE], 1);
    rig_free(r);
}

static void at_the_limit_it_does_not_flap(void **state)
{
    (void)state;
    int total = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        rig *r = rig_new();
        gl_rng rng;
        gl_rng_seed(&rng, seed);
        for (int i = 0; i < 3600 * 5; i++) { /* an hour at 5 a second, 5 % errors at random */
            pass(r, 200 * GL_MS);
            double u = gl_rng_uniform(&rng);
            if (gl_rng_uniform(&rng) < 0.05)
                failure(r);
            else /* and latencies around both limits */
                answer(r, (uint64_t)(u < 0.9 ? 2300 + 450 * u : 3300 + 14000 * (u - 0.9)));
        }
        for (int kind = 0; kind < GLIMPSE_ALERT_COUNT; kind++) {
            /* In an hour 720 times 5 s pass; each change takes a hold of 15 s at least, and the
             * distance between the two limits, two deviations of such a window, takes longer. */
            assert_in_range(r->fired[kind] + r->cleared[kind], 0, 40);
            total += r->fired[kind] + r->cleared[kind];
        }
        assert_true(r->closest >= 15 * GL_SECOND);
        rig_free(r);
    }
    assert_true(total > 0); /* it was the limit that they were at */
}

/* --- hits --- */

/* Ten a second for so long from a pool, in turn; hits when the cache is on and has seen it. */
static void repeat(rig *r, int seconds, uint64_t pool, bool cache)
{
    for (int i = 0; i < seconds * 10; i++) {
        gl_alert_request request = { .looked = true,
                                     .answered = true,
                                     .identity = mixed((uint64_t)i % pool) };
        request.hit = cache && (uint64_t)i >= pool;
        request.waited = !request.hit;
        request.latency = 1000 * GL_MS;
        pass(r, 100 * GL_MS);
        add(r, &request);
    }
}

static void no_hits_in_a_workload_without_repetition_are_no_alert(void **state)
{
    (void)state;
    rig *r = rig_new();
    answers(r, 1200, 1000, 0);
    nothing_fired(r);
    rig_free(r);
}

static void hits_in_a_repetitive_workload_are_no_alert(void **state)
{
    (void)state;
    rig *r = rig_new();
    repeat(r, 600, 100, true);
    nothing_fired(r);
    rig_free(r);
}

static void a_cache_that_is_off_in_a_repetitive_workload_fires(void **state)
{
    (void)state;
    rig *r = rig_new();
    repeat(r, 300, 100, false);
    const glimpse_alert *is = &r->last[GLIMPSE_ALERT_HIT_RATE];
    assert_int_equal(r->fired[GLIMPSE_ALERT_HIT_RATE], 1);
    assert_true(is->value == 0 && is->limit == 0.20 && is->repeated >= 0.30);
    repeat(r, 300, 100, true);
    assert_int_equal(r->cleared[GLIMPSE_ALERT_HIT_RATE], 1);
    assert_true(is->value >= 0.25);
    for (int i = 0; i < 3; i++)
        if (i != GLIMPSE_ALERT_HIT_RATE) assert_int_equal(r->fired[i], 0);
    rig_free(r);
}

static void little_repetition_is_no_alert_either(void **state)
{
    (void)state;
    rig *r = rig_new();
    for (int i = 0; i < 6000; i++) { /* a quarter repeat: a cache would hit 25 %, close to 20 */
        gl_alert_request request = { .looked = true, .answered = true, .identity = 7 };
        pass(r, 100 * GL_MS);
        if (i % 4 == 0)
            add(r, &request);
        else
            answer(r, 1000);
    }
    nothing_fired(r);
    rig_free(r);
}

static void what_never_had_an_answer_does_not_repeat(void **state)
{
    (void)state;
    glimpse_alerts config = GLIMPSE_ALERTS_DEFAULT;
    config.error_rate = 1;
    rig *r = rig_new_with(&config);
    gl_alert_request request = { .failed = true, .looked = true, .identity = 7 };
    for (int i = 0; i < 3000; i++) {
        pass(r, 100 * GL_MS);
        add(r, &request); /* no cache could have answered it */
    }
    nothing_fired(r);
    rig_free(r);
}

static void repeats_from_further_back_than_the_table_are_unseen(void **state)
{
    (void)state;
    rig *r = rig_new();
    repeat(r, 3000, 4 * GL_ALERT_SEEN, false); /* 30,000 of 16,384: nearly half of them again */
    nothing_fired(r);
    rig_free(r);
    r = rig_new();
    repeat(r, 3000, GL_ALERT_SEEN / 4, false);
    assert_int_equal(r->fired[GLIMPSE_ALERT_HIT_RATE], 1);
    rig_free(r);
}

/* --- memory, settings --- */

static void memory_is_the_struct_alone(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    assert_true(sizeof(gl_alert_watch) <= (size_t)68 * 1024);
    rig *r = rig_new();
    for (int i = 0; i < 1000000; i++) {
        r->now += 100 * GL_US;
        answer(r, (uint64_t)i);
    }
    assert_int_equal(gl_alloc_live(), live);
    rig_free(r);
}

static void what_makes_no_sense_is_named(void **state)
{
    (void)state;
    static const struct {
        glimpse_alerts config;
        const char *field;
    } table[] = {
        { { sizeof(glimpse_alerts), true, 99, 99, 20, 0, 0, 0.2, 0.3, 0.05 }, "alerts.window_ms" },
        { { sizeof(glimpse_alerts), true, 3600001, 180001, 20, 0, 0, 0.2, 0.3, 0.05 },
          "alerts.window_ms" },
        { { sizeof(glimpse_alerts), true, 60000, 2999, 20, 0, 0, 0.2, 0.3, 0.05 },
          "alerts.hold_ms" },
        { { sizeof(glimpse_alerts), true, 60000, 60001, 20, 0, 0, 0.2, 0.3, 0.05 },
          "alerts.hold_ms" },
        { { sizeof(glimpse_alerts), true, 60000, 15000, 0, 0, 0, 0.2, 0.3, 0.05 },
          "alerts.min_samples" },
        { { sizeof(glimpse_alerts), true, 60000, 15000, 20, 3600001, 0, 0.2, 0.3, 0.05 },
          "alerts.latency_p50_ms" },
        { { sizeof(glimpse_alerts), true, 60000, 15000, 20, 0, 3600001, 0.2, 0.3, 0.05 },
          "alerts.latency_p95_ms" },
        { { sizeof(glimpse_alerts), true, 60000, 15000, 20, 0, 0, 1.1, 0.3, 0.05 },
          "alerts.hit_rate" },
        { { sizeof(glimpse_alerts), true, 60000, 15000, 20, 0, 0, 0.2, 0.1, 0.05 },
          "alerts.repeated" },
        { { sizeof(glimpse_alerts), true, 60000, 15000, 20, 0, 0, 0.2, 0.3, -0.1 },
          "alerts.error_rate" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_alerts config = table[i].config;
        glimpse_problem problem;
        assert_int_equal(gl_alert_check(&config, &problem), GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, table[i].field);
        config.on = false; /* what is off is not looked at */
        assert_int_equal(gl_alert_check(&config, NULL), GLIMPSE_OK);
    }
    assert_int_equal(gl_alert_check(&defaults, NULL), GLIMPSE_OK);
}

static void every_kind_has_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(glimpse_alert_name((glimpse_alert_kind)i),
                                    glimpse_alert_name((glimpse_alert_kind)j));
    assert_string_equal(glimpse_alert_name(GLIMPSE_ALERT_ERROR_RATE), "error_rate");
    assert_string_equal(glimpse_alert_name(GLIMPSE_ALERT_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_answers_fire_once_and_are_over_once),
        cmocka_unit_test(a_late_tail_fires_the_95th_percentile_alone),
        cmocka_unit_test(one_slow_request_fires_nothing),
        cmocka_unit_test(too_few_requests_say_nothing),
        cmocka_unit_test(a_limit_is_passed_only_above_it),
        cmocka_unit_test(a_burst_that_is_over_does_not_fire),
        cmocka_unit_test(answers_that_come_in_bursts_are_judged_as_well),
        cmocka_unit_test(what_waited_for_nobody_has_no_latency),
        cmocka_unit_test(each_request_is_measured_by_its_own_thresholds),
        cmocka_unit_test(limits_of_the_caller_s_own_count),
        cmocka_unit_test(the_reported_latency_is_at_most_3_percent_low),
        cmocka_unit_test(errors_fire_and_clear_well_below_the_limit),
        cmocka_unit_test(it_is_over_when_the_window_is_empty),
        cmocka_unit_test(at_the_limit_it_does_not_flap),
        cmocka_unit_test(no_hits_in_a_workload_without_repetition_are_no_alert),
        cmocka_unit_test(hits_in_a_repetitive_workload_are_no_alert),
        cmocka_unit_test(a_cache_that_is_off_in_a_repetitive_workload_fires),
        cmocka_unit_test(little_repetition_is_no_alert_either),
        cmocka_unit_test(what_never_had_an_answer_does_not_repeat),
        cmocka_unit_test(repeats_from_further_back_than_the_table_are_unseen),
        cmocka_unit_test(memory_is_the_struct_alone),
        cmocka_unit_test(what_makes_no_sense_is_named),
        cmocka_unit_test(every_kind_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
