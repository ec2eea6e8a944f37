/* pool.c - what glimpse_pool_check refuses, and names; the way of a model; a caller that was
 * compiled against shorter structs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/glimpse.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pool.h"
#include "support/former_glimpse.h"

/* Two endpoints of a group, one alone with aliases, and routes for two models. */
typedef struct example {
    glimpse_pool pool;
    glimpse_pool_endpoint endpoints[3];
    glimpse_alias aliases[2];
    glimpse_route routes[2];
} example;

static const char *const openai_then_local[] = { "openai", "local" };
static const char *const local_alone[] = { "local" };

static void fill(example *e)
{
    glimpse_pool_init(&e->pool);
    for (size_t i = 0; i < 3; i++) {
        glimpse_pool_endpoint_init(&e->endpoints[i]);
        e->endpoints[i].endpoint.api_key = "sk-canary";
    }
    e->endpoints[0].name = "main";
    e->endpoints[0].group = "openai";
    e->endpoints[1].name = "main2";
    e->endpoints[1].group = "openai";
    e->endpoints[1].weight = 2;
    e->endpoints[2].name = "local";
    e->endpoints[2].endpoint.base_url = "http://127.0.0.1:8000/v1";
    e->endpoints[2].endpoint.api_key = NULL;
    e->aliases[0] = (glimpse_alias){ "fast", "qwen2.5-7b" };
    e->aliases[1] = (glimpse_alias){ "gpt-4o-mini", "qwen2.5-32b" };
    e->endpoints[2].models = e->aliases;
    e->endpoints[2].model_count = 2;
    e->routes[0] = (glimpse_route){ "gpt-4o-mini", openai_then_local, 2, GLIMPSE_PICK_ROOM };
    e->routes[1] = (glimpse_route){ "fast", local_alone, 1, GLIMPSE_PICK_PREFIX };
    e->pool.endpoints = e->endpoints;
    e->pool.endpoint_count = 3;
    e->pool.routes = e->routes;
    e->pool.route_count = 2;
}

static void expect(const example *e, const char *field)
{
    glimpse_problem problem = { "of before", "of before" };
    glimpse_error error = glimpse_pool_check(&e->pool, &problem);
    assert_string_equal(problem.field, field);
    assert_int_equal(error, *field == '\0' ? GLIMPSE_OK : GLIMPSE_ERR_INVALID);
    assert_int_equal(problem.sentence[0] == '\0', *field == '\0');
    assert_null(strstr(problem.sentence, "canary"));
    assert_int_equal(glimpse_pool_check(&e->pool, NULL), error);
}

static void each_member_of_an_endpoint_that_is_wrong_is_named(void **state)
{
    (void)state;
    example e;
    fill(&e);
    expect(&e, "");
    static const char *const names[] = { NULL,
                                         "",
                                         "with blank",
                                         "quo\"te",
                                         "caf\xc3\xa9",
                                         "a\tb",
                                         "main", /* another one's */
                                         "a23456789012345678901234567890123456789012345678901234567"
                                         "89012345" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fill(&e);
        e.endpoints[1].name = names[i];
        expect(&e, "endpoints[1].name");
    }
    fill(&e);
    e.endpoints[1].group = "";
    expect(&e, "endpoints[1].group");
    static const double weights[] = { 0, -1, 1000001, NAN, INFINITY };
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        fill(&e);
        e.endpoints[2].weight = weights[i];
        expect(&e, "endpoints[2].weight");
    }
    static const int64_t numbers[][3] = { { 0, 1, 1 },        { -2, 1, 1 }, { 1000001, 1, 1 },
                                          { 1, -2, 1 },       { 1, 1, -2 }, { 1, INT64_MAX, 1 },
                                          { 1, 1, INT64_MAX } };
    static const char *const fields[] = { "endpoints[0].concurrency", "endpoints[0].concurrency",
                                          "endpoints[0].concurrency", "endpoints[0].rpm",
                                          "endpoints[0].tpm",         "endpoints[0].rpm",
                                          "endpoints[0].tpm" };
    for (size_t i = 0; i < 7; i++) {
        fill(&e);
        e.endpoints[0].concurrency = numbers[i][0];
        e.endpoints[0].rpm = numbers[i][1];
        e.endpoints[0].tpm = numbers[i][2];
        expect(&e, fields[i]);
    }
    fill(&e);
    e.endpoints[0].concurrency = 1, e.endpoints[0].rpm = e.endpoints[0].tpm = 0;
    expect(&e, "");
}

static void each_model_and_address_that_is_wrong_is_named(void **state)
{
    (void)state;
    example e;
    static const glimpse_alias aliases[] = { { NULL, "a" },  { "", "a" },    { "b", NULL },
                                             { "b", "" },    { "b\n", "a" }, { "b", "\xff" },
                                             { "fast", "a" } };
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        fill(&e);
        e.aliases[1] = aliases[i];
        expect(&e, "endpoints[2].models[1]");
    }
    fill(&e);
    e.endpoints[2].models = NULL;
    expect(&e, "endpoints[2].models");
    fill(&e);
    e.endpoints[2].model_count = GLIMPSE_POOL_MODELS_MAX + 1;
    expect(&e, "endpoints[2].model_count");
    fill(&e);
    e.endpoints[0].endpoint.api_key = "canary\r\nHost: evil";
    expect(&e, "endpoints[0].endpoint.api_key");
    fill(&e);
    e.endpoints[0].endpoint.api_key = NULL; /* api.openai.com wants one */
    expect(&e, "endpoints[0].endpoint.api_key");
    fill(&e);
    e.endpoints[2].endpoint.azure_deployment = "d";
    expect(&e, "endpoints[2].endpoint.api_version");
    fill(&e);
    e.endpoints[2].endpoint.max_response_bytes = 0;
    expect(&e, "endpoints[2].endpoint.max_response_bytes");
    fill(&e);
    e.endpoints[1].endpoint.base_url = "\n";
    assert_int_equal(glimpse_local_sampler_new(&e.endpoints[1].sampler, NULL), GLIMPSE_OK);
    expect(&e, ""); /* its endpoint is not read */
    glimpse_sampler_unref(e.endpoints[1].sampler);
}

static void each_route_that_leads_nowhere_is_named(void **state)
{
    (void)state;
    example e;
    static const char *const twice[] = { "openai", "openai" };
    static const char *const unknown[] = { "openai", "main" }; /* a name, not a group */
    static const glimpse_route wrong[] = {
        { NULL, local_alone, 1, 0 },      { "", local_alone, 1, 0 },
        { "gpt-4o-mini", twice, 1, 0 },   { "x", NULL, 1, 0 },
        { "x", openai_then_local, 0, 0 }, { "x", twice, 2, 0 },
        { "x", unknown, 2, 0 },           { "fast", local_alone, 1, (glimpse_pick)3 },
    };
    static const char *const fields[] = {
        "routes[1].model",  "routes[1].model",     "routes[1].model",     "routes[1].groups",
        "routes[1].groups", "routes[1].groups[1]", "routes[1].groups[1]", "routes[1].pick",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fill(&e);
        e.routes[1] = wrong[i];
        expect(&e, fields[i]);
    }
    fill(&e);
    e.pool.routes = NULL;
    expect(&e, "routes");
}

static void the_pool_itself_is_checked(void **state)
{
    (void)state;
    example e;
    fill(&e);
    e.pool.endpoint_count = 0;
    expect(&e, "endpoints");
    fill(&e);
    e.pool.endpoints = NULL;
    expect(&e, "endpoints");
    fill(&e);
    e.pool.endpoint_count = GLIMPSE_POOL_ENDPOINTS_MAX + 1;
    expect(&e, "endpoint_count");
    fill(&e);
    e.pool.route_count = GLIMPSE_POOL_ROUTES_MAX + 1;
    expect(&e, "route_count");
    fill(&e);
    e.pool.size = 0;
    expect(&e, "size");
    fill(&e);
    e.endpoints[1].size--;
    expect(&e, "endpoints[1].size");
    fill(&e);
    e.endpoints[0].endpoint.size = 0;
    expect(&e, "endpoints[0].size");
    glimpse_problem problem;
    assert_int_equal(glimpse_pool_check(NULL, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "pool");
}

static void a_configuration_names_the_member_of_its_pool(void **state)
{
    (void)state;
    example e;
    glimpse_problem problem;
    glimpse_config config;
    glimpse_config_init(&config);
    fill(&e);
    config.pool = &e.pool;
    config.endpoint.base_url = "\n"; /* not read beside a pool */
    assert_int_equal(glimpse_config_check(&config, &problem), GLIMPSE_OK);
    e.endpoints[2].endpoint.max_response_bytes = 0;
    assert_int_equal(glimpse_config_check(&config, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "pool.endpoints[2].endpoint.max_response_bytes");
    assert_int_equal(glimpse_local_sampler_new(&config.sampler, NULL), GLIMPSE_OK);
    assert_int_equal(glimpse_config_check(&config, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "pool");
    glimpse_sampler_unref(config.sampler);
}

/* --- the way ---------------------------------------------------------------------------------- */

/* "main0 main20 local1=qwen/prefix": the endpoints with the places of their groups and names. */
static void expect_way(const example *e, const char *model, const char *expected)
{
    static const char *const picks[] = { "room", "fastest", "prefix" };
    gl_way way[GLIMPSE_POOL_ENDPOINTS_MAX];
    glimpse_pick pick;
    char text[256];
    size_t len = 0, count = gl_pool_way(&e->pool, gl_slice_str(model), way, &pick);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s:%u%s%s ",
                                e->endpoints[way[i].endpoint].name, way[i].group,
                                way[i].there != NULL ? "=" : "",
                                way[i].there != NULL ? way[i].there : "");
    snprintf(text + len, sizeof text - len, "%s", picks[pick]);
    assert_string_equal(text, expected);
}

static void a_model_goes_the_way_of_its_route(void **state)
{
    (void)state;
    example e;
    fill(&e);
    expect_way(&e, "gpt-4o-mini", "main:0 main2:0 local:1=qwen2.5-32b room");
    expect_way(&e, "fast", "local:0=qwen2.5-7b prefix");
    expect_way(&e, "fas", "room");
    expect_way(&e, "*", "room");
    e.routes[1] = (glimpse_route){ "*", openai_then_local, 2, GLIMPSE_PICK_FASTEST };
    expect(&e, "");
    expect_way(&e, "gpt-4o-mini", "main:0 main2:0 local:1=qwen2.5-32b room");
    expect_way(&e, "fast", "main:0 main2:0 local:1=qwen2.5-7b fastest");
    expect_way(&e, "other", "main:0 main2:0 fastest");
}

/* The operator says so: it is sent there by its own name. */
static void a_route_leads_to_a_group_that_lists_other_models(void **state)
{
    (void)state;
    example e;
    fill(&e);
    e.routes[0].model = "other";
    expect(&e, "");
    expect_way(&e, "other", "main:0 main2:0 local:1 room");
    e.endpoints[1].models = e.aliases, e.endpoints[1].model_count = 1;
    expect_way(&e, "other", "main:0 local:1 room"); /* one of its group serves it */
    e.routes[0].model = "*";
    expect_way(&e, "other", "main:0 room");
}

static void without_routes_a_model_goes_to_all_that_serve_it(void **state)
{
    (void)state;
    example e;
    fill(&e);
    e.pool.route_count = 0;
    expect_way(&e, "fast", "main:0 main2:0 local:1=qwen2.5-7b room");
    expect_way(&e, "other", "main:0 main2:0 room");
    e.endpoints[0].models = e.aliases, e.endpoints[0].model_count = 1;
    e.endpoints[1].models = e.aliases, e.endpoints[1].model_count = 1;
    expect_way(&e, "gpt-4o-mini", "local:0=qwen2.5-32b room");
    expect_way(&e, "other", "room");
    e.aliases[0].there = "fast"; /* the same name needs no change of a body */
    expect_way(&e, "fast", "main:0 main2:0 local:1 room");
}

static void some_models_are_named(void **state)
{
    (void)state;
    example e;
    gl_buf text;
    gl_buf_init(&text, 1000);
    fill(&e);
    gl_pool_name_some(&e.pool, &text);
    assert_true(gl_slice_is(gl_buf_slice(&text), "'gpt-4o-mini', 'fast'"));
    gl_buf_reset(&text);
    e.pool.route_count = 0;
    gl_pool_name_some(&e.pool, &text);
    assert_true(gl_slice_is(gl_buf_slice(&text), "'fast', 'gpt-4o-mini'"));
    gl_buf_reset(&text);
    glimpse_route many[7];
    static const char *const names[] = { "*", "a", "b", "c", "d", "e", "f" };
    for (size_t i = 0; i < 7; i++)
        many[i] = (glimpse_route){ names[i], openai_then_local, 1, GLIMPSE_PICK_ROOM };
    e.pool.routes = many;
    e.pool.route_count = 7;
    gl_pool_name_some(&e.pool, &text);
    assert_true(gl_slice_is(gl_buf_slice(&text), "'a', 'b', 'c', 'd', 'e', ..."));
    gl_buf_free(&text);
}

/* --- a caller that was compiled before -------------------------------------------------------- */

typedef struct former_pool_endpoint {
    size_t size;
    const char *name;
    const char *group;
    double weight;
    int64_t concurrency;
    int64_t rpm, tpm;
    const glimpse_alias *models;
    size_t model_count;
    former_endpoint endpoint;
} former_pool_endpoint;

static void endpoints_of_a_former_caller_are_found_in_its_own_layout(void **state)
{
    (void)state;
    example e;
    former_pool_endpoint former[3];
    memset(former, 0xA5, sizeof former);
    fill(&e);
    for (size_t i = 0; i < 3; i++) {
        former[i].size = sizeof former[i];
        former[i].endpoint.size = sizeof former[i].endpoint;
        glimpse_pool_endpoint_defaults((glimpse_pool_endpoint *)(void *)&former[i]);
        assert_true(former[i].weight == 1);
        assert_int_equal(former[i].concurrency, GLIMPSE_INHERIT);
        assert_int_equal(former[i].endpoint.max_response_bytes, INT64_C(64) << 20);
        former[i].name = e.endpoints[i].name;
        former[i].group = e.endpoints[i].group;
        former[i].models = e.endpoints[i].models;
        former[i].model_count = e.endpoints[i].model_count;
        former[i].endpoint.api_key = e.endpoints[i].endpoint.api_key;
        former[i].endpoint.base_url = e.endpoints[i].endpoint.base_url;
    }
    e.pool.endpoints = (const glimpse_pool_endpoint *)(const void *)former;
    expect(&e, "");
    expect_way(&e, "gpt-4o-mini", "main:0 main2:0 local:1=qwen2.5-32b room");
    former[2].weight = 0;
    expect(&e, "endpoints[2].weight");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_member_of_an_endpoint_that_is_wrong_is_named),
        cmocka_unit_test(each_model_and_address_that_is_wrong_is_named),
        cmocka_unit_test(each_route_that_leads_nowhere_is_named),
        cmocka_unit_test(the_pool_itself_is_checked),
        cmocka_unit_test(a_configuration_names_the_member_of_its_pool),
        cmocka_unit_test(a_model_goes_the_way_of_its_route),
        cmocka_unit_test(a_route_leads_to_a_group_that_lists_other_models),
        cmocka_unit_test(without_routes_a_model_goes_to_all_that_serve_it),
        cmocka_unit_test(some_models_are_named),
        cmocka_unit_test(endpoints_of_a_former_caller_are_found_in_its_own_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
