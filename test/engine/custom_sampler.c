/* custom_sampler.c - samplers of a caller's own, with all that the table allows and some of what it
 * warns of. */
#include "rig.h"

/* A sampler that keeps its attempts until the test ends them, or cancel does. */
typedef struct keeper {
    glimpse_attempt *kept[64];
    size_t count, cancelled;
    bool ends_in_cancel; /* as libraries do that call back for what is cancelled */
} keeper;

static void end_attempt(glimpse_attempt *attempt, glimpse_error error, const char *text)
{
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.error = error;
    outcome.sample.text = text;
    outcome.sample.text_len = text != NULL ? strlen(text) : 0;
    glimpse_attempt_done(attempt, &outcome);
}

static void keeper_start(void *self, glimpse_attempt *attempt)
{
    keeper *k = self;
    assert_true(k->count < sizeof k->kept / sizeof *k->kept);
    k->kept[k->count++] = attempt;
}

static void keeper_cancel(void *self, glimpse_attempt *attempt)
{
    keeper *k = self;
    size_t i = 0;
    while (k->kept[i] != attempt) i++;
    k->kept[i] = k->kept[--k->count];
    k->cancelled++;
    if (!k->ends_in_cancel) return;
    glimpse_attempt_progress(attempt, GLIMPSE_PROGRESS_CONNECTED);
    end_attempt(attempt, GLIMPSE_ERR_CANCELLED, NULL);
}

static glimpse_sampler *keeper_sampler(keeper *k, bool local)
{
    glimpse_sampler_vtable table = { .size = sizeof(glimpse_sampler_vtable),
                                     .name = "keeper",
                                     .local = local,
                                     .progress = true,
                                     .start = keeper_start,
                                     .cancel = keeper_cancel };
    glimpse_sampler *sampler;
    assert_int_equal(glimpse_sampler_new(&table, k, &sampler, NULL), GLIMPSE_OK);
    return sampler;
}

/* An engine as rig_open makes it, with this sampler and this fallback (NULL: the rig's own). */
static void open_with(rig *r, glimpse_sampler *sampler, glimpse_sampler *fallback)
{
    rig_open(r);
    glimpse_engine_free(r->engine);
    if (sampler != NULL) r->config.sampler = sampler;
    if (fallback != NULL) r->config.fallback = fallback;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);
}

static void an_end_inside_cancel_is_not_heard(void **state)
{
    (void)state;
    rig r;
    callback_log t, after;
    keeper k = { .ends_in_cancel = true };
    rig_init(&r);
    r.config.concurrency = 1;
    r.config.first_byte_timeout_ms = 100; /* so that progress would set a timer */
    glimpse_sampler *sampler = keeper_sampler(&k, false);
    open_with(&r, sampler, NULL);
    glimpse_sampler_unref(sampler); /* the engine has its own reference */
    rig_submit(&r, &t, "{}");
    gl_sim_run_for_ms(1);
    glimpse_cancel(r.engine, t.id);
    gl_sim_run_for_ms(1);
    assert_int_equal(t.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE); /* it did not fail, so no fallback */
    assert_int_equal(glimpse_engine_room(r.engine), 1);
    rig_submit(&r, &t, "{}");
    rig_submit(&r, &after, "{}");
    gl_sim_run_for_ms(1);
    assert_int_equal(k.count, 1); /* the limit still counts right */
    glimpse_cancel(r.engine, after.id);
    end_attempt(k.kept[0], GLIMPSE_OK, "late");
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(t.text, "late");
    rig_check_books(&r);
    rig_close(&r);
}

static void a_fallback_may_take_its_time_and_fail(void **state)
{
    (void)state;
    rig r;
    callback_log t[4];
    keeper k = { .ends_in_cancel = false };
    rig_init(&r);
    r.config.timeout_ms = 1000;
    r.config.connect_timeout_ms = 0;
    r.config.max_attempts = 1;
    r.plans[0] = gl_sim_failure(GL_MS, GLIMPSE_ERR_HTTP, 500);
    glimpse_sampler *fallback = keeper_sampler(&k, true);
    open_with(&r, NULL, fallback);
    glimpse_sampler_unref(fallback);
    char body[96];
    for (int i = 0; i < 4; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(10);
    assert_int_equal(k.count, 4);
    assert_int_equal(glimpse_engine_room(r.engine), (size_t)r.config.concurrency);
    end_attempt(k.kept[0], GLIMPSE_OK, "the words");
    end_attempt(k.kept[1], GLIMPSE_ERR_HTTP, NULL);
    glimpse_cancel(r.engine, t[2].id);
    gl_sim_run_for_ms(10);
    for (int i = 0; i < 3; i++) assert_int_equal(t[i].results, 1);
    assert_int_equal(t[3].results, 0);
    gl_sim_run_for_ms(1000); /* the last one hangs until its limit */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(t[i].status, GLIMPSE_STATUS_SERVER_ERROR); /* what failed stands */
        assert_int_equal(t[i].error, GLIMPSE_ERR_HTTP);
        assert_int_equal(t[i].http_status, 500);
        assert_int_equal(t[i].source, i == 0 ? GLIMPSE_SOURCE_LOCAL : GLIMPSE_SOURCE_LIVE);
    }
    assert_int_equal(k.cancelled, 2);
    rig_check_books(&r);
    rig_close(&r);
}

static void two_engines_may_share_a_sampler(void **state)
{
    (void)state;
    rig r;
    callback_log a, b;
    keeper k = { .ends_in_cancel = false };
    rig_init(&r);
    glimpse_sampler *sampler = keeper_sampler(&k, false);
    open_with(&r, sampler, NULL);
    glimpse_engine *first = r.engine, *second;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r.config, &second), GLIMPSE_OK);
    glimpse_sampler_unref(sampler);
    rig_submit(&r, &a, "{\"n\":1}");
    r.engine = second;
    rig_submit(&r, &b, "{\"n\":2}");
    gl_sim_run_for_ms(1);
    assert_int_equal(k.count, 2);
    glimpse_engine_free(second); /* takes back its own attempt, and no other */
    assert_int_equal(b.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(k.count, 1);
    r.engine = first;
    end_attempt(k.kept[0], GLIMPSE_OK, "mine");
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(a.text, "mine");
    rig_check_books(&r);
    rig_close(&r);
}

static void a_sampler_that_ends_at_once_does_not_keep_the_loop_busy(void **state)
{
    (void)state;
    enum { MANY = 2000, A_TURN = 256 };
    rig r;
    static callback_log t[MANY];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 1;
    r.plans[0] = gl_sim_answer(0, "at once"); /* inside start: the limit is never reached */
    rig_open(&r);
    for (int i = 0; i < MANY; i++) rig_submit(&r, &t[i], rig_body(body, i));
    uint64_t before = 0;
    while (before < MANY) {
        assert_true(gl_sim_step());
        uint64_t started = gl_sim_counts_of(r.sim)->started;
        assert_true(started - before <= A_TURN);
        before = started;
    }
    assert_true(gl_sim_run_idle(1000));
    for (int i = 0; i < MANY; i++) assert_int_equal(t[i].results, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void many_notices_at_once_do_not_keep_the_loop_busy(void **state)
{
    (void)state;
    enum { MANY = 2000, A_TURN = 256 };
    rig r;
    static callback_log t[MANY];
    char body[96];
    rig_init(&r);
    r.config.concurrency = MANY;
    r.plans[0] = gl_sim_answer(2 * GL_SECOND, "an answer");
    rig_open(&r);
    for (int i = 0; i < MANY; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(1499);
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    uint64_t before = 0;
    while (before < MANY) {
        assert_true(gl_sim_step());
        assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
        uint64_t now = stats.notices[GLIMPSE_NOTICE_TRYING];
        assert_true(now - before <= A_TURN);
        before = now;
    }
    assert_true(gl_sim_run_idle(10000));
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(t[i].notice_ms[GLIMPSE_NOTICE_TRYING], 1500); /* all in their time */
        assert_int_equal(t[i].results, 1);
    }
    rig_check_books(&r);
    rig_close(&r);
}

/* Without `progress`, and ended by the test. */
static void an_attempt_of_a_sampler_that_reports_nothing_counts_from_its_start(void **state)
{
    (void)state;
    rig r;
    keeper k = { .count = 0 };
    static const glimpse_sampler_vtable table = { .size = sizeof(glimpse_sampler_vtable),
                                                  .name = "silent",
                                                  .start = keeper_start,
                                                  .cancel = keeper_cancel };
    rig_init(&r);
    glimpse_sampler *sampler;
    assert_int_equal(glimpse_sampler_new(&table, &k, &sampler, NULL), GLIMPSE_OK);
    open_with(&r, sampler, NULL);
    callback_log a, b;
    rig_submit(&r, &a, "{\"model\":\"m\",\"messages\":[]}");
    gl_sim_run_for_ms(100);
    end_attempt(k.kept[0], GLIMPSE_ERR_TIMEOUT, NULL); /* tried again */
    gl_sim_run_for_ms(5000);
    assert_int_equal(k.count, 2);
    end_attempt(k.kept[1], GLIMPSE_OK, "an answer");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(a.results, 1);
    assert_int_equal(a.attempts, 2);
    assert_int_equal(a.timings.sent_ns, 0);
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.attempts, 2);
    assert_int_equal(stats.retries, 1);
    k.count = 0;
    r.config.max_attempts = 1;
    rig_submit(&r, &b, "{\"model\":\"n\",\"messages\":[]}");
    gl_sim_run_for_ms(100);
    end_attempt(k.kept[0], GLIMPSE_ERR_CONNECT, NULL); /* nobody was reached */
    glimpse_cancel(r.engine, b.id);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(b.attempts, 0);
    glimpse_sampler_unref(sampler);
    rig_close(&r);
}

static void slow_start(void *self, glimpse_attempt *attempt)
{
    glimpse_attempt_progress(attempt, GLIMPSE_PROGRESS_SENT);
    gl_sim_advance(GL_MS);
    keeper_start(self, attempt);
}

/* A turn starts many, and each waits in the client until those before it are started. */
static void an_attempt_begins_when_its_own_start_is_called(void **state)
{
    (void)state;
    rig r;
    callback_log t[3];
    keeper k = { .count = 0 };
    glimpse_sampler_vtable table = { .size = sizeof(glimpse_sampler_vtable),
                                     .name = "slow",
                                     .progress = true,
                                     .start = slow_start,
                                     .cancel = keeper_cancel };
    glimpse_sampler *sampler;
    char body[96];
    rig_init(&r);
    assert_int_equal(glimpse_sampler_new(&table, &k, &sampler, NULL), GLIMPSE_OK);
    open_with(&r, sampler, NULL);
    glimpse_sampler_unref(sampler);
    gl_time now = gl_sim_now();
    for (int i = 0; i < 3; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(10);
    assert_int_equal(k.count, 3);
    for (size_t i = 0; i < 3; i++) end_attempt(k.kept[i], GLIMPSE_OK, "said");
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(t[i].timings.submitted_ns, now);
        assert_int_equal(t[i].timings.started_ns, i * (int64_t)GL_MS);
        assert_int_equal(t[i].timings.queue_ns, i * (int64_t)GL_MS);
        assert_int_equal(t[i].timings.sent_ns, i * (int64_t)GL_MS);
    }
    rig_check_books(&r);
    rig_close(&r);
}

/* Ends one attempt of a sampler that keeps them, and hears how its request ended. */
typedef struct ending {
    glimpse_error error;
    glimpse_status status;
    int attempts;
    char text[32], message[96];
} ending;

static void hear_end(glimpse_id id, const glimpse_result *result, void *arg)
{
    ending *e = arg;
    (void)id;
    e->error = glimpse_result_error(result);
    e->status = glimpse_result_status(result);
    e->attempts = glimpse_result_attempts(result);
    snprintf(e->text, sizeof e->text, "%s", glimpse_result_text(result, NULL));
    snprintf(e->message, sizeof e->message, "%s", glimpse_result_error_message(result));
}

static ending end_with(rig *r, keeper *k, const glimpse_outcome *outcome)
{
    ending e = { .error = GLIMPSE_ERROR_COUNT };
    const glimpse_chat chat = { .body = "{\"model\":\"m\",\"messages\":[]}" };
    glimpse_observer observer;
    glimpse_observer_init(&observer);
    observer.on_result = hear_end;
    assert_int_equal(glimpse_submit_chat(r->engine, &chat, NULL, &observer, &e, NULL), GLIMPSE_OK);
    for (int turn = 0; turn < 10 && e.error == GLIMPSE_ERROR_COUNT; turn++) {
        gl_sim_run_for_ms(60000);
        if (k->count == 1) glimpse_attempt_done(k->kept[--k->count], outcome);
    }
    return e;
}

static void open_keeper(rig *r, keeper *k)
{
    rig_init(r);
    r->config.timeout_ms = r->config.connect_timeout_ms = 0;
    r->config.fallback_on = false;
    glimpse_sampler *sampler = keeper_sampler(k, false);
    open_with(r, sampler, NULL);
    glimpse_sampler_unref(sampler);
}

static void an_outcome_that_was_never_filled_in_is_no_answer(void **state)
{
    (void)state;
    rig r;
    keeper k = { .count = 0 };
    glimpse_outcome outcome;
    open_keeper(&r, &k);
    glimpse_outcome_init(&outcome);
    ending e = end_with(&r, &k, &outcome);
    assert_int_equal(e.error, GLIMPSE_ERR_INVALID);
    assert_non_null(strstr(e.message, "neither an error nor a sample.text"));
    e = end_with(&r, &k, NULL);
    assert_int_equal(e.error, GLIMPSE_ERR_INVALID);
    assert_non_null(strstr(e.message, "glimpse_outcome_init"));
    outcome.sample.size = 0; /* of a struct in it */
    e = end_with(&r, &k, &outcome);
    assert_int_equal(e.error, GLIMPSE_ERR_INVALID);
    glimpse_outcome_init(&outcome);
    outcome.sample.text = ""; /* an answer that is empty says so */
    e = end_with(&r, &k, &outcome);
    assert_int_equal(e.error, GLIMPSE_OK);
    glimpse_outcome_init(&outcome);
    outcome.empty = true;
    e = end_with(&r, &k, &outcome);
    assert_int_equal(e.error, GLIMPSE_OK);
    rig_close(&r);
}

static void a_samplers_text_without_a_length_is_its_string(void **state)
{
    (void)state;
    rig r;
    keeper k = { .count = 0 };
    glimpse_outcome outcome;
    open_keeper(&r, &k);
    glimpse_outcome_init(&outcome);
    outcome.sample.text = "an answer";
    ending e = end_with(&r, &k, &outcome);
    assert_int_equal(e.status, GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(e.text, "an answer");
    outcome.sample.text_len = glimpse_length(2);
    e = end_with(&r, &k, &outcome);
    assert_string_equal(e.text, "an");
    outcome.sample.text_len = glimpse_length(0);
    e = end_with(&r, &k, &outcome);
    assert_int_equal(e.status, GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(e.text, "");
    rig_close(&r);
}

/* What is shown of an answer is UTF-8; the failure is worth one more attempt, as an endpoint's. */
static void a_samplers_text_that_is_not_utf8_is_refused(void **state)
{
    (void)state;
    rig r;
    keeper k = { .count = 0 };
    glimpse_outcome outcome;
    open_keeper(&r, &k);
    const char **const members[] = { &outcome.sample.text, &outcome.sample.essence,
                                     &outcome.sample.delta };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        glimpse_outcome_init(&outcome);
        outcome.sample.text = "fine";
        *members[i] = "\xff\xfe";
        ending e = end_with(&r, &k, &outcome);
        assert_int_equal(e.error, GLIMPSE_ERR_BAD_UTF8);
        assert_string_equal(e.text, "");
        assert_non_null(strstr(e.message, "the sampler's text"));
    }
    rig_close(&r);
}

/* "" of each failure; LOCAL where the fallback stood in, else what was asked, or would have been.
 */
static void the_source_of_a_failure_is_who_spoke_last(void **state)
{
    (void)state;
    rig r;
    callback_log ran, waited, leads, follows, failed;
    keeper k = { .count = 0 };
    rig_init(&r);
    r.config.concurrency = 1;
    r.config.max_attempts = 1;
    r.config.timeout_ms = r.config.connect_timeout_ms = 0;
    glimpse_sampler *sampler = keeper_sampler(&k, false);
    open_with(&r, sampler, NULL);
    glimpse_sampler_unref(sampler);
    rig_submit(&r, &ran, "{\"n\":1}");
    rig_submit(&r, &waited, "{\"n\":2}");
    gl_sim_run_for_ms(1);
    glimpse_cancel(r.engine, waited.id);
    assert_int_equal(k.cancelled, 0); /* it never reached the sampler */
    glimpse_cancel(r.engine, ran.id);
    assert_int_equal(k.cancelled, 1); /* inside cancel */
    gl_sim_run_for_ms(1);
    assert_int_equal(waited.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(ran.source, GLIMPSE_SOURCE_LIVE);
    rig_submit(&r, &leads, "{\"model\":\"m\",\"messages\":[]}");
    rig_submit(&r, &follows, "{\"model\":\"m\",\"messages\":[]}");
    gl_sim_run_for_ms(1);
    glimpse_cancel(r.engine, follows.id);
    gl_sim_run_for_ms(1);
    assert_int_equal(follows.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(follows.source, GLIMPSE_SOURCE_COALESCED);
    end_attempt(k.kept[0], GLIMPSE_ERR_TLS, NULL);
    k.count = 0;
    gl_sim_run_for_ms(1);
    assert_int_equal(leads.source, GLIMPSE_SOURCE_LOCAL); /* the rig's fallback */
    assert_string_equal(leads.text, "");
    glimpse_options options;
    glimpse_options_init(&options);
    options.fallback = 0;
    failed = (callback_log){ .rig = &r };
    const glimpse_chat chat = { .body = "{\"n\":3}" };
    const glimpse_observer observer = { .size = sizeof observer, .on_result = rig_on_result };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, &options, &observer, &failed, &failed.id),
                     GLIMPSE_OK);
    gl_sim_run_for_ms(1);
    end_attempt(k.kept[0], GLIMPSE_ERR_TLS, NULL);
    k.count = 0;
    gl_sim_run_for_ms(1);
    assert_int_equal(failed.error, GLIMPSE_ERR_TLS);
    assert_int_equal(failed.source, GLIMPSE_SOURCE_LIVE);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_inside_cancel_is_not_heard),
        cmocka_unit_test(a_fallback_may_take_its_time_and_fail),
        cmocka_unit_test(two_engines_may_share_a_sampler),
        cmocka_unit_test(an_attempt_begins_when_its_own_start_is_called),
        cmocka_unit_test(a_sampler_that_ends_at_once_does_not_keep_the_loop_busy),
        cmocka_unit_test(many_notices_at_once_do_not_keep_the_loop_busy),
        cmocka_unit_test(an_outcome_that_was_never_filled_in_is_no_answer),
        cmocka_unit_test(a_samplers_text_without_a_length_is_its_string),
        cmocka_unit_test(a_samplers_text_that_is_not_utf8_is_refused),
        cmocka_unit_test(the_source_of_a_failure_is_who_spoke_last),
        cmocka_unit_test(an_attempt_of_a_sampler_that_reports_nothing_counts_from_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
