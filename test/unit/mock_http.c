/* Requests in any pieces, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "mock/http.h"

/* Shows the text step bytes at a time in a block of exactly what is there, so that a read past it
 * is caught by the sanitizer. Fills body; *used is 0 unless READY. */
static mock_http_progress feed(mock_http *http, const char *text, size_t step, char *body,
                               size_t *used)
{
    size_t len = strlen(text);
    char *data = malloc(len + 1);
    assert_non_null(data);
    memcpy(data, text, len);
    mock_http_init(http);
    mock_http_progress progress = MOCK_HTTP_MORE;
    for (size_t shown = 0; progress == MOCK_HTTP_MORE && shown < len;) {
        shown = shown + step < len ? shown + step : len;
        progress = mock_http_read(http, data, shown);
    }
    *used = 0;
    if (progress == MOCK_HTTP_READY) {
        gl_slice found = mock_http_body(http, data);
        memcpy(body, found.data, found.len);
        body[found.len] = '\0';
        *used = mock_http_used(http);
        assert_true(gl_slice_is(mock_http_path(http, data), "/v1/x"));
        assert_true(gl_slice_is(mock_http_method(http, data), "POST"));
    }
    free(data);
    return progress;
}

static void a_request_reads_the_same_in_any_pieces(void **state)
{
    (void)state;
    static const struct {
        const char *text, *body;
        size_t behind; /* bytes of the next request at the end */
    } cases[] = {
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET", "hello", 3 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", "", 0 },
        { "POST /v1/x?a=b HTTP/1.1\nhost:a\ncontent-length:2\n\nhi", "hi", 0 },
        { "\r\nPOST http://h:1/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nz", "z", 0 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5\r\nhello\r\n1;ext=1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nPOST",
          "hello 0123456789", 4 },
        { "POST /v1/x HTTP/1.0\r\nContent-Length: 1\r\n\r\ny", "y", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = strlen(cases[i].text);
        for (size_t step = 1; step <= len; step++) {
            mock_http http;
            char body[64];
            size_t used;
            assert_int_equal(feed(&http, cases[i].text, step, body, &used), MOCK_HTTP_READY);
            assert_string_equal(body, cases[i].body);
            assert_int_equal(used, len - cases[i].behind);
        }
    }
}

static void headers_for_the_mock_are_found_in_any_pieces(void **state)
{
    (void)state;
    static const char text[] =
        "POST /v1/x HTTP/1.1\r\nX-MOCK-Latency:\t50ms \r\nHost: a\r\nx-mock-fault: 500\r\n"
        "x-mock-other: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    for (size_t step = 1; step < sizeof text; step++) {
        char data[sizeof text];
        memcpy(data, text, sizeof text);
        mock_http http;
        mock_http_init(&http);
        mock_http_progress progress = MOCK_HTTP_MORE;
        for (size_t len = step; progress == MOCK_HTTP_MORE; len += step)
            progress = mock_http_read(&http, data, len < sizeof text - 1 ? len : sizeof text - 1);
        assert_int_equal(progress, MOCK_HTTP_READY);
        assert_true(gl_slice_is(mock_http_fault(&http, data), "500"));
        assert_true(gl_slice_is(mock_http_latency(&http, data), "50ms"));
    }
    char plain[] = "POST /v1/x HTTP/1.1\r\nHost: a\r\nx-mock-fault:\r\n\r\n";
    mock_http http;
    mock_http_init(&http);
    assert_int_equal(mock_http_read(&http, plain, strlen(plain)), MOCK_HTTP_READY);
    assert_null(mock_http_latency(&http, plain).data);
    assert_non_null(mock_http_fault(&http, plain).data); /* there, and empty: no known name */
    assert_int_equal(mock_http_fault(&http, plain).len, 0);
}

static void keep_alive_follows_version_and_header(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\n\r\n", true },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", false },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nConnection: te, close\r\n\r\n", false },
        { "POST /v1/x HTTP/1.0\r\n\r\n", false },
        { "POST /v1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mock_http http;
        char body[8];
        size_t used;
        assert_int_equal(feed(&http, cases[i].text, 3, body, &used), MOCK_HTTP_READY);
        assert_int_equal(http.keep_alive, cases[i].keep);
    }
}

static void ambiguous_or_malformed_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        { "POST /v1/x\r\n", 400 },
        { "POST  HTTP/1.1\r\n", 400 },
        { "garbage\r\n", 400 },
        { "POST /v1/x HTTP/2.0\r\n", 505 },
        { "POST /v1/x HTTP/1.1\r\n\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nHost a\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nHost : a\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\n folded\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nContent-Length: -1\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nContent-Length: 1x\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nContent-Length: 268435457\r\n", 413 },
        { "POST /v1/x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n", 501 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
          "chunked\r\n\r\n",
          400 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "ffffffffffffffffff\r\n",
          413 },
        { "POST /v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000001\r\n", 413 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step < 200; step += 99) {
            mock_http http;
            char body[8];
            size_t used;
            assert_int_equal(feed(&http, cases[i].text, step, body, &used), MOCK_HTTP_BAD);
            assert_int_equal(http.status, cases[i].status);
            assert_non_null(http.why);
        }
    }
}

static void a_head_over_64_kib_is_refused(void **state)
{
    (void)state;
    static const char start[] = "POST /v1/x HTTP/1.1\r\nHost: a\r\nX: ";
    size_t len = MOCK_HTTP_HEAD_MAX;
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, start, sizeof start - 1);
    text[len] = '\0';
    mock_http http;
    char body[8];
    size_t used;
    assert_int_equal(feed(&http, text, 1000, body, &used), MOCK_HTTP_BAD);
    assert_int_equal(http.status, 431);
    text[len - 1] = '\0';
    assert_int_equal(feed(&http, text, 1000, body, &used), MOCK_HTTP_MORE);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_reads_the_same_in_any_pieces),
        cmocka_unit_test(headers_for_the_mock_are_found_in_any_pieces),
        cmocka_unit_test(keep_alive_follows_version_and_header),
        cmocka_unit_test(ambiguous_or_malformed_requests_are_refused),
        cmocka_unit_test(a_head_over_64_kib_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
