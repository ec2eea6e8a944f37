/* The mock server over plain sockets: outages, the quota, rate limits, and headers that choose what
 * happens to one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "mock_rig.h"

#define CHAT "/v1/chat/completions"

/* Posts one request, waits for its answer and returns its status. */
static int status_of(mock_client *c, const char *headers)
{
    size_t before = c->len;
    mock_client_post_with(c, CHAT, headers, MOCK_RIG_CHAT);
    for (;;) {
        const char *answer = c->got + before;
        const char *head_end = c->len > before ? strstr(answer, "\r\n\r\n") : NULL;
        const char *length = head_end != NULL ? strstr(answer, "content-length: ") : NULL;
        if (length != NULL && strlen(head_end + 4) >= strtoul(length + 16, NULL, 10)) break;
        assert_false(c->ended);
        event_base_loop(c->base, EVLOOP_ONCE);
    }
    return (int)strtol(c->got + before + 9, NULL, 10);
}

static gl_json error_of(const mock_client *c)
{
    return gl_json_get(mock_client_body(c), "error");
}

/* The value of a header in the last answer; 0 when it is not there. */
static unsigned long header_number(const mock_client *c, const char *name)
{
    const char *found = NULL;
    for (const char *at = c->got; (at = strstr(at, name)) != NULL; at++) found = at;
    return found != NULL ? strtoul(found + strlen(name), NULL, 10) : 0;
}

static void an_outage_is_503_from_its_start_to_its_end(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .outage = "60ms-120ms" };
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    gl_time before = gl_clock_now();
    int first = status_of(c, "");
    gl_time after = gl_clock_now(); /* the first request came in between */
    assert_int_equal(first, 200);
    int64_t refused = 0;
    for (;;) {
        gl_time sent = gl_clock_now();
        int status = status_of(c, "");
        gl_time answered = gl_clock_now();
        refused += status == 503;
        if (answered - before < 60 * GL_MS) assert_int_equal(status, 200);
        if (sent - after >= 60 * GL_MS && answered - before < 120 * GL_MS)
            assert_int_equal(status, 503);
        if (sent - after < 120 * GL_MS) continue;
        assert_int_equal(status, 200);
        break;
    }
    assert_int_equal(mock_rig_stat(&w, NULL, "outage_requests"), refused);
    assert_int_equal(mock_rig_stat(&w, "by_status", "503"), refused);
    assert_int_equal(mock_rig_stat(&w, "by_fault", "503"), 0);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void an_outage_from_the_start_meets_the_first_request(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .outage = "0-3600s" };
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    assert_int_equal(status_of(c, ""), 503);
    assert_true(gl_json_string_is(gl_json_get(error_of(c), "type"), "server_error"));
    assert_int_equal(mock_rig_stat(&w, NULL, "outage_requests"), 1);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void after_the_quota_every_request_is_refused_as_openai_does(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .quota_after = 3 };
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    for (int i = 0; i < 3; i++) assert_int_equal(status_of(c, ""), 200);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(status_of(c, ""), 429);
        assert_true(gl_json_string_is(gl_json_get(error_of(c), "type"), "insufficient_quota"));
        assert_true(gl_json_string_is(gl_json_get(error_of(c), "code"), "insufficient_quota"));
        assert_int_equal(gl_json_get(error_of(c), "param").kind, GL_JSON_NULL);
    }
    assert_null(strstr(c->got, "retry-after"));
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 5);
    assert_int_equal(mock_rig_stat(&w, NULL, "quota_requests"), 2);
    assert_int_equal(mock_rig_stat(&w, "by_status", "429"), 2);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void only_answers_use_up_the_quota(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .quota_after = 1, .fault = "500:100%" };
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    for (int i = 0; i < 3; i++) assert_int_equal(status_of(c, ""), 500);
    assert_int_equal(mock_rig_stat(&w, NULL, "quota_requests"), 0);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void over_the_rate_is_429_with_the_time_that_helps(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .rpm = 1 }; /* one at once, the next in a minute */
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    assert_int_equal(status_of(c, ""), 200);
    assert_non_null(strstr(c->got, "\r\nx-ratelimit-limit-requests: 1\r\n"));
    assert_non_null(strstr(c->got, "\r\nx-ratelimit-remaining-requests: 0\r\n"));
    assert_non_null(strstr(c->got, "\r\nx-ratelimit-reset-requests: 1m0s\r\n"));
    assert_null(strstr(c->got, "x-ratelimit-limit-tokens"));
    assert_null(strstr(c->got, "retry-after"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(status_of(c, ""), 429);
        assert_in_range(header_number(c, "retry-after-ms: "), 1, 60000);
        assert_in_range(header_number(c, "retry-after: "), 1, 60);
        assert_true(gl_json_string_is(gl_json_get(error_of(c), "code"), "rate_limit_exceeded"));
        assert_true(gl_json_string_is(gl_json_get(error_of(c), "type"), "requests"));
    }
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 4);
    assert_int_equal(mock_rig_stat(&w, NULL, "limited_requests"), 3);
    assert_int_equal(mock_rig_stat(&w, "by_status", "429"), 3);
    assert_int_equal(mock_rig_stat(&w, "by_fault", "429"), 0);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void who_waits_as_long_as_told_is_let_in(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .rpm = 1200 }; /* 20 at once, one each 50 ms */
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    int answered = 0;
    for (int status = 200; status == 200; answered++) status = status_of(c, "");
    assert_true(answered > 20);
    struct timeval pause = { 0, (suseconds_t)(header_number(c, "retry-after-ms: ") * 1000) };
    event_base_loopexit(w.base, &pause);
    event_base_loop(w.base, 0);
    assert_int_equal(status_of(c, ""), 200);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void tokens_are_limited_by_what_answers_say_they_used(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .tpm = 60 };
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    assert_int_equal(status_of(c, ""), 200);
    int64_t used = mock_rig_number(gl_json_get(mock_client_body(c), "usage"), "total_tokens");
    assert_in_range(used, 2, 100);
    assert_int_equal(status_of(c, ""), 429);
    assert_true(gl_json_string_is(gl_json_get(error_of(c), "type"), "tokens"));
    /* One a second: the debt, and the one that a full bucket holds. */
    assert_in_range(header_number(c, "retry-after: "), 1, (unsigned long)used);
    assert_non_null(strstr(c->got, "\r\nx-ratelimit-limit-tokens: 60\r\n"));
    assert_null(strstr(c->got, "x-ratelimit-limit-requests"));
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_header_chooses_what_happens_to_its_request(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .fault = "500:100%", .outage = "0-3600s", .quota_after = 1 };
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    assert_int_equal(status_of(c, "x-mock-fault: 429\r\n"), 429);
    assert_int_equal(status_of(c, "X-Mock-Fault: 503\r\n"), 503);
    assert_int_equal(status_of(c, "x-mock-fault: none\r\n"), 200);
    assert_int_equal(status_of(c, "x-mock-fault: teapot\r\n"), 400);
    assert_int_equal(status_of(c, "x-mock-latency: soon\r\n"), 400);
    gl_time start = gl_clock_now();
    assert_int_equal(status_of(c, "x-mock-fault: none\r\nx-mock-latency: 30ms\r\n"), 200);
    assert_true(gl_clock_now() - start >= 30 * GL_MS);
    assert_int_equal(mock_rig_stat(&w, NULL, "outage_requests"), 0);
    assert_int_equal(mock_rig_stat(&w, "by_fault", "429"), 1);
    assert_int_equal(mock_rig_stat(&w, "by_fault", "503"), 1);
    assert_int_equal(mock_rig_stat(&w, "by_fault", "500"), 0);
    mock_client_post_with(c, CHAT, "x-mock-fault: reset\r\n", MOCK_RIG_CHAT);
    mock_client_wait_end(c);
    assert_true(c->reset);
    mock_client_close(c);
    mock_rig_close(&w);
}

/* A header changes the fate of its own request only. */
static void draws_go_on_as_if_the_header_were_not_there(void **state)
{
    (void)state;
    enum { REQUESTS = 40 };
    int plain[REQUESTS];
    for (int run = 0; run < 2; run++) {
        mock_rig w;
        mock_rig_open(&w, NULL, "500:50%");
        mock_client *c = mock_rig_connect(&w);
        for (int i = 0; i < REQUESTS; i++) {
            bool forced = run == 1 && i % 2 == 0;
            int status = status_of(c, forced ? "x-mock-fault: 429\r\n" : "");
            if (run == 0)
                plain[i] = status;
            else
                assert_int_equal(status, forced ? 429 : plain[i]);
        }
        mock_client_close(c);
        mock_rig_close(&w);
    }
}

static void a_wrong_request_is_refused_whatever_the_limits(void **state)
{
    (void)state;
    mock_rig w;
    const mock_options options = { .outage = "0-3600s", .quota_after = 1, .rpm = 60 };
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, CHAT, "{}");
    mock_client_wait(c, "}}", 1);
    assert_non_null(strstr(c->got, "400 Bad Request"));
    assert_int_equal(mock_rig_stat(&w, NULL, "outage_requests"), 0);
    mock_client_close(c);
    mock_rig_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outage_is_503_from_its_start_to_its_end),
        cmocka_unit_test(an_outage_from_the_start_meets_the_first_request),
        cmocka_unit_test(after_the_quota_every_request_is_refused_as_openai_does),
        cmocka_unit_test(only_answers_use_up_the_quota),
        cmocka_unit_test(over_the_rate_is_429_with_the_time_that_helps),
        cmocka_unit_test(who_waits_as_long_as_told_is_let_in),
        cmocka_unit_test(tokens_are_limited_by_what_answers_say_they_used),
        cmocka_unit_test(a_header_chooses_what_happens_to_its_request),
        cmocka_unit_test(draws_go_on_as_if_the_header_were_not_there),
        cmocka_unit_test(a_wrong_request_is_refused_whatever_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
