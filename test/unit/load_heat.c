/* load_heat.c - latency over time as counts: nothing is lost, and each count is in its bucket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "load/heat.h"

static void add(load_blocks *blocks, gl_time at, uint64_t us)
{
    const load_block_sample sample = {
        .intended = at, .done = at + us * GL_US, .latency_us = us, .ttft_us = -1
    };
    load_blocks_add(blocks, &sample);
}

static uint64_t sum_of(const load_heat *heat)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < heat->columns; i++)
        for (size_t k = 0; k < heat->buckets; k++) sum += heat->count[i][k];
    return sum;
}

static void each_request_is_in_the_cell_of_its_time_and_latency(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_heat heat;
    load_blocks *blocks = load_blocks_new(5 * GL_SECOND);
    for (int i = 0; i < 64; i++) add(blocks, 5 * GL_SECOND + i * GL_SECOND, 10000);
    add(blocks, 5 * GL_SECOND, 640000);
    load_heat_of(blocks, 2 * GL_SECOND, &heat);
    assert_true(heat.columns <= LOAD_HEAT_COLUMNS);
    assert_float_equal(heat.from_s, 3, 0);
    assert_true(heat.column_s * (double)heat.columns >= 63);
    assert_int_equal(sum_of(&heat), 65);
    assert_int_equal(heat.count[0][heat.buckets - 1], 1);
    assert_true(heat.edge_us[heat.buckets - 1] <= 640000);
    assert_true(heat.edge_us[heat.buckets] > 640000);
    assert_true(heat.edge_us[0] <= 10000 && heat.edge_us[1] > 9856); /* slots are 1.6 % wide */
    load_blocks_free(blocks);
    assert_int_equal(gl_alloc_live(), live);
}

static void edges_rise_and_no_request_is_lost_whatever_the_range(void **state)
{
    (void)state;
    static const uint32_t ranges[][2] = { { 1, 1 },         { 1, 3 },       { 1, 4294967295 },
                                          { 1000, 1001 },   { 900, 70000 }, { 3, 4000000 },
                                          { 50000, 250000 } };
    gl_rng rng;
    gl_rng_seed(&rng, 11);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        load_heat heat;
        load_blocks *blocks = load_blocks_new(0);
        for (int k = 0; k < 500; k++)
            add(blocks, (gl_time)k * GL_SECOND,
                k == 0 ? ranges[i][0]
                       : ranges[i][0] + gl_rng_below(&rng, ranges[i][1] - ranges[i][0] + 1));
        load_heat_of(blocks, 0, &heat);
        assert_int_equal(sum_of(&heat), 500);
        assert_in_range(heat.buckets, 1, LOAD_HEAT_BUCKETS);
        for (size_t k = 0; k < heat.buckets; k++)
            assert_true(heat.edge_us[k] < heat.edge_us[k + 1]);
        load_blocks_free(blocks);
    }
}

static void nothing_measured_is_no_map(void **state)
{
    (void)state;
    load_heat heat;
    gl_buf out;
    load_blocks *blocks = load_blocks_new(0);
    load_heat_of(blocks, 0, &heat);
    assert_int_equal(heat.columns, 0);
    gl_buf_init(&out, 1024);
    load_heat_json(&heat, &out);
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(out.data,
                        ",\"heat\":{\"from_s\":0,\"column_s\":0,\"edges_us\":[],\"counts\":[]}");
    gl_buf_free(&out);
    load_blocks_free(blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_in_the_cell_of_its_time_and_latency),
        cmocka_unit_test(edges_rise_and_no_request_is_lost_whatever_the_range),
        cmocka_unit_test(nothing_measured_is_no_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
