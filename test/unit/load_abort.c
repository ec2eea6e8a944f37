/* load_abort.c - a run is stopped when a term holds beyond doubt, and not by chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "answered.h"
#include "base/rng.h"
#include "load/abort.h"

static load_sla terms_of(const char *text)
{
    load_sla terms;
    char problem[200];
    if (!load_abort_parse(&terms, text, problem, sizeof problem)) fail_msg("%s", problem);
    return terms;
}

static load_recorder *recorder(void)
{
    static load_recorder r;
    assert_true(load_recorder_init(&r, 0, 0, GL_TIME_NEVER));
    return &r;
}

static void add(load_recorder *r, bool failed, gl_time took)
{
    load_outcome o = answered(GL_SECOND, took);
    if (failed) {
        o.status = GLIMPSE_STATUS_SERVER_ERROR;
        o.error = GLIMPSE_ERR_HTTP;
    }
    load_recorder_issued(r, o.sent);
    load_recorder_ended(r, &o);
}

/* How many requests until it is stopped, of which every `each`th fails; 0: never in `most`. */
static int stopped_after(const char *text, int each, int most)
{
    load_sla terms = terms_of(text);
    load_recorder *r = recorder();
    int stopped = 0;
    for (int i = 1; i <= most && stopped == 0; i++) {
        add(r, i % each == 0, GL_MS);
        if (load_abort_look(&terms, r) != NULL) stopped = i;
    }
    load_recorder_free(r);
    return stopped;
}

static void a_rate_far_above_its_bound_stops_soon_and_one_below_never(void **state)
{
    (void)state;
    assert_in_range(stopped_after("error_rate>10%", 1, 1000), 2, 20);
    assert_in_range(stopped_after("error_rate>10%", 3, 1000), 20, 200);
    assert_int_equal(stopped_after("error_rate>10%", 10, 20000), 0);
    assert_int_equal(stopped_after("error_rate>10%", 11, 20000), 0);
}

static void chance_does_not_stop_a_run_at_its_bound(void **state)
{
    (void)state;
    load_sla terms = terms_of("error_rate>10%");
    gl_rng rng;
    int stopped = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        load_recorder *r = recorder();
        gl_rng_seed(&rng, seed);
        for (int i = 0; i < 5000; i++) {
            add(r, gl_rng_uniform(&rng) < 0.1, GL_MS);
            if (i % 50 == 0 && load_abort_look(&terms, r) != NULL) {
                stopped++;
                break;
            }
        }
        load_recorder_free(r);
    }
    assert_int_equal(stopped, 0);
}

static void a_percentile_is_passed_by_too_many_slow_ones(void **state)
{
    (void)state;
    load_sla terms = terms_of("max>10s,p95>1s");
    load_recorder *r = recorder();
    for (int i = 0; i < 1000; i++) add(r, false, i % 20 == 0 ? 2 * GL_SECOND : GL_MS);
    assert_null(load_abort_look(&terms, r)); /* 5 %, which is the bound */
    for (int i = 0; i < 100; i++) add(r, false, 2 * GL_SECOND);
    assert_ptr_equal(load_abort_look(&terms, r), &terms.term[1]);
    add(r, false, 11 * GL_SECOND);
    assert_ptr_equal(load_abort_look(&terms, r), &terms.term[0]);
    load_recorder_free(r);
}

static void nothing_seen_stops_nothing(void **state)
{
    (void)state;
    load_sla terms = terms_of("error_rate>0%,hit_rate<50%,p50>1us,ttft_p99>1s");
    load_recorder *r = recorder();
    assert_null(load_abort_look(&terms, r));
    load_recorder_free(r);
}

static void what_no_count_decides_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "throughput<5", "goodput<3", "mean>1s", "p99<5s", "p97>1s" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_sla terms;
        char problem[240] = "";
        if (load_abort_parse(&terms, bad[i], problem, sizeof problem)) fail_msg("%s", bad[i]);
        assert_non_null(strstr(problem, bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_far_above_its_bound_stops_soon_and_one_below_never),
        cmocka_unit_test(chance_does_not_stop_a_run_at_its_bound),
        cmocka_unit_test(a_percentile_is_passed_by_too_many_slow_ones),
        cmocka_unit_test(nothing_seen_stops_nothing),
        cmocka_unit_test(what_no_count_decides_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
