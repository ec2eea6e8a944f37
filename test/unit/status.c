/* The table of docs/playbook.md section 4, and the names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "status.h"

static void each_http_status_of_section_4_has_its_status(void **state)
{
    (void)state;
    static const struct {
        int http;
        const char *name;
        bool essence_only;
    } table[] = {
        { 429, "rate_limited", true },
        { 401, "auth_error", false },
        { 400, "bad_request", false },
        { 404, "not_found", false },
        { 422, "unprocessable", false },
        { 403, "permission_denied", false },
        { 500, "server_error", true },
        { 503, "server_error", true },
        { 599, "server_error", true },
        { 413, "bad_request", false },
        { 408, "error", true },
        { 409, "error", true },
        { 418, "error", true },
        { 302, "error", true },
        { 0, "error", true },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        glimpse_status status = gl_status_of(GLIMPSE_ERR_HTTP, table[i].http);
        assert_string_equal(glimpse_status_name(status), table[i].name);
        assert_int_equal(gl_status_essence_only(status), table[i].essence_only);
    }
}

static void kinds_without_a_failed_http_status_are_error(void **state)
{
    (void)state;
    for (int i = 1; i < GLIMPSE_ERROR_COUNT; i++) {
        glimpse_error error = (glimpse_error)i;
        if (error == GLIMPSE_ERR_HTTP || error == GLIMPSE_ERR_CANCELLED ||
            error == GLIMPSE_ERR_QUOTA)
            continue;
        if (error == GLIMPSE_ERR_NO_MODEL) {
            assert_int_equal(gl_status_of(error, 0), GLIMPSE_STATUS_NOT_FOUND);
            continue;
        }
        if (error == GLIMPSE_ERR_PROXY) { /* credentials, but not the key's */
            assert_int_equal(gl_status_of(error, 0), GLIMPSE_STATUS_AUTH_ERROR);
            assert_int_equal(gl_status_of(error, 403), GLIMPSE_STATUS_AUTH_ERROR);
            continue;
        }
        if (error == GLIMPSE_ERR_STREAM_ERROR) { /* it names what it would have been */
            assert_int_equal(gl_status_of(error, 0), GLIMPSE_STATUS_ERROR);
            assert_int_equal(gl_status_of(error, 200), GLIMPSE_STATUS_ERROR);
            assert_int_equal(gl_status_of(error, 401), GLIMPSE_STATUS_AUTH_ERROR);
            assert_int_equal(gl_status_of(error, 503), GLIMPSE_STATUS_SERVER_ERROR);
            continue;
        }
        assert_int_equal(gl_status_of(error, 0), GLIMPSE_STATUS_ERROR);
        assert_int_equal(gl_status_of(error, 200), GLIMPSE_STATUS_ERROR);
        /* A 503 whose body broke off is not yet an answer of the endpoint's. */
        assert_int_equal(gl_status_of(error, 429), GLIMPSE_STATUS_ERROR);
    }
    assert_int_equal(gl_status_of(GLIMPSE_ERR_CANCELLED, 0), GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(gl_status_of(GLIMPSE_ERR_CANCELLED, 500), GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(gl_status_of(GLIMPSE_ERR_QUOTA, 429), GLIMPSE_STATUS_RATE_LIMITED);
    assert_int_equal(gl_status_of(GLIMPSE_OK, 200), GLIMPSE_STATUS_ALIGNED);
}

static void cancelled_and_answered_show_no_essence_of_the_draft(void **state)
{
    (void)state;
    assert_false(gl_status_essence_only(GLIMPSE_STATUS_CANCELLED));
    assert_false(gl_status_essence_only(GLIMPSE_STATUS_ALIGNED));
    assert_false(gl_status_essence_only(GLIMPSE_STATUS_NOT_ALIGNED));
}

static void retry_follows_the_error_table(void **state)
{
    (void)state;
    assert_int_equal(gl_error_retry(GLIMPSE_OK), 0);
    assert_int_equal(gl_error_retry(GLIMPSE_ERR_TLS), 0);
    assert_int_equal(gl_error_retry(GLIMPSE_ERR_DNS), 1);
    assert_int_equal(gl_error_retry(GLIMPSE_ERR_DNS_UNKNOWN), 0);
    assert_int_equal(gl_error_retry(GLIMPSE_ERR_RESET), 1);
    assert_int_equal(gl_error_retry(GLIMPSE_ERR_BAD_JSON), 2);
    assert_int_equal(gl_error_retry(GLIMPSE_ERR_CONTENT_FILTER), 0);
    assert_int_equal(gl_error_retry(GLIMPSE_ERROR_COUNT), 0);
}

static void every_value_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++) {
        assert_string_not_equal(glimpse_status_name((glimpse_status)i), "unknown");
        assert_string_not_equal(glimpse_status_sentence((glimpse_status)i), "unknown");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(glimpse_status_name((glimpse_status)i),
                                    glimpse_status_name((glimpse_status)j));
    }
    for (int i = 0; i < GLIMPSE_ERROR_COUNT; i++) {
        assert_string_not_equal(glimpse_error_name((glimpse_error)i), "unknown");
        assert_string_not_equal(glimpse_error_sentence((glimpse_error)i), "unknown");
    }
    assert_string_equal(glimpse_source_name(GLIMPSE_SOURCE_LIVE), "live");
    assert_string_equal(glimpse_source_name(GLIMPSE_SOURCE_CACHE), "cache");
    assert_string_equal(glimpse_source_name(GLIMPSE_SOURCE_LOCAL), "local");
}

static void a_value_out_of_range_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(glimpse_status_name(GLIMPSE_STATUS_COUNT), "unknown");
    assert_string_equal(glimpse_status_sentence(GLIMPSE_STATUS_COUNT), "unknown");
    assert_string_equal(glimpse_error_name(GLIMPSE_ERROR_COUNT), "unknown");
    assert_string_equal(glimpse_error_sentence((glimpse_error)999), "unknown");
    assert_string_equal(glimpse_source_name(GLIMPSE_SOURCE_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_http_status_of_section_4_has_its_status),
        cmocka_unit_test(kinds_without_a_failed_http_status_are_error),
        cmocka_unit_test(cancelled_and_answered_show_no_essence_of_the_draft),
        cmocka_unit_test(retry_follows_the_error_table),
        cmocka_unit_test(every_value_has_a_name_and_a_sentence),
        cmocka_unit_test(a_value_out_of_range_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
