/* openai/repeat: an event that differs from the last in its text alone is found without being read,
 * and a stream read so is the one of which each event was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/rng.h"
#include "openai/merge.h"
#include "openai/repeat.h"
#include "openai/stream.h"

/* --- finding -------------------------------------------------------------------------------------
 */

/* The string with this text in the event. */
static gl_json string_in(const char *event, const char *quoted)
{
    const char *at = strstr(event, quoted);
    assert_non_null(at);
    return (gl_json){ GL_JSON_STRING, gl_slice_of(at, strlen(quoted)) };
}

static void assert_found(const gl_repeat *repeat, const char *event, const char *text)
{
    gl_json found = gl_repeat_find(repeat, gl_slice_str(event));
    if (text == NULL) {
        assert_int_equal(found.kind, GL_JSON_NONE);
        return;
    }
    assert_int_equal(found.kind, GL_JSON_STRING);
    assert_true(gl_slice_is(found.text, text));
}

static void the_text_of_an_event_that_repeats_is_found(void **state)
{
    (void)state;
    static const char kept[] = "{\"a\":1,\"text\":\"one\",\"b\":[2]}";
    gl_repeat repeat;
    gl_repeat_init(&repeat);
    assert_found(&repeat, kept, NULL); /* nothing is kept yet */
    assert_true(gl_repeat_keep(&repeat, gl_slice_str(kept), string_in(kept, "\"one\""),
                               (gl_json){ .kind = GL_JSON_NONE }));
    assert_found(&repeat, kept, "\"one\"");
    assert_found(&repeat, "{\"a\":1,\"text\":\"\",\"b\":[2]}", "\"\"");
    assert_found(&repeat, "{\"a\":1,\"text\":\"a \\\" \\\\ \\u00e9 \xC3\xA9\",\"b\":[2]}",
                 "\"a \\\" \\\\ \\u00e9 \xC3\xA9\"");
    /* Other bytes around it. */
    assert_found(&repeat, "{\"a\":2,\"text\":\"one\",\"b\":[2]}", NULL);
    assert_found(&repeat, "{\"a\":1,\"text\":\"one\",\"b\":[3]}", NULL);
    assert_found(&repeat, "{\"a\":1,\"text\":\"one\",\"b\":[2]} ", NULL);
    assert_found(&repeat, "{\"a\":1,\"text\":\"one\",\"c\":1,\"b\":[2]}", NULL);
    assert_found(&repeat, "{\"a\":1,\"text\":\"", NULL);
    /* No JSON. */
    assert_found(&repeat, "{\"a\":1,\"text\":\"\n\",\"b\":[2]}", NULL);
    assert_found(&repeat, "{\"a\":1,\"text\":\"\\x\",\"b\":[2]}", NULL);
    assert_found(&repeat, "{\"a\":1,\"text\":\"\xC3\",\"b\":[2]}", NULL);
    assert_found(&repeat, "{\"a\":1,\"text\":\"\\\",\"b\":[2]}", NULL);
    gl_repeat_forget(&repeat);
    assert_found(&repeat, kept, NULL);
    gl_repeat_free(&repeat);
}

static void the_padding_may_differ_too_before_the_text_and_behind_it(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        { "{\"pad\":\"xy\",\"text\":\"one\",\"c\":0}", "{\"pad\":\"\",\"text\":\"two\",\"c\":0}",
          "{\"pad\":\"\",\"text\":\"two\",\"c\":1}" },
        { "{\"text\":\"one\",\"pad\":\"xy\",\"c\":0}", "{\"text\":\"two\",\"pad\":\"\",\"c\":0}",
          "{\"text\":\"two\",\"pax\":\"\",\"c\":0}" },
    };
    for (size_t i = 0; i < 2; i++) {
        const char *kept = cases[i][0];
        gl_repeat repeat;
        gl_repeat_init(&repeat);
        assert_true(gl_repeat_keep(&repeat, gl_slice_str(kept), string_in(kept, "\"one\""),
                                   string_in(kept, "\"xy\"")));
        assert_found(&repeat, cases[i][1], "\"two\"");
        assert_found(&repeat, cases[i][2], NULL);
        gl_repeat_free(&repeat);
    }
}

static void an_event_of_many_bytes_around_its_text_is_not_kept(void **state)
{
    (void)state;
    gl_buf event;
    gl_repeat repeat;
    gl_buf_init(&event, SIZE_MAX / 2);
    gl_repeat_init(&repeat);
    gl_buf_append_str(&event, "{\"text\":\"one\",\"b\":\"");
    for (size_t i = 0; i < GL_REPEAT_MAX; i++) gl_buf_append_char(&event, 'b');
    gl_buf_append_str(&event, "\"}");
    assert_true(gl_buf_terminate(&event));
    assert_true(gl_repeat_keep(&repeat, gl_buf_slice(&event), string_in(event.data, "\"one\""),
                               (gl_json){ .kind = GL_JSON_NONE }));
    assert_found(&repeat, event.data, NULL);
    gl_repeat_free(&repeat);
    gl_buf_free(&event);
}

/* --- which chunks may be repeated ----------------------------------------------------------------
 */

#define CHUNK(choices) "{\"id\":\"c\",\"model\":\"m\",\"choices\":[" choices "]}"

static void only_a_chunk_that_adds_nothing_but_text_may_be_repeated(void **state)
{
    (void)state;
    static const struct {
        const char *chunk;
        bool alone;
    } cases[] = {
        { CHUNK("{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}"), true },
        { CHUNK(
              "{\"index\":3,\"delta\":{\"role\":\"assistant\",\"content\":\"a\",\"refusal\":null},"
              "\"logprobs\":null}"),
          true },
        { CHUNK("{\"delta\":{\"content\":\"a\",\"tool_calls\":[],\"refusal\":\"\"}}"), true },
        { CHUNK("{\"delta\":{\"content\":null}}"), false },
        { CHUNK("{\"delta\":{\"content\":[{\"text\":\"a\"}]}}"), false },
        { CHUNK("{\"delta\":{\"content\":\"a\",\"refusal\":\"b\"}}"), false },
        { CHUNK("{\"delta\":{\"content\":\"a\",\"reasoning\":\"b\"}}"), false },
        { CHUNK("{\"delta\":{\"content\":\"a\",\"tool_calls\":[{\"index\":0}]}}"), false },
        { CHUNK("{\"delta\":{\"content\":\"a\",\"function_call\":{}}}"), false },
        { CHUNK("{\"delta\":{\"content\":\"a\"},\"logprobs\":{\"content\":[1]}}"), false },
        { CHUNK("{\"delta\":{\"content\":\"a\"},\"filter\":{}}"), false },
        { CHUNK("{\"delta\":{\"content\":\"a\"}},{\"index\":1,\"delta\":{\"content\":\"b\"}}"),
          false },
        { CHUNK("{\"message\":{\"content\":\"a\"}}"), false },
        { CHUNK("{\"text\":\"a\"}"), false },
        { CHUNK(""), false },
        { "{\"id\":\"c\",\"other\":1,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gl_merge merge;
        gl_json root, padding;
        gl_merge_init(&merge);
        assert_int_equal(gl_json_check(gl_slice_str(cases[i].chunk), &root, NULL), GL_JSON_OK);
        assert_int_equal(gl_merge_add(&merge, root), GL_MERGE_OK);
        gl_json text = gl_merge_alone(&merge, &padding);
        if ((text.kind != GL_JSON_NONE) != cases[i].alone) fail_msg("%s", cases[i].chunk);
        if (cases[i].alone) assert_true(gl_slice_is(text.text, "\"a\""));
        gl_merge_free(&merge);
    }
}

/* --- both ways -----------------------------------------------------------------------------------
 */

static const char *one_of(gl_rng *rng, const char *const *texts, size_t count)
{
    return texts[gl_rng_below(rng, (uint32_t)count)];
}
#define ONE_OF(rng, texts) one_of(rng, texts, sizeof(texts) / sizeof *(texts))

/* A chunk in one of the forms, with a text of its own. */
static void write_chunk(gl_buf *out, gl_rng *rng, uint32_t form)
{
    static const char *const words[] = {
        "",     " word", "\\n",  "\\u00e9", "\xC3\xA9", "\\ud83d",       "\\ude00",
        "\\\"", "\\",    "\xC3", "a\\\\",   "\x01",     "\\ud83d\\ude00"
    };
    static const char *const forms[] = {
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},"
        "\"finish_reason\":null}],\"obfuscation\":\"%s\"}",
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}],\"usage\":null}",
        "{\"id\":\"c\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"%s\"}}]}",
        "{\"obfuscation\":\"%s\",\"choices\":[{\"delta\":{\"role\":\"a\",\"content\":\"%s\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\",\"reasoning\":\"%s\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\",\"refusal\":\"%s\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\"},\"logprobs\":{\"content\":[\"%s\"]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\",\"content\":\"%s\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\"}},{\"index\":1,\"delta\":{\"content\":"
        "\"x\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\"},\"logprobs\":{\"content\":[1]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\",\"tool_calls\":[{\"index\":0,\"function\":{"
        "\"arguments\":\"x\"}}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\",\"reasoning\":\"x\"}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\"},\"finish_reason\":\"error\"}]}",
        "{\"choices\":[{\"message\":{\"content\":\"%s\"}}],\"system_fingerprint\":\"%s\"}",
        "{\"choices\":[{\"text\":\"%s\"}],\"system_fingerprint\":\"%s\"}",
        "{\"choices\":[{\"delta\":{\"content\":\"%s\"}}],\"error\":{\"message\":\"%s\"}}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\","
        "\"arguments\":\"%s\"}}]}}]}",
    };
    const char *at = forms[form % (sizeof forms / sizeof *forms)], *hole;
    for (; (hole = strstr(at, "%s")) != NULL; at = hole + 2) {
        gl_buf_append(out, at, (size_t)(hole - at));
        /* Most texts are sound, so that the stream goes on. */
        gl_buf_append_str(out, gl_rng_below(rng, 40) == 0 ? ONE_OF(rng, words)
                                                          : words[gl_rng_below(rng, 5)]);
    }
    gl_buf_append_str(out, at);
}

static void write_stream(gl_buf *out, gl_rng *rng)
{
    static const char *const between[] = { "data: ping\n\n", ": comment\n\n",
                                           "event: error\ndata: {\"message\":\"m\"}\n\n",
                                           "event: chunk\n", "\r\n" };
    size_t runs = 1 + gl_rng_below(rng, 6);
    for (size_t i = 0; i < runs; i++) {
        uint32_t form = gl_rng_below(rng, 3) != 0 ? gl_rng_below(rng, 4) : gl_rng_below(rng, 19);
        size_t chunks = 1 + gl_rng_below(rng, 6);
        for (size_t k = 0; k < chunks; k++) {
            if (gl_rng_below(rng, 30) == 0) gl_buf_append_str(out, ONE_OF(rng, between));
            gl_buf_append_str(out, "data: ");
            write_chunk(out, rng, form);
            gl_buf_append_str(out, "\n\n");
        }
    }
    if (gl_rng_below(rng, 3) != 0) gl_buf_append_str(out, "data: [DONE]\n\n");
    for (uint32_t i = gl_rng_below(rng, 4); i > 1; i--) /* in half of all: one byte or two */
        out->data[gl_rng_below(rng, (uint32_t)out->len)] = (char)gl_rng_below(rng, 256);
}

typedef struct reading {
    gl_stream *stream;
    bool stopped;
} reading;

static void assert_same(const reading *a, const reading *b)
{
    gl_stream_count one = gl_stream_counted(a->stream), other = gl_stream_counted(b->stream);
    assert_true(gl_slice_equal(gl_stream_text(a->stream), gl_stream_text(b->stream)));
    assert_int_equal(one.events, other.events);
    assert_int_equal(one.reasoned, other.reasoned);
    assert_int_equal(a->stopped, b->stopped);
}

static void finish(const reading *a, const reading *b, size_t choices)
{
    gl_stream_end one, other;
    gl_stream_finish(a->stream, GLIMPSE_OK, choices, &one);
    gl_stream_finish(b->stream, GLIMPSE_OK, choices, &other);
    assert_int_equal(one.error, other.error);
    assert_int_equal(one.no_done, other.no_done);
    assert_true(gl_slice_equal(one.body, other.body));
    assert_int_equal(one.message == NULL, other.message == NULL);
    if (one.message != NULL) assert_string_equal(one.message, other.message);
}

static void a_stream_of_repeats_is_the_one_of_which_each_chunk_was_read(void **state)
{
    (void)state;
    enum { SEEDS = 20000 };
    gl_buf bytes;
    reading fast = { .stream = gl_stream_new(4096) }, slow = { .stream = gl_stream_new(4096) };
    assert_true(fast.stream != NULL && slow.stream != NULL);
    gl_buf_init(&bytes, SIZE_MAX / 2);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        gl_rng rng;
        gl_rng_seed(&rng, seed);
        gl_buf_reset(&bytes);
        write_stream(&bytes, &rng);
        assert_true(gl_stream_begin(fast.stream, "/chat/completions"));
        assert_true(gl_stream_begin(slow.stream, "/chat/completions"));
        gl_stream_read_each(slow.stream);
        fast.stopped = slow.stopped = false;
        for (size_t at = 0, len; at < bytes.len && !fast.stopped; at += len) {
            len = 1 + gl_rng_below(&rng, 400);
            if (len > bytes.len - at) len = bytes.len - at;
            gl_slice piece = gl_slice_of(bytes.data + at, len);
            fast.stopped = !gl_stream_feed(fast.stream, piece);
            slow.stopped = !gl_stream_feed(slow.stream, piece);
            assert_same(&fast, &slow);
        }
        finish(&fast, &slow, 1 + seed % 2);
        gl_stream_reset(fast.stream);
        gl_stream_reset(slow.stream);
    }
    gl_stream_free(fast.stream);
    gl_stream_free(slow.stream);
    gl_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_an_event_that_repeats_is_found),
        cmocka_unit_test(the_padding_may_differ_too_before_the_text_and_behind_it),
        cmocka_unit_test(an_event_of_many_bytes_around_its_text_is_not_kept),
        cmocka_unit_test(only_a_chunk_that_adds_nothing_but_text_may_be_repeated),
        cmocka_unit_test(a_stream_of_repeats_is_the_one_of_which_each_chunk_was_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
