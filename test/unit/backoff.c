/* policy/backoff: the distribution of the waits, and every rule of the decision as a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/backoff.h"

static const gl_backoff defaults = { 5, 500, 60000, 120000 };

static void wait_before_each_retry_has_its_bounds(void **state)
{
    (void)state;
    enum { DRAWS = 4000 };
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (int n = 0; n <= 10; n++) {
        double base = 500.0 * (1 << n) * GL_MS, max = 60000.0 * GL_MS;
        double low = base < max ? base : max, high = base * 1.5 < max ? base * 1.5 : max;
        double sum = 0, lowest = high, highest = low;
        for (int i = 0; i < DRAWS; i++) {
            double wait = (double)gl_backoff_delay(&defaults, n, &rng);
            assert_true(wait >= low && wait <= high);
            sum += wait;
            if (wait < lowest) lowest = wait;
            if (wait > highest) highest = wait;
        }
        if (high == max) continue; /* (partly) cut off by the maximum */
        /* The whole range is used, evenly: a uniform mean, both ends reached. */
        assert_true(lowest < low + 0.01 * (high - low) && highest > high - 0.01 * (high - low));
        assert_true(sum / DRAWS > 1.24 * low && sum / DRAWS < 1.26 * low);
    }
}

static void no_retry_number_overflows(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 2);
    const int numbers[] = { 30, 31, 32, 62, 63, 64, 1023, 1024, 1100, INT32_MAX };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_true(gl_backoff_delay(&defaults, numbers[i], &rng) == 60 * GL_SECOND);
    const gl_backoff endless = { 1000, INT64_MAX, INT64_MAX, 0 };
    assert_true(gl_backoff_delay(&endless, 1100, &rng) == GL_TIME_NEVER);
    const gl_backoff none = { 1000, 0, 60000, 0 };
    assert_true(gl_backoff_delay(&none, 0, &rng) == 0);
    assert_true(gl_backoff_delay(&none, 1100, &rng) == 0);
    const gl_backoff capped = { 1000, 500, 0, 0 };
    assert_true(gl_backoff_delay(&capped, 0, &rng) == 0);
    uint64_t first = gl_backoff_delay(&defaults, -3, &rng); /* as retry 0 */
    assert_true(first >= 500 * GL_MS && first <= 750 * GL_MS);
}

static void statuses_and_kinds_are_retryable_as_the_table_says(void **state)
{
    (void)state;
    const int always[] = { 408, 409, 429, 500, 502, 503, 504, 507, 520, 529, 599 };
    const int never[] = { 0,   200, 301, 400, 401, 402, 403, 404, 405, 410, 411, 413, 415, 418,
                          421, 422, 423, 424, 425, 426, 428, 431, 451, 501, 505, 600, 999 };
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        assert_int_equal(gl_backoff_retryable(GLIMPSE_ERR_HTTP, always[i]), 1);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_int_equal(gl_backoff_retryable(GLIMPSE_ERR_HTTP, never[i]), 0);

    const struct {
        glimpse_error error;
        int retry;
    } kinds[] = {
        { GLIMPSE_ERR_CONNECT, 1 },
        { GLIMPSE_ERR_DNS, 1 },
        { GLIMPSE_ERR_DNS_UNKNOWN, 0 },
        { GLIMPSE_ERR_TLS, 0 },
        { GLIMPSE_ERR_RESET, 1 },
        { GLIMPSE_ERR_TIMEOUT, 1 },
        { GLIMPSE_ERR_TIMEOUT_IDLE, 1 },
        { GLIMPSE_ERR_TIMEOUT_CONNECT, 1 },
        { GLIMPSE_ERR_PROTOCOL, 2 },
        { GLIMPSE_ERR_EMPTY_BODY, 2 },
        { GLIMPSE_ERR_BAD_JSON, 2 },
        { GLIMPSE_ERR_BAD_UTF8, 2 },
        { GLIMPSE_ERR_REDIRECT, 0 },
        { GLIMPSE_ERR_BODY_TOO_LARGE, 0 },
        { GLIMPSE_ERR_CANCELLED, 0 },
        { GLIMPSE_ERR_DEADLINE, 0 },
        { GLIMPSE_ERR_OOM, 0 },
        { GLIMPSE_ERR_CONTENT_FILTER, 0 },
        { GLIMPSE_OK, 0 },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_int_equal(gl_backoff_retryable(kinds[i].error, 0), kinds[i].retry);
        /* A 200 that does not parse has its status beside the kind: the kind decides. */
        assert_int_equal(gl_backoff_retryable(kinds[i].error, 200), kinds[i].retry);
        assert_int_equal(gl_backoff_retryable(kinds[i].error, 503), kinds[i].retry);
    }
}

static void every_rule_of_the_decision_holds(void **state)
{
    (void)state;
    const gl_time now = 1000 * GL_SECOND, never = GL_TIME_NEVER;
    const struct {
        const char *claim;
        gl_failure failure; /* error, status, retry after, attempts, same once */
        gl_time deadline;
        gl_retry_reason reason;
        int64_t low_ms, high_ms; /* bounds of the wait */
    } table[] = {
        { "first retry", { GLIMPSE_ERR_HTTP, 500, -1, 1, 0 }, never, GL_RETRY_YES, 500, 750 },
        { "fourth retry", { GLIMPSE_ERR_HTTP, 500, -1, 4, 0 }, never, GL_RETRY_YES, 4000, 6000 },
        { "5 are used", { GLIMPSE_ERR_HTTP, 500, -1, 5, 0 }, never, GL_RETRY_ATTEMPTS_USED, 0, 0 },
        { "more than 5", { GLIMPSE_ERR_HTTP, 500, -1, 6, 0 }, never, GL_RETRY_ATTEMPTS_USED, 0, 0 },
        { "400", { GLIMPSE_ERR_HTTP, 400, -1, 1, 0 }, never, GL_RETRY_NOT_RETRYABLE, 0, 0 },
        { "400 with a wait",
          { GLIMPSE_ERR_HTTP, 400, 9, 1, 0 },
          never,
          GL_RETRY_NOT_RETRYABLE,
          0,
          0 },
        { "401, the fifth",
          { GLIMPSE_ERR_HTTP, 401, 9, 5, 0 },
          never,
          GL_RETRY_NOT_RETRYABLE,
          0,
          0 },
        { "refused", { GLIMPSE_ERR_CONNECT, 0, -1, 2, 0 }, never, GL_RETRY_YES, 1000, 1500 },
        { "bad JSON", { GLIMPSE_ERR_BAD_JSON, 200, -1, 1, 0 }, never, GL_RETRY_YES, 500, 750 },
        { "bad JSON after a 500",
          { GLIMPSE_ERR_BAD_JSON, 200, -1, 2, 0 },
          never,
          GL_RETRY_YES,
          1000,
          1500 },
        { "bad JSON again",
          { GLIMPSE_ERR_BAD_JSON, 200, -1, 2, 1 },
          never,
          GL_RETRY_NOT_RETRYABLE,
          0,
          0 },
        { "500 after bad JSON",
          { GLIMPSE_ERR_HTTP, 500, -1, 2, 1 },
          never,
          GL_RETRY_YES,
          1000,
          1500 },
        { "the server's wait",
          { GLIMPSE_ERR_HTTP, 429, 20000, 1, 0 },
          never,
          GL_RETRY_YES,
          20000,
          22000 },
        { "it replaces a longer one",
          { GLIMPSE_ERR_HTTP, 429, 1000, 4, 0 },
          never,
          GL_RETRY_YES,
          1000,
          1100 },
        { "60 s", { GLIMPSE_ERR_HTTP, 429, 60000, 1, 0 }, never, GL_RETRY_YES, 60000, 66000 },
        { "61 s, past our own cap",
          { GLIMPSE_ERR_HTTP, 429, 61000, 1, 0 },
          never,
          GL_RETRY_YES,
          61000,
          67100 },
        { "120 s", { GLIMPSE_ERR_HTTP, 503, 120000, 1, 0 }, never, GL_RETRY_YES, 120000, 132000 },
        { "120.001 s",
          { GLIMPSE_ERR_HTTP, 503, 120001, 1, 0 },
          never,
          GL_RETRY_SERVER_WAIT_TOO_LONG,
          0,
          0 },
        { "for ever",
          { GLIMPSE_ERR_HTTP, 503, INT64_MAX, 1, 0 },
          never,
          GL_RETRY_SERVER_WAIT_TOO_LONG,
          0,
          0 },
        { "a wait of 0 is ours",
          { GLIMPSE_ERR_HTTP, 429, 0, 1, 0 },
          never,
          GL_RETRY_YES,
          500,
          750 },
        { "a negative one too",
          { GLIMPSE_ERR_HTTP, 429, -10000, 1, 0 },
          never,
          GL_RETRY_YES,
          500,
          750 },
        { "time enough",
          { GLIMPSE_ERR_HTTP, 500, -1, 1, 0 },
          now + 751 * GL_MS,
          GL_RETRY_YES,
          500,
          750 },
        { "too late",
          { GLIMPSE_ERR_HTTP, 500, -1, 1, 0 },
          now + 500 * GL_MS,
          GL_RETRY_DEADLINE,
          0,
          0 },
        { "server too late",
          { GLIMPSE_ERR_HTTP, 429, 20000, 1, 0 },
          now + 20 * GL_SECOND,
          GL_RETRY_DEADLINE,
          0,
          0 },
        { "already past", { GLIMPSE_ERR_HTTP, 500, -1, 1, 0 }, now - 1, GL_RETRY_DEADLINE, 0, 0 },
    };
    gl_rng rng;
    gl_rng_seed(&rng, 3);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (int draw = 0; draw < 200; draw++) {
            uint64_t wait = 77;
            gl_retry_reason reason = gl_backoff_decide(&defaults, &table[i].failure, now,
                                                       table[i].deadline, &rng, &wait);
            if (reason != table[i].reason || wait < (uint64_t)table[i].low_ms * GL_MS ||
                wait > (uint64_t)table[i].high_ms * GL_MS)
                fail_msg("%s: reason %d, wait %llu ns", table[i].claim, (int)reason,
                         (unsigned long long)wait);
        }
    }
}

static void parked_requests_do_not_wake_together(void **state)
{
    (void)state;
    const gl_failure failure = { GLIMPSE_ERR_HTTP, 429, 10000, 1, 0 };
    gl_rng rng;
    gl_rng_seed(&rng, 4);
    int in_tenth[10] = { 0 };
    for (int i = 0; i < 10000; i++) {
        uint64_t wait;
        gl_backoff_decide(&defaults, &failure, 0, GL_TIME_NEVER, &rng, &wait);
        uint64_t tenth = (wait - 10 * GL_SECOND) / (100 * GL_MS);
        assert_true(tenth < 10);
        in_tenth[tenth]++;
    }
    for (int i = 0; i < 10; i++) assert_in_range(in_tenth[i], 850, 1150); /* deviation 30 */
}

static void same_seed_waits_the_same(void **state)
{
    (void)state;
    gl_rng a, b;
    gl_rng_seed(&a, 9);
    gl_rng_seed(&b, 9);
    for (int n = 0; n < 20; n++)
        assert_true(gl_backoff_delay(&defaults, n, &a) == gl_backoff_delay(&defaults, n, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_before_each_retry_has_its_bounds),
        cmocka_unit_test(no_retry_number_overflows),
        cmocka_unit_test(statuses_and_kinds_are_retryable_as_the_table_says),
        cmocka_unit_test(every_rule_of_the_decision_holds),
        cmocka_unit_test(parked_requests_do_not_wake_together),
        cmocka_unit_test(same_seed_waits_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
