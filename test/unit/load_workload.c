/* load_workload.c - requests made of lengths: the same for the same number, as long as asked, and
 * alike from the beginning only where they are meant to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "load/workload.h"

static load_workload *workload(load_endpoint endpoint)
{
    static load_workload w;
    load_workload_init(&w);
    w.seed = 11;
    memcpy(w.kinds[0].model, "m", 2);
    w.kinds[0].endpoint = endpoint;
    w.kinds[0].input = (load_lengths){ .least = 40, .most = 60 };
    return &w;
}

static void read_lengths(load_lengths *lengths, const char *text)
{
    char problem[160];
    assert_true(load_lengths_parse(lengths, gl_slice_str(text), problem, sizeof problem));
}

/* The body, checked to be an object of JSON; the caller frees it. */
static char *asked(load_workload *w, uint64_t number, const load_trace_row *row, load_talk *talk,
                   load_question *question)
{
    load_question own;
    gl_json root;
    if (question == NULL) question = &own;
    load_workload_question(w, number, row, talk, question);
    gl_slice body = gl_slice_of(question->chat.body, question->chat.body_len);
    if (gl_json_check(body, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT)
        fail_msg("no JSON object: %.200s", question->chat.body);
    return strdup(question->chat.body);
}

static gl_json member(const char *body, const char *name)
{
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_str(body), &root, NULL), GL_JSON_OK);
    return gl_json_get(root, name);
}

static size_t words(gl_json text)
{
    size_t count = text.text.len > 2;
    for (size_t i = 0; i < text.text.len; i++) count += text.text.data[i] == ' ';
    return count;
}

static gl_json item(gl_json array, size_t index)
{
    gl_json found = { .kind = GL_JSON_NONE };
    gl_json_iter iter = gl_json_begin(array);
    for (size_t i = 0; i <= index && gl_json_next(&iter, NULL, &found); i++) continue;
    return found;
}

static size_t count(gl_json array)
{
    gl_json found;
    size_t items = 0;
    gl_json_iter iter = gl_json_begin(array);
    while (gl_json_next(&iter, NULL, &found)) items++;
    return items;
}

static size_t alike(const char *one, const char *other)
{
    size_t same = 0;
    while (one[same] != '\0' && one[same] == other[same]) same++;
    return same;
}

static void a_number_makes_the_same_request_and_another_one_another(void **state)
{
    (void)state;
    load_workload *w = workload(LOAD_CHAT);
    char *first = asked(w, 5, NULL, NULL, NULL), *between = asked(w, 6, NULL, NULL, NULL);
    char *again = asked(w, 5, NULL, NULL, NULL);
    assert_string_equal(first, again);
    /* They part within the first block of tokens that a cache of prefixes keeps (16). */
    size_t text = (size_t)(strstr(first, "content") - first) + strlen("content\":\"");
    assert_true(alike(first, between) < text + 16 * 5);
    w->seed++;
    char *other = asked(w, 5, NULL, NULL, NULL);
    assert_string_not_equal(first, other);
    free(first);
    free(between);
    free(again);
    free(other);
    load_workload_free(w);
}

static void a_text_has_the_words_of_the_tokens_that_are_asked_for(void **state)
{
    (void)state;
    load_workload *w = workload(LOAD_CHAT);
    load_question question;
    w->kinds[0].words_per_token = 0.75;
    w->kinds[0].overhead = 8;
    for (uint64_t number = 0; number < 50; number++) {
        char *body = asked(w, number, NULL, NULL, &question);
        gl_json text = gl_json_get(item(member(body, "messages"), 0), "content");
        assert_in_range(question.input_tokens, 40, 60);
        double wanted = (question.input_tokens - 8) * 0.75;
        assert_in_range(words(text), (size_t)(wanted - 0.5), (size_t)(wanted + 0.5));
        free(body);
    }
    load_workload_free(w);
}

static void each_endpoint_is_asked_in_its_own_form(void **state)
{
    (void)state;
    static const char *const places[] = { "messages", "prompt", "input", "input", "documents" };
    for (int i = 0; i < LOAD_ENDPOINTS; i++) {
        load_workload *w = workload((load_endpoint)i);
        load_question question;
        bool writes = load_endpoint_writes((load_endpoint)i);
        w->kinds[0].texts = writes ? 1 : 7;
        w->kinds[0].limited = w->kinds[0].stream = writes;
        w->ignore_eos = w->min_tokens = true;
        char *body = asked(w, 3, NULL, NULL, &question);
        gl_json place = member(body, places[i]);
        assert_string_equal(question.chat.path, load_endpoint_path((load_endpoint)i));
        assert_int_equal(place.kind, i == LOAD_COMPLETIONS ? GL_JSON_STRING : GL_JSON_ARRAY);
        if (!writes) assert_int_equal(count(place), 7);
        const char *limit = i == LOAD_RESPONSES ? "max_output_tokens" : "max_tokens";
        assert_int_equal(member(body, limit).kind, writes ? GL_JSON_NUMBER : GL_JSON_NONE);
        assert_int_equal(member(body, "ignore_eos").kind, writes ? GL_JSON_TRUE : GL_JSON_NONE);
        assert_int_equal(member(body, "min_tokens").kind, writes ? GL_JSON_NUMBER : GL_JSON_NONE);
        assert_int_equal(member(body, "stream").kind, writes ? GL_JSON_TRUE : GL_JSON_NONE);
        free(body);
        load_workload_free(w);
    }
}

static void a_part_of_the_requests_shares_a_prefix(void **state)
{
    (void)state;
    load_workload *w = workload(LOAD_CHAT);
    char *shared[2] = { NULL, NULL };
    int with = 0, of_first = 0;
    assert_true(load_class_prefix(&w->kinds[0], gl_slice_str("100:25%:2")));
    for (uint64_t number = 0; number < 2000; number++) {
        load_question question;
        char *body = asked(w, number, NULL, NULL, &question);
        gl_json messages = member(body, "messages");
        if (count(messages) == 2) {
            gl_slice text = gl_json_get(item(messages, 0), "content").text;
            int which = shared[0] == NULL || strncmp(shared[0], text.data, text.len) == 0 ? 0 : 1;
            assert_int_equal(words(gl_json_get(item(messages, 0), "content")), 100);
            if (shared[which] == NULL) shared[which] = strndup(text.data, text.len);
            assert_int_equal(strncmp(shared[which], text.data, text.len), 0);
            assert_in_range(question.input_tokens, 140, 160);
            with++;
            of_first += which == 0;
        }
        free(body);
    }
    assert_in_range(with, 440, 560); /* a quarter of 2,000, and three deviations */
    assert_in_range(of_first, with * 4 / 10, with * 6 / 10);
    free(shared[0]);
    free(shared[1]);
    load_workload_free(w);
}

static void what_begins_with_the_same_hash_ids_begins_with_the_same_text(void **state)
{
    (void)state;
    load_workload *w = workload(LOAD_COMPLETIONS);
    w->kinds[0].limited = true;
    const uint64_t one[] = { 4, 9, 12 }, other[] = { 4, 9, 13 };
    load_trace_row rows[] = {
        { .input = 1500, .output = 7, .hashes = one, .hash_count = 3 },
        { .input = 1100, .output = 8, .hashes = other, .hash_count = 3 },
    };
    load_question question;
    char *first = asked(w, 1, &rows[0], NULL, &question);
    assert_int_equal(question.input_tokens, 1500);
    assert_int_equal(question.output_tokens, 7);
    char *second = asked(w, 2, &rows[1], NULL, NULL);
    assert_int_equal(words(member(first, "prompt")), 1500);
    assert_int_equal(words(member(second, "prompt")), 1100);
    size_t text = (size_t)(strstr(first, "prompt") - first) + strlen("prompt\":\"");
    size_t same = alike(first, second) - text;
    assert_in_range(same, 1024 * 5 - 1, 1024 * 5 + 16 * 5);
    free(first);
    free(second);
    load_workload_free(w);
}

static void a_conversation_carries_what_was_said(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_workload *w = workload(LOAD_CHAT);
    load_talk talk = { 0 };
    read_lengths(&w->kinds[0].turns, "3");
    assert_true(load_workload_talks(w));
    char *bodies[3];
    for (size_t turn = 0; turn < 3; turn++) {
        bodies[turn] = asked(w, 100 + turn, NULL, &talk, NULL);
        gl_json messages = member(bodies[turn], "messages");
        assert_int_equal(count(messages), 2 * turn + 1);
        if (turn > 0) {
            gl_json answer = item(messages, 2 * turn - 1);
            assert_true(gl_json_string_is(gl_json_get(answer, "role"), "assistant"));
            assert_true(gl_json_string_is(gl_json_get(answer, "content"), "say \"yes\"\n"));
            /* Which number the mix drew meanwhile does not matter. */
            gl_slice said = member(bodies[turn - 1], "messages").text;
            assert_memory_equal(messages.text.data, said.data, said.len - 1);
        }
        assert_int_equal(load_talk_answered(&talk, true, gl_slice_str("say \"yes\"\n")), turn < 2);
    }
    char *next = asked(w, 103, NULL, &talk, NULL);
    assert_int_equal(count(member(next, "messages")), 1);
    free(next);
    /* What failed ends it. */
    assert_false(load_talk_answered(&talk, false, gl_slice_str("")));
    for (size_t i = 0; i < 3; i++) free(bodies[i]);
    load_talk_free(&talk);
    load_workload_free(w);
    assert_int_equal(gl_alloc_live(), live);
}

static void classes_come_by_their_weights(void **state)
{
    (void)state;
    load_workload *w = workload(LOAD_CHAT);
    int of[3] = { 0 };
    w->kinds[1] = w->kinds[2] = w->kinds[0];
    w->kinds[1].weight = 3;
    w->kinds[2].weight = 0.5;
    w->count = 3;
    for (uint64_t number = 0; number < 9000; number++) {
        load_question question;
        load_workload_question(w, number, NULL, NULL, &question);
        of[question.kind]++;
    }
    assert_in_range(of[0], 1850, 2150);
    assert_in_range(of[1], 5850, 6150);
    assert_in_range(of[2], 890, 1110);
    load_workload_free(w);
}

static size_t allowed;

static bool allow(void)
{
    return allowed != 0 && allowed-- > 0;
}

static void out_of_memory_asks_nothing(void **state)
{
    (void)state;
    for (size_t first = 0; first < 4; first++) {
        load_workload *w = workload(LOAD_CHAT);
        load_question question;
        allowed = first;
        gl_alloc_set_gate(allow);
        load_workload_question(w, 1, NULL, NULL, &question);
        gl_alloc_set_gate(NULL);
        assert_true(question.chat.body_len == 0 ? question.chat.body[0] == '\0'
                                                : question.chat.body[0] == '{');
        load_workload_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_makes_the_same_request_and_another_one_another),
        cmocka_unit_test(a_text_has_the_words_of_the_tokens_that_are_asked_for),
        cmocka_unit_test(each_endpoint_is_asked_in_its_own_form),
        cmocka_unit_test(a_part_of_the_requests_shares_a_prefix),
        cmocka_unit_test(what_begins_with_the_same_hash_ids_begins_with_the_same_text),
        cmocka_unit_test(a_conversation_carries_what_was_said),
        cmocka_unit_test(classes_come_by_their_weights),
        cmocka_unit_test(out_of_memory_asks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
