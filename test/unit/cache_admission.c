/* policy/cache with admission by frequency: hit rates against plain LRU on the sequences that
 * glimpse-micro-cache-hits prints, shorter; sizes; bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <glimpse/cache.h>

#include "base/rng.h"
#include "micro/cache_traces.h"
#include "oom.h"

enum { ENTRIES = 500, REQUESTS = 100000 };

static size_t live_before;

static int setup(void **state)
{
    (void)state;
    live_before = gl_alloc_live();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(gl_alloc_live(), live_before);
    return 0;
}

static glimpse_sample *sample_of(size_t len)
{
    static const char text[100000];
    glimpse_sample_fields fields;
    glimpse_sample *sample;
    glimpse_sample_fields_init(&fields);
    fields.text = fields.essence = "";
    fields.body = text;
    fields.body_len = len;
    assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
    return sample;
}

static glimpse_cache *cache_new(glimpse_cache_admission admission, int64_t entries, int64_t bytes)
{
    glimpse_cache_config config;
    glimpse_cache *cache;
    glimpse_cache_config_init(&config);
    config.max_entries = entries;
    config.max_bytes = bytes;
    config.admission = admission;
    assert_int_equal(glimpse_cache_new(&config, &cache, NULL), GLIMPSE_OK);
    return cache;
}

static glimpse_key key_of(uint64_t n)
{
    glimpse_key key = { { 0 } };
    memcpy(key.bytes, &n, sizeof n);
    return key;
}

/* What an engine does with one request: true, found. */
static bool ask(glimpse_cache *cache, uint64_t n, const glimpse_sample *sample)
{
    glimpse_key key = key_of(n);
    glimpse_sample *found = glimpse_cache_get(cache, &key, 0);
    if (found == NULL) assert_int_equal(glimpse_cache_put(cache, &key, sample, 0), GLIMPSE_OK);
    glimpse_sample_unref(found);
    return found != NULL;
}

static bool has(glimpse_cache *cache, uint64_t n)
{
    glimpse_key key = key_of(n);
    glimpse_sample *found = glimpse_cache_get(cache, &key, 0);
    glimpse_sample_unref(found);
    return found != NULL;
}

static glimpse_cache_stats stats_of(const glimpse_cache *cache)
{
    glimpse_cache_stats stats = { .size = sizeof stats };
    glimpse_cache_get_stats(cache, &stats);
    return stats;
}

static int hits(trace_kind kind, glimpse_cache_admission admission)
{
    glimpse_cache *cache = cache_new(admission, ENTRIES, INT64_MAX);
    glimpse_sample *sample = sample_of(0);
    cache_trace requests;
    assert_true(trace_start(&requests, kind, ENTRIES, 42));
    int found = 0;
    for (int i = 0; i < REQUESTS; i++) {
        found += ask(cache, trace_next(&requests), sample);
        assert_true(stats_of(cache).entries <= ENTRIES);
    }
    assert_true(stats_of(cache).entries == ENTRIES);
    trace_end(&requests);
    glimpse_sample_unref(sample);
    glimpse_cache_unref(cache);
    return found;
}

/* --- claims --- */

/* In thousands of 100,000: at least so much more than plain LRU, or not so much less. */
static void assert_gain(trace_kind kind, int points)
{
    int lru = hits(kind, GLIMPSE_CACHE_LRU), frequency = hits(kind, GLIMPSE_CACHE_FREQUENCY);
    if (frequency - lru < points * (REQUESTS / 100))
        fail_msg("%s: %d of %d, plain LRU %d", trace_name(kind), frequency, REQUESTS, lru);
}

static void popular_requests_are_found_more_often_than_by_plain_lru(void **state)
{
    (void)state;
    assert_gain(TRACE_ZIPF_09, 8);
    assert_gain(TRACE_ZIPF_11, 6);
    assert_gain(TRACE_MIX_70, 8);
    assert_gain(TRACE_MIX_30, 5);
}

static void scan_does_not_flush_the_hot_set(void **state)
{
    (void)state;
    assert_gain(TRACE_SCAN, 9);
    glimpse_cache *cache = cache_new(GLIMPSE_CACHE_FREQUENCY, 100, INT64_MAX);
    glimpse_sample *sample = sample_of(0);
    for (int round = 0; round < 4; round++)
        for (uint64_t n = 0; n < 90; n++) ask(cache, n, sample);
    for (uint64_t n = 1000; n < 2000; n++) assert_false(ask(cache, n, sample));
    int kept = 0;
    for (uint64_t n = 0; n < 90; n++) kept += has(cache, n);
    assert_true(kept >= 80);
    assert_true(stats_of(cache).declined >= 980 && stats_of(cache).declined <= 1000);
    glimpse_sample_unref(sample);
    glimpse_cache_unref(cache);
}

static void loop_a_little_larger_than_the_cache_is_found_for_the_most_part(void **state)
{
    (void)state;
    assert_int_equal(hits(TRACE_LOOP, GLIMPSE_CACHE_LRU), 0);
    assert_gain(TRACE_LOOP, 80);
}

static void what_changes_is_followed_as_plain_lru_does(void **state)
{
    (void)state;
    assert_gain(TRACE_SHIFT, -1);
    assert_gain(TRACE_SLIDE, -2);
    assert_gain(TRACE_RECENT, -1);
}

static void cache_that_is_not_full_keeps_everything(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(GLIMPSE_CACHE_FREQUENCY, 1000, INT64_MAX);
    glimpse_sample *sample = sample_of(0);
    for (uint64_t n = 0; n < 1000; n++) {
        if (n % 3 == 0) has(cache, n); /* a put is taken with or without a get before it */
        glimpse_key key = key_of(n);
        assert_int_equal(glimpse_cache_put(cache, &key, sample, 0), GLIMPSE_OK);
    }
    for (uint64_t n = 0; n < 1000; n++) assert_true(has(cache, n));
    assert_true(stats_of(cache).evicted == 0 && stats_of(cache).declined == 0);
    glimpse_sample_unref(sample);
    glimpse_cache_unref(cache);
}

/* One that takes the room of many has to be worth all of them. */
static void large_one_off_pushes_out_nobody_who_is_asked_for(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(GLIMPSE_CACHE_FREQUENCY, 1000, 80000);
    glimpse_sample *small = sample_of(0), *large = sample_of(50000);
    for (int round = 0; round < 3; round++)
        for (uint64_t n = 0; n < 150; n++) ask(cache, n, small);
    uint64_t kept = stats_of(cache).entries;
    assert_true(stats_of(cache).bytes > 40000);
    for (uint64_t n = 1000; n < 1020; n++) assert_false(ask(cache, n, large));
    assert_true(stats_of(cache).entries == kept && stats_of(cache).declined == 20);
    /* Not for ever: nothing else being asked for, it comes in. */
    bool found = false;
    for (int i = 0; i < 20000 && !found; i++) found = ask(cache, 1000, large);
    assert_true(found);
    glimpse_sample_unref(small);
    glimpse_sample_unref(large);
    glimpse_cache_unref(cache);
}

/* Everything at random, both bounds changing: they hold after each operation, and what the
 * statistics say of the contents is so. */
static void bounds_hold_whatever_happens(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(GLIMPSE_CACHE_FREQUENCY, 50, 20000);
    gl_rng rng;
    gl_rng_seed(&rng, 9);
    for (int i = 0; i < 50000; i++) {
        uint64_t n = gl_rng_below(&rng, 200);
        glimpse_key key = key_of(n);
        uint32_t what = gl_rng_below(&rng, 1000);
        if (what < 400) {
            has(cache, n);
        } else if (what < 900) {
            glimpse_sample *sample = sample_of(gl_rng_below(&rng, 20) == 0 ? 9000 : n);
            assert_int_equal(glimpse_cache_put(cache, &key, sample, 0), GLIMPSE_OK);
            glimpse_sample_unref(sample);
        } else if (what < 980) {
            glimpse_cache_remove(cache, &key);
        } else if (what < 999) {
            glimpse_cache_resize(cache, 1 + gl_rng_below(&rng, 60), 1 + gl_rng_below(&rng, 30000));
        } else {
            glimpse_cache_clear(cache);
        }
        glimpse_cache_stats stats = stats_of(cache);
        assert_true(stats.entries <= stats.max_entries && stats.bytes <= stats.max_bytes);
        assert_true((stats.entries == 0) == (stats.bytes == 0));
    }
    glimpse_cache_stats stats = stats_of(cache);
    uint64_t there = 0;
    for (uint64_t n = 0; n < 200; n++) there += has(cache, n);
    assert_true(there == stats.entries && stats.shrunk > 100 && stats.declined > 1000);
    for (uint64_t n = 0; n < 200; n++) {
        glimpse_key key = key_of(n);
        glimpse_cache_remove(cache, &key);
    }
    assert_true(stats_of(cache).entries == 0 && stats_of(cache).bytes == 0);
    glimpse_cache_unref(cache);
}

static void put_without_memory_leaves_the_cache_as_it_was(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(GLIMPSE_CACHE_FREQUENCY, 30, INT64_MAX);
    glimpse_sample *sample = sample_of(10);
    int failed = 0;
    for (uint64_t n = 0; n < 80; n++) {
        glimpse_key key = key_of(n);
        for (size_t k = 1;; k++) {
            glimpse_cache_stats before = stats_of(cache), after = { .size = sizeof after };
            oom_fail_at(k);
            glimpse_error error = glimpse_cache_put(cache, &key, sample, 0);
            if (!oom_end()) {
                assert_int_equal(error, GLIMPSE_OK);
                break;
            }
            failed++;
            assert_int_equal(error, GLIMPSE_ERR_OOM);
            after = stats_of(cache);
            assert_memory_equal(&before, &after, sizeof before);
        }
    }
    assert_true(failed >= 80);
    /* A get needs none: without, it only learns less. */
    for (uint64_t n = 0; n < 80; n++) {
        oom_fail_at(1);
        has(cache, n);
        oom_end();
    }
    glimpse_sample_unref(sample);
    glimpse_cache_unref(cache);
}

#define T(claim) cmocka_unit_test_setup_teardown(claim, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(popular_requests_are_found_more_often_than_by_plain_lru),
        T(scan_does_not_flush_the_hot_set),
        T(loop_a_little_larger_than_the_cache_is_found_for_the_most_part),
        T(what_changes_is_followed_as_plain_lru_does),
        T(cache_that_is_not_full_keeps_everything),
        T(large_one_off_pushes_out_nobody_who_is_asked_for),
        T(bounds_hold_whatever_happens),
        T(put_without_memory_leaves_the_cache_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
