/* config.c - what glimpse_config_check refuses, and names; what it leaves alone; the environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/glimpse.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oom.h"

static void expect(const glimpse_config *config, const char *field)
{
    glimpse_problem problem = { "of before", "of before" };
    glimpse_error error = glimpse_config_check(config, &problem);
    assert_int_equal(error, field == NULL ? GLIMPSE_OK : GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, field == NULL ? "" : field);
    assert_int_equal(problem.sentence[0] == '\0', field == NULL);
    assert_int_equal(glimpse_config_check(config, NULL), error);
}

static glimpse_config usual(void)
{
    glimpse_config config;
    glimpse_config_init(&config);
    return config;
}

static void the_defaults_are_fine_and_the_playbooks(void **state)
{
    (void)state;
    glimpse_config config = usual();
    expect(&config, NULL);
    assert_int_equal(config.thresholds.t1_ms, GLIMPSE_INHERIT); /* each model's */
    assert_int_equal(config.thresholds.t4_ms, GLIMPSE_INHERIT);
    assert_int_equal(config.cache_entries, 2000);
    assert_false(config.packing.on);
    assert_int_equal(config.packing.window_ms, 20);
    assert_int_equal(config.packing.max_chars, 4000);
    assert_int_equal(config.cache_ttl_ms, 7200000);
    assert_int_equal(config.max_attempts, 5);
    assert_int_equal(config.base_delay_ms, 500);
    assert_int_equal(config.max_delay_ms, 60000);
}

static void never_started(void *self, glimpse_attempt *attempt)
{
    (void)self;
    (void)attempt;
}

static void a_size_that_was_never_set_is_refused_wherever_there_is_one(void **state)
{
    (void)state;
    glimpse_problem problem;
    expect(NULL, "config");
    for (size_t size = 0; size <= 1 << 20; size += 1 << 20) {
        glimpse_config config = usual();
        config.size = size;
        expect(&config, "size");
        glimpse_cache_config cache_config;
        glimpse_cache_config_init(&cache_config);
        cache_config.size = size;
        glimpse_cache *cache;
        assert_int_equal(glimpse_cache_new(&cache_config, &cache, &problem), GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, "size");
        glimpse_sampler_vtable table = { .size = size, .name = "x", .start = never_started };
        glimpse_sampler *sampler;
        assert_int_equal(glimpse_sampler_new(&table, NULL, &sampler, &problem),
                         GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, "size");
        glimpse_sample_fields fields;
        glimpse_sample_fields_init(&fields);
        fields.size = size;
        glimpse_sample *sample;
        assert_int_equal(glimpse_sample_new(&fields, &sample, &problem), GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, "size");
        assert_null(sample);
    }
    glimpse_config none = { 0 }; /* never initialised at all */
    assert_int_equal(glimpse_config_check(&none, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "size");
}

static void refused(glimpse_error error, const glimpse_problem *problem, const char *field)
{
    assert_int_equal(error, GLIMPSE_ERR_INVALID);
    assert_string_equal(problem->field, field);
    assert_string_not_equal(problem->sentence, "");
}

static void a_sample_and_a_local_sampler_say_why_they_are_not_made(void **state)
{
    (void)state;
    glimpse_problem problem;
    glimpse_sample *sample = NULL;
    glimpse_sampler *sampler = NULL;
    glimpse_sample_fields fields;
    glimpse_sample_fields_init(&fields);
    refused(glimpse_sample_new(&fields, NULL, &problem), &problem, "sample");
    refused(glimpse_sample_new(NULL, &sample, &problem), &problem, "fields");
    refused(glimpse_local_sampler_new(NULL, &problem), &problem, "sampler");
    oom_fail_at(1);
    assert_int_equal(glimpse_sample_new(&fields, &sample, &problem), GLIMPSE_ERR_OOM);
    assert_true(oom_end());
    assert_null(sample);
    assert_string_equal(problem.field, "");
    assert_string_equal(problem.sentence, glimpse_error_sentence(GLIMPSE_ERR_OOM));
    oom_fail_at(1);
    assert_int_equal(glimpse_local_sampler_new(&sampler, &problem), GLIMPSE_ERR_OOM);
    assert_true(oom_end());
    assert_null(sampler);
    assert_string_equal(problem.sentence, glimpse_error_sentence(GLIMPSE_ERR_OOM));
    assert_int_equal(glimpse_sample_new(&fields, &sample, &problem), GLIMPSE_OK);
    assert_string_equal(problem.sentence, ""); /* of the refusal before nothing is left */
    glimpse_sample_unref(sample);
}

static void a_struct_within_that_was_never_set_is_named_with_its_own_init(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        const char *field, *init;
    } rows[] = {
        { offsetof(glimpse_config, endpoint), "endpoint.size", "glimpse_endpoint_init" },
        { offsetof(glimpse_config, packing), "packing.size", "glimpse_config_init" },
        { offsetof(glimpse_config, alerts), "alerts.size", "glimpse_config_init" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        glimpse_config config = usual();
        glimpse_problem problem;
        memset((char *)&config + rows[i].offset, 0, sizeof(size_t));
        expect(&config, rows[i].field);
        (void)glimpse_config_check(&config, &problem);
        assert_non_null(strstr(problem.sentence, rows[i].init));
    }
    struct {
        glimpse_config config;
        char later[8];
    } newer = { .config = usual(), .later = "set" };
    newer.config.size = sizeof newer; /* set, and not known here: no part of it is to blame */
    expect(&newer.config, "size");
}

static void each_number_out_of_its_range_is_named(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        int64_t below, above; /* just out of the range */
        const char *field;
    } rows[] = {
        { offsetof(glimpse_config, endpoint.max_response_bytes), 0, ((int64_t)1 << 40) + 1,
          "endpoint.max_response_bytes" },
        { offsetof(glimpse_config, max_tokens), 0, ((int64_t)1 << 31) + 1, "max_tokens" },
        { offsetof(glimpse_config, cache_entries), -1, ((int64_t)1 << 32) + 1, "cache_entries" },
        { offsetof(glimpse_config, cache_bytes), 0, INT64_MIN, "cache_bytes" },
        { offsetof(glimpse_config, cache_ttl_ms), -1, INT64_MAX, "cache_ttl_ms" },
        { offsetof(glimpse_config, base_delay_ms), -1, 86400001, "base_delay_ms" },
        { offsetof(glimpse_config, max_delay_ms), -1, 86400001, "max_delay_ms" },
        { offsetof(glimpse_config, max_retry_after_ms), -1, 86400001, "max_retry_after_ms" },
        { offsetof(glimpse_config, concurrency), 0, 1000001, "concurrency" },
        { offsetof(glimpse_config, packing.window_ms), -1, 60001, "packing.window_ms" },
        { offsetof(glimpse_config, packing.max_drafts), 1, 129, "packing.max_drafts" },
        { offsetof(glimpse_config, packing.max_chars), 0, 1000001, "packing.max_chars" },
        { offsetof(glimpse_config, connect_timeout_ms), -1, 86400001, "connect_timeout_ms" },
        { offsetof(glimpse_config, first_byte_timeout_ms), -2, 86400001, "first_byte_timeout_ms" },
        { offsetof(glimpse_config, idle_timeout_ms), -2, 86400001, "idle_timeout_ms" },
        { offsetof(glimpse_config, timeout_ms), -2, 86400001, "timeout_ms" },
        { offsetof(glimpse_config, deadline_ms), -1, INT64_MAX, "deadline_ms" },
        { offsetof(glimpse_config, close_grace_ms), -1, 86400001, "close_grace_ms" },
        { offsetof(glimpse_config, hedge_ms), -2, 86400001, "hedge_ms" },
        { offsetof(glimpse_config, endpoint.max_memory_bytes), -1, ((int64_t)1 << 50) + 1,
          "endpoint.max_memory_bytes" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        glimpse_config config = usual();
        int64_t *number = (int64_t *)(void *)((char *)&config + rows[i].offset);
        *number = rows[i].below;
        expect(&config, rows[i].field);
        *number = rows[i].above;
        expect(&config, rows[i].field);
    }
    static const double temperatures[] = { -0.1, 2.1, NAN, INFINITY };
    for (size_t i = 0; i < sizeof temperatures / sizeof *temperatures; i++) {
        glimpse_config config = usual();
        config.temperature = temperatures[i];
        expect(&config, "temperature");
    }
    static const double budgets[] = { -0.1, 1.1, NAN, INFINITY };
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        glimpse_config config = usual();
        config.hedge_budget = budgets[i];
        expect(&config, "hedge_budget");
    }
    glimpse_config config = usual();
    config.omit = 16;
    expect(&config, "omit");
    config = usual();
    config.max_attempts = 0;
    expect(&config, "max_attempts");
    config = usual();
    config.thresholds = (glimpse_thresholds){ 1500, 2500, 2500, 6000 };
    expect(&config, "thresholds.t3_ms");
    config.thresholds = (glimpse_thresholds){ 1500, 2500, 4000, GLIMPSE_INHERIT }; /* all or none */
    expect(&config, "thresholds.t4_ms");
}

static void a_text_that_would_break_a_header_is_named_and_not_shown(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        const char *field;
    } rows[] = {
        { offsetof(glimpse_config, endpoint.base_url), "endpoint.base_url" },
        { offsetof(glimpse_config, endpoint.api_key), "endpoint.api_key" },
        { offsetof(glimpse_config, endpoint.organization), "endpoint.organization" },
        { offsetof(glimpse_config, endpoint.project), "endpoint.project" },
        { offsetof(glimpse_config, model), "model" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        glimpse_config config = usual();
        *(const char **)(void *)((char *)&config + rows[i].offset) = "canary\r\nHost: evil";
        expect(&config, rows[i].field);
        glimpse_problem problem;
        (void)glimpse_config_check(&config, &problem);
        assert_null(strstr(problem.field, "canary"));
        assert_null(strstr(problem.sentence, "canary"));
    }
    static const char *const models[] = { NULL, "", "caf\xe9" };
    for (size_t i = 0; i < 3; i++) {
        glimpse_config config = usual();
        config.model = models[i];
        expect(&config, "model");
    }
}

static void what_nobody_reads_is_not_looked_at(void **state)
{
    (void)state;
    glimpse_config config = usual();
    assert_int_equal(glimpse_local_sampler_new(&config.sampler, NULL), GLIMPSE_OK);
    assert_int_equal(glimpse_cache_new(NULL, &config.cache, NULL), GLIMPSE_OK);
    config.endpoint.base_url = "\n";
    config.endpoint.api_key = "\n";
    config.endpoint.organization = config.endpoint.project = "\n";
    config.endpoint.header_count = 7;
    config.endpoint.max_response_bytes = 0;
    config.use_openai = (glimpse_use_openai)99;
    config.endpoint.http_version = (glimpse_http_version)99;
    config.cache_entries = config.cache_bytes = config.cache_ttl_ms = -1;
    expect(&config, NULL);
    glimpse_cache_unref(config.cache);
    config.cache = NULL;
    expect(&config, "cache_entries");
    glimpse_sampler_unref(config.sampler);
    config.sampler = NULL;
    expect(&config, "use_openai");
}

static void the_environment_is_taken_where_it_says_something(void **state)
{
    (void)state;
    glimpse_config config = usual();
    glimpse_problem problem;
    setenv("OPENAI_API_KEY", "", 1);
    setenv("GLIMPSE_MODEL", "a-model", 1);
    setenv("HTTP_PROXY", "http://upper:1", 1);
    setenv("http_proxy", "http://lower:1", 1);
    setenv("GLIMPSE_THRESHOLDS", "1,2,3,4", 1);
    setenv("GLIMPSE_USE_OPENAI", "No", 1);
    assert_int_equal(glimpse_config_from_env(&config, &problem), GLIMPSE_OK);
    assert_string_equal(problem.sentence, "");
    assert_null(config.endpoint.api_key); /* empty is how a shell says none */
    assert_string_equal(config.model, "a-model");
    assert_string_equal(config.endpoint.http_proxy, "http://lower:1");
    assert_int_equal(config.thresholds.t4_ms, 4);
    assert_false(config.thresholds_auto);
    setenv("GLIMPSE_THRESHOLDS", "auto", 1);
    assert_int_equal(glimpse_config_from_env(&config, &problem), GLIMPSE_OK);
    assert_true(config.thresholds_auto);
    assert_int_equal(config.use_openai, GLIMPSE_USE_OPENAI_NEVER);
    static const char *const bad[] = {
        "1,2,3",      "1,2,3,4,5", "4,3,2,1",  "1,2,3,-4", "a",
        "1, 2, 3, 4", ",,,",       "1,2,3,4 ", "0,1,2,3",  "1,2,3,99999999999999999999"
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("GLIMPSE_THRESHOLDS", bad[i], 1);
        assert_int_equal(glimpse_config_from_env(&config, &problem), GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, "GLIMPSE_THRESHOLDS");
    }
    unsetenv("GLIMPSE_THRESHOLDS");
    setenv("GLIMPSE_USE_OPENAI", "maybe", 1);
    assert_int_equal(glimpse_config_from_env(&config, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "GLIMPSE_USE_OPENAI");
    assert_int_equal(glimpse_config_from_env(&config, NULL), GLIMPSE_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_fine_and_the_playbooks),
        cmocka_unit_test(a_size_that_was_never_set_is_refused_wherever_there_is_one),
        cmocka_unit_test(a_sample_and_a_local_sampler_say_why_they_are_not_made),
        cmocka_unit_test(a_struct_within_that_was_never_set_is_named_with_its_own_init),
        cmocka_unit_test(each_number_out_of_its_range_is_named),
        cmocka_unit_test(a_text_that_would_break_a_header_is_named_and_not_shown),
        cmocka_unit_test(what_nobody_reads_is_not_looked_at),
        cmocka_unit_test(the_environment_is_taken_where_it_says_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
