/* The events of a stream as they came: base/events keeps them, openai/stream shows them, however
 * the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/events.h"
#include "base/rng.h"
#include "oom.h"
#include "openai/stream.h"

typedef struct seen {
    gl_buf bytes, data, names;
    unsigned parts[16];
    size_t count;
    bool fails;
} seen;

static bool see(void *arg, const glimpse_event *event, unsigned part)
{
    seen *s = arg;
    if (s->fails) return false;
    assert_true(s->count < 16);
    s->parts[s->count++] = part;
    gl_buf_append(&s->bytes, event->bytes, event->len);
    gl_buf_append(&s->data, event->data, event->data_len);
    gl_buf_append_char(&s->data, '\n');
    gl_buf_append(&s->names, event->name, event->name_len);
    gl_buf_append_char(&s->names, '|');
    return true;
}

#define EVENT_MAX ((size_t)1 << 20)

static gl_stream *open_stream(seen *s, const char *path)
{
    gl_stream *stream = gl_stream_new(EVENT_MAX);
    *s = (seen){ .count = 0 };
    gl_buf_init(&s->bytes, 1 << 20);
    gl_buf_init(&s->data, 1 << 20);
    gl_buf_init(&s->names, 1 << 20);
    assert_true(gl_stream_begin(stream, path));
    gl_stream_watch(stream, see, s);
    return stream;
}

/* Feeds it in pieces of these sizes at most; 0: whole. */
static gl_stream *feed(seen *s, const char *path, const char *text, size_t most, gl_rng *rng)
{
    gl_stream *stream = open_stream(s, path);
    size_t len = strlen(text), at = 0;
    bool more = true;
    while (more && at < len) {
        size_t piece = most == 0 ? len : 1 + (size_t)(gl_rng_uniform(rng) * (double)most);
        if (piece > len - at) piece = len - at;
        char *copy = malloc(piece); /* what is read beyond it is found */
        memcpy(copy, text + at, piece);
        more = gl_stream_feed(stream, gl_slice_of(copy, piece));
        free(copy);
        at += piece;
    }
    return stream;
}

static void done(seen *s, gl_stream *stream)
{
    gl_stream_free(stream);
    gl_buf_free(&s->bytes);
    gl_buf_free(&s->data);
    gl_buf_free(&s->names);
}

#define ROLE "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}"
#define TEXT "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"odd\":{\"x\":1}}"
#define STOP "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"
#define OUT  GLIMPSE_EVENT_OUTPUT
#define LAST GLIMPSE_EVENT_LAST

static void events_are_shown_byte_for_byte(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text, *names;
        unsigned parts[8];
        size_t shown; /* bytes of the text; 0: all */
    } rows[] = {
        { "/chat/completions",
          "data: " ROLE "\n\ndata: " TEXT "\n\ndata: " STOP "\n\ndata: [DONE]\n\n",
          "||||",
          { 0, OUT, OUT, OUT | LAST },
          0 },
        { "/chat/completions",
          ": hello\n\ndata:" TEXT "\r\n\r\nid: 7\r\ndata: " STOP "\r\rdata: [DONE]\n\n",
          "|||",
          { OUT, OUT, OUT | LAST },
          0 },
        { "/chat/completions",
          "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"two lines\"}}]}\n\n",
          "|",
          { OUT },
          0 },
        { "/responses",
          "event: response.created\ndata: {\"type\":\"response.created\"}\n\n"
          "event: response.output_text.delta\n"
          "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n"
          "event: response.completed\n"
          "data: {\"type\":\"response.completed\",\"response\":{\"output\":[]}}\n\n",
          "response.created|response.output_text.delta|response.completed|",
          { 0, OUT, OUT | LAST },
          0 },
    };
    gl_rng rng;
    gl_rng_seed(&rng, 11);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t most = 0; most < 60; most++) {
            seen s;
            gl_stream *stream = feed(&s, rows[i].path, rows[i].text, most, &rng);
            size_t len = strlen(rows[i].text);
            /* The second half of a last CRLF belongs to no event. */
            if (s.bytes.len != len) fail_msg("row %zu: %zu of %zu", i, s.bytes.len, len);
            assert_memory_equal(s.bytes.data, rows[i].text, len);
            assert_int_equal(s.names.len, strlen(rows[i].names));
            assert_memory_equal(s.names.data, rows[i].names, s.names.len);
            for (size_t at = 0; at < s.count; at++)
                assert_int_equal(s.parts[at], rows[i].parts[at]);
            done(&s, stream);
        }
    }
}

/* Wherever the bytes are cut: the LF of the blank line belongs to the event before it. */
static void an_event_that_ends_in_crlf_is_shown_whole_with_its_cr(void **state)
{
    (void)state;
    static const char *const events[] = { "data: " TEXT "\r\n\r\n",
                                          "id: 1\r\ndata: " STOP "\r\n\r\n",
                                          "data: [DONE]\r\n\r\n" };
    enum { COUNT = sizeof events / sizeof *events };
    char text[1024];
    size_t ends[COUNT], len = 0;
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(text + len, sizeof text - len, "%s", events[i]);
        ends[i] = len = strlen(text);
    }
    for (size_t cut = 0; cut <= ends[COUNT - 1]; cut++) {
        seen s;
        gl_stream *stream = open_stream(&s, "/chat/completions");
        size_t count = 0;
        if (cut != 0) (void)gl_stream_feed(stream, gl_slice_of(text, cut));
        while (count < COUNT && ends[count] - 1 <= cut) count++;
        if (s.count != count) fail_msg("cut at %zu: %zu of %zu", cut, s.count, count);
        size_t wanted = count != 0 ? ends[count - 1] : 0;
        assert_int_equal(s.bytes.len, wanted);
        if (count < COUNT) (void)gl_stream_feed(stream, gl_slice_str(text + cut));
        assert_int_equal(s.bytes.len, ends[COUNT - 1]);
        assert_memory_equal(s.bytes.data, text, s.bytes.len);
        done(&s, stream);
    }
}

/* An event without a blank line ends where the next one's field begins, also when a read ends
 * within the field's name. */
static void an_event_that_the_next_one_ends_has_none_of_its_bytes(void **state)
{
    (void)state;
    static const char text[] = TEXT "\ndata: " STOP "\n\n";
    const size_t first = strlen(TEXT "\n");
    for (size_t cut = 1; cut < sizeof text - 1; cut++) {
        seen s;
        gl_stream *stream = open_stream(&s, "/chat/completions");
        (void)gl_stream_feed(stream, gl_slice_of(text, cut));
        for (size_t at = cut; at < sizeof text - 1 && s.count == 0; at++)
            (void)gl_stream_feed(stream, gl_slice_of(text + at, 1));
        if (s.bytes.len != first && s.bytes.len != sizeof text - 1) {
            fail_msg("cut at %zu: %zu of %zu", cut, s.bytes.len, first);
        }
        done(&s, stream);
    }
}

static void an_event_beyond_its_limit_is_named(void **state)
{
    (void)state;
    static const char *const rows[] = { "data: {\"choices\":\"", ": a comment ", "event: a" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        seen s;
        gl_stream_end end;
        char filler[5000];
        gl_stream *stream = open_stream(&s, "/chat/completions");
        memset(filler, 'x', sizeof filler);
        bool more = gl_stream_feed(stream, gl_slice_str(rows[i]));
        for (size_t fed = 0; more && fed < 4 * EVENT_MAX; fed += sizeof filler)
            more = gl_stream_feed(stream, gl_slice_of(filler, sizeof filler));
        assert_false(more);
        gl_stream_finish(stream, GLIMPSE_OK, 1, &end);
        assert_int_equal(end.error, GLIMPSE_ERR_BODY_TOO_LARGE);
        assert_string_equal(end.message, "an event of the stream is larger than 1048576 bytes");
        done(&s, stream);
    }
}

static void no_error_and_no_heartbeat_is_an_event(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t events;
    } rows[] = {
        { "data: ping\n\ndata: " TEXT "\n\n", 1 },
        { "data: {\"error\":{\"message\":\"no\"}}\n\n", 0 },
        { "data: " TEXT "\n\ndata: {\"error\":{\"message\":\"no\"}}\n\n", 1 },
        { "data: " TEXT "\n\nevent: error\ndata: {}\n\n", 1 },
        { "data: " TEXT "\n\ndata: {\"choices\":\n\n", 1 },
        { "data: " TEXT "\n\ndata: {\"choices\":\n\ndata: [DONE]\n\n", 1 },
        { "data: " TEXT "\n\ndata: {\"choi", 1 },
    };
    gl_rng rng;
    gl_rng_seed(&rng, 12);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        seen s;
        gl_stream *stream = feed(&s, "/chat/completions", rows[i].text, i, &rng);
        if (s.count != rows[i].events) fail_msg("row %zu: %zu", i, s.count);
        if (s.data.len != 0) assert_null(memmem(s.data.data, s.data.len, "error", 5));
        done(&s, stream);
    }
}

static void the_first_part_of_an_answer_is_seen_in_each_form(void **state)
{
    (void)state;
    static const struct {
        const char *path, *data;
        bool output;
    } rows[] = {
        { "/chat/completions", ROLE, false },
        { "/chat/completions", "{\"choices\":[]}", false },
        { "/chat/completions", "{\"choices\":[{\"index\":0,\"delta\":{\"content\":null}}]}",
          false },
        { "/chat/completions",
          "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"a\"}}]}", true },
        { "/chat/completions",
          "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}", true },
        { "/chat/completions", STOP, true },
        { "/completions", "{\"choices\":[{\"index\":0,\"text\":\"\"}]}", false },
        { "/completions", "{\"choices\":[{\"index\":0,\"text\":\"a\"}]}", true },
        { "/responses", "{\"type\":\"response.in_progress\"}", false },
        { "/responses", "{\"type\":\"response.output_item.added\"}", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        seen s;
        char text[300];
        snprintf(text, sizeof text, "data: %s\n\n", rows[i].data);
        gl_stream *stream = feed(&s, rows[i].path, text, 0, NULL);
        assert_int_equal(s.count, 1);
        if (s.parts[0] != (rows[i].output ? (unsigned)OUT : 0u)) fail_msg("row %zu", i);
        done(&s, stream);
    }
}

static void a_watcher_without_memory_ends_the_stream(void **state)
{
    (void)state;
    seen s = { .fails = true };
    gl_stream_end end;
    gl_stream *stream = gl_stream_new(1 << 20);
    assert_true(gl_stream_begin(stream, "/chat/completions"));
    gl_stream_watch(stream, see, &s);
    assert_false(gl_stream_feed(stream, gl_slice_str("data: " TEXT "\n\n")));
    gl_stream_finish(stream, GLIMPSE_OK, 1, &end);
    assert_int_equal(end.error, GLIMPSE_ERR_OOM);
    gl_stream_free(stream);
}

static void kept_events_come_back_as_they_were(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "", "{}", "data: {}\n\n" },
        { "a", "{\"a\":1}", "event: a\ndata: {\"a\":1}\n\n" },
        { "a", "one\ntwo", "event: a\ndata: one\ndata: two\n\n" },
        { "", "", "\n" },
        { "error", "x", "error: y\n\n" }, /* neither is a part of the bytes */
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    gl_events events;
    gl_events_init(&events);
    for (int i = 0; i < COUNT; i++) {
        const gl_event event = { gl_slice_str(rows[i][0]), gl_slice_str(rows[i][1]),
                                 gl_slice_str(rows[i][2]) };
        assert_true(gl_events_add(&events, &event));
    }
    gl_event event;
    size_t at = 0, end = gl_events_end(&events);
    for (int i = 0; i < COUNT; i++) {
        assert_true(gl_events_next(&events, end, &at, &event));
        assert_true(gl_slice_is(event.name, rows[i][0]) && gl_slice_is(event.data, rows[i][1]) &&
                    gl_slice_is(event.bytes, rows[i][2]));
    }
    assert_false(gl_events_next(&events, end, &at, &event));
    gl_events_free(&events);
}

/* A text of words that are mostly the ones before, as tokens are; some are longer than what is kept
 * as a difference. */
static gl_slice odd_text(gl_rng *rng, char *room, size_t size, int number)
{
    size_t len = (size_t)(gl_rng_uniform(rng) * 12);
    if (gl_rng_uniform(rng) < 0.02) len = size - 100;
    char word[16];
    snprintf(word, sizeof word, "%d", (int)(gl_rng_uniform(rng) * 1000));
    size_t at =
        (size_t)snprintf(room, size, "data: {\"id\":\"chatcmpl-7\",\"n\":%s,\"t\":\"", word);
    while (len-- != 0) room[at++] = (char)('a' + number % 26);
    at += (size_t)snprintf(room + at, size - at, "\"}\n\n");
    return gl_slice_of(room, at);
}

/* Readers at different places, by turns, while events are added. */
static void each_reader_of_kept_events_gets_all_of_them(void **state)
{
    (void)state;
    enum { EVENTS = 400, READERS = 5, SIZE = 20000 };
    gl_rng rng;
    gl_events events;
    gl_buf wanted, got[READERS];
    size_t at[READERS] = { 0 };
    char *room = malloc(SIZE);
    gl_rng_seed(&rng, 13);
    gl_events_init(&events);
    gl_buf_init(&wanted, SIZE_MAX / 2);
    for (int i = 0; i < READERS; i++) gl_buf_init(&got[i], SIZE_MAX / 2);
    for (int n = 0; n < EVENTS + 1000; n++) {
        if (n < EVENTS) {
            gl_slice text = odd_text(&rng, room, SIZE, n);
            gl_slice data = gl_slice_of(text.data + 6, text.len - 8);
            bool own = n % 29 == 0; /* its name is no part of its bytes */
            const gl_event event = { gl_slice_str(own ? "error" : ""), data, text };
            gl_buf_append(&wanted, text.data, text.len);
            assert_true(gl_events_add(&events, &event));
        }
        for (int i = 0; i < READERS; i++) {
            gl_event event;
            int most = (int)(gl_rng_uniform(&rng) * (i == 0 ? 2 : 6));
            while (most-- > 0 && gl_events_next(&events, gl_events_end(&events), &at[i], &event)) {
                assert_true(event.data.data == event.bytes.data + 6 &&
                            event.data.len == event.bytes.len - 8);
                assert_true(event.name.len == 0 || gl_slice_is(event.name, "error"));
                gl_buf_append(&got[i], event.bytes.data, event.bytes.len);
            }
        }
    }
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(got[i].len, wanted.len);
        assert_memory_equal(got[i].data, wanted.data, wanted.len);
        gl_buf_free(&got[i]);
    }
    gl_buf_free(&wanted);
    gl_events_free(&events);
    free(room);
}

static void a_token_is_kept_in_few_bytes(void **state)
{
    (void)state;
    enum { TOKENS = 1000 };
    gl_events events;
    size_t came = 0;
    gl_events_init(&events);
    for (int i = 0; i < TOKENS; i++) {
        char text[400];
        snprintf(
            text, sizeof text,
            "data: {\"id\":\"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012\",\"object\":\"chat.completion."
            "chunk\",\"created\":1700000000,\"model\":\"gpt-4o-mini-2024-07-18\",\"system_"
            "fingerprint\":\"fp_0123456789\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            " word%d\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
            i * 7919 % 1000);
        gl_slice bytes = gl_slice_str(text);
        const gl_event event = { gl_slice_str(""), gl_slice_of(text + 6, bytes.len - 8), bytes };
        came += bytes.len;
        assert_true(gl_events_add(&events, &event));
    }
    assert_true(came > (size_t)250 * TOKENS);
    if (gl_events_end(&events) > (size_t)40 * TOKENS)
        fail_msg("%zu bytes a token", gl_events_end(&events) / TOKENS);
    gl_events_free(&events);
}

static void without_memory_kept_events_are_as_they_were(void **state)
{
    (void)state;
    const gl_event one = { gl_slice_str(""), gl_slice_str("{}"), gl_slice_str("data: {}\n\n") };
    const gl_event two = { gl_slice_str(""), gl_slice_str("{1}"), gl_slice_str("data: {1}\n\n") };
    for (int n = 1; n < 4; n++) {
        gl_events events;
        gl_event event;
        size_t at = 0, added = 0;
        gl_events_init(&events);
        oom_fail_at(n);
        added += gl_events_add(&events, &one);
        added += added == 1 && gl_events_add(&events, &two);
        oom_end();
        size_t end = gl_events_end(&events), read = 0;
        while (gl_events_next(&events, end, &at, &event)) read++;
        assert_true(added < 2);
        assert_int_equal(read, added);
        gl_events_free(&events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_shown_byte_for_byte),
        cmocka_unit_test(an_event_that_ends_in_crlf_is_shown_whole_with_its_cr),
        cmocka_unit_test(an_event_that_the_next_one_ends_has_none_of_its_bytes),
        cmocka_unit_test(an_event_beyond_its_limit_is_named),
        cmocka_unit_test(no_error_and_no_heartbeat_is_an_event),
        cmocka_unit_test(the_first_part_of_an_answer_is_seen_in_each_form),
        cmocka_unit_test(a_watcher_without_memory_ends_the_stream),
        cmocka_unit_test(kept_events_come_back_as_they_were),
        cmocka_unit_test(each_reader_of_kept_events_gets_all_of_them),
        cmocka_unit_test(a_token_is_kept_in_few_bytes),
        cmocka_unit_test(without_memory_kept_events_are_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
