/* The file of callers' keys: what is read, what is refused and where, and the look-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/sha256.h"
#include "gateway/calendar.h"
#include "gateway/credential.h"
#include "gateway/gateway.h"
#include "gateway/keys.h"
#include "oom.h"

#define DIGEST    "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define OTHER     "1123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define ONE(more) "{\"keys\":[{\"name\":\"web\",\"sha256\":\"" DIGEST "\"" more "}]}"

static void every_member_is_read(void **state)
{
    (void)state;
    static const char text[] =
        ONE(",\"share\":\"team-a\",\"priority\":\"bulk\",\"rpm\":600,\"tpm\":200000,"
            "\"concurrency\":64,\"queue\":9,\"budget_usd\":25.5,\"budget_window\":\"month\","
            "\"models\":[\"gpt-4o-mini\",\"f\\u0061st\"],\"expires\":\"2027-01-01\"");
    gateway_fault fault;
    size_t live = gl_alloc_live();
    gateway_keys *keys = gateway_keys_read(gl_slice_str(text), &fault);
    assert_non_null(keys);
    assert_int_equal(gateway_keys_count(keys), 1);
    const gateway_key *key = gateway_keys_at(keys, 0);
    assert_string_equal(key->name, "web");
    assert_string_equal(key->scope, "share:team-a");
    assert_int_equal(key->digest[0], 0x01);
    assert_int_equal(key->digest[15], 0xef);
    assert_false(key->interactive);
    assert_true(key->limits.rpm == 600 && key->limits.tpm == 200000);
    assert_int_equal(key->limits.concurrency, 64);
    assert_int_equal(key->queue, 9);
    assert_true(key->limits.budget_usd == 25.5);
    assert_int_equal(key->limits.window, GATEWAY_MONTH);
    assert_true(gateway_key_allows(key, gl_slice_str("fast")));
    assert_false(gateway_key_allows(key, gl_slice_str("faster")));
    assert_false(gateway_key_allows(key, gl_slice_str("")));
    assert_int_equal(key->expires_s, 1798761600); /* date -d 2027-01-01Z +%s */
    gateway_keys_free(keys);
    keys = gateway_keys_read(gl_slice_str(ONE("")), &fault);
    key = gateway_keys_at(keys, 0);
    assert_string_equal(key->scope, "name:web");
    assert_true(key->interactive && key->limits.rpm == 0 && key->limits.budget_usd == 0);
    assert_true(gateway_key_allows(key, gl_slice_str("any")));
    assert_true(key->expires_s == INT64_MAX);
    gateway_keys_free(keys);
    assert_int_equal(gl_alloc_live(), live);
}

static void each_wrong_file_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *reason;
    } rows[] = {
        { "", "the file", "is not JSON" },
        { "{\"keys\":[}", "the file", "is not JSON: syntax error at byte 9" },
        { "[]", "the file", "must be an object" },
        { "{}", "keys", "must be a list" },
        { "{\"keys\":{}}", "keys", "must be a list" },
        { "{\"keys\":[]}", "keys", "is empty" },
        { "{\"keys\":[],\"keys\":[]}", "keys", "comes twice" },
        { "{\"keys\":[],\"users\":[]}", "users", "there is no such member" },
        { "{\"keys\":[7]}", "keys[0]", "must be an object" },
        { "{\"keys\":[{}]}", "keys[0].name", "is missing" },
        { "{\"keys\":[{\"name\":7}]}", "keys[0].name", "must be a text" },
        { "{\"keys\":[{\"name\":\"\"}]}", "keys[0].name", "is empty" },
        { "{\"keys\":[{\"name\":\"a\\n\"}]}", "keys[0].name", "control character" },
        { "{\"keys\":[{\"name\":\"a\\u0000b\"}]}", "keys[0].name", "control character" },
        { "{\"keys\":[{\"name\":\"a\"}]}", "keys[0].sha256", "is missing" },
        { "{\"keys\":[{\"name\":\"a\",\"sha256\":\"12\"}]}", "keys[0].sha256", "64 hex digits" },
        { "{\"keys\":[{\"name\":\"a\",\"sha256\":\"g123456789abcdef0123456789abcdef0123456789abcdef"
          "0123456789abcdef\"}]}",
          "keys[0].sha256", "64 hex digits" },
        { ONE(",\"colour\":1"), "keys[0].colour", "no such member" },
        { ONE(",\"name\":\"b\""), "keys[0].name", "comes twice" },
        { ONE(",\"share\":\"\""), "keys[0].share", "is empty" },
        { ONE(",\"priority\":\"high\""), "keys[0].priority", "\"interactive\" or \"bulk\"" },
        { ONE(",\"rpm\":0"), "keys[0].rpm", "above 0" },
        { ONE(",\"rpm\":-1"), "keys[0].rpm", "above 0" },
        { ONE(",\"rpm\":\"60\""), "keys[0].rpm", "above 0" },
        { ONE(",\"tpm\":1e400"), "keys[0].tpm", "above 0" },
        { ONE(",\"concurrency\":1.5"), "keys[0].concurrency", "whole number" },
        { ONE(",\"queue\":0"), "keys[0].queue", "above 0" },
        { ONE(",\"queue\":2.5"), "keys[0].queue", "whole number" },
        { ONE(",\"budget_usd\":null"), "keys[0].budget_usd", "above 0" },
        { ONE(",\"budget_usd\":1,\"budget_window\":\"week\""), "keys[0].budget_window",
          "\"hour\"" },
        { ONE(",\"budget_window\":\"day\""), "keys[0].budget_window", "is missing" },
        { ONE(",\"models\":\"m\""), "keys[0].models", "list of names" },
        { ONE(",\"models\":[]"), "keys[0].models", "list of names" },
        { ONE(",\"models\":[\"\"]"), "keys[0].models", "list of names" },
        { ONE(",\"expires\":\"2027-02-29\""), "keys[0].expires", "must be a day" },
        { ONE(",\"expires\":\"2027-1-01\""), "keys[0].expires", "must be a day" },
        { ONE(",\"expires\":20270101"), "keys[0].expires", "must be a day" },
        { "{\"keys\":[{\"name\":\"a\",\"sha256\":\"" DIGEST
          "\"},{\"name\":\"b\",\"sha256\":\"" DIGEST "\"}]}",
          "keys[1].sha256", "is also the key of keys[0]" },
        { "{\"keys\":[{\"name\":\"a\",\"sha256\":\"" DIGEST
          "\"},{\"name\":\"a\",\"sha256\":\"" OTHER "\"}]}",
          "keys[1].name", "is also the name of keys[0]" },
    };
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_fault fault;
        assert_null(gateway_keys_read(gl_slice_str(rows[i].text), &fault));
        if (strcmp(fault.path, rows[i].path) != 0 || strstr(fault.reason, rows[i].reason) == NULL)
            fail_msg("row %zu: %s %s", i, fault.path, fault.reason);
        assert_int_equal(gl_alloc_live(), live);
    }
}

static void without_memory_nothing_is_left(void **state)
{
    (void)state;
    static const char text[] = ONE(",\"models\":[\"a\",\"b\"]");
    size_t live = gl_alloc_live();
    for (size_t k = 1;; k++) {
        gateway_fault fault;
        oom_fail_at(k);
        gateway_keys *keys = gateway_keys_read(gl_slice_str(text), &fault);
        bool failed = oom_end();
        assert_int_equal(keys == NULL, failed);
        if (failed) assert_string_equal(fault.reason, "");
        gateway_keys_free(keys);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) break;
    }
}

static void a_key_is_found_by_its_digest_alone(void **state)
{
    (void)state;
    enum { MOST = 70 };
    for (size_t count = 1; count <= MOST; count++) {
        gl_buf text;
        gateway_fault fault;
        gl_buf_init(&text, 1 << 20);
        gl_buf_append_str(&text, "{\"keys\":[");
        for (size_t i = 0; i < count; i++)
            gl_buf_printf(&text, "%s{\"name\":\"k%zu\",\"sha256\":\"%02zx%062zx\"%s}",
                          i != 0 ? "," : "", i, i * 37 % 251, i,
                          i % 7 == 6 ? ",\"expires\":\"2020-01-01\"" : "");
        gl_buf_append_str(&text, "]}");
        gateway_keys *keys = gateway_keys_read(gl_buf_slice(&text), &fault);
        assert_non_null(keys);
        for (size_t i = 0; i < count; i++) {
            const gateway_key *key = gateway_keys_at(keys, i);
            unsigned char digest[32];
            memcpy(digest, key->digest, sizeof digest);
            bool expired = i % 7 == 6;
            assert_ptr_equal(gateway_keys_find(keys, digest, 1577836800), expired ? NULL : key);
            assert_ptr_equal(gateway_keys_find(keys, digest, 1577836799), key);
            digest[20] ^= 1;
            assert_null(gateway_keys_find(keys, digest, 0));
        }
        gateway_keys_free(keys);
        gl_buf_free(&text);
    }
}

static void a_new_key_s_line_is_a_key_of_the_file(void **state)
{
    (void)state;
    char key[GATEWAY_KEY_SIZE], again[GATEWAY_KEY_SIZE], *line, *other;
    assert_true(gateway_new_key("a \"web\"", key, &line));
    assert_true(gateway_new_key("b", again, &other));
    assert_int_equal(strlen(key), GATEWAY_KEY_SIZE - 1);
    assert_string_not_equal(key, again);
    assert_null(strstr(line, key));
    char text[500];
    gateway_fault fault;
    snprintf(text, sizeof text, "{\"keys\":[%s,%s]}", line, other);
    gateway_keys *keys = gateway_keys_read(gl_slice_str(text), &fault);
    assert_non_null(keys);
    unsigned char digest[32];
    const gl_slice part = gl_slice_str(key);
    gl_sha256 *sha = gl_sha256_new();
    assert_true(gl_sha256_digest(sha, &part, 1, digest));
    gl_sha256_free(sha);
    const gateway_key *found = gateway_keys_find(keys, digest, 0);
    assert_non_null(found);
    assert_string_equal(found->name, "a \"web\"");
    gateway_keys_free(keys);
    gl_free(line);
    gl_free(other);
}

static void days_are_those_of_the_calendar(void **state)
{
    (void)state;
    assert_int_equal(gateway_day_number(1970, 1, 1), 0);
    assert_int_equal(gateway_day_number(2000, 2, 29), 11016);
    assert_int_equal(gateway_day_number(2000, 3, 1), 11017);
    assert_int_equal(gateway_day_number(2026, 11, 30), 20787);
    assert_true(gateway_is_day(2024, 2, 29) && gateway_is_day(2000, 2, 29));
    assert_false(gateway_is_day(2100, 2, 29) || gateway_is_day(2026, 4, 31));
    assert_false(gateway_is_day(2026, 0, 1) || gateway_is_day(2026, 13, 1));
    assert_false(gateway_is_day(2026, 12, 32) || gateway_is_day(1969, 1, 1));
    /* Each day follows the one before. */
    int64_t day = 0;
    for (int year = 1970; year < 2110; year++)
        for (int month = 1; month <= 12; month++)
            for (int at = 1; gateway_is_day(year, month, at); at++)
                assert_int_equal(gateway_day_number(year, month, at), day++);
}

static void a_key_is_presented_in_three_ways(void **state)
{
    (void)state;
    static const struct {
        const char *headers[6];
        const char *key; /* NULL: two that differ */
    } rows[] = {
        { { "Authorization", "Bearer abc" }, "abc" },
        { { "authorization", "bearer   abc  " }, "abc" },
        { { "AUTHORIZATION", "BEARER\tabc" }, "abc" },
        { { "X-Api-Key", " abc" }, "abc" },
        { { "api-key", "abc" }, "abc" },
        { { "Authorization", "Basic abc" }, "" },
        { { "Authorization", "Bearer" }, "" },
        { { "Authorization", "Bearerabc" }, "" },
        { { "Cookie", "abc" }, "" },
        { { "Authorization", "Bearer abc", "x-api-key", "abc" }, "abc" },
        { { "Authorization", "Bearer abc", "x-api-key", "abd" }, NULL },
        { { "Authorization", "Bearer abc", "Authorization", "Bearer abd" }, NULL },
        { { "Authorization", "Basic abd", "api-key", "abc", "x-api-key", "" }, "abc" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gl_slice key = gl_slice_of(NULL, 0);
        bool good = true;
        for (size_t at = 0; at < 6 && rows[i].headers[at] != NULL; at += 2)
            good &= gateway_credential_take(gl_slice_str(rows[i].headers[at]),
                                            gl_slice_str(rows[i].headers[at + 1]), &key);
        assert_int_equal(good, rows[i].key != NULL);
        if (good) assert_true(gl_slice_is(key, rows[i].key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_read),
        cmocka_unit_test(each_wrong_file_is_refused_with_its_place),
        cmocka_unit_test(without_memory_nothing_is_left),
        cmocka_unit_test(a_key_is_found_by_its_digest_alone),
        cmocka_unit_test(a_new_key_s_line_is_a_key_of_the_file),
        cmocka_unit_test(days_are_those_of_the_calendar),
        cmocka_unit_test(a_key_is_presented_in_three_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
