/* key_stop.c - a key that is refused, or has no money left, stops all sending until resumed. */
#include "rig.h"

/* What the log was told. */
static int stops_logged;

static void count_stops(const glimpse_log_event *event, void *arg)
{
    (void)arg;
    if (strcmp(event->name, "key_stopped") == 0) stops_logged++;
}

static glimpse_stats stats_of(const rig *r)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r->engine, &stats), GLIMPSE_OK);
    return stats;
}

static gl_sim_plan quota(gl_time after)
{
    gl_sim_plan plan = gl_sim_failure(after, GLIMPSE_ERR_QUOTA, 429);
    plan.first_byte = after;
    return plan;
}

/* By what stands in the body: "q0" fails for good, "q1" fails once for now, the rest answer. */
static gl_sim_plan by_body(void *arg, int number, const char *body, size_t len)
{
    rig *r = arg;
    (void)len;
    if (strstr(body, "q0\"") != NULL) return r->plans[0];
    if (strstr(body, "q1\"") != NULL && number == 1)
        return gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    return gl_sim_answer(GL_SECOND, "an answer");
}

static void open_by_body(rig *r)
{
    rig_open(r);
    glimpse_engine_free(r->engine);
    glimpse_sampler_unref(r->sampler);
    gl_sim_config sim = { .plan = by_body, .arg = r };
    assert_int_equal(gl_sim_sampler_new(r->loop, &sim, &r->sampler, &r->sim), GLIMPSE_OK);
    r->config.sampler = r->sampler;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);
}

static void assert_refused(const callback_log *t, const callback_log *first, int attempts)
{
    assert_int_equal(t->results, 1);
    assert_int_equal(t->attempts, attempts);
    assert_int_equal(t->status, first->status);
    assert_int_equal(t->error, first->error);
    assert_string_equal(t->code, first->code);
    assert_string_equal(t->message, first->message);
}

/* q0 is refused while q1 rests, q2 and q3 are in flight, and q4 to q9 wait. */
static void run_stop(const gl_sim_plan *refusal, glimpse_status status, const char *code)
{
    enum { COUNT = 10 };
    rig r;
    callback_log t[COUNT + 1];
    char body[96];
    rig_init(&r);
    stops_logged = 0;
    r.config.concurrency = 3;
    r.config.log = count_stops;
    r.plans[0] = *refusal;
    open_by_body(&r);
    for (int i = 0; i < COUNT; i++) rig_submit(&r, &t[i], rig_body(body, i));
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t[0].status, status);
    assert_string_equal(t[0].code, code);
    assert_int_equal(t[0].attempts, 1);
    assert_string_equal(t[0].essence, status == GLIMPSE_STATUS_AUTH_ERROR
                                          ? "essence [auth_error]"
                                          : "essence [rate_limited]");
    assert_refused(&t[1], &t[0], 1); /* it had been sent once, and waited for its retry */
    assert_int_equal(t[2].status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(t[3].status, GLIMPSE_STATUS_ALIGNED);
    for (int i = 4; i < COUNT; i++) assert_refused(&t[i], &t[0], 0);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 4);

    /* Submitted later: at once, in the loop, without being sent; a known answer still comes. */
    rig_submit(&r, &t[COUNT], rig_body(body, COUNT));
    assert_true(gl_sim_run_idle(1000));
    assert_refused(&t[COUNT], &t[0], 0);
    assert_int_equal(t[COUNT].timings.total_ns, 0);
    rig_submit(&r, &t[COUNT], rig_body(body, 2));
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t[COUNT].source, GLIMPSE_SOURCE_CACHE);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 4);
    assert_int_equal(stops_logged, 1);
    glimpse_stats stats = stats_of(&r);
    assert_int_equal(stats.key_stops, 1);
    assert_true(stats.key_stopped);
    assert_int_equal(glimpse_engine_room(r.engine), 0);

    glimpse_engine_resume(r.engine);
    glimpse_engine_resume(r.engine);
    stats = stats_of(&r);
    assert_false(stats.key_stopped);
    assert_int_equal(glimpse_engine_room(r.engine), 3);
    rig_submit(&r, &t[COUNT], rig_body(body, COUNT));
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t[COUNT].status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(t[COUNT].attempts, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_429_without_money_stops_all_that_is_not_in_flight(void **state)
{
    (void)state;
    gl_sim_plan plan = quota(200 * GL_MS);
    run_stop(&plan, GLIMPSE_STATUS_RATE_LIMITED, "quota");
}

static void a_401_stops_all_that_is_not_in_flight(void **state)
{
    (void)state;
    gl_sim_plan plan = gl_sim_failure(200 * GL_MS, GLIMPSE_ERR_HTTP, 401);
    plan.code = "invalid_api_key";
    run_stop(&plan, GLIMPSE_STATUS_AUTH_ERROR, "invalid_api_key");
}

static void a_403_or_a_429_that_only_paces_stops_nothing(void **state)
{
    (void)state;
    const int statuses[] = { 403, 429, 400, 404 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        rig r;
        callback_log first, second;
        char body[96];
        rig_init(&r);
        r.config.concurrency = 1;
        r.plans[0] = gl_sim_failure(0, GLIMPSE_ERR_HTTP, statuses[i]);
        open_by_body(&r);
        rig_submit(&r, &first, rig_body(body, 0));
        rig_submit(&r, &second, rig_body(body, 5));
        assert_true(gl_sim_run_idle(1000));
        assert_int_equal(second.status, GLIMPSE_STATUS_ALIGNED);
        assert_int_equal(stats_of(&r).key_stops, 0);
        rig_close(&r);
    }
}

/* What is in flight at the stop and fails then keeps its own words, and is not tried again. */
static void a_failure_in_flight_is_not_retried_while_the_key_is_stopped(void **state)
{
    (void)state;
    rig r;
    callback_log refused, failing;
    char body[96];
    rig_init(&r);
    r.plans[0] = quota(5 * GL_MS); /* before q1's 500 after 10 ms */
    open_by_body(&r);
    rig_submit(&r, &refused, rig_body(body, 0));
    rig_submit(&r, &failing, rig_body(body, 1));
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(refused.error, GLIMPSE_ERR_QUOTA);
    assert_int_equal(failing.status, GLIMPSE_STATUS_SERVER_ERROR);
    assert_int_equal(failing.attempts, 1);
    assert_int_equal(stats_of(&r).key_stops, 1);
    rig_close(&r);
}

/* A callback may resume, submit again and free. */
static void resume_and_submit(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    callback_log *t = arg;
    t->results++;
    if (glimpse_result_error(result) != GLIMPSE_ERR_QUOTA) return;
    glimpse_engine_resume(t->rig->engine);
    glimpse_chat chat = { .body = "{\"n\":\"q5\"}" };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_result = resume_and_submit };
    assert_int_equal(glimpse_submit_chat(t->rig->engine, &chat, NULL, &observer, t, NULL),
                     GLIMPSE_OK);
}

static void a_callback_may_resume_and_submit(void **state)
{
    (void)state;
    rig r;
    callback_log t = { .rig = &r };
    rig_init(&r);
    r.plans[0] = quota(0);
    open_by_body(&r);
    glimpse_chat chat = { .body = "{\"n\":\"q0\"}" };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_result = resume_and_submit };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &t, NULL), GLIMPSE_OK);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.results, 2);
    rig_check_books(&r);
    rig_close(&r);
}

static void without_memory_for_the_words_the_kinds_stand_in(void **state)
{
    (void)state;
    gl_key_stop stop = { .on = true, .error = GLIMPSE_ERR_QUOTA, .until = GL_TIME_NEVER };
    assert_null(stop.code);
    rig r;
    callback_log t;
    char body[96];
    rig_init(&r);
    open_by_body(&r);
    r.engine->gates.list[0]->stop = stop; /* as it is after both copies failed */
    rig_submit(&r, &t, rig_body(body, 5));
    assert_true(gl_sim_run_idle(1000));
    assert_string_equal(t.code, "quota");
    assert_string_equal(t.message, glimpse_error_sentence(GLIMPSE_ERR_QUOTA));
    rig_close(&r);
}

/* The first answer comes to nobody before the time; then one request asks for all. */
static void after_key_probe_ms_one_request_tries_the_key_again(void **state)
{
    (void)state;
    rig r;
    callback_log t[4];
    char body[96];
    rig_init(&r);
    r.config.key_probe_ms = 60000;
    r.plans[0] = gl_sim_failure(0, GLIMPSE_ERR_HTTP, 401);
    open_by_body(&r);
    rig_submit(&r, &t[0], rig_body(body, 0));
    gl_sim_run_for_ms(59000);
    rig_submit(&r, &t[1], rig_body(body, 5));
    gl_sim_run_for_ms(2000);
    assert_refused(&t[1], &t[0], 0);
    rig_submit(&r, &t[2], rig_body(body, 0)); /* refused again: twice the time from now */
    gl_sim_run_for_ms(119000);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    rig_submit(&r, &t[1], rig_body(body, 6));
    gl_sim_run_for_ms(2000);
    assert_refused(&t[1], &t[0], 0);
    assert_true(stats_of(&r).key_stops == 1);
    for (int i = 1; i < 4; i++) rig_submit(&r, &t[i], rig_body(body, 6 + i));
    gl_sim_run_for_ms(500);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 3); /* the others wait for its outcome */
    assert_true(gl_sim_run_idle(1000));
    for (int i = 1; i < 4; i++) assert_int_equal(t[i].status, GLIMPSE_STATUS_ALIGNED);
    assert_false(stats_of(&r).key_stopped);
    rig_check_books(&r);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_429_without_money_stops_all_that_is_not_in_flight),
        cmocka_unit_test(a_401_stops_all_that_is_not_in_flight),
        cmocka_unit_test(a_403_or_a_429_that_only_paces_stops_nothing),
        cmocka_unit_test(a_failure_in_flight_is_not_retried_while_the_key_is_stopped),
        cmocka_unit_test(a_callback_may_resume_and_submit),
        cmocka_unit_test(without_memory_for_the_words_the_kinds_stand_in),
        cmocka_unit_test(after_key_probe_ms_one_request_tries_the_key_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
