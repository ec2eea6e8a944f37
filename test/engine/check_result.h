/* check_result.h - what must hold of a result that a ticket of the simulation got. */
#ifndef TEST_ENGINE_CHECK_RESULT_H
#define TEST_ENGINE_CHECK_RESULT_H

#include "world.h"

/* Whether its circuit was ever open. Asked inside its callbacks, so that the engine is there. */
static inline bool has_opened(const house *h)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(h->engine, &stats), GLIMPSE_OK);
    return stats.circuit_opened > 0;
}

static inline void check_answer(const ticket *t, const glimpse_result *result)
{
    const world *w = t->house->world;
    size_t len;
    const char *text = glimpse_result_text(result, &len);
    bool whole = strcmp(text, w->whole[t->answer]) == 0;
    bool cut = strcmp(text, w->cut[t->answer]) == 0;
    assert_false(t->bad);
    assert_false(w->poison_status == 500 && t->answer / OF_TEXT == w->poison); /* never answered */
    assert_true(whole || cut); /* its own answer, and nobody else's */
    assert_string_equal(glimpse_result_finish_reason(result), whole ? "stop" : "length");
    if (glimpse_result_source(result) == GLIMPSE_SOURCE_CACHE) {
        assert_true(whole); /* half an answer is never kept */
        assert_true(t->house->config.cache != NULL || t->house->config.store != NULL);
        assert_true(t->control == GLIMPSE_CACHE_USE || t->control == GLIMPSE_CACHE_ONLY);
        assert_int_equal(glimpse_result_attempts(result), 0);
        assert_int_equal(glimpse_result_attempt_count(result), 0);
    } else if (glimpse_result_source(result) == GLIMPSE_SOURCE_COALESCED) {
        assert_true(t->house->config.coalesce && t->control == GLIMPSE_CACHE_USE);
        assert_int_equal(glimpse_result_attempts(result), 0);
    } else if (glimpse_result_source(result) == GLIMPSE_SOURCE_PACKED) {
        assert_true(whole && t->house->config.packing.on);
        assert_true(glimpse_result_pack_drafts(result) >= 2);
        assert_true(glimpse_result_attempts(result) >= 1);
    } else {
        assert_int_equal(glimpse_result_source(result), GLIMPSE_SOURCE_LIVE);
        assert_true(glimpse_result_attempts(result) >= 1);
    }
}

static inline void check_failure(const ticket *t, const glimpse_result *result)
{
    const world *w = t->house->world;
    glimpse_error error = glimpse_result_error(result);
    const char *essence = glimpse_result_essence(result);
    assert_true(glimpse_result_error_code(result)[0] != '\0');
    assert_true(glimpse_result_error_message(result)[0] != '\0');
    assert_string_equal(glimpse_result_text(result, NULL), "");
    if (error == GLIMPSE_ERR_OOM) assert_true(w->short_memory != 0);
    if (error == GLIMPSE_ERR_CANCELLED) assert_true(t->cancelled || t->house->closing);
    if (error == GLIMPSE_ERR_DEADLINE) assert_true(t->deadline_ms > 0);
    if (t->control == GLIMPSE_CACHE_ONLY) assert_int_equal(glimpse_result_attempts(result), 0);
    if (error == GLIMPSE_ERR_NOT_CACHED) assert_int_equal(t->control, GLIMPSE_CACHE_ONLY);
    if (t->bad && error != GLIMPSE_ERR_OOM && error != GLIMPSE_ERR_CANCELLED)
        assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_BAD_REQUEST);
    bool local = glimpse_result_source(result) == GLIMPSE_SOURCE_LOCAL;
    bool refused = glimpse_result_circuit_open(result);
    if (refused)
        assert_true(t->house->config.breaker != GLIMPSE_BREAKER_WAIT && has_opened(t->house));
    if (refused && t->house->config.breaker == GLIMPSE_BREAKER_FAIL) {
        assert_false(local);
        return;
    }
    if (!t->fallback || error == GLIMPSE_ERR_CANCELLED) assert_false(local);
    if (t->fallback && error != GLIMPSE_ERR_CANCELLED && !t->cancelled && !t->house->closing &&
        w->short_memory == 0)
        assert_true(local && strncmp(essence, "essence [", 9) == 0);
}

static inline void check_times(const ticket *t, const glimpse_result *result)
{
    const world *w = t->house->world;
    const glimpse_timings *timings = glimpse_result_timings(result);
    const int64_t due[] = { t->thresholds.t1_ms, t->thresholds.t2_ms, t->thresholds.t3_ms,
                            t->thresholds.t4_ms };
    int crossed = 0, surely = 0;
    while (crossed < 4 && due[crossed] * (int64_t)GL_MS <= timings->total_ns) crossed++;
    while (surely < 4 && due[surely] * (int64_t)GL_MS < timings->total_ns) surely++;
    assert_int_equal(glimpse_result_thresholds_crossed(result), crossed);
    assert_int_equal(glimpse_result_stale(result), crossed == 4);
    assert_true(t->notices <= crossed);
    if (t->listens && !w->dawdles) assert_true(t->notices >= surely);
    assert_true(timings->queue_ns >= 0 && timings->queue_ns <= timings->total_ns);
    if (t->deadline_ms > 0 && !w->dawdles)
        assert_true(timings->total_ns <= t->deadline_ms * (int64_t)GL_MS);
}

#endif
