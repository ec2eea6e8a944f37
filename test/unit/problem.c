/* problem.c - each function that makes something says which field it refused, and a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>

#include <string.h>

#include "oom.h"
#include "problem.h"

static void refused(glimpse_error error, const glimpse_problem *problem, const char *field)
{
    assert_int_equal(error, GLIMPSE_ERR_INVALID);
    assert_string_equal(problem->field, field);
    assert_true(problem->sentence[0] != '\0');
}

static void never(void *self, glimpse_attempt *attempt)
{
    (void)self;
    (void)attempt;
}

static void an_argument_that_is_missing_is_named(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    glimpse_problem p;
    glimpse_engine *engine;
    glimpse_config config;
    glimpse_config_init(&config);
    refused(glimpse_engine_new(NULL, &config, &engine, &p), &p, "base");
    refused(glimpse_engine_new(base, NULL, &engine, &p), &p, "config");
    refused(glimpse_engine_new(base, &config, NULL, &p), &p, "engine");
    glimpse_sampler *sampler;
    glimpse_endpoint endpoint;
    glimpse_endpoint_init(&endpoint);
    refused(glimpse_openai_sampler_new(NULL, &endpoint, NULL, &sampler, &p), &p, "base");
    refused(glimpse_openai_sampler_new(base, NULL, NULL, &sampler, &p), &p, "endpoint");
    refused(glimpse_openai_sampler_new(base, &endpoint, NULL, NULL, &p), &p, "sampler");
    glimpse_batch_api *api;
    refused(glimpse_batch_api_new(base, NULL, NULL, NULL, &api, &p), &p, "endpoint");
    glimpse_latency_monitor *monitor;
    refused(glimpse_latency_monitor_new(NULL, NULL, &monitor, &p), &p, "base");
    glimpse_pressure *pressure;
    refused(glimpse_pressure_new(base, NULL, NULL, &pressure, &p), &p, "cache");
    event_base_free(base);
}

static void a_member_that_is_refused_is_named(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    glimpse_problem p;
    glimpse_cache_config bounds;
    glimpse_cache_config_init(&bounds);
    bounds.max_bytes = 0;
    glimpse_cache *cache;
    refused(glimpse_cache_new(&bounds, &cache, &p), &p, "max_bytes");
    glimpse_sampler_vtable table = { .size = sizeof(glimpse_sampler_vtable), .name = "x" };
    glimpse_sampler *sampler;
    refused(glimpse_sampler_new(&table, NULL, &sampler, &p), &p, "start");
    table = (glimpse_sampler_vtable){ .size = sizeof(glimpse_sampler_vtable), .start = never };
    refused(glimpse_sampler_new(&table, NULL, &sampler, &p), &p, "name");
    glimpse_store_vtable store_table = { .size = sizeof(glimpse_store_vtable), .name = "x" };
    glimpse_store *store;
    refused(glimpse_store_new(&store_table, NULL, &store, &p), &p, "get");
    glimpse_sqlite_store_config file;
    glimpse_sqlite_store_config_init(&file);
    refused(glimpse_sqlite_store_new(base, &file, &store, &p), &p, "path");
    glimpse_thresholds falling = { 4, 3, 2, 1 };
    glimpse_latency_monitor *monitor;
    refused(glimpse_latency_monitor_new(base, &falling, &monitor, &p), &p, "t2_ms");
    glimpse_profiles *profiles;
    refused(glimpse_profiles_new("{", 0, &profiles, &p), &p, "text");
    glimpse_endpoint endpoint;
    glimpse_endpoint_init(&endpoint);
    endpoint.azure_deployment = "d";
    glimpse_batch_api *api;
    refused(glimpse_batch_api_new(base, &endpoint, NULL, NULL, &api, &p), &p,
            "endpoint.azure_deployment");
    endpoint.azure_deployment = NULL;
    endpoint.base_url = "no url";
    refused(glimpse_batch_api_new(base, &endpoint, NULL, NULL, &api, &p), &p, "endpoint.base_url");
    endpoint.size = 0;
    refused(glimpse_batch_api_new(base, &endpoint, NULL, NULL, &api, &p), &p, "endpoint.size");
    glimpse_endpoint_init(&endpoint);
    glimpse_batch_options options;
    glimpse_batch_options_init(&options);
    options.poll_min_ms = 0;
    refused(glimpse_batch_api_new(base, &endpoint, &options, NULL, &api, &p), &p,
            "options.poll_min_ms");
    event_base_free(base);
}

static void a_proxy_that_is_none_is_named_by_its_scheme(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    static const char *const urls[][2] = { { "http://192.0.2.1/v1", "endpoint.http_proxy" },
                                           { "https://192.0.2.1/v1", "endpoint.https_proxy" } };
    for (size_t i = 0; i < 2; i++) {
        glimpse_problem p;
        glimpse_engine *engine;
        glimpse_config config;
        glimpse_config_init(&config);
        config.endpoint.base_url = urls[i][0];
        config.endpoint.http_proxy = config.endpoint.https_proxy = "ftp://canary:1";
        refused(glimpse_engine_new(base, &config, &engine, &p), &p, urls[i][1]);
        assert_null(strstr(p.sentence, "canary"));
    }
    event_base_free(base);
}

/* The same member, of the struct that was given and of a struct in that. */
static void a_member_of_a_member_has_its_whole_path(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    glimpse_problem p;
    glimpse_sampler *sampler;
    glimpse_engine *engine;
    glimpse_config config;
    glimpse_config_init(&config);
    config.endpoint.base_url = "no url";
    config.endpoint.api_key = "sk-1";
    refused(glimpse_openai_sampler_new(base, &config.endpoint, NULL, &sampler, &p), &p, "base_url");
    refused(glimpse_engine_new(base, &config, &engine, &p), &p, "endpoint.base_url");
    config.endpoint.base_url = NULL;
    config.endpoint.max_connections = -1;
    refused(glimpse_openai_sampler_new(base, &config.endpoint, NULL, &sampler, &p), &p,
            "max_connections");
    refused(glimpse_engine_new(base, &config, &engine, &p), &p, "endpoint.max_connections");
    config.endpoint.max_connections = 0;
    config.thresholds = (glimpse_thresholds){ 2, 1, 3, 4 };
    refused(glimpse_thresholds_check(&config.thresholds, &p), &p, "t2_ms");
    refused(glimpse_engine_new(base, &config, &engine, &p), &p, "thresholds.t2_ms");
    event_base_free(base);
}

/* What submit refuses without a word, the check of the same arguments names; what the one takes,
 * the other does. */
static void a_check_names_what_submit_refuses(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    glimpse_problem p;
    glimpse_engine *engine;
    glimpse_config config;
    glimpse_config_init(&config);
    config.use_openai = GLIMPSE_USE_OPENAI_NEVER;
    assert_int_equal(glimpse_engine_new(base, &config, &engine, &p), GLIMPSE_OK);
    glimpse_options fine, hot, named;
    glimpse_options_init(&fine);
    hot = named = fine;
    hot.temperature = 3;
    named.model = "caf\xe9";
    glimpse_observer observer, unset = { 0 };
    glimpse_observer_init(&observer);
    const struct {
        glimpse_draft draft;
        const glimpse_options *options;
        const glimpse_observer *observer;
        const char *field;
    } drafts[] = {
        { { .input_text = "a" }, NULL, NULL, NULL },
        { { .input_text = "a" }, &fine, &observer, NULL },
        { { .input_text = NULL }, NULL, NULL, "draft.input_text" },
        { { .input_text = "\xff" }, NULL, NULL, "draft.input_text" },
        { { .input_text = "a", .goal = "\xff" }, NULL, NULL, "draft.goal" },
        { { .input_text = "a", .constraints = "b\xe2\x82" }, NULL, NULL, "draft.constraints" },
        { { .input_text = "a" }, &hot, NULL, "options.temperature" },
        { { .input_text = "a" }, &named, NULL, "options.model" },
        { { .input_text = "a" }, NULL, &unset, "observer.size" },
    };
    for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++) {
        glimpse_error error =
            glimpse_draft_check(&drafts[i].draft, drafts[i].options, drafts[i].observer, &p);
        assert_int_equal(glimpse_submit_draft(engine, &drafts[i].draft, drafts[i].options,
                                              drafts[i].observer, NULL, NULL),
                         error);
        if (drafts[i].field != NULL)
            refused(error, &p, drafts[i].field);
        else
            assert_int_equal(error, GLIMPSE_OK);
    }
    const struct {
        glimpse_chat chat;
        const glimpse_options *options;
        const glimpse_observer *observer;
        const char *field;
    } chats[] = {
        { { .body = "{}" }, &fine, &observer, NULL },
        { { .body = "{}", .path = "/embeddings" }, NULL, NULL, NULL },
        { { .body = NULL }, NULL, NULL, "chat.body" },
        { { .body = "{}", .path = "//evil" }, NULL, NULL, "chat.path" },
        { { .body = "{}" }, &hot, NULL, "options.temperature" },
        { { .body = "{}" }, NULL, &unset, "observer.size" },
    };
    for (size_t i = 0; i < sizeof chats / sizeof *chats; i++) {
        glimpse_error error =
            glimpse_chat_check(&chats[i].chat, chats[i].options, chats[i].observer, &p);
        assert_int_equal(glimpse_submit_chat(engine, &chats[i].chat, chats[i].options,
                                             chats[i].observer, NULL, NULL),
                         error);
        if (chats[i].field != NULL)
            refused(error, &p, chats[i].field);
        else
            assert_int_equal(error, GLIMPSE_OK);
    }
    refused(glimpse_draft_check(NULL, NULL, NULL, &p), &p, "draft");
    refused(glimpse_chat_check(NULL, NULL, NULL, &p), &p, "chat");
    assert_int_equal(glimpse_draft_check(&drafts[8].draft, NULL, &unset, NULL),
                     GLIMPSE_ERR_INVALID);
    (void)glimpse_draft_check(&drafts[8].draft, NULL, &unset, &p);
    assert_non_null(strstr(p.sentence, "glimpse_observer_init"));
    glimpse_engine_free(engine);
    event_base_free(base);
}

static void without_memory_no_field_is_to_blame(void **state)
{
    (void)state;
    glimpse_problem p = { "of before", "of before" };
    glimpse_cache *cache;
    oom_fail_at(1);
    glimpse_error error = glimpse_cache_new(NULL, &cache, &p);
    assert_true(oom_end());
    assert_int_equal(error, GLIMPSE_ERR_OOM);
    assert_string_equal(p.field, "");
    assert_string_equal(p.sentence, glimpse_error_sentence(GLIMPSE_ERR_OOM));
}

static void a_sentence_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    char longer[2 * sizeof((glimpse_problem *)NULL)->sentence];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    glimpse_problem p;
    assert_int_equal(gl_refuse(&p, longer, longer), GLIMPSE_ERR_INVALID);
    assert_int_equal(strlen(p.field), sizeof p.field - 1);
    assert_int_equal(strlen(p.sentence), sizeof p.sentence - 1);
    assert_int_equal(gl_refuse(NULL, longer, longer), GLIMPSE_ERR_INVALID);
    gl_problem_within(&p, longer);
    assert_true(strlen(p.field) < sizeof p.field);
    gl_problem_within(NULL, longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_argument_that_is_missing_is_named),
        cmocka_unit_test(a_member_that_is_refused_is_named),
        cmocka_unit_test(a_proxy_that_is_none_is_named_by_its_scheme),
        cmocka_unit_test(a_member_of_a_member_has_its_whole_path),
        cmocka_unit_test(a_check_names_what_submit_refuses),
        cmocka_unit_test(without_memory_no_field_is_to_blame),
        cmocka_unit_test(a_sentence_that_does_not_fit_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
