/* load_findings.c - the rows of a search as points, JSON, CSV and a page. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/alloc.h"
#include "load/findings.h"

static void add(load_findings *f, double load, double throughput, load_seen seen, const char *why)
{
    load_finding row = { .load = load,
                         .throughput = throughput,
                         .p50_us = 1000 * load,
                         .p95_us = 2000 * load,
                         .p99_us = NAN,
                         .ttft_p50_us = NAN,
                         .ttft_p99_us = NAN,
                         .tokens_rps = 10 * throughput,
                         .tokens_user_rps = 100 / load,
                         .seen = seen };
    strncpy(row.why, why, sizeof row.why - 1);
    assert_true(load_findings_add(f, &row));
}

static load_findings search(void)
{
    load_findings f = { .rates = true,
                        .target = "http://<a>",
                        .model = "m",
                        .sla = "p95<1s",
                        .duration_s = 5,
                        .ceiling_rps = -1,
                        .repeat = 3,
                        .state = "found",
                        .result = "the highest rate & more",
                        .good = 20,
                        .bad = 21 };
    add(&f, 20, 10, LOAD_SEEN_MET, "");
    add(&f, 20, 12, LOAD_SEEN_MET, "");
    add(&f, 20, 500, LOAD_SEEN_SPOILT, "the client was late");
    add(&f, 20, 14, LOAD_SEEN_MISSED, "p95 \"<1s\", twice");
    add(&f, 10, 8, LOAD_SEEN_MET, "");
    add(&f, 40, 13, LOAD_SEEN_SPOILT, "<b>");
    return f;
}

static void runs_of_one_load_are_a_point_with_an_interval(void **state)
{
    (void)state;
    load_findings f = search();
    load_point p[LOAD_POINTS];
    assert_int_equal(load_findings_points(&f, p), 2); /* all runs of 40 were spoilt */
    assert_true(p[0].load == 10 && p[0].runs == 1 && p[0].throughput == 8);
    assert_true(isnan(p[0].low) && isnan(p[0].p99_us));
    assert_true(p[1].load == 20 && p[1].runs == 3 && p[1].met == 2 && p[1].throughput == 12);
    /* 12 +- 4.303 x 2 / sqrt(3) */
    assert_true(fabs(p[1].high - 16.968) < 0.001 && fabs(p[1].low - 7.032) < 0.001);
    load_findings_free(&f);
}

static double at(json_object *root, const char *list, size_t i, const char *name)
{
    json_object *value;
    assert_true(json_object_object_get_ex(root, list, &value));
    assert_true(json_object_object_get_ex(json_object_array_get_idx(value, i), name, &value));
    return value != NULL ? json_object_get_double(value) : NAN;
}

static void the_json_is_json_and_has_points_and_runs(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_findings f = search();
    gl_buf out;
    gl_buf_init(&out, 1 << 16);
    load_findings_json(&f, &out);
    assert_true(gl_buf_terminate(&out));
    json_object *root = json_tokener_parse(out.data), *value;
    assert_non_null(root);
    assert_true(at(root, "points", 1, "throughput_rps") == 12);
    assert_true(isnan(at(root, "points", 1, "p99_us")));
    assert_true(at(root, "points", 0, "rate_rps") == 10);
    assert_true(at(root, "runs", 2, "throughput_rps") == 500);
    assert_true(json_object_object_get_ex(root, "result", &value));
    assert_true(json_object_object_get_ex(value, "missed_rps", &value));
    assert_true(json_object_get_double(value) == 21);
    json_object_put(root);
    gl_buf_free(&out);
    load_findings_free(&f);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_line_of_csv_for_each_run_and_words_are_quoted(void **state)
{
    (void)state;
    load_findings f = search();
    gl_buf out;
    size_t lines = 0;
    gl_buf_init(&out, 1 << 16);
    load_findings_csv(&f, &out);
    assert_true(gl_buf_terminate(&out));
    for (const char *c = out.data; *c != '\0'; c++) lines += *c == '\n';
    assert_int_equal(lines, 7);
    assert_memory_equal(out.data, "rate_rps,throughput_rps,", 24);
    assert_non_null(
        strstr(out.data, "\n20,14,0,0,0,20,40,,,,140,5,0,0,missed,\"p95 \"\"<1s\"\", twice\"\n"));
    gl_buf_free(&out);
    load_findings_free(&f);
}

static size_t times(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *c = strstr(text, what); c != NULL; c = strstr(c + 1, what)) count++;
    return count;
}

static void the_page_draws_each_point_and_escapes_words(void **state)
{
    (void)state;
    load_findings f = search();
    gl_buf out;
    gl_buf_init(&out, 1 << 18);
    load_findings_html(&f, &out);
    assert_true(gl_buf_terminate(&out));
    assert_non_null(strstr(out.data, "http://&lt;a&gt;"));
    assert_non_null(strstr(out.data, "&lt;b&gt;"));
    assert_null(strstr(out.data, "<b>"));
    assert_null(strstr(out.data, "<script"));
    /* Answers, p50, p95 and tokens, of two points each. */
    assert_int_equal(times(out.data, "<circle"), 8);
    assert_int_equal(times(out.data, "data-figure=\"points.1.throughput_rps\" data-value=\"12"), 2);
    assert_int_equal(times(out.data, "95 % from"), 1);
    gl_buf_free(&out);
    load_findings_free(&f);
}

static void a_search_without_tokens_has_no_chart_of_them(void **state)
{
    (void)state;
    load_findings f = search();
    gl_buf out;
    for (size_t i = 0; i < f.count; i++) f.row[i].tokens_rps = f.row[i].tokens_user_rps = NAN;
    gl_buf_init(&out, 1 << 18);
    load_findings_html(&f, &out);
    assert_true(gl_buf_terminate(&out));
    assert_int_equal(times(out.data, "id=\"pareto\""), 0);
    assert_int_equal(times(out.data, "id=\"knee\""), 1);
    gl_buf_free(&out);
    load_findings_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_of_one_load_are_a_point_with_an_interval),
        cmocka_unit_test(the_json_is_json_and_has_points_and_runs),
        cmocka_unit_test(a_line_of_csv_for_each_run_and_words_are_quoted),
        cmocka_unit_test(the_page_draws_each_point_and_escapes_words),
        cmocka_unit_test(a_search_without_tokens_has_no_chart_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
