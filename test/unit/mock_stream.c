/* mock_stream: the mock's stream is its plain answer in pieces, and our reader puts it together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "mock/mock_answer.h"
#include "mock/mock_stream.h"
#include "openai/stream.h"

#define PARTS                                                                                      \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"One two \\\"three\\\".\"}]"

typedef struct played {
    gl_buf text, plain, chunked, events;
    mock_stream_wish wish;
    size_t tokens;
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

static void play(played *p, const char *body, mock_fault fault)
{
    static const unsigned char digest[32] = { 7 };
    *p = (played){ .stream = gl_stream_new(100000) };
    gl_buf *bufs[] = { &p->text, &p->plain, &p->chunked, &p->events };
    for (int i = 0; i < 4; i++) gl_buf_init(bufs[i], 1 << 20);
    assert_int_equal(mock_answer_chat(gl_slice_str(body), digest, &p->text, &p->plain, &p->wish),
                     200);
    p->tokens = mock_stream_write(gl_buf_slice(&p->plain), p->wish == MOCK_STREAM_USAGE, fault,
                                  &p->chunked);
    assert_true(gl_buf_terminate(&p->chunked));
    assert_int_equal(unchunk(gl_buf_slice(&p->chunked), &p->events), fault != MOCK_FAULT_TRUNCATE);
    assert_true(gl_stream_begin(p->stream, "/chat/completions"));
    gl_stream_feed(p->stream, gl_buf_slice(&p->events));
    gl_stream_finish(p->stream, GLIMPSE_OK, 1, &p->end);
}

static void played_free(played *p)
{
    gl_buf *bufs[] = { &p->text, &p->plain, &p->chunked, &p->events };
    for (int i = 0; i < 4; i++) gl_buf_free(bufs[i]);
    gl_stream_free(p->stream);
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
    assert_int_equal(p.wish, MOCK_STREAM_USAGE);
    assert_int_equal(p.tokens, 3);
    assert_int_equal(p.end.error, GLIMPSE_OK);
    assert_false(p.end.no_done);
    assert_true(
        gl_slice_equal(content_of(p.end.body).text, content_of(gl_buf_slice(&p.plain)).text));
    gl_json merged, plain;
    assert_int_equal(gl_json_check(p.end.body, &merged, NULL), GL_JSON_OK);
    assert_int_equal(gl_json_check(gl_buf_slice(&p.plain), &plain, NULL), GL_JSON_OK);
    static const char *const same[] = { "id", "created", "model", "usage", "system_fingerprint" };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(
            gl_slice_equal(gl_json_get(merged, same[i]).text, gl_json_get(plain, same[i]).text));
    played_free(&p);
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_NONE);
    assert_int_equal(p.wish, MOCK_STREAM);
    assert_int_equal(gl_json_check(p.end.body, &merged, NULL), GL_JSON_OK);
    assert_int_equal(gl_json_get(merged, "usage").kind, GL_JSON_NONE); /* nobody asked */
    played_free(&p);
    play(&p, PARTS ",\"stream\":false}", MOCK_FAULT_NONE);
    assert_int_equal(p.wish, MOCK_PLAIN);
    played_free(&p);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_spoilt_stream_has_half_of_its_tokens(void **state)
{
    (void)state;
    played p;
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_TRUNCATE);
    assert_int_equal(p.tokens, 2);
    assert_int_equal(p.end.error, GLIMPSE_ERR_STREAM_TRUNCATED);
    assert_true(gl_slice_is(gl_stream_text(p.stream), "One two"));
    played_free(&p);
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_MALFORMED);
    assert_int_equal(p.end.error, GLIMPSE_ERR_BAD_JSON);
    played_free(&p);
}

static void events_are_skipped_one_by_one(void **state)
{
    (void)state;
    played p;
    play(&p, PARTS ",\"stream\":true}", MOCK_FAULT_NONE);
    gl_slice out = gl_buf_slice(&p.chunked);
    size_t at = mock_stream_skip(out, 0, 2); /* the role, and the first token */
    assert_memory_equal(out.data + at - 4, "\n\n\r\n", 4);
    assert_non_null(memmem(out.data, at, "\"One\"", 5));
    assert_null(memmem(out.data, at, "two", 3));
    assert_int_equal(mock_stream_skip(out, 0, 100), out.len);
    played_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_is_the_plain_answer_in_pieces),
        cmocka_unit_test(a_spoilt_stream_has_half_of_its_tokens),
        cmocka_unit_test(events_are_skipped_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
