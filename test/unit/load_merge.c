/* load_merge.c - reports of several machines joined: what comes out is what one machine that had
 * seen all of it would have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
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
    o.completion_tokens = 5;
    o.kind = i % 2;
    o.input_tokens = 100;
    o.output_tokens = 7;
    o.first_token_ns = (int64_t)gl_rng_below(rng, 1000000);
    o.first_chunk_ns = o.first_token_ns / 2;
    return o;
}

/* The report of those of `count` requests whose number leaves `part` when divided by three; of all
 * with part 3. */
static void report(int count, int part, gl_buf *out)
{
    static load_percentiles percentiles;
    static load_workload workload;
    static load_sla sla;
    load_recorder r;
    gl_histogram *lag = gl_histogram_new();
    load_facts facts = { .target = "t", .model = "m", .judged = true, .users = 3, .loop_lag = lag };
    char problem[80];
    gl_rng rng;
    assert_true(load_percentiles_parse(&percentiles, "12.5,99.99", problem, sizeof problem));
    facts.percentiles = &percentiles;
    assert_true(load_sla_parse(&sla, "p99<1ms,ttft_p50<1m,error_rate<50%,throughput>0.001", problem,
                               sizeof problem));
    load_workload_init(&workload);
    workload.count = 2;
    snprintf(workload.kinds[0].name, sizeof workload.kinds[0].name, "short");
    snprintf(workload.kinds[1].name, sizeof workload.kinds[1].name, "long");
    snprintf(workload.kinds[1].goodput, sizeof workload.kinds[1].goodput, "latency<1s");
    assert_true(load_slo_parse(&workload.kinds[1].slo, "latency<1s", problem, sizeof problem));
    facts.sla = &sla;
    facts.workload = &workload;
    assert_true(load_recorder_init(&r, GL_SECOND, 0, GL_TIME_NEVER));
    assert_true(load_recorder_classes(&r, workload.kinds, workload.count));
    r.faults.asked = true;
    gl_rng_seed(&rng, 4);
    for (int i = 0; i < count; i++) {
        load_outcome o = outcome(&rng, i);
        if (part != 3 && i % 3 != part) continue;
        load_recorder_issued(&r, o.sent);
        load_recorder_ended(&r, &o);
        r.faults.injected[LOAD_FAULT_500] += i % 13 == 0;
        r.faults.seen[LOAD_FAULT_500] += i % 13 == 0;
        gl_histogram_add(lag, (uint64_t)(i % 40));
    }
    gl_buf_init(out, SIZE_MAX / 2);
    load_report_json(&r, &facts, out);
    load_recorder_free(&r);
    load_workload_free(&workload);
    gl_histogram_free(lag);
}

static gl_json root_of(const gl_buf *text)
{
    gl_json root;
    assert_int_equal(gl_json_check(gl_buf_slice(text), &root, NULL), GL_JSON_OK);
    return root;
}

static gl_json at(gl_json root, const char *path)
{
    char name[64];
    while (*path != '\0') {
        size_t len = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)len, path);
        if (root.kind == GL_JSON_ARRAY) {
            gl_json item = { .kind = GL_JSON_NONE };
            gl_json_iter iter = gl_json_begin(root);
            for (int i = name[0] - '0'; i >= 0; i--)
                if (!gl_json_next(&iter, NULL, &item)) item = (gl_json){ .kind = GL_JSON_NONE };
            root = item;
        } else {
            root = gl_json_get(root, name);
        }
        path += len + (path[len] == '.');
    }
    return root;
}

/* What the joined report says of everything that can be joined is what the whole one says. */
static void members_are_those_of_the_whole(gl_json joined, gl_json whole)
{
    static const char *const exact[] = { "tokens.input.requests",
                                         "tokens.input.asked",
                                         "tokens.input.counted",
                                         "tokens.input.worst",
                                         "tokens.output.off",
                                         "classes.0.name",
                                         "classes.1.goodput",
                                         "classes.0.measured",
                                         "classes.1.errors",
                                         "classes.1.prompt_tokens",
                                         "classes.0.distributions.latency.histogram",
                                         "classes.1.distributions.ttft.p99_us",
                                         "classes.0.good_rate",
                                         "faults",
                                         "client.loop_lag.histogram",
                                         "client.loop_lag.p99_us",
                                         "phases.count",
                                         "totals.errors",
                                         "totals.answered",
                                         "totals.tokens_user_rps",
                                         "sla.0.seen",
                                         "sla.0.met",
                                         "sla.1",
                                         "sla.2.term",
                                         "sla.2.met",
                                         "sla.3.met",
                                         "sla.3.unit",
                                         "result" };
    static const char *const near[] = { "classes.0.error_rate", "classes.1.good_rate",
                                        "phases.mean_us",       "phases.rest_us",
                                        "phases.first_us",      "sla.2.seen" };
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        gl_json one = at(joined, exact[i]), other = at(whole, exact[i]);
        if (other.kind == GL_JSON_NONE) fail_msg("%s is nowhere", exact[i]);
        if (!gl_slice_equal(one.text, other.text))
            fail_msg("%s is %.*s, and not %.*s", exact[i], (int)one.text.len, one.text.data,
                     (int)other.text.len, other.text.data);
    }
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        double one = -1, other = -1;
        if (!gl_json_double(at(joined, near[i]), &one) ||
            !gl_json_double(at(whole, near[i]), &other))
            fail_msg("%s is no number", near[i]);
        if (fabs(one - other) > 1e-9 * fabs(other))
            fail_msg("%s is %g, not %g", near[i], one, other);
    }
    assert_int_equal(at(joined, "totals.peak_in_flight").kind, GL_JSON_NULL);
    assert_int_equal(at(joined, "sla.4").kind, GL_JSON_NONE);
}

static void join_three_parts_of(int count)
{
    static const char *const exact[] = { "count",  "p50_us",      "p75_us",   "p90_us",
                                         "p95_us", "p99_us",      "p999_us",  "max_us",
                                         "few",    "percentiles", "histogram" };
    static const char *const sums[] = { "measured", "attempts", "prompt_tokens", "by_status" };
    size_t live = gl_alloc_live();
    gl_buf parts[3], whole, out, differ, left;
    load_merge merge = { .count = 0 };
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_buf_init(&differ, 4096);
    gl_buf_init(&left, 4096);
    report(count, 3, &whole);
    for (int i = 0; i < 3; i++) {
        report(count, i, &parts[i]);
        assert_null(load_merge_add(&merge, gl_buf_slice(&parts[i])));
    }
    load_merge_write(&merge, &out, &differ, &left);
    gl_json joined = root_of(&out), all = root_of(&whole);
    gl_json one = gl_json_get(gl_json_get(joined, "distributions"), "latency");
    gl_json other = gl_json_get(gl_json_get(all, "distributions"), "latency");
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (!gl_slice_equal(gl_json_get(one, exact[i]).text, gl_json_get(other, exact[i]).text))
            fail_msg("%s is not that of the whole", exact[i]);
    members_are_those_of_the_whole(joined, all);
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
    gl_buf_free(&left);
    assert_int_equal(gl_alloc_live(), live);
}

static void three_parts_joined_are_the_whole(void **state)
{
    (void)state;
    join_three_parts_of(12); /* of so few the 99th percentile is the maximum, which is exact */
    join_three_parts_of(5000);
}

static gl_json join_texts(load_merge *merge, const char *const texts[2], gl_buf *out)
{
    gl_buf differ, left;
    gl_buf_init(out, SIZE_MAX / 2);
    gl_buf_init(&differ, 4096);
    gl_buf_init(&left, 4096);
    for (size_t i = 0; i < 2; i++) assert_null(load_merge_add(merge, gl_slice_str(texts[i])));
    load_merge_write(merge, out, &differ, &left);
    gl_buf_free(&differ);
    gl_buf_free(&left);
    return root_of(out);
}

#define REPORT(members) "{\"glimpse_bench\":2,\"totals\":{},\"distributions\":{}," members "}"

/* One server is said once, by who read it most; of two, and of two SLAs, nothing is said. */
static void what_cannot_be_joined_is_left_out_and_named(void **state)
{
    (void)state;
    static const char *const one_server[2] = {
        REPORT("\"server\":{\"url\":\"a\",\"pages\":2,\"series\":[1]}"),
        REPORT("\"server\":{\"url\":\"a\",\"pages\":3,\"series\":[2]}")
    };
    static const char *const two[2] = {
        REPORT("\"server\":{\"url\":\"a\",\"pages\":2},\"sla\":[{\"term\":\"p99<1s\"}],\"alerts\":["
               "1]"),
        REPORT("\"server\":{\"url\":\"b\",\"pages\":3},\"sla\":[{\"term\":\"p99<2s\"}]")
    };
    load_merge merge = { .count = 0 }, other = { .count = 0 };
    gl_buf out;
    gl_json root = join_texts(&merge, one_server, &out);
    assert_true(gl_slice_is(at(root, "server.series.0").text, "2"));
    gl_buf_free(&out);
    root = join_texts(&other, two, &out);
    assert_int_equal(gl_json_get(root, "server").kind, GL_JSON_NONE);
    assert_int_equal(gl_json_get(root, "sla").kind, GL_JSON_NONE);
    gl_slice left = gl_json_get(root, "left_out").text;
    static const char *const named[] = { "server", "sla", "alerts", "totals.peak_in_flight" };
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (memmem(left.data, left.len, named[i], strlen(named[i])) == NULL)
            fail_msg("%s is not named", named[i]);
    gl_buf_free(&out);
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
    gl_buf out, differ, left;
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_buf_init(&differ, 4096);
    gl_buf_init(&left, 4096);
    for (size_t i = 0; i < 2; i++) assert_null(load_merge_add(&merge, gl_slice_str(odd[i])));
    load_merge_write(&merge, &out, &differ, &left);
    root_of(&out);
    gl_buf_free(&out);
    gl_buf_free(&differ);
    gl_buf_free(&left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_parts_joined_are_the_whole),
        cmocka_unit_test(what_cannot_be_joined_is_left_out_and_named),
        cmocka_unit_test(what_is_no_report_is_refused),
        cmocka_unit_test(members_of_other_kinds_make_no_other_report_than_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
