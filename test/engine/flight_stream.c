/* flight_stream.c - streams that several hear. */
#include "oom.h"
#include "puppet.h"

#define PLAIN_BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"

static void streaming_follower_gets_text_so_far_and_the_rest(void **state)
{
    (void)state;
    puppet p;
    hearer leader, follower, silent;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &leader, STREAM_BODY, true);
    say(&p, "a");
    gl_sim_run_for_ms(10);
    say(&p, "b");
    gl_sim_run_for_ms(10);
    ask(&p, &follower, STREAM_BODY, true);
    ask(&p, &silent, PLAIN_BODY, true); /* the same request, not as a stream */
    assert_string_equal(follower.text, "ab|");
    say(&p, "c");
    gl_sim_run_for_ms(10);
    answer(&p, "abcd");
    gl_sim_run_for_ms(1);
    assert_int_equal(p.starts, 1);
    assert_string_equal(leader.text, "a|b|c|d|");
    assert_string_equal(follower.text, "ab|c|d|");
    assert_string_equal(silent.text, "");
    assert_string_equal(silent.result_text, "abcd");
    assert_int_equal(follower.source, GLIMPSE_SOURCE_COALESCED);
    assert_string_equal(follower.partial, "");
    puppet_close(&p);
}

static void a_plain_leader_serves_a_streaming_follower_in_one_piece(void **state)
{
    (void)state;
    puppet p;
    hearer leader, follower;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &leader, PLAIN_BODY, true);
    ask(&p, &follower, STREAM_BODY, true);
    assert_int_equal(p.starts, 1);
    answer(&p, "all of it");
    gl_sim_run_for_ms(1);
    assert_string_equal(leader.text, "");
    assert_string_equal(follower.text, "all of it|");
    puppet_close(&p);
}

static void a_promoted_follower_hears_the_rest_and_the_leader_keeps_what_came(void **state)
{
    (void)state;
    puppet p;
    hearer leader, follower;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &leader, STREAM_BODY, true);
    ask(&p, &follower, STREAM_BODY, true);
    say(&p, "a");
    gl_sim_run_for_ms(10);
    say(&p, "b");
    glimpse_cancel(p.rig.engine, leader.id);
    gl_sim_run_for_ms(10);
    assert_int_equal(leader.status, GLIMPSE_STATUS_CANCELLED);
    assert_string_equal(leader.text, "a|");
    assert_string_equal(leader.partial, "ab");
    assert_string_equal(follower.text, "a|b|");
    assert_int_equal(p.cancels, 0);
    answer(&p, "abc");
    gl_sim_run_for_ms(1);
    assert_string_equal(follower.text, "a|b|c|");
    assert_int_equal(follower.source, GLIMPSE_SOURCE_LIVE);
    puppet_close(&p);
}

static void a_cut_stream_fails_those_who_heard_and_is_retried_for_the_others(void **state)
{
    (void)state;
    for (int leader_hears = 0; leader_hears < 2; leader_hears++) {
        puppet p;
        hearer first, second, heard;
        puppet_open(&p);
        puppet_engine(&p);
        ask(&p, &first, STREAM_BODY, leader_hears);
        ask(&p, &second, STREAM_BODY, !leader_hears);
        ask(&p, &heard, STREAM_BODY, true);
        hearer *listened = leader_hears ? &first : &second,
               *other = leader_hears ? &second : &first;
        say(&p, "half");
        gl_sim_run_for_ms(10);
        breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
        gl_sim_run_for_ms(0);
        assert_int_equal(listened->error, GLIMPSE_ERR_STREAM_TRUNCATED);
        assert_string_equal(listened->partial, "half");
        assert_int_equal(heard.error, GLIMPSE_ERR_STREAM_TRUNCATED);
        assert_string_equal(heard.partial, "half");
        assert_int_equal(other->results, 0);
        gl_sim_run_for_ms(60000);
        assert_int_equal(p.starts, 2);
        answer(&p, "whole");
        gl_sim_run_for_ms(1);
        assert_string_equal(other->result_text, "whole");
        assert_int_equal(other->attempts, leader_hears ? 1 : 2);
        assert_int_equal(listened->results + heard.results + other->results, 3);
        puppet_close(&p);
    }
}

static void a_cut_stream_that_nobody_heard_is_retried_for_all(void **state)
{
    (void)state;
    puppet p;
    hearer leader, follower;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &leader, STREAM_BODY, false);
    ask(&p, &follower, STREAM_BODY, true);
    say(&p, "half"); /* it has not been told when the stream breaks */
    breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
    gl_sim_run_for_ms(60000);
    assert_int_equal(p.starts, 2);
    assert_string_equal(follower.text, "");
    say(&p, "wh");
    gl_sim_run_for_ms(1);
    answer(&p, "whole");
    gl_sim_run_for_ms(1);
    assert_string_equal(follower.text, "wh|ole|");
    assert_string_equal(leader.result_text, "whole");
    assert_int_equal(follower.attempts, 0);
    puppet_close(&p);
}

static void a_callback_may_cancel_and_free_in_the_middle_of_a_flight(void **state)
{
    (void)state;
    for (int frees = 0; frees < 2; frees++) {
        puppet p;
        hearer leader, follower, other;
        puppet_open(&p);
        puppet_engine(&p);
        ask(&p, &leader, STREAM_BODY, true);
        ask(&p, &follower, STREAM_BODY, true);
        ask(&p, &other, STREAM_BODY, true);
        leader.cancel_in_text = !frees;
        leader.free_in_text = frees;
        say(&p, "a");
        gl_sim_run_for_ms(10);
        assert_int_equal(leader.results, 1);
        assert_int_equal(leader.status, GLIMPSE_STATUS_CANCELLED);
        assert_int_equal(follower.results, frees);
        if (!frees) {
            assert_string_equal(follower.text, "a|");
            answer(&p, "ab");
            gl_sim_run_for_ms(1);
            assert_string_equal(follower.text, "a|b|");
        }
        assert_int_equal(follower.results + other.results, 2);
        puppet_close(&p);
    }
}

/* --- memory --- */

/* The whole of it with the k-th allocation failing, for every k. */
static void every_failing_allocation_is_survived(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        puppet p;
        hearer h[4];
        puppet_open(&p);
        puppet_engine(&p);
        oom_fail_at(k);
        int accepted = 0;
        for (int i = 0; i < 4; i++) {
            h[i] = (hearer){ .p = &p };
            glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                          .on_text = i ? on_text : NULL,
                                          .on_result = on_result };
            glimpse_chat chat = { .body = i == 3 ? PLAIN_BODY : STREAM_BODY };
            accepted += glimpse_submit_chat(p.rig.engine, &chat, NULL, &observer, &h[i],
                                            &h[i].id) == GLIMPSE_OK;
            gl_sim_run_for_ms(0);
        }
        if (p.attempt != NULL) (void)glimpse_attempt_text(p.attempt, "half", 4);
        gl_sim_run_for_ms(1);
        glimpse_cancel(p.rig.engine, h[1].id);
        if (p.attempt != NULL) breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
        gl_sim_run_for_ms(60000);
        if (p.attempt != NULL) answer(&p, "whole");
        gl_sim_run_for_ms(1);
        while (p.attempt != NULL) answer(&p, "whole");
        gl_sim_run_for_ms(1);
        failed = oom_end();
        assert_int_equal(h[0].results + h[1].results + h[2].results + h[3].results, accepted);
        puppet_close(&p);
    }
}

#define NO_USAGE_BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"stream\":true}"

/* A stream that does not ask for its usage brings none: it serves those who do not ask either. */
static void who_asks_for_usage_is_not_served_by_who_did_not(void **state)
{
    (void)state;
    static const char *const richer[] = { PLAIN_BODY, STREAM_BODY };
    for (int i = 0; i < 2; i++) {
        puppet p;
        hearer poor, same, rich;
        puppet_open(&p);
        puppet_engine(&p);
        ask(&p, &poor, NO_USAGE_BODY, true);
        ask(&p, &same, NO_USAGE_BODY, true);
        assert_int_equal(p.starts, 1);
        answer(&p, "without");
        gl_sim_run_for_ms(1);
        assert_int_equal(same.source, GLIMPSE_SOURCE_COALESCED);
        ask(&p, &same, NO_USAGE_BODY, true);
        assert_int_equal(same.source, GLIMPSE_SOURCE_CACHE);
        assert_int_equal(p.starts, 1);
        ask(&p, &rich, richer[i], true); /* the stored answer has no usage */
        assert_int_equal(p.starts, 2);
        ask(&p, &poor, NO_USAGE_BODY, true); /* whose own is still there */
        assert_int_equal(poor.source, GLIMPSE_SOURCE_CACHE);
        answer(&p, "with");
        gl_sim_run_for_ms(1);
        assert_int_equal(rich.source, GLIMPSE_SOURCE_LIVE);
        ask(&p, &rich, richer[i], true); /* from now on the stored one has it */
        assert_int_equal(rich.source, GLIMPSE_SOURCE_CACHE);
        assert_string_equal(rich.result_text, "with");
        ask(&p, &poor, NO_USAGE_BODY, true);
        assert_string_equal(poor.result_text, "with");
        puppet_close(&p);
    }
}

static void who_asks_for_usage_does_not_follow_who_does_not(void **state)
{
    (void)state;
    puppet p;
    hearer poor, rich;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &poor, NO_USAGE_BODY, true);
    glimpse_attempt *first = p.attempt;
    ask(&p, &rich, PLAIN_BODY, true);
    assert_int_equal(p.starts, 2);
    answer(&p, "with");
    gl_sim_run_for_ms(1);
    assert_int_equal(rich.source, GLIMPSE_SOURCE_LIVE);
    p.attempt = first;
    answer(&p, "without");
    gl_sim_run_for_ms(1);
    assert_string_equal(poor.result_text, "without");
    puppet_close(&p);
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &rich, PLAIN_BODY, true);
    ask(&p, &poor, NO_USAGE_BODY, true);
    assert_int_equal(p.starts, 1);
    answer(&p, "with");
    gl_sim_run_for_ms(1);
    assert_int_equal(poor.source, GLIMPSE_SOURCE_COALESCED);
    puppet_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streaming_follower_gets_text_so_far_and_the_rest),
        cmocka_unit_test(a_plain_leader_serves_a_streaming_follower_in_one_piece),
        cmocka_unit_test(a_promoted_follower_hears_the_rest_and_the_leader_keeps_what_came),
        cmocka_unit_test(a_cut_stream_fails_those_who_heard_and_is_retried_for_the_others),
        cmocka_unit_test(a_cut_stream_that_nobody_heard_is_retried_for_all),
        cmocka_unit_test(a_callback_may_cancel_and_free_in_the_middle_of_a_flight),
        cmocka_unit_test(who_asks_for_usage_is_not_served_by_who_did_not),
        cmocka_unit_test(who_asks_for_usage_does_not_follow_who_does_not),
        cmocka_unit_test(every_failing_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
