/* load_recorder.c - what a load test has seen: cut, counted, and second by second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "answered.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "load/recorder.h"

static load_outcome outcome_at(gl_time intended, gl_time late, gl_time service)
{
    load_outcome o = answered(intended + late, service);
    o.intended = intended;
    return o;
}

static void take(load_recorder *recorder, load_outcome outcome)
{
    load_recorder_issued(recorder, outcome.intended);
    load_recorder_ended(recorder, &outcome);
}

static void latency_counts_from_the_schedule_and_service_at_the_server_alone(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    load_outcome outcome = outcome_at(GL_SECOND, 30 * GL_MS, 5 * GL_MS);
    outcome.first_token_ns = (int64_t)(2 * GL_MS);
    outcome.done += 100 * GL_MS;
    outcome.waited = 100 * GL_MS;
    take(&recorder, outcome);
    assert_int_equal(gl_histogram_max(recorder.metrics[LOAD_LATENCY]), 135000);
    assert_int_equal(gl_histogram_max(recorder.metrics[LOAD_SERVICE]), 5000);
    assert_int_equal(gl_histogram_max(recorder.metrics[LOAD_LATENESS]), 30000);
    assert_int_equal(gl_histogram_max(recorder.metrics[LOAD_TTFT]), 32000);
    assert_int_equal(gl_histogram_max(recorder.metrics[LOAD_TTFT_SERVICE]), 2000);
    assert_int_equal(gl_histogram_count(recorder.metrics[LOAD_CHUNK_GAP]), 0);
    load_recorder_free(&recorder);
    assert_int_equal(gl_alloc_live(), live);
}

static void both_ends_are_cut_by_the_schedule(void **state)
{
    (void)state;
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 2 * GL_SECOND, 4 * GL_SECOND));
    for (gl_time at = 0; at < 6 * GL_SECOND; at += GL_SECOND / 10)
        take(&recorder, outcome_at(at, 5 * GL_SECOND, GL_MS)); /* all of them sent far too late */
    assert_int_equal(recorder.measured, 20);
    assert_int_equal(recorder.cut, 40);
    assert_int_equal(gl_histogram_count(recorder.metrics[LOAD_LATENCY]), 20);
    load_recorder_free(&recorder);
}

static void rates_are_of_what_was_measured(void **state)
{
    (void)state;
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    for (unsigned i = 0; i < 101; i++) {
        load_outcome outcome = outcome_at(i * 10 * GL_MS, 0, 10 * GL_MS);
        if (i % 4 == 0) outcome.status = GLIMPSE_STATUS_SERVER_ERROR;
        if (i % 2 == 1) outcome.source = GLIMPSE_SOURCE_CACHE;
        outcome.thresholds = (int)(i % 5);
        take(&recorder, outcome);
    }
    assert_true(load_recorder_error_rate(&recorder) == 26.0 / 101);
    assert_true(load_recorder_hit_rate(&recorder) == 50.0 / 101);
    assert_true(load_recorder_sent_rate(&recorder) > 99.999 &&
                load_recorder_sent_rate(&recorder) < 100.001); /* 100 gaps of 10 ms */
    assert_true(load_recorder_failed_rate(&recorder) > 25.74 &&
                load_recorder_failed_rate(&recorder) < 25.75); /* 26 in 1.01 s */
    assert_true(load_recorder_throughput(&recorder) > 74.25 &&
                load_recorder_throughput(&recorder) < 74.26); /* 75 of them are answers */
    assert_int_equal(recorder.thresholds[0], 80);
    assert_int_equal(recorder.thresholds[3], 20);
    load_recorder_free(&recorder);
}

/* Of 101 at 100 a second the second half is never sent: half the rate reached the server. */
static void a_schedule_that_goes_on_unsent_is_part_of_the_rate(void **state)
{
    (void)state;
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    for (unsigned i = 0; i < 101; i++) {
        load_outcome outcome = outcome_at(i * 10 * GL_MS, 0, 10 * GL_MS);
        if (i >= 50) {
            outcome.left = GL_TIME_NEVER;
            outcome.status = GLIMPSE_STATUS_ERROR;
            outcome.error = GLIMPSE_ERR_CONNECT;
        }
        take(&recorder, outcome);
    }
    assert_true(load_recorder_sent_rate(&recorder) > 49.9 &&
                load_recorder_sent_rate(&recorder) < 50.1);
    load_recorder_free(&recorder);
}

/* 500 at 100 a second, one of which takes 8 s: the schedule lasted 5 s, and 499 came in it. */
static void a_straggler_is_in_the_drain_and_not_in_the_throughput(void **state)
{
    (void)state;
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, 5 * GL_SECOND));
    for (unsigned i = 0; i < 500; i++)
        take(&recorder, outcome_at(i * 10 * GL_MS, 0, i == 250 ? 8 * GL_SECOND : 5 * GL_MS));
    assert_true(load_recorder_throughput(&recorder) > 99.79 &&
                load_recorder_throughput(&recorder) < 99.81);
    assert_true(load_recorder_drain(&recorder) > 5.49 && load_recorder_drain(&recorder) < 5.51);
    load_recorder_over(&recorder, 2 * GL_SECOND); /* interrupted */
    assert_true(load_recorder_window(&recorder) < 2.01);
    load_recorder_free(&recorder);
}

static void what_never_left_has_a_source_of_its_own(void **state)
{
    (void)state;
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    for (unsigned i = 0; i < 100; i++) {
        load_outcome outcome = outcome_at(i * 10 * GL_MS, 0, 10 * GL_MS);
        if (i % 10 == 0) {
            outcome.left = GL_TIME_NEVER;
            outcome.attempts = 0;
            outcome.status = GLIMPSE_STATUS_SERVER_ERROR;
        }
        take(&recorder, outcome);
    }
    assert_int_equal(recorder.sources[LOAD_SOURCE_UNSENT], 10);
    assert_int_equal(recorder.sources[GLIMPSE_SOURCE_LIVE], 90);
    assert_int_equal(recorder.issued, 100);
    assert_int_equal(recorder.sent, 90);
    assert_int_equal(gl_histogram_count(recorder.metrics[LOAD_SERVICE]), 90);
    assert_true(load_recorder_shortfall(&recorder) > 0.0999);
    load_recorder_free(&recorder);
}

/* The part by which 1,000 at 100 a second, each held back so long, fall short of it. */
static double shortfall_of(gl_time (*held)(unsigned i))
{
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    for (unsigned i = 0; i < 1000; i++) {
        load_outcome outcome = outcome_at(i * 10 * GL_MS, 0, 10 * GL_MS);
        outcome.left += held(i);
        take(&recorder, outcome);
    }
    double part = load_recorder_shortfall(&recorder);
    load_recorder_free(&recorder);
    return part;
}

static gl_time ever_longer(unsigned i)
{
    return i * 10 * GL_MS;
}

static gl_time all_alike(unsigned i)
{
    (void)i;
    return GL_SECOND;
}

static gl_time the_last(unsigned i)
{
    return i == 999 ? GL_SECOND : 0;
}

static gl_time one_in_the_middle(unsigned i)
{
    return i == 500 ? 20 * GL_SECOND : 0;
}

static void a_rate_falls_short_by_a_trend_and_not_by_a_straggler(void **state)
{
    (void)state;
    double half = shortfall_of(ever_longer);
    assert_true(half > 0.499 && half < 0.501);
    assert_true(shortfall_of(all_alike) < 0.001);
    assert_true(shortfall_of(the_last) < 0.001);
    assert_true(shortfall_of(one_in_the_middle) < 0.001);
}

/* Ten streams, one of which stands still for 2 s: its gap is one of ninety, and no mean hides it.
 * Each counts from the schedule, with what it waited before its last attempt. */
static void each_gap_of_a_stream_counts_and_its_first_token_from_the_schedule(void **state)
{
    (void)state;
    load_recorder recorder;
    assert_true(load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER));
    for (unsigned i = 0; i < 10; i++) {
        int64_t arrivals[10];
        for (unsigned k = 0; k < 10; k++)
            arrivals[k] = (int64_t)((100 + 10 * k + (i == 3 && k >= 5 ? 2000 : 0)) * GL_MS);
        load_outcome outcome = outcome_at(i * GL_SECOND, 0, 0);
        outcome.waited = 500 * GL_MS;
        outcome.left = outcome.started = outcome.sent + 500 * GL_MS;
        outcome.done = outcome.started + (gl_time)arrivals[9];
        outcome.first_chunk_ns = (int64_t)(50 * GL_MS);
        outcome.first_token_ns = arrivals[0];
        outcome.first_answer_ns = arrivals[4];
        outcome.arrivals = arrivals;
        outcome.arrival_count = 10;
        outcome.completion_tokens = i == 9 ? -1 : 31;
        outcome.prompt_tokens = 7;
        take(&recorder, outcome);
    }
    gl_histogram *const *m = recorder.metrics;
    assert_int_equal(gl_histogram_count(m[LOAD_CHUNK_GAP]), 90);
    assert_in_range(gl_histogram_max(m[LOAD_CHUNK_GAP]), 2009000, 2011000);
    assert_in_range(gl_histogram_quantile(m[LOAD_CHUNK_GAP], 0.98), 9990, 10010);
    assert_in_range(gl_histogram_quantile(m[LOAD_TTFT], 0.5), 599000, 601000);
    assert_in_range(gl_histogram_quantile(m[LOAD_ANSWER], 0.5), 639000, 641000);
    assert_in_range(gl_histogram_quantile(m[LOAD_TTFT_SERVICE], 0.5), 99900, 100100);
    assert_in_range(gl_histogram_quantile(m[LOAD_FIRST_CHUNK], 0.5), 49900, 50100);
    /* 90 ms by 30 tokens; of the one without usage there is none. */
    assert_int_equal(gl_histogram_count(m[LOAD_TPOT]), 9);
    assert_in_range(gl_histogram_quantile(m[LOAD_TPOT], 0.5), 2990, 3010);
    load_recorder_free(&recorder);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Against sorting: a row's quantile is a neighbour of the true one within 6.3 %. */
static void a_row_has_the_quantiles_of_sorting(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static uint64_t values[COUNT];
    load_timeline *timeline = malloc(sizeof *timeline);
    load_timeline_init(timeline, 0);
    gl_rng rng;
    gl_rng_seed(&rng, 11);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = UINT64_C(1) << gl_rng_below(&rng, 32);
        values[i] += gl_rng_below(&rng, (uint32_t)values[i]);
        load_outcome o = answered(0, values[i] * GL_US);
        load_timeline_ended(timeline, &o);
    }
    qsort(values, COUNT, sizeof values[0], by_value);
    static const double quantiles[] = { 0.01, 0.5, 0.9, 0.99, 1 };
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double exact = (double)values[(size_t)(quantiles[i] * COUNT) - 1];
        double seen = (double)load_row_quantile(&timeline->rows[0], quantiles[i]);
        assert_true(seen >= exact * 0.937 - 1 && seen <= exact * 1.063 + 1);
    }
    free(timeline);
}

static void a_long_run_takes_no_more_rows(void **state)
{
    (void)state;
    load_timeline *timeline = malloc(sizeof *timeline);
    load_timeline_init(timeline, GL_SECOND);
    const uint64_t seconds = 100000; /* more than a day */
    for (uint64_t s = 0; s < seconds; s++) {
        load_row *row = load_timeline_at(timeline, (s + 1) * GL_SECOND);
        row->done += 3;
        if (row->in_flight < s % 7) row->in_flight = s % 7;
    }
    uint64_t done = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        done += timeline->rows[i].done;
        assert_true(timeline->rows[i].in_flight <= 6);
    }
    assert_int_equal(done, 3 * seconds);
    assert_true(timeline->count <= LOAD_ROWS);
    assert_int_equal(timeline->width, 256 * GL_SECOND);
    free(timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_counts_from_the_schedule_and_service_at_the_server_alone),
        cmocka_unit_test(both_ends_are_cut_by_the_schedule),
        cmocka_unit_test(rates_are_of_what_was_measured),
        cmocka_unit_test(a_schedule_that_goes_on_unsent_is_part_of_the_rate),
        cmocka_unit_test(a_straggler_is_in_the_drain_and_not_in_the_throughput),
        cmocka_unit_test(each_gap_of_a_stream_counts_and_its_first_token_from_the_schedule),
        cmocka_unit_test(what_never_left_has_a_source_of_its_own),
        cmocka_unit_test(a_rate_falls_short_by_a_trend_and_not_by_a_straggler),
        cmocka_unit_test(a_row_has_the_quantiles_of_sorting),
        cmocka_unit_test(a_long_run_takes_no_more_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
