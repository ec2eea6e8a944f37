/* sim.c - the scripted sampler plays its plans at their times, and counts. */
#include "oom.h"
#include "rig.h"

static void an_attempt_makes_progress_at_the_planned_times(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = (gl_sim_plan){
        .connected = 20 * GL_MS, .first_byte = 300 * GL_MS, .end = 800 * GL_MS, .complete = true
    };
    rig_open(&r);
    rig_submit(&r, &t, "{\"messages\":[{\"role\":\"user\",\"content\":\"echo me\"}]}");
    gl_sim_run_for_ms(799);
    assert_int_equal(t.results, 0);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 1);
    gl_sim_run_for_ms(1);
    assert_int_equal(t.results, 1);
    assert_int_equal(t.timings.connect_ns, 20 * GL_MS);
    assert_int_equal(t.timings.first_byte_ns, 300 * GL_MS);
    assert_int_equal(t.timings.total_ns, 800 * GL_MS);
    assert_int_equal(t.http_status, 200);
    assert_string_equal(t.text, "echo me"); /* no text in the plan: the request's own words */
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 0);
    rig_close(&r);
}

static void a_plan_of_zeros_answers_inside_start(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = (gl_sim_plan){ .text = "at once" };
    rig_open(&r);
    rig_submit(&r, &t, "{\"messages\":[]}");
    gl_sim_run_for_ms(0);
    assert_int_equal(t.results, 1);
    assert_string_equal(t.text, "at once");
    assert_int_equal(t.timings.total_ns, 0);
    rig_close(&r);
}

static void what_lies_past_the_end_never_happens(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.max_attempts = 1;
    r.plans[0] =
        (gl_sim_plan){ .connected = 2 * GL_SECOND, .end = GL_SECOND, .error = GLIMPSE_ERR_CONNECT };
    rig_open(&r);
    rig_submit(&r, &t, "{\"messages\":[]}");
    gl_sim_run_for_ms(5000);
    assert_int_equal(t.error, GLIMPSE_ERR_CONNECT);
    assert_int_equal(t.attempts, 0); /* never sent */
    assert_int_equal(t.timings.connect_ns, -1);
    assert_int_equal(t.http_status, 0);
    rig_close(&r);
}

static void bytes_keep_an_attempt_from_being_idle(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.max_attempts = 1;
    r.config.idle_timeout_ms = 100;
    r.plans[0] = (gl_sim_plan){
        .first_byte = 10 * GL_MS, .bytes_every = 90 * GL_MS, .end = 20 * GL_SECOND, .complete = true
    };
    rig_open(&r);
    rig_submit(&r, &t, "{\"messages\":[]}");
    gl_sim_run_for_ms(30000);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    r.plans[0].bytes_every = 0;
    rig_submit(&r, &t, "{\"messages\":[1]}");
    gl_sim_run_for_ms(30000);
    assert_int_equal(t.error, GLIMPSE_ERR_TIMEOUT_IDLE);
    rig_close(&r);
}

static void a_hang_lasts_until_cancelled(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(GL_TIME_NEVER, GLIMPSE_ERR_RESET, 0);
    r.config.timeout_ms = 0;
    rig_open(&r);
    rig_submit(&r, &t, "{\"messages\":[]}");
    gl_sim_run_for_ms(INT64_C(86400000));
    assert_int_equal(t.results, 0);
    glimpse_cancel(r.engine, t.id);
    gl_sim_run_for_ms(1);
    assert_int_equal(t.status, GLIMPSE_STATUS_CANCELLED);
    const gl_sim_counts *counts = gl_sim_counts_of(r.sim);
    assert_int_equal(counts->cancelled, 1);
    assert_int_equal(counts->done, 0);
    assert_int_equal(counts->running, 0);
    rig_close(&r);
}

static void failures_carry_their_code_and_retry_after(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(GL_MS, GLIMPSE_ERR_HTTP, 429);
    r.plans[0].retry_after_ms = 7000;
    r.plans[0].code = "slow_down";
    r.plans[1] = gl_sim_failure(GL_MS, GLIMPSE_ERR_HTTP, 404);
    r.plans[1].code = "model_not_found";
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &t, "{\"messages\":[]}");
    gl_sim_run_for_ms(7000);
    assert_int_equal(t.results, 0);
    gl_sim_run_for_ms(2000);
    assert_int_equal(t.results, 1);
    assert_int_equal(t.attempts, 2);
    assert_string_equal(t.code, "model_not_found");
    assert_int_equal(t.status, GLIMPSE_STATUS_NOT_FOUND);
    rig_close(&r);
}

static void the_peak_is_the_most_at_once(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    rig r;
    static callback_log t[COUNT];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 50;
    rig_open(&r);
    for (int i = 0; i < COUNT; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(10000);
    const gl_sim_counts *counts = gl_sim_counts_of(r.sim);
    assert_int_equal(counts->peak, 50);
    assert_int_equal(counts->started, COUNT);
    assert_int_equal(counts->done, COUNT);
    rig_check_books(&r);
    rig_close(&r);
}

static void weather_repeats_with_its_seed_and_keeps_its_shares(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    gl_sim_random a = { .median = 1400 * GL_MS,
                        .p95 = 2500 * GL_MS,
                        .http_429 = 50000,
                        .http_500 = 20000,
                        .reset = 10000,
                        .hang = 5000 };
    gl_rng_seed(&a.rng, 42);
    gl_sim_random b = a;
    int below_median = 0, below_p95 = 0, limited = 0, failed = 0, reset = 0, hung = 0;
    for (int i = 0; i < COUNT; i++) {
        gl_sim_plan x = gl_sim_random_plan(&a, 1, "", 0), y = gl_sim_random_plan(&b, 1, "", 0);
        assert_int_equal(x.end, y.end);
        assert_int_equal(x.error, y.error);
        below_median += x.end <= 1400 * GL_MS;
        below_p95 += x.end <= 2500 * GL_MS;
        limited += x.http_status == 429;
        failed += x.http_status == 500;
        reset += x.error == GLIMPSE_ERR_RESET && x.end != GL_TIME_NEVER;
        hung += x.end == GL_TIME_NEVER;
        if (x.error == GLIMPSE_OK) assert_true(x.complete);
    }
    /* Five standard deviations of a binomial around each share; the seed makes it repeat. */
    assert_in_range(limited, 1000 - 155, 1000 + 155);
    assert_in_range(failed, 400 - 100, 400 + 100);
    assert_in_range(reset, 200 - 71, 200 + 71);
    assert_in_range(hung, 100 - 50, 100 + 50);
    assert_in_range(below_median, 9950 - 355, 9950 + 355);
    assert_in_range(below_p95, 18905 - 155, 18905 + 155);
}

static void constant_weather_has_one_latency(void **state)
{
    (void)state;
    gl_sim_random w = { .median = 5 * GL_MS, .p95 = 5 * GL_MS };
    gl_rng_seed(&w.rng, 1);
    for (int i = 0; i < 100; i++) assert_int_equal(gl_sim_random_plan(&w, 1, "", 0).end, 5 * GL_MS);
}

static void making_one_fails_cleanly_without_memory(void **state)
{
    (void)state;
    gl_sim_reset(GL_SECOND);
    size_t live = gl_alloc_live();
    gl_loop *loop = gl_loop_new(gl_sim_base());
    assert_non_null(loop);
    gl_sim_config config = { .plan = rig_plan };
    for (size_t k = 1;; k++) {
        glimpse_sampler *sampler = NULL;
        oom_fail_at(k);
        glimpse_error error = gl_sim_sampler_new(loop, &config, &sampler, NULL);
        bool failed = oom_end();
        assert_int_equal(error, failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK);
        if (!failed) {
            assert_string_equal(glimpse_sampler_name(sampler), "sim");
            glimpse_sampler_unref(sampler);
            break;
        }
        assert_null(sampler);
    }
    gl_loop_free(loop);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_makes_progress_at_the_planned_times),
        cmocka_unit_test(a_plan_of_zeros_answers_inside_start),
        cmocka_unit_test(what_lies_past_the_end_never_happens),
        cmocka_unit_test(bytes_keep_an_attempt_from_being_idle),
        cmocka_unit_test(a_hang_lasts_until_cancelled),
        cmocka_unit_test(failures_carry_their_code_and_retry_after),
        cmocka_unit_test(the_peak_is_the_most_at_once),
        cmocka_unit_test(weather_repeats_with_its_seed_and_keeps_its_shares),
        cmocka_unit_test(constant_weather_has_one_latency),
        cmocka_unit_test(making_one_fails_cleanly_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
