/* pack.c - who shares a request, what its answer says to each, whose usage is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "policy/pack.h"

static const glimpse_packing rules = GLIMPSE_PACKING_DEFAULT;

static gl_pack_terms terms_of(const char *goal, const char *constraints, const char *model)
{
    gl_pack_terms terms = { .goal = gl_slice_str(goal),
                            .constraints = gl_slice_str(constraints),
                            .model = gl_slice_str(model),
                            .temperature = 0.7,
                            .max_tokens = 256 };
    return terms;
}

static void only_drafts_with_the_same_terms_share_a_request(void **state)
{
    (void)state;
    gl_pack_terms a = terms_of("goal", "short", "m"), b = terms_of("goal", "short", "m");
    assert_true(gl_pack_same(&a, &b));
    assert_int_equal(gl_pack_hash(&a), gl_pack_hash(&b));
    const gl_pack_terms others[] = { terms_of("goal2", "short", "m"),
                                     terms_of("goal", "", "m"),
                                     terms_of("goals", "hort", "m"),
                                     terms_of("goal", "short", "n"),
                                     { b.goal, b.constraints, b.model, 0.8, 256, 0 },
                                     { b.goal, b.constraints, b.model, 0.7, 255, 0 },
                                     { b.goal, b.constraints, b.model, 0.7, 256, 1 } };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(gl_pack_same(&a, &others[i]));
    assert_int_not_equal(gl_pack_hash(&a), gl_pack_hash(&others[2]));
}

static void a_pack_is_full_by_count_by_characters_and_by_tokens_of_answer(void **state)
{
    (void)state;
    assert_true(gl_pack_takes(&rules, (gl_pack_load){ 0, 0 }, 100, 256));
    assert_true(gl_pack_takes(&rules, (gl_pack_load){ 15, 1500 }, 100, 256));
    assert_false(gl_pack_takes(&rules, (gl_pack_load){ 16, 1600 }, 100, 256));

    /* Fewer than 4,000 code points in all. */
    assert_true(gl_pack_takes(&rules, (gl_pack_load){ 1, 3000 }, 999, 256));
    assert_false(gl_pack_takes(&rules, (gl_pack_load){ 1, 3000 }, 1000, 256));
    assert_false(gl_pack_takes(&rules, (gl_pack_load){ 0, 0 }, 4000, 256));

    /* 4,096 tokens of answer: three of 1,300, not four; and of 3,000 not even two. */
    assert_true(gl_pack_takes(&rules, (gl_pack_load){ 2, 10 }, 1, 1300));
    assert_false(gl_pack_takes(&rules, (gl_pack_load){ 3, 10 }, 1, 1300));
    assert_false(gl_pack_takes(&rules, (gl_pack_load){ 0, 0 }, 1, 3000));
}

static void a_pack_asks_for_the_sum_of_its_drafts_tokens_within_the_smallest_limit(void **state)
{
    (void)state;
    assert_int_equal(gl_pack_max_tokens(2, 100), 2 * 100 + 3 * 12);
    assert_int_equal(gl_pack_max_tokens(16, 256), 4096);
    assert_int_equal(gl_pack_max_tokens(2, INT64_MAX), INT64_MAX);
}

/* Reads an answer for `count` drafts and writes the verdicts as letters: o m x d. */
static gl_pack_split read_into(char *verdicts, const char *text, bool cut, size_t count)
{
    static const char letters[] = { [GL_PACK_MISSING] = 'm',
                                    [GL_PACK_OK] = 'o',
                                    [GL_PACK_MALFORMED] = 'x',
                                    [GL_PACK_DUPLICATE] = 'd' };
    gl_pack_item items[GLIMPSE_PACK_DRAFTS_MAX];
    gl_buf scratch;
    gl_buf_init(&scratch, SIZE_MAX / 2);
    gl_pack_split split = gl_pack_read(gl_slice_str(text), cut, &scratch, items, count);
    for (size_t i = 0; i < count; i++) verdicts[i] = letters[items[i].verdict];
    verdicts[count] = '\0';
    gl_buf_free(&scratch);
    return split;
}

static void assert_read(const char *text, bool cut, const char *expected)
{
    char verdicts[GLIMPSE_PACK_DRAFTS_MAX + 1];
    read_into(verdicts, text, cut, strlen(expected));
    if (strcmp(verdicts, expected) != 0) fail_msg("%s reads as %s", text, verdicts);
}

static void each_number_gets_its_own_text(void **state)
{
    (void)state;
    gl_pack_item items[2];
    gl_buf scratch;
    gl_buf_init(&scratch, 100);
    gl_slice text = gl_slice_str("{\"answers\":[{\"n\":1,\"text\":\"one\"},{\"n\":2,\"text\":\"\\u"
                                 "00e9\"}]}");
    gl_pack_split split = gl_pack_read(text, false, &scratch, items, 2);
    assert_true(split.is_list);
    assert_int_equal(split.ok, 2);
    assert_int_equal(split.ignored, 0);
    assert_true(gl_json_string_is(items[0].text, "one"));
    assert_true(gl_json_string_is(items[1].text, "\xC3\xA9"));
    gl_buf_free(&scratch);
}

static void the_order_does_not_matter(void **state)
{
    (void)state;
    assert_read("{\"answers\":[{\"text\":\"b\",\"n\":2},{\"n\":3,\"text\":\"c\"},"
                "{\"n\":1.0,\"text\":\"a\"}]}",
                false, "ooo");
}

static void a_bare_list_and_a_code_fence_are_fine(void **state)
{
    (void)state;
    assert_read(" [{\"n\":1,\"text\":\"a\"}] ", false, "o");
    assert_read("```json\n{\"answers\":[{\"n\":1,\"text\":\"a\"}]}\n```\n", false, "o");
    assert_read("```\n[{\"n\":1,\"text\":\"a\"}]```", false, "o");
    assert_read("```json\n[{\"n\":1,\"text\":\"```\"}]\n```", false, "o");
}

static void what_is_not_there_is_missing(void **state)
{
    (void)state;
    assert_read("{\"answers\":[{\"n\":1,\"text\":\"a\"},{\"n\":3,\"text\":\"c\"}]}", false, "omo");
    assert_read("{\"answers\":[]}", false, "mm");
}

static void of_two_answers_to_one_number_none_is_believed(void **state)
{
    (void)state;
    assert_read("{\"answers\":[{\"n\":1,\"text\":\"a\"},{\"n\":1,\"text\":\"b\"},"
                "{\"n\":2,\"text\":\"c\"}]}",
                false, "do");
    assert_read("[{\"n\":1},{\"n\":1,\"text\":\"b\"},{\"n\":1,\"text\":\"b\"}]", false, "d");
}

static void what_is_no_text_is_malformed(void **state)
{
    (void)state;
    assert_read("[{\"n\":1,\"text\":7},{\"n\":2},{\"n\":3,\"text\":\"\"},{\"n\":4,\"text\":null},"
                "{\"n\":5,\"text\":\"\\ud800\"},{\"n\":6,\"text\":\"\\ud83d\\ude00\"}]",
                false, "xxxxxo");
}

static void numbers_that_nobody_has_are_ignored(void **state)
{
    (void)state;
    char verdicts[3];
    gl_pack_split split = read_into(verdicts,
                                    "[{\"n\":0,\"text\":\"a\"},{\"n\":3,\"text\":\"a\"},"
                                    "{\"n\":-1,\"text\":\"a\"},{\"n\":\"1\",\"text\":\"a\"},"
                                    "{\"n\":1.5,\"text\":\"a\"},{\"text\":\"a\"},7,\"x\",[],"
                                    "{\"n\":2,\"text\":\"b\"}]",
                                    false, 2);
    assert_string_equal(verdicts, "mo");
    assert_int_equal(split.ignored, 9);
}

static void what_is_not_json_answers_nobody(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "Here are your answers:\n1. a\n2. b",
        "{\"answers\":[{\"n\":1,\"text\":\"a\"}]",
        "{\"answers\":[{\"n\":1,\"text\":\"a\"}]} I hope this helps!",
        "{\"answers\":{\"n\":1,\"text\":\"a\"}}",
        "{\"answer\":[{\"n\":1,\"text\":\"a\"}]}",
        "\"[]\"",
        "```",
        "```json",
        "[{\"n\":1,\"text\":\"a\xff\"}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) assert_read(texts[i], false, "mm");
}

static void of_an_answer_that_was_cut_only_whole_elements_count(void **state)
{
    (void)state;
    const char *text =
        "{\"answers\":[{\"n\":1,\"text\":\"a } ] \\\" b\"},{\"n\":2,\"text\":\"c\"}]}";
    for (size_t len = 0; len <= strlen(text); len++) {
        char part[128];
        snprintf(part, sizeof part, "%.*s", (int)len, text);
        const char *first = strstr(part, "\"},"), *second = strstr(part, "\"c\"}");
        bool one = first != NULL || (len > 0 && strstr(part, "b\"}") != NULL);
        assert_read(part, true, second != NULL ? "oo" : one ? "om" : "mm");
        if (len < strlen(text)) assert_read(part, false, "mm");
    }
    assert_read("```json\n[{\"n\":2,\"text\":\"c\"},{\"n\":1,\"te", true, "mo");
    assert_read("[{\"n\":1,\"text\":\"a\"}, x {\"n\":2,\"text\":\"b\"},", true, "mm");
}

static void shares_sum_exactly_to_the_total(void **state)
{
    (void)state;
    static const uint64_t weights[] = { 1, 1, 1 }, uneven[] = { 5, 3, 2, 0 };
    int64_t shares[4];
    gl_pack_share(10, weights, 3, shares);
    assert_int_equal(shares[0], 4); /* the earlier first among equals */
    assert_int_equal(shares[1], 3);
    assert_int_equal(shares[2], 3);
    gl_pack_share(7, uneven, 4, shares); /* 3.5 2.1 1.4 0 */
    assert_int_equal(shares[0], 4);
    assert_int_equal(shares[1], 2);
    assert_int_equal(shares[2], 1);
    assert_int_equal(shares[3], 0);

    uint64_t large[GLIMPSE_PACK_DRAFTS_MAX];
    int64_t many[GLIMPSE_PACK_DRAFTS_MAX];
    for (int64_t total = 0; total < 2000; total += 37) {
        int64_t sum = 0, all = total % 2 == 0 ? total : INT64_MAX - total;
        for (size_t i = 0; i < GLIMPSE_PACK_DRAFTS_MAX; i++)
            large[i] = (UINT64_C(1) << 24) - i * (uint64_t)(total + 1);
        gl_pack_share(all, large, GLIMPSE_PACK_DRAFTS_MAX, many);
        for (size_t i = 0; i < GLIMPSE_PACK_DRAFTS_MAX; i++) {
            assert_true(many[i] >= 0);
            sum += many[i];
        }
        assert_true(sum == all);
    }
}

static void of_a_total_that_is_not_known_there_is_no_share(void **state)
{
    (void)state;
    static const uint64_t weights[] = { 1, 2 };
    int64_t shares[2];
    gl_pack_share(-1, weights, 2, shares);
    assert_int_equal(shares[0], -1);
    assert_int_equal(shares[1], -1);
}

static void a_drafts_own_answer_is_a_chat_completion(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_json whole, own, choice;
    gl_slice text =
        gl_slice_str("{\"id\":\"chatcmpl-7\",\"object\":\"chat.completion\",\"created\":"
                     "17,\"choices\":[],\"usage\":{\"prompt_tokens\":1000}}");
    assert_int_equal(gl_json_check(text, &whole, NULL), GL_JSON_OK);
    gl_pack_part part = { whole, gl_slice_str("a \"text\"\n"), gl_slice_str("m"), { 10, 3, 13 } };
    gl_buf out;
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_pack_write_answer(&part, &out);
    assert_int_equal(gl_json_check(gl_buf_slice(&out), &own, NULL), GL_JSON_OK);
    assert_true(gl_json_string_is(gl_json_get(own, "object"), "chat.completion"));
    assert_true(gl_json_string_is(gl_json_get(own, "id"), "chatcmpl-7"));
    assert_true(gl_slice_is(gl_json_get(own, "created").text, "17"));
    assert_true(gl_json_string_is(gl_json_get(own, "model"), "m"));
    gl_json_iter iter = gl_json_begin(gl_json_get(own, "choices"));
    assert_true(gl_json_next(&iter, NULL, &choice));
    assert_true(gl_json_string_is(gl_json_get(choice, "finish_reason"), "stop"));
    assert_true(
        gl_json_string_is(gl_json_get(gl_json_get(choice, "message"), "content"), "a \"text\"\n"));
    assert_true(gl_slice_is(gl_json_get(own, "usage").text,
                            "{\"prompt_tokens\":10,\"completion_tokens\":3,\"total_tokens\":13}"));

    /* What is not known is left out. */
    part = (gl_pack_part){ { GL_JSON_NONE, { NULL, 0 } }, part.text, part.model, { -1, -1, -1 } };
    gl_buf_reset(&out);
    gl_pack_write_answer(&part, &out);
    assert_int_equal(gl_json_check(gl_buf_slice(&out), &own, NULL), GL_JSON_OK);
    assert_int_equal(gl_json_get(own, "usage").kind, GL_JSON_NONE);
    assert_int_equal(gl_json_get(own, "id").kind, GL_JSON_NONE);
    gl_buf_free(&out);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_drafts_with_the_same_terms_share_a_request),
        cmocka_unit_test(a_pack_is_full_by_count_by_characters_and_by_tokens_of_answer),
        cmocka_unit_test(a_pack_asks_for_the_sum_of_its_drafts_tokens_within_the_smallest_limit),
        cmocka_unit_test(each_number_gets_its_own_text),
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(a_bare_list_and_a_code_fence_are_fine),
        cmocka_unit_test(what_is_not_there_is_missing),
        cmocka_unit_test(of_two_answers_to_one_number_none_is_believed),
        cmocka_unit_test(what_is_no_text_is_malformed),
        cmocka_unit_test(numbers_that_nobody_has_are_ignored),
        cmocka_unit_test(what_is_not_json_answers_nobody),
        cmocka_unit_test(of_an_answer_that_was_cut_only_whole_elements_count),
        cmocka_unit_test(shares_sum_exactly_to_the_total),
        cmocka_unit_test(of_a_total_that_is_not_known_there_is_no_share),
        cmocka_unit_test(a_drafts_own_answer_is_a_chat_completion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
