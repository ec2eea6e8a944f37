/* events.c - the events of a stream: who gets them, from which one on, and what is sent again. */
#include "puppet.h"

#define OUT  GLIMPSE_EVENT_OUTPUT
#define LAST GLIMPSE_EVENT_LAST

/* Who sees: the bytes of its events, with a bar behind each, and of which kind its result is. */
typedef struct watcher {
    puppet *p;
    glimpse_id id;
    char seen[256];
    int results, cancel_at, count;
    glimpse_error error;
    glimpse_source source;
    int attempts;
} watcher;

static void on_event(glimpse_id id, const glimpse_event *event, void *arg)
{
    watcher *w = arg;
    assert_int_equal(id, w->id);
    assert_int_equal(w->results, 0);
    size_t used = strlen(w->seen);
    snprintf(w->seen + used, sizeof w->seen - used, "%.*s|", (int)event->len, event->bytes);
    if (++w->count == w->cancel_at) glimpse_cancel(w->p->rig.engine, id);
}

static void ended(glimpse_id id, const glimpse_result *result, void *arg)
{
    watcher *w = arg;
    assert_int_equal(id, w->id);
    w->results++;
    w->error = glimpse_result_error(result);
    w->source = glimpse_result_source(result);
    w->attempts = glimpse_result_attempts(result);
}

static void watch(puppet *p, watcher *w, const char *body, int cancel_at)
{
    *w = (watcher){ .p = p, .cancel_at = cancel_at };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_result = ended,
                                  .on_event = on_event };
    glimpse_chat chat = { .body = body };
    assert_int_equal(glimpse_submit_chat(p->rig.engine, &chat, NULL, &observer, w, &w->id),
                     GLIMPSE_OK);
    gl_sim_run_for_ms(0);
}

static void show(puppet *p, const char *bytes, unsigned part)
{
    const glimpse_event event = {
        .data = bytes, .data_len = strlen(bytes), .bytes = bytes, .len = strlen(bytes)
    };
    assert_int_equal(glimpse_attempt_event(p->attempt, &event, part), GLIMPSE_OK);
    gl_sim_run_for_ms(1);
}

static void nothing_is_seen_before_a_part_of_the_answer_and_the_last_with_the_result(void **state)
{
    (void)state;
    puppet p;
    watcher w;
    puppet_open(&p);
    puppet_engine(&p);
    watch(&p, &w, STREAM_BODY, 0);
    assert_true(glimpse_attempt_wants_events(p.attempt));
    show(&p, "role", 0);
    assert_string_equal(w.seen, "");
    show(&p, "a", OUT);
    assert_string_equal(w.seen, "role|a|");
    show(&p, "b", OUT);
    show(&p, "end", OUT | LAST);
    assert_string_equal(w.seen, "role|a|b|");
    answer(&p, "ab");
    gl_sim_run_for_ms(1);
    assert_string_equal(w.seen, "role|a|b|end|");
    assert_int_equal(w.results, 1);
    puppet_close(&p);
}

static void a_failure_is_retried_until_something_was_seen(void **state)
{
    (void)state;
    puppet p;
    watcher w;
    puppet_open(&p);
    puppet_engine(&p);
    watch(&p, &w, STREAM_BODY, 0);
    show(&p, "role", 0);
    breaks(&p, GLIMPSE_ERR_RESET);
    gl_sim_run_for_ms(60000);
    assert_int_equal(p.starts, 2);
    show(&p, "role2", 0);
    show(&p, "a", OUT);
    assert_string_equal(w.seen, "role2|a|");
    show(&p, "end", OUT | LAST);
    breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED); /* the end is not seen: it was none */
    gl_sim_run_for_ms(60000);
    assert_int_equal(p.starts, 2);
    assert_string_equal(w.seen, "role2|a|");
    assert_int_equal(w.error, GLIMPSE_ERR_STREAM_TRUNCATED);
    assert_int_equal(w.attempts, 2);
    puppet_close(&p);
}

static void a_follower_sees_all_from_the_first_one(void **state)
{
    (void)state;
    puppet p;
    watcher leader, late, last;
    hearer plain;
    puppet_open(&p);
    puppet_engine(&p);
    watch(&p, &leader, STREAM_BODY, 0);
    show(&p, "role", 0);
    show(&p, "a", OUT);
    watch(&p, &late, STREAM_BODY, 0);
    gl_sim_run_for_ms(1);
    assert_string_equal(late.seen, "role|a|");
    show(&p, "b", OUT);
    watch(&p, &last, STREAM_BODY, 0);
    ask(&p, &plain, "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}", false);
    show(&p, "end", OUT | LAST);
    answer(&p, "ab");
    gl_sim_run_for_ms(1);
    assert_string_equal(leader.seen, "role|a|b|end|");
    assert_string_equal(late.seen, leader.seen);
    assert_string_equal(last.seen, leader.seen);
    assert_int_equal(late.source, GLIMPSE_SOURCE_COALESCED);
    assert_string_equal(plain.result_text, "ab");
    assert_int_equal(p.starts, 1);
    puppet_close(&p);
}

static void who_leaves_sees_no_more_and_the_others_do(void **state)
{
    (void)state;
    for (int at = 1; at <= 3; at++) {
        puppet p;
        watcher leader, follower;
        puppet_open(&p);
        puppet_engine(&p);
        watch(&p, &leader, STREAM_BODY, at); /* cancels inside its callback */
        watch(&p, &follower, STREAM_BODY, 0);
        show(&p, "role", 0);
        show(&p, "a", OUT);
        show(&p, "b", OUT);
        show(&p, "end", OUT | LAST);
        answer(&p, "ab");
        gl_sim_run_for_ms(1);
        assert_int_equal(leader.count, at);
        assert_int_equal(leader.error, GLIMPSE_ERR_CANCELLED);
        assert_string_equal(follower.seen, "role|a|b|end|");
        assert_int_equal(follower.error, GLIMPSE_OK);
        assert_int_equal(leader.results + follower.results, 2);
        assert_int_equal(p.starts, 1);
        puppet_close(&p);
    }
}

static void a_broken_stream_is_sent_again_for_a_follower_that_has_seen_nothing(void **state)
{
    (void)state;
    puppet p;
    watcher leader;
    hearer silent;
    puppet_open(&p);
    puppet_engine(&p);
    watch(&p, &leader, STREAM_BODY, 0);
    ask(&p, &silent, STREAM_BODY, false);
    show(&p, "a", OUT);
    breaks(&p, GLIMPSE_ERR_RESET);
    gl_sim_run_for_ms(60000);
    assert_int_equal(leader.error, GLIMPSE_ERR_RESET);
    assert_string_equal(leader.seen, "a|");
    assert_int_equal(p.starts, 2);
    answer(&p, "whole");
    gl_sim_run_for_ms(1);
    assert_string_equal(silent.result_text, "whole");
    puppet_close(&p);
}

static void a_plain_request_gathers_no_events(void **state)
{
    (void)state;
    puppet p;
    watcher w;
    puppet_open(&p);
    puppet_engine(&p);
    watch(&p, &w, "{\"messages\":[]}", 0);
    assert_false(glimpse_attempt_wants_events(p.attempt));
    show(&p, "a", OUT);
    answer(&p, "a");
    gl_sim_run_for_ms(1);
    assert_string_equal(w.seen, "");
    assert_int_equal(w.error, GLIMPSE_OK);
    watch(&p, &w, "{\"messages\":[],\"stream\":true}", 0); /* a stored answer has no events */
    gl_sim_run_for_ms(1);
    assert_int_equal(w.results, 1);
    assert_int_equal(w.source, GLIMPSE_SOURCE_CACHE);
    assert_string_equal(w.seen, "");
    puppet_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_seen_before_a_part_of_the_answer_and_the_last_with_the_result),
        cmocka_unit_test(a_failure_is_retried_until_something_was_seen),
        cmocka_unit_test(a_follower_sees_all_from_the_first_one),
        cmocka_unit_test(who_leaves_sees_no_more_and_the_others_do),
        cmocka_unit_test(a_broken_stream_is_sent_again_for_a_follower_that_has_seen_nothing),
        cmocka_unit_test(a_plain_request_gathers_no_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
