/* policy/cache against a plain array kept in order of use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glimpse/cache.h>

#include "base/rng.h"
#include "base/time.h"
#include "oom.h"

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

/* --- things to store --- */

/* A sample whose text is its number, with a body of that many bytes. */
static glimpse_sample *sample_of(int number, size_t body_len)
{
    static char body[20000];
    char text[16];
    glimpse_sample_fields fields;
    glimpse_sample *sample;
    glimpse_sample_fields_init(&fields);
    fields.text_len = (size_t)snprintf(text, sizeof text, "%d", number);
    fields.text = text;
    fields.essence = "";
    fields.body = body;
    fields.body_len = body_len;
    assert_int_equal(glimpse_sample_new(&fields, &sample, NULL), GLIMPSE_OK);
    return sample;
}

static int number_of(const glimpse_sample *sample)
{
    int number = -1;
    assert_int_equal(sscanf(glimpse_sample_get(sample)->text, "%d", &number), 1);
    return number;
}

/* Keys in families of three that share their first 8 bytes, and differ in one byte, which stands
 * somewhere else in each family. */
static glimpse_key key_of(int i)
{
    glimpse_key key = { { 0 } };
    int family = i / 3;
    key.bytes[0] = (unsigned char)family;
    key.bytes[7] = (unsigned char)(family >> 8);
    key.bytes[8 + family % 24] = (unsigned char)(i % 3);
    return key;
}

static glimpse_cache *cache_new(int64_t entries, int64_t bytes, int64_t ttl_ms)
{
    glimpse_cache_config config;
    glimpse_cache *cache;
    glimpse_cache_config_init(&config);
    config.max_entries = entries;
    config.max_bytes = bytes;
    config.ttl_ms = ttl_ms;
    config.admission = GLIMPSE_CACHE_LRU;
    assert_int_equal(glimpse_cache_new(&config, &cache, NULL), GLIMPSE_OK);
    return cache;
}

static void put(glimpse_cache *cache, int i, int number, uint64_t now)
{
    glimpse_key key = key_of(i);
    glimpse_sample *sample = sample_of(number, 0);
    assert_int_equal(glimpse_cache_put(cache, &key, sample, now), GLIMPSE_OK);
    glimpse_sample_unref(sample);
}

/* The number stored under key i, -1 when there is none. */
static int get(glimpse_cache *cache, int i, uint64_t now)
{
    glimpse_key key = key_of(i);
    glimpse_sample *sample = glimpse_cache_get(cache, &key, now);
    int number = sample != NULL ? number_of(sample) : -1;
    glimpse_sample_unref(sample);
    return number;
}

static glimpse_cache_stats stats_of(const glimpse_cache *cache)
{
    glimpse_cache_stats stats = { .size = sizeof stats };
    glimpse_cache_get_stats(cache, &stats);
    return stats;
}

/* Bytes that one entry of a sample counts. */
static uint64_t entry_bytes(size_t body_len)
{
    glimpse_cache *cache = cache_new(10, 1 << 20, 1000);
    glimpse_key key = key_of(0);
    glimpse_sample *sample = sample_of(1, body_len);
    glimpse_cache_put(cache, &key, sample, 0);
    uint64_t bytes = stats_of(cache).bytes;
    assert_true(bytes > glimpse_sample_size(sample));
    glimpse_sample_unref(sample);
    glimpse_cache_unref(cache);
    return bytes;
}

/* --- claims --- */

static void what_is_put_is_got_until_it_is_too_old(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(10, 1 << 20, 1000);
    const uint64_t then = 5 * GL_SECOND;
    assert_true(glimpse_cache_hit_rate(cache) == 0.0);
    put(cache, 0, 7, then);
    assert_int_equal(get(cache, 0, then), 7);
    assert_int_equal(get(cache, 0, then + GL_SECOND - 1), 7);
    assert_int_equal(get(cache, 0, then + GL_SECOND), -1); /* a get does not make it younger */
    assert_int_equal(get(cache, 1, then), -1);
    glimpse_cache_stats stats = stats_of(cache);
    assert_true(stats.hits == 2 && stats.misses == 2 && stats.expired == 1);
    assert_true(stats.entries == 0 && stats.bytes == 0 && stats.evicted == 0);
    assert_true(glimpse_cache_hit_rate(cache) == 0.5);
    put(cache, 0, 8, then + 2 * GL_SECOND); /* its age counts from the put */
    put(cache, 0, 9, then + 2 * GL_SECOND + GL_SECOND / 2);
    assert_int_equal(get(cache, 0, then + 3 * GL_SECOND), 9);
    assert_true(stats_of(cache).entries == 1);
    glimpse_cache_unref(cache);
}

static void least_recently_used_goes_first(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(3, 1 << 20, 1000);
    for (int i = 0; i < 3; i++) put(cache, i, i, 0);
    assert_int_equal(get(cache, 0, 0), 0); /* now 1 is the oldest */
    put(cache, 3, 3, 0);
    assert_int_equal(get(cache, 1, 0), -1);
    assert_int_equal(get(cache, 0, 0), 0);
    put(cache, 2, 22, 0); /* a put is a use too: now 3 is the oldest */
    put(cache, 4, 4, 0);
    assert_int_equal(get(cache, 3, 0), -1);
    assert_int_equal(get(cache, 2, 0), 22);
    assert_true(stats_of(cache).evicted == 2 && stats_of(cache).entries == 3);
    glimpse_cache_unref(cache);
}

static void keys_that_share_eight_bytes_never_share_an_answer(void **state)
{
    (void)state;
    /* Every order of putting and removing three keys of one family. */
    static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                      { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    for (int in = 0; in < 6; in++) {
        for (int out = 0; out < 6; out++) {
            glimpse_cache *cache = cache_new(10, 1 << 20, 1000);
            for (int k = 0; k < 3; k++) {
                put(cache, orders[in][k], 100 + orders[in][k], 0);
                for (int i = 0; i < 3; i++) {
                    int expected = -1;
                    for (int p = 0; p <= k; p++)
                        if (orders[in][p] == i) expected = 100 + i;
                    assert_int_equal(get(cache, i, 0), expected);
                }
            }
            for (int k = 0; k < 3; k++) {
                glimpse_key key = key_of(orders[out][k]);
                assert_true(glimpse_cache_remove(cache, &key));
                assert_false(glimpse_cache_remove(cache, &key));
                for (int i = 0; i < 3; i++) {
                    int expected = 100 + i;
                    for (int p = 0; p <= k; p++)
                        if (orders[out][p] == i) expected = -1;
                    assert_int_equal(get(cache, i, 0), expected);
                }
            }
            assert_true(stats_of(cache).entries == 0);
            glimpse_cache_unref(cache);
        }
    }
}

static void byte_bound_holds_and_what_is_larger_is_rejected(void **state)
{
    (void)state;
    const uint64_t each = entry_bytes(1000);
    glimpse_cache *cache = cache_new(1000, (int64_t)(each * 5 / 2), 1000);
    for (int i = 0; i < 10; i++) {
        glimpse_key key = key_of(i);
        glimpse_sample *sample = sample_of(i, 1000);
        assert_int_equal(glimpse_cache_put(cache, &key, sample, 0), GLIMPSE_OK);
        glimpse_sample_unref(sample);
        assert_true(stats_of(cache).bytes == each * (i < 2 ? (uint64_t)i + 1 : 2));
    }
    assert_true(stats_of(cache).evicted == 8);
    glimpse_key key = key_of(9);
    glimpse_sample *large = sample_of(1, 1500 * 2);
    assert_int_equal(glimpse_cache_put(cache, &key, large, 0), GLIMPSE_OK);
    glimpse_sample_unref(large);
    assert_true(stats_of(cache).rejected == 1);
    assert_int_equal(get(cache, 9, 0), -1); /* not the outdated answer either */
    assert_int_equal(get(cache, 8, 0), 8);  /* nobody else made room for it */
    glimpse_cache_unref(cache);

    cache = cache_new(10, (int64_t)each, 1000); /* exactly one */
    glimpse_sample *fits = sample_of(1, 1000);
    glimpse_cache_put(cache, &key, fits, 0);
    assert_true(stats_of(cache).entries == 1 && stats_of(cache).rejected == 0);
    assert_int_equal(glimpse_cache_resize(cache, 10, (int64_t)each - 1), GLIMPSE_OK);
    assert_true(stats_of(cache).entries == 0 && stats_of(cache).evicted == 1);
    glimpse_cache_put(cache, &key, fits, 0);
    assert_true(stats_of(cache).entries == 0 && stats_of(cache).rejected == 1);
    glimpse_sample_unref(fits);
    glimpse_cache_unref(cache);
}

static void clock_set_back_makes_nothing_eternal(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(10, 1 << 20, 1000);
    put(cache, 0, 1, 100 * GL_SECOND);
    /* A little back: another engine's earlier reading. Its age begins there. */
    assert_int_equal(get(cache, 0, 100 * GL_SECOND - GL_MS), 1);
    assert_int_equal(get(cache, 0, 101 * GL_SECOND - GL_MS - 1), 1);
    assert_int_equal(get(cache, 0, 101 * GL_SECOND - GL_MS), -1);
    /* Far back: no age is known, so it is too old. */
    put(cache, 1, 2, 100 * GL_SECOND);
    assert_int_equal(get(cache, 1, 99 * GL_SECOND), -1);
    put(cache, 2, 3, UINT64_MAX);
    assert_int_equal(get(cache, 2, 0), -1);
    assert_true(stats_of(cache).expired == 3);
    glimpse_cache_unref(cache);

    /* The longest TTL does not wrap around. */
    cache = cache_new(10, 1 << 20, INT64_MAX);
    put(cache, 0, 1, 5);
    assert_int_equal(get(cache, 0, UINT64_MAX - 1), 1);
    glimpse_cache_unref(cache);
}

static void ttl_of_0_keeps_nothing(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(10, 1 << 20, 0);
    put(cache, 0, 1, 5);
    assert_int_equal(get(cache, 0, 5), -1);
    assert_true(stats_of(cache).entries == 0);
    glimpse_cache_unref(cache);
}

static void sample_got_outlives_its_entry_and_the_cache(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(10, 1 << 20, 1000);
    put(cache, 0, 77, 0);
    glimpse_key key = key_of(0);
    glimpse_sample *sample = glimpse_cache_get(cache, &key, 0);
    assert_int_equal(glimpse_cache_put(cache, &key, sample, 0), GLIMPSE_OK); /* itself */
    assert_int_equal(get(cache, 0, 0), 77);
    assert_ptr_equal(glimpse_cache_ref(cache), cache);
    glimpse_cache_unref(cache);
    assert_int_equal(get(cache, 0, 0), 77); /* one owner is left */
    glimpse_cache_clear(cache);
    assert_true(stats_of(cache).entries == 0 && stats_of(cache).hits == 3);
    glimpse_cache_unref(cache);
    glimpse_cache_unref(NULL);
    assert_int_equal(number_of(sample), 77);
    glimpse_sample_unref(sample);
}

static void resize_shrinks_at_once_and_refuses_nothing_left(void **state)
{
    (void)state;
    glimpse_cache *cache = cache_new(10, 1 << 20, 1000);
    for (int i = 0; i < 10; i++) put(cache, i, i, 0);
    assert_int_equal(glimpse_cache_resize(cache, 0, 5), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_cache_resize(cache, 5, 0), GLIMPSE_ERR_INVALID);
    assert_true(stats_of(cache).entries == 10);
    assert_int_equal(glimpse_cache_resize(cache, 4, 1 << 20), GLIMPSE_OK);
    for (int i = 0; i < 10; i++) assert_int_equal(get(cache, i, 0), i < 6 ? -1 : i);
    assert_int_equal(glimpse_cache_resize(cache, 20, 1 << 20), GLIMPSE_OK);
    for (int i = 0; i < 20; i++) put(cache, i, i, 0);
    assert_true(stats_of(cache).entries == 20);
    glimpse_cache_unref(cache);
}

static void what_is_not_valid_is_refused(void **state)
{
    (void)state;
    glimpse_cache *cache;
    glimpse_cache_config config;
    for (int wrong = 0; wrong < 5; wrong++) {
        glimpse_cache_config_init(&config);
        if (wrong == 0) config.size = 0;
        if (wrong == 1) config.max_entries = 0;
        if (wrong == 2) config.max_bytes = 0;
        if (wrong == 3) config.ttl_ms = -1;
        if (wrong == 4) config.admission = (glimpse_cache_admission)2;
        assert_int_equal(glimpse_cache_new(&config, &cache, NULL), GLIMPSE_ERR_INVALID);
        assert_null(cache);
    }
    assert_int_equal(glimpse_cache_new(NULL, NULL, NULL), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_cache_new(NULL, &cache, NULL), GLIMPSE_OK); /* the defaults */
    for (int i = 0; i < 2100; i++) put(cache, i, i, 0);
    assert_true(stats_of(cache).entries == 2000 && stats_of(cache).evicted == 100);
    assert_int_equal(get(cache, 2099, 7200 * GL_SECOND - 1), 2099);
    assert_int_equal(get(cache, 2099, 7200 * GL_SECOND), -1);
    glimpse_cache_unref(cache);
}

/* --- the model: entries in order of use, last used first --- */

enum { KEYS = 90, MODEL_MAX = KEYS };

typedef struct model {
    struct {
        int key, number;
        uint64_t stored, bytes;
    } at[MODEL_MAX];
    size_t count, max_entries;
    uint64_t bytes, max_bytes, ttl, hits, misses, evicted, expired, rejected;
} model;

static void model_remove(model *m, size_t i)
{
    m->bytes -= m->at[i].bytes;
    memmove(&m->at[i], &m->at[i + 1], (--m->count - i) * sizeof m->at[0]);
}

static size_t model_find(const model *m, int key)
{
    size_t i = 0;
    while (i < m->count && m->at[i].key != key) i++;
    return i;
}

static void model_shrink(model *m)
{
    while (m->count > m->max_entries || m->bytes > m->max_bytes) {
        model_remove(m, m->count - 1);
        m->evicted++;
    }
}

static void model_insert(model *m, int key, int number, uint64_t stored, uint64_t bytes)
{
    memmove(&m->at[1], &m->at[0], m->count++ * sizeof m->at[0]);
    m->at[0].key = key;
    m->at[0].number = number;
    m->at[0].stored = stored;
    m->at[0].bytes = bytes;
    m->bytes += bytes;
}

static void model_put(model *m, int key, int number, uint64_t now, uint64_t bytes)
{
    size_t i = model_find(m, key);
    if (i < m->count) model_remove(m, i);
    if (bytes > m->max_bytes) {
        m->rejected++;
        return;
    }
    if (m->count == MODEL_MAX) abort();
    model_insert(m, key, number, now, bytes);
    model_shrink(m);
}

static int model_get(model *m, int key, uint64_t now)
{
    size_t i = model_find(m, key);
    if (i < m->count && now - m->at[i].stored >= m->ttl) {
        model_remove(m, i);
        m->expired++;
        i = m->count;
    }
    if (i == m->count) {
        m->misses++;
        return -1;
    }
    m->hits++;
    int number = m->at[i].number;
    uint64_t stored = m->at[i].stored, bytes = m->at[i].bytes;
    model_remove(m, i);
    model_insert(m, key, number, stored, bytes);
    return number;
}

static void assert_same(const glimpse_cache *cache, const model *m)
{
    glimpse_cache_stats s = stats_of(cache);
    assert_true(s.entries == m->count && s.bytes == m->bytes);
    assert_true(s.hits == m->hits && s.misses == m->misses);
    assert_true(s.evicted == m->evicted && s.expired == m->expired && s.rejected == m->rejected);
}

static void random_operations_match_the_model(void **state)
{
    (void)state;
    enum { OPERATIONS = 50000 };
    const uint64_t base = entry_bytes(0) - 2; /* without the digits of its number */
    static model m;
    m = (model){ .max_entries = 40, .max_bytes = 40 * 700, .ttl = 60 * GL_MS };
    glimpse_cache *cache = cache_new(40, 40 * 700, 60);
    gl_rng rng;
    gl_rng_seed(&rng, 21);
    uint64_t now = 0;
    for (int n = 0; n < OPERATIONS; n++) {
        int i = (int)gl_rng_below(&rng, KEYS);
        glimpse_key key = key_of(i);
        now += gl_rng_below(&rng, 4) * GL_MS;
        switch (gl_rng_below(&rng, 40)) {
        case 0: {
            bool there = model_find(&m, i) < m.count;
            if (there) model_remove(&m, model_find(&m, i));
            assert_int_equal(glimpse_cache_remove(cache, &key), there);
            break;
        }
        case 1:
            if (gl_rng_below(&rng, 20) != 0) break;
            m.count = 0;
            m.bytes = 0;
            glimpse_cache_clear(cache);
            break;
        case 2:
            m.max_entries = 1 + gl_rng_below(&rng, 60);
            m.max_bytes = 600 + gl_rng_below(&rng, 40 * 700);
            model_shrink(&m);
            assert_int_equal(
                glimpse_cache_resize(cache, (int64_t)m.max_entries, (int64_t)m.max_bytes),
                GLIMPSE_OK);
            break;
        default:
            if (gl_rng_below(&rng, 2) == 0) {
                assert_int_equal(get(cache, i, now), model_get(&m, i, now));
                break;
            }
            size_t len = gl_rng_below(&rng, 10) == 0 ? 12000 : gl_rng_below(&rng, 600);
            glimpse_sample *sample = sample_of(n, len);
            uint64_t digits = (uint64_t)snprintf(NULL, 0, "%d", n);
            model_put(&m, i, n, now, base + 1 + digits + len);
            assert_int_equal(glimpse_cache_put(cache, &key, sample, now), GLIMPSE_OK);
            glimpse_sample_unref(sample);
        }
        assert_same(cache, &m);
    }
    /* Every path was walked, often. */
    assert_true(m.hits > 1000 && m.misses > 1000 && m.evicted > 1000);
    assert_true(m.expired > 100 && m.rejected > 100);
    glimpse_cache_unref(cache);
}

static void put_without_memory_leaves_the_cache_as_it_was(void **state)
{
    (void)state;
    glimpse_cache *cache;
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        glimpse_error error = glimpse_cache_new(NULL, &cache, NULL);
        if (!oom_end()) {
            assert_int_equal(error, GLIMPSE_OK);
            break;
        }
        assert_int_equal(error, GLIMPSE_ERR_OOM);
        assert_null(cache);
    }
    glimpse_cache_unref(cache);
    cache = cache_new(30, 1 << 20, 1000);
    int failed = 0;
    for (int n = 0; n < 80; n++) { /* new keys, growing the map; then replacing, then evicting */
        int i = n < 20 ? n : n < 40 ? n - 20 : n;
        glimpse_key key = key_of(i);
        glimpse_sample *sample = sample_of(1000 + n, 0);
        for (size_t k = 1;; k++) {
            glimpse_cache_stats before = stats_of(cache), after = { .size = sizeof after };
            size_t live = gl_alloc_live();
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
            assert_int_equal(gl_alloc_live(), live);
            if (n >= 20 && n < 40) /* the old answer is still there */
                assert_int_equal(get(cache, i, 0), 1000 + n - 20);
        }
        glimpse_sample_unref(sample);
        assert_int_equal(get(cache, i, 0), 1000 + n);
    }
    assert_true(failed >= 80);
    glimpse_cache_unref(cache);
}

#define T(claim) cmocka_unit_test_setup_teardown(claim, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_put_is_got_until_it_is_too_old),
        T(least_recently_used_goes_first),
        T(keys_that_share_eight_bytes_never_share_an_answer),
        T(byte_bound_holds_and_what_is_larger_is_rejected),
        T(clock_set_back_makes_nothing_eternal),
        T(ttl_of_0_keeps_nothing),
        T(sample_got_outlives_its_entry_and_the_cache),
        T(resize_shrinks_at_once_and_refuses_nothing_left),
        T(what_is_not_valid_is_refused),
        T(random_operations_match_the_model),
        T(put_without_memory_leaves_the_cache_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
