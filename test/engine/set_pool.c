/* set_pool.c - another pool for an engine that runs: nothing is lost, and what stays is kept. */
#include "engine/set_pool.h"
#include "oom.h"
#include "pool_rig.h"

/* The engine's pool is now the endpoints from `first` on. */
static glimpse_error set_pool(pool_rig *p, size_t first, size_t count)
{
    p->pool.endpoints = &p->endpoints[first];
    p->pool.endpoint_count = count;
    return gl_engine_set_pool(p->rig.engine, &p->pool);
}

/* Frees all the endpoints that the rig has made. */
static void close_all(pool_rig *p, size_t made)
{
    p->pool.endpoint_count = made;
    pool_close(p);
}

static void attempts_in_flight_end_at_the_endpoint_that_leaves(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[8];
    char body[96];
    pool_init(&p, 2);
    p.pool.endpoint_count = 1;
    pool_open(&p);
    for (int i = 0; i < 4; i++) rig_submit(&p.rig, &logs[i], rig_body(body, i));
    gl_sim_run_for_ms(500);
    assert_int_equal(set_pool(&p, 1, 1), GLIMPSE_OK);
    for (int i = 4; i < 8; i++) rig_submit(&p.rig, &logs[i], rig_body(body, i));
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 8; i++) assert_string_equal(logs[i].text, i < 4 ? "a" : "b");
    assert_int_equal(p.places[0].asked, 4);
    assert_int_equal(p.places[1].asked, 4);
    close_all(&p, 2);
}

static void requests_that_wait_take_the_new_pool(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[4];
    char body[96];
    pool_init(&p, 2);
    p.pool.endpoint_count = 1;
    p.endpoints[0].concurrency = 1;
    p.places[0].plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    p.places[0].plans[1] = gl_sim_answer(GL_SECOND, "a");
    p.places[0].plan_count = 2;
    pool_open(&p);
    for (int i = 0; i < 4; i++) rig_submit(&p.rig, &logs[i], rig_body(body, i));
    gl_sim_run_for_ms(200); /* the first rests, the second is out, the others wait */
    assert_int_equal(set_pool(&p, 1, 1), GLIMPSE_OK);
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 4; i++) assert_string_equal(logs[i].text, i == 1 ? "a" : "b");
    close_all(&p, 2);
}

static void an_endpoint_that_stays_keeps_its_window_and_circuit(void **state)
{
    (void)state;
    pool_rig p;
    static callback_log logs[24];
    char body[96];
    pool_init(&p, 2);
    p.rig.config.breaker = GLIMPSE_BREAKER_WAIT;
    p.places[0].plans[0] = gl_sim_failure(GL_MS, GLIMPSE_ERR_CONNECT, 0);
    p.places[1].plans[0] = gl_sim_answer(60 * GL_SECOND, "b");
    pool_open(&p);
    for (int i = 0; i < 23; i++) {
        rig_submit(&p.rig, &logs[i], rig_body(body, i));
        gl_sim_run_for_ms(200); /* slower than the retry budget */
    }
    p.endpoints[1].concurrency = 25;
    assert_int_equal(set_pool(&p, 0, 2), GLIMPSE_OK);
    assert_int_equal(p.rig.engine->gates.list[0]->breaker.state, GL_CIRCUIT_OPEN);
    rig_submit(&p.rig, &logs[23], rig_body(body, 23));
    gl_sim_run_for_ms(200);
    assert_int_equal(pool_stats(&p).in_flight, 24);
    assert_int_equal(pool_stats(&p).circuit_opened, 1);
    assert_int_equal(glimpse_engine_room(p.rig.engine), 1); /* of the new 25 */
    assert_true(gl_sim_run_idle(1000));
    for (int i = 0; i < 24; i++) assert_string_equal(logs[i].text, "b");
    close_all(&p, 2);
}

static void a_stopped_key_is_tried_again_at_once_in_the_new_pool(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    pool_init(&p, 1);
    p.places[0].plans[0] = gl_sim_failure(GL_MS, GLIMPSE_ERR_HTTP, 401);
    p.places[0].plans[1] = gl_sim_answer(GL_SECOND, "a");
    p.places[0].plan_count = 2;
    pool_open(&p);
    rig_submit(&p.rig, &log, rig_body(body, 0));
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(log.status, GLIMPSE_STATUS_AUTH_ERROR);
    assert_int_equal(set_pool(&p, 0, 1), GLIMPSE_OK);
    rig_submit(&p.rig, &log, rig_body(body, 1));
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "a");
    close_all(&p, 1);
}

static void a_request_whose_model_is_served_no_more_ends_not_found(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[3];
    static const glimpse_alias other = { "other", "other" };
    pool_init(&p, 2);
    p.pool.endpoint_count = 1;
    p.endpoints[0].concurrency = 1;
    p.places[0].plans[0] = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 500);
    pool_open(&p);
    char body[96];
    for (int i = 0; i < 3; i++) rig_submit(&p.rig, &logs[i], rig_body(body, i));
    gl_sim_run_for_ms(100); /* one is out, two wait */
    p.endpoints[1].models = &other;
    p.endpoints[1].model_count = 1;
    assert_int_equal(set_pool(&p, 1, 1), GLIMPSE_OK);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(logs[0].http_status, 500); /* it ends with its own failure */
    for (int i = 1; i < 3; i++) assert_int_equal(logs[i].error, GLIMPSE_ERR_NO_MODEL);
    assert_int_equal(p.places[1].asked, 0);
    close_all(&p, 2);
}

/* Its endpoint had another scope, so that nobody would look for the answer there. */
static void an_answer_from_before_is_not_kept_for_another_group(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    pool_init(&p, 2);
    p.pool.endpoint_count = 1;
    p.endpoints[0].concurrency = 1;
    pool_open(&p);
    callback_log first;
    rig_submit(&p.rig, &first, rig_body(body, 0));
    rig_submit(&p.rig, &log, rig_body(body, 1)); /* waits, for a */
    gl_sim_run_for_ms(100);
    assert_int_equal(set_pool(&p, 1, 1), GLIMPSE_OK); /* goes to b */
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "b");
    assert_int_equal(set_pool(&p, 0, 1), GLIMPSE_OK);
    rig_submit(&p.rig, &log, rig_body(body, 1));
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(log.source, GLIMPSE_SOURCE_LIVE);
    assert_string_equal(log.text, "a");
    close_all(&p, 2);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    pool_init(&p, 2);
    p.pool.endpoint_count = 1;
    pool_open(&p);
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        glimpse_error error = set_pool(&p, 0, 2);
        bool failed = oom_end();
        if (error == GLIMPSE_OK) break;
        assert_true(failed && error == GLIMPSE_ERR_OOM);
        assert_int_equal(p.rig.engine->gates.count, 1);
    }
    assert_int_equal(p.rig.engine->gates.count, 2);
    rig_submit(&p.rig, &log, rig_body(body, 0));
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(log.error, GLIMPSE_OK);
    close_all(&p, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_in_flight_end_at_the_endpoint_that_leaves),
        cmocka_unit_test(requests_that_wait_take_the_new_pool),
        cmocka_unit_test(an_endpoint_that_stays_keeps_its_window_and_circuit),
        cmocka_unit_test(a_stopped_key_is_tried_again_at_once_in_the_new_pool),
        cmocka_unit_test(a_request_whose_model_is_served_no_more_ends_not_found),
        cmocka_unit_test(an_answer_from_before_is_not_kept_for_another_group),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
