/* A whole answer as a stream: read again by the reader of streams, it is the same answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/replay.h"
#include "openai/stream.h"

static void a_replayed_answer_reads_as_the_answer(void **state)
{
    (void)state;
    static const struct {
        gateway_kind kind;
        const char *path, *body;
        bool usage;
        const char *text;
    } rows[] = {
        { GATEWAY_CHAT, "/chat/completions",
          "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",\"choices\":"
          "[{"
          "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"h\\u00e9 \\\"x\\\"\"},"
          "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"
          "\"total_tokens\":3}}",
          true, "h\xc3\xa9 \"x\"" },
        { GATEWAY_CHAT, "/chat/completions",
          "{\"id\":\"c2\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\",\"choices\":"
          "[{"
          "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
          "\"id\":"
          "\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
          "\"finish_reason\":\"tool_calls\"}],\"x\":{\"y\":[1]}}",
          false, "" },
        { GATEWAY_COMPLETIONS, "/completions",
          "{\"id\":\"c3\",\"object\":\"text_completion\",\"created\":7,\"model\":\"m\",\"choices\":"
          "[{"
          "\"text\":\"abc\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"length\"}]}",
          false, "abc" },
        { GATEWAY_RESPONSES, "/responses",
          "{\"id\":\"r1\",\"status\":\"completed\",\"output\":[{\"id\":\"m1\",\"type\":\"message\","
          "\"content\":[{\"type\":\"output_text\",\"text\":\"one\"},{\"type\":\"output_text\","
          "\"text\":\" two\"}]}]}",
          false, "one two" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gl_buf events;
        gl_stream_end end;
        gl_buf_init(&events, 1 << 20);
        assert_true(
            gateway_replay(rows[i].kind, gl_slice_str(rows[i].body), rows[i].usage, &events));
        gl_stream *stream = gl_stream_new(1 << 20);
        assert_true(gl_stream_begin(stream, rows[i].path));
        (void)gl_stream_feed(stream, gl_buf_slice(&events));
        gl_slice text = gl_stream_text(stream);
        if (!gl_slice_is(text, rows[i].text))
            fail_msg("row %zu: %.*s", i, (int)text.len, text.data);
        gl_stream_finish(stream, GLIMPSE_OK, 1, &end);
        if (end.error != GLIMPSE_OK) fail_msg("row %zu: %s", i, end.message);
        assert_false(end.no_done);
        gl_json was = gl_json_checked(gl_slice_str(rows[i].body));
        gl_json is = gl_json_checked(end.body);
        assert_true(gl_slice_equal(gl_json_get(was, "id").text, gl_json_get(is, "id").text));
        assert_true(gl_slice_equal(gl_json_get(was, "x").text, gl_json_get(is, "x").text));
        assert_true(gl_slice_equal(gl_json_get(was, "usage").text, gl_json_get(is, "usage").text));
        if (strstr(rows[i].body, "tool_calls") != NULL)
            assert_non_null(memmem(end.body.data, end.body.len, "\"name\":\"f\"", 10));
        gl_stream_free(stream);
        gl_buf_free(&events);
    }
}

static void usage_comes_only_where_it_is_wanted(void **state)
{
    (void)state;
    static const char body[] =
        "{\"choices\":[{\"index\":0,\"message\":{},\"finish_reason\":\"stop\"}]"
        ",\"usage\":{\"total_tokens\":3}}";
    gl_buf events;
    gl_buf_init(&events, 1 << 20);
    assert_true(gateway_replay(GATEWAY_CHAT, gl_slice_str(body), false, &events));
    assert_null(memmem(events.data, events.len, "usage", 5));
    gl_buf_reset(&events);
    assert_true(gateway_replay(GATEWAY_CHAT, gl_slice_str(body), true, &events));
    assert_non_null(memmem(events.data, events.len, "\"choices\":[],\"usage\":{\"total", 28));
    gl_buf_free(&events);
    assert_true(gateway_is_usage(gl_slice_str("{\"choices\":[],\"usage\":{\"a\":1}}")));
    assert_true(gateway_is_usage(gl_slice_str("{ \"usage\" : {} , \"choices\" : [ ] }")));
    assert_false(gateway_is_usage(gl_slice_str("{\"choices\":[],\"usage\":null}")));
    assert_false(gateway_is_usage(gl_slice_str("{\"choices\":[{\"delta\":{}}],\"usage\":{}}")));
    assert_false(
        gateway_is_usage(gl_slice_str("{\"choices\":[{\"delta\":{\"content\":\"usage\"}}]}")));
    assert_false(gateway_is_usage(gl_slice_str("[DONE]")));
}

/* As endpoints send them: a client that reads the first choice of each chunk loses none. */
static void each_chunk_has_one_choice(void **state)
{
    (void)state;
    static const char chat[] =
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"one\"},"
        "\"finish_reason\":\"stop\"},{\"index\":1,\"message\":{\"content\":\"two\"},"
        "\"finish_reason\":\"length\"}]}";
    static const char text[] = "{\"id\":\"c\",\"choices\":[{\"index\":0,\"text\":\"one\","
                               "\"finish_reason\":\"stop\"},{\"index\":1,\"text\":\"two\","
                               "\"finish_reason\":\"length\"}]}";
    for (int completions = 0; completions < 2; completions++) {
        gl_buf events;
        size_t chunks = 0;
        gl_buf_init(&events, 1 << 20);
        assert_true(gateway_replay(completions ? GATEWAY_COMPLETIONS : GATEWAY_CHAT,
                                   gl_slice_str(completions ? text : chat), false, &events));
        assert_true(gl_buf_terminate(&events));
        for (const char *at = events.data; (at = strstr(at, "data: {")) != NULL; at++) {
            gl_json root, choice;
            const gl_slice data = gl_slice_of(at + 6, (size_t)(strchr(at, '\n') - at - 6));
            assert_int_equal(gl_json_check(data, &root, NULL), GL_JSON_OK);
            gl_json_iter iter = gl_json_begin(gl_json_get(root, "choices"));
            assert_true(gl_json_next(&iter, NULL, &choice));
            assert_false(gl_json_next(&iter, NULL, &choice));
            chunks++;
        }
        assert_int_equal(chunks, 4);
        gl_buf_free(&events);
    }
}

static void what_is_no_answer_is_no_stream(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "", "[]", "{}", "{\"choices\":1}", "{\"output\":{}}", "{"
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (int kind = GATEWAY_CHAT; kind <= GATEWAY_RESPONSES; kind++) {
            gl_buf events;
            gl_buf_init(&events, 1 << 20);
            assert_false(
                gateway_replay((gateway_kind)kind, gl_slice_str(bodies[i]), true, &events));
            assert_int_equal(events.len, 0);
            gl_buf_free(&events);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replayed_answer_reads_as_the_answer),
        cmocka_unit_test(usage_comes_only_where_it_is_wanted),
        cmocka_unit_test(each_chunk_has_one_choice),
        cmocka_unit_test(what_is_no_answer_is_no_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
