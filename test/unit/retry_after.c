/* What a server asked to wait: openai-python's vectors, the three forms of a date, odd numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "openai/retry_after.h"
#include "policy/backoff.h"

/* Fri 29 Sep 2023 16:26:37 GMT, the "now" of openai-python's tests. */
#define NOW_S  INT64_C(1696004797)
#define NOW_MS (NOW_S * 1000)

/* The wait before the first retry of a 429 with these headers, in seconds; -1: none. */
static double first_wait(const char *ms, const char *s, gl_rng *rng)
{
    static const gl_backoff defaults = { 5, 500, 60000, 120000 };
    gl_failure failure = { .error = GLIMPSE_ERR_HTTP,
                           .http_status = 429,
                           .should_retry = -1,
                           .retry_after_ms = gl_retry_after(ms, s, NOW_MS),
                           .attempts = 1 };
    uint64_t wait;
    if (gl_backoff_decide(&defaults, &failure, 0, GL_TIME_NEVER, rng, &wait) != GL_RETRY_YES)
        return -1;
    return (double)wait / (double)GL_SECOND;
}

static void the_vectors_of_openai_python_hold(void **state)
{
    (void)state;
    enum { NONE = -1, OURS = 0 };
    static const struct {
        const char *ms, *s;
        int wait; /* seconds; OURS: 0.5 to 0.75; NONE: not retried */
    } table[] = {
        { NULL, "20", 20 },
        { NULL, "0", OURS },
        { NULL, "-10", OURS },
        { NULL, "60", 60 },
        { NULL, "61", 61 },
        { NULL, "120", 120 },
        { NULL, "121", NONE },
        { NULL, "Fri, 29 Sep 2023 16:26:57 GMT", 20 },
        { NULL, "Fri, 29 Sep 2023 16:26:37 GMT", OURS },
        { NULL, "Fri, 29 Sep 2023 16:26:27 GMT", OURS },
        { NULL, "Fri, 29 Sep 2023 16:27:37 GMT", 60 },
        { NULL, "Fri, 29 Sep 2023 16:27:38 GMT", 61 },
        { NULL, "Fri, 29 Sep 2023 16:28:37 GMT", 120 },
        { NULL, "Fri, 29 Sep 2023 16:28:38 GMT", NONE },
        { NULL, "99999999999999999999999999999999999", NONE },
        { NULL, "inf", OURS },
        { NULL, "-inf", OURS },
        { NULL, "nan", OURS },
        { NULL, "", OURS },
        { NULL, NULL, OURS },
        { NULL, "Zun, 29 Sep 2023 16:26:27 GMT", OURS },
        { NULL, "Fri, 29 Sep 100000 16:26:57 GMT", OURS },
        { NULL, "soon", OURS },
        { "120000", NULL, 120 },
        { "120001", NULL, NONE },
        { "120000", "1", 120 },
        { "0", "20", OURS }, /* openai-node's issue 2329 */
        { "-1", "20", OURS },
        { "nan", "20", OURS },
        { "soon", "20", 20 },
        { "", "20", 20 },
    };
    gl_rng rng;
    gl_rng_seed(&rng, 11);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (int draw = 0; draw < 50; draw++) {
            double wait = first_wait(table[i].ms, table[i].s, &rng);
            double low = table[i].wait == OURS ? 0.5 : table[i].wait;
            double high = table[i].wait == OURS ? 0.75 : low * 1.1;
            bool good = table[i].wait == NONE ? wait < 0 : wait >= low && wait <= high;
            if (!good)
                fail_msg("retry-after-ms '%s', retry-after '%s': %f s",
                         table[i].ms != NULL ? table[i].ms : "-",
                         table[i].s != NULL ? table[i].s : "-", wait);
        }
    }
    /* The last vector, retry 1100: 8 s there, our own longest wait here. */
    const gl_backoff many = { 1101, 500, 60000, 120000 };
    gl_failure failure = { .error = GLIMPSE_ERR_HTTP,
                           .http_status = 500,
                           .should_retry = -1,
                           .retry_after_ms = -1,
                           .attempts = 1100 };
    uint64_t wait;
    assert_int_equal(gl_backoff_decide(&many, &failure, 0, GL_TIME_NEVER, &rng, &wait),
                     GL_RETRY_YES);
    assert_int_equal(wait, 60 * GL_SECOND);
}

static void numbers_are_read_exactly_and_rounded_up(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t ms;
    } table[] = {
        { " 7 ", 7000 },
        { "+5", 5000 },
        { "0.25", 250 },
        { "1.5", 1500 },
        { ".5", 500 },
        { "2.", 2000 },
        { "0.0001", 1 },
        { "1.0000", 1000 },
        { "1.9999", 2000 },
        { "1e2", 100000 },
        { "1.25E1", 12500 },
        { "5e-2", 50 },
        { "12345e-6", 13 },
        { "0e999999999999", -1 },
        { "1e999999999999", INT64_MAX },
        { "1e-999999999999", 1 },
        { "0.000", -1 },
        { "-0.5", -1 },
        { " ", -1 },
        { ".", -1 },
        { "-", -1 },
        { "e3", -1 },
        { "1e", -1 },
        { "1e+", -1 },
        { "1.2.3", -1 },
        { "0x10", -1 },
        { "5s", -1 },
        { "5 6", -1 },
        { "5,6", -1 },
        { "infinite", -1 },
        { "Infinity", -1 },
        { "9223372036854775", INT64_C(9223372036854775000) },
        { "9223372036854775.807", INT64_MAX },
        { "9223372036854776", INT64_MAX },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (gl_retry_after(NULL, table[i].value, NOW_MS) != table[i].ms)
            fail_msg("'%s': %lld", table[i].value,
                     (long long)gl_retry_after(NULL, table[i].value, NOW_MS));
    assert_int_equal(gl_retry_after("1500", NULL, NOW_MS), 1500);
    assert_int_equal(gl_retry_after("0.5", NULL, NOW_MS), 1);
    assert_int_equal(gl_retry_after("Fri, 29 Sep 2023 16:26:57 GMT", NULL, NOW_MS), -1);
    /* The fraction of the second that has passed counts. */
    assert_int_equal(gl_retry_after(NULL, "Fri, 29 Sep 2023 16:26:57 GMT", NOW_MS + 1), 19999);
}

static void the_three_forms_of_a_date_are_one_moment(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t unix_s;
    } table[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
        { "Sun Nov  6 08:49:37 1994", 784111777 },
        { " Sun, 06 Nov 1994 08:49:37 GMT ", 784111777 },
        { "Wed Nov 16 08:49:37 1994", 784975777 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Tue, 29 Feb 2000 23:59:60 GMT", 951868800 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799) },
        { "Sat, 01 Jan 0000 00:00:00 GMT", INT64_C(-62167219200) },
        { "Tuesday, 29-Sep-73 00:00:00 GMT", INT64_C(3273868800) }, /* 2073 */
        { "Tuesday, 29-Sep-74 00:00:00 GMT", 149644800 },           /* 1974 */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t unix_s = 1;
        if (!gl_http_date(table[i].text, NOW_MS, &unix_s) || unix_s != table[i].unix_s)
            fail_msg("'%s': %lld", table[i].text, (long long)unix_s);
    }
    int64_t unix_s; /* asked at the end of a century, the next one is near */
    assert_true(gl_http_date("Sunday, 06-Nov-01 08:49:37 GMT", INT64_C(4085000000000), &unix_s));
    assert_true(unix_s > INT64_C(4085000000));
}

static void what_is_nearly_a_date_is_none(void **state)
{
    (void)state;
    static const char *const table[] = {
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:00:61 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMTx",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Sun Nov 6 08:49:37 1994",
        "1994-11-06T08:49:37Z",
        "Sun",
        "Sun,",
        "Sun, 06 Nov 1994 08:49",
        "Sun Nov  6 08:49:37 199",
        "Sunday, 06-Nov-",
        "",
    };
    int64_t unix_s;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (gl_http_date(table[i], NOW_MS, &unix_s)) fail_msg("'%s' is a date", table[i]);
}

/* Every day of four centuries, against the C library. */
static void each_day_is_counted_as_the_c_library_does(void **state)
{
    (void)state;
    for (int64_t day = -25567; day < 120000; day += 7) {
        time_t at = (time_t)(day * 86400 + 45296);
        struct tm tm;
        char text[64];
        assert_non_null(gmtime_r(&at, &tm));
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        int64_t unix_s = 1;
        assert_true(gl_http_date(text, NOW_MS, &unix_s));
        assert_int_equal(unix_s, at);
    }
}

static void no_prefix_of_a_header_is_read_past(void **state)
{
    (void)state;
    static const char *const table[] = { "Sunday, 06-Nov-94 08:49:37 GMT",
                                         "Sun, 06 Nov 1994 08:49:37 GMT",
                                         "Sun Nov  6 08:49:37 1994", "-12.5e-3", "infinity" };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (size_t len = 0; len <= strlen(table[i]); len++) {
            char *copy = malloc(len + 1); /* exactly as long: one more is seen by the sanitizer */
            assert_non_null(copy);
            memcpy(copy, table[i], len);
            copy[len] = '\0';
            assert_true(gl_retry_after(copy, copy, 0) >= -1);
            free(copy);
        }
    }
}

static void x_should_retry_is_true_or_false(void **state)
{
    (void)state;
    assert_int_equal(gl_should_retry("true"), 1);
    assert_int_equal(gl_should_retry(" False "), 0);
    static const char *const neither[] = { "", "1", "0", "yes", "truefalse", "true false" };
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
        assert_int_equal(gl_should_retry(neither[i]), -1);
    assert_int_equal(gl_should_retry(NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_openai_python_hold),
        cmocka_unit_test(numbers_are_read_exactly_and_rounded_up),
        cmocka_unit_test(the_three_forms_of_a_date_are_one_moment),
        cmocka_unit_test(what_is_nearly_a_date_is_none),
        cmocka_unit_test(each_day_is_counted_as_the_c_library_does),
        cmocka_unit_test(no_prefix_of_a_header_is_read_past),
        cmocka_unit_test(x_should_retry_is_true_or_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
