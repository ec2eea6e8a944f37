/*
 * The store without memory: the k-th allocation fails for every k, ours and SQLite's, while one is
 * opened, written, read and freed. Each entry is right or not there; nothing leaks.
 */
#include "support/store_rig.h"

#include <sqlite3.h>

#include "oom.h"

enum { ENTRIES = 6 };

/* Every step may fail; none may lie. Returns how many entries the second store found. */
static size_t use_it(store_rig *rig)
{
    size_t there = 0;
    for (int run = 0; run < 2; run++) {
        glimpse_sqlite_file_stats file = { .size = sizeof file };
        glimpse_error error =
            glimpse_sqlite_store_new(rig->base, &rig->config, &rig->store, &rig->problem);
        if (error != GLIMPSE_OK) {
            assert_true(error == GLIMPSE_ERR_OOM || error == GLIMPSE_ERR_STORE);
            assert_null(rig->store);
            continue;
        }
        there = 0;
        for (uint64_t i = 0; i < ENTRIES; i++) {
            store_answer answer = { 0, NULL, -1 };
            glimpse_key key = store_key(i);
            glimpse_store_get(rig->store, &key, store_got, &answer);
            for (int turns = 0; turns < 50 && answer.calls == 0; turns++)
                event_base_loop(rig->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
            if (answer.calls == 0) glimpse_store_cancel(rig->store, &answer);
            assert_true(answer.calls <= 1);
            if (answer.sample != NULL) {
                const glimpse_sample_fields *fields = glimpse_sample_get(answer.sample);
                assert_int_equal(fields->usage.total_tokens, (int64_t)i);
                there++;
            }
            glimpse_sample_unref(answer.sample);
        }
        for (uint64_t i = 0; i < ENTRIES; i++) {
            glimpse_key key = store_key(i);
            glimpse_sample *sample = store_sample(i, 0, 100);
            if (sample == NULL) continue;
            glimpse_store_put(rig->store, &key, sample, NULL, NULL);
            glimpse_sample_unref(sample);
        }
        store_close(rig); /* writes them */
        (void)glimpse_sqlite_file_inspect(rig->path, 1, &file, NULL);
    }
    return there;
}

static void every_allocation_of_ours_may_fail(void **state)
{
    (void)state;
    size_t k = 1;
    for (bool failed = true; failed; k++) {
        store_rig rig;
        store_begin(&rig);
        oom_fail_at(k);
        size_t there = use_it(&rig);
        failed = oom_end();
        if (!failed) assert_int_equal(there, ENTRIES);
        store_end(&rig);
    }
    print_message("%zu allocations\n", k - 2);
    assert_true(k > 50);
}

/* --- SQLite's --- */

static sqlite3_mem_methods under;

static void *may_alloc(int size)
{
    return oom_gate() ? under.xMalloc(size) : NULL;
}

static void *may_resize(void *memory, int size)
{
    return oom_gate() ? under.xRealloc(memory, size) : NULL;
}

static void every_allocation_of_sqlite_s_may_fail(void **state)
{
    (void)state;
    sqlite3_mem_methods ours;
    size_t k = 1;
    assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &under), SQLITE_OK);
    ours = under;
    ours.xMalloc = may_alloc;
    ours.xRealloc = may_resize;
    oom_k = 0;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
    for (bool failed = true; failed; k += 1 + k / 40) { /* each of the first, a part of the rest */
        store_rig rig;
        store_begin(&rig);
        oom_k = k;
        oom_count = 0;
        size_t there = use_it(&rig);
        failed = oom_count >= k;
        oom_k = 0;
        if (!failed) assert_int_equal(there, ENTRIES);
        store_end(&rig);
    }
    print_message("%zu allocations\n", k);
    assert_true(k > 300);
    assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &under), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_ours_may_fail),
        cmocka_unit_test(every_allocation_of_sqlite_s_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
