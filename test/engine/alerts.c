/* alerts.c - an engine tells its alerts from the loop, in virtual time. */
#include "rig.h"

typedef struct heard {
    rig *r;
    int fired[GLIMPSE_ALERT_COUNT], over[GLIMPSE_ALERT_COUNT];
    int logged;
    char message[256];
    enum { LISTEN, SUBMIT, CLOSE, FREE } act;
    callback_log extra;
} heard;

static void hear(const glimpse_alert *alert, void *arg)
{
    heard *h = arg;
    (alert->firing ? h->fired : h->over)[alert->kind]++;
    snprintf(h->message, sizeof h->message, "%s", alert->message);
    assert_int_equal(alert->severity, glimpse_alert_severity_of(alert->kind));
    if (h->act == SUBMIT) rig_submit(h->r, &h->extra, "{\"messages\":[]}");
    if (h->act == CLOSE) glimpse_engine_close(h->r->engine, 0, rig_closed, h->r);
    if (h->act == FREE) {
        glimpse_engine_free(h->r->engine);
        h->r->engine = NULL;
    }
}

static void hear_log(const glimpse_log_event *event, void *arg)
{
    heard *h = arg;
    if (strcmp(event->name, "alert") != 0) return;
    h->logged++;
    assert_int_equal(event->level, GLIMPSE_LOG_WARN);
    assert_string_equal(event->fields[0].name, "alert");
    assert_string_equal(event->fields[1].name, "state");
    assert_string_equal(event->fields[2].name, "severity");
}

static void open_with(rig *r, heard *h)
{
    *h = (heard){ .r = r };
    r->config.on_alert = hear;
    r->config.alert_arg = h;
    r->config.log = hear_log;
    r->config.log_arg = h;
    rig_open(r);
}

/* Ten a second, each its own question or one of `pool`. Their callers are told, and forgotten. */
static void load(rig *r, int seconds, int pool)
{
    static const glimpse_observer nobody = { .size = sizeof(glimpse_observer), .on_result = NULL };
    static int number;
    for (int i = 0; i < seconds * 10 && r->engine != NULL; i++) {
        char body[96];
        number++;
        glimpse_chat chat = { .body = rig_body(body, pool > 0 ? number % pool : number) };
        (void)glimpse_submit_chat(r->engine, &chat, NULL, &nobody, NULL, NULL);
        gl_sim_run_for_ms(100);
    }
}

static glimpse_stats stats_of(const rig *r)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r->engine, &stats), GLIMPSE_OK);
    return stats;
}

static void errors_fire_once_and_are_over_when_nothing_comes_any_more(void **state)
{
    (void)state;
    rig r;
    heard h;
    rig_init(&r);
    r.config.breaker = GLIMPSE_BREAKER_WAIT;
    r.config.max_attempts = 1;
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 400);
    open_with(&r, &h);
    load(&r, 90, 0);
    assert_int_equal(h.fired[GLIMPSE_ALERT_ERROR_RATE], 0); /* bad requests are the caller's */
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_CONTENT_FILTER, 200);
    load(&r, 90, 0);
    assert_int_equal(h.fired[GLIMPSE_ALERT_ERROR_RATE], 1);
    assert_int_equal(h.logged, 1);
    assert_non_null(strstr(h.message, "error_rate is "));
    assert_string_equal(
        glimpse_alert_severity_name(glimpse_alert_severity_of(GLIMPSE_ALERT_ERROR_RATE)),
        "critical");
    assert_non_null(strstr(h.message, "the limit is 5.0 %"));
    glimpse_stats stats = stats_of(&r);
    assert_true(stats.alerts_firing[GLIMPSE_ALERT_ERROR_RATE]);
    assert_int_equal(stats.alerts_fired[GLIMPSE_ALERT_ERROR_RATE], 1);
    char *page;
    assert_int_equal(glimpse_metrics_text(r.engine, &page, NULL), GLIMPSE_OK);
    assert_non_null(
        strstr(page, "glimpse_alert_firing{alert=\"error_rate\",severity=\"critical\"} 1\n"));
    assert_non_null(strstr(page, "glimpse_alert_firing{alert=\"hit_rate\",severity=\"info\"} 0\n"));
    assert_non_null(
        strstr(page, "glimpse_alerts_fired_total{alert=\"error_rate\",severity=\"critical\"} 1\n"));
    glimpse_free(page);
    assert_true(stats.alerts_first_ns[GLIMPSE_ALERT_ERROR_RATE] > 90 * (int64_t)GL_SECOND);
    assert_true(stats.alerts_worst[GLIMPSE_ALERT_ERROR_RATE] > 0.05);
    /* A loop with nothing else to do may end: the alert does not keep it. */
    assert_true(gl_sim_run_idle(1000));
    gl_time ended = gl_sim_now();
    assert_true(gl_sim_next() != GL_TIME_NEVER);
    gl_sim_run_for_ms(80000); /* a loop that goes on is told when it is over, and then let be */
    assert_int_equal(h.over[GLIMPSE_ALERT_ERROR_RATE], 1);
    assert_int_equal(h.logged, 2);
    assert_non_null(strstr(h.message, "it fired for "));
    assert_true(gl_sim_next() == GL_TIME_NEVER);
    stats = stats_of(&r);
    assert_false(stats.alerts_firing[GLIMPSE_ALERT_ERROR_RATE]);
    assert_true(stats.alerts_firing_ns[GLIMPSE_ALERT_ERROR_RATE] > 60 * (int64_t)GL_SECOND);
    assert_true(gl_sim_now() > ended);
    rig_close(&r);
}

static void late_answers_are_told_but_hits_do_not_hide_them(void **state)
{
    (void)state;
    rig r;
    heard h;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(3 * GL_SECOND, "late");
    open_with(&r, &h);
    load(&r, 90, 3);                                         /* nearly all of them hits */
    assert_int_equal(h.fired[GLIMPSE_ALERT_LATENCY_P50], 0); /* three waited, too few */
    load(&r, 90, 0);
    assert_int_equal(h.fired[GLIMPSE_ALERT_LATENCY_P50], 1);
    assert_int_equal(h.fired[GLIMPSE_ALERT_LATENCY_P95], 0);
    assert_int_equal(h.fired[GLIMPSE_ALERT_HIT_RATE], 0);
    rig_close(&r);
}

static void a_repetitive_workload_without_a_cache_is_told(void **state)
{
    (void)state;
    for (int cached = 0; cached < 2; cached++) {
        rig r;
        heard h;
        rig_init(&r);
        if (cached == 0) r.config.cache_entries = 0;
        open_with(&r, &h);
        load(&r, 90, 20);
        assert_int_equal(h.fired[GLIMPSE_ALERT_HIT_RATE], cached == 0 ? 1 : 0);
        if (cached == 0) assert_non_null(strstr(h.message, "of which repeated an earlier one"));
        rig_close(&r);
    }
}

static void cancelled_requests_and_looks_for_kept_answers_do_not_count(void **state)
{
    (void)state;
    rig r;
    heard h;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(GL_TIME_NEVER, NULL);
    r.config.fallback_on = false;
    open_with(&r, &h);
    for (int i = 0; i < 900; i++) {
        static const glimpse_observer nobody = { .size = sizeof(glimpse_observer),
                                                 .on_result = NULL };
        char body[96];
        glimpse_chat chat = { .body = rig_body(body, i) };
        glimpse_options options;
        glimpse_id id;
        glimpse_options_init(&options);
        if (i % 2 != 0) options.cache_control = GLIMPSE_CACHE_ONLY;
        assert_int_equal(glimpse_submit_chat(r.engine, &chat, &options, &nobody, NULL, &id),
                         GLIMPSE_OK);
        gl_sim_run_for_ms(100);
        glimpse_cancel(r.engine, id);
    }
    gl_sim_run_for_ms(100);
    glimpse_stats stats = stats_of(&r);
    assert_int_equal(stats.by_status[GLIMPSE_STATUS_CANCELLED], 450);
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) assert_int_equal(stats.alerts_fired[i], 0);
    rig_close(&r);
}

static void a_callback_may_submit_close_and_free(void **state)
{
    (void)state;
    for (int act = SUBMIT; act <= FREE; act++) {
        rig r;
        heard h;
        rig_init(&r);
        r.config.max_attempts = 1;
        r.config.breaker = GLIMPSE_BREAKER_WAIT;
        r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_CONTENT_FILTER, 200);
        open_with(&r, &h);
        h.act = act;
        load(&r, 120, 0);
        gl_sim_run_for_ms(5000);
        assert_int_equal(h.fired[GLIMPSE_ALERT_ERROR_RATE], 1);
        assert_int_equal(h.over[GLIMPSE_ALERT_ERROR_RATE], 0);
        if (act == SUBMIT) assert_int_equal(h.extra.results, 1);
        if (act == CLOSE) {
            assert_int_equal(r.closed, 1);
            gl_sim_run_for_ms(200000); /* a closed engine tells no alert */
            assert_int_equal(h.over[GLIMPSE_ALERT_ERROR_RATE], 0);
            assert_true(gl_sim_next() == GL_TIME_NEVER);
        }
        rig_close(&r);
    }
}

static void a_healthy_engine_sets_no_timer_and_one_without_alerts_has_none(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        rig r;
        heard h;
        rig_init(&r);
        r.config.alerts.on = on != 0;
        open_with(&r, &h);
        load(&r, 90, 0);
        assert_true(gl_sim_run_idle(1000));
        assert_true(gl_sim_next() == GL_TIME_NEVER);
        r.plans[0] = gl_sim_answer(3 * GL_SECOND, "late");
        load(&r, 90, 0);
        assert_int_equal(h.fired[GLIMPSE_ALERT_LATENCY_P50], on);
        assert_int_equal(stats_of(&r).alerts_fired[GLIMPSE_ALERT_LATENCY_P50], on);
        rig_close(&r);
    }
}

static void a_setting_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    glimpse_config config;
    glimpse_problem problem;
    glimpse_config_init(&config);
    config.use_openai = GLIMPSE_USE_OPENAI_NEVER;
    assert_int_equal(glimpse_config_check(&config, &problem), GLIMPSE_OK);
    config.alerts.hold_ms = 1;
    assert_int_equal(glimpse_config_check(&config, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "alerts.hold_ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_fire_once_and_are_over_when_nothing_comes_any_more),
        cmocka_unit_test(late_answers_are_told_but_hits_do_not_hide_them),
        cmocka_unit_test(a_repetitive_workload_without_a_cache_is_told),
        cmocka_unit_test(cancelled_requests_and_looks_for_kept_answers_do_not_count),
        cmocka_unit_test(a_callback_may_submit_close_and_free),
        cmocka_unit_test(a_healthy_engine_sets_no_timer_and_one_without_alerts_has_none),
        cmocka_unit_test(a_setting_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
