/* Streams as servers of each kind send them: how they end, what is text, what their lines are. What
 * is claimed here is what docs/dialects.md says of them. */
#include "dialect_rig.h"

/* --- ends --- */

static void a_blank_finish_reason_is_none_and_a_cut_behind_it_a_cut(void **state)
{
    (void)state;
    static const char *const placeholders[] = {
        "\"\"",        "\" \"", "\"null\"", "\"None\"", "\"FINISH_REASON_UNSPECIFIED\"",
        "\"unknown\"", "null",  "false"
    };
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++) {
        char stream[1024];
        static const char *const ends[] = { "", DONE };
        for (int announced = 0; announced < 2; announced++) {
            snprintf(stream, sizeof stream,
                     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"},"
                     "\"finish_reason\":%s}]}\n\n%s",
                     placeholders[i], ends[announced]);
            if (!announced) assert_reads(stream, GLIMPSE_ERR_STREAM_TRUNCATED, "Half", NULL);
        } /* announced, but nobody said that no limit cut it */
        reading r = read_as(stream, GLIMPSE_OK, "Half", "\"finish_reason\":null");
        assert_false(r.outcome.complete);
        assert_null(r.outcome.sample.finish_reason);
        reading_end(&r);
    }
}

static void a_blank_finish_reason_takes_no_other_away(void **state)
{
    (void)state;
    reading r = read_as(SAY("Cut", "null") END("\"length\"") END("\"\"") DONE, GLIMPSE_OK, "Cut",
                        "\"finish_reason\":\"length\"");
    assert_false(r.outcome.complete);
    assert_string_equal(r.outcome.sample.finish_reason, "length");
    reading_end(&r);
}

static void nothing_and_no_named_end_is_an_error(void **state)
{
    (void)state;
    assert_reads(DELTA("\"role\":\"assistant\",\"content\":\"\"") DONE, GLIMPSE_ERR_EMPTY_BODY, "",
                 "no text, no call, no finish reason");
    assert_reads(DONE, GLIMPSE_ERR_EMPTY_BODY, "", "the stream held no answer");
    assert_reads("data: {\"id\":\"x\",\"choices\":null,\"note\":\"why\"}\n\n" DONE,
                 GLIMPSE_ERR_EMPTY_BODY, "", "\"note\":\"why\"");
    /* A call, an image or thoughts are something. */
    assert_reads(DELTA("\"reasoning_content\":\"hm\"") DONE, GLIMPSE_OK, "", "\"hm\"");
    assert_reads(DELTA("\"images\":[{\"type\":\"image_url\"}]") DONE, GLIMPSE_OK, "", NULL);
}

static void an_empty_text_with_a_named_end_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *stream;
        bool empty;
    } table[] = {
        { DELTA("\"role\":\"assistant\",\"content\":\"\"") STOP DONE, true },
        { DELTA("\"reasoning_content\":\"hm\"") STOP DONE, true },
        { SAY("x", "null") STOP DONE, false },
        { DELTA("\"refusal\":\"No.\"") STOP DONE, false },
        { DELTA("\"audio\":{\"id\":\"a\",\"data\":\"AA\"}") STOP DONE, false },
        { DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}]")
              STOP DONE,
          false },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        reading r;
        read_steps(&r, CHAT, table[i].stream, 1);
        assert_int_equal(r.outcome.error, GLIMPSE_OK);
        assert_int_equal(r.outcome.empty, table[i].empty);
        if (table[i].empty) assert_false(r.outcome.complete);
        reading_end(&r);
    }
}

static void a_filter_by_any_name_is_one_in_a_stream_too(void **state)
{
    (void)state;
    assert_reads(SAY("Half", "null") END("\"SAFETY\"") DONE, GLIMPSE_ERR_CONTENT_FILTER, "Half",
                 NULL);
    assert_reads(SAY("Half", "\"sensitive\"") DONE, GLIMPSE_ERR_CONTENT_FILTER, "Half", NULL);
}

static void a_finish_reason_that_names_a_failure_ends_the_stream_with_it(void **state)
{
    (void)state;
    reading r = read_as(SAY("Half", "null") END("\"insufficient_system_resource\"") DONE,
                        GLIMPSE_ERR_STREAM_ERROR, "Half", NULL);
    assert_string_equal(r.outcome.error_code, "insufficient_system_resource");
    assert_int_equal(r.outcome.error_status, 503);
    reading_end(&r);
}

/* --- contents --- */

static void parts_in_a_delta_are_text_as_in_a_plain_answer(void **state)
{
    (void)state;
    assert_reads(DELTA("\"content\":[" THINKING("hm") "]") DELTA("\"content\":[" PART("Good ") "]")
                     SAY("d\\\"a", "null") SAY("y", "null") STOP DONE,
                 GLIMPSE_OK, "Good d\"ay",
                 "\"content\":[" THINKING("hm") "," PART("Good d\\\"ay") "]");
    assert_reads(DELTA("\"content\":[" PART("Good day") "]") STOP DONE, GLIMPSE_OK, "Good day",
                 "\"content\":[" PART("Good day") "]");
    assert_reads(SAY("A", "null") DELTA("\"content\":[" PART("B") ",\"C\"," THINKING("x") "]")
                     STOP DONE,
                 GLIMPSE_OK, "ABC", "\"content\":[" PART("ABC") "," THINKING("x") "]");
    /* One that says more than its text stays as it is. */
    assert_reads(DELTA("\"content\":[{\"type\":\"text\",\"text\":\"A\",\"index\":3}]")
                     DELTA("\"content\":[" PART("B") "]") STOP DONE,
                 GLIMPSE_OK, "AB",
                 "\"content\":[{\"type\":\"text\",\"text\":\"A\",\"index\":3}," PART("B") "]");
    /* One outside of a list, and none. */
    assert_reads(DELTA("\"content\":" PART("Good ")) DELTA("\"content\":" PART("day")) STOP DONE,
                 GLIMPSE_OK, "Good day", "\"content\":[" PART("Good day") "]");
    assert_reads(DELTA("\"content\":[]") STOP DONE, GLIMPSE_OK, "", "\"content\":[]");
}

static void a_content_that_cannot_be_read_is_an_error_and_never_dropped(void **state)
{
    (void)state;
    static const char *const odd[] = { "{\"image\":\"x\"}", "5", "true" };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char stream[1024];
        snprintf(stream, sizeof stream,
                 "%sdata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%s}}]}\n\n%s%s",
                 SAY("x", "null"), odd[i], STOP, DONE);
        assert_reads(stream, GLIMPSE_ERR_BAD_JSON, "x", odd[i]);
        snprintf(stream, sizeof stream, "data: {\"choices\":[{\"index\":0,\"text\":%s}]}\n\n%s%s",
                 odd[i], STOP, DONE);
        assert_reads(stream, GLIMPSE_ERR_BAD_JSON, "", odd[i]);
    }
    assert_reads(CHUNK("{\"delta\":\"text\"}") STOP DONE, GLIMPSE_ERR_BAD_JSON, "", NULL);
    assert_reads("data: {\"choices\":{\"delta\":{}}}\n\n" DONE, GLIMPSE_ERR_BAD_JSON, "", NULL);
}

static void the_whole_answer_in_one_event_is_read(void **state)
{
    (void)state;
    static const char message[] =
        "data: {\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
        "\"assistant\",\"content\":\"Good day\"},\"finish_reason\":\"stop\"}]}\n\n";
    char stream[1024];
    snprintf(stream, sizeof stream, "%s%s", message, DONE);
    assert_reads(stream, GLIMPSE_OK, "Good day", NULL);
    assert_reads(message, GLIMPSE_OK, "Good day", NULL);
    /* Told once more behind the end, it is the same answer. */
    snprintf(stream, sizeof stream, "%s%s%s", message, message, DONE);
    assert_reads(stream, GLIMPSE_OK, "Good day", NULL);
}

static void a_message_beside_each_delta_is_not_text_again(void **state)
{
    (void)state;
    reading r = read_as(
        CHUNK("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Good \"},\"message\":{"
              "\"role\":\"assistant\",\"content\":\"Good \"},\"finish_reason\":null}")
            CHUNK("{\"index\":0,\"delta\":{\"content\":\"day\"},\"message\":{\"content\":"
                  "\"Good day\"},\"finish_reason\":\"stop\"}"),
        GLIMPSE_OK, "Good day", "\"content\":\"Good day\"");
    assert_true(r.end.no_done);
    reading_end(&r);
}

/* --- lines --- */

static void an_error_on_a_line_of_its_own_is_that_error(void **state)
{
    (void)state;
    static const char error[] =
        "{\"error\":{\"message\":\"the window is 8192\",\"code\":\"context_length_exceeded\"}}";
    static const char pretty[] = "{\n  \"error\": {\n    \"message\": \"the window is 8192\",\n"
                                 "    \"code\": \"context_length_exceeded\"\n  }\n}";
    static const struct {
        const char *before, *error, *after;
    } table[] = {
        { SAY("Half", "null"), error, "\n" },
        { SAY("Half", "null"), error, "" }, /* the end of the stream ends it too */
        { SAY("Half", "null"), error, "\n\n" DONE },
        { SAY("Half", "null"), error, "\n" DONE },
        { SAY("Half", "null"), pretty, "\n" },
        { SAY("Half", "null"), pretty, "\r\n\r\n" },
        { SAY("Half", "null") "event: error\n", error, "\n" },
        { SAY("Half", "null") "data: ", error, "" }, /* an event that no blank line ended */
        { SAY("Half", "null") "data: {\"choices\":[{\"del\n", error, "\n\n" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char stream[1024];
        snprintf(stream, sizeof stream, "%s%s%s", table[i].before, table[i].error, table[i].after);
        reading r = read_as(stream, GLIMPSE_ERR_STREAM_ERROR, "Half", "the window is 8192");
        assert_string_equal(r.outcome.error_code, "context_length_exceeded");
        reading_end(&r);
    }
}

static void a_chunk_on_a_line_of_its_own_is_a_chunk_and_other_lines_are_nothing(void **state)
{
    (void)state;
    assert_reads(SAY("a", "null") "{\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n" STOP DONE,
                 GLIMPSE_OK, "ab", NULL);
    assert_reads(SAY("a", "null") "{ no JSON\n\n[neither\n" STOP DONE, GLIMPSE_OK, "a", NULL);
}

static void heartbeats_within_data_do_not_spoil_a_stream(void **state)
{
    (void)state;
    static const char *const beats[] = { "data: : PROCESSING\n\n",
                                         "data: ping\n\n",
                                         "data: null\n\n",
                                         "data:  \n\n",
                                         "data: \"\"\n\n",
                                         "data: {}\n\n",
                                         "event: ping\ndata: 1700000000\n\n" };
    for (size_t i = 0; i < sizeof beats / sizeof *beats; i++) {
        char stream[1024];
        snprintf(stream, sizeof stream, "%s%s%s%s%s%s", beats[i], SAY("a", "null"), beats[i],
                 SAY("b", "null"), STOP, DONE);
        assert_reads(stream, GLIMPSE_OK, "ab", NULL);
        snprintf(stream, sizeof stream, "%s%s", SAY("a", "null"), beats[i]);
        assert_reads(stream, GLIMPSE_ERR_STREAM_TRUNCATED, "a", NULL);
    }
    /* If no more than words came, they are told. */
    assert_reads(SAY("a", "null") "data: upstream went away\n\n", GLIMPSE_ERR_STREAM_TRUNCATED, "a",
                 "upstream went away");
}

static void chunks_without_choices_delta_or_index_are_read(void **state)
{
    (void)state;
    assert_reads("data: {\"id\":\"c1\",\"choices\":null}\n\n"
                 "data: {\"id\":\"c1\"}\n\n"
                 "data: {\"id\":\"c1\",\"choices\":[]}\n\n"
                 "data: {\"choices\":[{\"delta\":null}]}\n\n"
                 "data: {\"choices\":[{\"index\":null,\"delta\":{\"content\":null}}]}\n\n"
                 "data: {\"choices\":[{\"delta\":{\"content\":\"a\",\"tool_calls\":null}}]}\n\n"
                 "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n" DONE,
                 GLIMPSE_OK, "a", "\"id\":\"c1\"");
}

static void fields_and_comments_around_data_are_no_data(void **state)
{
    (void)state;
    assert_reads(
        "id:1\nevent:result\n:HTTP_STATUS/200\n" SAY(
            "a", "\"null\"") "id:2\nevent:result\n:HTTP_STATUS/200\n" SAY("b",
                                                                          "\"stop\"") "\n\nretry: "
                                                                                      "5\n\ndata:"
                                                                                      "\n\ndata:["
                                                                                      "DONE]\n\n",
        GLIMPSE_OK, "ab", NULL);
}

static void what_a_stream_without_choices_says_is_told(void **state)
{
    (void)state;
    reading r = read_as("data: {\"id\":\"x\",\"choices\":null,\"base_resp\":{\"status_code\":1002,"
                        "\"status_msg\":\"too many a minute\"}}\n\n" DONE,
                        GLIMPSE_ERR_STREAM_ERROR, "", "too many a minute");
    assert_string_equal(r.outcome.error_code, "1002");
    assert_int_equal(r.outcome.error_status, 429);
    reading_end(&r);
    /* One that says that all is well is kept. */
    assert_reads("data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}],"
                 "\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}}\n\n" DONE,
                 GLIMPSE_OK, "a", "\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}");
}

static void an_error_glued_to_a_cut_event_is_quoted(void **state)
{
    (void)state;
    assert_reads(SAY("a", "null") "data: {\"choices\":[{\"del"
                                  "data: {\"error\":{\"message\":\"gone\"}}\n\n",
                 GLIMPSE_ERR_BAD_JSON, "a", "gone");
}

static void a_choice_that_never_ends_makes_the_stream_a_cut_one(void **state)
{
    (void)state;
    assert_reads(CHUNK("{\"index\":1,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"\"}")
                     SAY("a", "null") STOP,
                 GLIMPSE_ERR_STREAM_TRUNCATED, "a", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_finish_reason_is_none_and_a_cut_behind_it_a_cut),
        cmocka_unit_test(a_blank_finish_reason_takes_no_other_away),
        cmocka_unit_test(nothing_and_no_named_end_is_an_error),
        cmocka_unit_test(an_empty_text_with_a_named_end_is_told_apart),
        cmocka_unit_test(a_filter_by_any_name_is_one_in_a_stream_too),
        cmocka_unit_test(a_finish_reason_that_names_a_failure_ends_the_stream_with_it),
        cmocka_unit_test(parts_in_a_delta_are_text_as_in_a_plain_answer),
        cmocka_unit_test(a_content_that_cannot_be_read_is_an_error_and_never_dropped),
        cmocka_unit_test(the_whole_answer_in_one_event_is_read),
        cmocka_unit_test(a_message_beside_each_delta_is_not_text_again),
        cmocka_unit_test(an_error_on_a_line_of_its_own_is_that_error),
        cmocka_unit_test(a_chunk_on_a_line_of_its_own_is_a_chunk_and_other_lines_are_nothing),
        cmocka_unit_test(heartbeats_within_data_do_not_spoil_a_stream),
        cmocka_unit_test(chunks_without_choices_delta_or_index_are_read),
        cmocka_unit_test(fields_and_comments_around_data_are_no_data),
        cmocka_unit_test(what_a_stream_without_choices_says_is_told),
        cmocka_unit_test(an_error_glued_to_a_cut_event_is_quoted),
        cmocka_unit_test(a_choice_that_never_ends_makes_the_stream_a_cut_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
