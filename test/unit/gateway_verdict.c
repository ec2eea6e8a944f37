/* The status and code that each outcome of the engine has towards a caller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/queue.h"
#include "gateway/verdict.h"

#define SENT    .sent = true
#define SPENT   .sent = true, .spent = true
#define HTTP(n) .error = GLIMPSE_ERR_HTTP, .http_status = n

static void each_outcome_has_its_status(void **state)
{
    (void)state;
    static const struct {
        gateway_outcome outcome;
        int status;
        const char *code; /* NULL: the endpoint's body */
        bool no_retry;
        const char *proxy_error;
    } rows[] = {
        { { .http_status = 200, SENT }, 200, NULL, false, NULL },
        { { .error = GLIMPSE_OK }, 200, NULL, false, NULL },
        { { HTTP(400), SENT }, 400, NULL, false, NULL },
        { { HTTP(404), SENT }, 404, NULL, false, NULL },
        { { HTTP(413), SENT }, 413, NULL, false, NULL },
        { { HTTP(422), SENT }, 422, NULL, false, NULL },
        { { HTTP(401), SENT }, 424, "upstream_auth", true, NULL },
        { { HTTP(403), SENT }, 424, "upstream_auth", true, NULL },
        { { HTTP(429), SENT }, 429, NULL, false, NULL },
        { { HTTP(429), SPENT }, 429, NULL, true, NULL },
        { { .error = GLIMPSE_ERR_QUOTA, .http_status = 429, SENT }, 429, NULL, true, NULL },
        { { .error = GLIMPSE_ERR_QUOTA, .http_status = 402, SENT }, 402, NULL, true, NULL },
        { { HTTP(500), SPENT }, 502, "upstream_error", true, NULL },
        { { HTTP(503), SENT }, 502, "upstream_error", false, NULL },
        { { HTTP(200), .status = GLIMPSE_STATUS_RATE_LIMITED, SENT }, 429, NULL, false, NULL },
        { { HTTP(200), .status = GLIMPSE_STATUS_AUTH_ERROR, SENT },
          424,
          "upstream_auth",
          true,
          NULL },
        { { HTTP(200), .status = GLIMPSE_STATUS_SERVER_ERROR, SENT },
          502,
          "upstream_error",
          false,
          NULL },
        { { .error = GLIMPSE_ERR_RESET, SPENT },
          502,
          "upstream_error",
          true,
          "connection_terminated" },
        { { .error = GLIMPSE_ERR_CONNECT, SPENT },
          502,
          "upstream_error",
          true,
          "connection_refused" },
        { { .error = GLIMPSE_ERR_BAD_JSON, .http_status = 200, SPENT },
          502,
          "upstream_error",
          true,
          "http_protocol_error" },
        { { .error = GLIMPSE_ERR_TIMEOUT_FIRST_BYTE, SENT },
          504,
          "upstream_timeout",
          false,
          "http_response_timeout" },
        { { .error = GLIMPSE_ERR_DEADLINE, SENT },
          504,
          "deadline",
          false,
          "http_response_timeout" },
        { { .error = GLIMPSE_ERR_BEHIND, .sent = true }, 499, "slow_reader", false, NULL },
        { { .error = GLIMPSE_ERR_NOT_CACHED }, 504, "not_cached", false, NULL },
        { { .error = GLIMPSE_ERR_NO_MODEL }, 404, "model_not_found", true, NULL },
        { { .error = GLIMPSE_ERR_CONNECT, .circuit_open = true },
          503,
          "circuit_open",
          false,
          "destination_unavailable" },
        { { HTTP(500), .circuit_open = true, SENT },
          503,
          "circuit_open",
          false,
          "destination_unavailable" },
        { { .error = GLIMPSE_ERR_HTTP, .status = GLIMPSE_STATUS_AUTH_ERROR },
          424,
          "upstream_auth",
          true,
          NULL }, /* the key is stopped */
        { { .error = GLIMPSE_ERR_QUOTA, .status = GLIMPSE_STATUS_RATE_LIMITED },
          429,
          "insufficient_quota",
          true,
          NULL },
        { { .error = GLIMPSE_ERR_BAD_JSON }, 400, "invalid_json", false, NULL },
        { { .error = GLIMPSE_ERR_CANCELLED, SENT }, 503, "draining", false, NULL },
        { { .error = GLIMPSE_ERR_CLOSING }, 503, "draining", false, NULL },
        { { .error = GLIMPSE_ERR_OOM }, 503, "out_of_memory", false, "proxy_internal_error" },
        { { .error = GLIMPSE_ERR_CONTENT_FILTER, .http_status = 200, SENT },
          200,
          NULL,
          false,
          NULL },
        { { .error = GLIMPSE_ERR_CONTENT_FILTER, .http_status = 400, SENT },
          400,
          NULL,
          false,
          NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_verdict verdict = gateway_judge(&rows[i].outcome);
        if (verdict.status != rows[i].status) fail_msg("row %zu: %d", i, verdict.status);
        if (rows[i].code == NULL)
            assert_null(verdict.code);
        else
            assert_string_equal(verdict.code, rows[i].code);
        assert_int_equal(verdict.no_retry, rows[i].no_retry);
        if (rows[i].proxy_error == NULL)
            assert_null(verdict.proxy_error);
        else
            assert_string_equal(verdict.proxy_error, rows[i].proxy_error);
    }
}

static void every_error_kind_has_a_status_of_an_error(void **state)
{
    (void)state;
    for (int error = 1; error < GLIMPSE_ERROR_COUNT; error++)
        for (int sent = 0; sent < 2; sent++) {
            const gateway_outcome outcome = { .error = error, .sent = sent != 0 };
            gateway_verdict verdict = gateway_judge(&outcome);
            assert_true(verdict.status >= 400 && verdict.status <= 599);
            if (!outcome.sent) assert_non_null(verdict.code); /* there is no body to pass on */
        }
}

static void the_type_follows_the_status(void **state)
{
    (void)state;
    assert_string_equal(gateway_error_type(400, "x"), "invalid_request_error");
    assert_string_equal(gateway_error_type(424, "x"), "upstream_error");
    assert_string_equal(gateway_error_type(429, "x"), "rate_limit_error");
    assert_string_equal(gateway_error_type(429, "insufficient_quota"), "insufficient_quota");
    assert_string_equal(gateway_error_type(503, "x"), "server_error");
}

static void the_projected_wait_is_what_the_queue_takes(void **state)
{
    (void)state;
    static const struct {
        gateway_load load;
        int64_t seconds;
    } rows[] = {
        { { 0, 10, 1000000, 0 }, 1 },
        { { 100, 10, 1000000, 0 }, 10 },
        { { 101, 10, 1000000, 0 }, 11 },
        { { 100, 0, 0, 0 }, 100 },
        { { 100, 10, 1000000, INT64_C(5000000000) }, 15 },
        { { UINT64_MAX, 1, INT64_MAX, INT64_MAX }, 600 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(gateway_projected_wait_s(&rows[i].load), rows[i].seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_has_its_status),
        cmocka_unit_test(every_error_kind_has_a_status_of_an_error),
        cmocka_unit_test(the_type_follows_the_status),
        cmocka_unit_test(the_projected_wait_is_what_the_queue_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
