/* http_oom.c - each allocation of gl_http fails in turn: an error or an ending, and nothing left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault_dns.h"
#include "http_rig.h"
#include "oom.h"

static size_t done;
static glimpse_error ending;

static void on_progress(void *arg, glimpse_progress progress)
{
    (void)arg;
    (void)progress;
}

static void on_done(void *arg, const gl_http_response *response)
{
    (void)arg;
    done++;
    ending = response->error;
}

/* Opens, sends one request by name, closes. Returns the first error met. */
static glimpse_error once(http_rig *rig, const gl_http_config *config)
{
    static const gl_http_observer observer = { .progress = on_progress, .done = on_done };
    glimpse_problem problem;
    glimpse_error error = gl_http_new(rig->loop, rig->base, config, &rig->http, &problem);
    if (error != GLIMPSE_OK) return error;
    done = 0;
    ending = GLIMPSE_ERR_OOM;
    if (gl_http_start(rig->http, "/x", gl_slice_str("{}"), &observer, NULL) != NULL)
        http_rig_run(rig, &done, 1);
    gl_http_free(rig->http);
    rig->http = NULL;
    event_base_loop(rig->base, EVLOOP_NONBLOCK);
    event_base_loop(rig->base, EVLOOP_NONBLOCK);
    return ending;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    char url[64], proxy[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    snprintf(proxy, sizeof proxy, "http://api.test:%d", fault_server_port(rig.server));
    config.http_proxy = proxy;
    const char *headers[] = { "Authorization: Bearer k", "X-Empty:" };
    config.headers = headers;
    config.header_count = 2;
    size_t live = gl_alloc_live(), k = 1;
    for (;; k++) {
        oom_fail_at(k);
        glimpse_error error = once(&rig, &config);
        if (!oom_end()) {
            assert_int_equal(error, GLIMPSE_OK);
            break;
        }
        /* Some are only for comfort: the buffer set aside for an announced length, say. */
        assert_true(error == GLIMPSE_ERR_OOM || error == GLIMPSE_OK ||
                    error == GLIMPSE_ERR_CONNECT);
        assert_int_equal(gl_alloc_live(), live);
    }
    assert_true(k > 25); /* the sweep really met them */
    fault_dns_free(dns);
    http_rig_end(&rig);
}

/* --- libcurl's own allocations --- */

static void *curl_alloc(size_t size)
{
    return oom_gate() ? malloc(size) : NULL;
}

static void *curl_zeroed(size_t count, size_t size)
{
    return oom_gate() ? calloc(count, size) : NULL;
}

static void *curl_resize(void *memory, size_t size)
{
    return oom_gate() ? realloc(memory, size) : NULL;
}

static char *curl_copy(const char *text)
{
    return oom_gate() ? strdup(text) : NULL;
}

static void every_allocation_of_libcurl_may_fail(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    size_t live = gl_alloc_live(), k = 1;
    oom_k = 0;
    assert_int_equal(curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_alloc, free, curl_resize,
                                          curl_copy, curl_zeroed),
                     CURLE_OK);
    for (;; k++) {
        oom_k = k;
        oom_count = 0;
        glimpse_error error = once(&rig, &config);
        bool failed = oom_count >= k;
        oom_k = 0;
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) {
            assert_int_equal(error, GLIMPSE_OK);
            break;
        }
    }
    curl_global_cleanup();
    assert_true(k > 40);
    http_rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail),
                                        cmocka_unit_test(every_allocation_of_libcurl_may_fail) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
