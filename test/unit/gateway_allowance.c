/* What a caller may spend: buckets, places, money in windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "gateway/allowance.h"

#define SECOND UINT64_C(1000000000)
#define NOON   INT64_C(1796040000) /* 2026-11-30 12:00:00 UTC */

static const gateway_cost nothing = { 0, 0 };

static gateway_allowance with(const gateway_limits *limits)
{
    gateway_allowance a = { .filled_ns = 0 };
    gateway_allowance_set(&a, limits, SECOND, NOON);
    return a;
}

static gateway_grant take(gateway_allowance *a, double tokens, double usd, double at_s,
                          int64_t *retry)
{
    const gateway_cost cost = { tokens, usd };
    return gateway_allowance_take(a, &cost, SECOND + (uint64_t)(at_s * 1e9), NOON + (int64_t)at_s,
                                  retry);
}

static void requests_a_minute_are_kept_and_come_back(void **state)
{
    (void)state;
    int64_t retry;
    gateway_allowance a = with(&(gateway_limits){ .rpm = 30 });
    for (int i = 0; i < 30; i++) assert_int_equal(take(&a, 0, 0, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0, 0, &retry), GATEWAY_NO_REQUESTS);
    assert_int_equal(retry, 2);
    assert_int_equal(take(&a, 0, 0, 1, &retry), GATEWAY_NO_REQUESTS);
    assert_int_equal(retry, 1);
    assert_int_equal(take(&a, 0, 0, 2, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0, 3600, &retry), GATEWAY_GRANTED); /* full, and no more */
    for (int i = 0; i < 29; i++) assert_int_equal(take(&a, 0, 0, 3600, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0, 3600, &retry), GATEWAY_NO_REQUESTS);
}

static void tokens_are_taken_before_and_settled_after(void **state)
{
    (void)state;
    int64_t retry;
    const gateway_cost may = { 600, 0 }, did = { 100, 0 };
    gateway_allowance a = with(&(gateway_limits){ .tpm = 1000 });
    assert_int_equal(take(&a, 600, 0, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 600, 0, 0, &retry), GATEWAY_FEW_TOKENS);
    assert_int_equal(retry, 12); /* 200 of 1000 a minute */
    gateway_allowance_settle(&a, &may, &did, SECOND, NOON);
    assert_int_equal(take(&a, 600, 0, 0, &retry), GATEWAY_GRANTED);
    /* A request that is larger than a minute's goes when the bucket is full. */
    a = with(&(gateway_limits){ .tpm = 1000 });
    assert_int_equal(take(&a, 5000, 0, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 1, 0, 0, &retry), GATEWAY_NO_TOKENS);
    assert_int_equal(retry, 241);
}

static void places_come_back_when_a_request_has_ended(void **state)
{
    (void)state;
    int64_t retry;
    gateway_allowance a = with(&(gateway_limits){ .concurrency = 2 });
    assert_int_equal(take(&a, 0, 0, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0, 0, &retry), GATEWAY_NO_PLACE);
    gateway_allowance_settle(&a, &nothing, &nothing, SECOND, NOON);
    assert_int_equal(take(&a, 0, 0, 0, &retry), GATEWAY_GRANTED);
}

static void a_budget_is_not_overspent_by_requests_under_way(void **state)
{
    (void)state;
    int64_t retry;
    const gateway_cost may = { 0, 0.4 }, did = { 0, 0.1 };
    gateway_allowance a = with(&(gateway_limits){ .budget_usd = 1, .window = GATEWAY_DAY });
    assert_int_equal(take(&a, 0, 0.4, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0.4, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0.4, 0, &retry), GATEWAY_LITTLE_MONEY);
    assert_int_equal(retry, 12 * 3600); /* until midnight */
    gateway_allowance_settle(&a, &may, &did, SECOND, NOON);
    assert_int_equal(take(&a, 0, 0.4, 0, &retry), GATEWAY_GRANTED);
    gateway_allowance_settle(&a, &may, &may, SECOND, NOON);
    gateway_allowance_settle(&a, &may, &may, SECOND, NOON);
    assert_int_equal(take(&a, 0, 0.2, 0, &retry), GATEWAY_LITTLE_MONEY); /* 0.9 are spent */
    assert_int_equal(take(&a, 0, 0.1, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0.9, 12 * 3600, &retry), GATEWAY_GRANTED); /* the next day */
}

/* "Used up" is said of what is spent; and of waiting, where it helps. */
static void a_refusal_tells_what_is_spent_from_what_is_too_much(void **state)
{
    (void)state;
    int64_t retry;
    const gateway_cost all = { 0, 1 };
    gateway_allowance a = with(&(gateway_limits){ .budget_usd = 1, .window = GATEWAY_DAY });
    assert_int_equal(take(&a, 0, 1.1, 0, &retry), GATEWAY_TOO_DEAR); /* nothing is spent */
    assert_int_equal(retry, 0);
    assert_int_equal(take(&a, 0, 1, 0, &retry), GATEWAY_GRANTED);
    gateway_allowance_settle(&a, &all, &all, SECOND, NOON);
    assert_int_equal(take(&a, 0, 0.1, 0, &retry), GATEWAY_NO_MONEY);
    assert_int_equal(retry, 12 * 3600);
    assert_int_equal(take(&a, 0, 1.1, 0, &retry), GATEWAY_TOO_DEAR); /* tomorrow too */
    assert_int_equal(retry, 0);
    /* A request that is larger than the bucket fits when that is full. */
    a = with(&(gateway_limits){ .tpm = 1000 });
    assert_int_equal(take(&a, 100, 0, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 5000, 0, 0, &retry), GATEWAY_FEW_TOKENS);
    assert_int_equal(retry, 6);
    assert_int_equal(take(&a, 5000, 0, 6, &retry), GATEWAY_GRANTED);
}

static void windows_begin_and_end_by_the_calendar(void **state)
{
    (void)state;
    static const struct {
        gateway_window window;
        int64_t at, begin, end;
    } rows[] = {
        { GATEWAY_HOUR, NOON + 5, NOON, NOON + 3600 },
        { GATEWAY_DAY, NOON, NOON - 43200, NOON + 43200 },
        { GATEWAY_MONTH, NOON, 1793491200, 1796083200 },
        { GATEWAY_MONTH, 1796083200, 1796083200, 1798761600 }, /* December, to the new year */
        { GATEWAY_MONTH, 951782400, 949363200, 951868800 },    /* 2000-02-29 */
        { GATEWAY_MONTH, 0, 0, 2678400 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(gateway_window_begin(rows[i].window, rows[i].at), rows[i].begin);
        assert_int_equal(gateway_window_end(rows[i].window, rows[i].at), rows[i].end);
    }
}

static void new_limits_keep_what_was_spent(void **state)
{
    (void)state;
    int64_t retry;
    gateway_allowance a = with(&(gateway_limits){ .rpm = 10, .budget_usd = 1 });
    for (int i = 0; i < 10; i++) assert_int_equal(take(&a, 0, 0.1, 0, &retry), GATEWAY_GRANTED);
    gateway_allowance_set(&a, &(gateway_limits){ .rpm = 12, .budget_usd = 2 }, SECOND, NOON);
    assert_int_equal(a.under_way, 10);
    for (int i = 0; i < 2; i++) assert_int_equal(take(&a, 0, 0.1, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 0, 0.1, 0, &retry), GATEWAY_NO_REQUESTS);
    gateway_allowance_set(&a, &(gateway_limits){ .budget_usd = 1.2 }, SECOND, NOON);
    assert_int_equal(take(&a, 0, 0.1, 0, &retry), GATEWAY_LITTLE_MONEY);
}

static void asking_takes_nothing(void **state)
{
    (void)state;
    int64_t retry;
    const gateway_cost cost = { 60, 0.5 };
    gateway_allowance a =
        with(&(gateway_limits){ .rpm = 2, .tpm = 100, .concurrency = 1, .budget_usd = 1 });
    for (int i = 0; i < 10; i++)
        assert_int_equal(gateway_allowance_ask(&a, &cost, SECOND, NOON, &retry), GATEWAY_GRANTED);
    assert_int_equal(take(&a, 60, 0.5, 0, &retry), GATEWAY_GRANTED);
    assert_int_equal(gateway_allowance_ask(&a, &nothing, SECOND, NOON, &retry), GATEWAY_NO_PLACE);
}

/* Random requests: never more granted than the limits allow, and nothing stays reserved. */
static void the_limits_hold_under_any_order(void **state)
{
    (void)state;
    enum { MOST = 64 };
    gl_rng rng;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        gl_rng_seed(&rng, seed);
        gateway_cost out[MOST];
        size_t count = 0;
        double now_s = 0, granted = 0, tokens = 0, spent = 0;
        const gateway_limits limits = {
            .rpm = 60, .tpm = 600, .concurrency = 20, .budget_usd = 5, .window = GATEWAY_DAY
        };
        gateway_allowance a = with(&limits);
        for (int step = 0; step < 400; step++) {
            int64_t retry;
            now_s += gl_rng_uniform(&rng);
            const gateway_cost may = { 50 * gl_rng_uniform(&rng), 0.2 * gl_rng_uniform(&rng) };
            if (gl_rng_uniform(&rng) < 0.5 && count > 0) {
                double part = gl_rng_uniform(&rng);
                const gateway_cost did = { out[count - 1].tokens * part,
                                           out[count - 1].usd * part };
                gateway_allowance_settle(&a, &out[--count], &did, SECOND + (uint64_t)(now_s * 1e9),
                                         NOON + (int64_t)now_s);
                tokens += did.tokens;
                spent += did.usd;
            } else if (take(&a, may.tokens, may.usd, now_s, &retry) == GATEWAY_GRANTED) {
                out[count++] = may;
                granted++;
            } else {
                assert_true(retry >= 1);
            }
            assert_true(count <= 20);
            assert_int_equal(a.under_way, count);
            assert_true(granted <= 60 + now_s + 1);
            assert_true(tokens <= 600 + now_s * 10 + 1);
            assert_true(spent <= 5 + 1e-6);
        }
        while (count > 0)
            gateway_allowance_settle(&a, &out[--count], &nothing, SECOND + (uint64_t)(now_s * 1e9),
                                     NOON + (int64_t)now_s);
        assert_true(a.reserved == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_a_minute_are_kept_and_come_back),
        cmocka_unit_test(tokens_are_taken_before_and_settled_after),
        cmocka_unit_test(places_come_back_when_a_request_has_ended),
        cmocka_unit_test(a_budget_is_not_overspent_by_requests_under_way),
        cmocka_unit_test(a_refusal_tells_what_is_spent_from_what_is_too_much),
        cmocka_unit_test(windows_begin_and_end_by_the_calendar),
        cmocka_unit_test(new_limits_keep_what_was_spent),
        cmocka_unit_test(asking_takes_nothing),
        cmocka_unit_test(the_limits_hold_under_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
