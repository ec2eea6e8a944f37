/* inherit.c - options that are not set are the engine's, those that are set are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/options.h"

static const glimpse_thresholds some = { 1, 2, 3, 4 };

static glimpse_config usual(void)
{
    glimpse_config config;
    glimpse_config_init(&config);
    config.temperature = 0.5;
    config.max_tokens = 9;
    config.deadline_ms = 8;
    config.max_attempts = 7;
    config.fallback_on = config.coalesce = config.packing.on = true;
    config.stream = config.arrivals = true;
    config.priority = GLIMPSE_PRIORITY_INTERACTIVE;
    config.cache_control = GLIMPSE_CACHE_REFRESH;
    return config;
}

static void what_is_not_set_is_the_engines(void **state)
{
    (void)state;
    const glimpse_config config = usual();
    glimpse_options options, whole;
    glimpse_options_init(&options);
    const glimpse_options *const given[] = { NULL, &options };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(gl_options_read(&config, given[i], &whole, NULL), GLIMPSE_OK);
        assert_null(whole.model); /* the engine's own copy */
        assert_true(whole.temperature == 0.5);
        assert_int_equal(whole.max_tokens, 9);
        assert_int_equal(whole.deadline_ms, 8);
        assert_int_equal(whole.max_attempts, 7);
        assert_int_equal(whole.thresholds.t1_ms, GLIMPSE_INHERIT); /* the model's */
        assert_int_equal(whole.fallback, 1);
        assert_int_equal(whole.priority, GLIMPSE_PRIORITY_INTERACTIVE);
        assert_int_equal(whole.stream, 1);
        assert_int_equal(whole.pack, 1);
        assert_int_equal(whole.coalesce, 1);
        assert_int_equal(whole.cache_control, GLIMPSE_CACHE_REFRESH);
        assert_int_equal(whole.arrivals, 1);
    }
}

static void what_is_set_is_kept_though_it_is_zero(void **state)
{
    (void)state;
    const glimpse_config config = usual();
    glimpse_options options, whole;
    glimpse_options_init(&options);
    options.temperature = 0;
    options.max_tokens = options.max_attempts = 1;
    options.deadline_ms = 0;
    options.thresholds = some;
    options.fallback = options.stream = options.pack = options.coalesce = options.arrivals = 0;
    options.priority = GLIMPSE_PRIORITY_BULK;
    options.cache_control = GLIMPSE_CACHE_USE;
    assert_int_equal(gl_options_read(&config, &options, &whole, NULL), GLIMPSE_OK);
    assert_memory_equal(&whole, &options, sizeof whole);
}

static void a_member_out_of_its_range_is_named(void **state)
{
    (void)state;
    glimpse_options options;
    glimpse_problem problem;
    const struct {
        int *member;
        const char *field;
        int most;
    } choices[] = {
        { &options.fallback, "fallback", GLIMPSE_FALLBACK_ALWAYS },
        { &options.priority, "priority", GLIMPSE_PRIORITY_INTERACTIVE },
        { &options.stream, "stream", 1 },
        { &options.pack, "pack", 1 },
        { &options.coalesce, "coalesce", 1 },
        { &options.cache_control, "cache_control", GLIMPSE_CACHE_ONLY },
        { &options.arrivals, "arrivals", 1 },
    };
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        for (int beyond = 0; beyond < 2; beyond++) {
            glimpse_options_init(&options);
            *choices[i].member = beyond ? choices[i].most + 1 : GLIMPSE_INHERIT - 1;
            assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
            assert_string_equal(problem.field, choices[i].field);
        }
        *choices[i].member = choices[i].most;
        assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_OK);
    }
    static const double temperatures[] = { -0.5, -2, 2.1 };
    for (size_t i = 0; i < 3; i++) {
        glimpse_options_init(&options);
        options.temperature = temperatures[i];
        assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, "temperature");
    }
    glimpse_options_init(&options);
    options.max_tokens = 0;
    assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "max_tokens");
    static const int attempts[] = { 0, -2, 1001 };
    for (size_t i = 0; i < 3; i++) {
        glimpse_options_init(&options);
        options.max_attempts = attempts[i];
        assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, "max_attempts");
    }
    glimpse_options_init(&options);
    options.deadline_ms = -2;
    assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "deadline_ms");
    glimpse_options_init(&options);
    options.thresholds.t1_ms = 100; /* all four or none */
    assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "thresholds.t2_ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_set_is_the_engines),
        cmocka_unit_test(what_is_set_is_kept_though_it_is_zero),
        cmocka_unit_test(a_member_out_of_its_range_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
