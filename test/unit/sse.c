/* openai/sse: bytes in any pieces make the same events, at a cost that grows with their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "oom.h"
#include "openai/sse.h"

/* What was read, as one text: "name|data;" for each event. */
typedef struct heard {
    gl_buf text;
    size_t events, stop_after;
    gl_sse_result result;
} heard;

static bool hear(void *arg, gl_slice name, gl_slice data)
{
    heard *h = arg;
    gl_buf_append(&h->text, name.data, name.len);
    gl_buf_append_char(&h->text, '|');
    gl_buf_append(&h->text, data.data, data.len);
    gl_buf_append_char(&h->text, ';');
    return ++h->events != h->stop_after;
}

static void heard_init(heard *h)
{
    *h = (heard){ 0 };
    gl_buf_init(&h->text, SIZE_MAX / 2);
}

/* Each piece in memory of its own size, so that a sanitizer sees a byte too many. */
static void feed(gl_sse *sse, heard *h, const char *bytes, size_t len)
{
    if (h->result != GL_SSE_MORE || len == 0) return;
    char *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    h->result = gl_sse_feed(sse, gl_slice_of(copy, len), hear, h);
    free(copy);
}

static void assert_hears(const char *stream, const char *expected)
{
    size_t len = strlen(stream);
    for (size_t cut = 0; cut <= len; cut++) {
        gl_sse sse;
        heard h;
        heard_init(&h);
        gl_sse_init(&sse, 1000);
        feed(&sse, &h, stream, cut);
        feed(&sse, &h, stream + cut, len - cut);
        gl_buf_terminate(&h.text);
        assert_string_equal(h.text.data != NULL ? h.text.data : "", expected);
        gl_buf_free(&h.text);
        gl_sse_free(&sse);
    }
    gl_sse sse;
    heard h;
    heard_init(&h);
    gl_sse_init(&sse, 1000);
    for (size_t i = 0; i < len; i++) feed(&sse, &h, stream + i, 1);
    gl_buf_terminate(&h.text);
    assert_string_equal(h.text.data != NULL ? h.text.data : "", expected);
    gl_buf_free(&h.text);
    gl_sse_free(&sse);
}

static void every_line_end_is_one_wherever_it_is_cut(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    assert_hears("data: a\n\ndata: b\n\n", "|a;|b;");
    assert_hears("data: a\r\rdata: b\r\r", "|a;|b;");
    assert_hears("data: a\r\n\r\ndata: b\r\n\r\n", "|a;|b;");
    assert_hears("data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\n\r", "|a;|b;|c;|d;");
    assert_hears("\n\n\r\n\rdata: a\n\n\n\n", "|a;");
    assert_int_equal(gl_alloc_live(), live);
}

static void an_event_that_ends_in_cr_is_told_at_once(void **state)
{
    (void)state;
    gl_sse sse;
    heard h;
    heard_init(&h);
    gl_sse_init(&sse, 1000);
    feed(&sse, &h, "data: a\r\r", 9);
    assert_int_equal(h.events, 1);
    feed(&sse, &h, "\ndata: b\r\r", 10); /* the LF belongs to the CR before */
    assert_int_equal(h.events, 2);
    gl_buf_free(&h.text);
    gl_sse_free(&sse);
}

static void fields_are_read_as_the_standard_has_them(void **state)
{
    (void)state;
    assert_hears("data:a\n\n", "|a;");
    assert_hears("data:  a \n\n", "| a ;"); /* one blank is taken, others are data */
    assert_hears("data: a\ndata: b\ndata:\ndata: c\n\n", "|a\nb\n\nc;");
    assert_hears("data\ndata: b\n\n", "|\nb;");
    assert_hears("event: x\ndata: a\n\ndata: b\n\n", "x|a;|b;");
    assert_hears("event: x\nevent: y\ndata: a\n\n", "y|a;");
    assert_hears("data: a:b: c\n\n", "|a:b: c;");
    assert_hears("id: 7\nretry: 10\nunknown: z\ndata: a\n\n", "|a;");
    assert_hears("datas: no\ndat: no\nDATA: no\n data: no\ndata: a\n\n", "|a;");
    assert_hears("a very long field name: no\ndata: a\n\n", "|a;");
    assert_hears("\xEF\xBB\xBF"
                 "data: a\n\n",
                 "|a;");
    assert_hears("\xEF\xBB\xBF"
                 "event: x\ndata: a\n\n",
                 "x|a;");
    assert_hears("data: a\n\xEF\xBB\xBF"
                 "data: b\n\n",
                 "|a;");
}

static void comments_and_events_without_data_are_none(void **state)
{
    (void)state;
    assert_hears(": OPENROUTER PROCESSING\n\n:\n\n:x\r\n\r\n", "");
    assert_hears(": ping\ndata: a\n: ping\n\n", "|a;");
    assert_hears("event: ping\n\ndata: a\n\n", "|a;"); /* nor does its name stay */
    assert_hears("data:\n\nevent: ping\ndata: \n\n", "");
}

static void an_error_line_is_data_of_that_name(void **state)
{
    (void)state;
    assert_hears("error: {\"code\":500}\n\n", "error|{\"code\":500};");
}

static void what_no_blank_line_ends_is_dropped(void **state)
{
    (void)state;
    assert_hears("data: a\n\ndata: b\n", "|a;");
    assert_hears("data: a\n\ndata: b", "|a;");
    assert_hears("data: a", "");
}

static void the_callback_stops_the_reader(void **state)
{
    (void)state;
    gl_sse sse;
    heard h;
    heard_init(&h);
    h.stop_after = 1;
    gl_sse_init(&sse, 1000);
    feed(&sse, &h, "data: a\n\ndata: b\n\n", 18);
    assert_int_equal(h.result, GL_SSE_STOPPED);
    assert_int_equal(h.events, 1);
    gl_sse_reset(&sse); /* and nothing of the first stream is in the next */
    h.result = GL_SSE_MORE;
    feed(&sse, &h, "data: c\n\n", 9);
    gl_buf_terminate(&h.text);
    assert_string_equal(h.text.data, "|a;|c;");
    gl_buf_free(&h.text);
    gl_sse_free(&sse);
}

/* A stream of everything the grammar has, drawn from a seed. */
static void make_stream(gl_rng *rng, gl_buf *out)
{
    static const char *const parts[] = { "data: ", "data:", "data", "event: ",  ":",       "id: ",
                                         "error:", "x",     " ",    "\xC3\xA4", "[DONE]",  "\n",
                                         "\r\n",   "\r",    "\n\n", "\r\r",     "\r\n\r\n" };
    uint32_t count = 1 + gl_rng_below(rng, 60);
    gl_buf_reset(out);
    for (uint32_t i = 0; i < count; i++)
        gl_buf_append_str(out, parts[gl_rng_below(rng, sizeof parts / sizeof *parts)]);
}

static void random_pieces_make_the_events_of_the_whole(void **state)
{
    (void)state;
    size_t live = gl_alloc_live(), events = 0;
    gl_rng rng;
    gl_buf stream;
    gl_buf_init(&stream, SIZE_MAX / 2);
    gl_rng_seed(&rng, 14);
    for (int run = 0; run < 2000; run++) {
        heard whole, pieces;
        gl_sse sse;
        heard_init(&whole);
        heard_init(&pieces);
        make_stream(&rng, &stream);
        gl_sse_init(&sse, 100000);
        feed(&sse, &whole, stream.data, stream.len);
        gl_sse_reset(&sse);
        for (size_t at = 0; at < stream.len;) {
            size_t len = 1 + gl_rng_below(&rng, 7);
            if (len > stream.len - at) len = stream.len - at;
            feed(&sse, &pieces, stream.data + at, len);
            at += len;
        }
        assert_true(gl_slice_equal(gl_buf_slice(&whole.text), gl_buf_slice(&pieces.text)));
        events += whole.events;
        gl_buf_free(&whole.text);
        gl_buf_free(&pieces.text);
        gl_sse_free(&sse);
    }
    assert_true(events > 1000); /* the streams are no mere noise */
    gl_buf_free(&stream);
    assert_int_equal(gl_alloc_live(), live);
}

/* Bytes copied for one event of this size that comes a byte at a time. */
static size_t cost_of(size_t size)
{
    gl_sse sse;
    heard h;
    heard_init(&h);
    gl_sse_init(&sse, size);
    assert_int_equal(gl_sse_feed(&sse, gl_slice_str("data: "), hear, &h), GL_SSE_MORE);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(gl_sse_feed(&sse, gl_slice_of("x", 1), hear, &h), GL_SSE_MORE);
    assert_int_equal(gl_sse_feed(&sse, gl_slice_str("\n\n"), hear, &h), GL_SSE_MORE);
    assert_int_equal(h.events, 1);
    assert_int_equal(h.text.len, size + 2);
    size_t copied = sse.copied;
    gl_buf_free(&h.text);
    gl_sse_free(&sse);
    return copied;
}

static void a_mebibyte_in_single_bytes_is_copied_less_than_four_times(void **state)
{
    (void)state;
    const size_t mebibyte = (size_t)1024 * 1024;
    size_t one = cost_of(mebibyte), two = cost_of(2 * mebibyte);
    assert_true(one >= mebibyte);
    assert_true(one <= 4 * mebibyte);
    assert_true(two < one * 5 / 2);
}

static void an_event_above_the_limit_is_refused(void **state)
{
    (void)state;
    gl_sse sse;
    heard h;
    heard_init(&h);
    gl_sse_init(&sse, 8);
    feed(&sse, &h, "data: 12345678\n\n", 16);
    assert_int_equal(h.result, GL_SSE_MORE);
    feed(&sse, &h, ": a comment may be as long as it likes\n", 39);
    assert_int_equal(h.result, GL_SSE_MORE);
    feed(&sse, &h, "data: 123456789\n\n", 17);
    assert_int_equal(h.result, GL_SSE_TOO_LARGE);
    assert_int_equal(h.events, 1);
    gl_buf_free(&h.text);
    gl_sse_free(&sse);
}

/* Each read begins the guess anew, so it must not wait for ever: blanks cost their square. */
static void a_guess_waits_for_4096_blanks_at_most(void **state)
{
    (void)state;
    char text[4096 + 8];
    memset(text, '\n', sizeof text);
    assert_int_equal(gl_sse_guess_of(gl_slice_of(text, 4095)), GL_SSE_TOO_SHORT);
    assert_int_equal(gl_sse_guess_of(gl_slice_of(text, 4096)), GL_SSE_IT_IS_NOT);
    memcpy(text + 4095, "data:", 5);
    assert_int_equal(gl_sse_guess_of(gl_slice_of(text, 4100)), GL_SSE_IT_IS);
    text[4095] = '\n';
    memcpy(text + 4096, "data:", 5);
    assert_int_equal(gl_sse_guess_of(gl_slice_of(text, 4101)), GL_SSE_IT_IS_NOT);
    assert_true(gl_sse_is_within(gl_slice_of(text, 4101)));
}

static void no_memory_is_said(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (size_t k = 1;; k++) {
        gl_sse sse;
        gl_sse_init(&sse, 100000);
        heard h = { 0 }; /* its text holds nothing: max 0 */
        oom_fail_at(k);
        gl_sse_result result =
            gl_sse_feed(&sse, gl_slice_str("event: name\ndata: some data\n\n"), hear, &h);
        bool failed = oom_end();
        gl_sse_free(&sse);
        assert_int_equal(gl_alloc_live(), live);
        assert_int_equal(result, failed ? GL_SSE_OOM : GL_SSE_MORE);
        assert_int_equal(h.events, failed ? 0 : 1);
        if (!failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_end_is_one_wherever_it_is_cut),
        cmocka_unit_test(an_event_that_ends_in_cr_is_told_at_once),
        cmocka_unit_test(fields_are_read_as_the_standard_has_them),
        cmocka_unit_test(comments_and_events_without_data_are_none),
        cmocka_unit_test(an_error_line_is_data_of_that_name),
        cmocka_unit_test(what_no_blank_line_ends_is_dropped),
        cmocka_unit_test(the_callback_stops_the_reader),
        cmocka_unit_test(random_pieces_make_the_events_of_the_whole),
        cmocka_unit_test(a_mebibyte_in_single_bytes_is_copied_less_than_four_times),
        cmocka_unit_test(an_event_above_the_limit_is_refused),
        cmocka_unit_test(a_guess_waits_for_4096_blanks_at_most),
        cmocka_unit_test(no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
