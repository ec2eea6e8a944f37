/* Token buckets that add up exactly, and headers in OpenAI's grammar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/rng.h"
#include "mock/limit.h"

#define START (7 * GL_SECOND)

static const char *text_of(gl_buf *buf)
{
    assert_true(gl_buf_terminate(buf));
    return buf->data;
}

static mock_limits limits_of(int64_t rpm, int64_t tpm)
{
    mock_limits limits;
    mock_limits_init(&limits, rpm, tpm, START);
    return limits;
}

static bool takes(mock_limits *limits, uint64_t tokens, gl_time now)
{
    gl_time wait;
    return mock_limits_take(limits, tokens, now, &wait) == MOCK_LIMITED_NOT;
}

static void a_sixtieth_goes_at_once_and_the_next_when_it_was_told(void **state)
{
    (void)state;
    mock_limits limits = limits_of(6000, 0);
    for (int i = 0; i < 100; i++) assert_true(takes(&limits, 0, START));
    gl_time wait = 0;
    assert_int_equal(mock_limits_take(&limits, 0, START, &wait), MOCK_LIMITED_REQUESTS);
    assert_int_equal(wait, 10 * GL_MS);
    assert_false(takes(&limits, 0, START + wait - 1));
    assert_true(takes(&limits, 0, START + wait));
    assert_false(takes(&limits, 0, START + wait));
}

static void idle_time_earns_no_more_than_the_bucket_holds(void **state)
{
    (void)state;
    mock_limits limits = limits_of(6000, 0);
    for (int i = 0; i < 100; i++) assert_true(takes(&limits, 0, START));
    gl_time later = START + 1000000 * GL_SECOND;
    for (int i = 0; i < 100; i++) assert_true(takes(&limits, 0, later));
    assert_false(takes(&limits, 0, later));
}

static void a_slow_limit_still_lets_one_go(void **state)
{
    (void)state;
    mock_limits limits = limits_of(7, 0);
    gl_time wait, now = START;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(mock_limits_take(&limits, 0, now, &wait), MOCK_LIMITED_NOT);
        assert_int_equal(mock_limits_take(&limits, 0, now, &wait), MOCK_LIMITED_REQUESTS);
        now += wait;
    }
    assert_in_range(now - START, 60 * GL_SECOND, 60 * GL_SECOND + 7); /* each rounded up */
}

/* However the times fall, as long as the bucket never is full: burst + rate x time, to the last. */
static void a_run_adds_up_to_the_last_request(void **state)
{
    (void)state;
    static const uint64_t rates[] = { 120, 121, 6000, 123457 };
    const uint64_t minute = 60 * GL_SECOND;
    gl_rng rng;
    gl_rng_seed(&rng, 3);
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        mock_limits limits = limits_of((int64_t)rates[r], 0);
        uint64_t taken = 0;
        gl_time now = START;
        assert_int_equal(mock_bucket_remaining(&limits.requests, START), rates[r] / 60);
        while (takes(&limits, 0, now)) taken++;
        for (int i = 0; i < 5000; i++) {
            now += gl_rng_below(&rng, (uint32_t)(minute / rates[r]));
            while (takes(&limits, 0, now)) taken++;
        }
        assert_int_equal(taken, (now - START + GL_SECOND) * rates[r] / minute);
    }
}

static void a_refused_request_costs_nothing(void **state)
{
    (void)state;
    mock_limits limits = limits_of(60000, 6000); /* 1000 requests, 100 tokens at once */
    assert_true(takes(&limits, 90, START));
    for (int i = 0; i < 5000; i++) assert_false(takes(&limits, 20, START));
    assert_int_equal(mock_bucket_remaining(&limits.requests, START), 999);
    assert_int_equal(mock_bucket_remaining(&limits.tokens, START), 10);
    gl_time wait;
    assert_int_equal(mock_limits_take(&limits, 20, START, &wait), MOCK_LIMITED_TOKENS);
    assert_int_equal(wait, 100 * GL_MS);
    assert_true(takes(&limits, 10, START));
}

static void a_request_larger_than_the_bucket_goes_when_it_is_full(void **state)
{
    (void)state;
    mock_limits limits = limits_of(0, 6000);
    assert_true(takes(&limits, 300, START)); /* three seconds' worth out of one */
    assert_int_equal(mock_bucket_remaining(&limits.tokens, START), 0);
    assert_int_equal(mock_bucket_reset(&limits.tokens, START), 3 * GL_SECOND);
    gl_time wait;
    assert_int_equal(mock_limits_take(&limits, 1, START, &wait), MOCK_LIMITED_TOKENS);
    assert_int_equal(wait, 2 * GL_SECOND + 10 * GL_MS);
    assert_false(takes(&limits, UINT64_MAX, START + 3 * GL_SECOND - 1));
    assert_true(takes(&limits, UINT64_MAX, START + 3 * GL_SECOND));
    assert_false(takes(&limits, 1, START + 4 * GL_SECOND));
}

static void the_largest_numbers_do_not_overflow(void **state)
{
    (void)state;
    mock_limits limits = limits_of(MOCK_LIMIT_MAX, MOCK_LIMIT_MAX);
    assert_true(takes(&limits, UINT64_MAX, START));
    assert_int_equal(mock_bucket_remaining(&limits.tokens, START), 0);
    assert_true(mock_bucket_reset(&limits.tokens, START) < 5 * GL_SECOND);
    assert_int_equal(mock_bucket_remaining(&limits.tokens, GL_TIME_NEVER - 1), MOCK_LIMIT_MAX / 60);
    assert_int_equal(mock_bucket_reset(&limits.tokens, GL_TIME_NEVER - 1), 0);
}

static void no_limit_refuses_nothing_and_says_nothing(void **state)
{
    (void)state;
    mock_limits limits = limits_of(0, 0);
    gl_buf out;
    gl_buf_init(&out, 1000);
    assert_false(mock_limits_any(&limits));
    for (int i = 0; i < 10000; i++) assert_true(takes(&limits, UINT64_MAX, START));
    mock_limits_write(&limits, START, &out);
    assert_int_equal(out.len, 0);
    gl_buf_free(&out);
}

static void headers_tell_limit_rest_and_time_to_full(void **state)
{
    (void)state;
    mock_limits limits = limits_of(6000, 60000);
    gl_buf out;
    gl_buf_init(&out, 1000);
    assert_true(takes(&limits, 250, START));
    mock_limits_write(&limits, START, &out);
    assert_string_equal(text_of(&out), "\r\nx-ratelimit-limit-requests: 6000"
                                       "\r\nx-ratelimit-remaining-requests: 99"
                                       "\r\nx-ratelimit-reset-requests: 10ms"
                                       "\r\nx-ratelimit-limit-tokens: 60000"
                                       "\r\nx-ratelimit-remaining-tokens: 750"
                                       "\r\nx-ratelimit-reset-tokens: 250ms");
    gl_buf_reset(&out);
    mock_limit_write_wait(GL_SECOND + 1, &out);
    assert_string_equal(text_of(&out), "\r\nretry-after-ms: 1001\r\nretry-after: 2");
    gl_buf_free(&out);
}

static void durations_have_openais_grammar(void **state)
{
    (void)state;
    static const struct {
        gl_time duration;
        const char *text;
    } cases[] = {
        { 0, "0s" },
        { 1, "1ms" },
        { 12 * GL_MS, "12ms" },
        { 999 * GL_MS, "999ms" },
        { 999 * GL_MS + 1, "1s" },
        { GL_SECOND, "1s" },
        { 1500 * GL_MS, "1.5s" },
        { 1050 * GL_MS, "1.05s" },
        { 59999 * GL_MS, "59.999s" },
        { 360 * GL_SECOND, "6m0s" },
        { 90500 * GL_MS, "1m30.5s" },
        { 3600 * GL_SECOND, "1h0m0s" },
        { 3723005 * GL_MS, "1h2m3.005s" },
    };
    gl_buf out;
    gl_buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gl_buf_reset(&out);
        mock_limit_write_duration(cases[i].duration, &out);
        assert_string_equal(text_of(&out), cases[i].text);
    }
    gl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sixtieth_goes_at_once_and_the_next_when_it_was_told),
        cmocka_unit_test(idle_time_earns_no_more_than_the_bucket_holds),
        cmocka_unit_test(a_slow_limit_still_lets_one_go),
        cmocka_unit_test(a_run_adds_up_to_the_last_request),
        cmocka_unit_test(a_refused_request_costs_nothing),
        cmocka_unit_test(a_request_larger_than_the_bucket_goes_when_it_is_full),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
        cmocka_unit_test(no_limit_refuses_nothing_and_says_nothing),
        cmocka_unit_test(headers_tell_limit_rest_and_time_to_full),
        cmocka_unit_test(durations_have_openais_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
