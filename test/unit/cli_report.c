/* cli/batch/report: the summary's object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "batch/report.h"

static void cache_that_shrank_says_so(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (uint64_t shrunk = 0; shrunk < 3; shrunk += 2) {
        cli_report report;
        gl_buf out;
        memset(&report, 0, sizeof report);
        report.stats.cache.shrunk = shrunk;
        gl_buf_init(&out, 65536);
        report_json(&report, &out);
        assert_false(out.failed);
        gl_buf_append_char(&out, '\0');
        assert_non_null(
            strstr(out.data, "\"cache\":{\"hits\":0,\"misses\":0,\"store_hits\":0,\"hit_rate\":0"));
        assert_true((strstr(out.data, "\"shrunk\":2}") != NULL) == (shrunk > 0));
        assert_true((strstr(out.data, "shrunk") != NULL) == (shrunk > 0));
        gl_buf_free(&out);
    }
    assert_int_equal(gl_alloc_live(), live);
}

static void alerts_are_told_while_they_fire_and_at_the_end(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    cli_report report;
    char line[512];
    gl_buf out;
    memset(&report, 0, sizeof report);
    gl_buf_init(&out, 65536);
    report_json(&report, &out);
    gl_buf_append_char(&out, '\0');
    assert_non_null(strstr(out.data, ",\"alerts\":[],"));
    report_progress(&report, line, sizeof line);
    assert_null(strstr(line, "ALERT"));
    gl_buf_free(&out);

    report.stats.alerts_firing[GLIMPSE_ALERT_LATENCY_P95] = true;
    report.stats.alerts_fired[GLIMPSE_ALERT_LATENCY_P95] = 2;
    report.stats.alerts_first_ns[GLIMPSE_ALERT_LATENCY_P95] = 12500000000;
    report.stats.alerts_firing_ns[GLIMPSE_ALERT_LATENCY_P95] = 40000000000;
    report.stats.alerts_worst[GLIMPSE_ALERT_LATENCY_P95] = 5120;
    report.stats.alerts_fired[GLIMPSE_ALERT_ERROR_RATE] = 1;
    report.stats.alerts_worst[GLIMPSE_ALERT_ERROR_RATE] = 0.25;
    gl_buf_init(&out, 65536);
    report_json(&report, &out);
    gl_buf_append_char(&out, '\0');
    assert_non_null(strstr(
        out.data, "{\"name\":\"latency_p95\",\"severity\":\"warning\",\"fired\":2,\"first_s\":12.5,"
                  "\"firing_s\":40,\"worst_ms\":5120,\"firing\":true},"
                  "{\"name\":\"error_rate\",\"severity\":\"critical\",\"fired\":1,"));
    assert_non_null(strstr(out.data, "\"worst\":0.25,\"firing\":false}]"));
    report_progress(&report, line, sizeof line);
    assert_non_null(strstr(line, ", ALERT latency_p95 (warning)"));
    assert_null(strstr(line, "error_rate")); /* that one is over */
    gl_buf_free(&out);
    assert_int_equal(gl_alloc_live(), live);
}

static const char *progress(const glimpse_stats *stats)
{
    static char line[512];
    cli_report report;
    memset(&report, 0, sizeof report);
    report.stats = *stats;
    report_progress(&report, line, sizeof line);
    return line;
}

static void the_progress_says_when_fewer_may_be_in_flight_and_why(void **state)
{
    (void)state;
    glimpse_stats stats = { .in_flight = 7, .window = 64, .window_most = 64 };
    assert_non_null(strstr(progress(&stats), ", 7 in flight, "));
    stats.window = 7;
    stats.window_status = 429;
    assert_non_null(strstr(progress(&stats), ", 7 of 64 in flight (429), "));
    stats.window_status = 0; /* no descriptors */
    assert_non_null(strstr(progress(&stats), ", 7 of 64 in flight, "));
}

static void the_progress_names_the_limit_that_is_kept_and_what_is_waited_for(void **state)
{
    (void)state;
    glimpse_stats stats = { .waits_for = GLIMPSE_WAIT_REQUESTS,
                            .waits_ns = 90000000,
                            .waits_per_minute = 600 };
    assert_non_null(
        strstr(progress(&stats), ", keeps the endpoint's limit of 600 requests a minute"));
    stats.waits_set = true;
    stats.waits_for = GLIMPSE_WAIT_TOKENS;
    assert_non_null(strstr(progress(&stats), ", keeps the limit of 600 tokens a minute"));
    stats = (glimpse_stats){ .waits_for = GLIMPSE_WAIT_REQUESTS, .waits_ns = 86399500000000 };
    assert_non_null(
        strstr(progress(&stats), ", waits 24:00:00 for the endpoint's limit of requests"));
    stats = (glimpse_stats){ .waits_for = GLIMPSE_WAIT_ASKED, .waits_ns = 58000000000 };
    assert_non_null(strstr(progress(&stats), ", waits 0:00:58 as the endpoint asked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache_that_shrank_says_so),
        cmocka_unit_test(alerts_are_told_while_they_fire_and_at_the_end),
        cmocka_unit_test(the_progress_says_when_fewer_may_be_in_flight_and_why),
        cmocka_unit_test(the_progress_names_the_limit_that_is_kept_and_what_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
