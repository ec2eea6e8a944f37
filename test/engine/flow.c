/* flow.c - callers that cannot take more now: what waits, who goes on, who is ended. */
#include <glimpse/flow.h>

#include "puppet.h"

#define OUT  GLIMPSE_EVENT_OUTPUT
#define LAST GLIMPSE_EVENT_LAST

/* A reader keeps the bytes of its events, and pauses after this many. */
typedef struct reader {
    puppet *p;
    glimpse_id id;
    char seen[512], text[64], answer[64], partial[64]; /* the last two of the result */
    int count, results, notices, pause_at;
    size_t may_miss;
    glimpse_error error;
    glimpse_status status;
    int64_t gap_ns;
} reader;

static void on_event(glimpse_id id, const glimpse_event *event, void *arg)
{
    reader *r = arg;
    assert_int_equal(id, r->id);
    assert_int_equal(r->results, 0);
    size_t used = strlen(r->seen);
    snprintf(r->seen + used, sizeof r->seen - used, "%.*s|", (int)event->len, event->bytes);
    if (++r->count == r->pause_at) glimpse_request_pause(r->p->rig.engine, id, r->may_miss);
}

static void on_words(glimpse_id id, const char *text, size_t len, void *arg)
{
    reader *r = arg;
    assert_int_equal(id, r->id);
    size_t used = strlen(r->text);
    snprintf(r->text + used, sizeof r->text - used, "%.*s", (int)len, text);
}

static void on_threshold(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    (void)notice;
    ((reader *)arg)->notices++;
}

static void on_end(glimpse_id id, const glimpse_result *result, void *arg)
{
    reader *r = arg;
    assert_int_equal(id, r->id);
    r->results++;
    r->error = glimpse_result_error(result);
    r->status = glimpse_result_status(result);
    snprintf(r->answer, sizeof r->answer, "%s", glimpse_result_text(result, NULL));
    snprintf(r->partial, sizeof r->partial, "%s", glimpse_result_partial(result, NULL));
    r->gap_ns = glimpse_result_timings(result)->token_gap_max_ns;
}

static void read_with(puppet *p, reader *r, int pause_at, const glimpse_options *options)
{
    *r = (reader){ .p = p, .pause_at = pause_at };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_result = on_end,
                                  .on_text = on_words,
                                  .on_notice = on_threshold,
                                  .on_event = on_event };
    glimpse_chat chat = { .body = STREAM_BODY };
    assert_int_equal(glimpse_submit_chat(p->rig.engine, &chat, options, &observer, r, &r->id),
                     GLIMPSE_OK);
    gl_sim_run_for_ms(0);
}

static void begin(puppet *p, reader *r, int pause_at)
{
    read_with(p, r, pause_at, NULL);
}

static void show(puppet *p, const char *bytes, unsigned part)
{
    const glimpse_event event = {
        .data = bytes, .data_len = strlen(bytes), .bytes = bytes, .len = strlen(bytes)
    };
    assert_int_equal(glimpse_attempt_event(p->attempt, &event, part), GLIMPSE_OK);
    gl_sim_run_for_ms(1);
}

static void open_at(puppet *p, int64_t idle_ms)
{
    puppet_open(p);
    p->rig.config.timeout_ms = 0;
    p->rig.config.idle_timeout_ms = idle_ms;
    p->rig.config.first_byte_timeout_ms = idle_ms;
    puppet_engine(p);
}

static void go_on(reader *r)
{
    glimpse_request_go_on(r->p->rig.engine, r->id);
    gl_sim_run_for_ms(1);
}

static void a_reader_that_pauses_sees_the_rest_when_it_goes_on(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 0);
    begin(&p, &r, 1);
    show(&p, "a", OUT);
    assert_true(p.paused);
    say(&p, "words");
    show(&p, "b", OUT); /* what was on its way */
    show(&p, "c", OUT);
    assert_string_equal(r.seen, "a|");
    assert_string_equal(r.text, "");
    go_on(&r);
    assert_false(p.paused);
    assert_string_equal(r.seen, "a|b|c|");
    assert_string_equal(r.text, "words");
    show(&p, "end", OUT | LAST);
    answer(&p, "words");
    gl_sim_run_for_ms(1);
    assert_string_equal(r.seen, "a|b|c|end|");
    assert_int_equal(r.results, 1);
    assert_int_equal(r.error, GLIMPSE_OK);
    puppet_close(&p);
}

static void an_answer_that_ends_waits_for_its_reader(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 0);
    begin(&p, &r, 1);
    show(&p, "a", OUT);
    show(&p, "b", OUT);
    show(&p, "end", OUT | LAST);
    answer(&p, "ab");
    gl_sim_run_for_ms(100000);
    assert_string_equal(r.seen, "a|");
    assert_int_equal(r.results, 0);
    r.pause_at = 2; /* and again, in the middle of the rest */
    go_on(&r);
    assert_string_equal(r.seen, "a|b|");
    assert_int_equal(r.results, 0);
    go_on(&r);
    assert_string_equal(r.seen, "a|b|end|");
    assert_int_equal(r.results, 1);
    assert_int_equal(r.error, GLIMPSE_OK);
    puppet_close(&p);
}

static void a_reader_that_has_all_and_pauses_has_its_result(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 0);
    begin(&p, &r, 2);
    show(&p, "a", OUT);
    show(&p, "end", OUT);
    answer(&p, "");
    gl_sim_run_for_ms(1);
    assert_int_equal(r.results, 1);
    puppet_close(&p);
}

static void a_failure_waits_behind_what_came_before_it(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 0);
    begin(&p, &r, 1);
    show(&p, "a", OUT);
    show(&p, "b", OUT);
    show(&p, "end", OUT | LAST); /* it proves to be none */
    breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
    gl_sim_run_for_ms(1);
    assert_int_equal(r.results, 0);
    go_on(&r);
    assert_string_equal(r.seen, "a|b|");
    assert_int_equal(r.error, GLIMPSE_ERR_STREAM_TRUNCATED);
    puppet_close(&p);
}

static void an_end_that_waits_can_be_cancelled_and_ends_with_the_engine(void **state)
{
    (void)state;
    for (int close = 0; close < 2; close++) {
        puppet p;
        reader r;
        open_at(&p, 0);
        begin(&p, &r, 1);
        show(&p, "a", OUT);
        show(&p, "b", OUT);
        answer(&p, "ab");
        gl_sim_run_for_ms(1);
        if (close != 0) {
            glimpse_engine_free(p.rig.engine);
            p.rig.engine = NULL;
        } else {
            glimpse_cancel(p.rig.engine, r.id);
            assert_int_equal(r.results, 0);
            gl_sim_run_for_ms(1);
        }
        assert_int_equal(r.results, 1);
        assert_int_equal(r.error, GLIMPSE_ERR_CANCELLED);
        assert_int_equal(r.status, GLIMPSE_STATUS_CANCELLED);
        assert_string_equal(r.seen, "a|");
        assert_string_equal(r.answer, "");
        assert_string_equal(r.partial, "ab");
        puppet_close(&p);
    }
}

static void the_limits_of_silence_do_not_run_while_the_readers_have_the_endpoint_wait(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 1000);
    begin(&p, &r, 1);
    glimpse_attempt_progress(p.attempt, GLIMPSE_PROGRESS_FIRST_BYTE);
    show(&p, "a", OUT);
    gl_sim_run_for_ms(3600 * 1000);
    assert_int_equal(p.cancels, 0);
    assert_true(r.notices > 0); /* they come all the same */
    go_on(&r);
    gl_sim_run_for_ms(900);
    assert_int_equal(p.cancels, 0);
    gl_sim_run_for_ms(200); /* now the endpoint is silent */
    assert_int_equal(p.cancels, 1);
    assert_int_equal(r.error, GLIMPSE_ERR_TIMEOUT_IDLE);
    puppet_close(&p);
}

static void the_limit_of_the_first_byte_does_not_run_either(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 1000);
    begin(&p, &r, 0);
    gl_sim_run_for_ms(500);
    glimpse_request_pause(p.rig.engine, r.id, 0);
    gl_sim_run_for_ms(5000);
    go_on(&r);
    gl_sim_run_for_ms(490);
    assert_int_equal(p.cancels, 0);
    gl_sim_run_for_ms(20);
    assert_int_equal(p.cancels, 1);
    puppet_close(&p);
}

static void the_endpoint_waits_only_while_all_readers_pause(void **state)
{
    (void)state;
    puppet p;
    reader a, b, late;
    open_at(&p, 0);
    begin(&p, &a, 1);
    begin(&p, &b, 2);
    show(&p, "1", OUT);
    assert_false(p.paused); /* b reads */
    show(&p, "2", OUT);
    assert_true(p.paused);
    assert_int_equal(p.wishes, 1);
    begin(&p, &late, 1); /* a third comes, and reads: it goes on, until the third pauses too */
    assert_int_equal(p.wishes, 3);
    assert_string_equal(late.seen, "1|");
    assert_true(p.paused);
    glimpse_cancel(p.rig.engine, late.id);
    gl_sim_run_for_ms(1);
    assert_true(p.paused);
    go_on(&b);
    assert_false(p.paused);
    glimpse_cancel(p.rig.engine, b.id); /* a alone is left: it pauses */
    assert_true(p.paused);
    glimpse_cancel(p.rig.engine, a.id);
    gl_sim_run_for_ms(1);
    assert_int_equal(p.cancels, 1);
    puppet_close(&p);
}

static void a_reader_that_leaves_unread_does_not_hold_the_endpoint(void **state)
{
    (void)state;
    puppet p;
    reader leader, follower;
    open_at(&p, 0);
    begin(&p, &leader, 1);
    begin(&p, &follower, 0);
    show(&p, "1", OUT);
    glimpse_cancel(p.rig.engine, leader.id); /* its place is the follower's, who has not paused */
    gl_sim_run_for_ms(1);
    assert_false(p.paused);
    show(&p, "2", OUT);
    glimpse_request_pause(p.rig.engine, follower.id, 0);
    assert_true(p.paused);
    go_on(&follower);
    show(&p, "end", OUT | LAST);
    answer(&p, "12");
    gl_sim_run_for_ms(1);
    assert_string_equal(follower.seen, "1|2|end|");
    assert_string_equal(leader.seen, "1|");
    puppet_close(&p);
}

static void a_lone_laggard_is_ended_and_the_others_do_not_notice(void **state)
{
    (void)state;
    for (int leads = 0; leads < 2; leads++) {
        puppet p;
        reader slow, fine;
        open_at(&p, 0);
        if (leads) begin(&p, &slow, 1);
        begin(&p, &fine, 0);
        if (!leads) begin(&p, &slow, 1);
        slow.may_miss = 100;
        for (int i = 0; i < 40; i++) {
            show(&p, "123456789", OUT);
            if (i == 5) assert_int_equal(slow.results, 0);
        }
        assert_int_equal(slow.results, 1);
        assert_int_equal(slow.error, GLIMPSE_ERR_BEHIND);
        assert_string_equal(slow.seen, "123456789|");
        show(&p, "end", OUT | LAST);
        answer(&p, "all");
        gl_sim_run_for_ms(1);
        assert_int_equal(strlen(fine.seen), 40 * strlen("123456789|") + strlen("end|"));
        assert_string_equal(fine.seen + 390, "123456789|end|");
        assert_int_equal(fine.error, GLIMPSE_OK);
        assert_int_equal(p.starts, 1);
        assert_int_equal(p.cancels, 0);
        puppet_close(&p);
    }
}

static void what_a_late_follower_has_still_to_read_is_not_what_it_missed(void **state)
{
    (void)state;
    puppet p;
    reader first, late;
    open_at(&p, 0);
    begin(&p, &first, 0);
    for (int i = 0; i < 40; i++) show(&p, "123456789", OUT);
    begin(&p, &late, 1);
    late.may_miss = 100;
    gl_sim_run_for_ms(1);
    show(&p, "x", OUT);
    assert_int_equal(late.count, 1);
    assert_int_equal(late.results, 0); /* 39 events are before it */
    go_on(&late);
    assert_string_equal(late.seen, first.seen);
    show(&p, "end", OUT | LAST);
    answer(&p, "all");
    gl_sim_run_for_ms(1);
    assert_string_equal(late.seen, first.seen);
    puppet_close(&p);
}

static void a_sampler_that_cannot_pause_is_bounded_by_the_same_limit(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 0);
    p.pauses = false;
    begin(&p, &r, 1);
    r.may_miss = 100;
    int shown = 0;
    while (r.results == 0 && shown < 100) {
        show(&p, "123456789", OUT);
        shown++;
    }
    assert_int_equal(shown, 1 + 100 / 9 + 1); /* the first, and more than 100 bytes */
    assert_int_equal(r.error, GLIMPSE_ERR_BEHIND);
    assert_int_equal(p.cancels, 1); /* nobody else reads it */
    puppet_close(&p);
}

static void pausing_twice_or_too_late_or_an_unknown_request_does_nothing(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 0);
    begin(&p, &r, 0);
    glimpse_request_go_on(p.rig.engine, r.id);
    assert_int_equal(p.wishes, 0);
    glimpse_request_pause(p.rig.engine, r.id, 0);
    glimpse_request_pause(p.rig.engine, r.id, 5);
    assert_int_equal(p.wishes, 1);
    go_on(&r);
    glimpse_request_go_on(p.rig.engine, r.id);
    assert_int_equal(p.wishes, 2);
    answer(&p, "a");
    gl_sim_run_for_ms(1);
    assert_int_equal(r.results, 1);
    glimpse_request_pause(p.rig.engine, r.id, 0);
    glimpse_request_go_on(p.rig.engine, r.id);
    glimpse_request_pause(p.rig.engine, 12345, 0);
    assert_int_equal(p.wishes, 2);
    puppet_close(&p);
}

static void the_time_that_readers_take_is_not_the_endpoint_s(void **state)
{
    (void)state;
    puppet p;
    reader r;
    open_at(&p, 0);
    begin(&p, &r, 1);
    say(&p, "a");
    show(&p, "a", OUT);
    gl_sim_run_for_ms(60000);
    go_on(&r);
    say(&p, "b");
    show(&p, "b", OUT);
    answer(&p, "ab");
    gl_sim_run_for_ms(1);
    assert_int_equal(r.error, GLIMPSE_OK);
    assert_true(r.gap_ns >= 0 && r.gap_ns < (int64_t)GL_SECOND);
    puppet_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_that_pauses_sees_the_rest_when_it_goes_on),
        cmocka_unit_test(an_answer_that_ends_waits_for_its_reader),
        cmocka_unit_test(a_reader_that_has_all_and_pauses_has_its_result),
        cmocka_unit_test(a_failure_waits_behind_what_came_before_it),
        cmocka_unit_test(an_end_that_waits_can_be_cancelled_and_ends_with_the_engine),
        cmocka_unit_test(the_limits_of_silence_do_not_run_while_the_readers_have_the_endpoint_wait),
        cmocka_unit_test(the_limit_of_the_first_byte_does_not_run_either),
        cmocka_unit_test(the_endpoint_waits_only_while_all_readers_pause),
        cmocka_unit_test(a_reader_that_leaves_unread_does_not_hold_the_endpoint),
        cmocka_unit_test(a_lone_laggard_is_ended_and_the_others_do_not_notice),
        cmocka_unit_test(what_a_late_follower_has_still_to_read_is_not_what_it_missed),
        cmocka_unit_test(a_sampler_that_cannot_pause_is_bounded_by_the_same_limit),
        cmocka_unit_test(pausing_twice_or_too_late_or_an_unknown_request_does_nothing),
        cmocka_unit_test(the_time_that_readers_take_is_not_the_endpoint_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
