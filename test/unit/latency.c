/* policy/latency: when notices are due, what they say, which thresholds are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "policy/latency.h"

static const glimpse_thresholds defaults = GLIMPSE_THRESHOLDS_DEFAULT;

static void notices_are_due_at_their_thresholds(void **state)
{
    (void)state;
    assert_true(gl_latency_due(&defaults, 7, 0) == 7 + 1500 * GL_MS);
    assert_true(gl_latency_due(&defaults, 7, 1) == 7 + 2500 * GL_MS);
    assert_true(gl_latency_due(&defaults, 7, 2) == 7 + 4000 * GL_MS);
    assert_true(gl_latency_due(&defaults, 7, 3) == 7 + 6000 * GL_MS);
    assert_true(gl_latency_due(&defaults, 7, 4) == GL_TIME_NEVER);
    assert_true(gl_latency_due(&defaults, 7, 5) == GL_TIME_NEVER);
}

static void threshold_is_crossed_from_its_nanosecond_on(void **state)
{
    (void)state;
    const uint64_t at[] = { 1500 * GL_MS, 2500 * GL_MS, 4000 * GL_MS, 6000 * GL_MS };
    assert_int_equal(gl_latency_crossed(&defaults, 0), 0);
    for (int n = 0; n < 4; n++) {
        assert_int_equal(gl_latency_crossed(&defaults, at[n] - 1), n);
        assert_int_equal(gl_latency_crossed(&defaults, at[n]), n + 1);
    }
    assert_int_equal(gl_latency_crossed(&defaults, UINT64_MAX), 4);
}

static void every_notice_says_something_and_only_t3_offers_choices(void **state)
{
    (void)state;
    const glimpse_notice_kind kinds[] = { GLIMPSE_NOTICE_TRYING, GLIMPSE_NOTICE_MATCHING_INTENT,
                                          GLIMPSE_NOTICE_PATIENCE, GLIMPSE_NOTICE_DEGRADED };
    for (int n = 0; n < 4; n++) {
        glimpse_notice notice;
        memset(&notice, 0xff, sizeof notice);
        gl_latency_notice(n, 1500 * GL_MS + GL_MS - 1, &notice);
        assert_int_equal(notice.kind, kinds[n]);
        assert_true(notice.elapsed_ms == 1500);
        assert_true(strlen(notice.message) > 0 && strlen(notice.message) < 100);
        assert_null(strpbrk(notice.message, "\n\r"));
        assert_int_equal(notice.attempt, 0);
        assert_int_equal(notice.error, GLIMPSE_OK);
        assert_int_equal(notice.http_status, 0);
        assert_true(notice.delay_ms == 0);
        if (n != 2) {
            assert_null(notice.choices);
            assert_int_equal(notice.choice_count, 0);
            continue;
        }
        assert_int_equal(notice.choice_count, GLIMPSE_CHOICE_COUNT);
        for (size_t i = 0; i < notice.choice_count; i++) assert_int_equal(notice.choices[i], i);
    }
}

static void names_are_stable_and_unknown_beyond(void **state)
{
    (void)state;
    const char *const notices[] = { "trying", "matching_intent", "patience", "degraded", "retry" };
    const char *const choices[] = { "keep_waiting", "redial", "essence_only", "commit" };
    for (int i = 0; i < GLIMPSE_NOTICE_COUNT; i++)
        assert_string_equal(glimpse_notice_name((glimpse_notice_kind)i), notices[i]);
    for (int i = 0; i < GLIMPSE_CHOICE_COUNT; i++)
        assert_string_equal(glimpse_choice_name((glimpse_choice)i), choices[i]);
    assert_string_equal(glimpse_notice_name(GLIMPSE_NOTICE_COUNT), "unknown");
    assert_string_equal(glimpse_choice_name(GLIMPSE_CHOICE_COUNT), "unknown");
}

static void refused_thresholds_are_named(void **state)
{
    (void)state;
    const struct {
        glimpse_thresholds thresholds;
        const char *names; /* NULL: fine */
    } table[] = {
        { { 1500, 2500, 4000, 6000 }, NULL },
        { { 1, 2, 3, 4 }, NULL },
        { { 86399997, 86399998, 86399999, 86400000 }, NULL },
        { { 0, 2500, 4000, 6000 }, "t1_ms" },
        { { -1, 2500, 4000, 6000 }, "t1_ms" },
        { { INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN }, "t1_ms" },
        { { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX }, "t1_ms" },
        { { 1500, 1500, 4000, 6000 }, "t2_ms" },
        { { 1500, 1499, 4000, 6000 }, "t2_ms" },
        { { 1500, -2500, 4000, 6000 }, "t2_ms" },
        { { 1500, 2500, 2500, 6000 }, "t3_ms" },
        { { 1500, 2500, 86400001, 86400002 }, "t3_ms" },
        { { 1500, 2500, 4000, 4000 }, "t4_ms" },
        { { 1500, 2500, 4000, 86400001 }, "t4_ms" },
        { { 1500, 2500, 4000, 0 }, "t4_ms" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_problem problem = { .sentence = "of before" };
        glimpse_error error = glimpse_thresholds_check(&table[i].thresholds, &problem);
        if (table[i].names == NULL) {
            assert_int_equal(error, GLIMPSE_OK);
            assert_string_equal(problem.sentence, "");
            continue;
        }
        assert_int_equal(error, GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, table[i].names);
        assert_int_equal(glimpse_thresholds_check(&table[i].thresholds, NULL), GLIMPSE_ERR_INVALID);
    }
    assert_int_equal(glimpse_thresholds_check(NULL, NULL), GLIMPSE_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_are_due_at_their_thresholds),
        cmocka_unit_test(threshold_is_crossed_from_its_nanosecond_on),
        cmocka_unit_test(every_notice_says_something_and_only_t3_offers_choices),
        cmocka_unit_test(names_are_stable_and_unknown_beyond),
        cmocka_unit_test(refused_thresholds_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
