/*
 * key.c - the canonical form: bodies that mean the same share it, bodies that differ do not, by
 * examples and by random bodies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glimpse/cache.h>

#include "base/alloc.h"
#include "base/sha256.h"
#include "json_tree.h"
#include "key_body.h"
#include "policy/key.h"

static char *form_of(const char *body)
{
    char *form = NULL;
    size_t len = 0;
    if (glimpse_key_canonical(body, strlen(body), &form, &len) != GLIMPSE_OK)
        fail_msg("no form: %s", body);
    assert_int_equal(strlen(form), len);
    return form;
}

static void assert_form(const char *body, const char *expected)
{
    char *form = form_of(body);
    if (strcmp(form, expected) != 0) fail_msg("%s: %s, expected %s", body, form, expected);
    gl_free(form);
}

static void the_form_is_the_specified_one(void **state)
{
    (void)state;
    assert_form("{}", "[null,null,null,null]");
    assert_form(" { } ", "[null,null,null,null]");
    assert_form("{\"max_tokens\":1.0,\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
                "\"h\\u0069\"}],\"temperature\":0.70}",
                "[[{\"content\":\"hi\",\"role\":\"user\"}],\"m\",0.7,1]");
    assert_form("{\"seed\":7,\"n\":[],\"model\":\"m\"}",
                "[null,\"m\",null,null,{\"n\":[],\"seed\":7}]");
    assert_form("{\"b\":\"\\u00e9\\/\\u000A\",\"a\":[18446744073709551617,1e21,0.0000001]}",
                "[null,null,null,null,{\"a\":[18446744073709551617,1e+21,1e-7],\"b\":\"\xC3\xA9/"
                "\\n\"}]");
    /* Members that change nothing go, but only at the top. */
    assert_form(
        "{\"user\":\"u\",\"safety_identifier\":1,\"metadata\":{\"a\":[1]},\"prompt_cache_key\":"
        "\"k\",\"stream\":true,\"stream_options\":{},\"service_tier\":\"x\",\"store\":true}",
        "[null,null,null,null]");
    assert_form("{\"us\\u0065r\":\"u\"}", "[null,null,null,null]");
    assert_form("{\"messages\":{\"user\":1,\"store\":{\"model\":2}}}",
                "[{\"store\":{\"model\":2},\"user\":1},null,null,null]");
    /* Null, and names that repeat. */
    assert_form("{\"model\":null}", "[null,null,null,null,{\"model\":null}]");
    assert_form("{\"model\":1,\"model\":2}", "[null,2,null,null,{\"model\":1}]");
    assert_form("{\"model\":1,\"mod\\u0065l\":null,\"a\":0}",
                "[null,null,null,null,{\"a\":0,\"model\":1,\"model\":null}]");
    assert_form("{\"b\":3,\"a\":1,\"b\":1,\"a\":2,\"b\":2}",
                "[null,null,null,null,{\"a\":1,\"a\":2,\"b\":3,\"b\":1,\"b\":2}]");
    /* By code points: not by UTF-16, not by the bytes of an escape. */
    assert_form(
        "{\"\\ud83d\\ude00\":1,\"\\uffff\":2,\"\\ud800\":3,\"!\":4,\"\\n\":5,\"\\\"\":6,"
        "\" \":7,\"]\":8,\"\\\\\":9,\"[\":10,\"\":11,\"\\u0000\":12,\"\\n\\n\":13}",
        "[null,null,null,null,{\"\":11,\"\\u0000\":12,\"\\n\":5,\"\\n\\n\":13,\" \":7,\"!\":4,"
        "\"\\\"\":6,\"[\":10,\"\\\\\":9,\"]\":8,\"\\ud800\":3,\"\xEF\xBF\xBF\":2,"
        "\"\xF0\x9F\x98\x80\":1}]");
    assert_form("{\"z\":{\"b\":[{\"d\":1,\"c\":2}],\"a\":{\"f\":{},\"e\":[]}},\"y\":0}",
                "[null,null,null,null,{\"y\":0,\"z\":{\"a\":{\"e\":[],\"f\":{}},\"b\":[{\"c\":2,"
                "\"d\":1}]}}]");
}

/* Most numbers stand in their one spelling already, and are copied without being read. */
static void numbers_at_the_bounds_of_their_spelling(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "0", "0" },
        { "-0", "0" },
        { "0.0", "0" },
        { "0.7", "0.7" },
        { "0.000001", "0.000001" },
        { "0.0000001", "1e-7" },
        { "1.0", "1" },
        { "-10.250", "-10.25" },
        { "1e2", "100" },
        { "12345678901234567890", "12345678901234567890" },
        { "123456789012345678901", "123456789012345678901" },
        { "1234567890123456789012", "1.234567890123456789012e+21" },
        { "1000000000000000000000", "1e+21" },
        { "12345678901234567890123.5", "1.23456789012345678901235e+22" }
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char body[128], expected[128];
        snprintf(body, sizeof body, "{\"max_tokens\":%s,\"n\":[ %s ]}", pairs[i][0], pairs[i][0]);
        snprintf(expected, sizeof expected, "[null,null,null,%s,{\"n\":[%s]}]", pairs[i][1],
                 pairs[i][1]);
        assert_form(body, expected);
    }
}

static void the_key_is_the_digest_of_the_form(void **state)
{
    (void)state;
    glimpse_key key;
    char hex[65];
    /* printf '%s' '[[],"m",0.7,256]' | sha256sum */
    const char body[] = "{\"model\":\"m\",\"messages\":[],\"temperature\":0.7,\"max_tokens\":256}";
    assert_form(body, "[[],\"m\",0.7,256]");
    assert_int_equal(glimpse_key_of_chat(body, strlen(body), &key), GLIMPSE_OK);
    glimpse_key_hex(&key, hex);
    assert_string_equal(hex, "74d9e927442d2258c33053c2d780d4750a07b8396f6380550514051ccff9679b");
    /* And of any other form. */
    gl_sha256 *sha = gl_sha256_new();
    const char other[] = "{\"a\":[1,2,{\"b\":\"\xC3\xA9\"}]}";
    char *form = form_of(other);
    unsigned char digest[32];
    gl_slice whole = gl_slice_str(form);
    assert_true(gl_sha256_digest(sha, &whole, 1, digest));
    assert_int_equal(glimpse_key_of_chat(other, strlen(other), &key), GLIMPSE_OK);
    assert_memory_equal(digest, key.bytes, 32);
    gl_free(form);
    gl_sha256_free(sha);
}

static void bodies_that_mean_the_same_share_a_form(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "{\"a\":1}", " {\r\n\t\"a\" : 1 } " },
        { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}" },
        { "{\"a\":\"x\"}", "{\"\\u0061\":\"\\u0078\"}" },
        { "{\"a\":\"/\"}", "{\"a\":\"\\/\"}" },
        { "{\"a\":\"\\n\"}", "{\"a\":\"\\u000a\"}" },
        { "{\"a\":\"\\u000B\"}", "{\"a\":\"\\u000b\"}" },
        { "{\"a\":\"\xF0\x9F\x98\x80\"}", "{\"a\":\"\\ud83d\\uDE00\"}" },
        { "{\"a\":\"\\ud800\"}", "{\"a\":\"\\uD800\"}" },
        { "{\"a\":1}", "{\"a\":1.0}" },
        { "{\"a\":1}", "{\"a\":10e-1}" },
        { "{\"a\":1}", "{\"a\":1E+0}" },
        { "{\"a\":0}", "{\"a\":-0.0e5}" },
        { "{\"a\":18446744073709551616}", "{\"a\":1844674407370955161.6e1}" },
        { "{\"a\":1e30}", "{\"a\":1000000000000000000000000000000}" },
        { "{\"a\":1,\"user\":\"x\"}", "{\"a\":1,\"user\":\"y\",\"stream\":true}" },
        { "{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":1,\"a\":3}" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *form = form_of(pairs[i][0]);
        assert_form(pairs[i][1], form);
        gl_free(form);
    }
}

static void bodies_that_differ_share_none(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}",
        "{\"model\":null}",
        "{\"model\":null,\"model\":null}",
        "{\"model\":1}",
        "{\"model\":1,\"model\":null}",
        "{\"model\":null,\"model\":1}",
        "{\"model\":1,\"model\":2}",
        "{\"model\":2,\"model\":1}",
        "{\"model\":1,\"model\":1}",
        "{\"model\":\"1\"}",
        "{\"model\":\"null\"}",
        "{\"temperature\":1}",
        "{\"max_tokens\":1}",
        "{\"messages\":1}",
        "{\"messages\":null,\"model\":null}",
        "{\"Model\":1}",
        "{\"a\":{\"model\":null}}",
        "{\"a\":{}}",
        "{\"a\":[]}",
        "{\"a\":null}",
        "{\"a\":false}",
        "{\"a\":0}",
        "{\"a\":\"\"}",
        "{\"a\":\"0\"}",
        "{\"a\":[0]}",
        "{\"a\":[[0]]}",
        "{\"a\":[0,0]}",
        "{\"a\":[1,2]}",
        "{\"a\":[2,1]}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":2,\"a\":1}",
        "{\"a\":18446744073709551616}",
        "{\"a\":18446744073709551617}",
        "{\"a\":0.1}",
        "{\"a\":0.10000000000000000001}",
        "{\"a\":-0.1}",
        "{\"a\":1e400}",
        "{\"a\":1e401}",
        "{\"a\":1e-400}",
        "{\"a\":1e999999999999999999}",
        "{\"a\":10e999999999999999999}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ufffd\"}",
        "{\"a\":\"\\\\ud800\"}",
        "{\"a\":\"\\ud800\\ud800\\udc00\"}",
        "{\"a\":\"\\ud800\\udc00\\udc00\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\u0000\\u0000\"}",
        "{\"a\":\"\xC3\xA9\"}",  /* one code point */
        "{\"a\":\"e\xCC\x81\"}", /* two that look the same */
        "{\"a\":{\"user\":1}}",
        "{\"a\":{\"user\":2}}",
        "{\"a\":{\"b\":1},\"c\":2}",
        "{\"a\":{\"b\":1,\"c\":2}}",
        "{\"a,b\":1}",
        "{\"a\\\":1,\\\"b\":1}",
    };
    enum { COUNT = sizeof bodies / sizeof *bodies };
    char *forms[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        forms[i] = form_of(bodies[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(forms[i], forms[j]) == 0) fail_msg("%s and %s", bodies[i], bodies[j]);
    }
    for (size_t i = 0; i < COUNT; i++) gl_free(forms[i]);
}

static void what_is_no_object_has_no_key(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        glimpse_error error;
    } cases[] = {
        { "", GLIMPSE_ERR_BAD_JSON },
        { "[]", GLIMPSE_ERR_BAD_JSON },
        { "\"a\"", GLIMPSE_ERR_BAD_JSON },
        { "null", GLIMPSE_ERR_BAD_JSON },
        { "{\"a\":1", GLIMPSE_ERR_BAD_JSON },
        { "{}{}", GLIMPSE_ERR_BAD_JSON },
        { "{\"a\":1e1234567890123456789}", GLIMPSE_ERR_BAD_JSON },
        { "{\"a\":\"\xFF\"}", GLIMPSE_ERR_BAD_UTF8 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        glimpse_key key;
        char *form = NULL;
        size_t len = 0, size = strlen(cases[i].text);
        assert_int_equal(glimpse_key_of_chat(cases[i].text, size, &key), cases[i].error);
        assert_int_equal(glimpse_key_canonical(cases[i].text, size, &form, &len), cases[i].error);
        assert_null(form);
    }
    /* 65 levels are too deep, and 64 of them are not. */
    char deep[65 * 5 + 65 + 1];
    size_t len = 0;
    glimpse_key key;
    for (int i = 0; i < 64; i++, len += 5) memcpy(deep + len, "{\"a\":", 5);
    memcpy(deep + len, "{}", 2);
    memset(deep + len + 2, '}', 64);
    len += 2 + 64;
    assert_int_equal(glimpse_key_of_chat(deep, len, &key), GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(glimpse_key_of_chat(deep + 5, len - 6, &key), GLIMPSE_OK);
}

/* --- random bodies --------------------------------------------------------------------------- */

static tree grown;

static tree_node *grow_body(uint64_t seed)
{
    gl_rng_seed(&grown.rng, seed);
    tree_node *root;
    do {
        grown.count = 0;
        root = tree_grow(&grown, 4);
    } while (root->count == 0);
    root->kind = GL_JSON_OBJECT;
    /* One of the four names, often repeated, often null. */
    for (size_t i = 0; i < root->count; i++)
        if (gl_rng_below(&grown.rng, 3) == 0)
            root->children[i]->name = (tree_text){ { 'm', 'o', 'd', 'e', 'l' }, 5 };
    return root;
}

/* The canonical form of the body in one of its spellings, by the dice. */
static gl_slice canonical(gl_keyer *keyer, gl_rng *dice, const tree_node *root)
{
    gl_buf text;
    gl_json body;
    gl_slice form;
    gl_buf_init(&text, SIZE_MAX);
    tree_write(dice, &text, root);
    /* A member that changes nothing, now and then. */
    char *brace = memchr(text.data, '{', text.len);
    if (root->count > 0 && gl_rng_below(dice, 2) == 0) {
        static const char ignored[] = "{\"stream\":{\"b\":1,\"a\":2},";
        size_t before = (size_t)(brace - text.data);
        gl_buf longer;
        gl_buf_init(&longer, SIZE_MAX);
        gl_buf_append(&longer, text.data, before);
        gl_buf_append_str(&longer, ignored);
        gl_buf_append(&longer, brace + 1, text.len - before - 1);
        gl_buf_free(&text);
        text = longer;
    }
    if (gl_json_check(gl_buf_slice(&text), &body, NULL) != GL_JSON_OK)
        fail_msg("%.*s", (int)text.len, text.data);
    assert_int_equal(gl_keyer_canonical(keyer, body, &form), GLIMPSE_OK);
    gl_buf_free(&text);
    return form;
}

static void any_spelling_of_a_body_has_its_form(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_keyer *keyer = gl_keyer_new();
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        const tree_node *root = grow_body(seed);
        gl_slice form = canonical(keyer, &grown.rng, root);
        char *first = gl_strndup(form.data, form.len);
        for (int turn = 0; turn < 4; turn++) {
            gl_slice again = canonical(keyer, &grown.rng, root);
            if (!gl_slice_is(again, first))
                fail_msg("seed %d: %s and %.*s", (int)seed, first, (int)again.len, again.data);
        }
        gl_free(first);
    }
    gl_keyer_free(keyer);
    assert_int_equal(gl_alloc_live(), live);
}

/* One thing in one node, so that the whole means something else. */
static bool change(tree_node *node, gl_rng *dice)
{
    switch (node->kind) {
    case GL_JSON_NULL:
    case GL_JSON_FALSE:
        node->kind = GL_JSON_TRUE;
        return true;
    case GL_JSON_TRUE:
        node->kind = GL_JSON_NULL;
        return true;
    case GL_JSON_NUMBER:
        if (gl_rng_below(dice, 2) == 0 && node->mantissa != 0)
            node->exponent++;
        else
            node->mantissa++;
        return true;
    case GL_JSON_STRING:
        if (node->string.count == 0) return false;
        node->string.codes[gl_rng_below(dice, (uint32_t)node->string.count)] ^= 1;
        return true;
    case GL_JSON_ARRAY:
        node->kind = GL_JSON_OBJECT;
        return true;
    case GL_JSON_OBJECT:
        if (node->count == 0) return false;
        node->children[gl_rng_below(dice, (uint32_t)node->count)]->name =
            (tree_text){ .codes = { 'n', 'e', 'w', '!' }, .count = 4 };
        return true;
    case GL_JSON_NONE:
        break;
    }
    return false;
}

static void any_change_changes_the_form(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    int changed = 0;
    gl_keyer *keyer = gl_keyer_new();
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        tree_node *root = grow_body(seed);
        gl_slice form = canonical(keyer, &grown.rng, root);
        char *before = gl_strndup(form.data, form.len);
        tree_node *node = &grown.nodes[gl_rng_below(&grown.rng, (uint32_t)grown.count)];
        if (!(node == root && root->count == 0) && change(node, &grown.rng)) {
            changed++;
            root->kind = GL_JSON_OBJECT;
            if (gl_slice_is(canonical(keyer, &grown.rng, root), before))
                fail_msg("seed %d: %s", (int)seed, before);
        }
        gl_free(before);
    }
    assert_true(changed > 3000);
    gl_keyer_free(keyer);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_form_is_json_and_its_own_form(void **state)
{
    (void)state;
    gl_keyer *keyer = gl_keyer_new();
    gl_buf wrapped;
    gl_buf_init(&wrapped, SIZE_MAX);
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        const tree_node *root = grow_body(seed);
        gl_slice form = canonical(keyer, &grown.rng, root), again;
        gl_json body;
        gl_buf_reset(&wrapped);
        gl_buf_append_str(&wrapped, "[null,null,null,null,{\"x\":");
        gl_buf_append(&wrapped, form.data, form.len);
        gl_buf_append_str(&wrapped, "}]");
        gl_slice inner = gl_slice_of(wrapped.data + 21, wrapped.len - 22);
        assert_int_equal(gl_json_check(inner, &body, NULL), GL_JSON_OK);
        assert_int_equal(gl_keyer_canonical(keyer, body, &again), GLIMPSE_OK);
        assert_true(gl_slice_equal(again, gl_buf_slice(&wrapped)));
    }
    gl_buf_free(&wrapped);
    gl_keyer_free(keyer);
}

static void a_form_gives_a_body_back(void **state)
{
    (void)state;
    gl_keyer *keyer = gl_keyer_new();
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX);
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        gl_slice form = canonical(keyer, &grown.rng, grow_body(seed)), again;
        char *first = gl_strndup(form.data, form.len);
        gl_json root, body;
        assert_int_equal(gl_json_check(form, &root, NULL), GL_JSON_OK);
        gl_buf_reset(&text);
        key_body_of_form(root, &text);
        assert_int_equal(gl_json_check(gl_buf_slice(&text), &body, NULL), GL_JSON_OK);
        assert_int_equal(gl_keyer_canonical(keyer, body, &again), GLIMPSE_OK);
        assert_true(gl_slice_is(again, first));
        gl_free(first);
    }
    gl_buf_free(&text);
    gl_keyer_free(keyer);
}

/* --- cost ------------------------------------------------------------------------------------ */

/* An object of many members in an order that is far from sorted, alone and as the innermost of 60
 * objects that each are out of order too. Were any step quadratic, this would take minutes. */
static void large_and_deep_bodies_are_put_in_order(void **state)
{
    (void)state;
    enum { MEMBERS = 100000, LEVELS = 60 };
    gl_buf text;
    gl_slice form;
    gl_json body;
    gl_keyer *keyer = gl_keyer_new();
    gl_buf_init(&text, SIZE_MAX);
    for (int i = 0; i < LEVELS; i++) gl_buf_append_str(&text, "{\"b\":");
    gl_buf_append_char(&text, '{');
    for (uint32_t i = 0; i < MEMBERS; i++) {
        /* 7919 is prime to 100000, so each number comes once. */
        gl_buf_printf(&text, "%s\"%05u\":1", i > 0 ? "," : "", (unsigned)(i * 7919 % MEMBERS));
    }
    gl_buf_append_char(&text, '}');
    for (int i = 0; i < LEVELS; i++) gl_buf_append_str(&text, ",\"a\":[]}");
    assert_int_equal(gl_json_check(gl_buf_slice(&text), &body, NULL), GL_JSON_OK);
    assert_int_equal(gl_keyer_canonical(keyer, body, &form), GLIMPSE_OK);
    assert_int_equal(form.len, text.len + strlen("[null,null,null,null,]"));
    const char *at = memchr(form.data, '0', form.len);
    for (uint32_t i = 0; i < MEMBERS; i++, at += strlen("00000\":1,\"")) {
        char name[6];
        snprintf(name, sizeof name, "%05u", (unsigned)i);
        assert_memory_equal(at, name, 5);
    }
    gl_buf_free(&text);
    gl_keyer_free(keyer);
}

static int countdown;

static bool may(void)
{
    return countdown-- > 0;
}

static const char sorted_twice[] =
    "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"z\":1,\"y\":2,\"x\":3,\"w\":4,\"v\":5,"
    "\"u\":6,\"t\":7,\"s\":8,\"r\":9,\"q\":10,\"p\":11,\"o\":12,\"n\":13,\"m\":14,\"l\":15,\"k\":"
    "16}";

static void the_second_time_needs_no_memory(void **state)
{
    (void)state;
    gl_keyer *keyer = gl_keyer_new();
    gl_json body;
    glimpse_key first, second;
    assert_int_equal(gl_json_check(gl_slice_str(sorted_twice), &body, NULL), GL_JSON_OK);
    assert_int_equal(gl_keyer_key(keyer, body, &first), GLIMPSE_OK);
    countdown = 0;
    gl_alloc_set_gate(may);
    assert_int_equal(gl_keyer_key(keyer, body, &second), GLIMPSE_OK);
    gl_alloc_set_gate(NULL);
    assert_memory_equal(&first, &second, sizeof first);
    gl_keyer_free(keyer);
}

static void running_out_of_memory_is_said_and_survived(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    char *expected = form_of(sorted_twice), *form = NULL;
    size_t len, failures = 0;
    for (int allowed = 0;; allowed++) {
        countdown = allowed;
        gl_alloc_set_gate(may);
        glimpse_error error =
            glimpse_key_canonical(sorted_twice, strlen(sorted_twice), &form, &len);
        gl_alloc_set_gate(NULL);
        if (error == GLIMPSE_OK) break;
        assert_int_equal(error, GLIMPSE_ERR_OOM);
        failures++;
    }
    assert_true(failures >= 5);
    assert_string_equal(form, expected);
    gl_free(form);
    gl_free(expected);

    /* A keyer that failed works the next time. */
    gl_keyer *keyer = gl_keyer_new();
    gl_json body;
    glimpse_key key;
    assert_int_equal(gl_json_check(gl_slice_str(sorted_twice), &body, NULL), GL_JSON_OK);
    for (int allowed = 0; allowed < 3; allowed++) {
        countdown = 0;
        gl_alloc_set_gate(may);
        assert_int_equal(gl_keyer_key(keyer, body, &key), GLIMPSE_ERR_OOM);
        gl_alloc_set_gate(NULL);
    }
    assert_int_equal(gl_keyer_key(keyer, body, &key), GLIMPSE_OK);
    gl_keyer_free(keyer);
    assert_int_equal(gl_alloc_live(), live);
}

/* --- hex ------------------------------------------------------------------------------------- */

static void hex_is_lower_case_and_ends(void **state)
{
    (void)state;
    glimpse_key key = { .bytes = { 0x01, 0xAB } };
    char hex[65];
    memset(hex, 'x', sizeof hex);
    key.bytes[31] = 0xF0;
    glimpse_key_hex(&key, hex);
    assert_string_equal(hex, "01ab0000000000000000000000000000000000000000000000000000000000f0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_is_the_specified_one),
        cmocka_unit_test(numbers_at_the_bounds_of_their_spelling),
        cmocka_unit_test(the_key_is_the_digest_of_the_form),
        cmocka_unit_test(bodies_that_mean_the_same_share_a_form),
        cmocka_unit_test(bodies_that_differ_share_none),
        cmocka_unit_test(what_is_no_object_has_no_key),
        cmocka_unit_test(any_spelling_of_a_body_has_its_form),
        cmocka_unit_test(any_change_changes_the_form),
        cmocka_unit_test(a_form_is_json_and_its_own_form),
        cmocka_unit_test(a_form_gives_a_body_back),
        cmocka_unit_test(large_and_deep_bodies_are_put_in_order),
        cmocka_unit_test(the_second_time_needs_no_memory),
        cmocka_unit_test(running_out_of_memory_is_said_and_survived),
        cmocka_unit_test(hex_is_lower_case_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
