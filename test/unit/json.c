/*
 * json.c - the grammar rule by rule, and whole texts against json-c (support/json_oracle.h lists
 * where json-c is wrong and may differ).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "json_oracle.h"
#include "json_parse.h"
#include "json_tree.h"
#include "wanted_oracle.h"

/* --- the grammar ----------------------------------------------------------------------------- */

static void every_rule_has_texts_that_keep_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gl_json_kind kind;
    } good[] = {
        { "null", GL_JSON_NULL },
        { "true", GL_JSON_TRUE },
        { "false", GL_JSON_FALSE },
        { " \t\r\n1 \t\r\n", GL_JSON_NUMBER },
        { "0", GL_JSON_NUMBER },
        { "-0", GL_JSON_NUMBER },
        { "-10.010", GL_JSON_NUMBER },
        { "0.0e0", GL_JSON_NUMBER },
        { "1E+00", GL_JSON_NUMBER },
        { "1e-999999999999999999", GL_JSON_NUMBER },
        { "123456789012345678901234567890", GL_JSON_NUMBER },
        { "\"\"", GL_JSON_STRING },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uaBcD\"", GL_JSON_STRING },
        { "\"\\ud800\"", GL_JSON_STRING },
        { "\"\\udc00\\ud800x\"", GL_JSON_STRING },
        { "\"\x7F \xC2\x80 \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBF\"", GL_JSON_STRING },
        { "[]", GL_JSON_ARRAY },
        { "[ ]", GL_JSON_ARRAY },
        { "[1,[2],[[]],{}]", GL_JSON_ARRAY },
        { "{}", GL_JSON_OBJECT },
        { "{ \"\" : { } , \"a\" : [ ] }", GL_JSON_OBJECT },
        { "{\"a\":1,\"a\":2}", GL_JSON_OBJECT },
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        gl_json root = parse(good[i].text);
        assert_int_equal(root.kind, good[i].kind);
        assert_null(memchr(" \t\r\n", root.text.data[0], 4));
        assert_null(memchr(" \t\r\n", root.text.data[root.text.len - 1], 4));
    }
}

static void every_rule_has_texts_that_break_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        gl_json_error error;
        size_t at;
    } bad[] = {
        { "", GL_JSON_CUT, 0 },
        { " \n", GL_JSON_CUT, 2 },
        { "\v1", GL_JSON_SYNTAX, 0 },
        { "\f1", GL_JSON_SYNTAX, 0 },
        { "\xEF\xBB\xBF{}", GL_JSON_SYNTAX, 0 }, /* a BOM */
        { "\xC2\xA0", GL_JSON_SYNTAX, 0 },       /* a blank of Unicode */
        { "\xFF", GL_JSON_UTF8, 0 },
        { "1\xFF", GL_JSON_UTF8, 1 },
        { "1 2", GL_JSON_SYNTAX, 2 },
        { "{}{}", GL_JSON_SYNTAX, 2 },
        { "nul", GL_JSON_CUT, 3 },
        { "nulL", GL_JSON_SYNTAX, 3 },
        { "True", GL_JSON_SYNTAX, 0 },
        { "truefalse", GL_JSON_SYNTAX, 4 },
        { "NaN", GL_JSON_SYNTAX, 0 },
        { "Infinity", GL_JSON_SYNTAX, 0 },
        { "-Infinity", GL_JSON_SYNTAX, 1 },
        { "+1", GL_JSON_SYNTAX, 0 },
        { ".5", GL_JSON_SYNTAX, 0 },
        { "-", GL_JSON_CUT, 1 },
        { "- 1", GL_JSON_SYNTAX, 1 },
        { "-.5", GL_JSON_SYNTAX, 1 },
        { "00", GL_JSON_SYNTAX, 1 },
        { "01", GL_JSON_SYNTAX, 1 },
        { "-01", GL_JSON_SYNTAX, 2 },
        { "1.", GL_JSON_CUT, 2 },
        { "[1.]", GL_JSON_SYNTAX, 3 },
        { "1.e1", GL_JSON_SYNTAX, 2 },
        { "1e", GL_JSON_CUT, 2 },
        { "1e+", GL_JSON_CUT, 3 },
        { "[1e+]", GL_JSON_SYNTAX, 4 },
        { "0x10", GL_JSON_SYNTAX, 1 },
        { "1_000", GL_JSON_SYNTAX, 1 },
        { "1e1234567890123456789", GL_JSON_EXPONENT, 2 },
        { "1e-0000000000000000001", GL_JSON_EXPONENT, 3 },
        { "\"", GL_JSON_CUT, 1 },
        { "\"abc", GL_JSON_CUT, 4 },
        { "'a'", GL_JSON_SYNTAX, 0 },
        { "\"a\nb\"", GL_JSON_SYNTAX, 2 },
        { "\"a\tb\"", GL_JSON_SYNTAX, 2 },
        { "\"0123456789\x1F\"", GL_JSON_SYNTAX, 11 },
        { "{\"a\x01\":1}", GL_JSON_SYNTAX, 3 },
        { "\"\\", GL_JSON_CUT, 2 },
        { "\"\\a\"", GL_JSON_SYNTAX, 2 },
        { "\"\\'\"", GL_JSON_SYNTAX, 2 },
        { "\"\\x41\"", GL_JSON_SYNTAX, 2 },
        { "\"\\U0041\"", GL_JSON_SYNTAX, 2 },
        { "\"\\u12\"", GL_JSON_SYNTAX, 5 },
        { "\"\\u12g4\"", GL_JSON_SYNTAX, 5 },
        { "\"\\u12", GL_JSON_CUT, 5 },
        { "\"\x80\"", GL_JSON_UTF8, 1 },
        { "\"\xC0\xAF\"", GL_JSON_UTF8, 1 },
        { "\"\xED\xA0\x80\"", GL_JSON_UTF8, 1 },
        { "\"\xF4\x90\x80\x80\"", GL_JSON_UTF8, 1 },
        { "\"ok \xE2\x82\"", GL_JSON_UTF8, 4 },
        { "\"ok \xE2\x82", GL_JSON_CUT, 4 },
        { "\"ok \xE2", GL_JSON_CUT, 4 },
        { "\"ok \xF0\x90", GL_JSON_CUT, 4 },
        { "\"ok \xED\xA0", GL_JSON_UTF8, 4 }, /* no third byte makes it a character */
        { "\"\\\xFF\"", GL_JSON_UTF8, 2 },
        { "[", GL_JSON_CUT, 1 },
        { "]", GL_JSON_SYNTAX, 0 },
        { "[1", GL_JSON_CUT, 2 },
        { "[1,", GL_JSON_CUT, 3 },
        { "[1,]", GL_JSON_SYNTAX, 3 },
        { "[,1]", GL_JSON_SYNTAX, 1 },
        { "[1,,2]", GL_JSON_SYNTAX, 3 },
        { "[1 2]", GL_JSON_SYNTAX, 3 },
        { "[1}", GL_JSON_SYNTAX, 2 },
        { "[\"a\":1]", GL_JSON_SYNTAX, 4 },
        { "{", GL_JSON_CUT, 1 },
        { "{1:2}", GL_JSON_SYNTAX, 1 },
        { "{a:2}", GL_JSON_SYNTAX, 1 },
        { "{\"a\"}", GL_JSON_SYNTAX, 4 },
        { "{\"a\":}", GL_JSON_SYNTAX, 5 },
        { "{\"a\" 1}", GL_JSON_SYNTAX, 5 },
        { "{\"a\":1,}", GL_JSON_SYNTAX, 7 },
        { "{,\"a\":1}", GL_JSON_SYNTAX, 1 },
        { "{\"a\":1]", GL_JSON_SYNTAX, 6 },
        { "[1]//c", GL_JSON_SYNTAX, 3 },
        { "/*c*/[1]", GL_JSON_SYNTAX, 0 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gl_json root = { .kind = GL_JSON_NONE };
        size_t at = 999;
        gl_json_error error = gl_json_check(gl_slice_str(bad[i].text), &root, &at);
        if (error != bad[i].error || at != bad[i].at)
            fail_msg("%s: %s at %zu", bad[i].text, gl_json_error_text(error), at);
        assert_int_equal(gl_json_check(gl_slice_str(bad[i].text), &root, NULL), error);
        assert_int_equal(root.kind, GL_JSON_NONE);
    }
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_of(NULL, 0), &root, NULL), GL_JSON_CUT);
    assert_int_equal(gl_json_check(gl_slice_of("1\0", 2), &root, NULL), GL_JSON_SYNTAX);
    assert_int_equal(gl_json_check(gl_slice_of("\"\0\"", 3), &root, NULL), GL_JSON_SYNTAX);
}

static void depth_is_bounded_and_costs_no_stack(void **state)
{
    (void)state;
    enum { DEEP = 1000000 };
    char *text = malloc(DEEP);
    gl_json root;
    size_t at;
    memset(text, '[', GL_JSON_DEPTH_MAX);
    memset(text + GL_JSON_DEPTH_MAX, ']', GL_JSON_DEPTH_MAX);
    assert_int_equal(gl_json_check(gl_slice_of(text, 2 * GL_JSON_DEPTH_MAX), &root, NULL),
                     GL_JSON_OK);
    memset(text, '[', DEEP);
    assert_int_equal(gl_json_check(gl_slice_of(text, DEEP), &root, &at), GL_JSON_DEPTH);
    assert_int_equal(at, GL_JSON_DEPTH_MAX);
    for (size_t i = 0; i + 5 <= DEEP; i += 5) memcpy(text + i, "{\"\":[", 5);
    assert_int_equal(gl_json_check(gl_slice_of(text, DEEP), &root, &at), GL_JSON_DEPTH);
    free(text);
    /* Both kinds, nested in turn, find their own brackets again. */
    parse("[{\"a\":[{\"b\":[[{}]]}]},{\"c\":{\"d\":[]}}]");
}

static const char sample[] =
    " {\"id\": \"chatcmpl-1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
    "\"content\":\"caf\xC3\xA9 \\u00e9 \\ud83d\\ude00 \xF0\x9F\x98\x80\\n\"},\"ok\":true}],"
    "\"n\":[-1.5e+3,null,false,{}]}";

static void every_prefix_of_an_object_is_cut(void **state)
{
    (void)state;
    for (size_t len = 0; len + 1 < sizeof sample; len++) {
        gl_json root;
        size_t at;
        /* Memory of its own, so that a byte read behind the end is seen. */
        char *text = malloc(len > 0 ? len : 1);
        if (len > 0) memcpy(text, sample, len);
        assert_int_equal(gl_json_check(gl_slice_of(text, len), &root, &at), GL_JSON_CUT);
        assert_true(at <= len && at + 4 > len); /* at most a cut character before the end */
        free(text);
    }
    parse(sample);
}

static size_t count_tokens(gl_json value)
{
    gl_slice token;
    size_t count = 0;
    gl_json_iter iter = gl_json_tokens(value);
    while (gl_json_token(&iter, &token) != '\0') count++;
    return count;
}

static void any_byte_may_change(void **state)
{
    (void)state;
    size_t len = sizeof sample - 1;
    char *text = malloc(len + 1);
    for (size_t i = 0; i < len; i++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, sample, len + 1);
            text[i] = (char)byte;
            const char *differs = oracle_differs(text, len);
            if (differs != NULL) fail_msg("%s: %s", differs, text);
            gl_json root;
            if (gl_json_check(gl_slice_of(text, len), &root, NULL) == GL_JSON_OK)
                assert_in_range(count_tokens(root), 20, 60);
        }
    }
    free(text);
}

/* Strings of up to two blocks and a half of 16, the size that is looked at in one step; the array
 * behind one ends with a string, so that an end overlooked is an end found elsewhere. */
static void each_byte_is_seen_at_each_place_of_a_string(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 40; len++) {
        for (size_t place = 0; place < len; place++) {
            for (int byte = 0; byte < 256; byte++) {
                char text[64] = "[\"";
                memset(text + 2, 'x', len);
                text[2 + place] = (char)byte;
                memcpy(text + 2 + len, "\",\"\"]", 6);
                size_t at = 0, whole = len + 7;
                gl_json root;
                gl_json_error error = gl_json_check(gl_slice_of(text, whole), &root, &at);
                bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
                if (plain) {
                    assert_int_equal(error, GL_JSON_OK);
                    assert_int_equal(count_tokens(root), 5);
                } else if (byte == '\\') { /* the byte behind it is no escape, or is the quote */
                    assert_int_equal(error, GL_JSON_SYNTAX);
                    assert_int_equal(at, place + 1 < len ? 3 + place : 5 + len);
                } else {
                    assert_int_equal(error, byte >= 0x80 ? GL_JSON_UTF8 : GL_JSON_SYNTAX);
                    bool ends =
                        byte == '"'; /* then the next byte is no comma, but that of the end */
                    assert_int_equal(at, 2 + place + (ends ? 1 : 0));
                }
            }
        }
    }
}

/* --- against json-c -------------------------------------------------------------------------- */

static void all_short_texts_agree_with_json_c(void **state)
{
    (void)state;
    static const struct {
        const char *letters;
        size_t longest;
    } alphabets[] = {
        { "01-.e+[], ", 4 }, { "[]{}\":,0 ", 5 }, { "\"\\u0dD/", 5 }, { "[tn{\"", 3 }
    };
    for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; a++) {
        size_t letters = strlen(alphabets[a].letters);
        for (size_t len = 1; len <= alphabets[a].longest; len++) {
            size_t texts = 1;
            for (size_t i = 0; i < len; i++) texts *= letters;
            for (size_t n = 0; n < texts; n++) {
                char text[8] = "";
                for (size_t i = 0, rest = n; i < len; i++, rest /= letters)
                    text[i] = alphabets[a].letters[rest % letters];
                const char *differs = oracle_differs(text, len);
                if (differs != NULL) fail_msg("%s: %s", differs, text);
            }
        }
    }
}

static void random_texts_agree_with_json_c(void **state)
{
    (void)state;
    static const char bytes[] = "{}[]\",:\\u0019-+.eEtfn \n\x80\xC3";
    static tree t;
    size_t live = gl_alloc_live(), accepted = 0;
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX);
    gl_rng_seed(&t.rng, 20240601);
    for (int turn = 0; turn < 3000; turn++) {
        gl_buf_reset(&text);
        t.count = 0;
        tree_write(&t.rng, &text, tree_grow(&t, 5));
        gl_buf_terminate(&text);
        gl_json root;
        assert_int_equal(gl_json_check(gl_buf_slice(&text), &root, NULL), GL_JSON_OK);
        /* As it is, and then with more and more wrong with it. */
        for (int damage = 0; damage < 4; damage++) {
            const char *differs = oracle_differs(text.data, text.len);
            if (differs != NULL) fail_msg("turn %d: %s: %s", turn, differs, text.data);
            accepted += gl_json_check(gl_buf_slice(&text), &root, NULL) == GL_JSON_OK;
            size_t at = gl_rng_below(&t.rng, (uint32_t)text.len);
            text.data[at] = bytes[gl_rng_below(&t.rng, sizeof bytes - 1)];
        }
    }
    gl_buf_free(&text);
    assert_in_range(accepted, 3100, 9000); /* not all of the damage is fatal, most is */
    assert_int_equal(gl_alloc_live(), live);
}

/* --- walking --------------------------------------------------------------------------------- */

static void a_walk_gives_each_element_and_member(void **state)
{
    (void)state;
    gl_json name = { .kind = GL_JSON_NONE }, value;
    gl_json_iter iter = gl_json_begin(parse(" [ 1 ,\"]\\\"\" , [2,{\"a\":[3]}] , { } ,null ] "));
    static const char *const elements[] = { "1", "\"]\\\"\"", "[2,{\"a\":[3]}]", "{ }", "null" };
    for (size_t i = 0; i < 5; i++) {
        assert_true(gl_json_next(&iter, NULL, &value));
        assert_slice(value.text, elements[i]);
    }
    assert_false(gl_json_next(&iter, NULL, &value));
    assert_false(gl_json_next(&iter, NULL, &value));

    iter = gl_json_begin(parse("{ \"a\" : [ 1 ] , \"\\\\\":\"}\\\\\" }"));
    assert_true(gl_json_next(&iter, &name, &value));
    assert_slice(name.text, "\"a\"");
    assert_slice(value.text, "[ 1 ]");
    assert_int_equal(value.kind, GL_JSON_ARRAY);
    assert_true(gl_json_next(&iter, &name, &value));
    assert_slice(name.text, "\"\\\\\"");
    assert_int_equal(name.kind, GL_JSON_STRING);
    assert_slice(value.text, "\"}\\\\\"");
    assert_false(gl_json_next(&iter, &name, &value));
}

static void empty_containers_and_scalars_have_nothing_in_them(void **state)
{
    (void)state;
    static const char *const texts[] = { "[]", "[ \n ]", "{}", "{\t}", "1", "\"a\"", "null" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gl_json name, value;
        gl_json_iter iter = gl_json_begin(parse(texts[i]));
        assert_false(gl_json_next(&iter, &name, &value));
    }
    gl_json none = { .kind = GL_JSON_NONE }, value;
    gl_json_iter iter = gl_json_begin(none);
    assert_false(gl_json_next(&iter, NULL, &value));
    assert_int_equal(gl_json_get(none, "a").kind, GL_JSON_NONE);
}

static void a_checked_text_is_its_value_without_blanks(void **state)
{
    (void)state;
    static const char *const texts[] = { "{\"a\":1}", " \t{\"a\":[ ]}", "[1]\r\n", "\n 7 ",
                                         "null ",     " \"x \"",        "-1.5e3\n" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gl_json found = gl_json_checked(gl_slice_str(texts[i])), wanted = parse(texts[i]);
        assert_int_equal(found.kind, wanted.kind);
        assert_ptr_equal(found.text.data, wanted.text.data);
        assert_int_equal(found.text.len, wanted.text.len);
    }
}

static void tokens_are_the_text_without_its_blanks(void **state)
{
    (void)state;
    gl_buf joined;
    gl_slice token;
    gl_json_iter iter =
        gl_json_tokens(parse(" { \"a b\" : [ -1.5 , true , null ] , \"c\" : { } } "));
    gl_buf_init(&joined, SIZE_MAX);
    for (char first; (first = gl_json_token(&iter, &token)) != '\0';) {
        assert_int_equal(first, token.data[0]);
        gl_buf_append(&joined, token.data, token.len);
        gl_buf_append_char(&joined, '|');
    }
    assert_slice(gl_buf_slice(&joined), "{|\"a b\"|:|[|-1.5|,|true|,|null|]|,|\"c\"|:|{|}|}|");
    gl_buf_free(&joined);
}

static void the_last_member_of_a_name_wins(void **state)
{
    (void)state;
    gl_json object = parse("{\"a\":1,\"\\u0061\":2,\"b\":{\"a\":3},\"ab\":4,\"\":5}");
    static const char *const names[] = { "a", "b", "missing", "" };
    gl_json found[4];
    assert_slice(gl_json_get(object, "a").text, "2");
    assert_int_equal(gl_json_get(object, "A").kind, GL_JSON_NONE);
    assert_int_equal(gl_json_get(parse("[\"a\"]"), "a").kind, GL_JSON_NONE);
    gl_json_get_many(object, names, found, 4);
    assert_slice(found[0].text, "2");
    assert_slice(found[1].text, "{\"a\":3}");
    assert_int_equal(found[2].kind, GL_JSON_NONE);
    assert_slice(found[3].text, "5");
}

/* Each by itself, with all escapes of the names undone. */
static gl_json walk_for(gl_json object, const char *wanted)
{
    gl_json name, value, found = { .kind = GL_JSON_NONE };
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX);
    for (gl_json_iter iter = gl_json_begin(object); gl_json_next(&iter, &name, &value);) {
        gl_buf_reset(&text);
        gl_json_string_append(name, &text, NULL);
        if (gl_slice_is(gl_buf_slice(&text), wanted)) found = value;
    }
    gl_buf_free(&text);
    return found;
}

static void members_are_found_in_one_walk_as_in_many(void **state)
{
    (void)state;
    static const char *const spelled[] = {
        "",         "a",        "\\u0061", "\\\\",  "\\\"", "\\u005c", "\\u0022", "ab",
        "\\u0061b", "a\\u0062", "model",   "modem", "\\n",  "m",       "\\/",     "/",
    };
    static const char *const names[] = {
        "", "a", "\\", "\"", "ab", "model", "mode", "\n", "/", "u"
    };
    enum { NAMES = sizeof names / sizeof *names };
    gl_rng rng;
    gl_rng_seed(&rng, 3);
    for (int turn = 0; turn < 5000; turn++) {
        gl_buf text;
        gl_json root, found[NAMES];
        gl_buf_init(&text, SIZE_MAX);
        gl_buf_append_char(&text, '{');
        for (uint32_t i = 0, count = gl_rng_below(&rng, 6); i < count; i++)
            gl_buf_printf(&text, "%s\"%s\": [{\"a\":\"]}%u\"} ]", i == 0 ? "" : " , ",
                          spelled[gl_rng_below(&rng, sizeof spelled / sizeof *spelled)], i);
        gl_buf_append_char(&text, '}');
        assert_int_equal(gl_json_check(gl_buf_slice(&text), &root, NULL), GL_JSON_OK);
        gl_json_get_many(root, names, found, NAMES);
        for (size_t i = 0; i < NAMES; i++) {
            gl_json expected = walk_for(root, names[i]);
            assert_int_equal(found[i].kind, expected.kind);
            if (expected.kind != GL_JSON_NONE) {
                assert_ptr_equal(found[i].text.data, expected.text.data);
                assert_int_equal(found[i].text.len, expected.text.len);
            }
        }
        gl_buf_free(&text);
    }
}

/* The members that the check leaves behind are those that a walk of the checked text finds. */
static void check_finds_the_members_that_a_walk_finds(void **state)
{
    (void)state;
    static const char *const spelled[] = { "", "a", "\\u0061", "\\\"", "ab", "a\\u0062", "model" };
    static const char *const values[] = {
        "1",     "{}",   "[]",     "{ }", "{\"a\":{\"a\":[2,{\"ab\":3}]}}", "[{\"a\":1},[]]",
        "\"a\"", "null", "-0.5e1",
    };
    static const char *const around[][2] = {
        { " {", "} " },
        { "[{", "}]" },
        { "{\"in\":{", "}}" },
        { "{\"a\":[{", "}] ,\"ab\":{} }" },
    };
    static const char *const names[] = { "", "a", "\"", "ab", "model", "in" };
    enum { NAMES = sizeof names / sizeof *names };
    gl_rng rng;
    gl_rng_seed(&rng, 4);
    for (int turn = 0; turn < 5000; turn++) {
        gl_buf text;
        gl_json root, checked, found[NAMES], walked[NAMES];
        const char *const *outer = around[gl_rng_below(&rng, sizeof around / sizeof *around)];
        gl_buf_init(&text, SIZE_MAX);
        gl_buf_append_str(&text, outer[0]);
        for (uint32_t i = 0, count = gl_rng_below(&rng, 6); i < count; i++)
            gl_buf_printf(&text, "%s\"%s\"%s%s ", i == 0 ? "" : " , ",
                          spelled[gl_rng_below(&rng, sizeof spelled / sizeof *spelled)],
                          i % 2 == 0 ? ":" : " : ",
                          values[gl_rng_below(&rng, sizeof values / sizeof *values)]);
        gl_buf_append_str(&text, outer[1]);
        gl_slice whole = gl_buf_slice(&text);
        assert_int_equal(gl_json_check(whole, &root, NULL), GL_JSON_OK);
        assert_int_equal(gl_json_check_members(whole, &checked, NULL, names, found, NAMES),
                         GL_JSON_OK);
        assert_true(gl_slice_equal(checked.text, root.text) && checked.kind == root.kind);
        gl_json_get_many(root, names, walked, NAMES);
        for (size_t i = 0; i < NAMES; i++) {
            assert_int_equal(found[i].kind, walked[i].kind);
            if (walked[i].kind == GL_JSON_NONE) continue;
            assert_ptr_equal(found[i].text.data, walked[i].text.data);
            assert_int_equal(found[i].text.len, walked[i].text.len);
        }
        gl_buf_free(&text);
    }
}

/* Objects and lists within each other, with the names that are wanted among others. */
static void append_any(gl_buf *out, gl_rng *rng, int depth)
{
    static const char *const names[] = { "a", "ab", "", "id", "model", "\\u0061", "mode", "b\\n" };
    static const char *const scalars[] = {
        "1", "\"a\"", "null", "-0.5e1", "\"\\\"]\"", "{}", "[ ]"
    };
    uint32_t kind = gl_rng_below(rng, depth > 0 ? 4 : 1);
    if (kind == 0) {
        gl_buf_append_str(out, scalars[gl_rng_below(rng, sizeof scalars / sizeof *scalars)]);
        return;
    }
    gl_buf_append_str(out, kind == 1 ? "[" : "{");
    for (uint32_t i = 0, count = gl_rng_below(rng, 5); i < count; i++) {
        if (i != 0) gl_buf_append_str(out, ",");
        if (kind != 1)
            gl_buf_printf(out, " \"%s\" :", names[gl_rng_below(rng, sizeof names / sizeof *names)]);
        append_any(out, rng, depth - 1);
    }
    gl_buf_append_str(out, kind == 1 ? " ]" : "}");
}

static void the_check_finds_what_is_wanted_at_any_depth(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 5);
    for (int turn = 0; turn < 50000; turn++) {
        gl_buf text;
        gl_json root;
        gl_buf_init(&text, SIZE_MAX);
        append_any(&text, &rng, 6);
        assert_int_equal(gl_json_check(gl_buf_slice(&text), &root, NULL), GL_JSON_OK);
        if (!wanted_is_found(gl_buf_slice(&text), root))
            fail_msg("in %.*s", (int)text.len, text.data);
        gl_buf_free(&text);
    }
}

static void errors_have_words(void **state)
{
    (void)state;
    for (int a = GL_JSON_OK; a <= GL_JSON_EXPONENT; a++)
        for (int b = GL_JSON_OK; b < a; b++)
            assert_string_not_equal(gl_json_error_text((gl_json_error)a),
                                    gl_json_error_text((gl_json_error)b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_finds_what_is_wanted_at_any_depth),
        cmocka_unit_test(every_rule_has_texts_that_keep_it),
        cmocka_unit_test(every_rule_has_texts_that_break_it),
        cmocka_unit_test(depth_is_bounded_and_costs_no_stack),
        cmocka_unit_test(every_prefix_of_an_object_is_cut),
        cmocka_unit_test(any_byte_may_change),
        cmocka_unit_test(each_byte_is_seen_at_each_place_of_a_string),
        cmocka_unit_test(all_short_texts_agree_with_json_c),
        cmocka_unit_test(random_texts_agree_with_json_c),
        cmocka_unit_test(a_walk_gives_each_element_and_member),
        cmocka_unit_test(empty_containers_and_scalars_have_nothing_in_them),
        cmocka_unit_test(a_checked_text_is_its_value_without_blanks),
        cmocka_unit_test(tokens_are_the_text_without_its_blanks),
        cmocka_unit_test(the_last_member_of_a_name_wins),
        cmocka_unit_test(members_are_found_in_one_walk_as_in_many),
        cmocka_unit_test(check_finds_the_members_that_a_walk_finds),
        cmocka_unit_test(errors_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
