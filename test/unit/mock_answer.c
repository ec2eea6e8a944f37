/* What the mock server says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "mock/mock_answer.h"

static void the_gist_is_the_first_sentence_of_the_subject(void **state)
{
    (void)state;
    static const struct {
        const char *text, *gist;
    } cases[] = {
        { "", "" },
        { "  \n\n ", "" },
        { "One sentence.", "One sentence." },
        { "First one. Second one.", "First one." },
        { "Version 1.2 is out! Get it.", "Version 1.2 is out!" },
        { "Please summarize.\n\nCats sleep. Dogs run.\n", "Cats sleep." },
        { "Goal:\nsum up\n\nInput:\na shell\n It runs programs.\n\nMore.", "a shell" },
        { "Goal:\nsum up\n\nInput:\n\nLong line that goes\non here. Next.",
          "Long line that goes\non here." },
        { "Input:\n", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gl_slice gist = mock_answer_gist(gl_slice_str(cases[i].text));
        if (!gl_slice_is(gist, cases[i].gist))
            fail_msg("case %zu: '%.*s'", i, (int)gist.len, gist.data);
    }
}

static void a_long_gist_ends_at_a_word_and_between_characters(void **state)
{
    (void)state;
    char text[600] = "";
    for (int i = 0; i < 100; i++) strncat(text, "word ", sizeof text - strlen(text) - 1);
    gl_slice gist = mock_answer_gist(gl_slice_str(text));
    assert_in_range(gist.len, 100, 200);
    assert_int_equal(memcmp(gist.data + gist.len - 5, " word", 5), 0);
    text[0] = 'x'; /* then two-byte characters without a blank: 200 would cut one */
    for (size_t i = 1; i < 401; i += 2) memcpy(text + i, "\xc3\xa9", 2);
    gist = mock_answer_gist(gl_slice_of(text, 401));
    assert_int_equal(gist.len, 199);
}

static void text_parts_are_read_like_a_string(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"old\"},{\"role\":"
        "\"user\",\"content\":\"Hi \\u00e9  there.\"},{\"role\":\"assistant\",\"content\":\"x\"}]}",
        "{\"messages\":[{\"content\":[{\"type\":\"image_url\"},{\"text\":\"Hi \\u00e9 there.\","
        "\"type\":\"text\"}],\"role\":\"user\"}],\"model\":\"m\"}",
    };
    unsigned char digest[32] = { 1, 2, 3 };
    mock_stream_wish wish;
    for (size_t i = 0; i < 2; i++) {
        gl_buf text, out;
        gl_buf_init(&text, 4096);
        gl_buf_init(&out, 4096);
        assert_int_equal(mock_answer_chat(gl_slice_str(bodies[i]), digest, &text, &out, &wish),
                         200);
        assert_true(gl_buf_terminate(&out));
        assert_non_null(strstr(out.data, "\"content\":\"Hi \xc3\xa9 there.\""));
        gl_buf_free(&text);
        gl_buf_free(&out);
    }
}

static void every_answer_is_json(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "[]",
        "nope",
        "\"x\"",
        "{}",
        "{\"model\":\"\\u0000\\\"\",\"messages\":[1,{\"role\":\"user\"}]}",
        "{\"model\":\"m\",\"messages\":{}}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800 \\\"q\\\"\"}]}",
        "{\"model\":\"m\",\"input\":[]}",
        "{\"model\":\"m\",\"input\":[1,2]}",
        "{\"model\":\"m\",\"input\":[[1],[2]],\"dimensions\":0}",
        "{\"model\":\"m\",\"input\":\"\",\"dimensions\":3072}",
    };
    unsigned char digest[32] = { 9 };
    mock_stream_wish wish;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        for (int endpoint = 0; endpoint < 2; endpoint++) {
            gl_buf text, out;
            gl_json root;
            gl_buf_init(&text, 1 << 20);
            gl_buf_init(&out, 1 << 20);
            gl_slice body = gl_slice_str(bodies[i]);
            int status = endpoint == 0 ? mock_answer_chat(body, digest, &text, &out, &wish)
                                       : mock_answer_embeddings(body, &text, &out);
            assert_true(status == 200 || status == 400);
            assert_int_equal(gl_json_check(gl_buf_slice(&out), &root, NULL), GL_JSON_OK);
            bool error = gl_json_get(root, "error").kind == GL_JSON_OBJECT;
            assert_int_equal(error, status == 400);
            gl_buf_free(&text);
            gl_buf_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gist_is_the_first_sentence_of_the_subject),
        cmocka_unit_test(a_long_gist_ends_at_a_word_and_between_characters),
        cmocka_unit_test(text_parts_are_read_like_a_string),
        cmocka_unit_test(every_answer_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
