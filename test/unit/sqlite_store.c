/* The store in a SQLite file: what is put is got again, bounded and in time; one process. */
#include "support/store_rig.h"

static void what_is_put_is_there_at_once_and_after_reopening(void **state)
{
    (void)state;
    store_rig rig;
    store_count count = { 0, 0, GLIMPSE_OK };
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 300; i++) {
        store_put(&rig, i, 0, 10 * i, &count);
        assert_true(store_has(&rig, i));
    }
    assert_int_equal(count.calls, 0); /* nothing is written within a put */
    assert_false(store_has(&rig, 300));
    store_settle(&rig);
    assert_int_equal(count.calls, 300);
    assert_int_equal(count.failed, 0);
    for (uint64_t i = 0; i < 300; i++) assert_true(store_has(&rig, i));
    assert_true(store_stats(&rig).commits < 30); /* grouped */
    store_close(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 300; i++) assert_true(store_has(&rig, i));
    assert_int_equal(store_stats(&rig).hits, 300);
    assert_string_equal(rig.events, "");
    store_end(&rig);
}

static void freeing_it_writes_what_waits_and_leaves_one_file(void **state)
{
    (void)state;
    store_rig rig;
    store_count count = { 0, 0, GLIMPSE_OK };
    struct stat what;
    char name[160];
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 200; i++) store_put(&rig, i, 0, 2000, &count);
    store_close(&rig);
    assert_int_equal(count.calls, 200);
    assert_int_equal(count.failed, 0);
    snprintf(name, sizeof name, "%s-wal", rig.path);
    assert_int_not_equal(stat(name, &what), 0);
    assert_int_equal(stat(rig.path, &what), 0);
    assert_int_equal(what.st_mode & 0777, 0600); /* its owner's alone */
    store_open(&rig);
    for (uint64_t i = 0; i < 200; i++) assert_true(store_has(&rig, i));
    store_end(&rig);
}

static void the_last_put_counts_and_a_removal_removes(void **state)
{
    (void)state;
    store_rig rig;
    store_answer answer = { 0, NULL, 0 };
    glimpse_key key = store_key(7), other = store_key(8);
    store_begin(&rig);
    store_open(&rig);
    for (int settled = 0; settled < 2; settled++) {
        store_put(&rig, 7, 1, 10, NULL);
        if (settled) store_settle(&rig);
        store_put(&rig, 7, 2, 10, NULL);
        if (settled) store_settle(&rig);
        store_look(&rig, &key, &answer);
        assert_memory_equal(glimpse_sample_get(answer.sample)->text, "7.2 ", 4);
        glimpse_sample_unref(answer.sample);
        glimpse_store_remove(rig.store, &key, NULL, NULL);
        glimpse_store_remove(rig.store, &other, NULL, NULL);
        assert_false(store_has(&rig, 7));
        store_settle(&rig);
        assert_false(store_has(&rig, 7));
    }
    store_end(&rig);
}

static void what_is_too_old_is_a_miss_and_soon_deleted(void **state)
{
    (void)state;
    store_rig rig;
    store_answer answer = { 0, NULL, 0 };
    glimpse_key key = store_key(1);
    int64_t then = store_calendar;
    store_begin(&rig);
    rig.config.ttl_ms = STORE_DAY;
    store_open(&rig);
    store_put(&rig, 1, 0, 10, NULL);
    store_settle(&rig);
    store_calendar = then + STORE_DAY - 1;
    store_look(&rig, &key, &answer);
    assert_non_null(answer.sample);
    assert_int_equal(answer.age_ms, STORE_DAY - 1);
    glimpse_sample_unref(answer.sample);
    store_calendar = then + STORE_DAY;
    assert_false(store_has(&rig, 1));
    assert_int_equal(store_stats(&rig).expired, 1);
    store_put(&rig, 2, 0, 10, NULL);
    store_settle(&rig);
    assert_int_equal(store_stats(&rig).evicted, 0); /* a moment's grace */
    store_calendar++;
    store_put(&rig, 3, 0, 10, NULL);
    store_settle(&rig);
    assert_int_equal(store_stats(&rig).evicted, 1);
    store_calendar = then; /* set back by a day: its age is unknown, so */
    assert_false(store_has(&rig, 2));
    store_calendar = then + STORE_DAY - 10; /* a little: it is new */
    assert_true(store_has(&rig, 2));
    store_calendar = then;
    store_end(&rig);
}

static void the_oldest_go_when_the_bound_is_reached(void **state)
{
    (void)state;
    enum { ENTRIES = 2000 };
    store_rig rig;
    glimpse_sqlite_file_stats file = { .size = sizeof file };
    store_begin(&rig);
    rig.config.max_bytes = 2 << 20;
    store_open(&rig);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        store_put(&rig, i, 0, 1000 + (i % 7) * 1000, NULL);
        if (i % 50 == 0) store_settle(&rig);
    }
    store_settle(&rig);
    bool there = false;
    size_t held = 0;
    for (uint64_t i = 0; i < ENTRIES; i++) {
        bool has = store_has(&rig, i);
        if (there) assert_true(has); /* the oldest went, and nothing between */
        there = has;
        held += has;
    }
    assert_true(held > 200 && held < 600); /* 2 MiB of 2 to 9 KiB each */
    assert_true(store_stats(&rig).evicted + held == ENTRIES);
    store_close(&rig);
    assert_int_equal(glimpse_sqlite_file_inspect(rig.path, STORE_DAY, &file, NULL), GLIMPSE_OK);
    assert_int_equal(file.entries, held);
    assert_true(file.file_bytes < (2 << 20) + (1 << 20)); /* and what one transaction took */

    /* A bound that was made smaller is kept after some turns, without a put to push. */
    rig.config.max_bytes = 1 << 20;
    store_open(&rig);
    store_put(&rig, ENTRIES, 0, 10, NULL);
    store_settle(&rig);
    for (int i = 0; i < 200; i++) event_base_loop(rig.base, EVLOOP_NONBLOCK);
    store_close(&rig);
    assert_int_equal(glimpse_sqlite_file_inspect(rig.path, STORE_DAY, &file, NULL), GLIMPSE_OK);
    assert_true(file.bytes < 1 << 20);
    assert_true(file.bytes > 1 << 19);
    store_end(&rig);
}

static void what_is_too_large_is_not_kept_and_removes_what_was_there(void **state)
{
    (void)state;
    store_rig rig;
    store_count count = { 0, 0, GLIMPSE_OK };
    store_begin(&rig);
    store_open(&rig);
    store_put(&rig, 1, 0, 200 << 10, &count);
    store_settle(&rig);
    assert_true(store_has(&rig, 1));
    store_put(&rig, 1, 1, 257 << 10, &count);
    assert_int_equal(count.calls, 2);
    assert_int_equal(count.last, GLIMPSE_ERR_BODY_TOO_LARGE);
    assert_false(store_has(&rig, 1));
    store_settle(&rig);
    assert_false(store_has(&rig, 1));
    assert_int_equal(store_stats(&rig).rejected, 1);
    store_end(&rig);
}

static void lookups_beyond_a_turns_time_wait_for_the_next_and_can_be_cancelled(void **state)
{
    (void)state;
    enum { ENTRIES = 200, LOOKUPS = 2000 };
    static store_answer answers[LOOKUPS];
    store_rig rig;
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < ENTRIES; i++) store_put(&rig, i, 0, 50000, NULL);
    store_settle(&rig);
    event_base_loop(rig.base, EVLOOP_NONBLOCK); /* a new turn, with all its time */
    memset(answers, 0, sizeof answers);
    size_t at_once = 0, later = 0;
    for (size_t i = 0; i < LOOKUPS; i++) {
        glimpse_key key = store_key(i % ENTRIES);
        glimpse_store_get(rig.store, &key, store_got, &answers[i]);
        at_once += answers[i].calls;
    }
    assert_true(at_once > 0);
    assert_true(at_once < LOOKUPS); /* 2,000 of 50 kB are more than 2 ms */
    for (size_t i = 0; i < LOOKUPS; i += 2) glimpse_store_cancel(rig.store, &answers[i]);
    int unknown;
    glimpse_store_cancel(rig.store, &unknown);
    for (int turns = 0; answers[LOOKUPS - 1].calls == 0; turns++) {
        assert_true(turns < 100000);
        event_base_loop(rig.base, EVLOOP_ONCE);
    }
    for (size_t i = 0; i < LOOKUPS; i++) {
        bool cancelled = i % 2 == 0 && i >= at_once;
        assert_int_equal(answers[i].calls, cancelled ? 0 : 1);
        if (cancelled) continue;
        later++;
        assert_true(store_sample_is(answers[i].sample, i % ENTRIES));
        glimpse_sample_unref(answers[i].sample);
    }
    assert_true(later > at_once);
    store_end(&rig);
}

static void too_much_that_waits_is_lost_and_said_once(void **state)
{
    (void)state;
    store_rig rig;
    store_count count = { 0, 0, GLIMPSE_OK };
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 9000; i++) store_put(&rig, i, 0, 10, &count);
    assert_int_equal(count.calls, 9000 - 8192);
    assert_int_equal(count.last, GLIMPSE_ERR_STORE);
    assert_string_equal(rig.events, "store_not_written ");
    store_settle(&rig);
    assert_int_equal(count.calls, 9000);
    assert_int_equal(store_stats(&rig).written, 8192);
    store_end(&rig);
}

static void free_in_got(void *arg, const glimpse_sample *sample, int64_t age_ms)
{
    (void)sample;
    (void)age_ms;
    store_close(arg);
}

static void free_in_done(void *arg, glimpse_error error)
{
    (void)error;
    store_close(arg);
}

static void a_callback_may_free_it(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        store_rig rig;
        store_count count = { 0, 0, GLIMPSE_OK };
        store_answer answer = { 0, NULL, 0 };
        glimpse_key key = store_key(1);
        store_begin(&rig);
        store_open(&rig);
        glimpse_sample *sample = store_sample(1, 0, 10);
        if (which == 0) glimpse_store_get(rig.store, &key, free_in_got, &rig);
        if (which == 1) { /* a lookup that waits: the turn's time is used up by others */
            store_put(&rig, 1, 0, 200000, NULL);
            store_settle(&rig);
            for (size_t i = 0; i < 3000 && rig.store != NULL; i++) {
                answer.calls = 0;
                glimpse_store_get(rig.store, &key, store_got, &answer);
                if (answer.calls == 0) break;
                glimpse_sample_unref(answer.sample);
            }
            glimpse_store_cancel(rig.store, &answer);
            glimpse_store_get(rig.store, &key, free_in_got, &rig);
            assert_non_null(rig.store);
        }
        if (which == 2) {
            store_put(&rig, 2, 0, 10, &count);
            glimpse_store_put(rig.store, &key, sample, free_in_done, &rig);
            store_put(&rig, 3, 0, 10, &count);
        }
        if (which == 3) { /* among what is lost because the file is gone */
            store_put(&rig, 2, 0, 10, &count);
            glimpse_store_put(rig.store, &key, sample, free_in_done, &rig);
            store_put(&rig, 3, 0, 10, &count);
            unlink(rig.path);
        }
        while (rig.store != NULL) event_base_loop(rig.base, EVLOOP_ONCE);
        if (which >= 2) assert_int_equal(count.calls, 2);
        glimpse_sample_unref(sample);
        store_end(&rig);
    }
}

static void a_file_deleted_in_use_is_given_up_and_said_once(void **state)
{
    (void)state;
    store_rig rig;
    store_count count = { 0, 0, GLIMPSE_OK };
    store_begin(&rig);
    store_open(&rig);
    store_put(&rig, 1, 0, 10, NULL);
    store_settle(&rig);
    store_remove_files(&rig);
    for (uint64_t i = 0; i < 100; i++) store_put(&rig, i, 0, 10, &count);
    store_settle(&rig);
    assert_int_equal(count.failed, 100);
    assert_false(store_has(&rig, 1));
    store_put(&rig, 1, 0, 10, &count);
    assert_int_equal(count.failed, 101);
    assert_string_equal(rig.events, "store_given_up ");
    store_close(&rig);
    struct stat what;
    assert_int_not_equal(stat(rig.path, &what), 0); /* and is not made again */
    store_end(&rig);
}

/* --- looking and cleaning --- */

static void inspecting_counts_and_purging_gives_the_room_back(void **state)
{
    (void)state;
    store_rig rig;
    glimpse_sqlite_file_stats stats = { .size = sizeof stats };
    uint64_t removed;
    int64_t then = store_calendar;
    store_begin(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 700; i++) store_put(&rig, i, 0, 1000, NULL);
    store_settle(&rig);
    store_calendar += STORE_DAY;
    for (uint64_t i = 700; i < 1000; i++) store_put(&rig, i, 0, 1000, NULL);
    store_settle(&rig);
    store_calendar += 10;
    assert_int_equal(glimpse_sqlite_file_inspect(rig.path, STORE_DAY, &stats, NULL), GLIMPSE_OK);
    assert_int_equal(stats.entries, 1000);
    assert_int_equal(stats.expired, 700);
    assert_int_equal(stats.oldest_ms, STORE_DAY + 10);
    assert_int_equal(stats.format, 1);
    assert_true(stats.bytes > 1000 * 1000 && stats.bytes < 1200 * 1000);
    assert_true(stats.log_bytes > 0);
    assert_int_equal(glimpse_sqlite_file_purge(rig.path, STORE_DAY, &removed, NULL), GLIMPSE_OK);
    assert_int_equal(removed, 700);
    assert_true(store_has(&rig, 800)); /* the store goes on with what is left */
    assert_false(store_has(&rig, 8));
    store_put(&rig, 1, 0, 10, NULL);
    store_close(&rig);
    assert_int_equal(glimpse_sqlite_file_purge(rig.path, 0, &removed, NULL), GLIMPSE_OK);
    assert_int_equal(removed, 301);
    assert_int_equal(glimpse_sqlite_file_inspect(rig.path, STORE_DAY, &stats, NULL), GLIMPSE_OK);
    assert_int_equal(stats.entries, 0);
    assert_int_equal(stats.oldest_ms, -1);
    assert_true(stats.file_bytes < 64 << 10);
    store_calendar = then;
    store_end(&rig);
}

static void two_stores_of_one_process_share_a_file(void **state)
{
    (void)state;
    store_rig rig, other;
    store_begin(&rig);
    store_open(&rig);
    other = rig;
    store_open(&other);
    for (uint64_t i = 0; i < 1000; i++) store_put(i % 2 ? &rig : &other, i, 0, 3000, NULL);
    store_settle(&rig);
    store_settle(&other);
    for (uint64_t i = 0; i < 1000; i++) assert_true(store_has(i % 2 ? &other : &rig, i));
    store_close(&other);
    for (uint64_t i = 1000; i < 1200; i++) store_put(&rig, i, 0, 3000, NULL);
    store_settle(&rig);
    store_close(&rig);
    store_open(&rig);
    for (uint64_t i = 0; i < 1200; i++) assert_true(store_has(&rig, i));
    store_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_there_at_once_and_after_reopening),
        cmocka_unit_test(freeing_it_writes_what_waits_and_leaves_one_file),
        cmocka_unit_test(the_last_put_counts_and_a_removal_removes),
        cmocka_unit_test(what_is_too_old_is_a_miss_and_soon_deleted),
        cmocka_unit_test(the_oldest_go_when_the_bound_is_reached),
        cmocka_unit_test(what_is_too_large_is_not_kept_and_removes_what_was_there),
        cmocka_unit_test(lookups_beyond_a_turns_time_wait_for_the_next_and_can_be_cancelled),
        cmocka_unit_test(too_much_that_waits_is_lost_and_said_once),
        cmocka_unit_test(a_callback_may_free_it),
        cmocka_unit_test(a_file_deleted_in_use_is_given_up_and_said_once),
        cmocka_unit_test(inspecting_counts_and_purging_gives_the_room_back),
        cmocka_unit_test(two_stores_of_one_process_share_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
