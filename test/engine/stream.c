/* stream.c - streamed text through the engine: who hears it, when, and what it means for retries.
 */
#include "puppet.h"
#include "sampler.h"

static void text_is_told_from_the_turn_and_what_came_together_is_one_call(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, true);
    assert_true(glimpse_attempt_is_stream(p.attempt));
    say(&p, "a");
    say(&p, "b");
    assert_int_equal(h.pieces, 0); /* never inside the sampler's call */
    gl_sim_run_for_ms(100);
    assert_string_equal(h.text, "ab|");
    say(&p, "");
    gl_sim_run_for_ms(100);
    assert_int_equal(h.pieces, 1);
    say(&p, "c");
    answer(&p, "abc");
    gl_sim_run_for_ms(1);
    assert_string_equal(h.text, "ab|c|"); /* the rest before the result */
    assert_int_equal(h.text_after_result, 0);
    assert_int_equal(h.results, 1);
    assert_int_equal(h.status, GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(h.result_text, "abc");
    assert_string_equal(h.partial, "");
    puppet_close(&p);
}

static bool metrics_say(const puppet *p, const char *line)
{
    char *text;
    size_t len;
    assert_int_equal(glimpse_metrics_text(p->rig.engine, &text, &len), GLIMPSE_OK);
    bool found = strstr(text, line) != NULL;
    glimpse_free(text);
    return found;
}

/* A role, say, comes before the first text. Of a sampler that tells text alone, that is the first.
 */
static void the_first_chunk_is_told_apart_from_the_first_text(void **state)
{
    (void)state;
#define FIRST "gen_ai_client_operation_time_to_first_chunk_seconds_"
    for (int chunk = 0; chunk < 2; chunk++) {
        puppet p;
        hearer h;
        puppet_open(&p);
        puppet_engine(&p);
        ask(&p, &h, STREAM_BODY, true);
        gl_sim_run_for_ms(250);
        if (chunk) glimpse_attempt_progress(p.attempt, GLIMPSE_PROGRESS_CHUNK);
        gl_sim_run_for_ms(500);
        say(&p, "a");
        answer(&p, "a");
        gl_sim_run_for_ms(1);
        assert_int_equal(h.timings.first_chunk_ns, (chunk ? 250 : 750) * GL_MS);
        assert_int_equal(h.timings.first_token_ns, 750 * GL_MS);
        assert_true(metrics_say(&p, FIRST "sum"));
        assert_int_equal(metrics_say(&p, "} 0.25\n"), chunk);
        assert_true(metrics_say(&p, FIRST "count"));
        puppet_close(&p);
    }
}

static void the_times_of_text_are_measured(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, true);
    gl_sim_run_for_ms(300);
    say(&p, "a");
    gl_sim_run_for_ms(20);
    say(&p, "b");
    gl_sim_run_for_ms(40);
    say(&p, "c");
    answer(&p, "abc");
    gl_sim_run_for_ms(1);
    assert_int_equal(h.timings.first_token_ns, 300 * GL_MS);
    assert_int_equal(h.timings.token_gap_mean_ns, 30 * GL_MS);
    assert_int_equal(h.timings.token_gap_max_ns, 40 * GL_MS);
    ask(&p, &h, "{\"messages\":[1]}", true); /* no stream */
    answer(&p, "x");
    gl_sim_run_for_ms(1);
    assert_int_equal(h.timings.first_token_ns, -1);
    assert_int_equal(h.timings.token_gap_mean_ns, -1);
    assert_int_equal(h.timings.token_gap_max_ns, -1);
    puppet_close(&p);
}

static void a_request_that_is_no_stream_hears_no_text(void **state)
{
    (void)state;
    static const char *const bodies[] = { "{\"messages\":[1]}",
                                          "{\"messages\":[2],\"stream\":false}",
                                          "{\"messages\":[3],\"stream\":\"true\"}",
                                          "{\"messages\":[{\"stream\":true}]}" };
    puppet p;
    hearer h;
    puppet_open(&p);
    puppet_engine(&p);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        ask(&p, &h, bodies[i], true);
        assert_false(glimpse_attempt_is_stream(p.attempt));
        say(&p, "x");
        answer(&p, "x");
        gl_sim_run_for_ms(1);
        assert_int_equal(h.results, 1);
        assert_int_equal(h.pieces, 0);
    }
    puppet_close(&p);
}

static void a_broken_stream_whose_text_was_told_is_not_retried(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, true);
    say(&p, "some ");
    gl_sim_run_for_ms(1);
    say(&p, "words");
    breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(p.starts, 1);
    assert_int_equal(h.results, 1);
    assert_int_equal(h.error, GLIMPSE_ERR_STREAM_TRUNCATED);
    assert_int_equal(h.status, GLIMPSE_STATUS_ERROR);
    assert_string_equal(h.text, "some |");
    assert_string_equal(h.partial, "some words");
    puppet_close(&p);
}

static void one_whose_text_nobody_has_seen_is_retried(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, false); /* nobody listens */
    say(&p, "some words");
    gl_sim_run_for_ms(1);
    breaks(&p, GLIMPSE_ERR_STREAM_ERROR);
    gl_sim_run_for_ms(60000);
    assert_int_equal(p.starts, 2);
    say(&p, "all");
    answer(&p, "all");
    gl_sim_run_for_ms(1);
    assert_int_equal(h.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(h.attempts, 2);
    assert_string_equal(h.partial, "");

    ask(&p, &h, "{\"messages\":[2],\"stream\":true}", true); /* one listens, and heard nothing */
    say(&p, "lost");
    breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
    gl_sim_run_for_ms(60000);
    assert_int_equal(p.starts, 4);
    say(&p, "kept");
    answer(&p, "kept");
    gl_sim_run_for_ms(1);
    assert_string_equal(h.text, "kept|");
    puppet_close(&p);
}

static void the_last_failure_keeps_what_came(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    p.rig.config.max_attempts = 2;
    p.rig.config.fallback_on = true;
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, false);
    say(&p, "first");
    breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
    gl_sim_run_for_ms(60000);
    say(&p, "second");
    breaks(&p, GLIMPSE_ERR_STREAM_TRUNCATED);
    gl_sim_run_for_ms(60000);
    assert_int_equal(h.results, 1);
    assert_int_equal(h.source, GLIMPSE_SOURCE_LOCAL);
    assert_string_equal(h.partial, "second");
    puppet_close(&p);
}

static void limits_and_cancel_keep_what_came_too(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    p.rig.config.idle_timeout_ms = 500;
    p.rig.config.deadline_ms = 5000;
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, true);
    glimpse_attempt_progress(p.attempt, GLIMPSE_PROGRESS_FIRST_BYTE);
    say(&p, "idle");
    gl_sim_run_for_ms(501);
    assert_int_equal(h.error, GLIMPSE_ERR_TIMEOUT_IDLE);
    assert_string_equal(h.partial, "idle");
    assert_int_equal(p.starts, 1);

    ask(&p, &h, "{\"messages\":[2],\"stream\":true}", true);
    for (int i = 0; i < 60 && p.attempt != NULL; i++) { /* comments only: bytes, and no text */
        glimpse_attempt_progress(p.attempt,
                                 i == 0 ? GLIMPSE_PROGRESS_FIRST_BYTE : GLIMPSE_PROGRESS_BYTES);
        gl_sim_run_for_ms(100);
    }
    assert_int_equal(h.error, GLIMPSE_ERR_DEADLINE);
    assert_string_equal(h.partial, "");

    ask(&p, &h, "{\"messages\":[3],\"stream\":true}", true);
    say(&p, "cancelled");
    gl_sim_run_for_ms(1);
    say(&p, " and not told");
    glimpse_cancel(p.rig.engine, h.id);
    gl_sim_run_for_ms(1);
    assert_int_equal(h.status, GLIMPSE_STATUS_CANCELLED);
    assert_string_equal(h.text, "cancelled|");
    assert_string_equal(h.partial, "cancelled and not told");
    puppet_close(&p);
}

static void a_cached_answer_comes_in_one_piece_before_its_result(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, true);
    say(&p, "an ");
    gl_sim_run_for_ms(1);
    say(&p, "answer");
    answer(&p, "an answer");
    gl_sim_run_for_ms(1);
    assert_string_equal(h.text, "an |answer|");
    ask(&p, &h, STREAM_BODY, true);
    gl_sim_run_for_ms(1);
    assert_int_equal(h.source, GLIMPSE_SOURCE_CACHE);
    assert_string_equal(h.text, "an answer|");
    assert_int_equal(h.text_after_result, 0);
    assert_int_equal(p.starts, 1);
    puppet_close(&p);
}

static void an_answer_that_came_whole_is_told_whole(void **state)
{
    (void)state;
    puppet p;
    hearer h;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, true);
    answer(&p, "not streamed");
    gl_sim_run_for_ms(1);
    assert_string_equal(h.text, "not streamed|");
    puppet_close(&p);
}

static void the_callback_may_cancel_and_free(void **state)
{
    (void)state;
    puppet p;
    hearer h, other;
    puppet_open(&p);
    puppet_engine(&p);
    ask(&p, &h, STREAM_BODY, true);
    h.cancel_in_text = true;
    say(&p, "enough");
    gl_sim_run_for_ms(1);
    assert_int_equal(h.results, 1);
    assert_int_equal(h.status, GLIMPSE_STATUS_CANCELLED);
    assert_string_equal(h.partial, "enough");
    assert_int_equal(p.cancels, 1);

    ask(&p, &other, "{\"messages\":[2],\"stream\":true}", true);
    glimpse_attempt *second = p.attempt;
    ask(&p, &h, "{\"messages\":[3],\"stream\":true}", true);
    glimpse_attempt *third = p.attempt;
    h.free_in_text = true;
    assert_int_equal(glimpse_attempt_text(third, "x", 1), GLIMPSE_OK);
    assert_int_equal(glimpse_attempt_text(second, "y", 1), GLIMPSE_OK);
    p.attempt = NULL;
    glimpse_sampler_vtable *vtable = &p.sampler->vtable;
    vtable->cancel = NULL; /* two are out: who is cancelled is of no interest here */
    gl_sim_run_for_ms(1);
    assert_int_equal(h.results, 1);
    assert_int_equal(other.results, 1);
    assert_string_equal(other.text, ""); /* it was cancelled before its turn came */
    assert_string_equal(other.partial, "y");
    puppet_close(&p);
}

static void a_draft_asks_for_a_stream_when_the_options_do(void **state)
{
    (void)state;
    puppet p;
    puppet_open(&p);
    puppet_engine(&p);
    glimpse_draft draft = { .input_text = "words" };
    glimpse_options options;
    glimpse_options_init(&options);
    unsigned char keys[2][32];
    for (int i = 0; i < 2; i++) {
        hearer h = { .p = &p };
        glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                      .on_text = on_text,
                                      .on_result = on_result };
        options.stream = i == 1;
        assert_int_equal(glimpse_submit_draft(p.rig.engine, &draft, &options, &observer, &h, &h.id),
                         GLIMPSE_OK);
        gl_sim_run_for_ms(0);
        if (i == 0) {
            assert_null(strstr(glimpse_attempt_body(p.attempt, NULL), "stream"));
            memcpy(keys[0], p.attempt->request->caller.result->key.bytes, 32);
            breaks(&p, GLIMPSE_ERR_TLS);
        } else {
            assert_non_null(
                strstr(glimpse_attempt_body(p.attempt, NULL),
                       ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));
            memcpy(keys[1], p.attempt->request->caller.result->key.bytes, 32);
            answer(&p, "x");
        }
        gl_sim_run_for_ms(1);
        assert_int_equal(h.results, 1);
    }
    assert_memory_equal(keys[0], keys[1], 32); /* it is no part of the key */
    puppet_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_told_from_the_turn_and_what_came_together_is_one_call),
        cmocka_unit_test(the_times_of_text_are_measured),
        cmocka_unit_test(the_first_chunk_is_told_apart_from_the_first_text),
        cmocka_unit_test(a_request_that_is_no_stream_hears_no_text),
        cmocka_unit_test(a_broken_stream_whose_text_was_told_is_not_retried),
        cmocka_unit_test(one_whose_text_nobody_has_seen_is_retried),
        cmocka_unit_test(the_last_failure_keeps_what_came),
        cmocka_unit_test(limits_and_cancel_keep_what_came_too),
        cmocka_unit_test(a_cached_answer_comes_in_one_piece_before_its_result),
        cmocka_unit_test(an_answer_that_came_whole_is_told_whole),
        cmocka_unit_test(the_callback_may_cancel_and_free),
        cmocka_unit_test(a_draft_asks_for_a_stream_when_the_options_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
