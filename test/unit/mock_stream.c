/* mock_stream: the mock's stream is its plain answer in pieces, and our reader puts it together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "mock/stream.h"
#include "mock_response.h"
#include "openai/stream.h"

#define PARTS                                                                                      \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"One two \\\"three\\\".\"}]"

typedef struct played {
    mock_response response; /* the same, plain */
    gl_buf chunked, events, ends;
    mock_streamed streamed;
    gl_stream *stream;
    gl_stream_end end;
} played;

/* What a client takes out of the chunked coding; false: it is cut. */
static bool unchunk(gl_slice chunked, gl_buf *out)
{
    size_t at = 0;
    while (at < chunked.len) {
        char *end;
        size_t len = (size_t)strtoul(chunked.data + at, &end, 16);
        at = (size_t)(end - chunked.data) + 2;
        assert_true(at + len + 2 <= chunked.len);
        assert_memory_equal(chunked.data + at + len, "\r\n", 2);
        if (len == 0) return true;
        gl_buf_append(out, chunked.data + at, len);
        at += len + 2;
    }
    return false;
}

static void play_form(played *p, mock_form form, const char *body, mock_fault fault)
{
    static const char *const paths[] = { [MOCK_FORM_CHAT] = "/chat/completions",
                                         [MOCK_FORM_COMPLETION] = "/completions",
                                         [MOCK_FORM_RESPONSE] = "/responses" };
    p->stream = gl_stream_new(100000);
    gl_buf *bufs[] = { &p->chunked, &p->events, &p->ends };
    for (int i = 0; i < 3; i++) gl_buf_init(bufs[i], 1 << 20);
    assert_int_equal(mock_response_ask(&p->response, form, body), 200);
    p->streamed = mock_stream_write(&p->response.answer, true, fault, &p->chunked, &p->ends);
    assert_int_equal(p->ends.len, p->streamed.steps * sizeof(uint32_t));
    assert_true(gl_buf_terminate(&p->chunked));
    assert_int_equal(unchunk(gl_buf_slice(&p->chunked), &p->events), fault != MOCK_FAULT_TRUNCATE);
    assert_int_equal(p->streamed.tail == 0, fault == MOCK_FAULT_TRUNCATE);
    assert_true(gl_stream_begin(p->stream, paths[form]));
    gl_stream_feed(p->stream, gl_buf_slice(&p->events));
    gl_stream_finish(p->stream, GLIMPSE_OK, 1, &p->end);
}

static void play(played *p, const char *body, mock_fault fault)
{
    mock_response_init(&p->response);
    play_form(p, MOCK_FORM_CHAT, body, fault);
}

static void played_free(played *p)
{
    gl_buf *bufs[] = { &p->chunked, &p->events, &p->ends };
    for (int i = 0; i < 3; i++) gl_buf_free(bufs[i]);
    gl_stream_free(p->stream);
    mock_response_free(&p->response);
}

static gl_json content_of(gl_slice completion)
{
    gl_json root, choice;
    assert_int_equal(gl_json_check(completion, &root, NULL), GL_JSON_OK);
    gl_json_iter iter = gl_json_begin(gl_json_get(root, "choices"));
    assert_true(gl_json_next(&iter, NULL, &choice));
    return gl_json_get(gl_json_get(choice, "message"), "content");
}

static void the_stream_is_the_plain_answer_in_pieces(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    played p;
    play(&p, PARTS ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
         MOCK_FAULT_NONE);
    assert_int_equal(p.streamed.steps, 3);
    assert_int_equal(p.end.error, GLIMPSE_OK);
    assert_false(p.end.no_done);
    assert_true(gl_slice_equal(content_of(p.end.body).text,
                               content_of(gl_buf_slice(&p.response.body)).text));
    gl_json merged, plain;
    assert_int_equal(gl_json_check(p.end.body, &merged, NULL), GL_JSON_OK);
    assert_int_equal(gl_json_check(gl_buf_slice(&p.response.body), &plain, NULL), GL_JSON_OK);
    static const char *const same[] = { "id", "created", "model", "usage", "system_fingerprint" };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(
            gl_slice_equal(gl_json_get(merged, same[i]).text, gl_json_get(plain, same[i]).text));
    played_free(&p);
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_NONE);
    assert_int_equal(gl_json_check(p.end.body, &merged, NULL), GL_JSON_OK);
    assert_int_equal(gl_json_get(merged, "usage").kind, GL_JSON_NONE); /* nobody asked */
    played_free(&p);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_spoilt_stream_has_half_of_its_tokens(void **state)
{
    (void)state;
    played p;
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_TRUNCATE);
    assert_int_equal(p.streamed.steps, 2);
    assert_int_equal(p.end.error, GLIMPSE_ERR_STREAM_TRUNCATED);
    assert_true(gl_slice_is(gl_stream_text(p.stream), "One two"));
    played_free(&p);
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_MALFORMED);
    assert_int_equal(p.end.error, GLIMPSE_ERR_BAD_JSON);
    played_free(&p);
}

/* Whether the text stands in data[from..to). */
static bool has(const played *p, size_t from, size_t to, const char *text)
{
    return memmem(p->chunked.data + from, to - from, text, strlen(text)) != NULL;
}

static uint32_t end_of_step(const played *p, size_t step)
{
    uint32_t end;
    memcpy(&end, p->ends.data + step * sizeof end, sizeof end);
    return end;
}

static void each_step_ends_behind_its_token(void **state)
{
    (void)state;
    played p;
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_NONE);
    size_t at = end_of_step(&p, 0); /* the role, and the first token */
    assert_memory_equal(p.chunked.data + at - 4, "\n\n\r\n", 4);
    assert_true(has(&p, 0, at, "\"One\""));
    assert_false(has(&p, 0, at, "two"));
    assert_true(has(&p, at, end_of_step(&p, 1), "\" two\""));
    at = p.streamed.tail;
    assert_true(at > end_of_step(&p, 2));
    assert_string_equal(p.chunked.data + at + 10, "data: [DONE]\n\n\r\n0\r\n\r\n");
    played_free(&p);
}

static void without_chunks_the_events_are_the_same(void **state)
{
    (void)state;
    played p;
    play(&p, PARTS ",\"stream\":true,\"n\":2}", MOCK_FAULT_NONE);
    gl_buf bare;
    gl_buf_init(&bare, 1 << 20);
    gl_buf_append_str(&bare, "before");
    gl_buf_reset(&p.ends);
    mock_streamed streamed =
        mock_stream_write(&p.response.answer, false, MOCK_FAULT_NONE, &bare, &p.ends);
    assert_int_equal(bare.len, p.events.len + 6);
    assert_memory_equal(bare.data + 6, p.events.data, p.events.len);
    assert_int_equal(streamed.steps, 4); /* the longer one: "One two "three". (2)" */
    assert_memory_equal(bare.data + 6 + streamed.tail, "data: [DONE]", 12);
    assert_memory_equal(bare.data + 6 + end_of_step(&p, 3) - 2, "\n\n", 2);
    gl_buf_free(&bare);
    played_free(&p);
}

static void choices_are_streamed_side_by_side(void **state)
{
    (void)state;
    played p;
    play(&p, PARTS ",\"stream\":true,\"n\":3}", MOCK_FAULT_NONE);
    size_t at = end_of_step(&p, 0);
    assert_true(has(&p, 0, at, "{\"index\":2,\"delta\":{\"content\":\"One\"}"));
    assert_int_equal(p.end.error, GLIMPSE_OK);
    gl_json merged;
    assert_int_equal(gl_json_check(p.end.body, &merged, NULL), GL_JSON_OK);
    for (int i = 0; i < 3; i++) {
        char path[40];
        snprintf(path, sizeof path, "choices.%d.message.content", i);
        assert_true(gl_slice_equal(mock_response_in(merged, path).text,
                                   mock_response_at(&p.response, path).text));
    }
    played_free(&p);
}

static void thoughts_and_logprobs_are_streamed_too(void **state)
{
    (void)state;
    played p = { .streamed = { 0 } };
    mock_response_init(&p.response);
    p.response.model.reasoning = 4;
    play_form(&p, MOCK_FORM_CHAT, PARTS ",\"stream\":true,\"logprobs\":true,\"top_logprobs\":1}",
              MOCK_FAULT_NONE);
    assert_int_equal(p.streamed.steps, 7);
    size_t at = end_of_step(&p, 3);
    assert_true(has(&p, 0, at, "\"reasoning_content\""));
    assert_false(has(&p, 0, at, "\"One\""));
    assert_true(has(&p, at, p.chunked.len, "\"logprobs\":{\"content\":[{"));
    played_free(&p);
}

static void a_completion_and_a_response_are_streamed_as_they_are_said(void **state)
{
    (void)state;
    static const struct {
        mock_form form;
        const char *body, *text;
    } cases[] = {
        { MOCK_FORM_COMPLETION, "{\"model\":\"m\",\"prompt\":\"One two.\",\"stream\":true}",
          "choices.0.text" },
        { MOCK_FORM_RESPONSE, "{\"model\":\"m\",\"input\":\"One two.\",\"stream\":true}",
          "output.0.content.0.text" },
    };
    for (size_t i = 0; i < 2; i++) {
        played p;
        mock_response_init(&p.response);
        play_form(&p, cases[i].form, cases[i].body, MOCK_FAULT_NONE);
        assert_int_equal(p.end.error, GLIMPSE_OK);
        assert_int_equal(p.streamed.steps, 2);
        mock_response_is(&p.response, cases[i].text, "\"One two.\"");
        gl_json merged;
        assert_int_equal(gl_json_check(p.end.body, &merged, NULL), GL_JSON_OK);
        assert_true(gl_slice_is(mock_response_in(merged, cases[i].text).text, "\"One two.\""));
        played_free(&p);
    }
}

/* Plain and streamed, with reasoning before them: the same calls. */
static void tool_calls_are_streamed_as_they_are_said(void **state)
{
    (void)state;
#define FUNCTION(name)                                                                             \
    "{\"type\":\"function\",\"name\":\"" name "\",\"parameters\":{\"const\":{\"a\":\"a b c d "     \
    "e\"}}}"
#define INNER(name) "{\"type\":\"function\",\"function\":" FUNCTION(name) "}"
    static const struct {
        mock_form form;
        const char *body, *calls, *name;
    } cases[] = {
        { MOCK_FORM_CHAT,
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"f and "
          "g\"}],\"stream\":true,"
          "\"tools\":[" INNER("f") "," INNER("g") "]}",
          "choices.0.message.tool_calls", "1.function.name" },
        { MOCK_FORM_RESPONSE,
          "{\"model\":\"m\",\"input\":\"f and g\",\"stream\":true,\"tools\":[" FUNCTION(
              "f") "," FUNCTION("g") "]}",
          "output", "2.name" },
    };
    for (size_t i = 0; i < 2; i++) {
        played p;
        gl_json merged;
        mock_response_init(&p.response);
        p.response.model.reasoning = 1;
        play_form(&p, cases[i].form, cases[i].body, MOCK_FAULT_NONE);
        assert_int_equal(p.end.error, GLIMPSE_OK);
        /* a thought, and of each call its name and five pieces of its arguments */
        assert_int_equal(p.streamed.steps, 1 + 2 * (1 + 5));
        gl_json plain = mock_response_at(&p.response, cases[i].calls);
        assert_true(gl_json_string_is(mock_response_in(plain, cases[i].name), "g"));
        assert_int_equal(gl_json_check(p.end.body, &merged, NULL), GL_JSON_OK);
        gl_json streamed = mock_response_in(merged, cases[i].calls);
        gl_json one, other;
        gl_json_iter from = gl_json_begin(plain), of = gl_json_begin(streamed);
        while (gl_json_next(&from, NULL, &one)) {
            static const char *const same[] = { "id",      "call_id",           "type",
                                                "name",    "arguments",         "function.name",
                                                "content", "function.arguments" };
            assert_true(gl_json_next(&of, NULL, &other));
            for (size_t k = 0; k < sizeof same / sizeof same[0]; k++)
                assert_true(gl_slice_equal(mock_response_in(one, same[k]).text,
                                           mock_response_in(other, same[k]).text));
        }
        assert_false(gl_json_next(&of, NULL, &other));
        played_free(&p);
    }
}

static void a_response_that_is_spoilt_has_half_of_its_tokens(void **state)
{
    (void)state;
    static const char body[] = "{\"model\":\"m\",\"input\":\"One two three.\",\"stream\":true}";
    static const struct {
        mock_fault fault;
        int error;
    } cases[] = { { MOCK_FAULT_TRUNCATE, GLIMPSE_ERR_STREAM_TRUNCATED },
                  { MOCK_FAULT_MALFORMED, GLIMPSE_ERR_BAD_JSON } };
    for (size_t i = 0; i < 2; i++) {
        played p;
        mock_response_init(&p.response);
        play_form(&p, MOCK_FORM_RESPONSE, body, cases[i].fault);
        assert_int_equal(p.end.error, cases[i].error);
        assert_int_equal(p.streamed.steps, cases[i].fault == MOCK_FAULT_TRUNCATE ? 2 : 3);
        played_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_is_the_plain_answer_in_pieces),
        cmocka_unit_test(a_spoilt_stream_has_half_of_its_tokens),
        cmocka_unit_test(each_step_ends_behind_its_token),
        cmocka_unit_test(without_chunks_the_events_are_the_same),
        cmocka_unit_test(choices_are_streamed_side_by_side),
        cmocka_unit_test(thoughts_and_logprobs_are_streamed_too),
        cmocka_unit_test(tool_calls_are_streamed_as_they_are_said),
        cmocka_unit_test(a_response_that_is_spoilt_has_half_of_its_tokens),
        cmocka_unit_test(a_completion_and_a_response_are_streamed_as_they_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
