/* former_caller.c - a program that was compiled against a former version of the headers, with
 * shorter structs within each other, runs with this library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "support/former_glimpse.h"

/* What the caller's compiler made of glimpse_config_init, and something behind the struct that the
 * library must not touch. */
typedef struct caller {
    former_config config;
    uint64_t guard;
    struct event_base *base;
    glimpse_engine *engine;
    int results;
    char text[64], body[512];
} caller;

#define GUARD UINT64_C(0x5AFE5AFE5AFE5AFE)

static void set_sizes(former_config *config)
{
    memset(config, 0xA5, sizeof *config); /* as a stack is */
    config->size = sizeof *config;
    config->endpoint.size = sizeof config->endpoint;
    config->packing.size = sizeof config->packing;
    config->alerts.size = sizeof config->alerts;
    glimpse_config_defaults((glimpse_config *)(void *)config);
}

static void start(void *self, glimpse_attempt *attempt)
{
    caller *c = self;
    struct {
        former_outcome outcome;
        uint64_t guard;
    } mine = { .guard = GUARD };
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    assert_true(len < sizeof c->body);
    memcpy(c->body, body, len + 1);
    mine.outcome.size = sizeof mine.outcome;
    mine.outcome.sample.size = sizeof mine.outcome.sample;
    glimpse_outcome_defaults((glimpse_outcome *)(void *)&mine.outcome);
    assert_int_equal(mine.outcome.retry_after_ms, -1);
    assert_int_equal(mine.outcome.project_tokens.reset_ms, -1);
    mine.outcome.sample.text = "an answer";
    mine.outcome.sample.text_len = strlen("an answer");
    glimpse_attempt_done(attempt, (const glimpse_outcome *)(const void *)&mine.outcome);
    assert_true(mine.guard == GUARD);
}

static void done(glimpse_id id, const glimpse_result *result, void *arg)
{
    caller *c = arg;
    (void)id;
    c->results++;
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(glimpse_result_usage(result)->total_tokens, -1);
    snprintf(c->text, sizeof c->text, "%s", glimpse_result_text(result, NULL));
    event_base_loopbreak(c->base);
}

static void its_configuration_has_the_defaults_in_its_own_places(void **state)
{
    (void)state;
    caller c = { .guard = GUARD };
    set_sizes(&c.config);
    assert_true(c.guard == GUARD);
    assert_int_equal(c.config.endpoint.max_response_bytes, INT64_C(64) << 20);
    assert_string_equal(c.config.model, "gpt-4o-mini");
    assert_int_equal(c.config.packing.max_drafts, 16);
    assert_true(c.config.fallback_on); /* behind a shorter struct */
    assert_int_equal(c.config.close_grace_ms, 5000);
    assert_true(c.config.alerts.repeated == 0.30);
    assert_null(c.config.on_alert);
    assert_int_equal(glimpse_config_check((const glimpse_config *)(const void *)&c.config, NULL),
                     GLIMPSE_OK);
    glimpse_problem problem;
    c.config.close_grace_ms = -1;
    assert_int_equal(
        glimpse_config_check((const glimpse_config *)(const void *)&c.config, &problem),
        GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "close_grace_ms");
}

static void its_environment_is_read_into_its_own_places(void **state)
{
    (void)state;
    caller c = { .guard = GUARD };
    set_sizes(&c.config);
    setenv("OPENAI_BASE_URL", "http://192.0.2.1/v1", 1);
    setenv("GLIMPSE_MODEL", "a-model", 1);
    assert_int_equal(glimpse_config_from_env((glimpse_config *)(void *)&c.config, NULL),
                     GLIMPSE_OK);
    unsetenv("OPENAI_BASE_URL");
    unsetenv("GLIMPSE_MODEL");
    assert_true(c.guard == GUARD);
    assert_string_equal(c.config.endpoint.base_url, "http://192.0.2.1/v1");
    assert_string_equal(c.config.model, "a-model");
    assert_int_equal(c.config.alerts.size, sizeof c.config.alerts);
    former_endpoint endpoint = { .size = sizeof endpoint };
    glimpse_endpoint_defaults((glimpse_endpoint *)(void *)&endpoint);
    setenv("OPENAI_API_KEY", "sk-1", 1);
    glimpse_endpoint_from_env((glimpse_endpoint *)(void *)&endpoint);
    unsetenv("OPENAI_API_KEY");
    assert_string_equal(endpoint.api_key, "sk-1");
}

static void its_engine_with_its_own_sampler_answers_and_counts(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    caller c = { .guard = GUARD };
    glimpse_problem problem;
    static const former_sampler_vtable table = { .size = sizeof table,
                                                 .name = "former",
                                                 .start = start };
    c.base = event_base_new();
    set_sizes(&c.config);
    assert_int_equal(glimpse_sampler_new((const glimpse_sampler_vtable *)(const void *)&table, &c,
                                         &c.config.sampler, &problem),
                     GLIMPSE_OK);
    c.config.model = "of-the-engine";
    assert_int_equal(glimpse_engine_new(c.base, (const glimpse_config *)(const void *)&c.config,
                                        &c.engine, &problem),
                     GLIMPSE_OK);
    struct {
        former_options options;
        uint64_t guard;
    } mine = { { .size = sizeof mine.options }, GUARD };
    glimpse_options_defaults((glimpse_options *)(void *)&mine.options);
    assert_true(mine.guard == GUARD);
    mine.options.max_tokens = 77;
    glimpse_draft draft = { .input_text = "a text" };
    glimpse_observer observer = { .size = sizeof observer, .on_result = done };
    assert_int_equal(glimpse_submit_draft(c.engine, &draft,
                                          (const glimpse_options *)(const void *)&mine.options,
                                          &observer, &c, NULL),
                     GLIMPSE_OK);
    event_base_dispatch(c.base);
    assert_int_equal(c.results, 1);
    assert_string_equal(c.text, "an answer");
    assert_non_null(strstr(c.body, "of-the-engine"));
    assert_non_null(strstr(c.body, "77"));
    struct {
        former_stats stats;
        uint64_t guard;
    } guarded = { { .size = sizeof guarded.stats }, GUARD };
    assert_int_equal(glimpse_engine_stats(c.engine, (glimpse_stats *)(void *)&guarded.stats),
                     GLIMPSE_OK);
    assert_true(guarded.guard == GUARD);
    assert_int_equal(guarded.stats.delivered, 1);
    assert_int_equal(guarded.stats.by_status[GLIMPSE_STATUS_ALIGNED], 1);
    glimpse_engine_free(c.engine);
    glimpse_sampler_unref(c.config.sampler);
    event_base_free(c.base);
    assert_int_equal(gl_alloc_live(), live);
}

static void its_cache_statistics_fit_its_struct(void **state)
{
    (void)state;
    glimpse_cache *cache;
    assert_int_equal(glimpse_cache_new(NULL, &cache, NULL), GLIMPSE_OK);
    glimpse_key key = { { 1 } };
    assert_null(glimpse_cache_get(cache, &key, 0));
    struct {
        former_cache_stats stats;
        uint64_t guard;
    } guarded = { { .size = sizeof guarded.stats }, GUARD };
    glimpse_cache_get_stats(cache, (glimpse_cache_stats *)(void *)&guarded.stats);
    assert_true(guarded.guard == GUARD);
    assert_int_equal(guarded.stats.misses, 1);
    glimpse_cache_unref(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_configuration_has_the_defaults_in_its_own_places),
        cmocka_unit_test(its_environment_is_read_into_its_own_places),
        cmocka_unit_test(its_engine_with_its_own_sampler_answers_and_counts),
        cmocka_unit_test(its_cache_statistics_fit_its_struct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
