/* load_merge.c - reports of several machines joined: what comes out is what one machine that had
 * seen all of it would have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "answered.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "load/merge.h"
#include "load/report.h"

static load_outcome outcome(gl_rng *rng, int i)
{
    gl_time at = GL_SECOND + (gl_time)i * GL_MS * 7;
    load_outcome o = answered(at, 1000 * (1 + gl_rng_below(rng, 3000000)));
    if (i % 13 == 0) {
        o.status = GLIMPSE_STATUS_SERVER_ERROR;
        o.error = GLIMPSE_ERR_HTTP;
    }
    o.prompt_tokens = i;
    o.completion_tokens = 2;
    return o;
}

/* The report of those of `count` requests whose number leaves `part` when divided by three; of all
 * with part 3. */
static void report(int count, int part, gl_buf *out)
{
    static load_percentiles percentiles;
    load_recorder r;
    gl_histogram *lag = gl_histogram_new();
    load_facts facts = { .target = "t", .model = "m", .judged = true, .users = 3, .loop_lag = lag };
    char problem[80];
    gl_rng rng;
    assert_true(load_percentiles_parse(&percentiles, "12.5,99.99", problem, sizeof problem));
    facts.percentiles = &percentiles;
    assert_true(load_recorder_init(&r, GL_SECOND, 0, GL_TIME_NEVER));
    gl_rng_seed(&rng, 4);
    for (int i = 0; i < count; i++) {
        load_outcome o = outcome(&rng, i);
        if (part != 3 && i % 3 != part) continue;
        load_recorder_issued(&r, o.sent);
        load_recorder_ended(&r, &o);
    }
    gl_buf_init(out, SIZE_MAX / 2);
    load_report_json(&r, &facts, out);
    load_recorder_free(&r);
    gl_histogram_free(lag);
}

static gl_json root_of(const gl_buf *text)
{
    gl_json root;
    assert_int_equal(gl_json_check(gl_buf_slice(text), &root, NULL), GL_JSON_OK);
    return root;
}

static void join_three_parts_of(int count)
{
    static const char *const exact[] = { "count",  "p50_us",      "p75_us",   "p90_us",
                                         "p95_us", "p99_us",      "p999_us",  "max_us",
                                         "few",    "percentiles", "histogram" };
    static const char *const sums[] = { "measured", "attempts", "prompt_tokens", "by_status" };
    size_t live = gl_alloc_live();
    gl_buf parts[3], whole, out, differ;
    load_merge merge = { .count = 0 };
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_buf_init(&differ, 4096);
    report(count, 3, &whole);
    for (int i = 0; i < 3; i++) {
        report(count, i, &parts[i]);
        assert_null(load_merge_add(&merge, gl_buf_slice(&parts[i])));
    }
    load_merge_write(&merge, &out, &differ);
    gl_json joined = root_of(&out), all = root_of(&whole);
    gl_json one = gl_json_get(gl_json_get(joined, "distributions"), "latency");
    gl_json other = gl_json_get(gl_json_get(all, "distributions"), "latency");
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (!gl_slice_equal(gl_json_get(one, exact[i]).text, gl_json_get(other, exact[i]).text))
            fail_msg("%s is not that of the whole", exact[i]);
    double mean, true_mean, rate, true_rate;
    assert_true(gl_json_double(gl_json_get(one, "mean_us"), &mean));
    assert_true(gl_json_double(gl_json_get(other, "mean_us"), &true_mean));
    assert_true(fabs(mean - true_mean) < 1e-6);
    one = gl_json_get(joined, "totals");
    other = gl_json_get(all, "totals");
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (!gl_slice_equal(gl_json_get(one, sums[i]).text, gl_json_get(other, sums[i]).text))
            fail_msg("%s is not that of the whole", sums[i]);
    assert_true(gl_json_double(gl_json_get(one, "error_rate"), &rate));
    assert_true(gl_json_double(gl_json_get(other, "error_rate"), &true_rate));
    assert_true(fabs(rate - true_rate) < 1e-12);
    assert_int_equal(differ.len, 0);
    assert_true(gl_json_string_is(gl_json_get(joined, "verdict"), "valid"));
    for (int i = 0; i < 3; i++) gl_buf_free(&parts[i]);
    gl_buf_free(&whole);
    gl_buf_free(&out);
    gl_buf_free(&differ);
    assert_int_equal(gl_alloc_live(), live);
}

static void three_parts_joined_are_the_whole(void **state)
{
    (void)state;
    join_three_parts_of(12); /* of so few the 99th percentile is the maximum, which is exact */
    join_three_parts_of(5000);
}

static void what_is_no_report_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",
                                       "{",
                                       "[]",
                                       "{\"glimpse_bench\":9}",
                                       "{\"glimpse_bench\":2}",
                                       "{\"glimpse_bench\":2,\"totals\":{},\"distributions\":[]}" };
    load_merge merge = { .count = 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(load_merge_add(&merge, gl_slice_str(bad[i])));
    assert_int_equal(merge.count, 0);
}

static void members_of_other_kinds_make_no_other_report_than_json(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{\"glimpse_bench\":2,\"totals\":{\"measured\":\"x\",\"a_rate\":[],\"by\":3},"
        "\"distributions\":{\"latency\":{\"count\":[],\"histogram\":[[1],[2,3,4],5,[-1,1]],"
        "\"p50_us\":null}},\"timeline\":7,\"blocks\":[],\"settings\":4,\"verdict\":3}",
        "{\"glimpse_bench\":2,\"totals\":{\"by\":{\"x\":1}},\"distributions\":{},\"row_s\":1,"
        "\"timeline\":[1,{\"at_s\":0}],\"invalid\":[1,{}],\"by_source\":null}"
    };
    load_merge merge = { .count = 0 };
    gl_buf out, differ;
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_buf_init(&differ, 4096);
    for (size_t i = 0; i < 2; i++) assert_null(load_merge_add(&merge, gl_slice_str(odd[i])));
    load_merge_write(&merge, &out, &differ);
    root_of(&out);
    gl_buf_free(&out);
    gl_buf_free(&differ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_parts_joined_are_the_whole),
        cmocka_unit_test(what_is_no_report_is_refused),
        cmocka_unit_test(members_of_other_kinds_make_no_other_report_than_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
