/* load_blocks.c - a run in blocks of time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/alloc.h"
#include "load/blocks.h"

#define TOP UINT64_C(0xffffffff)

static void add(load_blocks *b, double at_s, uint64_t latency_us)
{
    gl_time at = b->start + (gl_time)(at_s * 1e9);
    const load_block_sample sample = { .intended = at,
                                       .done = at + latency_us * GL_US,
                                       .latency_us = latency_us,
                                       .ttft_us = (int64_t)latency_us / 2 };
    load_blocks_sent(b, at);
    load_blocks_add(b, &sample);
}

static void a_slot_is_narrower_than_the_least_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < LOAD_BLOCK_SLOTS; i++) {
        double from = (double)load_block_slot_us(i), to = (double)load_block_slot_us(i + 1);
        assert_true(to > from);
        assert_int_equal(load_block_slot((uint64_t)from), i);
        assert_int_equal(load_block_slot((uint64_t)to - 1), i);
        if (from >= 64) assert_true((to - from) / from <= 0.016);
    }
    assert_int_equal(load_block_slot(UINT64_MAX), LOAD_BLOCK_SLOTS - 1);
}

static void any_length_keeps_64_blocks_and_loses_nothing(void **state)
{
    (void)state;
    static const double lengths[] = { 0.064, 0.5, 7, 600, 86400 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        load_blocks *b = load_blocks_new(5 * GL_SECOND);
        uint64_t ended = 0, answers = 0, latency = 0, ttft = 0;
        for (int k = 0; k < 3000; k++) add(b, lengths[i] * k / 3000, 10);
        assert_in_range(b->count, LOAD_BLOCKS / 2, LOAD_BLOCKS);
        for (size_t k = 0; k < b->count; k++) {
            ended += b->block[k].ended;
            answers += b->block[k].answers;
            for (size_t s = 0; s < LOAD_BLOCK_SLOTS; s++) {
                latency += b->block[k].latency[s];
                ttft += b->block[k].ttft[s];
            }
        }
        assert_int_equal(ended, 3000);
        assert_int_equal(answers, 3000);
        assert_int_equal(latency, 3000);
        assert_int_equal(ttft, 3000);
        load_blocks_free(b);
    }
}

/* Each latency in turn, low, high and in between, before and after blocks are joined. */
static void joined_blocks_keep_each_slot(void **state)
{
    (void)state;
    static const uint64_t latencies[] = { 2000, 7, 900000, 1, 40, TOP };
    const size_t kinds = sizeof latencies / sizeof *latencies;
    load_blocks *b = load_blocks_new(0);
    for (size_t k = 0; k < 1000 * kinds; k++)
        add(b, 600.0 * (double)k / (1000.0 * (double)kinds), latencies[k / 1000]);
    for (size_t i = 0; i < kinds; i++) {
        uint64_t latency = 0, ttft = 0;
        for (size_t k = 0; k < LOAD_BLOCKS; k++) {
            latency += b->block[k].latency[load_block_slot(latencies[i])];
            ttft += b->block[k].ttft[load_block_slot(latencies[i] / 2)];
        }
        assert_int_equal(latency, 1000);
        assert_int_equal(ttft, 1000);
    }
    load_blocks_free(b);
}

static void a_straggler_makes_no_block_wider(void **state)
{
    (void)state;
    load_blocks *b = load_blocks_new(0);
    for (int k = 0; k < 100; k++) add(b, k / 100.0, 10);
    gl_time width = b->width;
    add(b, 0.999, 600000000); /* ten minutes */
    assert_int_equal(b->width, width);
    assert_int_equal(b->block[b->count - 1].ended, 1);
    assert_int_equal(b->block[b->count - 1].answers, 0);
    load_blocks_free(b);
}

static void what_is_below_is_interpolated_within_a_slot(void **state)
{
    (void)state;
    uint32_t slots[LOAD_BLOCK_SLOTS] = { 0 };
    size_t slot = load_block_slot(100000);
    double from = (double)load_block_slot_us(slot), to = (double)load_block_slot_us(slot + 1);
    slots[slot] = 8;
    assert_true(load_block_below(slots, from) == 0);
    assert_true(fabs(load_block_below(slots, (from + to) / 2) - 4) < 1e-9);
    assert_true(load_block_below(slots, to) == 8);
    assert_true(load_block_below(slots, HUGE_VAL) == 8);
    assert_true(load_block_below(slots, -1) == 0);
    assert_true(fabs(load_block_sum(slots) - 4 * (from + to)) < 1e-6);
}

static void the_json_has_each_block(void **state)
{
    (void)state;
    gl_buf out;
    load_blocks *b = load_blocks_new(0);
    add(b, 0, 100);
    add(b, 0, 100);
    add(b, 0.002, 70);
    gl_buf_init(&out, 10000);
    load_blocks_json(b, &out);
    assert_true(gl_slice_is(
        gl_buf_slice(&out),
        ",\"blocks\":{\"block_s\":0.001,\"rows\":["
        "{\"ended\":2,\"errors\":0,\"answers\":2,\"latency\":[[100,2]],\"ttft\":[[50,2]]},"
        "{\"ended\":0,\"errors\":0,\"answers\":0,\"latency\":[],\"ttft\":[]},"
        "{\"ended\":1,\"errors\":0,\"answers\":1,\"latency\":[[70,1]],\"ttft\":[[35,1]]}]}"));
    gl_buf_free(&out);
    load_blocks_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_is_narrower_than_the_least_change),
        cmocka_unit_test(any_length_keeps_64_blocks_and_loses_nothing),
        cmocka_unit_test(joined_blocks_keep_each_slot),
        cmocka_unit_test(a_straggler_makes_no_block_wider),
        cmocka_unit_test(what_is_below_is_interpolated_within_a_slot),
        cmocka_unit_test(the_json_has_each_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
