/* rate_limits.c - the grammar of the x-ratelimit-* headers, as OpenAI and Azure spell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "openai/duration.h"
#include "openai/rate_limits.h"

static void durations_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = { { "1s", 1000 },
                 { "6m0s", 360000 },
                 { "12ms", 12 },
                 { "1.5s", 1500 },
                 { "1h2m3.5s", 3723500 },
                 { "0s", 0 },
                 { "17", 17000 }, /* Azure */
                 { "0.25", 250 },
                 { "1d", 86400000 },
                 { "400d", 86400000 }, /* at most a day */
                 { "999999999999999999999999h", 86400000 },
                 { "1ns", 1 }, /* rounded up */
                 { "1500us", 2 },
                 { "1500\xc2\xb5s", 2 },
                 { " 3s", 3000 },
                 { "", -1 },
                 { "-1", -1 },
                 { "-1s", -1 },
                 { "s", -1 },
                 { "1x", -1 },
                 { "1s2", -1 },
                 { "1 s", 1000 },
                 { "3 seconds", 3000 },
                 { "2 minutes", 120000 },
                 { "3 sausages", -1 },
                 { "nan", -1 },
                 { "inf", -1 },
                 { ".", -1 },
                 { "1e3s", -1 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got = gl_duration(rows[i].text);
        if (got != rows[i].ms) print_error("%s\n", rows[i].text);
        assert_int_equal(got, rows[i].ms);
    }
    assert_int_equal(gl_duration(NULL), -1);
}

static void counts_are_whole_numbers_or_unknown(void **state)
{
    (void)state;
    assert_int_equal(gl_rate_limit_count("60"), 60);
    assert_int_equal(gl_rate_limit_count(" 150000 "), 150000);
    assert_int_equal(gl_rate_limit_count("0"), 0);
    static const char *const none[] = { "", "-1", "1.5", "x", "1x", "99999999999999999999", "+1" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(gl_rate_limit_count(none[i]), -1);
    assert_int_equal(gl_rate_limit_count(NULL), -1);
}

static const char *find(const void *from, const char *name)
{
    const char *const *pairs = from;
    for (; *pairs != NULL; pairs += 2)
        if (strcmp(pairs[0], name) == 0) return pairs[1];
    return NULL;
}

static void each_bucket_is_read_by_itself(void **state)
{
    (void)state;
    static const char *const headers[] = { "x-ratelimit-limit-requests",
                                           "60",
                                           "x-ratelimit-remaining-requests",
                                           "59",
                                           "x-ratelimit-reset-requests",
                                           "1s",
                                           "x-ratelimit-remaining-project-tokens",
                                           "149984",
                                           "x-ratelimit-reset-project-tokens",
                                           "nonsense",
                                           "x-ratelimit-limit-tokens",
                                           "150000",
                                           NULL };
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    gl_rate_limits_read(find, headers, &outcome);
    assert_int_equal(outcome.requests.limit, 60);
    assert_int_equal(outcome.requests.remaining, 59);
    assert_int_equal(outcome.requests.reset_ms, 1000);
    assert_int_equal(outcome.project_tokens.limit, -1);
    assert_int_equal(outcome.project_tokens.remaining, 149984);
    assert_int_equal(outcome.project_tokens.reset_ms, -1);
    assert_int_equal(outcome.tokens.limit, -1); /* without what remains it says nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_in_every_spelling),
        cmocka_unit_test(counts_are_whole_numbers_or_unknown),
        cmocka_unit_test(each_bucket_is_read_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
