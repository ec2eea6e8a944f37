/* stream.c - streams over a real wire, well behaved and not: what is told, what is kept, what is
 * sent again. Rows 7 to 14 of the table of faults. */
#include "stream_rig.h"

static void assert_record_has(const glimpse_result *result, const char *part)
{
    char *record = NULL;
    assert_int_equal(glimpse_result_to_json(result, NULL, &record, NULL), GLIMPSE_OK);
    if (strstr(record, part) == NULL) fail_msg("no %s in %s", part, record);
    glimpse_free(record);
}

static void a_stream_is_told_as_it_comes_and_merged(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND, OPEN DELTA("Hel"), 0 },
        { FAULT_PAUSE, NULL, 30 },
        { FAULT_SEND,
          DELTA("lo") STOP
          "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,"
          "\"total_tokens\":5}}\n\n" DONE,
          0 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, script);
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(glimpse_result_text(result, NULL), "Hello");
    assert_string_equal(r.text.data, "Hello");
    assert_int_equal(r.pieces, 2);
    assert_string_equal(glimpse_result_finish_reason(result), "stop");
    assert_string_equal(glimpse_result_model(result), "m");
    assert_string_equal(glimpse_result_request_id(result), "r3");
    assert_int_equal(glimpse_result_usage(result)->total_tokens, 5);
    assert_false(glimpse_result_no_done(result));
    const glimpse_timings *timings = glimpse_result_timings(result);
    assert_true(timings->first_token_ns >= timings->first_byte_ns);
    assert_true(timings->token_gap_max_ns >= 20 * (int64_t)GL_MS);
    assert_true(glimpse_result_body_is_json(result));
    assert_record_has(result, "\"body\":{\"object\":\"chat.completion\"");
    rig_end(&r);
}

/* A first piece without text, then reasoning, then the answer: three times that are told apart. */
static void reasoning_is_an_arrival_and_the_first_answer_comes_behind_it(void **state)
{
    (void)state;
#define PIECE(member) "data: {\"choices\":[{\"index\":0,\"delta\":{" member "}}]}\n\n"
    static const fault_step script[] = {
        { FAULT_SEND, OPEN PIECE("\"role\":\"assistant\",\"content\":\"\""), 0 },
        { FAULT_PAUSE, NULL, 30 },
        { FAULT_SEND, PIECE("\"reasoning_content\":\"hm\""), 0 },
        { FAULT_PAUSE, NULL, 30 },
        { FAULT_SEND, PIECE("\"reasoning\":\"so\""), 0 },
        { FAULT_PAUSE, NULL, 30 },
        { FAULT_SEND, DELTA("Hello") STOP DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, script);
    size_t count;
    const int64_t *arrivals = glimpse_result_arrivals(result, &count);
    const glimpse_timings *timings = glimpse_result_timings(result);
    const int64_t pause = 20 * (int64_t)GL_MS; /* a process that is held up may see less of it */
    assert_string_equal(glimpse_result_text(result, NULL), "Hello");
    assert_int_equal(count, 3);
    assert_true(timings->first_chunk_ns >= timings->first_byte_ns);
    assert_true(timings->first_token_ns >= timings->first_chunk_ns + pause);
    assert_true(timings->first_answer_ns >= timings->first_token_ns + 2 * pause);
    assert_true(arrivals[0] == timings->first_token_ns && arrivals[2] == timings->first_answer_ns);
    assert_true(timings->token_gap_max_ns >= pause);
    rig_end(&r);
}

/* The connection of a stream whose end came in order is used again. */
static void a_chunked_stream_leaves_its_connection_to_the_next(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND,
          CHUNKED "43\r\n" STOP "\r\n"
                  "E\r\n" DONE "\r\n",
          0 },
        { FAULT_PAUSE, NULL, 10 }, /* the end of the body comes in a packet of its own */
        { FAULT_SEND, "0\r\n\r\n", 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    ask(&r, script);
    ask(&r, script);
    ask(&r, script);
    assert_int_equal(fault_server_connections(r.server), 1);
    rig_end(&r);
}

/* Row 7. */
static void a_stream_that_is_cut_is_truncated_and_keeps_its_text(void **state)
{
    (void)state;
    static const fault_step closed[] = {
        { FAULT_SEND, OPEN DELTA("some ") DELTA("wordy"), 0 },
        { FAULT_PAUSE, NULL, 20 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    static const fault_step reset[] = {
        { FAULT_SEND, CHUNKED "92\r\n" DELTA("some ") DELTA("wordy"), 0 },
        { FAULT_PAUSE, NULL, 20 },
        { FAULT_RESET, NULL, 0 },
        END_STEPS,
    };
    const fault_step *scripts[] = { closed, reset };
    for (int i = 0; i < 2; i++) {
        rig r;
        rig_init(&r);
        const glimpse_result *result = ask(&r, scripts[i]);
        assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_STREAM_TRUNCATED);
        assert_string_equal(glimpse_result_error_code(result), "stream_truncated");
        assert_int_equal(glimpse_result_attempts(result), 1); /* the text was told */
        assert_int_equal(fault_server_requests(r.server), 1);
        assert_string_equal(glimpse_result_partial(result, NULL), r.text.data);
        if (i == 0) assert_string_equal(r.text.data, "some wordy");
        assert_string_equal(glimpse_result_text(result, NULL), "");
        assert_record_has(result, "\"partial\":\"some");
        assert_record_has(result, "\"body\":null");
        rig_end(&r);
    }
}

/* Row 7, when nobody was told: as any failure. */
static void a_cut_stream_that_nobody_heard_is_sent_again(void **state)
{
    (void)state;
    static const fault_step cut[] = {
        { FAULT_SEND, OPEN DELTA("lost"), 0 },
        { FAULT_PAUSE, NULL, 10 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    static const fault_step whole[] = {
        { FAULT_SEND, OPEN DELTA("found") STOP DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    r.listens = false;
    fault_server_play_once(r.server, cut);
    const glimpse_result *result = ask(&r, whole);
    assert_string_equal(glimpse_result_text(result, NULL), "found");
    assert_string_equal(glimpse_result_partial(result, NULL), "");
    assert_int_equal(glimpse_result_attempts(result), 2);
    assert_int_equal(fault_server_requests(r.server), 2);
    rig_end(&r);
}

/* Row 8. */
static void a_stream_without_done_is_whole_once_it_has_finished(void **state)
{
    (void)state;
    static const fault_step closed[] = { { FAULT_SEND, OPEN DELTA("all") STOP, 0 },
                                         { FAULT_CLOSE, NULL, 0 },
                                         END_STEPS };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, closed);
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_true(glimpse_result_no_done(result));
    assert_string_equal(glimpse_result_text(result, NULL), "all");
    assert_record_has(result, "\"no_done\":true");
    rig_end(&r);
}

/* Row 9. */
static void after_done_nobody_waits_for_the_server(void **state)
{
    (void)state;
    static const fault_step held[] = { { FAULT_SEND, OPEN DELTA("all") STOP DONE, 0 },
                                       { FAULT_HANG, NULL, 0 },
                                       END_STEPS };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, held); /* it has no limit of its own: ask's ends it */
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_false(glimpse_result_no_done(result));
    while (fault_server_open(r.server) != 0) event_base_loop(r.base, EVLOOP_ONCE);
    rig_end(&r);
}

/* Rows 10 and 11. */
static void an_error_inside_is_one_in_each_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *message;
    } table[] = {
        { "data: [DONE]x\n\ndata: {\"error\":{\"message\":\"down\",\"code\":\"c1\"}}\n\n", "c1",
          "down" },
        { "data: {\"error\":{\"message\":\"nested\",\"type\":\"server_error\"}}\n\n" DONE,
          "server_error", "nested" },
        { "event: error\ndata: {\"type\":\"error\",\"message\":\"flat\",\"code\":502}\n\n", "502",
          "flat" },
        { "data: {\"choices\":[],\"error\":{\"code\":\"x\",\"message\":\"router\"}}\n\n", "x",
          "router" },
        { "event: error\ndata: {\"type\":\"error\",\"message\":\"no code\"}\n\n" DONE,
          "stream_error", "no code" },
        { "event: error\ndata: plain words\n\n", "stream_error",
          "the endpoint reported an error within the stream; content type text/event-stream; "
          "charset=utf-8; it begins: plain words" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const fault_step script[] = { { FAULT_SEND, OPEN DELTA("part"), 0 },
                                      { FAULT_PAUSE, NULL, 20 },
                                      { FAULT_SEND, table[i].text, 0 },
                                      { FAULT_CLOSE, NULL, 0 },
                                      END_STEPS };
        rig r;
        rig_init(&r);
        const glimpse_result *result = ask(&r, script);
        assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_STREAM_ERROR);
        assert_string_equal(glimpse_result_error_code(result), table[i].code);
        assert_string_equal(glimpse_result_error_message(result), table[i].message);
        assert_string_equal(glimpse_result_partial(result, NULL), "part");
        assert_int_equal(fault_server_requests(r.server), 1);
        rig_end(&r);
    }
}

/* Row 11: nothing was told, so it is sent again. */
static void an_error_before_any_text_is_retried(void **state)
{
    (void)state;
    static const fault_step error[] = {
        { FAULT_SEND, OPEN "data: {\"error\":{\"message\":\"busy\"}}\n\n" DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    static const fault_step whole[] = { { FAULT_SEND, OPEN DELTA("all") STOP DONE, 0 },
                                        { FAULT_CLOSE, NULL, 0 },
                                        END_STEPS };
    rig r;
    rig_init(&r);
    fault_server_play_once(r.server, error);
    const glimpse_result *result = ask(&r, whole);
    assert_string_equal(r.text.data, "all");
    assert_int_equal(glimpse_result_attempts(result), 2);
    rig_end(&r);
}

static void what_is_hopeless_within_a_stream_is_not_retried(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        glimpse_error error;
    } table[] = {
        { "data: {\"error\":{\"message\":\"long\",\"code\":\"context_length_exceeded\"}}\n\n",
          GLIMPSE_ERR_STREAM_ERROR },
        { "data: {\"error\":{\"message\":\"bad\",\"code\":400}}\n\n", GLIMPSE_ERR_STREAM_ERROR },
        { "data: {\"error\":{\"message\":\"pay\",\"type\":\"insufficient_quota\"}}\n\n",
          GLIMPSE_ERR_QUOTA },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const fault_step script[] = { { FAULT_SEND, OPEN, 0 },
                                      { FAULT_SEND, table[i].text, 0 },
                                      { FAULT_CLOSE, NULL, 0 },
                                      END_STEPS };
        rig r;
        rig_init(&r);
        assert_int_equal(glimpse_result_error(ask(&r, script)), table[i].error);
        assert_int_equal(fault_server_requests(r.server), 1);
        rig_end(&r);
    }
}

/* Row 12, for streams. */
static void a_stream_that_stalls_is_idle(void **state)
{
    (void)state;
    static const fault_step stalls[] = { { FAULT_SEND, OPEN DELTA("part"), 0 },
                                         { FAULT_HANG, NULL, 0 },
                                         END_STEPS };
    rig r;
    rig_init(&r);
    r.config.idle_timeout_ms = 100;
    const glimpse_result *result = ask(&r, stalls);
    assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_TIMEOUT_IDLE);
    assert_string_equal(glimpse_result_partial(result, NULL), "part");
    assert_int_equal(fault_server_requests(r.server), 1);
    rig_end(&r);
}

/* Row 13. */
static void comments_alone_do_not_outlast_the_deadline(void **state)
{
    (void)state;
    static const fault_step comments[] = { { FAULT_SEND, OPEN, 0 },
                                           { FAULT_DRIP,
                                             ":\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n:\n", 20 },
                                           { FAULT_HANG, NULL, 0 },
                                           END_STEPS };
    rig r;
    rig_init(&r);
    r.config.deadline_ms = 300;
    r.config.idle_timeout_ms = 250; /* not once reached */
    const glimpse_result *result = ask(&r, comments);
    assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_DEADLINE);
    assert_string_equal(glimpse_result_partial(result, NULL), "");
    rig_end(&r);
}

/* Row 14. */
static void single_byte_writes_make_the_same_answer(void **state)
{
    (void)state;
    static const fault_step drip[] = {
        { FAULT_SEND, OPEN, 0 },
        { FAULT_DRIP,
          ": ping\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\xC3\xA4 "
          "\xF0\x9F\x98\x80\"},\r"
          "data: \"finish_reason\":\"stop\"}]}\n\r\ndata: [DONE]\r\r",
          0 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, drip);
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_false(glimpse_result_no_done(result));
    assert_string_equal(glimpse_result_text(result, NULL), "\xC3\xA4 \xF0\x9F\x98\x80");
    assert_string_equal(r.text.data, "\xC3\xA4 \xF0\x9F\x98\x80");
    rig_end(&r);
}

static void an_event_of_a_mebibyte_comes_through(void **state)
{
    (void)state;
    static const fault_step large[] = {
        { FAULT_SEND, OPEN "data: {\"choices\":[{\"delta\":{\"content\":\"", 0 },
        { FAULT_FILL, NULL, 1024 },
        { FAULT_SEND, "\"},\"finish_reason\":\"stop\"}]}\n\n" DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    size_t len;
    glimpse_result_text(ask(&r, large), &len);
    assert_int_equal(len, 1024 * 1024);
    assert_int_equal(r.text.len, 1024 * 1024);
    rig_end(&r);
}

static void an_endless_stream_ends_at_the_limit(void **state)
{
    (void)state;
    static const fault_step endless[] = {
        { FAULT_SEND, OPEN ": ", 0 }, { FAULT_FILL, NULL, 300 }, { FAULT_HANG, NULL, 0 }, END_STEPS
    };
    rig r;
    rig_init(&r);
    r.config.endpoint.max_response_bytes = 100 * 1024;
    assert_int_equal(glimpse_result_error(ask(&r, endless)), GLIMPSE_ERR_BODY_TOO_LARGE);
    assert_int_equal(fault_server_requests(r.server), 1);
    rig_end(&r);
}

static void an_answer_that_is_no_stream_is_read_as_what_it_is(void **state)
{
    (void)state;
    static const fault_step plain[] = {
        { FAULT_SEND,
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 69\r\n\r\n"
          "{\"choices\":[{\"message\":{\"content\":\"plain\"},\"finish_reason\":\"stop\"}]} ",
          0 },
        END_STEPS,
    };
    static const fault_step refused[] = {
        { FAULT_SEND,
          "HTTP/1.1 400 X\r\nContent-Type: text/event-stream\r\nContent-Length: 41\r\n\r\n"
          "{\"error\":{\"message\":\"no\",\"code\":\"never\"}}",
          0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, plain);
    assert_string_equal(glimpse_result_text(result, NULL), "plain");
    assert_string_equal(r.text.data, "plain");
    rig_end(&r);
    rig_init(&r);
    result = ask(&r, refused);
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_BAD_REQUEST);
    assert_string_equal(glimpse_result_error_code(result), "never");
    rig_end(&r);
}

static void an_echoed_key_is_covered_also_where_pieces_meet(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND, OPEN DELTA("key sk-te"), 0 },
        { FAULT_PAUSE, NULL, 20 },
        { FAULT_SEND, DELTA("st-0123456789") DELTA("abcdef, sk-te"), 0 },
        { FAULT_PAUSE, NULL, 20 },
        { FAULT_SEND, STOP DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
        END_STEPS,
    };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, script);
    assert_string_equal(r.text.data, "key ************************, sk-te");
    assert_string_equal(glimpse_result_text(result, NULL), r.text.data);
    rig_end(&r);
}

static void cancel_and_free_in_mid_stream_leave_nothing(void **state)
{
    (void)state;
    static const fault_step stalls[] = { { FAULT_SEND, OPEN DELTA("part"), 0 },
                                         { FAULT_HANG, NULL, 0 },
                                         END_STEPS };
    static const fault_step held[] = { { FAULT_SEND, OPEN DELTA("all") STOP DONE, 0 },
                                       { FAULT_HANG, NULL, 0 },
                                       END_STEPS };
    const fault_step *scripts[] = { stalls, held }; /* also while the end is waited for */
    for (int i = 0; i < 2; i++) {
        rig r;
        rig_init(&r);
        fault_server_play(r.server, scripts[i]);
        assert_int_equal(glimpse_engine_new(r.base, &r.config, &r.engine, NULL), GLIMPSE_OK);
        glimpse_chat chat = { .body = BODY };
        glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                      .on_text = on_text,
                                      .on_result = on_result };
        glimpse_id id;
        assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &r, &id),
                         GLIMPSE_OK);
        while (r.pieces == 0) event_base_loop(r.base, EVLOOP_ONCE);
        glimpse_cancel(r.engine, id);
        while (r.results == 0) event_base_loop(r.base, EVLOOP_ONCE);
        assert_int_equal(glimpse_result_status(r.result), GLIMPSE_STATUS_CANCELLED);
        r.pieces = 0;
        assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &r, &id),
                         GLIMPSE_OK);
        while (r.pieces == 0) event_base_loop(r.base, EVLOOP_ONCE);
        rig_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_told_as_it_comes_and_merged),
        cmocka_unit_test(reasoning_is_an_arrival_and_the_first_answer_comes_behind_it),
        cmocka_unit_test(a_chunked_stream_leaves_its_connection_to_the_next),
        cmocka_unit_test(a_stream_that_is_cut_is_truncated_and_keeps_its_text),
        cmocka_unit_test(a_cut_stream_that_nobody_heard_is_sent_again),
        cmocka_unit_test(a_stream_without_done_is_whole_once_it_has_finished),
        cmocka_unit_test(after_done_nobody_waits_for_the_server),
        cmocka_unit_test(an_error_inside_is_one_in_each_form),
        cmocka_unit_test(an_error_before_any_text_is_retried),
        cmocka_unit_test(what_is_hopeless_within_a_stream_is_not_retried),
        cmocka_unit_test(a_stream_that_stalls_is_idle),
        cmocka_unit_test(comments_alone_do_not_outlast_the_deadline),
        cmocka_unit_test(single_byte_writes_make_the_same_answer),
        cmocka_unit_test(an_event_of_a_mebibyte_comes_through),
        cmocka_unit_test(an_endless_stream_ends_at_the_limit),
        cmocka_unit_test(an_answer_that_is_no_stream_is_read_as_what_it_is),
        cmocka_unit_test(an_echoed_key_is_covered_also_where_pieces_meet),
        cmocka_unit_test(cancel_and_free_in_mid_stream_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
