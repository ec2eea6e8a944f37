/* glimpse_latency_monitor in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <glimpse/latency.h>

#include "base/rng.h"
#include "engine/loop_sim.h"
#include "oom.h"

#define START (1000 * GL_SECOND)

static size_t live_before;

static int setup(void **state)
{
    (void)state;
    live_before = gl_alloc_live();
    gl_sim_reset(START);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(gl_sim_live(), 0);
    assert_int_equal(gl_alloc_live(), live_before);
    return 0;
}

static glimpse_latency_monitor *monitor_new(void)
{
    glimpse_latency_monitor *monitor;
    assert_int_equal(glimpse_latency_monitor_new(gl_sim_base(), NULL, &monitor, NULL), GLIMPSE_OK);
    return monitor;
}

/* What one watched operation was told. */
typedef struct heard {
    uint64_t id;
    gl_time start;
    int count;
} heard;

static const int64_t due_ms[4] = { 1500, 2500, 4000, 6000 };

/* Each notice comes once, in order, exactly at its time. */
static void hear(uint64_t id, const glimpse_notice *notice, void *arg)
{
    heard *h = arg;
    assert_true(id == h->id);
    assert_in_range(h->count, 0, 3);
    assert_int_equal(notice->kind, GLIMPSE_NOTICE_TRYING + h->count);
    assert_true(notice->elapsed_ms == due_ms[h->count]);
    assert_true(gl_sim_now() == gl_time_add_ms(h->start, due_ms[h->count]));
    assert_int_equal(notice->choice_count, h->count == 2 ? 4 : 0);
    h->count++;
}

static void watch(glimpse_latency_monitor *monitor, heard *h)
{
    *h = (heard){ .start = gl_sim_now() };
    assert_int_equal(glimpse_latency_monitor_start(monitor, hear, h, &h->id), GLIMPSE_OK);
}

static void ten_thousand_are_told_each_once_in_order_at_its_time(void **state)
{
    (void)state;
    enum { WATCHED = 10000 };
    heard *all = calloc(WATCHED, sizeof *all);
    assert_non_null(all);
    glimpse_latency_monitor *monitor = monitor_new();
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (int i = 0; i < WATCHED; i++) {
        gl_sim_run_until(gl_sim_now() + gl_rng_below(&rng, 3) * 100 * GL_US);
        watch(monitor, &all[i]);
    }
    gl_sim_run_until(gl_sim_now() + 6 * GL_SECOND);
    for (int i = 0; i < WATCHED; i++) {
        assert_int_equal(all[i].count, 4);
        assert_true(glimpse_latency_monitor_stop(monitor, all[i].id) >= 6000);
    }
    assert_true(gl_sim_next() == GL_TIME_NEVER);
    glimpse_latency_monitor_free(monitor);
    free(all);
}

static void stopped_watch_says_how_long_it_took_and_nothing_after(void **state)
{
    (void)state;
    glimpse_latency_monitor *monitor = monitor_new();
    heard a, b;
    watch(monitor, &a);
    watch(monitor, &b);
    assert_true(a.id != b.id);
    gl_sim_run_for_ms(2000);
    assert_true(glimpse_latency_monitor_stop(monitor, a.id) == 2000);
    assert_true(glimpse_latency_monitor_stop(monitor, a.id) == -1);
    assert_true(glimpse_latency_monitor_stop(monitor, 12345) == -1);
    gl_sim_run_for_ms(10000);
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count, 4);
    assert_true(glimpse_latency_monitor_stop(monitor, b.id) == 12000);
    assert_true(gl_sim_next() == GL_TIME_NEVER);
    glimpse_latency_monitor_free(monitor);
}

static void free_drops_what_is_watched_without_a_word(void **state)
{
    (void)state;
    glimpse_latency_monitor *monitor = monitor_new();
    heard a, b;
    watch(monitor, &a);
    watch(monitor, &b);
    gl_sim_run_for_ms(1500);
    glimpse_latency_monitor_free(monitor);
    gl_sim_run_for_ms(10000);
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count, 1);
}

/* A caller that acts inside its notice. */
typedef struct actor {
    glimpse_latency_monitor *monitor;
    uint64_t id, other, started;
    int notices;
    heard h;
} actor;

static void stops_itself(uint64_t id, const glimpse_notice *notice, void *arg)
{
    actor *a = arg;
    a->notices++;
    if (notice->kind == GLIMPSE_NOTICE_MATCHING_INTENT)
        assert_true(glimpse_latency_monitor_stop(a->monitor, id) == notice->elapsed_ms);
}

static void notice_may_stop_its_own_watch(void **state)
{
    (void)state;
    actor a = { .monitor = monitor_new() };
    glimpse_latency_monitor_start(a.monitor, stops_itself, &a, &a.id);
    gl_sim_run_for_ms(10000);
    assert_int_equal(a.notices, 2);
    assert_true(glimpse_latency_monitor_stop(a.monitor, a.id) == -1);
    glimpse_latency_monitor_free(a.monitor);
}

static void stops_the_other(uint64_t id, const glimpse_notice *notice, void *arg)
{
    actor *a = arg;
    (void)id;
    (void)notice;
    a->notices++;
    glimpse_latency_monitor_stop(a->monitor, a->other);
}

static void notice_may_stop_another_that_is_due_with_it(void **state)
{
    (void)state;
    actor a = { .monitor = monitor_new() };
    glimpse_latency_monitor_start(a.monitor, stops_the_other, &a, &a.id);
    watch(a.monitor, &a.h);
    a.other = a.h.id;
    gl_sim_run_for_ms(10000);
    assert_int_equal(a.notices, 4);
    assert_int_equal(a.h.count, 0);
    glimpse_latency_monitor_free(a.monitor);
}

static void frees_the_monitor(uint64_t id, const glimpse_notice *notice, void *arg)
{
    actor *a = arg;
    (void)id;
    (void)notice;
    a->notices++;
    glimpse_latency_monitor_free(a->monitor);
}

static void notice_may_free_the_monitor(void **state)
{
    (void)state;
    actor a = { .monitor = monitor_new() };
    glimpse_latency_monitor_start(a.monitor, frees_the_monitor, &a, &a.id);
    watch(a.monitor, &a.h); /* due in the same turn, and never told */
    gl_sim_run_for_ms(10000);
    assert_int_equal(a.notices, 1);
    assert_int_equal(a.h.count, 0);
}

static void starts_another(uint64_t id, const glimpse_notice *notice, void *arg)
{
    actor *a = arg;
    (void)id;
    if (notice->kind == GLIMPSE_NOTICE_TRYING) watch(a->monitor, &a->h);
}

static void notice_may_start_another_watch(void **state)
{
    (void)state;
    actor a = { .monitor = monitor_new() };
    glimpse_latency_monitor_start(a.monitor, starts_another, &a, &a.id);
    gl_sim_run_for_ms(1500 + 6000);
    assert_int_equal(a.h.count, 4);
    glimpse_latency_monitor_free(a.monitor);
}

static void counts(uint64_t id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    int *kinds = arg;
    assert_int_equal(notice->kind, *kinds); /* in order, also when all are late */
    ++*kinds;
    assert_true(notice->elapsed_ms == 9000);
}

static void late_notices_still_come_all_and_in_order(void **state)
{
    (void)state;
    glimpse_latency_monitor *monitor = monitor_new();
    int kinds = 0;
    uint64_t id;
    glimpse_latency_monitor_start(monitor, counts, &kinds, &id);
    gl_sim_advance(9 * GL_SECOND); /* the caller was busy */
    assert_true(gl_sim_step());
    assert_int_equal(kinds, 4);
    glimpse_latency_monitor_free(monitor);
}

static void counts_only(uint64_t id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    (void)notice;
    ++*(int *)arg;
}

static void many_due_at_once_leave_the_loop_its_turns(void **state)
{
    (void)state;
    glimpse_latency_monitor *monitor = monitor_new();
    int notices = 0;
    uint64_t id;
    for (int i = 0; i < 1000; i++)
        glimpse_latency_monitor_start(monitor, counts_only, &notices, &id);
    gl_sim_run_until(START + 1500 * GL_MS - 1);
    int turns = 0;
    while (notices < 1000) {
        int before = notices;
        assert_true(gl_sim_step());
        assert_true(notices > before && notices - before <= 256);
        turns++;
    }
    assert_true(turns > 1);
    assert_true(gl_sim_now() == START + 1500 * GL_MS);
    glimpse_latency_monitor_free(monitor);
}

static void what_is_not_valid_is_refused(void **state)
{
    (void)state;
    glimpse_latency_monitor *monitor;
    const glimpse_thresholds falling = { 1500, 1500, 4000, 6000 };
    struct event_base *base = gl_sim_base();
    uint64_t id;
    assert_int_equal(glimpse_latency_monitor_new(NULL, NULL, &monitor, NULL), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_latency_monitor_new(base, NULL, NULL, NULL), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_latency_monitor_new(base, &falling, &monitor, NULL),
                     GLIMPSE_ERR_INVALID);
    assert_null(monitor);
    monitor = monitor_new();
    assert_int_equal(glimpse_latency_monitor_start(monitor, NULL, NULL, &id), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_latency_monitor_start(monitor, hear, NULL, NULL), GLIMPSE_ERR_INVALID);
    glimpse_latency_monitor_free(monitor);
    glimpse_latency_monitor_free(NULL);
}

static void no_memory_is_an_error_and_leaves_nothing(void **state)
{
    (void)state;
    glimpse_latency_monitor *monitor;
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        glimpse_error error = glimpse_latency_monitor_new(gl_sim_base(), NULL, &monitor, NULL);
        if (!oom_end()) {
            assert_int_equal(error, GLIMPSE_OK);
            break;
        }
        assert_int_equal(error, GLIMPSE_ERR_OOM);
        assert_null(monitor);
        assert_int_equal(gl_alloc_live(), live_before);
    }
    /* 13 watches: the 13th and the 17th grow the map and the heap. */
    heard all[20];
    for (int i = 0; i < 20; i++) {
        for (size_t k = 1;; k++) {
            uint64_t id = 0;
            size_t live = gl_alloc_live();
            gl_time next = gl_sim_next();
            oom_fail_at(k);
            glimpse_error error = glimpse_latency_monitor_start(monitor, hear, &all[i], &id);
            if (!oom_end()) {
                assert_int_equal(error, GLIMPSE_OK);
                all[i] = (heard){ .id = id, .start = gl_sim_now() };
                break;
            }
            assert_int_equal(error, GLIMPSE_ERR_OOM);
            /* What grew stays grown; nothing is watched. */
            assert_in_range(gl_alloc_live(), live, live + 1);
            assert_true(id == 0 && gl_sim_next() == next);
        }
    }
    gl_sim_run_for_ms(6000);
    for (int i = 0; i < 20; i++) assert_int_equal(all[i].count, 4);
    glimpse_latency_monitor_free(monitor);
}

#define T(claim) cmocka_unit_test_setup_teardown(claim, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(ten_thousand_are_told_each_once_in_order_at_its_time),
        T(stopped_watch_says_how_long_it_took_and_nothing_after),
        T(free_drops_what_is_watched_without_a_word),
        T(notice_may_stop_its_own_watch),
        T(notice_may_stop_another_that_is_due_with_it),
        T(notice_may_free_the_monitor),
        T(notice_may_start_another_watch),
        T(late_notices_still_come_all_and_in_order),
        T(many_due_at_once_leave_the_loop_its_turns),
        T(what_is_not_valid_is_refused),
        T(no_memory_is_an_error_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
