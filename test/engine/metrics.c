/* core/metrics_page with an engine in virtual time: what counts as a call and what does not, and
 * how late the loop is. */
#include "rig.h"

#include "metrics.h"

static bool says(rig *r, const char *line)
{
    char *text;
    size_t len;
    assert_int_equal(glimpse_metrics_text(r->engine, &text, &len), GLIMPSE_OK);
    assert_int_equal(strlen(text), len);
    bool found = strstr(text, line) != NULL;
    if (!found) fprintf(stderr, "not said: %s", line);
    glimpse_free(text);
    return found;
}

#define CALLS                                                                                      \
    "gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name=\"chat\","               \
    "gen_ai_provider_name=\"sim\",gen_ai_request_model=\"m\""

static void an_answer_from_the_cache_is_no_call(void **state)
{
    (void)state;
    rig r;
    callback_log first, second;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &first, "{\"model\":\"m\"}");
    assert_true(gl_sim_run_idle(1000));
    rig_submit(&r, &second, "{\"model\":\"m\"}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(second.source, GLIMPSE_SOURCE_CACHE);
    assert_true(says(&r, CALLS ",gen_ai_response_model=\"sim\"} 1\n"));
    assert_true(says(&r, "glimpse_request_duration_seconds_sum{source=\"live\","
                         "status=\"aligned\"} 1\n"));
    assert_true(says(&r, "glimpse_request_duration_seconds_count{source=\"cache\","
                         "status=\"aligned\"} 1\n"));
    assert_true(says(&r, "glimpse_requests_total{status=\"aligned\"} 2\n"));
    assert_true(says(&r, "glimpse_requests_by_source_total{source=\"cache\"} 1\n"));
    assert_true(says(&r, "glimpse_cache_hits_total 1\n"));
    assert_true(says(&r, "glimpse_threshold_seconds{threshold=\"t1\"} 1.5\n"));
    assert_true(says(&r, "glimpse_build_info{version=\"" GLIMPSE_VERSION "\"} 1\n"));
    rig_close(&r);
}

static void each_attempt_is_a_call_with_its_own_end(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 503);
    r.plans[1] = gl_sim_answer(2 * GL_SECOND, "an answer");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &t, "{\"model\":\"m\"}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 2);
    assert_true(says(&r, CALLS ",error_type=\"503\"} 1\n"));
    assert_true(says(&r, CALLS ",gen_ai_response_model=\"sim\"} 1\n"));
    assert_true(says(&r, "glimpse_attempts_total 2\n"));
    assert_true(says(&r, "glimpse_retries_total 1\n"));
    assert_true(says(&r, "glimpse_threshold_crossings_total{threshold=\"t1\"} 1\n"));
    rig_close(&r);
}

static void a_limit_that_is_set_is_told_by_model(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.rpm = 600;
    rig_open(&r);
    rig_submit(&r, &t, "{\"model\":\"m\"}");
    assert_true(gl_sim_run_idle(1000));
    assert_true(says(&r, "glimpse_rate_limit_per_minute{kind=\"requests\",model=\"m\"} 600\n"));
    assert_true(says(&r, "glimpse_rate_limit_remaining{kind=\"requests\",model=\"m\"} 10\n"));
    assert_true(says(&r, "glimpse_retry_budget_remaining 10\n"));
    rig_close(&r);
}

static void the_loop_is_measured_while_that_is_wanted(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    assert_int_equal(glimpse_engine_watch_loop(r.engine, 100), GLIMPSE_OK);
    rig_submit(&r, &t, "{\"model\":\"m\"}");
    gl_sim_run_for_ms(1000);
    assert_int_equal(t.results, 1);
    assert_true(says(&r, "glimpse_loop_lag_last_seconds 0\n"));
    assert_true(says(&r, "glimpse_loop_lag_seconds_count 10\n"));
    gl_sim_advance(250 * GL_MS); /* a callback of the caller's takes its time */
    gl_sim_run_for_ms(0);
    assert_true(says(&r, "glimpse_loop_lag_last_seconds 0.15\n"));
    assert_int_equal(glimpse_engine_watch_loop(r.engine, 0), GLIMPSE_OK);
    assert_int_equal(glimpse_engine_watch_loop(r.engine, -1), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_engine_watch_loop(NULL, 1), GLIMPSE_ERR_INVALID);
    rig_close(&r);
}

static unsigned left;

static bool some(void)
{
    return left > 0 && left-- > 0;
}

static void without_memory_there_is_no_text(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &t, "{\"model\":\"m\"}");
    assert_true(gl_sim_run_idle(1000));
    size_t live = gl_alloc_live();
    for (unsigned n = 0;; n++) {
        char *text;
        left = n;
        gl_alloc_set_gate(some);
        glimpse_error error = glimpse_metrics_text(r.engine, &text, NULL);
        gl_alloc_set_gate(NULL);
        if (error == GLIMPSE_OK) {
            glimpse_free(text);
            assert_true(n > 0);
            break;
        }
        assert_int_equal(error, GLIMPSE_ERR_OOM);
        assert_null(text);
        assert_int_equal(gl_alloc_live(), live);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_from_the_cache_is_no_call),
        cmocka_unit_test(each_attempt_is_a_call_with_its_own_end),
        cmocka_unit_test(a_limit_that_is_set_is_told_by_model),
        cmocka_unit_test(the_loop_is_measured_while_that_is_wanted),
        cmocka_unit_test(without_memory_there_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
