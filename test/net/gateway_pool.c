/* gateway_pool.c - the gateway over a pool: a dead endpoint, one without room and one that is well;
 * names in answers; the list of models; a model that no endpoint serves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/json.h"
#include "gate_keys.h"

/* Endpoints: "dead" at a port where nobody listens, "well" at the rig's mock. */
typedef struct pool_gate {
    gate_rig rig;
    glimpse_pool pool;
    glimpse_pool_endpoint endpoints[2];
    glimpse_alias alias;
    glimpse_route routes[2];
    char dead[64];
} pool_gate;

static const char *const both[] = { "dead", "well" };
static const char *const well[] = { "well" };

/* Change rig.config and the pool, then gate_rig_open. */
static void init_pool_of(pool_gate *p, const mock_options *options)
{
    char problem[200];
    gate_rig_init(&p->rig, options);
    int fd = httpd_listen_tcp("127.0.0.1", 0, problem, sizeof problem);
    snprintf(p->dead, sizeof p->dead, "http://127.0.0.1:%d/v1", httpd_port_of(fd));
    close(fd); /* nobody listens there */
    glimpse_pool_init(&p->pool);
    for (size_t i = 0; i < 2; i++) {
        glimpse_pool_endpoint_init(&p->endpoints[i]);
        p->endpoints[i].endpoint = p->rig.engine_config.endpoint;
        p->endpoints[i].name = both[i];
    }
    p->endpoints[0].endpoint.base_url = p->dead;
    p->endpoints[0].endpoint.api_key = NULL;
    p->alias = (glimpse_alias){ "fast", "m-2" };
    p->endpoints[1].models = &p->alias;
    p->endpoints[1].model_count = 1;
    p->routes[0] = (glimpse_route){ "m-1", both, 2, GLIMPSE_PICK_ROOM };
    p->routes[1] = (glimpse_route){ "fast", well, 1, GLIMPSE_PICK_ROOM };
    p->pool.endpoints = p->endpoints;
    p->pool.endpoint_count = 2;
    p->pool.routes = p->routes;
    p->pool.route_count = 2;
    p->rig.engine_config.pool = p->rig.config.pool = &p->pool;
}

static void init_pool(pool_gate *p)
{
    init_pool_of(p, &(mock_options){ .seed = 5 });
}

static void open_pool(pool_gate *p)
{
    init_pool(p);
    gate_rig_open(&p->rig);
}

static int get(mock_client *c, const char *path)
{
    char head[200];
    snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n", path);
    gate_client_forget(c);
    mock_client_send_text(c, head);
    gate_client_whole(c);
    return gate_client_status(c);
}

static void an_answer_names_the_endpoint_that_gave_it(void **state)
{
    (void)state;
    pool_gate p;
    open_pool(&p);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("one")), 200);
    assert_true(gate_client_has(c, "glimpse-endpoint: well"));
    assert_true(gate_client_has(c, "glimpse-attempts: 1")); /* nobody got the other one */
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("one")), 200);
    assert_true(gate_client_has(c, "glimpse-status: cache"));
    assert_false(gate_client_names(c, "glimpse-endpoint"));
    gate_client_forget(c);
    mock_client_post(c, GATE_CHAT, GATE_STREAM("two"));
    char *stream = gate_client_joined(c);
    assert_non_null(strstr(stream, "; glimpse-endpoint=well"));
    free(stream);
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

/* The last one that failed the request gave none of the words. */
static void an_answer_that_was_made_here_names_no_endpoint(void **state)
{
    (void)state;
    pool_gate p;
    init_pool(&p);
    p.endpoints[1].endpoint.base_url = p.dead;
    p.rig.config.fallback = true;
    gate_rig_open(&p.rig);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("Cats sleep a lot")), 200);
    assert_true(gate_client_has(c, "glimpse-status: local"));
    assert_false(gate_client_names(c, "glimpse-endpoint"));
    gate_client_forget(c);
    mock_client_post(c, GATE_CHAT, GATE_STREAM("Dogs sleep a lot"));
    char *stream = gate_client_joined(c);
    assert_true(gate_client_has(c, "glimpse-status: local"));
    assert_null(strstr(c->got, "glimpse-endpoint"));
    free(stream);
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

/* One whose key is refused, and behind it a dead one: the failure of the last does not hide it. */
static void a_failure_names_the_endpoint_whose_key_is_refused(void **state)
{
    (void)state;
    static const char *const turned[] = { "well", "dead" };
    pool_gate p;
    init_pool_of(&p, &(mock_options){ .key = "sk-another", .seed = 5 });
    p.routes[0].groups = turned;
    p.rig.engine_config.max_attempts = 1;
    gate_rig_open(&p.rig);
    mock_client *c = gate_rig_connect(&p.rig);
    for (int i = 0; i < 2; i++) { /* the second is not sent there any more */
        assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("one")), 502);
        gl_json message = gl_json_get(gl_json_get(mock_client_body(c), "error"), "message");
        if (!gl_json_string_is(message,
                               "The endpoint gave no usable answer: no connection could be made. "
                               "(The endpoint 'well' is left out: its key is refused or has no "
                               "money.)"))
            fail_msg("%s", gate_client_body(c));
    }
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

static void the_models_are_those_that_the_pool_names(void **state)
{
    (void)state;
    pool_gate p;
    open_pool(&p);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(get(c, "/v1/models"), 200);
    gl_json data = gl_json_get(mock_client_body(c), "data"), item;
    static const char *const names[] = { "m-1", "fast" };
    size_t count = 0;
    gl_json_iter iter = gl_json_begin(data);
    while (gl_json_next(&iter, NULL, &item)) {
        assert_true(count < 2);
        assert_true(gl_json_string_is(gl_json_get(item, "id"), names[count++]));
        assert_true(gl_json_string_is(gl_json_get(item, "object"), "model"));
    }
    assert_int_equal(count, 2);
    assert_int_equal(get(c, "/v1/models/fast"), 200);
    assert_true(gl_json_string_is(gl_json_get(mock_client_body(c), "id"), "fast"));
    assert_int_equal(get(c, "/v1/models/other"), 404);
    assert_int_equal(mock_rig_stat(&p.rig.mock, NULL, "requests"), 0); /* nobody was asked */
    /* A newer pool has other names. */
    p.pool.route_count = 1;
    assert_true(gateway_set_pool(p.rig.gate, &p.pool));
    assert_int_equal(get(c, "/v1/models/fast"), 404);
    assert_int_equal(get(c, "/v1/models/m-1"), 200);
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

static void a_model_goes_by_the_name_that_it_has_there(void **state)
{
    (void)state;
    pool_gate p;
    open_pool(&p);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", "{\"model\":\"fast\"," GATE_MESSAGES("one")),
                     200);
    gl_json model = gl_json_get(mock_client_body(c), "model");
    assert_true(gl_json_string_is(model, "m-2")); /* as the endpoint answered */
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

static void a_model_that_no_route_serves_is_a_404_that_names_some(void **state)
{
    (void)state;
    pool_gate p;
    open_pool(&p);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(
        gate_client_ask(c, GATE_CHAT, "", "{\"model\":\"other\"," GATE_MESSAGES("one")), 404);
    gl_json error = gl_json_get(mock_client_body(c), "error");
    assert_true(gl_json_string_is(gl_json_get(error, "code"), "model_not_found"));
    assert_non_null(strstr(gate_client_body(c), "other"));
    assert_non_null(strstr(gate_client_body(c), "'m-1', 'fast'"));
    assert_true(gate_client_has(c, "x-should-retry: false"));
    assert_int_equal(mock_rig_stat(&p.rig.mock, NULL, "requests"), 0);
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

/* The pool's names are more than this caller's. */
static void a_caller_is_given_the_names_that_it_may_ask_alone(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"models\":[\"fast\",\"other\"]" };
    pool_gate p;
    init_pool(&p);
    p.rig.config.keys = true;
    gate_rig_open(&p.rig);
    gate_keys_load(&p.rig, members, 1);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, A, "{\"model\":\"other\"," GATE_MESSAGES("one")),
                     404);
    assert_non_null(strstr(gate_client_body(c), "serves this model; some that there are: 'fast'."));
    assert_null(strstr(gate_client_body(c), "m-1"));
    assert_true(gate_client_has(c, "x-should-retry: false"));
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

/* All connections of the mock: this one's, and that of the question itself. */
static void an_endpoint_that_stays_in_a_newer_pool_keeps_its_connection(void **state)
{
    (void)state;
    pool_gate p;
    glimpse_problem problem;
    open_pool(&p);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("one")), 200);
    assert_int_equal(mock_rig_stat(&p.rig.mock, NULL, "open_connections"), 2);
    p.endpoints[1].weight = 3;
    p.pool.route_count = 1;
    assert_int_equal(glimpse_engine_set_pool(p.rig.engine, &p.pool, &problem), GLIMPSE_OK);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("two")), 200);
    assert_true(gate_client_has(c, "glimpse-endpoint: well"));
    assert_int_equal(mock_rig_stat(&p.rig.mock, NULL, "open_connections"), 2);
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

static void an_endpoint_of_the_same_name_at_another_address_is_another(void **state)
{
    (void)state;
    pool_gate p;
    glimpse_problem problem;
    open_pool(&p);
    mock_client *c = gate_rig_connect(&p.rig);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("one")), 200);
    p.endpoints[1].endpoint.base_url = p.dead; /* the same name at another address */
    assert_int_equal(glimpse_engine_set_pool(p.rig.engine, &p.pool, &problem), GLIMPSE_OK);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("two")), 502);
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

static void a_newer_pool_that_is_wrong_changes_nothing(void **state)
{
    (void)state;
    pool_gate p;
    glimpse_problem problem;
    open_pool(&p);
    mock_client *c = gate_rig_connect(&p.rig);
    p.endpoints[1].weight = 0;
    assert_int_equal(glimpse_engine_set_pool(p.rig.engine, &p.pool, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "pool.endpoints[1].weight");
    p.endpoints[1].weight = 1;
    p.endpoints[1].endpoint.base_url = "no url";
    assert_int_equal(glimpse_engine_set_pool(p.rig.engine, &p.pool, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "pool.endpoints[1].endpoint.base_url");
    assert_int_equal(glimpse_engine_set_pool(p.rig.engine, NULL, &problem), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_engine_set_pool(NULL, &p.pool, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "engine");
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("one")), 200);
    mock_client_close(c);
    gate_rig_close(&p.rig);
}

static void an_engine_without_a_pool_takes_none(void **state)
{
    (void)state;
    gate_rig g;
    pool_gate p;
    glimpse_problem problem;
    open_pool(&p);
    gate_rig_close(&p.rig);
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    assert_int_equal(glimpse_engine_set_pool(g.engine, &p.pool, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "engine");
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_names_the_endpoint_that_gave_it),
        cmocka_unit_test(an_answer_that_was_made_here_names_no_endpoint),
        cmocka_unit_test(a_failure_names_the_endpoint_whose_key_is_refused),
        cmocka_unit_test(the_models_are_those_that_the_pool_names),
        cmocka_unit_test(a_model_goes_by_the_name_that_it_has_there),
        cmocka_unit_test(a_model_that_no_route_serves_is_a_404_that_names_some),
        cmocka_unit_test(a_caller_is_given_the_names_that_it_may_ask_alone),
        cmocka_unit_test(an_endpoint_that_stays_in_a_newer_pool_keeps_its_connection),
        cmocka_unit_test(an_endpoint_of_the_same_name_at_another_address_is_another),
        cmocka_unit_test(a_newer_pool_that_is_wrong_changes_nothing),
        cmocka_unit_test(an_engine_without_a_pool_takes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
