/* model.c - what is known of a model: thresholds that follow what it takes, and its profile. */
#include "fake_store.h"

static void ask(rig *r, callback_log *t, const char *model, int n, const glimpse_options *options)
{
    char body[128];
    snprintf(body, sizeof body,
             "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"q%d\"}]}", model, n);
    rig_submit_with(r, t, body, options);
}

/* So many answers of a model, one after the other. */
static void answers(rig *r, const char *model, uint64_t each, int count)
{
    static int n;
    callback_log t;
    r->plans[0] = gl_sim_answer(each, "x");
    for (int i = 0; i < count; i++) {
        ask(r, &t, model, n++, NULL);
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    }
}

static glimpse_thresholds of(const rig *r, const char *model)
{
    glimpse_thresholds thresholds;
    assert_int_equal(glimpse_engine_thresholds(r->engine, model, &thresholds), GLIMPSE_OK);
    return thresholds;
}

static void each_model_has_its_own(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.config.thresholds_auto = true;
    rig_open(&r);
    assert_int_equal(of(&r, "quick").t1_ms, 1500);
    answers(&r, "quick", 700 * GL_MS, 400);
    answers(&r, "slow", 3 * GL_SECOND, 400);
    assert_in_range(of(&r, "quick").t1_ms, 680, 720);
    assert_in_range(of(&r, "slow").t1_ms, 2900, 3100);
    assert_int_equal(of(&r, "unseen").t1_ms, 1500);
    assert_int_equal(of(&r, NULL).t1_ms, 1500); /* gpt-4o-mini, which nobody asked */
    rig_check_books(&r);
    rig_close(&r);
}

static void a_request_is_told_by_its_models_and_its_own_win(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.thresholds_auto = true;
    rig_open(&r);
    answers(&r, "m", 700 * GL_MS, 400);
    r.plans[0] = gl_sim_answer(1400 * GL_MS, "x");
    ask(&r, &t, "m", -1, NULL);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.notice_ms[0], of(&r, "m").t1_ms);
    assert_true(t.crossed >= 1);
    glimpse_options options;
    glimpse_options_init(&options);
    const glimpse_thresholds own = { 1500, 1600, 1700, 1800 };
    options.thresholds = own;
    ask(&r, &t, "m", -2, &options);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.notice_total, 0);
    assert_int_equal(t.crossed, 0);
    rig_close(&r);
}

/* Blanks are sent as they were written, and change nothing else. */
static void a_body_with_blanks_around_it_is_of_its_model(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.thresholds_auto = true;
    rig_open(&r);
    answers(&r, "m", 700 * GL_MS, 400);
    static const char *const bodies[] = {
        " {\"model\":\"m\",\"messages\":[]}",
        "{\"model\":\"m\",\"messages\":[1]}\n",
        "\r\n\t {\"model\":\"m\",\"messages\":[2]} \r\n",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        r.plans[0] = gl_sim_answer(1400 * GL_MS, "x");
        rig_submit_with(&r, &t, bodies[i], NULL);
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
        assert_int_equal(t.notice_ms[0], of(&r, "m").t1_ms);
    }
    rig_close(&r);
}

static void failures_and_answers_from_the_cache_do_not_count(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.thresholds_auto = true;
    r.config.max_attempts = 1;
    rig_open(&r);
    ask(&r, &t, "m", 7, NULL);
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 300; i++) {
        ask(&r, &t, "m", 7, NULL); /* had before */
        gl_sim_run_for_ms(1000);
        assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    }
    assert_int_equal(of(&r, "m").t1_ms, 1500);
    rig_close(&r);
}

static void models_beyond_the_sixteenth_share_the_last(void **state)
{
    (void)state;
    rig r;
    char model[16];
    rig_init(&r);
    r.config.thresholds_auto = true;
    rig_open(&r);
    for (int i = 0; i < 40; i++) {
        snprintf(model, sizeof model, "m%d", i);
        answers(&r, model, i < 15 ? GL_SECOND : 700 * GL_MS, 12);
    }
    assert_int_equal(of(&r, "m3").t1_ms, 1500); /* 12 of its own are too few */
    assert_true(of(&r, "m39").t1_ms < 1500);    /* 300 of m15 to m39 are not */
    assert_int_equal(of(&r, "m20").t1_ms, of(&r, "m39").t1_ms);
    rig_close(&r);
}

static void without_it_nothing_moves(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    answers(&r, "m", 100 * GL_MS, 300);
    assert_int_equal(of(&r, "m").t1_ms, 1500);
    assert_int_equal(glimpse_engine_thresholds(NULL, NULL, NULL), GLIMPSE_ERR_INVALID);
    rig_close(&r);
}

static void use(rig *r, const char *text)
{
    glimpse_problem problem;
    assert_int_equal(glimpse_profiles_new(text, 0, &r->config.profiles, &problem), GLIMPSE_OK);
    rig_open(r);
    glimpse_profiles_unref(r->config.profiles); /* the engine has its own reference */
}

static void a_models_profile_says_its_thresholds_and_its_time_limits(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.max_attempts = 1;
    r.config.fallback_on = false;
    use(&r, "{\"slow\":{\"thresholds_ms\":[3000,4000,5000,6000]},"
            "\"short\":{\"timeout_ms\":800}}");
    assert_int_equal(of(&r, "slow-7b").t1_ms, 3000);
    assert_int_equal(of(&r, "quick").t1_ms, 1500);
    r.plans[0] = gl_sim_answer(2 * GL_SECOND, "x");
    ask(&r, &t, "slow", -1, NULL);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.notice_total, 0);
    ask(&r, &t, "quick", -2, NULL);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.notice_total, 1);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    ask(&r, &t, "short", -3, NULL);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.error, GLIMPSE_ERR_TIMEOUT);
    assert_int_equal(t.timings.total_ns, 800 * GL_MS);
    rig_close(&r);
}

static void what_the_configuration_says_beats_a_profile(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.thresholds = (glimpse_thresholds){ 100, 200, 300, 400 };
    r.config.timeout_ms = 5000;
    use(&r, "{\"m\":{\"thresholds_ms\":[3000,4000,5000,6000],\"timeout_ms\":1}}");
    assert_int_equal(of(&r, "m").t1_ms, 100);
    r.plans[0] = gl_sim_answer(150 * GL_MS, "x");
    ask(&r, &t, "m", -4, NULL);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.crossed, 1);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    rig_close(&r);
}

static void what_is_set_to_the_default_on_purpose_is_kept_over_a_profile(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.max_attempts = 1;
    r.config.fallback_on = false;
    r.config.thresholds = (glimpse_thresholds)GLIMPSE_THRESHOLDS_DEFAULT;
    r.config.timeout_ms = 600 * 1000; /* what a model without a profile has */
    use(&r, "{\"*\":{\"thresholds_ms\":[3000,4000,5000,6000],\"timeout_ms\":800}}");
    assert_int_equal(of(&r, "m").t1_ms, 1500);
    r.plans[0] = gl_sim_answer(2 * GL_SECOND, "x");
    ask(&r, &t, "m", -1, NULL);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(t.notice_total, 1);
    rig_close(&r);
}

static void automatic_thresholds_begin_at_the_profiles(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.config.thresholds_auto = true;
    use(&r, "{\"m\":{\"thresholds_ms\":[300,400,500,600]}}");
    assert_int_equal(of(&r, "m").t1_ms, 300);
    answers(&r, "m", 30 * GL_MS, 99);
    assert_int_equal(of(&r, "m").t1_ms, 300);
    answers(&r, "m", 3 * GL_SECOND, 400);
    assert_int_equal(of(&r, "m").t1_ms, 1200); /* four times of 300 at most */
    rig_close(&r);
}

static void a_drafts_parameters_are_its_profiles(void **state)
{
    (void)state;
    rig r;
    char *body;
    glimpse_options options;
    glimpse_draft draft = { .input_text = "x" };
    rig_init(&r);
    use(&r, "{\"mine\":{\"max_tokens_as\":\"max_completion_tokens\",\"temperature\":false},"
            "\"strict\":{\"stream_options\":false,\"max_tokens_as\":\"none\"}}");
    glimpse_options_init(&options);
    for (int i = 0; i < 4; i++) { /* one after the other: none keeps those of the one before */
        bool mine = i % 2 == 0;
        options.model = mine ? "mine-1" : "other";
        assert_int_equal(glimpse_draft_body(r.engine, &draft, &options, &body, NULL), GLIMPSE_OK);
        assert_int_equal(strstr(body, "\"max_completion_tokens\":") != NULL, mine);
        assert_int_equal(strstr(body, "\"max_tokens\":") != NULL, !mine);
        assert_int_equal(strstr(body, "\"temperature\":") != NULL, !mine);
        glimpse_free(body);
    }
    options.stream = true;
    for (int i = 0; i < 4; i++) { /* left out by the profile, or whatever it is */
        r.engine->config.omit = i < 2 ? 0 : GLIMPSE_OMIT_STREAM_OPTIONS;
        options.model = i % 2 == 0 ? "strict-7b" : "other";
        assert_int_equal(glimpse_draft_body(r.engine, &draft, &options, &body, NULL), GLIMPSE_OK);
        assert_int_equal(strstr(body, "stream_options") != NULL, i == 1);
        assert_int_equal(strstr(body, "max_tokens") != NULL, i % 2 == 1);
        glimpse_free(body);
    }
    rig_close(&r);
}

/* Whoever leads, and however long a store takes to say that it has no answer. */
static void a_follower_has_its_models_thresholds_too(void **state)
{
    (void)state;
    static const gl_time delays[] = { 0, 50 * GL_MS };
    for (int i = 0; i < 4; i++) {
        rig r;
        fake_store fake;
        callback_log leads, follows;
        glimpse_options options;
        const glimpse_thresholds own = { 5000, 5001, 5002, 5003 };
        rig_init(&r);
        fake_open(&fake, delays[i / 2]);
        r.config.store = fake.store;
        r.plans[0] = gl_sim_answer(800 * GL_MS, "x");
        use(&r, "{\"m\":{\"thresholds_ms\":[300,400,500,600]}}");
        glimpse_store_unref(fake.store);
        glimpse_options_init(&options);
        if (i % 2 == 1) options.thresholds = own; /* the leader's own are not the follower's */
        ask(&r, &leads, "m", -9, &options);
        ask(&r, &follows, "m", -9, NULL);
        assert_true(gl_sim_run_idle(1000));
        assert_int_equal(follows.source, GLIMPSE_SOURCE_COALESCED);
        assert_int_equal(follows.notice_total, 4);
        assert_int_equal(follows.notice_ms[0], 300);
        assert_int_equal(leads.notice_total, i % 2 == 1 ? 0 : 4);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_model_has_its_own),
        cmocka_unit_test(a_request_is_told_by_its_models_and_its_own_win),
        cmocka_unit_test(a_body_with_blanks_around_it_is_of_its_model),
        cmocka_unit_test(failures_and_answers_from_the_cache_do_not_count),
        cmocka_unit_test(models_beyond_the_sixteenth_share_the_last),
        cmocka_unit_test(without_it_nothing_moves),
        cmocka_unit_test(a_models_profile_says_its_thresholds_and_its_time_limits),
        cmocka_unit_test(what_the_configuration_says_beats_a_profile),
        cmocka_unit_test(what_is_set_to_the_default_on_purpose_is_kept_over_a_profile),
        cmocka_unit_test(automatic_thresholds_begin_at_the_profiles),
        cmocka_unit_test(a_drafts_parameters_are_its_profiles),
        cmocka_unit_test(a_follower_has_its_models_thresholds_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
