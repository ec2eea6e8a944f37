/* packing.c - drafts that share a request: who does, when it goes, and who leaves it before it
 * is answered. */
#include "pack_model.h"

/* --- who shares a request, and when it goes --- */

static void drafts_of_one_window_go_out_as_one_request(void **state)
{
    (void)state;
    rig r;
    callback_log t[5];
    init_rig(&r, GOOD);
    open_rig(&r);
    gl_time start = gl_sim_now();
    submit_many(&r, t, 3);
    gl_sim_run_for_ms(19);
    submit_draft(&r, &t[3], input_of(3), NULL);
    assert_int_equal(model.calls, 0);
    gl_sim_run_for_ms(1);
    assert_int_equal(model.calls, 1);
    assert_int_equal(model.drafts[0], 4);
    assert_true(model.at[0] == start + 20 * GL_MS);
    submit_draft(&r, &t[4], input_of(4), NULL); /* too late for this one */
    assert_true(gl_sim_run_idle(1000));
    for (size_t i = 0; i < 4; i++) {
        assert_own_answer(&t[i], i);
        assert_int_equal(t[i].source, GLIMPSE_SOURCE_PACKED);
        assert_int_equal(t[i].attempts, 1);
        assert_int_equal(t[i].timings.queue_ns, (i < 3 ? 20 : 1) * (int64_t)GL_MS);
    }
    assert_own_answer(&t[4], 4);
    assert_int_equal(model.calls, 2);
    glimpse_packing_stats stats = stats_of(&r);
    assert_int_equal(stats.packs, 1);
    assert_int_equal(stats.packed, 4);
    assert_int_equal(stats.requests_saved, 3);
    assert_int_equal(stats.asked_again, 0);
    finish(&r);
}

static void a_pack_of_one_goes_out_as_the_draft_it_is(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_draft(&r, &t, input_of(0), NULL);
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&t, 0);
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(model.packs_seen, 0);
    assert_int_equal(t.timings.queue_ns, 20 * (int64_t)GL_MS);
    assert_int_equal(stats_of(&r).packs, 0);
    finish(&r);
}

static void a_full_pack_does_not_wait_for_its_window(void **state)
{
    (void)state;
    rig r;
    callback_log t[35], first[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_draft(&r, &first[0], input_of(40), NULL);
    submit_draft(&r, &first[1], input_of(41), NULL);
    assert_true(gl_sim_run_idle(1000)); /* the first pack of all goes alone: pack_answer.c */
    gl_time start = gl_sim_now();
    submit_many(&r, t, 35);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 4);
    assert_int_equal(model.drafts[1], 16);
    assert_int_equal(model.drafts[2], 16);
    assert_int_equal(model.drafts[3], 3);
    assert_true(model.at[2] == start);
    assert_true(model.at[3] == start + 20 * GL_MS);
    for (size_t i = 0; i < 35; i++) assert_own_answer(&t[i], i);
    finish(&r);
}

static void the_inputs_of_a_pack_are_fewer_than_4000_characters(void **state)
{
    (void)state;
    rig r;
    callback_log t[4];
    static char input[4][4100];
    init_rig(&r, GOOD);
    open_rig(&r);
    /* 1,500 characters of two bytes each: it is characters that count. Two fit, not three; 4,000
     * alone are too many for any. */
    for (size_t k = 0; k < 4; k++) {
        size_t chars = k < 3 ? 1000 : 4000;
        if (k == 3) memset(input[k], 'x', chars);
        for (size_t i = 0; k < 3 && i < 1500; i++) memcpy(input[k] + 2 * i, "\xC3\xA9", 2);
        input[k][k < 3 ? 3000 : 4000] = '\0';
        input[k][0] = (char)('a' + k);
        if (k < 3) input[k][1] = 'b';
        submit_draft(&r, &t[k], input[k], NULL);
    }
    gl_sim_run_for_ms(30);
    assert_int_equal(model.calls, 3);
    assert_int_equal(model.drafts[0], 2);
    assert_int_equal(model.drafts[1], 1);
    assert_int_equal(model.drafts[2], 1);
    finish(&r);
}

static void what_differs_in_more_than_its_input_is_not_packed(void **state)
{
    (void)state;
    rig r;
    callback_log t[9];
    init_rig(&r, GOOD);
    open_rig(&r);
    glimpse_options options[8];
    for (size_t i = 0; i < 8; i++) glimpse_options_init(&options[i]);
    options[1].model = "other";
    options[2].temperature = 0.1;
    options[3].max_tokens = 100;
    options[4].priority = GLIMPSE_PRIORITY_INTERACTIVE;
    options[5].stream = true;
    options[6].pack = 0;
    options[7].max_tokens = 3000; /* no room for two such answers */
    for (size_t i = 0; i < 8; i++) submit_draft(&r, &t[i], input_of(i), &options[i]);
    rig_submit(&r, &t[8],
               "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":"
               "\"Goal:\\nx\\n\\nInput:\\nraw\"}]}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.packs_seen, 0);
    for (size_t i = 0; i < 8; i++) assert_own_answer(&t[i], i);
    assert_string_equal(t[8].text, "<raw>");
    finish(&r);
}

static void nothing_is_packed_unless_it_is_asked_for(void **state)
{
    (void)state;
    rig r;
    callback_log t[4];
    init_rig(&r, GOOD);
    r.config.packing.on = false;
    open_rig(&r);
    submit_many(&r, t, 2);
    glimpse_options options;
    glimpse_options_init(&options);
    options.pack = 1;
    submit_draft(&r, &t[2], input_of(2), &options);
    submit_draft(&r, &t[3], input_of(3), &options);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(model.calls, 3);
    assert_int_equal(model.packs_seen, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_own_answer(&t[i], i);
        assert_int_equal(t[i].source, i < 2 ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_PACKED);
    }
    finish(&r);
}

/* --- leaving --- */

static void a_deadline_takes_one_draft_out_and_the_pack_goes_on(void **state)
{
    (void)state;
    rig r;
    callback_log t[3];
    init_rig(&r, GOOD);
    open_rig(&r);
    glimpse_options early, late;
    glimpse_options_init(&early);
    glimpse_options_init(&late);
    early.deadline_ms = 10; /* while it gathers */
    late.deadline_ms = 500; /* while it is out */
    submit_draft(&r, &t[0], input_of(0), &early);
    submit_draft(&r, &t[1], input_of(1), &late);
    submit_draft(&r, &t[2], input_of(2), NULL);
    gl_sim_run_for_ms(10);
    assert_int_equal(t[0].results, 1);
    assert_int_equal(t[0].error, GLIMPSE_ERR_DEADLINE);
    assert_int_equal(t[0].attempts, 0);
    assert_string_equal(t[0].essence, "essence [error]");
    gl_sim_run_for_ms(490);
    assert_int_equal(t[1].results, 1);
    assert_int_equal(t[1].error, GLIMPSE_ERR_DEADLINE);
    assert_int_equal(t[1].attempts, 1); /* it was sent for this one too */
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&t[2], 2);
    assert_int_equal(t[2].source, GLIMPSE_SOURCE_PACKED);
    assert_int_equal(model.calls, 1);
    assert_int_equal(model.drafts[0], 2);
    finish(&r);
}

static void a_pack_that_all_have_left_is_cancelled(void **state)
{
    (void)state;
    rig r;
    callback_log t[2], more[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 2);
    glimpse_cancel(r.engine, t[0].id);
    glimpse_cancel(r.engine, t[1].id); /* nothing has gone out */
    submit_many(&r, more, 2);
    gl_sim_run_for_ms(100);
    assert_int_equal(model.calls, 1);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 1);
    glimpse_cancel(r.engine, more[1].id);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 1);
    glimpse_cancel(r.engine, more[0].id);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 0);
    gl_sim_run_for_ms(1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
        assert_int_equal(more[i].status, GLIMPSE_STATUS_CANCELLED);
    }
    finish(&r);
}

/* --- the end --- */

static void closing_cancels_who_gathers_and_lets_a_pack_finish(void **state)
{
    (void)state;
    rig r;
    callback_log t[3], gathering[2];
    init_rig(&r, SHORT);
    open_rig(&r);
    submit_many(&r, t, 3);
    gl_sim_run_for_ms(100);
    submit_draft(&r, &gathering[0], input_of(10), NULL);
    submit_draft(&r, &gathering[1], input_of(11), NULL);
    glimpse_engine_close(r.engine, 5000, rig_closed, &r);
    gl_sim_run_for_ms(1);
    assert_int_equal(gathering[0].status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(gathering[1].status, GLIMPSE_STATUS_CANCELLED);
    assert_true(gl_sim_run_idle(1000));
    assert_own_answer(&t[0], 0);
    assert_own_answer(&t[2], 2);
    assert_int_equal(t[1].status, GLIMPSE_STATUS_CANCELLED); /* no request of its own any more */
    assert_int_equal(r.closed, 1);
    finish(&r);
}

static void freeing_tells_everybody_wherever_their_pack_is(void **state)
{
    (void)state;
    rig r;
    callback_log t[3], same, gathering[2];
    init_rig(&r, GOOD);
    open_rig(&r);
    submit_many(&r, t, 3);
    submit_draft(&r, &same, input_of(0), NULL);
    gl_sim_run_for_ms(100);
    submit_draft(&r, &gathering[0], input_of(10), NULL);
    submit_draft(&r, &gathering[1], input_of(11), NULL);
    rig_close(&r);
    for (size_t i = 0; i < 3; i++) assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
    for (size_t i = 0; i < 2; i++) assert_int_equal(gathering[i].status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(same.status, GLIMPSE_STATUS_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drafts_of_one_window_go_out_as_one_request),
        cmocka_unit_test(a_pack_of_one_goes_out_as_the_draft_it_is),
        cmocka_unit_test(a_full_pack_does_not_wait_for_its_window),
        cmocka_unit_test(the_inputs_of_a_pack_are_fewer_than_4000_characters),
        cmocka_unit_test(what_differs_in_more_than_its_input_is_not_packed),
        cmocka_unit_test(nothing_is_packed_unless_it_is_asked_for),
        cmocka_unit_test(a_deadline_takes_one_draft_out_and_the_pack_goes_on),
        cmocka_unit_test(a_pack_that_all_have_left_is_cancelled),
        cmocka_unit_test(closing_cancels_who_gathers_and_lets_a_pack_finish),
        cmocka_unit_test(freeing_tells_everybody_wherever_their_pack_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
