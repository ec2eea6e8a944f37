/* Calls of tools, and members that no chunk is known to hold, as servers of each kind send them: a
 * streamed answer has no less than a plain one. docs/dialects.md says who sends what. */
#include "dialect_rig.h"

#include "oom.h"

/* --- calls --- */

#define CALL(call) DELTA("\"tool_calls\":[{" call "}]")

static void another_id_under_a_used_index_begins_another_call(void **state)
{
    (void)state;
    assert_reads(
        CALL("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}")
            CALL("\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"clock\",\"arguments\":\"[\"}")
                CALL("\"index\":0,\"function\":{\"arguments\":\"]\"}") END("\"tool_calls\"") DONE,
        GLIMPSE_OK, "",
        "\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"weather\","
        "\"arguments\":\"{}\"}},{\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":"
        "\"clock\",\"arguments\":\"[]\"}}]");
    /* Without ids, another name behind arguments does. */
    assert_reads(CALL("\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}")
                     CALL("\"index\":0,\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}")
                         END("\"tool_calls\"") DONE,
                 GLIMPSE_OK, "", "\"name\":\"g\",\"arguments\":\"{}\"}}]");
}

static void an_id_that_is_repeated_or_made_anew_for_each_delta_begins_none(void **state)
{
    (void)state;
    static const char *const second[] = { "\"index\":0,\"id\":\"a\"", "\"index\":0,\"id\":\"z\"",
                                          "\"index\":0,\"id\":\"\"", "\"id\":\"a\"" };
    for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
        char stream[1024];
        snprintf(stream, sizeof stream,
                 "%sdata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{%s,\"function\":{"
                 "\"name\":null,\"arguments\":\"2\"}}]}}]}\n\n%s%s",
                 CALL("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"1\"}"),
                 second[i], END("\"tool_calls\""), DONE);
        assert_reads(stream, GLIMPSE_OK, "",
                     "\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":"
                     "\"f\",\"arguments\":\"12\"}}]");
    }
}

static void arguments_that_are_an_object_are_kept_as_one(void **state)
{
    (void)state;
    assert_reads(
        CALL("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":{\"c\":1}}")
            END("\"tool_calls\"") DONE,
        GLIMPSE_OK, "", "\"function\":{\"name\":\"f\",\"arguments\":{\"c\":1}}");
}

static void one_call_outside_of_a_list_is_a_call_and_an_odd_one_an_error(void **state)
{
    (void)state;
    assert_reads(DELTA("\"tool_calls\":{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":"
                       "\"{}\"}}") END("\"tool_calls\"") DONE,
                 GLIMPSE_OK, "",
                 "\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                 "\"arguments\":\"{}\"}}]");
    static const char *const nothing[] = {
        "\"tool_calls\":null",    "\"tool_calls\":[]",      "\"tool_calls\":[null]",
        "\"tool_calls\":{}",      "\"tool_calls\":\"\"",    "\"refusal\":false",
        "\"function_call\":null", "\"function_call\":\"\"",
    };
    static const char *const odd[] = { "\"tool_calls\":\"f()\"", "\"tool_calls\":[7]",
                                       "\"refusal\":{\"a\":1}", "\"function_call\":\"f\"" };
    char stream[512];
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        snprintf(stream, sizeof stream, "data: {\"choices\":[{\"delta\":{%s}}]}\n\n%s%s%s",
                 nothing[i], SAY("a", "null"), STOP, DONE);
        assert_reads(stream, GLIMPSE_OK, "a", NULL);
    }
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        snprintf(stream, sizeof stream, "data: {\"choices\":[{\"delta\":{%s}}]}\n\n%s%s%s", odd[i],
                 SAY("a", "null"), STOP, DONE);
        assert_reads(stream, GLIMPSE_ERR_BAD_JSON, "", odd[i]);
    }
}

static void more_calls_than_a_choice_may_have_are_an_error(void **state)
{
    (void)state;
    gl_buf stream;
    gl_buf_init(&stream, SIZE_MAX / 2);
    for (int i = 0; i < 129; i++)
        gl_buf_printf(&stream,
                      "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
                      "\"id\":\"c%d\",\"function\":{\"name\":\"f\"}}]}}]}\n\n",
                      i);
    gl_buf_append_str(&stream, STOP DONE);
    assert_true(gl_buf_terminate(&stream));
    assert_reads(stream.data, GLIMPSE_ERR_BAD_JSON, "", NULL);
    gl_buf_free(&stream);
}

/* --- what nobody here knows by name --- */

static void strings_append_arrays_extend_and_the_last_scalar_stands_in_a_delta(void **state)
{
    (void)state;
    assert_reads(DELTA("\"audio\":{\"id\":\"au\",\"transcript\":\"Good \",\"expires_at\":1}")
                     DELTA("\"audio\":{\"id\":\"au\",\"transcript\":\"day\",\"data\":\"AA\","
                           "\"expires_at\":2}") STOP DONE,
                 GLIMPSE_OK, "",
                 "\"audio\":{\"id\":\"au\",\"transcript\":\"Good day\",\"expires_at\":2,"
                 "\"data\":\"AA\"}");
    assert_reads(DELTA("\"reasoning_details\":[{\"type\":\"t\",\"text\":\"a\"}]")
                     DELTA("\"reasoning_details\":[]")
                         DELTA("\"reasoning_details\":[ {\"type\":\"t\",\"text\":\"b\"} ]")
                             STOP DONE,
                 GLIMPSE_OK, "",
                 "\"reasoning_details\":[{\"type\":\"t\",\"text\":\"a\"},"
                 "{\"type\":\"t\",\"text\":\"b\"}]");
    assert_reads(DELTA("\"images\":[{\"url\":\"A\"}],\"annotations\":null")
                     DELTA("\"images\":[{\"url\":\"B\"}],\"annotations\":[1]") STOP DONE,
                 GLIMPSE_OK, "",
                 "\"images\":[{\"url\":\"A\"},{\"url\":\"B\"}],\"annotations\":[1]");
    assert_reads(DELTA("\"reasoning\":\"h\\ud83d\",\"channel\":\"final\",\"n\":1")
                     DELTA("\"reasoning\":\"\\ude00\",\"channel\":\"final\",\"n\":null") STOP DONE,
                 GLIMPSE_OK, "", "\"reasoning\":\"h\\ud83d\\ude00\",\"channel\":\"final\",\"n\":1");
    /* Another kind takes the place of the first; what is empty never does. */
    assert_reads(DELTA("\"x\":\"a\",\"y\":{\"z\":1},\"w\":[1]")
                     DELTA("\"x\":{\"b\":[]},\"y\":\"\",\"w\":\"s\"") STOP DONE,
                 GLIMPSE_OK, "", "\"x\":{\"b\":[]},\"y\":{\"z\":1},\"w\":\"s\"");
}

static void a_call_keeps_what_is_said_of_it_and_of_its_function(void **state)
{
    (void)state;
    assert_reads(
        CALL("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\","
             "\"sig\":\"x\"},\"extra_content\":{\"google\":{\"thought_signature\":\"c2\"}}")
            CALL("\"index\":0,\"function\":{\"arguments\":\"}\",\"sig\":\"y\"},"
                 "\"extra_content\":{\"google\":{\"thought_signature\":\"ln\"}}") STOP DONE,
        GLIMPSE_OK, "",
        "\"function\":{\"name\":\"f\",\"arguments\":\"{}\",\"sig\":\"xy\"},"
        "\"extra_content\":{\"google\":{\"thought_signature\":\"c2ln\"}}}]");
}

static void of_a_choice_the_last_word_stands_and_its_lists_go_on(void **state)
{
    (void)state;
    assert_reads(CHUNK("{\"index\":0,\"delta\":{\"content\":\"a\"},\"native\":\"x\",\"token_ids\":"
                       "[1],\"content_filter_results\":{\"hate\":{\"filtered\":false}}}")
                     CHUNK("{\"index\":0,\"delta\":{\"content\":\"b\"},\"native\":\"STOP\","
                           "\"token_ids\":[2,3],\"stop_reason\":7,\"finish_reason\":\"stop\"}")
                         DONE,
                 GLIMPSE_OK, "ab",
                 "\"finish_reason\":\"stop\",\"native\":\"STOP\",\"token_ids\":[1,2,3],"
                 "\"content_filter_results\":{\"hate\":{\"filtered\":false}},\"stop_reason\":7}");
    assert_reads("data: {\"choices\":[{\"text\":\"a\",\"logprobs\":{\"tokens\":[\"a\"],"
                 "\"token_logprobs\":[-1]}}]}\n\n"
                 "data: {\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\",\"logprobs\":{"
                 "\"tokens\":[\"b\"],\"token_logprobs\":[-2]}}]}\n\n" DONE,
                 GLIMPSE_OK, "ab",
                 "\"logprobs\":{\"tokens\":[\"a\",\"b\"],\"token_logprobs\":[-1,-2]}");
}

static void of_a_stream_what_each_chunk_repeats_stands_once(void **state)
{
    (void)state;
    assert_reads(
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"provider\":\"P\",\"citations\":["
        "\"u\"],\"x_groq\":{\"id\":\"r\"}}\n\n"
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"provider\":\"P\","
        "\"citations\":[\"u\",\"v\"],\"x_groq\":{\"id\":\"r\",\"usage\":{\"total_tokens\":3}},"
        "\"obfuscation\":\"zz\",\"timings\":{\"predicted_n\":2}}\n\n" DONE,
        GLIMPSE_OK, "a",
        "],\"provider\":\"P\",\"citations\":[\"u\",\"v\"],\"x_groq\":{\"id\":\"r\",\"usage\":{"
        "\"total_tokens\":3}},\"timings\":{\"predicted_n\":2}}");
    /* What is no chunk says nothing of the answer. */
    reading r = read_as("event: ping\ndata: {\"type\":\"ping\"}\n\n" SAY("a", "null") STOP DONE,
                        GLIMPSE_OK, "a", NULL);
    assert_null(strstr(r.body, "ping"));
    reading_end(&r);
}

static void tokens_are_counted_wherever_a_stream_says_them(void **state)
{
    (void)state;
    static const char *const streams[] = {
        SAY("a", "null") CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\",\"usage\":{"
                               "\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}")
            DONE,
        SAY("a", "\"stop\"") "data: {\"choices\":[],\"x_groq\":{\"usage\":{\"prompt_tokens\":3,"
                             "\"completion_tokens\":2,\"total_tokens\":5}}}\n\n" DONE,
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":3,"
        "\"completion_tokens\":1,\"total_tokens\":4}}\n\n"
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{"
        "\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\n" DONE,
    };
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        reading r = read_as(streams[i], GLIMPSE_OK, "a", NULL);
        assert_int_equal(r.outcome.sample.usage.prompt_tokens, 3);
        assert_int_equal(r.outcome.sample.usage.completion_tokens, 2);
        assert_int_equal(r.outcome.sample.usage.total_tokens, 5);
        reading_end(&r);
    }
}

static void members_without_end_stop_at_their_bound(void **state)
{
    (void)state;
    gl_buf stream;
    gl_buf_init(&stream, SIZE_MAX / 2);
    for (int chunk = 0; chunk < 200; chunk++) {
        gl_buf_printf(&stream, "data: {\"choices\":[{\"delta\":{\"m%d\":{\"o%d\":{", chunk / 50,
                      chunk);
        for (int i = 0; i < 100; i++)
            gl_buf_printf(&stream, "%s\"k%d\":1", i == 0 ? "" : ",", chunk * 100 + i);
        gl_buf_append_str(&stream, "}}}}]}\n\n");
    }
    gl_buf_append_str(&stream, SAY("x", "null") STOP DONE);
    assert_true(gl_buf_terminate(&stream));
    gl_stream *s = gl_stream_new(1 << 20);
    gl_stream_end e;
    assert_true(gl_stream_begin(s, CHAT));
    assert_false(gl_stream_feed(s, gl_buf_slice(&stream)));
    gl_stream_finish(s, GLIMPSE_OK, 1, &e);
    assert_int_equal(e.error, GLIMPSE_OK);
    gl_json root;
    assert_int_equal(gl_json_check(e.body, &root, NULL), GL_JSON_OK);
    gl_buf_reset(&stream);
    gl_buf_append(&stream, e.body.data, e.body.len);
    assert_true(gl_buf_terminate(&stream));
    assert_non_null(strstr(stream.data, "\"k63\":1}")); /* 64 in one object */
    assert_non_null(
        strstr(stream.data, "\"k6200\":1")); /* in the 63rd; with it 4,096 are reached */
    assert_null(strstr(stream.data, "\"k6400\":1"));
    gl_stream_free(s);
    gl_buf_free(&stream);
}

static void members_without_memory_fail_clean(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    static const char bytes[] = DELTA(
        "\"content\":[" THINKING("a") "," PART("b") "],"
                                                    "\"audio\":{\"t\":\"x\",\"l\":[1]},\"n\":1")
        CALL("\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"s\":\"1\"},\"x\":{\"y\":2}")
            STOP DONE;
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        gl_stream *stream = gl_stream_new(100000);
        gl_stream_end e = { .error = GLIMPSE_ERR_OOM };
        if (stream != NULL) {
            assert_true(gl_stream_begin(stream, CHAT));
            (void)gl_stream_feed(stream, gl_slice_of(bytes, sizeof bytes - 1));
            gl_stream_finish(stream, GLIMPSE_OK, 1, &e);
        }
        bool failed = oom_end();
        assert_int_equal(e.error, failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK);
        gl_stream_free(stream);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) break;
        assert_true(k < 300);
    }
}

static size_t allocations;

static bool count_allocation(void)
{
    allocations++;
    return true;
}

static void known_members_and_names_seen_before_cost_no_allocation_a_chunk(void **state)
{
    (void)state;
    static const char delta[] =
        DELTA("\"content\":\"x\",\"reasoning\":\"y\",\"audio\":{\"data\":\"z\"}");
    gl_stream *stream = gl_stream_new(1 << 20);
    assert_true(gl_stream_begin(stream, CHAT));
    size_t counts[2];
    for (int round = 0; round < 2; round++) {
        allocations = 0;
        gl_alloc_set_gate(count_allocation);
        for (int i = 0; i < 10000; i++)
            assert_true(gl_stream_feed(stream, gl_slice_of(delta, sizeof delta - 1)));
        gl_alloc_set_gate(NULL);
        counts[round] = allocations;
    }
    print_message("10,000 chunks: %zu allocations, 10,000 more: %zu\n", counts[0], counts[1]);
    assert_true(counts[1] <= 4); /* four strings double once each */
    gl_stream_free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_id_under_a_used_index_begins_another_call),
        cmocka_unit_test(an_id_that_is_repeated_or_made_anew_for_each_delta_begins_none),
        cmocka_unit_test(arguments_that_are_an_object_are_kept_as_one),
        cmocka_unit_test(one_call_outside_of_a_list_is_a_call_and_an_odd_one_an_error),
        cmocka_unit_test(more_calls_than_a_choice_may_have_are_an_error),
        cmocka_unit_test(strings_append_arrays_extend_and_the_last_scalar_stands_in_a_delta),
        cmocka_unit_test(a_call_keeps_what_is_said_of_it_and_of_its_function),
        cmocka_unit_test(of_a_choice_the_last_word_stands_and_its_lists_go_on),
        cmocka_unit_test(of_a_stream_what_each_chunk_repeats_stands_once),
        cmocka_unit_test(tokens_are_counted_wherever_a_stream_says_them),
        cmocka_unit_test(members_without_end_stop_at_their_bound),
        cmocka_unit_test(members_without_memory_fail_clean),
        cmocka_unit_test(known_members_and_names_seen_before_cost_no_allocation_a_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
