/* cli/batch/outage_note: when a line comes, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "batch/outage_note.h"

#define SECOND INT64_C(1000000000)

static glimpse_stats open_for(int64_t ns)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    stats.circuit = GLIMPSE_CIRCUIT_OPEN;
    stats.circuit_error = GLIMPSE_ERR_HTTP;
    stats.circuit_http_status = 503;
    stats.circuit_probes = 120;
    stats.circuit_open_ns = ns;
    return stats;
}

static void lines_come_at_doubling_times_up_to_a_minute_apart(void **state)
{
    (void)state;
    static const int64_t due[] = { 5, 10, 20, 40, 80, 140, 200, 260 };
    outage_note note = { 0 };
    char line[256];
    size_t lines = 0;
    for (int64_t tenth = 0; tenth <= 2650; tenth++) { /* asked ten times a second */
        glimpse_stats stats = open_for(tenth * SECOND / 10);
        if (!outage_note_due(&note, &stats, line, sizeof line)) continue;
        assert_true(lines < sizeof due / sizeof *due);
        assert_int_equal(tenth, due[lines] * 10);
        lines++;
    }
    assert_int_equal(lines, sizeof due / sizeof *due);
}

static void a_line_says_how_long_why_and_how_to_stop(void **state)
{
    (void)state;
    static const struct {
        int64_t s;
        const char *time;
    } table[] = { { 5, "5 s" }, { 119, "119 s" }, { 120, "2 min" }, { 7300, "2 h 1 min" } };
    char line[256], wanted[256];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        outage_note note = { 0 };
        glimpse_stats stats = open_for(table[i].s * SECOND);
        assert_true(outage_note_due(&note, &stats, line, sizeof line));
        snprintf(wanted, sizeof wanted,
                 "the endpoint has been failing for %s (HTTP 503); waiting; 120 probes; stop with "
                 "Ctrl-C or --job-deadline",
                 table[i].time);
        assert_string_equal(line, wanted);
    }
    outage_note note = { 0 };
    glimpse_stats stats = open_for(6 * SECOND);
    stats.circuit_error = GLIMPSE_ERR_CONNECT;
    stats.circuit_http_status = 0;
    stats.circuit_probes = 1;
    assert_true(outage_note_due(&note, &stats, line, sizeof line));
    assert_non_null(strstr(line, glimpse_error_sentence(GLIMPSE_ERR_CONNECT)));
    assert_non_null(strstr(line, "; 1 probe;"));
}

static void another_outage_begins_anew(void **state)
{
    (void)state;
    outage_note note = { 0 };
    char line[256];
    glimpse_stats stats = open_for(300 * SECOND);
    assert_true(outage_note_due(&note, &stats, line, sizeof line));
    stats = open_for(310 * SECOND);
    assert_false(outage_note_due(&note, &stats, line, sizeof line));
    stats.circuit = GLIMPSE_CIRCUIT_CLOSED;
    stats.circuit_open_ns = 0;
    assert_false(outage_note_due(&note, &stats, line, sizeof line));
    stats = open_for(4 * SECOND);
    assert_false(outage_note_due(&note, &stats, line, sizeof line));
    stats = open_for(6 * SECOND);
    assert_true(outage_note_due(&note, &stats, line, sizeof line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_at_doubling_times_up_to_a_minute_apart),
        cmocka_unit_test(a_line_says_how_long_why_and_how_to_stop),
        cmocka_unit_test(another_outage_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
