/* dialects.c - what servers send in other framings than were asked for, over a real wire: read as
 * what it is, told once, and never paid for twice. */
#include "stream_rig.h"

#define PLAIN  "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"
#define EVENTS DELTA("Good ") DELTA("day") STOP DONE
#define ANSWER                                                                                     \
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"  \
    "\"Good day\"},\"finish_reason\":\"stop\"}]}"

/* What a server that answers every request so is taken for. `type` is a header line or "". */
static const glimpse_result *ask_for(rig *r, const char *path, const char *body, const char *status,
                                     const char *type, const char *answer)
{
    static char head[256];
    static fault_step script[4]; /* outlives this, for what is asked again */
    snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sConnection: close\r\n\r\n", status, type);
    script[0] = (fault_step){ FAULT_SEND, head, 0 };
    script[1] = (fault_step){ FAULT_SEND, answer, 0 };
    script[2] = (fault_step){ FAULT_CLOSE, NULL, 0 };
    script[3] = (fault_step)END_STEPS;
    rig_init(r);
    fault_server_play(r->server, script);
    return ask_at(r, path, body);
}

/* on_text tells of a stream that was asked for all of it, once; of anything else nothing. */
static void assert_answer(rig *r, const glimpse_result *result, bool asked)
{
    if (glimpse_result_status(result) != GLIMPSE_STATUS_ALIGNED)
        fail_msg("%s", glimpse_result_error_message(result));
    assert_string_equal(glimpse_result_text(result, NULL), "Good day");
    assert_string_equal(r->text.data, asked ? "Good day" : "");
    assert_string_equal(glimpse_result_finish_reason(result), "stop");
    assert_int_equal(glimpse_result_attempts(result), 1);
    assert_int_equal(fault_server_requests(r->server), 1);
}

static const char *const types[] = { "Content-Type: text/event-stream\r\n",
                                     "Content-Type: application/json\r\n",
                                     "Content-Type: text/plain\r\n",
                                     "Content-Type: application/octet-stream\r\n", "" };
enum { TYPES = sizeof types / sizeof *types };

static void a_stream_is_read_whatever_its_content_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * TYPES; i++) {
        rig r;
        bool asked = i % 2 == 0;
        assert_answer(&r, ask_for(&r, NULL, asked ? BODY : PLAIN, "200 OK", types[i / 2], EVENTS),
                      asked);
        rig_end(&r);
    }
}

static void one_body_where_a_stream_was_asked_is_the_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        rig r;
        assert_answer(&r, ask_for(&r, NULL, BODY, "200 OK", types[i], ANSWER), true);
        assert_false(glimpse_result_no_done(r.result));
        rig_end(&r);
        assert_answer(&r, ask_for(&r, NULL, BODY, "200 OK", types[i], " \n" ANSWER "\n"), true);
        rig_end(&r);
    }
}

static void the_framing_is_known_also_of_single_bytes(void **state)
{
    (void)state;
    static const char *const answers[] = { "\xEF\xBB\xBF\r\n" EVENTS, ": c\n\n" EVENTS,
                                           "event: message\n" EVENTS, "id:1\n" EVENTS,
                                           "retry: 5\n" EVENTS,       ANSWER };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const fault_step script[] = { { FAULT_SEND, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
                                        0 },
                                      { FAULT_DRIP, answers[i], 0 },
                                      { FAULT_CLOSE, NULL, 0 },
                                      END_STEPS };
        rig r;
        rig_init(&r);
        fault_server_play(r.server, script);
        assert_answer(&r, ask_at(&r, NULL, PLAIN), false);
        rig_end(&r);
    }
}

static void a_body_too_short_to_be_told_is_what_it_is(void **state)
{
    (void)state;
    static const char *const bodies[] = { "dat", "\xEF\xBB", "event" };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        rig r;
        const glimpse_result *result = ask_for(&r, NULL, BODY, "200 OK", types[0], bodies[i]);
        assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ERROR);
        assert_true(glimpse_result_error(result) == GLIMPSE_ERR_BAD_JSON ||
                    glimpse_result_error(result) == GLIMPSE_ERR_BAD_UTF8);
        rig_end(&r);
    }
}

static void responses_are_read_in_either_framing_too(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"object\":\"response\",\"status\":\"completed\",\"output\":[{\"type\":\"message\","
        "\"content\":[{\"type\":\"output_text\",\"text\":\"Good day\"}]}]}";
    static const char stream[] =
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
        "\"delta\":\"Good day\"}\n\n"
        "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\","
        "\"output\":[]}}\n\n";
    static const char event[] =
        "data: {\"object\":\"response\",\"status\":\"completed\",\"output\":[{\"type\":"
        "\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Good day\"}]}]}\n\n";
    const char *answers[] = { whole, stream, event };
    for (int i = 0; i < 6; i++) {
        rig r;
        const char *body = i % 2 == 0 ? "{\"input\":\"q\",\"stream\":true}" : "{\"input\":\"q\"}";
        const glimpse_result *result =
            ask_for(&r, "/responses", body, "200 OK", types[i % TYPES], answers[i / 2]);
        assert_string_equal(glimpse_result_text(result, NULL), "Good day");
        assert_string_equal(r.text.data, i % 2 == 0 ? "Good day" : "");
        assert_int_equal(fault_server_requests(r.server), 1);
        rig_end(&r);
    }
}

static void an_error_as_an_event_under_a_4xx_is_judged_as_in_a_plain_body(void **state)
{
    (void)state;
    static const struct {
        const char *status, *answer;
        glimpse_status is;
        const char *code;
        size_t requests; /* of 3 attempts */
    } table[] = {
        { "400 Bad Request",
          "data: {\"error\":{\"message\":\"top_p\",\"code\":\"bad_top_p\"}}\n\ndata: [DONE]\n\n",
          GLIMPSE_STATUS_BAD_REQUEST, "bad_top_p", 1 },
        { "400 Bad Request", "event: error\ndata: {\"message\":\"top_p\",\"code\":\"c\"}\n",
          GLIMPSE_STATUS_BAD_REQUEST, "c", 1 },
        { "429 Too Many Requests",
          "data: {\"error\":{\"message\":\"pay\",\"type\":\"insufficient_quota\"}}\n\n",
          GLIMPSE_STATUS_RATE_LIMITED, "quota", 1 },
        { "429 Too Many Requests",
          "data: {\"error\":{\"message\":\"slow\",\"type\":\"requests\"}}\n\n",
          GLIMPSE_STATUS_RATE_LIMITED, "requests", 3 },
        { "401 Unauthorized",
          ": hello\n\ndata: {\"error\":{\"message\":\"key\",\"code\":\"invalid_api_key\"}}\n\n",
          GLIMPSE_STATUS_AUTH_ERROR, "invalid_api_key", 1 },
        { "500 Oops", "data: {\"error\":{\"message\":\"oops\",\"code\":\"x\"}}\n\n",
          GLIMPSE_STATUS_SERVER_ERROR, "x", 3 },
    };
    for (size_t i = 0; i < 2 * (sizeof table / sizeof *table); i++) {
        rig r;
        const glimpse_result *result =
            ask_for(&r, NULL, i % 2 == 0 ? BODY : PLAIN, table[i / 2].status, types[i % TYPES],
                    table[i / 2].answer);
        assert_int_equal(glimpse_result_status(result), table[i / 2].is);
        assert_string_equal(glimpse_result_error_code(result), table[i / 2].code);
        assert_int_equal(fault_server_requests(r.server), table[i / 2].requests);
        assert_int_equal(strlen(glimpse_result_error_message(result)) < 8, true);
        rig_end(&r);
    }
    /* Events that are no error leave the body what it is. */
    rig r;
    const glimpse_result *result = ask_for(&r, NULL, BODY, "400 X", types[0], EVENTS);
    assert_non_null(strstr(glimpse_result_error_message(result), "it begins: data: {"));
    rig_end(&r);
}

static void an_error_on_a_line_of_its_own_is_found_and_a_hopeless_one_not_repeated(void **state)
{
    (void)state;
    static const char error[] =
        "{\"error\":{\"message\":\"8192 tokens\",\"code\":\"context_length_exceeded\"}}";
    static const struct {
        const char *before, *after;
    } table[] = {
        { "", "\n" },                         /* all there is: a plain body */
        { "", "\n\ndata: [DONE]\n\n" },       /* the first line of what was to be a stream */
        { ": c\n\n", "\n" },                  /* within one */
        { "data: {\"choices\":[]}\n\n", "" }, /* its last line, which nothing ends */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char answer[256];
        snprintf(answer, sizeof answer, "%s%s%s", table[i].before, error, table[i].after);
        rig r;
        const glimpse_result *result = ask_for(&r, NULL, BODY, "200 OK", types[0], answer);
        assert_string_equal(glimpse_result_error_code(result), "context_length_exceeded");
        assert_string_equal(glimpse_result_error_message(result), "8192 tokens");
        assert_int_equal(fault_server_requests(r.server), 1);
        rig_end(&r);
    }
}

static void a_stream_behind_a_first_line_of_something_else_is_read(void **state)
{
    (void)state;
    rig r;
    assert_answer(&r, ask_for(&r, NULL, BODY, "200 OK", types[0], "OK\n" EVENTS), true);
    rig_end(&r);
    /* A page that only looks like one is quoted as what it is. */
    const glimpse_result *result =
        ask_for(&r, NULL, BODY, "200 OK", types[2], "<html>\ndata: of ours\n</html>");
    assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_BAD_JSON);
    assert_non_null(strstr(glimpse_result_error_message(result), "it begins: <html>"));
    rig_end(&r);
}

static void a_cut_behind_a_blank_finish_reason_is_asked_again(void **state)
{
    (void)state;
#define BLANK                                                                                      \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"},\"finish_reason\":\"\"}]}"  \
    "\n\n"
    static const fault_step closed[] = { { FAULT_SEND, OPEN BLANK, 0 },
                                         { FAULT_CLOSE, NULL, 0 },
                                         END_STEPS };
    static const fault_step chunked[] = { { FAULT_SEND, CHUNKED "5A\r\n" BLANK, 0 },
                                          { FAULT_CLOSE, NULL, 0 },
                                          END_STEPS };
    static const fault_step reset[] = { { FAULT_SEND, CHUNKED "5A\r\n" BLANK, 0 },
                                        { FAULT_PAUSE, NULL, 20 },
                                        { FAULT_RESET, NULL, 0 },
                                        END_STEPS };
    static const fault_step whole[] = { { FAULT_SEND, OPEN EVENTS, 0 },
                                        { FAULT_CLOSE, NULL, 0 },
                                        END_STEPS };
    const fault_step *scripts[] = { closed, chunked, reset };
    for (int i = 0; i < 3; i++) {
        rig r;
        rig_init(&r);
        const glimpse_result *result = ask(&r, scripts[i]); /* its text was told: not again */
        assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_STREAM_TRUNCATED);
        assert_string_equal(glimpse_result_partial(result, NULL), "Half");
        r.listens = false;
        fault_server_play_once(r.server, scripts[i]);
        result = ask(&r, whole);
        assert_string_equal(glimpse_result_text(result, NULL), "Good day");
        assert_int_equal(glimpse_result_attempts(result), 2);
        rig_end(&r);
    }
}

static void an_empty_answer_is_told_apart_and_never_cached(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}",
        "data: "
        "{\"choices\":[{\"delta\":{\"reasoning\":\"hm\"},\"finish_reason\":\"stop\"}]}\n\n" DONE
    };
    for (int i = 0; i < 2; i++) {
        rig r;
        char *record = NULL;
        const glimpse_result *result = ask_for(&r, NULL, PLAIN, "200 OK", types[0], answers[i]);
        assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
        assert_true(glimpse_result_empty(result));
        assert_int_equal(glimpse_result_to_json(result, NULL, &record, NULL), GLIMPSE_OK);
        assert_non_null(strstr(record, "\"empty\":true"));
        glimpse_free(record);
        result = ask_at(&r, NULL, PLAIN); /* the same again is asked again */
        assert_int_equal(glimpse_result_source(result), GLIMPSE_SOURCE_LIVE);
        assert_int_equal(fault_server_requests(r.server), 2);
        rig_end(&r);
    }
    rig r;
    assert_false(glimpse_result_empty(ask_for(&r, NULL, PLAIN, "200 OK", types[0], ANSWER)));
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_read_whatever_its_content_type),
        cmocka_unit_test(one_body_where_a_stream_was_asked_is_the_answer),
        cmocka_unit_test(the_framing_is_known_also_of_single_bytes),
        cmocka_unit_test(a_body_too_short_to_be_told_is_what_it_is),
        cmocka_unit_test(responses_are_read_in_either_framing_too),
        cmocka_unit_test(an_error_as_an_event_under_a_4xx_is_judged_as_in_a_plain_body),
        cmocka_unit_test(an_error_on_a_line_of_its_own_is_found_and_a_hopeless_one_not_repeated),
        cmocka_unit_test(a_stream_behind_a_first_line_of_something_else_is_read),
        cmocka_unit_test(a_cut_behind_a_blank_finish_reason_is_asked_again),
        cmocka_unit_test(an_empty_answer_is_told_apart_and_never_cached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
