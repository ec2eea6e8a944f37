/* openai/stream and openai/merge: a streamed answer is the answer that would have come whole,
 * however its bytes are cut; what goes wrong inside it has a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/rng.h"
#include "oom.h"
#include "openai/stream.h"

#define CHAT "/chat/completions"

/* One stream read to its end. */
typedef struct reading {
    gl_stream *stream;
    gl_stream_end end;
    bool stopped; /* it said that it wants no more */
    char body[4096], text[1024];
} reading;

static void feed(reading *r, const char *bytes, size_t len)
{
    if (r->stopped || len == 0) return;
    char *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    r->stopped = !gl_stream_feed(r->stream, gl_slice_of(copy, len));
    free(copy);
}

static void begin(reading *r, const char *path)
{
    *r = (reading){ .stream = gl_stream_new(1 << 20) };
    assert_non_null(r->stream);
    assert_true(gl_stream_begin(r->stream, path));
}

static void finish(reading *r, glimpse_error transport, size_t choices)
{
    gl_slice text = gl_stream_text(r->stream);
    gl_stream_finish(r->stream, transport, choices, &r->end);
    snprintf(r->body, sizeof r->body, "%.*s", (int)r->end.body.len,
             r->end.body.len != 0 ? r->end.body.data : "");
    snprintf(r->text, sizeof r->text, "%.*s", (int)text.len, text.len != 0 ? text.data : "");
}

static void end(reading *r)
{
    gl_stream_free(r->stream);
}

static void read_cut(reading *r, const char *path, const char *bytes, size_t cut)
{
    begin(r, path);
    feed(r, bytes, cut);
    feed(r, bytes + cut, strlen(bytes) - cut);
    finish(r, GLIMPSE_OK, 1);
}

/* The same at every cut. */
static void assert_reads(const char *path, const char *bytes, glimpse_error error, const char *text,
                         const char *body)
{
    size_t live = gl_alloc_live();
    for (size_t cut = 0; cut <= strlen(bytes); cut++) {
        reading r;
        read_cut(&r, path, bytes, cut);
        if (r.end.error != error || strcmp(r.text, text) != 0 ||
            (body != NULL && strcmp(r.body, body) != 0))
            fail_msg("cut at %zu: %s, text '%s', body %s", cut, glimpse_error_name(r.end.error),
                     r.text, r.body);
        gl_json root;
        if (error == GLIMPSE_OK)
            assert_int_equal(gl_json_check(r.end.body, &root, NULL), GL_JSON_OK);
        end(&r);
    }
    assert_int_equal(gl_alloc_live(), live);
}

#define CHUNK(choices)                                                                             \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","     \
    "\"choices\":[" choices "],\"usage\":null,\"obfuscation\":\"xyz\"}\n\n"
#define DELTA(delta) CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}")
#define STOP         CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}")
#define DONE         "data: [DONE]\n\n"
#define HEAD                                                                                       \
    "{\"object\":\"chat.completion\",\"id\":\"c1\",\"created\":7,\"model\":\"m\",\"choices\":["

static void chunks_become_the_completion_they_are_parts_of(void **state)
{
    (void)state;
    assert_reads(
        CHAT,
        DELTA("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null")
            DELTA("\"content\":\"Hel\"") DELTA("\"content\":\"lo \\\"you\\\"\\n\"") STOP
        "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[],\"usage\":{\"total_tokens\":9},"
        "\"service_tier\":\"default\",\"system_fingerprint\":\"fp\"}\n\n" DONE,
        GLIMPSE_OK, "Hello \"you\"\n",
        HEAD "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
             "\"Hello \\\"you\\\"\\n\",\"refusal\":null},\"logprobs\":null,"
             "\"finish_reason\":\"stop\"}],\"usage\":{\"total_tokens\":9},"
             "\"service_tier\":\"default\",\"system_fingerprint\":\"fp\"}");
}

static void tool_calls_are_merged_by_their_index(void **state)
{
    (void)state;
    assert_reads(
        CHAT,
        DELTA("\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"a\","
              "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]")
            DELTA("\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"type\":\"function\",\"function\":{"
                  "\"name\":\"g\",\"arguments\":\"[\"}}]")
                DELTA("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\"\"}}]")
                    DELTA("\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"]\"}},"
                          "{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]")
                        CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}") DONE,
        GLIMPSE_OK, "",
        HEAD "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"refusal\":null,"
             "\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\","
             "\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"b\",\"type\":\"function\",\"function\":{"
             "\"name\":\"g\",\"arguments\":\"[]\"}}]},\"logprobs\":null,"
             "\"finish_reason\":\"tool_calls\"}]}");
}

static void calls_without_an_index_begin_with_their_id(void **state)
{
    (void)state;
    reading r;
    read_cut(
        &r, CHAT,
        DELTA("\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"1\"}}]")
            DELTA("\"tool_calls\":[{\"function\":{\"arguments\":\"2\"}}]")
                DELTA("\"tool_calls\":[{\"id\":\"b\",\"function\":{\"arguments\":\"3\"}}]")
                    STOP DONE,
        0);
    assert_non_null(strstr(r.body, "{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":"
                                   "\"f\",\"arguments\":\"12\"}},{\"id\":\"b\""));
    end(&r);
}

static void choices_are_merged_by_their_index_and_stand_in_its_order(void **state)
{
    (void)state;
    assert_reads(CHAT,
                 CHUNK("{\"index\":1,\"delta\":{\"content\":\"B\"}}")
                     CHUNK("{\"index\":0,\"delta\":{\"content\":\"A\"}},"
                           "{\"index\":1,\"delta\":{\"content\":\"b\"}}")
                         CHUNK("{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}") STOP DONE,
                 GLIMPSE_OK, "A",
                 HEAD "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"A\","
                      "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"},"
                      "{\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":\"Bb\","
                      "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"length\"}]}");
}

static void refusal_reasoning_logprobs_and_old_forms_are_kept(void **state)
{
    (void)state;
    reading r;
    read_cut(&r, CHAT,
             DELTA("\"refusal\":\"I ca\",\"reasoning_content\":\"hm\"")
                 DELTA("\"refusal\":\"nnot\",\"reasoning_content\":\"m\"")
                     CHUNK("{\"index\":0,\"delta\":{\"function_call\":{\"name\":\"f\","
                           "\"arguments\":\"1\"}},\"logprobs\":{\"content\":[{\"token\":\"a\"}]}}")
                         CHUNK("{\"index\":0,\"delta\":{\"function_call\":{\"arguments\":\"2\"}},"
                               "\"logprobs\":{\"content\":[{\"token\":\"b\"}],\"refusal\":null}}")
                             STOP DONE,
             0);
    assert_int_equal(r.end.error, GLIMPSE_OK);
    assert_non_null(strstr(r.body, "\"refusal\":\"I cannot\",\"reasoning_content\":\"hmm\""));
    assert_non_null(strstr(r.body, "\"function_call\":{\"name\":\"f\",\"arguments\":\"12\"}"));
    assert_non_null(strstr(
        r.body,
        "\"logprobs\":{\"content\":[{\"token\":\"a\"},{\"token\":\"b\"}],\"refusal\":null}"));
    end(&r);
    assert_reads("/completions?x=1",
                 "data: {\"choices\":[{\"text\":\"on\",\"index\":0}]}\n\n"
                 "data: {\"choices\":[{\"text\":\"ce\",\"finish_reason\":\"stop\"}]}\n\n" DONE,
                 GLIMPSE_OK, "once",
                 "{\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"text\":\"once\","
                 "\"logprobs\":null,\"finish_reason\":\"stop\"}]}");
}

static void azures_chunks_without_choices_or_delta_are_no_error(void **state)
{
    (void)state;
    assert_reads(CHAT,
                 "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\","
                 "\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n" DELTA("\"content\":\"x\"")
                     CHUNK("{\"index\":0,\"finish_reason\":null,\"content_filter_results\":{},"
                           "\"content_filter_offsets\":{\"check_offset\":1}}") STOP DONE,
                 GLIMPSE_OK, "x", NULL);
    reading r;
    read_cut(&r, CHAT,
             "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\"}\n\n" STOP DONE, 0);
    assert_non_null(strstr(r.body, "\"id\":\"c1\"")); /* not the empty one */
    end(&r);
}

static void comments_pings_and_mixed_line_ends_change_nothing(void **state)
{
    (void)state;
    assert_reads(CHAT,
                 ": OPENROUTER PROCESSING\n\nevent: ping\r\n\r\n"
                 "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\r: ping\n\n"
                 "data: {\"choices\":[{\"delta\":{\"content\":\"\xC3\xA4\xF0\x9F\x98\x80\"},\r\n"
                 "data: \"finish_reason\":\"stop\"}]}\r\n\ndata: [DONE]\r\r",
                 GLIMPSE_OK, "a\xC3\xA4\xF0\x9F\x98\x80", NULL);
}

static void halves_of_a_character_in_two_deltas_are_one(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    reading r;
    begin(&r, CHAT);
    static const char first[] = DELTA("\"content\":\"a\\ud83d\"");
    feed(&r, first, sizeof first - 1);
    assert_int_equal(gl_stream_text(r.stream).len, 1); /* half a character is not shown */
    static const char rest[] = DELTA("\"content\":\"\\ude00b\\\\ud83d\"") STOP DONE;
    feed(&r, rest, sizeof rest - 1);
    finish(&r, GLIMPSE_OK, 1);
    assert_string_equal(r.text, "a\xF0\x9F\x98\x80"
                                "b\\ud83d"); /* and an escaped backslash begins none */
    assert_non_null(strstr(r.body, "\"a\\ud83d\\ude00b\\\\ud83d\""));
    end(&r);
    assert_int_equal(gl_alloc_live(), live);
}

/* --- the end --- */

static void done_ends_the_stream_at_once_and_only_when_it_is_exact(void **state)
{
    (void)state;
    reading r;
    begin(&r, CHAT);
    static const char more[] = DELTA("\"content\":\"x\"") STOP DONE;
    feed(&r, more, sizeof more - 1);
    assert_true(r.stopped);
    finish(&r, GLIMPSE_ERR_RESET, 1); /* what happens to the connection then is no matter */
    assert_int_equal(r.end.error, GLIMPSE_OK);
    assert_false(r.end.no_done);
    end(&r);
    assert_reads(CHAT,
                 DELTA("\"content\":\"x\"") "data: [DONE]x\n\ndata: {\"error\":{\"message\":\"no\"}"
                                            "}\n\n",
                 GLIMPSE_ERR_STREAM_ERROR, "x", "{\"error\":{\"message\":\"no\"}}");
    assert_reads(CHAT, DELTA("\"content\":\"x\"") STOP "data: [DONE] \n\n", GLIMPSE_ERR_BAD_JSON,
                 "x", "");
}

static void an_end_without_done_is_whole_when_each_choice_has_finished(void **state)
{
    (void)state;
    static const char whole[] = DELTA("\"content\":\"x\"") STOP;
    static const glimpse_error ends[] = { GLIMPSE_OK, GLIMPSE_ERR_RESET };
    for (int i = 0; i < 2; i++) {
        reading r;
        begin(&r, CHAT);
        feed(&r, whole, sizeof whole - 1);
        finish(&r, ends[i], 1);
        assert_int_equal(r.end.error, GLIMPSE_OK);
        assert_true(r.end.no_done);
        finish(&r, ends[i], 2); /* the second choice never came */
        assert_int_equal(r.end.error, GLIMPSE_ERR_STREAM_TRUNCATED);
        end(&r);
    }
    assert_reads(CHAT, DELTA("\"content\":\"x\""), GLIMPSE_ERR_STREAM_TRUNCATED, "x", "");
    assert_reads(CHAT, DELTA("\"content\":\"x\"") CHUNK("{\"index\":1,\"delta\":{}}") STOP,
                 GLIMPSE_ERR_STREAM_TRUNCATED, "x", "");
    assert_reads(CHAT, "", GLIMPSE_ERR_STREAM_TRUNCATED, "", "");
    assert_reads(CHAT, ": nothing but comments\n\n", GLIMPSE_ERR_STREAM_TRUNCATED, "", "");
    /* What no blank line ended is no event. */
    assert_reads(CHAT, "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n",
                 GLIMPSE_ERR_STREAM_TRUNCATED, "", "");
}

static void another_failure_of_the_connection_keeps_its_name(void **state)
{
    (void)state;
    reading r;
    begin(&r, CHAT);
    finish(&r, GLIMPSE_ERR_BODY_TOO_LARGE, 1);
    assert_int_equal(r.end.error, GLIMPSE_ERR_BODY_TOO_LARGE);
    finish(&r, GLIMPSE_ERR_PROTOCOL, 1);
    assert_int_equal(r.end.error, GLIMPSE_ERR_PROTOCOL);
    end(&r);
}

/* --- errors inside --- */

static void errors_inside_are_found_in_each_form_before_data(void **state)
{
    (void)state;
    static const char *const errors[][2] = {
        { "data: {\"error\":{\"message\":\"m\",\"code\":500}}\n\n", NULL },
        { "data: {\"error\":\"plain\"}\n\n", NULL },
        { "event: error\ndata: {\"message\":\"flat\",\"code\":\"c\"}\n\n", NULL },
        { "event: error\ndata: {\"error\":{\"message\":\"nested\"}}\n\n", NULL },
        { "event: error\ndata: no JSON at all\n\n", "no JSON at all" },
        { "data: {\"type\":\"error\",\"message\":\"m\"}\n\n", NULL },
        { "data: {\"object\":\"error\",\"message\":\"older vLLM\"}\n\n", NULL },
        { "data: {\"id\":\"x\",\"choices\":[],\"error\":{\"code\":502,\"message\":\"m\"}}\n\n",
          NULL },
        { "data: {\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],"
          "\"error\":{\"code\":502,\"message\":\"m\"}}\n\n",
          NULL },
        { "error: {\"code\":500,\"message\":\"old llama.cpp\"}\n\n", NULL },
        { "event: error\ndata: [DONE]\n\n", "[DONE]" },
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        char stream[2048];
        const char *data = strchr(errors[i][0], '{');
        char body[512];
        snprintf(body, sizeof body, "%s", errors[i][1] != NULL ? errors[i][1] : data);
        body[strcspn(body, "\n")] = '\0';
        /* vLLM and SGLang close an error with [DONE]: it is one all the same. */
        snprintf(stream, sizeof stream, "%s%s%s", DELTA("\"content\":\"x\""), errors[i][0], DONE);
        assert_reads(CHAT, stream, GLIMPSE_ERR_STREAM_ERROR, "x", body);
        snprintf(stream, sizeof stream, "%s%s%s", DELTA("\"content\":\"x\""), STOP, errors[i][0]);
        assert_reads(CHAT, stream, GLIMPSE_ERR_STREAM_ERROR, "x", body);
    }
    assert_reads(CHAT, "data: {\"error\":null,\"choices\":[]}\n\n" STOP DONE, GLIMPSE_OK, "", NULL);
}

static void an_event_that_is_none_spoils_the_answer_and_is_quoted(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "data: {\"choices\":[\n\n",
        "data: [1]\n\n",
        "data: {\"choices\":[7]}\n\n",
        "data: {\"choices\":[{\"index\":-1}]}\n\n",
        "data: {\"choices\":[{\"index\":128}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":\"0\"}]}}]}\n\n",
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char stream[1024];
        snprintf(stream, sizeof stream, "%s%s%s%s", DELTA("\"content\":\"x\""), odd[i], STOP, DONE);
        assert_reads(CHAT, stream, GLIMPSE_ERR_BAD_JSON, "x", "");
        reading r;
        read_cut(&r, CHAT, stream, 0);
        char quoted[64];
        snprintf(quoted, sizeof quoted, "it begins: %.12s", strchr(odd[i], ' ') + 1);
        quoted[strcspn(quoted, "\n")] = '\0';
        assert_non_null(strstr(r.end.message, quoted));
        end(&r);
    }
    reading r;
    read_cut(&r, CHAT, "data: {\"a\":\"\xFF\"}\n\n" STOP DONE, 0);
    assert_int_equal(r.end.error, GLIMPSE_ERR_BAD_UTF8);
    assert_non_null(strstr(r.end.message, "it begins: {\"a\":\"?\"}"));
    end(&r);
}

static void an_event_above_the_limit_is_refused(void **state)
{
    (void)state;
    gl_stream *stream = gl_stream_new(64);
    assert_true(gl_stream_begin(stream, CHAT));
    static const char large[] = DELTA("\"content\":\"more than 64 bytes\"");
    assert_false(gl_stream_feed(stream, gl_slice_of(large, sizeof large - 1)));
    gl_stream_end e;
    gl_stream_finish(stream, GLIMPSE_OK, 1, &e);
    assert_int_equal(e.error, GLIMPSE_ERR_BODY_TOO_LARGE);
    gl_stream_free(stream);
}

/* --- responses --- */

#define EVENT(type, rest)                                                                          \
    "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":1," rest "}\n\n"

static void a_response_ends_with_its_own_event_and_no_done(void **state)
{
    (void)state;
    static const char deltas[] =
        EVENT("response.created", "\"response\":{\"status\":\"in_progress\"}")
            EVENT("response.output_text.delta", "\"output_index\":0,\"delta\":\"Hel\"")
                EVENT("response.refusal.delta", "\"delta\":\"not text\"")
                    EVENT("response.output_text.delta", "\"output_index\":0,\"delta\":\"lo\"");
    char stream[2048];
    snprintf(stream, sizeof stream, "%s%s", deltas,
             EVENT("response.completed", "\"response\":{\"status\":\"completed\"}"));
    assert_reads("/responses", stream, GLIMPSE_OK, "Hello", "{\"status\":\"completed\"}");
    snprintf(stream, sizeof stream, "%s%s", deltas,
             EVENT("response.incomplete", "\"response\":{\"status\":\"incomplete\"}"));
    assert_reads("/responses", stream, GLIMPSE_OK, "Hello", "{\"status\":\"incomplete\"}");
    snprintf(stream, sizeof stream, "%s%s", deltas,
             EVENT("response.failed", "\"response\":{\"error\":{\"code\":\"c\"}}"));
    assert_reads("/responses", stream, GLIMPSE_ERR_STREAM_ERROR, "Hello",
                 "{\"error\":{\"code\":\"c\"}}");
    snprintf(stream, sizeof stream, "%s%s", deltas, "event: error\ndata: {\"type\":\"error\"}\n\n");
    assert_reads("/responses", stream, GLIMPSE_ERR_STREAM_ERROR, "Hello", "{\"type\":\"error\"}");
    assert_reads("/responses", deltas, GLIMPSE_ERR_STREAM_TRUNCATED, "Hello", "");
    snprintf(stream, sizeof stream, "%s%s", deltas, DONE); /* which proves nothing here */
    assert_reads("/responses", stream, GLIMPSE_ERR_STREAM_TRUNCATED, "Hello", "");
}

static void streams_of_other_paths_are_not_read(void **state)
{
    (void)state;
    gl_stream *stream = gl_stream_new(100);
    assert_false(gl_stream_begin(stream, "/embeddings"));
    assert_false(gl_stream_begin(stream, "/responses/x"));
    assert_true(gl_stream_begin(stream, "/openai/deployments/d/chat/completions?api-version=1"));
    gl_stream_free(stream);
}

/* --- cost and memory --- */

static void a_stream_in_random_pieces_is_the_one_that_came_whole(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    static const char bytes[] =
        ": c\r\n\r\n" DELTA("\"role\":\"assistant\",\"content\":\"\\u00e4\"")
            DELTA("\"content\":\"\\ud83d\"") DELTA("\"content\":\"\\ude00 \xE2\x82\xAC\"")
                STOP DONE;
    gl_rng rng;
    gl_rng_seed(&rng, 5);
    reading whole;
    read_cut(&whole, CHAT, bytes, 0);
    assert_int_equal(whole.end.error, GLIMPSE_OK);
    for (int run = 0; run < 500; run++) {
        reading r;
        begin(&r, CHAT);
        for (size_t at = 0; at < sizeof bytes - 1;) {
            size_t len = 1 + gl_rng_below(&rng, 40);
            if (len > sizeof bytes - 1 - at) len = sizeof bytes - 1 - at;
            feed(&r, bytes + at, len);
            at += len;
        }
        finish(&r, GLIMPSE_OK, 1);
        assert_string_equal(r.body, whole.body);
        assert_string_equal(r.text, whole.text);
        end(&r);
    }
    end(&whole);
    assert_int_equal(gl_alloc_live(), live);
}

/* CPU time of merging so many deltas of 64 bytes, in nanoseconds; the best of three. */
static uint64_t merge_time(int deltas)
{
    static const char delta[] = DELTA("\"content\":\"0123456789abcdef0123456789abcdef0123456789abcd"
                                      "ef0123456789abcdef\"");
    uint64_t best = UINT64_MAX;
    for (int run = 0; run < 3; run++) {
        struct timespec from, to;
        reading r;
        begin(&r, CHAT);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        for (int i = 0; i < deltas; i++)
            assert_true(gl_stream_feed(r.stream, gl_slice_of(delta, sizeof delta - 1)));
        gl_stream_finish(r.stream, GLIMPSE_OK, 1, &r.end);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        assert_int_equal(gl_stream_text(r.stream).len, (size_t)deltas * 64);
        uint64_t took = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u + (uint64_t)to.tv_nsec -
                        (uint64_t)from.tv_nsec;
        if (took < best) best = took;
        end(&r);
    }
    return best;
}

static void the_time_of_merging_grows_with_the_number_of_deltas(void **state)
{
    (void)state;
    uint64_t few = merge_time(4000), many = merge_time(32000);
    print_message("32,000 deltas of 64 bytes: %.1f ms\n", (double)many / 1e6);
    assert_true(many < few * 24); /* 8 times as many: quadratic would be 64 times the time */
}

static void a_stream_without_memory_fails_clean(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    static const char bytes[] = DELTA("\"role\":\"assistant\",\"content\":\"x\"")
        DELTA("\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\","
              "\"arguments\":\"1\"}}]") CHUNK("{\"index\":1,\"delta\":{\"content\":\"y\"}}")
            CHUNK("{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}") STOP DONE;
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        gl_stream *stream = gl_stream_new(100000);
        gl_stream_end e = { .error = GLIMPSE_ERR_OOM };
        if (stream != NULL) {
            assert_true(gl_stream_begin(stream, CHAT));
            (void)gl_stream_feed(stream, gl_slice_of(bytes, sizeof bytes - 1));
            gl_stream_finish(stream, GLIMPSE_OK, 2, &e);
        }
        bool failed = oom_end();
        assert_int_equal(e.error, failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK);
        gl_stream_free(stream);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) break;
        assert_true(k < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_become_the_completion_they_are_parts_of),
        cmocka_unit_test(tool_calls_are_merged_by_their_index),
        cmocka_unit_test(calls_without_an_index_begin_with_their_id),
        cmocka_unit_test(choices_are_merged_by_their_index_and_stand_in_its_order),
        cmocka_unit_test(refusal_reasoning_logprobs_and_old_forms_are_kept),
        cmocka_unit_test(azures_chunks_without_choices_or_delta_are_no_error),
        cmocka_unit_test(comments_pings_and_mixed_line_ends_change_nothing),
        cmocka_unit_test(halves_of_a_character_in_two_deltas_are_one),
        cmocka_unit_test(done_ends_the_stream_at_once_and_only_when_it_is_exact),
        cmocka_unit_test(an_end_without_done_is_whole_when_each_choice_has_finished),
        cmocka_unit_test(another_failure_of_the_connection_keeps_its_name),
        cmocka_unit_test(errors_inside_are_found_in_each_form_before_data),
        cmocka_unit_test(an_event_that_is_none_spoils_the_answer_and_is_quoted),
        cmocka_unit_test(an_event_above_the_limit_is_refused),
        cmocka_unit_test(a_response_ends_with_its_own_event_and_no_done),
        cmocka_unit_test(streams_of_other_paths_are_not_read),
        cmocka_unit_test(a_stream_in_random_pieces_is_the_one_that_came_whole),
        cmocka_unit_test(the_time_of_merging_grows_with_the_number_of_deltas),
        cmocka_unit_test(a_stream_without_memory_fails_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
