/* load_faults.c - the books of injected faults: what is seen as what, and what does not balance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "load/faults.h"
#include "result.h"

/* A result whose attempts ended like this, the last of them as the result. */
static void add(load_faults *faults, size_t count, const glimpse_attempt_record *attempts)
{
    glimpse_result *result = gl_result_new();
    assert_non_null(result);
    for (size_t i = 0; i < count; i++) {
        gl_result_add_attempt(result, &attempts[i], NULL);
        result->attempts++;
    }
    result->error = count > 0 ? attempts[count - 1].error : GLIMPSE_OK;
    load_faults_add(faults, result);
    glimpse_result_unref(result);
}

#define ADD(faults, ...)                                                                           \
    add((faults),                                                                                  \
        sizeof((glimpse_attempt_record[]){ __VA_ARGS__ }) / sizeof(glimpse_attempt_record),        \
        (const glimpse_attempt_record[]){ __VA_ARGS__ })

static const glimpse_attempt_record good = { .error = GLIMPSE_OK, .http_status = 200 };

static void each_failure_is_booked_as_the_fault_that_it_is(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_faults f = { 0 };
    ADD(&f, { .error = GLIMPSE_ERR_HTTP, .http_status = 429 },
        { .error = GLIMPSE_ERR_HTTP, .http_status = 500 },
        { .error = GLIMPSE_ERR_HTTP, .http_status = 503 }, good);
    ADD(&f, { .error = GLIMPSE_ERR_RESET }, { .error = GLIMPSE_ERR_RESET, .http_status = 200 },
        { .error = GLIMPSE_ERR_STREAM_TRUNCATED, .http_status = 200 },
        { .error = GLIMPSE_ERR_BAD_JSON, .http_status = 200 });
    ADD(&f, { .error = GLIMPSE_ERR_TIMEOUT }, { .error = GLIMPSE_ERR_CONNECT }, good);
    ADD(&f, good);
    add(&f, 0, NULL); /* from the cache */
    static const uint64_t seen[LOAD_FAULTS] = { 1, 1, 1, 1, 2, 1, 0 };
    for (int i = 0; i < LOAD_FAULTS; i++) assert_int_equal(f.seen[i], seen[i]);
    assert_int_equal(f.given_up, 1);
    assert_int_equal(f.other, 1);
    assert_int_equal(f.retried, 8);
    assert_int_equal(f.surfaced, 1);
    assert_int_equal(f.met, 3);
    assert_int_equal(f.met_recovered, 2);
    assert_int_equal(f.met_surfaced, 1);
    load_balance balance = load_faults_balance(&f);
    assert_true(balance.faults == 0 && balance.attempts == 0 && balance.requests == 0);
    assert_int_equal(gl_alloc_live(), live);
}

static load_faults asked(const char *stats)
{
    load_faults f = { 0 };
    ADD(&f, { .error = GLIMPSE_ERR_HTTP, .http_status = 500 }, good);
    ADD(&f, { .error = GLIMPSE_ERR_HTTP, .http_status = 503 }, good);
    ADD(&f, { .error = GLIMPSE_ERR_TIMEOUT }, good);
    assert_true(load_faults_server(&f, gl_slice_str(stats)));
    return f;
}

static void what_was_injected_and_not_seen_does_not_balance(void **state)
{
    (void)state;
    static const struct {
        const char *stats;
        int64_t faults;
    } cases[] = {
        { "{\"by_status\":{\"500\":1,\"503\":1},\"by_fault\":{},\"left\":1,\"left_by_fault\":{}}",
          0 },
        /* Whoever made it: a limit, a script, a draw. */
        { "{\"by_status\":{\"500\":1,\"503\":1},\"by_fault\":{\"500\":1},\"left\":1,\"left_by_"
          "fault\":{}}",
          0 },
        /* One more was drawn, but its client had left. */
        { "{\"by_status\":{\"500\":1,\"503\":1},\"by_fault\":{\"500\":2},\"left\":1,\"left_by_"
          "fault\":{\"500\":1}}",
          0 },
        { "{\"by_status\":{\"500\":1,\"503\":1},\"by_fault\":{\"hang\":1},\"left\":1,\"left_by_"
          "fault\":{\"hang\":1}}",
          0 },
        /* It was sent as the client gave up, and nobody saw it. */
        { "{\"by_status\":{\"500\":2,\"503\":1},\"by_fault\":{},\"left\":0,\"left_by_fault\":{}}",
          0 },
        { "{\"by_status\":{\"500\":3,\"503\":1},\"by_fault\":{},\"left\":0,\"left_by_fault\":{}}",
          1 },
        { "{\"by_status\":{\"500\":2,\"503\":1},\"by_fault\":{},\"left\":1,\"left_by_fault\":{}}",
          1 },
        { "{\"by_status\":{\"500\":1},\"by_fault\":{},\"left\":1,\"left_by_fault\":{}}", 1 },
        { "{\"by_status\":{\"429\":1,\"503\":1},\"by_fault\":{},\"left\":1,\"left_by_fault\":{}}",
          2 },
        { "{\"by_status\":{},\"by_fault\":{},\"left\":1,\"left_by_fault\":{}}", 2 },
        /* A connection was closed under a request, and nobody saw it. */
        { "{\"by_status\":{\"500\":1,\"503\":1},\"by_fault\":{},\"left\":1,\"left_by_fault\":{},"
          "\"closed_connections\":1}",
          1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        load_faults f = asked(cases[i].stats);
        if (load_faults_balance(&f).faults != cases[i].faults)
            fail_msg("%s: %d", cases[i].stats, (int)load_faults_balance(&f).faults);
    }
}

static void attempts_that_nobody_booked_do_not_balance(void **state)
{
    (void)state;
    load_faults f = asked(
        "{\"by_status\":{\"500\":1,\"503\":1},\"by_fault\":{},\"left\":1,\"left_by_fault\":{}}");
    f.retried--;
    assert_int_equal(load_faults_balance(&f).attempts, 1);
    f.retried++;
    f.met_recovered++;
    assert_int_equal(load_faults_balance(&f).requests, -1);
    f.unlisted = 1; /* a ledger was full: nothing can be said */
    assert_int_equal(load_faults_balance(&f).requests, 0);
}

static void what_is_no_statistics_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "[]", "{}", "{\"by_fault\":{},\"left_by_fault\":{}}",
                                       "{\"by_fault\":7,\"left_by_fault\":{}}" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_faults f = { 0 };
        assert_false(load_faults_server(&f, gl_slice_str(bad[i])));
        assert_false(f.asked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_is_booked_as_the_fault_that_it_is),
        cmocka_unit_test(what_was_injected_and_not_seen_does_not_balance),
        cmocka_unit_test(attempts_that_nobody_booked_do_not_balance),
        cmocka_unit_test(what_is_no_statistics_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
