/* http_endpoint.c - what gl_http refuses at the door; slashes and proxies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "http_rig.h"

/* --- what is refused at the door --- */

static void expect_refused(gl_http_config config, const char *field)
{
    size_t live = gl_alloc_live();
    struct event_base *base = event_base_new();
    gl_loop *loop = gl_loop_new(base);
    gl_http *http = NULL;
    glimpse_problem problem;
    config.max_response_bytes = 1000;
    config.max_connections = 10;
    glimpse_error error = gl_http_new(loop, base, &config, &http, &problem);
    if (error != GLIMPSE_ERR_INVALID) print_error("taken: %s\n", config.base_url);
    assert_int_equal(error, GLIMPSE_ERR_INVALID);
    assert_null(http);
    assert_string_equal(problem.field, field);
    gl_loop_free(loop);
    event_base_free(base);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_port_that_is_none_is_said_to_be_at_fault(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    gl_loop *loop = gl_loop_new(base);
    const gl_http_config config = { .base_url = "https://example.com:99999/",
                                    .max_response_bytes = 1000,
                                    .max_connections = 10 };
    gl_http *http = NULL;
    glimpse_problem problem;
    assert_int_equal(gl_http_new(loop, base, &config, &http, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.sentence, "the port must be a number, at most 65535");
    gl_loop_free(loop);
    event_base_free(base);
}

static void base_url_must_be_a_plain_http_url(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "api.example.com/v1",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://",
        "https:///v1",
        "https:/example.com/v1",
        "https:example.com/v1",
        "https://\xff\xfe.example/v1",
        "https://\xc3\xa9.example/v1", /* to be written xn--9ca.example */
        "http://user@example.com/",
        "http://user:pass@example.com/",
        "https://example.com/v1?x=1",
        "https://example.com/v1?",
        "https://example.com/v1#f",
        "https://example.com/v 1",
        " https://example.com/",
        "https://example.com/\r\nX: y",
        "https://exa\tmple.com/",
        "https://example.com:99999/",
        "https://[::1/",
        "https://example.com:port/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused((gl_http_config){ .base_url = bad[i] }, "base_url");
    expect_refused((gl_http_config){ .base_url = NULL }, "base_url");
}

static void header_line_with_a_control_byte_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "Authorization: Bearer a\r\nX: y",
                                       "X: a\nb",
                                       "X: a\x7f",
                                       "X\x01: a",
                                       "no colon",
                                       ": no name",
                                       "Na me: x",
                                       "Na;me: x" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *lines[] = { "Accept: application/json", bad[i] };
        expect_refused(
            (gl_http_config){ .base_url = "http://h/", .headers = lines, .header_count = 2 },
            "headers");
    }
}

static void proxy_must_be_one_that_is_known(void **state)
{
    (void)state;
    static const char *const bad[] = { "ftp://p:1",          "ftp://p",
                                       "quic://p",           "http://\xff\xfe",
                                       "http://p:1\r\nX: y", "http://" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused((gl_http_config){ .base_url = "http://h/", .http_proxy = bad[i] },
                       "http_proxy");
}

static void path_that_is_no_url_ends_as_invalid(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/a\r\nX-Smuggled: 1", "{}");
    assert_int_equal(call.error, GLIMPSE_ERR_INVALID);
    assert_int_equal(fault_server_connections(rig.server), 0);
    http_call_free(&call);
    http_rig_end(&rig);
}

static void slash_at_the_end_of_the_base_is_no_matter(void **state)
{
    (void)state;
    static const char *const ends[] = { "", "/", "/v1", "/v1/", "/v1//" };
    static const char *const lines[] = { "POST /x ", "POST /x ", "POST /v1/x ", "POST /v1/x ",
                                         "POST /v1/x " };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        http_rig rig;
        http_rig_init(&rig);
        char url[64];
        gl_http_config config = http_rig_config(&rig, url, sizeof url);
        snprintf(url, sizeof url, "http://127.0.0.1:%d%s", fault_server_port(rig.server), ends[i]);
        http_rig_open(&rig, &config);
        http_call call = { 0 };
        http_call_run(&rig, &call, i % 2 ? "/x" : "x", "{}");
        assert_memory_equal(fault_server_request(rig.server, 0)->head, lines[i], strlen(lines[i]));
        http_call_free(&call);
        http_rig_end(&rig);
    }
}

/* A handle that is used again goes where the next path says, beside others that go elsewhere; and a
 * path that makes no URL is refused, whatever came before it. */
static void each_request_goes_where_its_path_says(void **state)
{
    (void)state;
    static const struct {
        const char *path, *line;
    } cases[] = {
        { "/chat/completions", "POST /v1/chat/completions HTTP/1.1\r\n" },
        { "/embeddings?api-version=2024-06-01", "POST /v1/embeddings?api-version=2024-06-01 HTTP" },
        { "/chat/completions", "POST /v1/chat/completions HTTP/1.1\r\n" },
        { "/a b", NULL },
        { "/chat/completions", "POST /v1/chat/completions HTTP/1.1\r\n" },
        { "/a%20b/./c", "POST /v1/a%20b/c HTTP/1.1\r\n" },
        { "/a?b=%2e./&c", "POST /v1/a?b=%2e./&c HTTP/1.1\r\n" },
    };
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/", fault_server_port(rig.server));
    http_rig_open(&rig, &config);
    http_call call = { 0 };
    size_t sent = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_call_run(&rig, &call, cases[i].path, "{}");
        assert_int_equal(call.error, cases[i].line != NULL ? GLIMPSE_OK : GLIMPSE_ERR_INVALID);
        http_call_free(&call);
        if (cases[i].line == NULL) continue;
        assert_memory_equal(fault_server_request(rig.server, sent++)->head, cases[i].line,
                            strlen(cases[i].line));
    }
    assert_int_equal(fault_server_connections(rig.server), 1);
    http_rig_end(&rig);
}

/* --- proxies --- */

static void proxy_gets_the_request_and_no_proxy_goes_past_it(void **state)
{
    (void)state;
    static const struct {
        const char *no_proxy;
        bool proxied;
    } cases[] = { { NULL, true },
                  { "", true },
                  { "example.org, 10.0.0.1", true },
                  { "127.0.0.1", false },
                  { "example.org,127.0.0.1", false },
                  { "*", false },
                  { "0.0.1", true }, /* an address is no name with a domain above it */
                  { "1", true },
                  { "10.0.0.0/8, 127.0.0.0/8", false },
                  { "126.0.0.0/7", false },
                  { "128.0.0.0/1", true },
                  { "127.0.0.1/33", true },
                  { "127.0.0.1/", true },
                  { "0.0.0.0/0", false },
                  { "::/0", true }, /* of the other family */
                  { "::1,[::1]", true } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_rig rig;
        http_rig_init(&rig);
        fault_server *proxy = fault_server_new(rig.base);
        char url[64], proxy_url[64];
        gl_http_config config = http_rig_config(&rig, url, sizeof url);
        snprintf(proxy_url, sizeof proxy_url, "127.0.0.1:%d", fault_server_port(proxy));
        config.http_proxy = proxy_url;
        config.https_proxy = "http://192.0.2.1:1"; /* not for http URLs */
        config.no_proxy = cases[i].no_proxy;
        http_rig_open(&rig, &config);
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        assert_int_equal(fault_server_requests(proxy), cases[i].proxied ? 1 : 0);
        assert_int_equal(fault_server_requests(rig.server), cases[i].proxied ? 0 : 1);
        if (cases[i].proxied)
            assert_memory_equal(fault_server_request(proxy, 0)->head, "POST http://127.0.0.1:", 22);
        http_call_free(&call);
        fault_server_free(proxy);
        http_rig_end(&rig);
    }
}

static void environment_names_no_proxy(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.error, GLIMPSE_OK);
    http_call_free(&call);
    http_rig_end(&rig);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_url_must_be_a_plain_http_url),
        cmocka_unit_test(a_port_that_is_none_is_said_to_be_at_fault),
        cmocka_unit_test(header_line_with_a_control_byte_is_refused),
        cmocka_unit_test(proxy_must_be_one_that_is_known),
        cmocka_unit_test(path_that_is_no_url_ends_as_invalid),
        cmocka_unit_test(slash_at_the_end_of_the_base_is_no_matter),
        cmocka_unit_test(each_request_goes_where_its_path_says),
        cmocka_unit_test(proxy_gets_the_request_and_no_proxy_goes_past_it),
        cmocka_unit_test(environment_names_no_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
