/* openai/secrets: that none is left in what is shown, and that there may be many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "openai/secrets.h"

#define KEY "sk-0123456789"

static void keep(gl_secrets *secrets, const char *word)
{
    assert_int_equal(gl_secrets_add(secrets, gl_slice_str(word)), GLIMPSE_OK);
}

static void open_secrets(gl_secrets *secrets)
{
    gl_secrets_init(secrets);
    keep(secrets, KEY);
    keep(secrets, "0123456789abcdef");
    keep(secrets, KEY); /* once is enough */
    assert_int_equal(secrets->count, 2);
}

static void each_secret_in_a_body_is_covered_and_its_length_kept(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_secrets secrets;
    open_secrets(&secrets);
    gl_slice body = gl_slice_str("a " KEY KEY " b 0123456789abcdef none");
    assert_true(gl_secrets_scrub(&secrets, &body));
    static const char covered[] = "a ************************** b **************** none";
    assert_int_equal(body.len, sizeof covered - 1);
    assert_memory_equal(body.data, covered, body.len);
    gl_secrets_recycle(&secrets);

    gl_slice clean = gl_slice_str("sk-012345678 none");
    const char *before = clean.data;
    assert_true(gl_secrets_scrub(&secrets, &clean));
    assert_ptr_equal(clean.data, before); /* nothing to cover, nothing copied */

    char line[64];
    assert_string_equal(gl_secrets_scrub_line(&secrets, "is " KEY "?", line, sizeof line),
                        "is *************?");
    assert_string_equal(gl_secrets_scrub_line(&secrets, "is it?", line, sizeof line), "is it?");
    assert_null(gl_secrets_scrub_line(&secrets, NULL, line, sizeof line));
    gl_secrets_free(&secrets);
    assert_int_equal(gl_alloc_live(), live);
}

/* Whatever the cuts, what is shown of a text that grows never ends inside a secret. */
static void the_end_of_a_growing_text_waits_while_it_may_be_a_secret(void **state)
{
    (void)state;
    static const char text[] = "so sk-sk-0 " KEY " end 0123456789abcdef.";
    gl_secrets secrets;
    open_secrets(&secrets);
    for (size_t cut = 0; cut < sizeof text; cut++) {
        size_t shown = gl_secrets_safe_length(&secrets, gl_slice_of(text, cut));
        assert_true(shown <= cut);
        const char *key = strstr(text, KEY), *token = strstr(text, "0123456789abcdef");
        size_t from = (size_t)(key - text), to = from + strlen(KEY);
        assert_false(shown > from && shown < to);
        from = (size_t)(token - text), to = from + 16;
        assert_false(shown > from && shown < to);
    }
    assert_int_equal(gl_secrets_safe_length(&secrets, gl_slice_str("nothing")), 7);
    assert_int_equal(gl_secrets_safe_length(&secrets, gl_slice_str("x sk-01")), 2);
    gl_secrets_free(&secrets);
}

/* What JSON's escapes spell is found as often as it was quoted, and a text that grows waits for it.
 */
static void a_secret_spelled_in_escapes_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t kept, spelled, stars; /* bytes before it, and of it, and what stands there then */
    } table[] = {
        { "x sk-01234567\\u0038\\u0039 y", 2, 23, 13 },
        { "\\n\\u0073\\u006B\\u002d0123456789\\n", 2, 28, 13 },
        { "\\\"sk-\\\\u00301\\\\\\\\u00323456789", 2, 27, 13 },
        { "/a\\/b/c\\/d\\u00e9", 0, 16, 10 },
        { "/a/b/c/d\xC3\xA9", 0, 10, 10 },
        { "q\\ud83D\\ude80rocket\\\\\"", 1, 20, 11 },
    };
    size_t live = gl_alloc_live();
    gl_secrets secrets;
    gl_secrets_init(&secrets);
    keep(&secrets, KEY);
    keep(&secrets, "/a/b/c/d\xC3\xA9");
    keep(&secrets, "\xF0\x9F\x9A\x80rocket\\");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gl_slice text = gl_slice_str(table[i].text), clean = text;
        size_t end = table[i].kept + table[i].spelled;
        char expected[64];
        snprintf(expected, sizeof expected, "%.*s%.*s%s", (int)table[i].kept, text.data,
                 (int)table[i].stars, "********************", text.data + end);
        assert_true(gl_secrets_scrub(&secrets, &clean));
        assert_int_equal(clean.len, strlen(expected));
        assert_memory_equal(clean.data, expected, clean.len);
        for (size_t cut = table[i].kept + 1; cut < end; cut++)
            assert_int_equal(gl_secrets_safe_length(&secrets, gl_slice_of(text.data, cut)),
                             table[i].kept);
    }
    static const char *const others[] = { "sk-01234567\\u00388", "sk-01234567\\x389",
                                          "sk-01234567\\u003", "\\ud83drocket\\\\", "\\\\" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        gl_slice clean = gl_slice_str(others[i]);
        assert_true(gl_secrets_scrub(&secrets, &clean));
        assert_ptr_equal(clean.data, others[i]);
    }
    gl_secrets_free(&secrets);
    assert_int_equal(gl_alloc_live(), live);
}

/* However many backslashes stand before it; what is left of them escapes nothing. */
static void a_long_run_of_backslashes_hides_no_secret(void **state)
{
    (void)state;
    gl_secrets secrets;
    open_secrets(&secrets);
    for (size_t run = 1; run < 80; run++) {
        char text[128];
        memset(text, '\\', run);
        snprintf(text + run, sizeof text - run, "%s", "u0073k-0123456789!");
        gl_slice clean = gl_slice_str(text);
        assert_true(gl_secrets_scrub(&secrets, &clean));
        size_t left = 0;
        while (clean.data[left] == '\\') left++;
        assert_true(left == 0 || (run > 15 && left % 2 == 0));
        assert_int_equal(clean.data[clean.len - 1], '!');
        for (size_t at = left; at < clean.len - 1; at++) assert_int_equal(clean.data[at], '*');
        /* At its end such a run waits, but never for more than one character's escape. */
        assert_true(run - gl_secrets_safe_length(&secrets, gl_slice_of(text, run)) <= 15);
    }
    gl_secrets_free(&secrets);
}

/* A message is clipped somewhere; a body's text is put together from parts. */
static void what_was_cut_or_put_together_is_covered_too(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_secrets secrets;
    gl_secrets_words words;
    open_secrets(&secrets);
    char line[64];
    assert_string_equal(gl_secrets_scrub_line(&secrets, "is sk-012345678", line, sizeof line),
                        "is ************");
    assert_string_equal(gl_secrets_scrub_line(&secrets, "is sk-01", line, sizeof line), "is sk-01");
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.sample.text = "two parts: " KEY;
    outcome.sample.text_len = strlen(outcome.sample.text);
    outcome.sample.model = KEY;
    outcome.sample.finish_reason = outcome.error_code = "a " KEY;
    assert_true(gl_secrets_scrub_outcome(&secrets, &outcome, &words));
    assert_memory_equal(outcome.sample.text, "two parts: *************", outcome.sample.text_len);
    assert_string_equal(outcome.sample.model, "*************");
    assert_string_equal(outcome.sample.finish_reason, "a *************");
    assert_string_equal(outcome.error_code, "a *************");
    gl_secrets_free(&secrets);
    assert_int_equal(gl_alloc_live(), live);
}

/* Of two that begin alike the longer one is covered; one more than the chains can name is refused.
 */
static void there_may_be_as_many_as_said_and_each_is_found(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_secrets secrets;
    gl_secrets_init(&secrets);
    char word[32], text[64];
    for (size_t i = 0; i < GL_SECRETS_MAX; i++) {
        snprintf(word, sizeof word, "%c-secret-%zu", (char)('a' + i % 3), i);
        keep(&secrets, word);
    }
    assert_int_equal(gl_secrets_add(&secrets, gl_slice_str("one-too-many")), GLIMPSE_ERR_INVALID);
    for (size_t i = 0; i < GL_SECRETS_MAX; i++) {
        snprintf(text, sizeof text, "<%c-secret-%zu>", (char)('a' + i % 3), i);
        gl_slice body = gl_slice_str(text);
        assert_true(gl_secrets_scrub(&secrets, &body));
        assert_int_equal(body.len, strlen(text));
        assert_int_equal(strspn(body.data + 1, "*"), body.len - 2);
    }
    gl_secrets_free(&secrets);
    assert_int_equal(gl_alloc_live(), live);
}

/* Each place is one where a secret may begin that goes on at a backslash: none is skipped. */
static void look_everywhere(gl_secrets *secrets)
{
    secrets->longest = SIZE_MAX;
    memset(secrets->inside, true, sizeof secrets->inside);
}

static void assert_same(gl_secrets *a, gl_secrets *b, gl_slice text)
{
    char line[2][300];
    gl_slice left = text, right = text;
    assert_int_equal(gl_secrets_safe_length(a, text), gl_secrets_safe_length(b, text));
    assert_true(gl_secrets_scrub(a, &left) && gl_secrets_scrub(b, &right));
    if (!gl_slice_equal(left, right))
        fail_msg("%.*s: %.*s, not %.*s", (int)text.len, text.data, (int)left.len, left.data,
                 (int)right.len, right.data);
    assert_string_equal(gl_secrets_scrub_line(a, text.data, line[0], sizeof line[0]),
                        gl_secrets_scrub_line(b, text.data, line[1], sizeof line[1]));
}

/* Texts of pieces of secrets, escapes, and what stands between them. */
static void what_the_search_skips_holds_no_secret(void **state)
{
    (void)state;
    static const char *const sets[][4] = {
        { "sk-0123456789" },
        { "sk-0123456789", "0123456789abcdef", "abcabcabd" },
        { "aaaaaaaaa", "aaaaaaab", "baaaaaaaa" },
        { "a", "sk-01234", "sk-0123456789" },
        { "p\\\"q/\\\\rs", "/////////", "\\u0073k-01" },
        { "\xC3\xA9\xF0\x9F\x98\x80secret", "secret-\xC3\xA9" },
    };
    static const char *const pieces[] = {
        "s",
        "k",
        "-",
        "0",
        "1",
        "sk-",
        "sk-012345",
        "6789",
        "sk-012345678",
        "\\u0039",
        "a",
        "aaaa",
        "b",
        "abc",
        "abd",
        "0123456789abcde",
        "f",
        "\\",
        "\\\\",
        "\\u0073",
        "\\u00",
        "\\u0061",
        "\\\\u0073",
        "\\/",
        "/",
        "\\\"",
        "\"",
        "p",
        "q",
        "rs",
        " ",
        "}",
        "\\n",
        "sk-0123456789",
        "\\ud83d\\ude00",
        "\xF0\x9F\x98\x80",
        "\xC3\xA9",
        "secret",
        "\\u00e9",
        "\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\",
    };
    gl_rng rng;
    gl_buf text;
    gl_buf_init(&text, 300);
    gl_rng_seed(&rng, 20);
    for (size_t set = 0; set < sizeof sets / sizeof *sets; set++) {
        gl_secrets skips, looks;
        gl_secrets_init(&skips);
        gl_secrets_init(&looks);
        for (size_t i = 0; i < 4 && sets[set][i] != NULL; i++) {
            keep(&skips, sets[set][i]);
            keep(&looks, sets[set][i]);
        }
        look_everywhere(&looks);
        for (int turn = 0; turn < 40000; turn++) {
            gl_buf_reset(&text);
            for (uint32_t count = gl_rng_below(&rng, 9); count > 0; count--)
                gl_buf_append_str(&text,
                                  pieces[gl_rng_below(&rng, sizeof pieces / sizeof *pieces)]);
            assert_true(gl_buf_terminate(&text));
            assert_same(&skips, &looks, gl_buf_slice(&text));
        }
        gl_secrets_free(&skips);
        gl_secrets_free(&looks);
    }
    gl_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_secret_in_a_body_is_covered_and_its_length_kept),
        cmocka_unit_test(the_end_of_a_growing_text_waits_while_it_may_be_a_secret),
        cmocka_unit_test(a_secret_spelled_in_escapes_is_one),
        cmocka_unit_test(a_long_run_of_backslashes_hides_no_secret),
        cmocka_unit_test(what_was_cut_or_put_together_is_covered_too),
        cmocka_unit_test(there_may_be_as_many_as_said_and_each_is_found),
        cmocka_unit_test(what_the_search_skips_holds_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
