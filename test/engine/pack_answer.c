/* pack_answer.c - what each draft of a pack gets from it, whatever becomes of the request, of the
 * others, or of an allocation. */
#include "pack_model.h"

/* --- what each gets from it --- */

static void only_those_without_an_answer_are_asked_again_alone(void **state)
{
    (void)state;
    static const struct {
        mischief what;
        int again; /* of 4 */
    } cases[] = { { SHORT, 1 },    { ORDER, 0 }, { DUPLICATE, 1 }, { OVERLONG, 0 },
                  { NOT_JSON, 4 }, { CUT, 3 },   { REFUSES, 4 } };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        rig r;
        callback_log t[4];
        init_rig(&r, cases[c].what);
        open_rig(&r);
        submit_many(&r, t, 4);
        assert_true(gl_sim_run_idle(1000));
        int again = 0;
        for (size_t i = 0; i < 4; i++) {
            assert_own_answer(&t[i], i);
            bool packed = t[i].source == GLIMPSE_SOURCE_PACKED;
            again += !packed;
            assert_int_equal(t[i].attempts, packed ? 1 : 2);
            if (!packed) assert_int_equal(t[i].source, GLIMPSE_SOURCE_LIVE);
        }
        assert_int_equal(again, cases[c].again);
        assert_int_equal(model.packs_seen, 1);
        assert_int_equal(model.calls, 1 + again);
        glimpse_packing_stats stats = stats_of(&r);
        assert_int_equal(stats.asked_again, again);
        assert_int_equal(stats.packed, 4 - again);
        assert_int_equal(stats.requests_saved, cases[c].what == REFUSES ? 0 : 4 - again - 1);
        finish(&r);
    }
}

static void each_draft_is_cached_by_itself(void **state)
{
    (void)state;
    rig r;
    callback_log t[4], again[4];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 4);
    assert_true(gl_sim_run_idle(1000));
    submit_many(&r, again, 4);
    gl_sim_run_for_ms(1);
    for (size_t i = 0; i < 4; i++) {
        assert_own_answer(&again[i], i);
        assert_int_equal(again[i].source, GLIMPSE_SOURCE_CACHE);
    }
    assert_int_equal(model.calls, 1);
    finish(&r);
}

static void a_draft_of_its_own_answers_one_that_was_packed(void **state)
{
    (void)state;
    rig r;
    callback_log alone, packed[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_draft(&r, &alone, input_of(0), NULL);
    assert_true(gl_sim_run_idle(1000));
    submit_many(&r, packed, 2);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(packed[0].source, GLIMPSE_SOURCE_CACHE);
    assert_own_answer(&packed[1], 1);
    assert_int_equal(model.packs_seen, 0);
    finish(&r);
}

static void identical_drafts_take_one_place_in_a_pack(void **state)
{
    (void)state;
    rig r;
    callback_log t[3], same[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 3);
    submit_draft(&r, &same[0], input_of(1), NULL);
    gl_sim_run_for_ms(100); /* now it is out */
    submit_draft(&r, &same[1], input_of(1), NULL);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 1);
    assert_int_equal(model.drafts[0], 3);
    for (size_t i = 0; i < 3; i++) assert_own_answer(&t[i], i);
    for (size_t i = 0; i < 2; i++) {
        assert_own_answer(&same[i], 1);
        assert_int_equal(same[i].source, GLIMPSE_SOURCE_COALESCED);
    }
    finish(&r);
}

static void a_follower_takes_the_place_of_a_member_that_leaves(void **state)
{
    (void)state;
    rig r;
    callback_log t[2], same;
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 2);
    submit_draft(&r, &same, input_of(0), NULL);
    gl_sim_run_for_ms(100);
    glimpse_cancel(r.engine, t[0].id);
    gl_sim_run_for_ms(1);
    assert_int_equal(t[0].status, GLIMPSE_STATUS_CANCELLED);
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&same, 0);
    assert_own_answer(&t[1], 1);
    assert_int_equal(model.calls, 1);
    finish(&r);
}

static void each_draft_hears_its_own_thresholds(void **state)
{
    (void)state;
    rig r;
    callback_log t[2];
    init_rig(&r, GOOD);
    model.latency = 3 * GL_SECOND;
    open_rig(&r);
    glimpse_thresholds soon = { 100, 200, 300, 400 };
    glimpse_options options;
    glimpse_options_init(&options);
    options.thresholds = soon;
    submit_draft(&r, &t[0], input_of(0), NULL);
    submit_draft(&r, &t[1], input_of(1), &options);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 1);
    assert_int_equal(t[0].crossed, 2);
    assert_int_equal(t[0].notice_total, 2);
    assert_false(t[0].stale);
    assert_int_equal(t[1].crossed, 4);
    assert_int_equal(t[1].notice_total, 4);
    assert_true(t[1].stale);
    finish(&r);
}

/* --- a pack that fails --- */

static void a_pack_is_retried_as_a_whole(void **state)
{
    (void)state;
    rig r;
    callback_log t[3];
    init_rig(&r, GOOD);
    model.failure = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 500);
    model.failures = 2;
    open_rig(&r);
    submit_many(&r, t, 3);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_own_answer(&t[i], i);
        assert_int_equal(t[i].attempts, 3);
        assert_true(t[i].timings.backoff_ns > 0);
    }
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.attempts, 3); /* requests, not drafts */
    assert_int_equal(stats.retries, 2);
    finish(&r);
}

static void when_a_pack_fails_each_draft_fails_with_an_essence_of_its_own(void **state)
{
    (void)state;
    rig r;
    callback_log t[3];
    init_rig(&r, GOOD);
    r.config.max_attempts = 2;
    model.failure = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 500);
    model.failures = 100;
    open_rig(&r);
    glimpse_options options;
    glimpse_options_init(&options);
    options.fallback = 0;
    submit_many(&r, t, 2);
    submit_draft(&r, &t[2], input_of(2), &options);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 2);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(t[i].status, GLIMPSE_STATUS_SERVER_ERROR);
        assert_int_equal(t[i].error, GLIMPSE_ERR_HTTP);
        assert_int_equal(t[i].http_status, 500);
        assert_int_equal(t[i].attempts, 2);
        assert_string_equal(t[i].essence, i < 2 ? "essence [server_error]" : "");
    }
    assert_int_equal(stats_of(&r).asked_again, 0);
    finish(&r);
}

static void a_quota_stops_the_members_and_whoever_gathers(void **state)
{
    (void)state;
    rig r;
    callback_log t[2], gathering[2], after;
    init_rig(&r, GOOD);
    model.failure = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_QUOTA, 429);
    model.failures = 100;
    open_rig(&r);
    submit_many(&r, t, 2);
    gl_sim_run_for_ms(1010);
    submit_draft(&r, &gathering[0], input_of(10), NULL);
    submit_draft(&r, &gathering[1], input_of(11), NULL);
    gl_sim_run_for_ms(11);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(t[i].error, GLIMPSE_ERR_QUOTA);
        assert_int_equal(t[i].attempts, 1);
        assert_int_equal(gathering[i].error, GLIMPSE_ERR_QUOTA);
        assert_int_equal(gathering[i].attempts, 0);
    }
    submit_draft(&r, &after, input_of(12), NULL);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(after.error, GLIMPSE_ERR_QUOTA);
    assert_int_equal(model.calls, 1);
    finish(&r);
}

/* H11: at once, however many packs there are by then; the answer of the first is waited for. */
static void a_model_that_cannot_do_lists_costs_one_pack(void **state)
{
    (void)state;
    rig r;
    callback_log t[64];
    init_rig(&r, NOT_JSON);
    model.latency = GL_SECOND;
    open_rig(&r);
    submit_many(&r, t, 64); /* four packs */
    gl_sim_run_for_ms(999);
    assert_int_equal(model.calls, 1);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.packs_seen, 1);
    assert_int_equal(model.calls, 1 + 64);
    for (size_t i = 0; i < 64; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

static void packs_follow_at_once_when_the_first_was_answered(void **state)
{
    (void)state;
    rig r;
    callback_log t[64];
    init_rig(&r, GOOD);
    model.latency = GL_SECOND;
    open_rig(&r);
    gl_time start = gl_sim_now();
    submit_many(&r, t, 64);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 4);
    for (size_t i = 1; i < 4; i++) assert_true(model.at[i] == start + GL_SECOND);
    for (size_t i = 0; i < 64; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

/* Nobody waits for a first pack that hangs longer than 30 s. */
static void packs_are_held_for_thirty_seconds_at_most(void **state)
{
    (void)state;
    rig r;
    callback_log t[48];
    init_rig(&r, GOOD);
    model.latency = 100 * GL_SECOND;
    open_rig(&r);
    gl_time start = gl_sim_now();
    submit_many(&r, t, 48);
    gl_sim_run_for_ms(30000);
    assert_int_equal(model.calls, 3);
    assert_true(model.at[1] == start + 30 * GL_SECOND);
    assert_true(gl_sim_run_idle(1000));
    for (size_t i = 0; i < 48; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

/* A draft that is held may leave, and takes its pack along as the last. */
static void whoever_is_held_may_leave(void **state)
{
    (void)state;
    rig r;
    callback_log t[48];
    init_rig(&r, GOOD);
    model.latency = GL_SECOND;
    open_rig(&r);
    submit_many(&r, t, 48);
    gl_sim_run_for_ms(10);
    for (size_t i = 16; i < 33; i++) glimpse_cancel(r.engine, t[i].id);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 2);
    assert_int_equal(model.drafts[1], 15);
    for (size_t i = 16; i < 33; i++) assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
    for (size_t i = 33; i < 48; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

static void a_model_that_cannot_do_lists_is_asked_for_no_more_of_them(void **state)
{
    (void)state;
    rig r;
    callback_log t[10];
    init_rig(&r, REFUSES);
    model.after = REFUSES;
    open_rig(&r);
    for (size_t i = 0; i < 5; i++) {
        submit_draft(&r, &t[2 * i], input_of(2 * i), NULL);
        submit_draft(&r, &t[2 * i + 1], input_of(2 * i + 1), NULL);
        assert_true(gl_sim_run_idle(1000));
    }
    assert_int_equal(model.packs_seen, 3);
    assert_int_equal(model.calls, 3 + 10);
    for (size_t i = 0; i < 10; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

static void a_pack_is_late_for_the_circuit_by_its_drafts(void **state)
{
    (void)state;
    rig r;
    enum { PACKS = 100 };
    static callback_log t[PACKS][2];
    init_rig(&r, GOOD);
    r.config.breaker = GLIMPSE_BREAKER_LOCAL;
    model.latency = 8 * GL_SECOND; /* t4 is 6 s; 10 s of later answers would open the circuit */
    open_rig(&r);
    for (size_t i = 0; i < PACKS; i++) {
        submit_draft(&r, &t[i][0], input_of(2 * i), NULL);
        submit_draft(&r, &t[i][1], input_of(2 * i + 1), NULL);
        gl_sim_run_for_ms(250);
    }
    assert_true(gl_sim_run_idle(1000));
    for (size_t i = 0; i < PACKS; i++) {
        assert_own_answer(&t[i][0], 2 * i);
        assert_own_answer(&t[i][1], 2 * i + 1);
    }
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.circuit_opened, 0);
    finish(&r);
}

/* --- without memory --- */

static void whatever_allocation_fails_each_draft_has_one_result(void **state)
{
    (void)state;
    for (size_t k = 1;; k++) {
        rig r;
        callback_log t[4];
        glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                      .on_result = rig_on_result };
        init_rig(&r, SHORT);
        open_rig(&r);
        int accepted = 0;
        failing = k;
        allocations = 0;
        gl_alloc_set_gate(gate);
        for (size_t i = 0; i < 4; i++) {
            t[i] = (callback_log){ .rig = &r };
            glimpse_draft draft = { .input_text = input_of(i), .goal = "sum up" };
            if (glimpse_submit_draft(r.engine, &draft, NULL, &observer, &t[i], &t[i].id) ==
                GLIMPSE_OK)
                accepted++;
            else
                t[i].results = -1;
        }
        while (gl_sim_step()) {
        }
        gl_alloc_set_gate(NULL);
        failing = 0;
        for (size_t i = 0; i < 4; i++) {
            if (t[i].results < 0) continue;
            assert_int_equal(t[i].results, 1);
            if (t[i].error == GLIMPSE_OK) assert_own_answer(&t[i], i);
        }
        bool done = allocations < k;
        rig_check_books(&r);
        rig_close(&r);
        if (done) break;
        assert_true(accepted >= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_those_without_an_answer_are_asked_again_alone),
        cmocka_unit_test(each_draft_is_cached_by_itself),
        cmocka_unit_test(a_draft_of_its_own_answers_one_that_was_packed),
        cmocka_unit_test(identical_drafts_take_one_place_in_a_pack),
        cmocka_unit_test(a_follower_takes_the_place_of_a_member_that_leaves),
        cmocka_unit_test(each_draft_hears_its_own_thresholds),
        cmocka_unit_test(a_pack_is_retried_as_a_whole),
        cmocka_unit_test(when_a_pack_fails_each_draft_fails_with_an_essence_of_its_own),
        cmocka_unit_test(a_quota_stops_the_members_and_whoever_gathers),
        cmocka_unit_test(a_model_that_cannot_do_lists_costs_one_pack),
        cmocka_unit_test(packs_follow_at_once_when_the_first_was_answered),
        cmocka_unit_test(packs_are_held_for_thirty_seconds_at_most),
        cmocka_unit_test(whoever_is_held_may_leave),
        cmocka_unit_test(a_model_that_cannot_do_lists_is_asked_for_no_more_of_them),
        cmocka_unit_test(a_pack_is_late_for_the_circuit_by_its_drafts),
        cmocka_unit_test(whatever_allocation_fails_each_draft_has_one_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
