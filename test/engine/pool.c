/* pool.c - an engine over several endpoints: where a request goes, and where it goes on to. */
#include "pool_rig.h"

#define FAILS(status) gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, status)

static const char *body_of(char out[96], int n)
{
    return rig_body(out, n);
}

/* --- within a group --------------------------------------------------------------------------- */

static void requests_are_shared_by_weight_within_5_percent_over_1000(void **state)
{
    (void)state;
    pool_rig p;
    static callback_log logs[1000];
    static const double weights[] = { 1, 2, 5 };
    char body[96];
    pool_init(&p, 3);
    pool_one_group(&p);
    for (int i = 0; i < 3; i++) p.endpoints[i].weight = weights[i];
    pool_open(&p);
    for (int i = 0; i < 1000; i++) {
        rig_submit(&p.rig, &logs[i], body_of(body, i));
        gl_sim_run_for_ms(20); /* 50 in flight: none is at its limit */
    }
    assert_true(gl_sim_run_idle(10000));
    for (int i = 0; i < 3; i++) {
        double share = (double)p.places[i].asked / 1000, wanted = weights[i] / 8;
        assert_true(share > wanted * 0.95 && share < wanted * 1.05);
    }
    pool_close(&p);
}

/* Endpoints and weights of a seed, as different in speed as they are. */
static void any_weights_are_kept_at_any_speed_while_there_is_room(void **state)
{
    (void)state;
    static callback_log logs[1000];
    for (uint64_t seed = 1; seed <= 30; seed++) {
        pool_rig p;
        gl_rng rng;
        char body[96];
        double sum = 0;
        gl_rng_seed(&rng, seed);
        size_t count = 2 + gl_rng_below(&rng, POOL_RIG_MOST - 1);
        pool_init(&p, count);
        pool_one_group(&p);
        for (size_t i = 0; i < count; i++) {
            sum += p.endpoints[i].weight = 1 + gl_rng_below(&rng, 9);
            p.places[i].plans[0].end = (1 + gl_rng_below(&rng, 1000)) * GL_MS;
        }
        pool_open(&p);
        for (int i = 0; i < 1000; i++) {
            rig_submit(&p.rig, &logs[i], body_of(body, i));
            gl_sim_run_for_ms(gl_rng_below(&rng, 40));
        }
        assert_true(gl_sim_run_idle(100000));
        for (size_t i = 0; i < count; i++) {
            double share = p.places[i].asked / 1000.0, wanted = p.endpoints[i].weight / sum;
            assert_true(share > wanted * 0.95 && share < wanted * 1.05);
        }
        pool_close(&p);
    }
}

static void what_one_endpoint_has_no_room_for_goes_to_the_others_of_its_group(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[10];
    char body[96];
    pool_init(&p, 2);
    pool_one_group(&p);
    p.endpoints[0].concurrency = 2;
    pool_open(&p);
    for (int i = 0; i < 10; i++) rig_submit(&p.rig, &logs[i], body_of(body, i));
    gl_sim_run_for_ms(0);
    assert_int_equal(p.places[0].asked, 2);
    assert_int_equal(p.places[1].asked, 8);
    assert_int_equal(pool_stats(&p).in_flight, 10);
    assert_int_equal(pool_stats(&p).peak_in_flight, 10);
    assert_true(gl_sim_run_idle(100));
    pool_close(&p);
}

static void each_endpoint_keeps_its_own_rate_limit(void **state)
{
    (void)state;
    pool_rig p;
    static callback_log logs[100];
    char body[96];
    pool_init(&p, 2);
    pool_one_group(&p);
    p.endpoints[0].rpm = 60;
    p.endpoints[1].rpm = 600;
    pool_open(&p);
    for (int i = 0; i < 100; i++) rig_submit(&p.rig, &logs[i], body_of(body, i));
    gl_sim_run_for_ms(5000);
    assert_in_range(p.places[0].asked, 5, 6);
    assert_in_range(p.places[1].asked, 55, 60);
    assert_true(gl_sim_run_idle(10000));
    pool_close(&p);
}

/* --- failures --------------------------------------------------------------------------------- */

static void a_500_goes_on_at_once_to_an_endpoint_that_has_not_failed_the_request(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    pool_init(&p, 3);
    pool_one_group(&p);
    p.places[0].plans[0] = p.places[1].plans[0] = FAILS(500);
    pool_open(&p);
    rig_submit(&p.rig, &log, body_of(body, 0));
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "c");
    assert_int_equal(log.attempts, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(p.places[i].asked, 1);
    assert_true(log.timings.total_ns < 1210 * (int64_t)GL_MS); /* no backoff in between */
    pool_close(&p);
}

static void a_request_that_all_have_failed_waits_and_is_for_all_again(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    pool_init(&p, 2);
    p.places[0].plans[0] = p.places[1].plans[0] = FAILS(503);
    p.places[0].plans[1] = gl_sim_answer(GL_SECOND, "at last");
    p.places[0].plan_count = 2;
    pool_open(&p);
    rig_submit(&p.rig, &log, body_of(body, 0));
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "at last");
    assert_int_equal(log.attempts, 3);
    assert_true(log.timings.backoff_ns >= 400 * (int64_t)GL_MS);
    pool_close(&p);
}

static void a_400_is_asked_nowhere_else(void **state)
{
    (void)state;
    static const int statuses[] = { 400, 403, 404, 413, 422 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        pool_rig p;
        callback_log log;
        char body[96];
        pool_init(&p, 2);
        p.places[0].plans[0] = FAILS(statuses[i]);
        pool_open(&p);
        rig_submit(&p.rig, &log, body_of(body, 0));
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(log.http_status, statuses[i]);
        assert_int_equal(p.places[1].asked, 0);
        pool_close(&p);
    }
}

static void an_unknown_host_and_a_bad_certificate_go_on_to_the_next_group(void **state)
{
    (void)state;
    static const glimpse_error kinds[] = { GLIMPSE_ERR_DNS_UNKNOWN, GLIMPSE_ERR_TLS,
                                           GLIMPSE_ERR_CONNECT, GLIMPSE_ERR_RESET };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        pool_rig p;
        callback_log log;
        char body[96];
        pool_init(&p, 2);
        p.places[0].plans[0] = gl_sim_failure(GL_MS, kinds[i], 0);
        pool_open(&p);
        rig_submit(&p.rig, &log, body_of(body, 0));
        assert_true(gl_sim_run_idle(100));
        assert_string_equal(log.text, "b");
        pool_close(&p);
    }
}

static void a_request_that_all_have_refused_for_good_ends(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    pool_init(&p, 2);
    for (int i = 0; i < 2; i++) p.places[i].plans[0] = gl_sim_failure(GL_MS, GLIMPSE_ERR_TLS, 0);
    pool_open(&p);
    rig_submit(&p.rig, &log, body_of(body, 0));
    gl_sim_run_for_ms(100);
    assert_int_equal(log.results, 1);
    assert_int_equal(log.error, GLIMPSE_ERR_TLS);
    for (int i = 0; i < 2; i++) assert_int_equal(p.places[i].asked, 1);
    pool_close(&p);
}

static void a_full_window_is_waited_for_and_is_no_reason_for_the_next_group(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[4];
    char body[96];
    pool_init(&p, 2);
    p.endpoints[0].concurrency = 1;
    pool_open(&p);
    for (int i = 0; i < 4; i++) rig_submit(&p.rig, &logs[i], body_of(body, i));
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(p.places[0].asked, 4);
    assert_int_equal(p.places[1].asked, 0);
    pool_close(&p);
}

static void a_429_with_a_longer_wait_than_the_next_groups_goes_on_to_it(void **state)
{
    (void)state;
    pool_rig p;
    callback_log first, second;
    char body[96];
    pool_init(&p, 2);
    p.places[0].plans[0] = FAILS(429);
    p.places[0].plans[0].retry_after_ms = 30000;
    p.places[0].plans[0].requests = (glimpse_rate_limit){ 60, 0, 30000 };
    p.places[0].plans[1] = gl_sim_answer(GL_SECOND, "a");
    p.places[0].plan_count = 2;
    pool_open(&p);
    rig_submit(&p.rig, &first, body_of(body, 0));
    gl_sim_run_for_ms(200);
    rig_submit(&p.rig, &second, body_of(body, 1)); /* the endpoint is parked by now */
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(first.text, "b");
    assert_string_equal(second.text, "b");
    assert_true(first.timings.total_ns < 2 * (int64_t)GL_SECOND);
    assert_int_equal(p.places[0].asked, 1);
    gl_sim_run_for_ms(40000);
    rig_submit(&p.rig, &second, body_of(body, 2)); /* its wait is over */
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(second.text, "a");
    pool_close(&p);
}

/* Both asked to wait, the first one for less. */
static void where_all_groups_ask_to_wait_the_shortest_wait_counts(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    pool_init(&p, 2);
    for (int i = 0; i < 2; i++) {
        p.places[i].plans[0] = FAILS(429);
        p.places[i].plans[0].retry_after_ms = i == 0 ? 2000 : 100000;
        p.places[i].plans[1] = gl_sim_answer(GL_SECOND, i == 0 ? "a" : "b");
        p.places[i].plan_count = 2;
    }
    pool_open(&p);
    rig_submit(&p.rig, &log, body_of(body, 0));
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "a");
    assert_true(log.timings.total_ns < 4 * (int64_t)GL_SECOND);
    pool_close(&p);
}

static void on_text(glimpse_id id, const char *text, size_t len, void *arg)
{
    (void)id;
    (void)text;
    *(size_t *)arg += len;
}

static void no_other_endpoint_is_asked_after_text_was_delivered(void **state)
{
    (void)state;
    pool_rig p;
    size_t heard = 0;
    pool_init(&p, 2);
    p.places[0].plans[0] = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_STREAM_TRUNCATED, 200);
    p.places[0].plans[0].first_byte = 100 * GL_MS;
    p.places[0].plans[0].bytes_every = 100 * GL_MS;
    p.places[0].plans[0].in_pieces = true;
    p.places[0].plans[0].text = "the beginning of an answer";
    pool_open(&p);
    glimpse_observer observer = { .size = sizeof observer, .on_text = on_text };
    glimpse_chat chat = { .body = "{\"model\":\"m\",\"messages\":[],\"stream\":true}" };
    assert_int_equal(glimpse_submit_chat(p.rig.engine, &chat, NULL, &observer, &heard, NULL),
                     GLIMPSE_OK);
    assert_true(gl_sim_run_idle(100));
    assert_true(heard > 0);
    assert_int_equal(p.places[0].asked, 1);
    assert_int_equal(p.places[1].asked, 0);
    pool_close(&p);
}

static void a_dead_endpoint_gets_probes_only_and_costs_no_request_its_answer(void **state)
{
    (void)state;
    pool_rig p;
    static callback_log logs[1000];
    char body[96];
    pool_init(&p, 2);
    pool_one_group(&p);
    p.rig.config.breaker = GLIMPSE_BREAKER_FAIL;
    p.places[0].plans[0] = gl_sim_failure(GL_MS, GLIMPSE_ERR_CONNECT, 0);
    pool_open(&p);
    for (int i = 0; i < 1000; i++) {
        rig_submit(&p.rig, &logs[i], body_of(body, i));
        gl_sim_run_for_ms(50);
    }
    assert_true(gl_sim_run_idle(100000));
    for (int i = 0; i < 1000; i++) assert_string_equal(logs[i].text, "b");
    /* 20 failures open the circuit; in the 50 s there is a probe each 1, 2, 4, 4, ... s. */
    assert_in_range(p.places[0].asked, 20, 36);
    assert_int_equal(pool_stats(&p).circuit, GLIMPSE_CIRCUIT_CLOSED);
    assert_int_equal(pool_stats(&p).circuit_refused, 0);
    pool_close(&p);
}

static void requests_are_refused_only_when_the_circuits_of_all_are_open(void **state)
{
    (void)state;
    pool_rig p;
    static callback_log logs[200];
    char body[96];
    pool_init(&p, 2);
    p.rig.config.breaker = GLIMPSE_BREAKER_FAIL;
    p.rig.config.max_attempts = 2;
    for (int i = 0; i < 2; i++)
        p.places[i].plans[0] = gl_sim_failure(GL_MS, GLIMPSE_ERR_CONNECT, 0);
    pool_open(&p);
    for (int i = 0; i < 200; i++) {
        rig_submit(&p.rig, &logs[i], body_of(body, i));
        gl_sim_run_for_ms(10);
    }
    assert_true(gl_sim_run_idle(100000));
    assert_int_equal(pool_stats(&p).circuit, GLIMPSE_CIRCUIT_OPEN);
    assert_true(pool_stats(&p).circuit_refused > 100);
    assert_string_equal(logs[199].code, "connect");
    pool_close(&p);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void a_key_without_money_takes_out_one_endpoint_and_no_request(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[40];
    char body[96];
    pool_init(&p, 2);
    pool_one_group(&p);
    p.rig.config.max_attempts = 1; /* it is the key that failed */
    p.endpoints[0].concurrency = 4;
    p.places[0].plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_QUOTA, 429);
    pool_open(&p);
    for (int i = 0; i < 40; i++) {
        rig_submit(&p.rig, &logs[i], body_of(body, i));
        gl_sim_run_for_ms(200);
    }
    assert_true(gl_sim_run_idle(1000));
    for (int i = 0; i < 40; i++) assert_string_equal(logs[i].text, "b");
    assert_int_equal(p.places[0].asked, 1);
    assert_int_equal(pool_stats(&p).key_stops, 1);
    assert_false(pool_stats(&p).key_stopped);
    assert_true(glimpse_engine_room(p.rig.engine) > 0);
    pool_close(&p);
}

static void requests_fail_for_a_key_only_when_no_endpoint_is_left(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[6];
    char body[96];
    pool_init(&p, 2);
    p.places[0].plans[0] = FAILS(401);
    p.places[1].plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_QUOTA, 429);
    p.endpoints[0].concurrency = p.endpoints[1].concurrency = 1;
    pool_open(&p);
    for (int i = 0; i < 5; i++) rig_submit(&p.rig, &logs[i], body_of(body, i));
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 5; i++) assert_true(logs[i].error != GLIMPSE_OK);
    assert_int_equal(p.places[0].asked, 1);
    assert_int_equal(p.places[1].asked, 1);
    assert_true(pool_stats(&p).key_stopped);
    rig_submit(&p.rig, &logs[5], body_of(body, 5));
    gl_sim_run_for_ms(0);
    assert_int_equal(logs[5].results, 1); /* at once, without being sent */
    pool_close(&p);
}

static void a_stopped_key_is_tried_again_after_a_minute_by_one_request(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[8];
    char body[96];
    pool_init(&p, 2);
    p.places[0].plans[0] = p.places[0].plans[1] = FAILS(401);
    p.places[0].plans[2] = gl_sim_answer(GL_SECOND, "a");
    p.places[0].plan_count = 3;
    pool_open(&p);
    rig_submit(&p.rig, &logs[0], body_of(body, 0));
    gl_sim_run_for_ms(59000);
    rig_submit(&p.rig, &logs[1], body_of(body, 1));
    gl_sim_run_for_ms(2000);
    assert_int_equal(p.places[0].asked, 1);
    for (int i = 2; i < 5; i++) rig_submit(&p.rig, &logs[i], body_of(body, i));
    gl_sim_run_for_ms(3000);
    assert_int_equal(p.places[0].asked, 2); /* one of the three */
    for (int i = 0; i < 5; i++) assert_string_equal(logs[i].text, "b");
    gl_sim_run_for_ms(110000);
    rig_submit(&p.rig, &logs[5], body_of(body, 5));
    gl_sim_run_for_ms(2000);
    assert_int_equal(p.places[0].asked, 2); /* twice the time */
    gl_sim_run_for_ms(10000);
    for (int i = 6; i < 8; i++) {
        rig_submit(&p.rig, &logs[i], body_of(body, i));
        gl_sim_run_for_ms(2000);
        assert_string_equal(logs[i].text, "a"); /* the answer ends the stop */
    }
    pool_close(&p);
}

/* --- models ----------------------------------------------------------------------------------- */

static void a_model_goes_to_the_endpoints_that_serve_it_by_the_name_that_it_has_there(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    static const glimpse_alias big = { "big", "big" }, fast = { "fast", "qwen\"2.5" };
    pool_init(&p, 2);
    p.endpoints[0].models = &big;
    p.endpoints[1].models = &fast;
    p.endpoints[0].model_count = p.endpoints[1].model_count = 1;
    pool_open(&p);
    rig_submit(&p.rig, &log, "{\"messages\":[], \"model\" : \"fast\",\"n\":1}");
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "b");
    assert_string_equal(p.places[1].body, "{\"messages\":[], \"model\" : \"qwen\\\"2.5\",\"n\":1}");
    rig_submit(&p.rig, &log, "{\"messages\":[],\"model\":\"big\"}");
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "a");
    assert_string_equal(p.places[0].body, "{\"messages\":[],\"model\":\"big\"}");
    pool_close(&p);
}

static void a_model_that_no_endpoint_serves_is_not_found_and_some_are_named(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    static const glimpse_alias big = { "big", "big" };
    pool_init(&p, 1);
    p.endpoints[0].models = &big;
    p.endpoints[0].model_count = 1;
    pool_open(&p);
    rig_submit(&p.rig, &log, "{\"messages\":[],\"model\":\"huge\"}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(log.status, GLIMPSE_STATUS_NOT_FOUND);
    assert_int_equal(log.error, GLIMPSE_ERR_NO_MODEL);
    assert_string_equal(log.code, "model_not_found");
    assert_string_equal(log.message,
                        "no endpoint serves the model 'huge'; some that are served: 'big'");
    assert_int_equal(p.places[0].asked, 0);
    pool_close(&p);
}

static void a_route_gives_the_order_of_the_groups(void **state)
{
    (void)state;
    pool_rig p;
    callback_log log;
    char body[96];
    static const char *const order[] = { "c", "a" };
    const glimpse_route route = { "m", order, 2, GLIMPSE_PICK_ROOM };
    pool_init(&p, 3);
    p.pool.routes = &route;
    p.pool.route_count = 1;
    p.places[2].plans[0] = FAILS(502);
    pool_open(&p);
    rig_submit(&p.rig, &log, body_of(body, 0));
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(log.text, "a");
    assert_int_equal(p.places[2].asked, 1);
    assert_int_equal(p.places[1].asked, 0);
    pool_close(&p);
}

/* --- stored answers --------------------------------------------------------------------------- */

/* Opens another engine on the same cache, over the endpoints from `first` on, and asks the same. */
static glimpse_source ask_of(pool_rig *p, size_t first, size_t count)
{
    callback_log log;
    char body[96];
    glimpse_engine_free(p->rig.engine);
    p->pool.endpoints = &p->endpoints[first];
    p->pool.endpoint_count = count;
    pool_open(p);
    rig_submit(&p->rig, &log, body_of(body, 0));
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(log.error, GLIMPSE_OK);
    return log.source;
}

static void an_answer_is_kept_for_the_group_that_gave_it(void **state)
{
    (void)state;
    pool_rig p;
    pool_init(&p, 2);
    p.places[0].plans[0] = FAILS(502);
    p.places[0].plans[1] = gl_sim_answer(GL_SECOND, "a");
    p.places[0].plan_count = 2;
    assert_int_equal(ask_of(&p, 0, 2), GLIMPSE_SOURCE_LIVE);  /* b's, after a failed */
    assert_int_equal(ask_of(&p, 0, 2), GLIMPSE_SOURCE_CACHE); /* looked for in the route's order */
    assert_int_equal(ask_of(&p, 1, 1), GLIMPSE_SOURCE_CACHE);
    assert_int_equal(ask_of(&p, 0, 1), GLIMPSE_SOURCE_LIVE); /* a has not answered it */
    assert_int_equal(ask_of(&p, 0, 1), GLIMPSE_SOURCE_CACHE);
    p.pool.endpoint_count = 2;
    pool_close(&p);
}

static void the_endpoints_of_a_group_share_their_answers(void **state)
{
    (void)state;
    pool_rig p;
    pool_init(&p, 2);
    pool_one_group(&p);
    p.places[0].plans[0] = FAILS(502);
    assert_int_equal(ask_of(&p, 0, 2), GLIMPSE_SOURCE_LIVE);
    assert_int_equal(ask_of(&p, 0, 1), GLIMPSE_SOURCE_CACHE);
    p.pool.endpoint_count = 2;
    pool_close(&p);
}

static void an_answer_of_a_renamed_model_is_not_that_of_another_name(void **state)
{
    (void)state;
    pool_rig p;
    glimpse_alias alias = { "m", "m-1" };
    pool_init(&p, 1);
    p.endpoints[0].models = &alias;
    p.endpoints[0].model_count = 1;
    assert_int_equal(ask_of(&p, 0, 1), GLIMPSE_SOURCE_LIVE);
    assert_int_equal(ask_of(&p, 0, 1), GLIMPSE_SOURCE_CACHE);
    alias.there = "m-2";
    assert_int_equal(ask_of(&p, 0, 1), GLIMPSE_SOURCE_LIVE);
    pool_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_shared_by_weight_within_5_percent_over_1000),
        cmocka_unit_test(any_weights_are_kept_at_any_speed_while_there_is_room),
        cmocka_unit_test(what_one_endpoint_has_no_room_for_goes_to_the_others_of_its_group),
        cmocka_unit_test(each_endpoint_keeps_its_own_rate_limit),
        cmocka_unit_test(a_500_goes_on_at_once_to_an_endpoint_that_has_not_failed_the_request),
        cmocka_unit_test(a_request_that_all_have_failed_waits_and_is_for_all_again),
        cmocka_unit_test(a_400_is_asked_nowhere_else),
        cmocka_unit_test(an_unknown_host_and_a_bad_certificate_go_on_to_the_next_group),
        cmocka_unit_test(a_request_that_all_have_refused_for_good_ends),
        cmocka_unit_test(a_full_window_is_waited_for_and_is_no_reason_for_the_next_group),
        cmocka_unit_test(a_429_with_a_longer_wait_than_the_next_groups_goes_on_to_it),
        cmocka_unit_test(where_all_groups_ask_to_wait_the_shortest_wait_counts),
        cmocka_unit_test(no_other_endpoint_is_asked_after_text_was_delivered),
        cmocka_unit_test(a_dead_endpoint_gets_probes_only_and_costs_no_request_its_answer),
        cmocka_unit_test(requests_are_refused_only_when_the_circuits_of_all_are_open),
        cmocka_unit_test(a_key_without_money_takes_out_one_endpoint_and_no_request),
        cmocka_unit_test(requests_fail_for_a_key_only_when_no_endpoint_is_left),
        cmocka_unit_test(a_stopped_key_is_tried_again_after_a_minute_by_one_request),
        cmocka_unit_test(a_model_goes_to_the_endpoints_that_serve_it_by_the_name_that_it_has_there),
        cmocka_unit_test(a_model_that_no_endpoint_serves_is_not_found_and_some_are_named),
        cmocka_unit_test(a_route_gives_the_order_of_the_groups),
        cmocka_unit_test(an_answer_is_kept_for_the_group_that_gave_it),
        cmocka_unit_test(the_endpoints_of_a_group_share_their_answers),
        cmocka_unit_test(an_answer_of_a_renamed_model_is_not_that_of_another_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
