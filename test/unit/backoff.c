/* policy/backoff: the distribution of the waits, and every rule of the decision as a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/backoff.h"

static const gl_backoff defaults = { 5, 500, 60000, 120000 };

#define FAILED(kind, status, asked_ms, made, once)                                                 \
    { .error = (kind),                                                                             \
      .http_status = (status),                                                                     \
      .should_retry = -1,                                                                          \
      .retry_after_ms = (asked_ms),                                                                \
      .attempts = (made),                                                                          \
      .same_once = (once) }

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
        { GLIMPSE_ERR_CONNECT, 1 },      { GLIMPSE_ERR_DNS, 1 },
        { GLIMPSE_ERR_DNS_UNKNOWN, 0 },  { GLIMPSE_ERR_TLS, 0 },
        { GLIMPSE_ERR_RESET, 1 },        { GLIMPSE_ERR_TIMEOUT, 1 },
        { GLIMPSE_ERR_TIMEOUT_IDLE, 1 }, { GLIMPSE_ERR_TIMEOUT_CONNECT, 1 },
        { GLIMPSE_ERR_PROTOCOL, 2 },     { GLIMPSE_ERR_EMPTY_BODY, 2 },
        { GLIMPSE_ERR_BAD_JSON, 2 },     { GLIMPSE_ERR_BAD_UTF8, 2 },
        { GLIMPSE_ERR_REDIRECT, 0 },     { GLIMPSE_ERR_BODY_TOO_LARGE, 0 },
        { GLIMPSE_ERR_CANCELLED, 0 },    { GLIMPSE_ERR_DEADLINE, 0 },
        { GLIMPSE_ERR_OOM, 0 },          { GLIMPSE_ERR_CONTENT_FILTER, 0 },
        { GLIMPSE_ERR_QUOTA, 0 },        { GLIMPSE_OK, 0 },
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
        gl_failure failure;
        gl_time deadline;
        gl_retry_reason reason;
        int64_t low_ms, high_ms; /* bounds of the wait */
    } table[] = {
        { "first retry", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 1, 0), never, GL_RETRY_YES, 500, 750 },
        { "fourth retry", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 4, 0), never, GL_RETRY_YES, 4000,
          6000 },
        { "5 are used", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 5, 0), never, GL_RETRY_ATTEMPTS_USED, 0,
          0 },
        { "more than 5", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 6, 0), never, GL_RETRY_ATTEMPTS_USED, 0,
          0 },
        { "400", FAILED(GLIMPSE_ERR_HTTP, 400, -1, 1, 0), never, GL_RETRY_NOT_RETRYABLE, 0, 0 },
        { "400 with a wait", FAILED(GLIMPSE_ERR_HTTP, 400, 9, 1, 0), never, GL_RETRY_NOT_RETRYABLE,
          0, 0 },
        { "401, the fifth", FAILED(GLIMPSE_ERR_HTTP, 401, 9, 5, 0), never, GL_RETRY_STOP_KEY, 0,
          0 },
        { "quota, however long the server says", FAILED(GLIMPSE_ERR_QUOTA, 429, 1000, 1, 0), never,
          GL_RETRY_STOP_KEY, 0, 0 },
        { "refused", FAILED(GLIMPSE_ERR_CONNECT, 0, -1, 2, 0), never, GL_RETRY_YES, 1000, 1500 },
        { "bad JSON", FAILED(GLIMPSE_ERR_BAD_JSON, 200, -1, 1, 0), never, GL_RETRY_YES, 500, 750 },
        { "bad JSON after a 500", FAILED(GLIMPSE_ERR_BAD_JSON, 200, -1, 2, 0), never, GL_RETRY_YES,
          1000, 1500 },
        { "bad JSON again", FAILED(GLIMPSE_ERR_BAD_JSON, 200, -1, 2, 1), never,
          GL_RETRY_NOT_RETRYABLE, 0, 0 },
        { "500 after bad JSON", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 2, 1), never, GL_RETRY_YES, 1000,
          1500 },
        { "the server's wait", FAILED(GLIMPSE_ERR_HTTP, 429, 20000, 1, 0), never, GL_RETRY_YES,
          20000, 22000 },
        { "it replaces a longer one", FAILED(GLIMPSE_ERR_HTTP, 429, 1000, 4, 0), never,
          GL_RETRY_YES, 1000, 1100 },
        { "60 s", FAILED(GLIMPSE_ERR_HTTP, 429, 60000, 1, 0), never, GL_RETRY_YES, 60000, 66000 },
        { "61 s, past our own cap", FAILED(GLIMPSE_ERR_HTTP, 429, 61000, 1, 0), never, GL_RETRY_YES,
          61000, 67100 },
        { "120 s", FAILED(GLIMPSE_ERR_HTTP, 503, 120000, 1, 0), never, GL_RETRY_YES, 120000,
          132000 },
        { "120.001 s", FAILED(GLIMPSE_ERR_HTTP, 503, 120001, 1, 0), never,
          GL_RETRY_SERVER_WAIT_TOO_LONG, 0, 0 },
        { "for ever", FAILED(GLIMPSE_ERR_HTTP, 503, INT64_MAX, 1, 0), never,
          GL_RETRY_SERVER_WAIT_TOO_LONG, 0, 0 },
        { "a wait of 0 is ours", FAILED(GLIMPSE_ERR_HTTP, 429, 0, 1, 0), never, GL_RETRY_YES, 500,
          750 },
        { "a negative one too", FAILED(GLIMPSE_ERR_HTTP, 429, -10000, 1, 0), never, GL_RETRY_YES,
          500, 750 },
        { "time enough", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 1, 0), now + 751 * GL_MS, GL_RETRY_YES,
          500, 750 },
        { "too late", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 1, 0), now + 500 * GL_MS, GL_RETRY_DEADLINE,
          0, 0 },
        { "server too late", FAILED(GLIMPSE_ERR_HTTP, 429, 20000, 1, 0), now + 20 * GL_SECOND,
          GL_RETRY_DEADLINE, 0, 0 },
        { "already past", FAILED(GLIMPSE_ERR_HTTP, 500, -1, 1, 0), now - 1, GL_RETRY_DEADLINE, 0,
          0 },
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

/* --- the table of docs/internals/backoff.md --- */

#define DOC TEST_SOURCE_DIR "/../docs/internals/backoff.md"

/* One failure of a row, with what stands in its second column. */
static gl_failure failure_of(char *word, const char *with)
{
    gl_failure failure = FAILED(GLIMPSE_ERR_HTTP, 0, -1, 1, 0);
    char *end;
    long status = strtol(word, &end, 10);
    if (*end == '\0') {
        failure.http_status = (int)status;
    } else if (word[0] == '`') { /* the endpoint's code, with a status that alone were retried */
        word[strlen(word) - 1] = '\0';
        failure.code = word + 1;
        failure.http_status = 500;
    } else {
        failure.error = GLIMPSE_OK;
        for (int i = 1; i < GLIMPSE_ERROR_COUNT && failure.error == GLIMPSE_OK; i++)
            if (strcmp(glimpse_error_name((glimpse_error)i), word) == 0)
                failure.error = (glimpse_error)i;
        if (strcmp(word, "unknown host") == 0) failure.error = GLIMPSE_ERR_DNS_UNKNOWN;
        if (failure.error == GLIMPSE_OK) fail_msg("no such failure: %s", word);
    }
    if (strstr(with, "x-should-retry: true") != NULL) failure.should_retry = 1;
    if (strstr(with, "x-should-retry: false") != NULL) failure.should_retry = 0;
    const char *asked = strstr(with, "retry-after: ");
    if (asked != NULL) failure.retry_after_ms = strtol(asked + 13, NULL, 10) * 1000;
    return failure;
}

static gl_retry_reason decide(const gl_failure *failure)
{
    gl_rng rng;
    uint64_t wait;
    gl_rng_seed(&rng, 5);
    return gl_backoff_decide(&defaults, failure, 0, GL_TIME_NEVER, &rng, &wait);
}

static void check_failure(char *word, const char *with, const char *again)
{
    gl_failure failure = failure_of(word, with);
    gl_retry_reason reason = decide(&failure);
    const char *said = reason == GL_RETRY_YES        ? "yes"
                       : reason == GL_RETRY_STOP_KEY ? "no, and the key is stopped"
                                                     : "no";
    failure.same_once = 1;
    if (reason == GL_RETRY_YES && decide(&failure) != GL_RETRY_YES) said = "once";
    if (strcmp(said, again) != 0) fail_msg("%s (%s): %s, not %s", word, with, said, again);
}

/* Cuts the next cell off; it has no blanks around it. */
static char *next_cell(char **at)
{
    char *cell = *at, *end = strchr(cell, '|');
    assert_non_null(end);
    *at = end + 1;
    while (*cell == ' ') cell++;
    while (end > cell && end[-1] == ' ') end--;
    *end = '\0';
    return cell;
}

static void each_row_of_the_documented_table_is_what_is_decided(void **state)
{
    (void)state;
    char line[1024];
    bool listed[GLIMPSE_ERROR_COUNT] = { false };
    int rows = 0, step_before = 0;
    FILE *file = fopen(DOC, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        char *at = line, *words;
        if (line[0] != '|' || line[2] < '1' || line[2] > '9') continue;
        next_cell(&at);
        int step = (int)strtol(next_cell(&at), NULL, 10);
        assert_true(step == step_before || step == step_before + 1);
        step_before = step;
        words = next_cell(&at);
        const char *with = next_cell(&at), *again = next_cell(&at);
        while (*words != '\0') {
            char *word = words + strspn(words, " ");
            words = word + strcspn(word, ",");
            if (*words == ',') *words++ = '\0';
            check_failure(word, with, again);
            for (int i = 1; i < GLIMPSE_ERROR_COUNT; i++)
                if (strcmp(glimpse_error_name((glimpse_error)i), word) == 0) listed[i] = true;
        }
        rows++;
    }
    fclose(file);
    assert_true(rows >= 12);
    assert_int_equal(step_before, 7);
    for (int i = 1; i < GLIMPSE_ERROR_COUNT; i++)
        if (!listed[i] && i != GLIMPSE_ERR_HTTP)
            fail_msg("%s is in no row", glimpse_error_name((glimpse_error)i));
}

/* An earlier step beats a later one, whatever else holds. */
static void the_steps_go_in_their_order(void **state)
{
    (void)state;
    gl_failure failure = FAILED(GLIMPSE_ERR_QUOTA, 429, 1000, 1, 0);
    failure.should_retry = 1;
    assert_int_equal(decide(&failure), GL_RETRY_STOP_KEY); /* 1 before 4 */
    failure.error = GLIMPSE_ERR_HTTP;
    failure.http_status = 400;
    failure.retry_after_ms = 121000;
    assert_int_equal(decide(&failure), GL_RETRY_NOT_RETRYABLE); /* 2 before 3 and 4 */
    failure.http_status = 503;
    assert_int_equal(decide(&failure), GL_RETRY_SERVER_WAIT_TOO_LONG); /* 3 before 4 */
    failure.retry_after_ms = 1000;
    failure.should_retry = 0;
    assert_int_equal(decide(&failure), GL_RETRY_SERVER_SAYS_NO); /* 4 before 5 */
    failure.should_retry = 1;
    failure.http_status = 501;
    assert_int_equal(decide(&failure), GL_RETRY_YES);
    failure.attempts = 5;
    assert_int_equal(decide(&failure), GL_RETRY_ATTEMPTS_USED); /* a limit of ours, not a step */
}

static void parked_requests_do_not_wake_together(void **state)
{
    (void)state;
    const gl_failure failure = FAILED(GLIMPSE_ERR_HTTP, 429, 10000, 1, 0);
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

/* What is an endpoint's own, another may do better. */
static void another_endpoint_is_asked_for_what_is_the_endpoints_own(void **state)
{
    (void)state;
    const gl_backoff backoff = { 5, 500, 60000, 120000 };
    static const struct {
        glimpse_error error;
        int status;
        int64_t retry_after_ms;
        int attempts;
        bool elsewhere;
    } rows[] = {
        { GLIMPSE_ERR_HTTP, 500, -1, 1, true },
        { GLIMPSE_ERR_HTTP, 503, -1, 4, true },
        { GLIMPSE_ERR_HTTP, 503, -1, 5, false },
        { GLIMPSE_ERR_HTTP, 429, 1000, 1, true },
        { GLIMPSE_ERR_HTTP, 429, 600000, 1, true },
        { GLIMPSE_ERR_HTTP, 429, 600000, 5, false },
        { GLIMPSE_ERR_HTTP, 401, -1, 5, true },
        { GLIMPSE_ERR_QUOTA, 429, -1, 1, true },
        { GLIMPSE_ERR_PROXY, 407, -1, 1, true },
        { GLIMPSE_ERR_CONNECT, 0, -1, 1, true },
        { GLIMPSE_ERR_DNS_UNKNOWN, 0, -1, 1, true },
        { GLIMPSE_ERR_TLS, 0, -1, 1, true },
        { GLIMPSE_ERR_TLS, 0, -1, 5, false },
        { GLIMPSE_ERR_HTTP, 400, -1, 1, false },
        { GLIMPSE_ERR_HTTP, 404, -1, 1, false },
        { GLIMPSE_ERR_HTTP, 422, -1, 1, false },
        { GLIMPSE_ERR_CONTENT_FILTER, 400, -1, 1, false },
    };
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gl_failure failure = { .error = rows[i].error,
                               .http_status = rows[i].status,
                               .should_retry = -1,
                               .retry_after_ms = rows[i].retry_after_ms,
                               .attempts = rows[i].attempts };
        uint64_t wait;
        gl_retry_reason reason =
            gl_backoff_decide(&backoff, &failure, 0, GL_TIME_NEVER, &rng, &wait);
        assert_int_equal(gl_backoff_elsewhere(&backoff, &failure, reason), rows[i].elsewhere);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_before_each_retry_has_its_bounds),
        cmocka_unit_test(no_retry_number_overflows),
        cmocka_unit_test(statuses_and_kinds_are_retryable_as_the_table_says),
        cmocka_unit_test(every_rule_of_the_decision_holds),
        cmocka_unit_test(each_row_of_the_documented_table_is_what_is_decided),
        cmocka_unit_test(the_steps_go_in_their_order),
        cmocka_unit_test(parked_requests_do_not_wake_together),
        cmocka_unit_test(same_seed_waits_the_same),
        cmocka_unit_test(another_endpoint_is_asked_for_what_is_the_endpoints_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
