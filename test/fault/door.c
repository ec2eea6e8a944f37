/* door.c - rows 25, 30, 32, 34: redirects, waits the server asks for, refusals, random failures. */
#include "support/batch_run.h"

#define JSON_TYPE "Content-Type: application/json\r\n"

/* --- row 25 --- */

static void redirect(const char *name, const char *status, const char *host, const char *path)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 2);
    fault_server *other = fault_server_new(run.base);
    char location[200], url[100];
    snprintf(url, sizeof url, "%s:%d%s", host, fault_server_port(other), path);
    snprintf(location, sizeof location, "Location: %s\r\n", url);
    fault_server_play(run.server, batch_answer(&run, status, location, ""));
    batch_go(&run, 1);
    batch_all(&run, "error", "redirect");
    assert_int_equal(fault_server_requests(run.server), 2); /* never repeated */
    assert_int_equal(fault_server_connections(other), 0);
    fault_server_free(other);
    batch_end(&run);
}

static void row_25_redirect_is_refused_and_its_target_never_called(void **state)
{
    (void)state;
    redirect("row_25_301", "301 Moved", "http://127.0.0.1", "/v1/chat/completions");
    redirect("row_25_302", "302 Found", "http://localhost", "/v1/chat/completions");
    redirect("row_25_307", "307 Temporary Redirect", "http://127.0.0.1", "/");
    redirect("row_25_308", "308 Permanent Redirect", "https://127.0.0.1", "/");
}

/* --- row 30 --- */

static batch_run wait_for(const char *name, const char *retry_after, int exit_code)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 1);
    char header[100];
    snprintf(header, sizeof header, JSON_TYPE "%s\r\n", retry_after);
    static const char body[] =
        "{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}";
    fault_server_play(run.server, batch_good(&run));
    fault_server_play_once(run.server, batch_answer(&run, "429 Too Many Requests", header, body));
    batch_go(&run, exit_code);
    return run;
}

static void row_30_the_wait_asked_for_is_kept_within_10_percent(void **state)
{
    (void)state;
    batch_run run = wait_for(__func__, "Retry-After: 1", 0);
    batch_all(&run, "aligned", "null");
    assert_in_range(batch_int(run.records[0], "glimpse.elapsed_ms"), 1000, 1100 + 300);
    assert_true(batch_says(&run, "wait_ms=10")); /* 1000 to 1099 */

    batch_end(&run);
}

static void row_30_a_wait_above_the_cap_ends_it(void **state)
{
    (void)state;
    static const char *const values[] = { "Retry-After: 121", "Retry-After: 99999999999" };
    for (size_t i = 0; i < 2; i++) {
        batch_run run = wait_for(__func__, values[i], 1);
        batch_all(&run, "rate_limited", "rate_limit_exceeded");
        assert_int_equal(fault_server_requests(run.server), 1); /* not hammered */
        batch_end(&run);
    }
}

static void row_30_a_wait_that_makes_no_sense_is_our_own(void **state)
{
    (void)state;
    static const char *const values[] = { "Retry-After: -1", "Retry-After: soon",
                                          "Retry-After:", "Retry-After: 1 2", "Retry-After: 0x10" };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        batch_run run = wait_for(__func__, values[i], 0);
        batch_all(&run, "aligned", "null");
        assert_int_equal(fault_server_requests(run.server), 2);
        assert_true(batch_int(run.records[0], "glimpse.elapsed_ms") < 900);
        batch_end(&run);
    }
}

/* --- row 32 --- */

#define REFUSED                                                                                    \
    "{\"error\":{\"message\":\"Incorrect API key: " CANARY "\",\"code\":\"invalid_api_key\"}}"

static void row_32_refused_key_is_77_and_the_key_it_quotes_is_covered(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 20);
    const char *headers = JSON_TYPE "x-request-id: for-" CANARY "\r\n";
    fault_server_play(run.server, batch_answer(&run, "401 Unauthorized", headers, REFUSED));
    batch_args(&run, "--concurrency", "4", NULL);
    batch_go(&run, 77);
    batch_all(&run, "auth_error", "invalid_api_key");
    assert_true(run.count >= 1);
    for (size_t i = 0; i < run.count; i++)
        assert_int_equal(batch_int(run.records[i], "glimpse.attempts"), 1);
    batch_end(&run);
}

/* --- row 34 --- */

static unsigned drawn;

static void draw(void *arg)
{
    batch_run *run = arg;
    static const char *const statuses[] = { "500 X", "502 X", "503 X", "504 X" };
    drawn = drawn * 1664525u + 1013904223u; /* an LCG: the same sequence in each run */
    if ((drawn >> 8) % 10 == 0)
        fault_server_play_once(run->server,
                               batch_answer(run, statuses[(drawn >> 20) % 4], JSON_TYPE, "{}"));
}

static void row_34_a_tenth_of_failures_is_retried_away(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    enum { LINES = 4000 };
    batch_drafts(&run, LINES);
    drawn = 1;
    fault_server_play(run.server, batch_good(&run));
    fault_server_on_request(run.server, draw, &run);
    batch_args(&run, "--log-level", "error", "--max-attempts", "3", NULL);
    run.seconds_max = 40;
    int failed = 0;
    batch_go(&run, BATCH_ANY);
    for (size_t i = 0; i < run.count; i++)
        failed += strcmp(batch_text(run.records[i], "glimpse.status"), "aligned") != 0;
    /* A request fails when three in a row do: 0.1 %, so 4 are expected, and 99.8 % is 8. More than
     * 16 come once in 300,000 orders of arrival. */
    assert_in_range(failed, 0, 16);
    /* 1 + 0.1 + 0.01 requests a line; five standard deviations are 0.025. */
    assert_in_range(fault_server_requests(run.server), LINES * 1085 / 1000, LINES * 1135 / 1000);
    batch_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_25_redirect_is_refused_and_its_target_never_called),
        cmocka_unit_test(row_30_the_wait_asked_for_is_kept_within_10_percent),
        cmocka_unit_test(row_30_a_wait_above_the_cap_ends_it),
        cmocka_unit_test(row_30_a_wait_that_makes_no_sense_is_our_own),
        cmocka_unit_test(row_32_refused_key_is_77_and_the_key_it_quotes_is_covered),
        cmocka_unit_test(row_34_a_tenth_of_failures_is_retried_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
