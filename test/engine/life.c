/* life.c - the rules of life: results once and later, cancel, close, free, callbacks that do all
 * of it. */
#include "rig.h"

static void a_result_comes_once_and_never_inside_submit(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &t, "{\"messages\":[]}");
    gl_sim_run_for_ms(999);
    assert_int_equal(t.results, 0);
    gl_sim_run_for_ms(1);
    assert_int_equal(t.results, 1);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    assert_string_equal(t.text, "an answer");
    assert_int_equal(t.attempts, 1);
    assert_true(t.timings.total_ns == (int64_t)GL_SECOND);
    assert_true(gl_sim_run_idle(1000));
    rig_check_books(&r);
    rig_close(&r);
}

static void a_body_that_is_not_json_ends_as_bad_request_and_sends_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = { "{", "[]", "{\"a\":NaN}", "nonsense", "{} x" };
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rig_submit(&r, &t, bad[i]);
        gl_sim_run_for_ms(1);
        assert_int_equal(t.results, 1);
        assert_int_equal(t.status, GLIMPSE_STATUS_BAD_REQUEST);
        assert_int_equal(t.error, GLIMPSE_ERR_BAD_JSON);
        assert_int_equal(t.attempts, 0);
        assert_int_equal(t.source, GLIMPSE_SOURCE_LOCAL);
    }
    rig_submit(&r, &t, "{\"a\":\"\xff\"}");
    gl_sim_run_for_ms(1);
    assert_int_equal(t.error, GLIMPSE_ERR_BAD_UTF8);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 0);
    rig_check_books(&r);
    rig_close(&r);
}

static void wrong_arguments_are_refused_and_never_get_a_result(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    callback_log t = { .rig = &r };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = rig_on_result };
    glimpse_chat chat = { .body = NULL };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &t, NULL),
                     GLIMPSE_ERR_INVALID);
    static const char *const paths[] = {
        "",     "/",     "chat",     "//evil.example/x", "/a/../b", "/a b", "/a\r\nHost: evil",
        "/a#b", "/a\\b", "/\xc3\xa9"
    };
    chat.body = "{}";
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        chat.path = paths[i];
        assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &t, NULL),
                         GLIMPSE_ERR_INVALID);
    }
    glimpse_draft draft = { .input_text = NULL };
    assert_int_equal(glimpse_submit_draft(r.engine, &draft, NULL, &observer, &t, NULL),
                     GLIMPSE_ERR_INVALID);
    draft.input_text = "caf\xe9";
    assert_int_equal(glimpse_submit_draft(r.engine, &draft, NULL, &observer, &t, NULL),
                     GLIMPSE_ERR_INVALID);
    glimpse_options options;
    glimpse_options_init(&options);
    options.temperature = 2.5;
    draft.input_text = "fine";
    assert_int_equal(glimpse_submit_draft(r.engine, &draft, &options, &observer, &t, NULL),
                     GLIMPSE_ERR_INVALID);
    glimpse_options_init(&options);
    glimpse_thresholds falling = { 100, 90, 200, 300 };
    options.thresholds = falling;
    assert_int_equal(glimpse_submit_draft(r.engine, &draft, &options, &observer, &t, NULL),
                     GLIMPSE_ERR_INVALID);
    for (size_t size = 0; size <= 1 << 20; size += 1 << 20) {
        glimpse_options_init(&options);
        options.size = size;
        assert_int_equal(glimpse_submit_draft(r.engine, &draft, &options, &observer, &t, NULL),
                         GLIMPSE_ERR_INVALID);
        glimpse_observer unset = { .size = size, .on_result = rig_on_result };
        assert_int_equal(glimpse_submit_draft(r.engine, &draft, NULL, &unset, &t, NULL),
                         GLIMPSE_ERR_INVALID);
        glimpse_stats stats;
        glimpse_stats_init(&stats);
        stats.size = size;
        assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_ERR_INVALID);
    }
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.results, 0);
    rig_close(&r);
}

/* A slice has no NUL behind it: what stands there is not read. */
static void a_length_can_say_that_a_text_is_empty(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    static const char behind[] = "somebody else's";
    glimpse_draft slices = { .input_text = behind,
                             .input_text_len = glimpse_length(8),
                             .goal = behind,
                             .goal_len = glimpse_length(0),
                             .constraints = behind,
                             .constraints_len = GLIMPSE_EMPTY };
    glimpse_draft strings = { .input_text = "somebody", .goal = "", .constraints = NULL };
    char *one, *other;
    assert_int_equal(glimpse_draft_body(r.engine, &slices, NULL, &one, NULL), GLIMPSE_OK);
    assert_int_equal(glimpse_draft_body(r.engine, &strings, NULL, &other, NULL), GLIMPSE_OK);
    assert_string_equal(one, other);
    assert_null(strstr(one, "else"));
    glimpse_free(one);
    glimpse_free(other);
    glimpse_chat chat = { .body = "{}", .body_len = GLIMPSE_EMPTY };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = rig_on_result };
    callback_log t = { .rig = &r };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &t, &t.id), GLIMPSE_OK);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.error, GLIMPSE_ERR_BAD_JSON); /* nothing is no JSON */
    glimpse_profiles *profiles;
    assert_int_equal(glimpse_profiles_new("{}", GLIMPSE_EMPTY, &profiles, NULL),
                     GLIMPSE_ERR_INVALID);
    rig_close(&r);
}

static void a_draft_and_its_body_have_one_key(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    callback_log t = { .rig = &r }, again = { .rig = &r };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = rig_on_result };
    glimpse_draft draft = { .input_text = "some text", .goal = "summarize" };
    assert_int_equal(glimpse_submit_draft(r.engine, &draft, NULL, &observer, &t, &t.id),
                     GLIMPSE_OK);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    draft.input_text_len = 9; /* the same text, with its length given */
    assert_int_equal(glimpse_submit_draft(r.engine, &draft, NULL, &observer, &again, &again.id),
                     GLIMPSE_OK);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(again.source, GLIMPSE_SOURCE_CACHE);
    assert_string_equal(again.text, t.text);
    char *body;
    size_t len;
    assert_int_equal(glimpse_draft_body(r.engine, &draft, NULL, &body, &len), GLIMPSE_OK);
    assert_int_equal(strlen(body), len);
    glimpse_chat chat = { .body = body, .body_len = glimpse_length(len) };
    callback_log as_chat = { .rig = &r };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &as_chat, &as_chat.id),
                     GLIMPSE_OK);
    glimpse_free(body);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(as_chat.source, GLIMPSE_SOURCE_CACHE);
    draft.input_text = NULL;
    assert_int_equal(glimpse_draft_body(r.engine, &draft, NULL, &body, &len), GLIMPSE_ERR_INVALID);
    rig_close(&r);
}

static void an_engine_gives_the_key_of_any_body_in_turn(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    static const char *const bodies[] = {
        "{}",
        "{\"n\":1,\"model\":\"m\",\"messages\":[{\"role\":\"u\",\"content\":\"\\u00e9\"}]}",
        "[]",
        "{\"model\":",
        "{\"model\":\"\xff\"}",
        "{\"messages\":[ 1.50 ], \"model\":\"m\"}",
        "",
    };
    glimpse_key key, alone;
    for (size_t i = 0; i < 3 * sizeof bodies / sizeof *bodies; i++) {
        const char *body = bodies[i % (sizeof bodies / sizeof *bodies)];
        memset(&key, 0, sizeof key);
        memset(&alone, 0, sizeof alone);
        assert_int_equal(glimpse_chat_key(r.engine, body, 0, &key),
                         glimpse_key_of_chat(body, 0, &alone));
        assert_memory_equal(&key, &alone, sizeof key);
    }
    assert_int_equal(glimpse_chat_key(r.engine, "{}", GLIMPSE_EMPTY, &key), GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(glimpse_chat_key(r.engine, NULL, 0, &key), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_chat_key(r.engine, "{}", 0, NULL), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_chat_key(NULL, "{}", 0, &key), GLIMPSE_ERR_INVALID);
    rig_close(&r);
}

static void at_most_concurrency_attempts_are_in_flight(void **state)
{
    (void)state;
    rig r;
    static callback_log t[500];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 20;
    rig_open(&r);
    for (int i = 0; i < 500; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(500);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 20);
    assert_true(gl_sim_run_idle(100000));
    assert_int_equal(gl_sim_counts_of(r.sim)->peak, 20);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(t[i].results, 1);
        /* In order of submission: the n-th twenty ends after n seconds. */
        assert_int_equal(t[i].timings.total_ns, (i / 20 + 1) * (int64_t)GL_SECOND);
        assert_int_equal(t[i].timings.queue_ns, (i / 20) * (int64_t)GL_SECOND);
    }
    rig_check_books(&r);
    rig_close(&r);
}

static void room_is_what_would_be_sent_at_once(void **state)
{
    (void)state;
    rig r;
    callback_log t[4];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 3;
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    rig_open(&r);
    assert_int_equal(glimpse_engine_room(r.engine), 3);
    for (int i = 0; i < 4; i++) rig_submit(&r, &t[i], rig_body(body, i));
    assert_int_equal(glimpse_engine_room(r.engine), 0);
    gl_sim_run_for_ms(50);
    assert_int_equal(glimpse_engine_room(r.engine), 0);
    gl_sim_run_for_ms(150); /* all four have failed once and wait for their retries */
    assert_int_equal(glimpse_engine_room(r.engine), 3);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(glimpse_engine_room(r.engine), 3);
    rig_close(&r);
}

static void cancel_ends_a_request_in_every_state(void **state)
{
    (void)state;
    rig r;
    callback_log running, waiting, resting, done;
    rig_init(&r);
    r.config.concurrency = 1;
    r.plans[0] = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 500);
    rig_open(&r);
    rig_submit(&r, &resting, "{\"n\":1}");
    gl_sim_run_for_ms(1100); /* its first attempt has failed */
    rig_submit(&r, &running, "{\"n\":2}");
    gl_sim_run_for_ms(10);
    rig_submit(&r, &waiting, "{\"n\":3}");
    gl_sim_run_for_ms(10);
    callback_log *all[] = { &resting, &running, &waiting };
    for (int i = 0; i < 3; i++) {
        glimpse_cancel(r.engine, all[i]->id);
        glimpse_cancel(r.engine, all[i]->id); /* twice is harmless */
        assert_int_equal(all[i]->results, 0); /* and it is asynchronous */
    }
    gl_sim_run_for_ms(1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(all[i]->results, 1);
        assert_int_equal(all[i]->status, GLIMPSE_STATUS_CANCELLED);
        assert_int_equal(all[i]->error, GLIMPSE_ERR_CANCELLED);
        assert_int_equal(all[i]->source, GLIMPSE_SOURCE_LIVE); /* no fallback was asked */
    }
    assert_int_equal(resting.attempts, 1);
    assert_int_equal(running.attempts, 1); /* it had been sent */
    assert_int_equal(waiting.attempts, 0);
    rig_submit(&r, &done, "{");
    glimpse_cancel(r.engine,
                   done.id); /* failed already: its fallback is not asked, its error stands */
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(done.status, GLIMPSE_STATUS_BAD_REQUEST);
    glimpse_cancel(r.engine, done.id); /* too late */
    glimpse_cancel(r.engine, 999999);  /* never was */
    rig_check_books(&r);
    rig_close(&r);
}

static void close_cancels_what_waits_and_lets_what_is_in_flight_finish(void **state)
{
    (void)state;
    rig r;
    callback_log t[4];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 2;
    rig_open(&r);
    for (int i = 0; i < 4; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(500);
    glimpse_engine_close(r.engine, -1, rig_closed, &r);
    assert_int_equal(r.closed, 0);
    glimpse_chat chat = { .body = "{}" };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, NULL, NULL, NULL),
                     GLIMPSE_ERR_CLOSING);
    gl_sim_run_for_ms(1);
    assert_int_equal(t[2].status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(t[3].status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(t[0].results + t[1].results, 0);
    assert_int_equal(r.closed, 0);
    gl_sim_run_for_ms(499);
    assert_int_equal(t[0].status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(t[1].status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(r.closed, 1);
    assert_int_equal(gl_sim_next(), GL_TIME_NEVER); /* nothing keeps the loop alive */
    rig_check_books(&r);
    rig_close(&r);
    assert_int_equal(r.closed, 1);
}

static void close_cancels_what_outlasts_the_grace_time(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(GL_TIME_NEVER, "never");
    r.config.close_grace_ms = 3000;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    gl_sim_run_for_ms(10);
    glimpse_engine_close(r.engine, -1, rig_closed, &r);
    gl_sim_run_for_ms(2999);
    assert_int_equal(t.results + r.closed, 0);
    gl_sim_run_for_ms(1);
    assert_int_equal(t.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(r.closed, 1);
    rig_close(&r);
}

static void a_second_close_shortens_the_grace_time(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(GL_TIME_NEVER, "never");
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    gl_sim_run_for_ms(10);
    glimpse_engine_close(r.engine, 5000, rig_closed, &r);
    gl_sim_run_for_ms(10);
    glimpse_engine_close(r.engine, 0, NULL, NULL);
    gl_sim_run_for_ms(1);
    assert_int_equal(t.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(r.closed, 1);
    rig_close(&r);
}

static void free_tells_everybody_before_it_returns(void **state)
{
    (void)state;
    rig r;
    static callback_log t[100];
    char body[96];
    rig_init(&r);
    r.config.concurrency = 10;
    r.plans[0] = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_RESET, 0);
    r.plans[1] = gl_sim_answer(GL_SECOND, "x");
    r.plan_count = 2;
    rig_open(&r);
    for (int i = 0; i < 100; i++) rig_submit(&r, &t[i], rig_body(body, i));
    gl_sim_run_for_ms(1200); /* some wait, some run, some rest */
    rig_close(&r);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(t[i].results, 1);
        assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
    }
}

/* --- callbacks that do things --- */

typedef struct actor {
    rig *rig;
    int results, cancelled, left;
    bool free_in_result, free_in_notice;
    callback_log *victim;
} actor;

static void act(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    actor *a = arg;
    a->results++;
    if (glimpse_result_status(result) == GLIMPSE_STATUS_CANCELLED) a->cancelled++;
    if (a->victim != NULL) {
        glimpse_cancel(a->rig->engine, a->victim->id);
        a->victim = NULL;
    }
    if (a->left > 0) {
        a->left--;
        char body[96];
        glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = act };
        glimpse_chat chat = { .body = rig_body(body, a->left) };
        (void)glimpse_submit_chat(a->rig->engine, &chat, NULL, &observer, a, NULL);
    }
    if (a->free_in_result) {
        a->free_in_result = false;
        glimpse_engine_free(a->rig->engine);
        glimpse_engine_free(a->rig->engine); /* in the same callback: once is enough */
    }
}

static void act_on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    (void)notice;
    actor *a = arg;
    if (!a->free_in_notice) return;
    a->free_in_notice = false;
    glimpse_engine_free(a->rig->engine);
}

static void submit_actor(rig *r, actor *a, int n)
{
    char body[96];
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_result = act,
                                  .on_notice = act_on_notice };
    glimpse_chat chat = { .body = rig_body(body, n) };
    assert_int_equal(glimpse_submit_chat(r->engine, &chat, NULL, &observer, a, NULL), GLIMPSE_OK);
}

static void ten_thousand_submits_from_inside_callbacks_keep_the_stack_flat(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(0, "at once"); /* ends inside start */
    rig_open(&r);
    actor a = { .rig = &r, .left = 10000 };
    submit_actor(&r, &a, -1);
    assert_true(gl_sim_run_idle(1000000));
    assert_int_equal(a.results, 10001);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_callback_may_cancel_another_request(void **state)
{
    (void)state;
    rig r;
    callback_log other;
    rig_init(&r);
    rig_open(&r);
    actor a = { .rig = &r, .victim = &other };
    submit_actor(&r, &a, 1);
    gl_sim_run_for_ms(500);
    rig_submit(&r, &other, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(a.results, 1);
    assert_int_equal(other.status, GLIMPSE_STATUS_CANCELLED);
    rig_close(&r);
}

static void free_inside_a_callback_takes_effect_when_the_loop_has_control(void **state)
{
    (void)state;
    for (int in_notice = 0; in_notice < 2; in_notice++) {
        rig r;
        rig_init(&r);
        r.config.thresholds = (glimpse_thresholds){ 100, 200, 300, 400 };
        rig_open(&r);
        actor first = { .rig = &r, .free_in_result = !in_notice, .free_in_notice = in_notice };
        actor rest = { .rig = &r, .left = 50 }; /* keeps submitting: refused once closing */
        submit_actor(&r, &first, 1000);
        for (int i = 0; i < 10; i++) submit_actor(&r, &rest, 2000 + i);
        assert_true(gl_sim_run_idle(1000));
        assert_int_equal(first.results, 1);
        assert_int_equal(rest.results, 10);
        if (in_notice) assert_int_equal(rest.cancelled, 10); /* else all had ended in one turn */
        r.engine = NULL;                                     /* gone */
        rig_close(&r);
    }
}

static void free_in_the_close_callback(void *arg)
{
    rig *r = arg;
    r->closed++;
    glimpse_engine_free(r->engine);
    r->engine = NULL;
}

static void the_close_callback_may_free_the_engine(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    gl_sim_run_for_ms(100);
    glimpse_engine_close(r.engine, -1, free_in_the_close_callback, &r);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(r.closed, 1);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    rig_close(&r);
}

static const glimpse_result *kept;

static void keep(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    (void)arg;
    kept = glimpse_result_ref(result);
}

static void a_result_that_was_referenced_outlives_the_engine(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = keep };
    glimpse_chat chat = { .body = "{\"messages\":[]}" };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, NULL, NULL), GLIMPSE_OK);
    assert_true(gl_sim_run_idle(1000));
    glimpse_engine_free(r.engine);
    r.engine = NULL;
    assert_string_equal(glimpse_result_text(kept, NULL), "an answer");
    glimpse_result_unref(kept);
    rig_close(&r);
}

static void an_idle_engine_lets_the_loop_end(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    assert_int_equal(gl_sim_next(), GL_TIME_NEVER);
    rig_submit(&r, &t, "{}");
    gl_sim_run_for_ms(1000);
    assert_int_equal(t.results, 1);
    assert_int_equal(gl_sim_next(), GL_TIME_NEVER); /* no 600 s limit is left behind */
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_comes_once_and_never_inside_submit),
        cmocka_unit_test(a_body_that_is_not_json_ends_as_bad_request_and_sends_nothing),
        cmocka_unit_test(wrong_arguments_are_refused_and_never_get_a_result),
        cmocka_unit_test(a_length_can_say_that_a_text_is_empty),
        cmocka_unit_test(a_draft_and_its_body_have_one_key),
        cmocka_unit_test(an_engine_gives_the_key_of_any_body_in_turn),
        cmocka_unit_test(at_most_concurrency_attempts_are_in_flight),
        cmocka_unit_test(room_is_what_would_be_sent_at_once),
        cmocka_unit_test(cancel_ends_a_request_in_every_state),
        cmocka_unit_test(close_cancels_what_waits_and_lets_what_is_in_flight_finish),
        cmocka_unit_test(close_cancels_what_outlasts_the_grace_time),
        cmocka_unit_test(a_second_close_shortens_the_grace_time),
        cmocka_unit_test(free_tells_everybody_before_it_returns),
        cmocka_unit_test(ten_thousand_submits_from_inside_callbacks_keep_the_stack_flat),
        cmocka_unit_test(a_callback_may_cancel_another_request),
        cmocka_unit_test(free_inside_a_callback_takes_effect_when_the_loop_has_control),
        cmocka_unit_test(the_close_callback_may_free_the_engine),
        cmocka_unit_test(a_result_that_was_referenced_outlives_the_engine),
        cmocka_unit_test(an_idle_engine_lets_the_loop_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
