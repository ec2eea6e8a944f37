/* check_books.h - what must hold of a house of the simulation after every step. */
#ifndef TEST_ENGINE_CHECK_BOOKS_H
#define TEST_ENGINE_CHECK_BOOKS_H

#include "check_flights.h"
#include "world.h"

static inline void check_house(const house *h)
{
    uint64_t running = 0, most = 0;
    for (int i = 0; i < h->place_count; i++) {
        const place *p = &h->places[i];
        const gl_sim_counts *counts = gl_sim_counts_of(p->sim);
        assert_int_equal(counts->started, p->started);
        assert_int_equal(counts->started, counts->running + counts->done + counts->cancelled);
        /* An endpoint that left and came back has a new window. */
        if (!h->moved) assert_true(counts->peak <= (uint64_t)p->concurrency);
        running += counts->running;
        most += (uint64_t)p->concurrency;
    }
    if (h->freed) {
        assert_int_equal(running, 0);
        assert_int_equal(h->results, h->accepted);
        return;
    }
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(h->engine, &stats), GLIMPSE_OK);
    check_flights(h->engine);
    assert_int_equal(stats.submitted, h->accepted);
    assert_int_equal(stats.delivered, h->results);
    assert_int_equal(stats.live, h->accepted - h->results);
    assert_int_equal(stats.in_flight, running);
    assert_true(stats.waiting + stats.in_flight <= stats.live);
    if (!h->moved) assert_true(stats.peak_in_flight <= most);
    assert_true(stats.window >= 1 && stats.window <= most);
    if (!h->moved) assert_true(stats.circuit == GLIMPSE_CIRCUIT_CLOSED || stats.circuit_opened > 0);
    uint64_t statuses = 0, sources = 0, notices = 0;
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++) statuses += stats.by_status[i];
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++) sources += stats.by_source[i];
    for (int i = 0; i <= GLIMPSE_NOTICE_RETRY; i++) notices += stats.notices[i];
    assert_int_equal(statuses, stats.delivered);
    assert_int_equal(sources, stats.delivered);
    assert_int_equal(notices, h->notices);
    if (h->closing && stats.live == 0 && h->closed == 0)
        assert_true(gl_sim_next() != GL_TIME_NEVER);
    /* A pack's attempt is in the result of each of its drafts. */
    if (stats.live == 0 && h->config.packing.on)
        assert_true(stats.attempts <= h->attempts);
    else if (stats.live == 0)
        assert_int_equal(stats.attempts, h->attempts);
}

#endif
