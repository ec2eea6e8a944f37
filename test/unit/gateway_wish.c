/* What the headers of a request ask for; the scope that they narrow; the salt that stands for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/salt.h"
#include "gateway/wish.h"

static void add(gateway_wish *wish, const char *name, const char *value)
{
    gateway_wish_add(wish, gl_slice_str(name), gl_slice_str(value));
}

static void headers_are_read_in_one_walk(void **state)
{
    (void)state;
    gateway_wish wish;
    gateway_wish_init(&wish, NULL);
    assert_null(wish.patience.data);
    assert_false(wish.bulk);
    add(&wish, "X-Stainless-Timeout", "600");
    add(&wish, "x-stainless-timeout", "1");
    add(&wish, "Glimpse-Deadline-Ms", "250");
    add(&wish, "GLIMPSE-PRIORITY", "Bulk");
    add(&wish, "Idempotency-Key", "k-1");
    add(&wish, "Cache-Control", "no-store");
    add(&wish, "X-Stainless-Retry-Count", "2");
    assert_true(gl_slice_is(wish.patience, "600"));
    assert_true(gl_slice_is(wish.deadline, "250"));
    assert_true(gl_slice_is(wish.repeat, "k-1"));
    assert_true(wish.bulk && wish.caching.no_store);
    assert_int_equal(wish.retried, 2);
    gateway_wish_free(&wish);
}

static void a_client_that_retries_has_fewer_of_our_attempts(void **state)
{
    (void)state;
    static const struct {
        const char *count;
        int most, attempts;
    } rows[] = { { "0", 5, 5 }, { "1", 5, 2 }, { "2", 5, 1 },     { "3", 5, 1 },
                 { "1", 1, 1 }, { "1", 8, 4 }, { "9999", 5, 1 },  { "-1", 5, 5 },
                 { "x", 5, 5 }, { "", 5, 5 },  { "99999", 5, 5 }, { "1", 1000, 500 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_wish wish;
        gateway_wish_init(&wish, NULL);
        add(&wish, "x-stainless-retry-count", rows[i].count);
        assert_int_equal(gateway_wish_attempts(&wish, rows[i].most), rows[i].attempts);
        gateway_wish_free(&wish);
    }
}

/* No namespace, and no two of them, makes the scope of another caller or of another namespace. */
static void a_namespace_narrows_a_scope_and_never_makes_another(void **state)
{
    (void)state;
    static const struct {
        const char *own;
        const char *namespaces[3];
    } rows[] = {
        { NULL, { NULL } },
        { "name:a", { NULL } },
        { "share:a", { NULL } },
        { "name:a", { "x" } },
        { "name:a", { "y" } },
        { "name:a", { "x", "y" } },
        { "name:a", { "y", "x" } },
        { "name:a", { "xy" } },
        { "name:a", { "name:b" } },
        { "name:b", { NULL } },
        { NULL, { "x" } },
        { NULL, { "name:a" } },
        { "name:a", { "x\tnamespace=y" } },
        { "name:a x", { NULL } },
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    gateway_wish wishes[ROWS];
    const char *texts[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        gateway_wish_init(&wishes[i], rows[i].own);
        for (size_t j = 0; j < 3 && rows[i].namespaces[j] != NULL; j++)
            add(&wishes[i], "Glimpse-Namespace", rows[i].namespaces[j]);
        assert_true(gateway_scope_give(&wishes[i].scope, &texts[i]));
        for (size_t j = 0; j < i; j++) {
            bool same = texts[i] == NULL || texts[j] == NULL ? texts[i] == texts[j]
                                                             : strcmp(texts[i], texts[j]) == 0;
            if (same) fail_msg("rows %zu and %zu", j, i);
        }
    }
    for (size_t i = 0; i < ROWS; i++) gateway_wish_free(&wishes[i]);
    gateway_wish empty;
    const char *text;
    gateway_wish_init(&empty, "name:a");
    add(&empty, "glimpse-namespace", "");
    assert_true(gateway_scope_give(&empty.scope, &text));
    assert_string_equal(text, "name:a");
    gateway_wish_free(&empty);
}

/* --- salts ------------------------------------------------------------------------------------ */

static char *salted(const char *body, unsigned members, const char *secret, const char *scope)
{
    gl_buf out;
    gl_json root;
    gl_buf_init(&out, 1 << 20);
    assert_int_equal(gl_json_check(gl_slice_str(body), &root, NULL), GL_JSON_OK);
    assert_true(gateway_salt_write(root, members, gl_slice_str(secret), scope, &out));
    assert_int_equal(gl_json_check(gl_buf_slice(&out), &root, NULL), GL_JSON_OK);
    assert_true(gl_buf_terminate(&out));
    return out.data;
}

static gl_json member_of(const char *body, const char *name)
{
    return gl_json_get(gl_json_checked(gl_slice_str(body)), name);
}

static void a_salt_stands_for_the_scope_and_no_caller_chooses_it(void **state)
{
    (void)state;
    enum { BOTH = GATEWAY_CACHE_SALT | GATEWAY_PROMPT_CACHE_KEY };
    char *a = salted("{\"model\":\"m\", \"x\" : [1, 2]}", BOTH, "secret", "name:a");
    char *again = salted("{\"model\":\"m\"}", BOTH, "secret", "name:a");
    char *b = salted("{\"model\":\"m\"}", BOTH, "secret", "name:b");
    char *other = salted("{\"model\":\"m\"}", BOTH, "another", "name:a");
    gl_json salt = member_of(a, "cache_salt");
    assert_int_equal(salt.text.len, 34);
    assert_true(gl_slice_equal(salt.text, member_of(again, "cache_salt").text));
    assert_true(gl_slice_equal(salt.text, member_of(a, "prompt_cache_key").text));
    assert_false(gl_slice_equal(salt.text, member_of(b, "cache_salt").text));
    assert_false(gl_slice_equal(salt.text, member_of(other, "cache_salt").text));
    assert_true(gl_slice_is(member_of(a, "x").text, "[1, 2]")); /* the rest is as it was */
    /* What the caller gives divides its own part; it is never sent, in no spelling. */
    char *own =
        salted("{\"cache_salt\":\"s\",\"prompt\\u005fcache_key\":\"k\",\"cache_salt\":\"t\"}", BOTH,
               "secret", "name:a");
    assert_null(strstr(own, "\"s\""));
    assert_null(strstr(own, "\"t\""));
    assert_null(strstr(own, "\"k\""));
    assert_false(gl_slice_equal(salt.text, member_of(own, "cache_salt").text));
    char *forged = salted("{\"cache_salt\":\"s\"}", BOTH, "secret", "name:b");
    assert_false(
        gl_slice_equal(member_of(own, "cache_salt").text, member_of(forged, "cache_salt").text));
    char *one = salted("{\"prompt_cache_key\":\"k\"}", GATEWAY_CACHE_SALT, "secret", "name:a");
    assert_true(gl_json_string_is(member_of(one, "prompt_cache_key"), "k"));
    char *empty = salted("{}", GATEWAY_CACHE_SALT, "", "name:a");
    assert_int_equal(member_of(empty, "cache_salt").kind, GL_JSON_STRING);
    char *all[] = { a, again, b, other, own, forged, one, empty };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) glimpse_free(all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_in_one_walk),
        cmocka_unit_test(a_client_that_retries_has_fewer_of_our_attempts),
        cmocka_unit_test(a_namespace_narrows_a_scope_and_never_makes_another),
        cmocka_unit_test(a_salt_stands_for_the_scope_and_no_caller_chooses_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
