/* endpoint_stats.c - each endpoint of a pool is counted for itself: in the statistics, on the page
 * of metrics, in the result and its attempts. */
#include "pool_rig.h"

static glimpse_endpoint_stats of(const pool_rig *p, size_t index)
{
    glimpse_endpoint_stats stats;
    glimpse_endpoint_stats_init(&stats);
    assert_int_equal(glimpse_engine_endpoint(p->rig.engine, index, &stats), GLIMPSE_OK);
    return stats;
}

static void each_endpoint_is_counted_for_itself(void **state)
{
    (void)state;
    pool_rig p;
    callback_log logs[2];
    char body[96], *page;
    pool_init(&p, 2);
    pool_one_group(&p);
    p.places[0].plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    pool_open(&p);
    rig_submit(&p.rig, &logs[0], rig_body(body, 0)); /* fails at the first, and goes on */
    gl_sim_run_for_ms(500);
    assert_int_equal(of(&p, 1).in_flight, 1);
    assert_true(gl_sim_run_idle(100));
    glimpse_endpoint_stats first = of(&p, 0), second = of(&p, 1);
    assert_string_equal(first.name, "a");
    assert_string_equal(second.name, "b");
    assert_int_equal(first.attempts, 1);
    assert_int_equal(first.answered, 0);
    assert_int_equal(first.failed, 1);
    assert_int_equal(second.attempts, 1);
    assert_int_equal(second.answered, 1);
    assert_int_equal(second.failed, 0);
    assert_int_equal(second.in_flight, 0);
    assert_int_equal(second.circuit, GLIMPSE_CIRCUIT_CLOSED);
    assert_false(second.key_stopped);
    glimpse_endpoint_stats none;
    glimpse_endpoint_stats_init(&none);
    assert_int_equal(glimpse_engine_endpoint(p.rig.engine, 2, &none), GLIMPSE_ERR_INVALID);
    none.size = 0;
    assert_int_equal(glimpse_engine_endpoint(p.rig.engine, 0, &none), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_metrics_text(p.rig.engine, &page, NULL), GLIMPSE_OK);
    static const char *const lines[] = {
        "glimpse_endpoint_attempts_total{endpoint=\"a\",outcome=\"failed\"} 1\n",
        "glimpse_endpoint_attempts_total{endpoint=\"b\",outcome=\"answered\"} 1\n",
        "glimpse_endpoint_in_flight{endpoint=\"b\"} 0\n",
        "glimpse_endpoint_circuit_open{endpoint=\"a\"} 0\n",
        "glimpse_endpoint_key_stopped{endpoint=\"a\"} 0\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(page, lines[i]) == NULL) fail_msg("the page does not say %s", lines[i]);
    glimpse_free(page);
    pool_close(&p);
}

static void an_engine_without_a_pool_has_one_endpoint_without_a_name(void **state)
{
    (void)state;
    rig r;
    char *page;
    rig_init(&r);
    rig_open(&r);
    glimpse_endpoint_stats stats;
    glimpse_endpoint_stats_init(&stats);
    assert_int_equal(glimpse_engine_endpoint(r.engine, 0, &stats), GLIMPSE_OK);
    assert_string_equal(stats.name, "");
    assert_int_equal(glimpse_engine_endpoint(r.engine, 1, &stats), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_metrics_text(r.engine, &page, NULL), GLIMPSE_OK);
    assert_null(strstr(page, "glimpse_endpoint_"));
    glimpse_free(page);
    rig_close(&r);
}

static void a_request_is_held_until_the_first_of_its_endpoints_takes_it(void **state)
{
    (void)state;
    pool_rig p;
    callback_log first, waits;
    pool_init(&p, 2);
    for (size_t i = 0; i < 2; i++) {
        p.places[i].plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 429);
        p.places[i].plans[0].retry_after_ms = i == 0 ? 30000 : 10000;
    }
    pool_open(&p);
    rig_submit(&p.rig, &first, "{\"model\":\"m\",\"n\":1}");
    gl_sim_run_for_ms(1000); /* both have refused it */
    rig_submit(&p.rig, &waits, "{\"model\":\"m\",\"n\":2}");
    gl_sim_run_for_ms(0);
    assert_int_equal(glimpse_request_held_ns(p.rig.engine, first.id), 0); /* it was sent */
    assert_in_range(glimpse_request_held_ns(p.rig.engine, waits.id), 8 * GL_SECOND, 10 * GL_SECOND);
    glimpse_cancel(p.rig.engine, waits.id);
    assert_int_equal(glimpse_request_held_ns(p.rig.engine, waits.id), 0);
    pool_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_endpoint_is_counted_for_itself),
        cmocka_unit_test(an_engine_without_a_pool_has_one_endpoint_without_a_name),
        cmocka_unit_test(a_request_is_held_until_the_first_of_its_endpoints_takes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
