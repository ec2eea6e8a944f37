/* Streams as servers of each kind send them: read whole and byte by byte, merged, and decoded as
 * the sampler does. What is claimed here is what docs/dialects.md says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "oom.h"
#include "openai/decode.h"
#include "openai/stream.h"

#define CHAT "/chat/completions"

/* One stream read to its end, and what it is as an answer. */
typedef struct reading {
    gl_stream *stream;
    gl_decoder *decoder;
    gl_stream_end end;
    glimpse_outcome outcome;
    char body[4096], text[256];
} reading;

static void put(char *out, size_t size, gl_slice text)
{
    assert_true(text.len < size);
    if (text.len != 0) memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static void read_steps(reading *r, const char *path, const char *bytes, size_t step)
{
    size_t size = strlen(bytes);
    *r = (reading){ .stream = gl_stream_new(1 << 20), .decoder = gl_decoder_new() };
    assert_non_null(r->stream);
    assert_non_null(r->decoder);
    assert_true(gl_stream_begin(r->stream, path));
    for (size_t at = 0; at < size; at += step) {
        size_t len = size - at < step ? size - at : step;
        char *copy = malloc(len); /* so that a read past a piece is seen */
        assert_non_null(copy);
        memcpy(copy, bytes + at, len);
        bool more = gl_stream_feed(r->stream, gl_slice_of(copy, len));
        free(copy);
        if (!more) break;
    }
    gl_stream_finish(r->stream, GLIMPSE_OK, 1, &r->end);
    gl_decode_input input = { .status = 200,
                              .body = r->end.body,
                              .content_type = "text/event-stream",
                              .path = path,
                              .merged = true,
                              .streamed = gl_stream_text(r->stream) };
    if (r->end.error == GLIMPSE_OK)
        gl_decode(r->decoder, &input, &r->outcome);
    else if (r->end.error == GLIMPSE_ERR_STREAM_ERROR)
        gl_decode_stream_error(r->decoder, &input, &r->outcome);
    else
        gl_decode_broken(r->decoder, &input, r->end.error, r->end.message, &r->outcome);
    put(r->body, sizeof r->body, r->end.body);
    put(r->text, sizeof r->text, gl_stream_text(r->stream));
}

static void end(reading *r)
{
    gl_stream_free(r->stream);
    gl_decoder_free(r->decoder);
}

/* The same whole and byte by byte: this error, this text, a part of the merged body (of a failure:
 * of its message). The reading is the one of single bytes; end it. */
static reading read_as(const char *bytes, glimpse_error error, const char *text, const char *part)
{
    reading r = { 0 };
    for (int single = 0; single < 2; single++) {
        if (single) end(&r);
        read_steps(&r, CHAT, bytes, single ? 1 : strlen(bytes));
        const char *where = error == GLIMPSE_OK ? r.body : r.outcome.error_message;
        if (r.outcome.error != error || strcmp(r.text, text) != 0 ||
            (part != NULL && (where == NULL || strstr(where, part) == NULL)))
            fail_msg("%s: %s (%s), text '%s', body %s", single ? "single bytes" : "whole",
                     glimpse_error_name(r.outcome.error),
                     r.outcome.error_message != NULL ? r.outcome.error_message : "", r.text,
                     r.body);
        if (error == GLIMPSE_OK)
            assert_true(r.outcome.sample.text_len == strlen(text) &&
                        memcmp(r.outcome.sample.text, text, strlen(text)) == 0);
    }
    return r;
}

static void assert_reads(const char *bytes, glimpse_error error, const char *text, const char *part)
{
    size_t live = gl_alloc_live();
    reading r = read_as(bytes, error, text, part);
    end(&r);
    assert_int_equal(gl_alloc_live(), live);
}

#define CHUNK(choices)                                                                             \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","     \
    "\"choices\":[" choices "]}\n\n"
#define DELTA(delta) CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}")
#define SAY(text, reason)                                                                          \
    CHUNK("{\"index\":0,\"delta\":{\"content\":\"" text "\"},"                                     \
          "\"finish_reason\":" reason "}")
#define END(reason) CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":" reason "}")
#define STOP        END("\"stop\"")
#define DONE        "data: [DONE]\n\n"

/* --- ends --- */

static void a_blank_finish_reason_is_none_and_a_cut_behind_it_a_cut(void **state)
{
    (void)state;
    static const char *const placeholders[] = {
        "\"\"", "\" \"", "\"null\"", "\"None\"", "\"FINISH_REASON_UNSPECIFIED\"", "null", "false"
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
        end(&r);
    }
}

static void a_blank_finish_reason_takes_no_other_away(void **state)
{
    (void)state;
    reading r = read_as(SAY("Cut", "null") END("\"length\"") END("\"\"") DONE, GLIMPSE_OK, "Cut",
                        "\"finish_reason\":\"length\"");
    assert_false(r.outcome.complete);
    assert_string_equal(r.outcome.sample.finish_reason, "length");
    end(&r);
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
        end(&r);
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
    end(&r);
}

/* --- contents --- */

#define PART(text)  "{\"type\":\"text\",\"text\":\"" text "\"}"
#define THINKING(t) "{\"type\":\"thinking\",\"thinking\":[" PART(t) "]}"

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
    end(&r);
}

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
        "\"obfuscation\":\"zz\"}\n\n" DONE,
        GLIMPSE_OK, "a",
        "],\"provider\":\"P\",\"citations\":[\"u\",\"v\"],\"x_groq\":{\"id\":\"r\",\"usage\":{"
        "\"total_tokens\":3}}}");
    /* What is no chunk says nothing of the answer. */
    reading r = read_as("event: ping\ndata: {\"type\":\"ping\"}\n\n" SAY("a", "null") STOP DONE,
                        GLIMPSE_OK, "a", NULL);
    assert_null(strstr(r.body, "ping"));
    end(&r);
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
        end(&r);
    }
}

static void members_without_end_stop_at_their_bound(void **state)
{
    (void)state;
    gl_buf stream;
    gl_buf_init(&stream, SIZE_MAX / 2);
    for (int chunk = 0; chunk < 200; chunk++) {
        gl_buf_append_str(&stream, "data: {\"choices\":[{\"delta\":{\"m\":{");
        gl_buf_printf(&stream, "\"o%d\":{", chunk);
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
    assert_true(e.body.len < 64 * 1024); /* of 300 KiB; at most 64 an object and 4,096 in all */
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
        end(&r);
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
        cmocka_unit_test(another_id_under_a_used_index_begins_another_call),
        cmocka_unit_test(an_id_that_is_repeated_or_made_anew_for_each_delta_begins_none),
        cmocka_unit_test(arguments_that_are_an_object_are_kept_as_one),
        cmocka_unit_test(more_calls_than_a_choice_may_have_are_an_error),
        cmocka_unit_test(strings_append_arrays_extend_and_the_last_scalar_stands_in_a_delta),
        cmocka_unit_test(a_call_keeps_what_is_said_of_it_and_of_its_function),
        cmocka_unit_test(of_a_choice_the_last_word_stands_and_its_lists_go_on),
        cmocka_unit_test(of_a_stream_what_each_chunk_repeats_stands_once),
        cmocka_unit_test(tokens_are_counted_wherever_a_stream_says_them),
        cmocka_unit_test(members_without_end_stop_at_their_bound),
        cmocka_unit_test(members_without_memory_fail_clean),
        cmocka_unit_test(an_error_on_a_line_of_its_own_is_that_error),
        cmocka_unit_test(a_chunk_on_a_line_of_its_own_is_a_chunk_and_other_lines_are_nothing),
        cmocka_unit_test(heartbeats_within_data_do_not_spoil_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
