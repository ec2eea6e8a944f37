/* cli/batch/cost: what goes out fits the limit; and how a report tells what a job has cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "batch/cost.h"
#include "batch/report.h"

static cli_report half_done(void)
{
    cli_report report;
    memset(&report, 0, sizeof report);
    report.tally.done = 150;
    report.tally.resumed = 100;
    report.tally.by_status[GLIMPSE_STATUS_ALIGNED] = 149;
    report.tally.by_status[GLIMPSE_STATUS_SERVER_ERROR] = 1;
    report.stats.in_flight = 7;
    report.stats.retries = 3;
    report.stats.cache.hits = 1;
    report.stats.cache.misses = 3;
    report.stats.prompt_tokens = 1000;
    report.stats.completion_tokens = 234;
    report.elapsed_s = 10;
    report.all_read = true;
    report.lines_read = 300;
    report.spent = 2;
    return report;
}

static void assert_line(const cli_report *report, const char *expected)
{
    char line[512];
    report_progress(report, line, sizeof line);
    assert_string_equal(line, expected);
}

static void what_is_left_follows_from_what_this_run_has_done(void **state)
{
    (void)state;
    cli_report report = half_done();
    /* 50 of 200 in 10 s and for $2: 150 are left, 30 s, and $8 in all. */
    assert_line(&report,
                "150 of 300 done, 5.0/s, 7 in flight, 25% cache hits, 3 retries, 1 server_error, "
                "1234 tokens, $2.0000 of ~$8.0000, 0:00:30 left");
    report.all_read = false;
    report.part_read = 0.5;
    report.lines_read = 150;
    assert_line(&report,
                "150 of ~300 done, 5.0/s, 7 in flight, 25% cache hits, 3 retries, 1 server_error, "
                "1234 tokens, $2.0000 of ~$8.0000, 0:00:30 left");
    report.part_read = -1; /* a pipe */
    assert_line(&report, "150 done, 5.0/s, 7 in flight, 25% cache hits, 3 retries, 1 server_error, "
                         "1234 tokens, $2.0000");
}

static void cost_that_is_not_known_is_not_guessed(void **state)
{
    (void)state;
    cli_report report = half_done();
    report.unpriced = 1;
    assert_line(&report,
                "150 of 300 done, 5.0/s, 7 in flight, 25% cache hits, 3 retries, 1 server_error, "
                "1234 tokens, at least $2.0000, 0:00:30 left");
    report.spent = 0;
    assert_line(&report,
                "150 of 300 done, 5.0/s, 7 in flight, 25% cache hits, 3 retries, 1 server_error, "
                "1234 tokens, cost not known, 0:00:30 left");
    gl_buf json;
    gl_buf_init(&json, 65536);
    report_json(&report, &json);
    assert_true(gl_buf_terminate(&json));
    assert_non_null(strstr(json.data, "\"cost_usd\":null,"));
    assert_non_null(strstr(json.data, "\"resumed\":100,"));
    gl_buf_reset(&json);
    report.unpriced = 0;
    report.spent = 0.1 + 0.2;
    report_json(&report, &json);
    assert_true(gl_buf_terminate(&json));
    assert_non_null(strstr(json.data, "\"cost_usd\":0.3,"));
    gl_buf_free(&json);
}

static job_line chat_line(const char *body)
{
    return (job_line){ .is_chat = true, .chat = { .body = body, .body_len = strlen(body) } };
}

static void requests_under_way_count_with_all_they_may_cost(void **state)
{
    (void)state;
    /* o1-pro: $150 and $600 for a million tokens. 50 bytes and 1,000 tokens: $0.6075. */
    job_line line = chat_line("{\"model\":\"o1-pro\",\"messages\":[],\"max_tokens\":1000}");
    cli_cost cost;
    double first, second, none;
    const char *why;
    assert_int_equal(line.chat.body_len, 50);
    assert_int_equal(cost_init(&cost, NULL, NULL, 1.3), 0);
    assert_int_equal(cost_ask(&cost, NULL, &line, &first, &why), COST_FITS);
    assert_float_equal(first, 0.6075, 1e-9);
    assert_int_equal(cost_ask(&cost, NULL, &line, &second, &why), COST_FITS);
    assert_int_equal(cost_ask(&cost, NULL, &line, &none, &why), COST_WAITS);
    assert_float_equal(none, 0, 0);
    cost_settle(&cost, first, NULL); /* it was not sent after all */
    assert_int_equal(cost_ask(&cost, NULL, &line, &first, &why), COST_FITS);
    cost_settle(&cost, first, NULL);
    cost_settle(&cost, second, NULL);
    assert_float_equal(cost.reserved, 0, 0);
    cost.charged = 1;
    assert_int_equal(cost_ask(&cost, NULL, &line, &none, &why), COST_OVER);
    cost_free(&cost);
}

static void line_without_a_price_or_a_bound_is_not_sent_under_a_limit(void **state)
{
    (void)state;
    job_line unknown = chat_line("{\"model\":\"mine\",\"messages\":[]}");
    job_line nameless = chat_line("{\"messages\":[]}");
    cli_cost cost;
    double bound;
    const char *why;
    assert_int_equal(cost_init(&cost, NULL, NULL, 1000), 0);
    assert_int_equal(cost_ask(&cost, NULL, &unknown, &bound, &why), COST_UNKNOWN);
    assert_non_null(strstr(why, "--prices"));
    assert_int_equal(cost_ask(&cost, NULL, &nameless, &bound, &why), COST_UNKNOWN);
    cost.limit = -1;
    assert_int_equal(cost_ask(&cost, NULL, &unknown, &bound, &why), COST_FITS);
    cost_free(&cost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_follows_from_what_this_run_has_done),
        cmocka_unit_test(cost_that_is_not_known_is_not_guessed),
        cmocka_unit_test(requests_under_way_count_with_all_they_may_cost),
        cmocka_unit_test(line_without_a_price_or_a_bound_is_not_sent_under_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
