/* resolve.c - names of hosts: through evdns, shared, cached, and never by a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fault_dns.h"
#include "http_rig.h"
#include "openai/resolve.h"

static void open_name(http_rig *rig, const char *name)
{
    char url[64];
    gl_http_config config = http_rig_config(rig, url, sizeof url);
    snprintf(url, sizeof url, "http://%s:%d/v1", name, fault_server_port(rig->server));
    http_rig_open(rig, &config);
}

static void expect_ending(const char *name, glimpse_error error)
{
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    open_name(&rig, name);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.error, error);
    assert_int_equal(call.message[0] == '\0', error == GLIMPSE_OK);
    assert_int_equal(rig.sent, error == GLIMPSE_OK ? 1 : 0);
    http_call_free(&call);
    fault_dns_free(dns);
    http_rig_end(&rig);
}

static void names_are_found_or_said_to_be_unknown_or_failing(void **state)
{
    (void)state;
    expect_ending("api.test", GLIMPSE_OK);
    expect_ending("six.test", GLIMPSE_OK); /* the server has no IPv6: the other family serves */
    expect_ending("two.test", GLIMPSE_OK); /* the first address refuses */
    expect_ending("nowhere.test", GLIMPSE_ERR_DNS_UNKNOWN);
    expect_ending("nodata.test", GLIMPSE_ERR_DNS_UNKNOWN); /* which evdns calls a failure */
    expect_ending("servfail.test", GLIMPSE_ERR_DNS);
}

/* More than 512 bytes: 28 addresses, or a chain of names as private links of clouds have it. */
static void an_answer_that_was_truncated_is_asked_for_over_tcp(void **state)
{
    (void)state;
    expect_ending("large.test", GLIMPSE_OK);
    expect_ending("chain.test", GLIMPSE_OK);
    expect_ending("empty.test", GLIMPSE_ERR_DNS_UNKNOWN);
    expect_ending("shut.test", GLIMPSE_ERR_DNS);
}

static void look_up_is_shared_and_kept_and_starts_no_thread(void **state)
{
    (void)state;
    enum { MANY = 200 };
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    open_name(&rig, "api.test");
    size_t threads = http_rig_threads();
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    for (size_t wave = 1; wave <= 3; wave++) {
        for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{}");
        while (rig.done < wave * MANY) {
            http_rig_run(&rig, &rig.done, rig.done + 1);
            assert_int_equal(http_rig_threads(), threads);
        }
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(calls[i].error, GLIMPSE_OK);
            http_call_free(&calls[i]);
        }
    }
    assert_int_equal(fault_dns_queries(dns), 2); /* A and AAAA, once */
    assert_true(fault_server_connections(rig.server) <= MANY);
    const fault_request *request = fault_server_request(rig.server, 0);
    assert_non_null(strstr(request->head, "\r\nHost: api.test:"));
    free(calls);
    fault_dns_free(dns);
    http_rig_end(&rig);
}

/* Of two connections the first one alone has to wait for the name. */
static void waiting_for_a_name_is_told_of_those_that_did(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    open_name(&rig, "api.test");
    http_call calls[2] = { 0 };
    gl_time before = gl_clock_now();
    http_call_run(&rig, &calls[0], "/x", "{}");
    int64_t took = (int64_t)gl_time_since(gl_clock_now(), before);
    assert_int_equal(calls[0].openings, 1);
    assert_true(calls[0].opening.dns_ns > 0);
    assert_true(calls[0].opening.dns_ns + calls[0].opening.connect_ns <= took);
    http_call_start(&rig, &calls[1], "/x", "{}");
    gl_http_fresh(calls[1].transfer);
    http_rig_run(&rig, &rig.done, 2);
    assert_int_equal(calls[1].openings, 1);
    assert_int_equal(calls[1].opening.dns_ns, -1);
    assert_true(calls[1].opening.connect_ns > 0);
    for (size_t i = 0; i < 2; i++) http_call_free(&calls[i]);
    fault_dns_free(dns);
    http_rig_end(&rig);
}

static void localhost_and_addresses_ask_nobody(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    open_name(&rig, "localhost");
    size_t threads = http_rig_threads();
    http_call call = { 0 };
    http_call_start(&rig, &call, "/x", "{}");
    while (call.done == 0) {
        event_base_loop(rig.base, EVLOOP_ONCE);
        assert_int_equal(http_rig_threads(), threads);
    }
    assert_int_equal(call.error, GLIMPSE_OK);
    assert_int_equal(fault_dns_queries(dns), 0);
    http_call_free(&call);
    assert_true(gl_resolve_is_literal("192.0.2.1"));
    assert_true(gl_resolve_is_literal("[2001:db8::1]"));
    assert_true(gl_resolve_is_literal("LOCALHOST"));
    assert_true(gl_resolve_is_literal("a.localhost"));
    assert_false(gl_resolve_is_literal("notlocalhost"));
    assert_false(gl_resolve_is_literal("192.0.2.1.example"));
    fault_dns_free(dns);
    http_rig_end(&rig);
}

static void transfer_that_waits_for_a_name_can_be_cancelled(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    open_name(&rig, "silent.test");
    http_call calls[3] = { 0 };
    for (int i = 0; i < 3; i++) http_call_start(&rig, &calls[i], "/x", "{}");
    while (fault_dns_queries(dns) < 2) event_base_loop(rig.base, EVLOOP_ONCE);
    for (int i = 0; i < 3; i++) gl_http_cancel(calls[i].transfer);
    http_rig_pass(&rig, 20);
    assert_int_equal(rig.done, 0);
    fault_dns_free(dns);
    http_rig_end(&rig); /* the look-up is still under way */
}

static void proxy_is_looked_up_and_the_server_behind_it_is_not(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    char url[64], proxy[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    snprintf(url, sizeof url, "http://inside.example/v1");
    snprintf(proxy, sizeof proxy, "http://api.test:%d", fault_server_port(rig.server));
    config.http_proxy = proxy;
    http_rig_open(&rig, &config);
    size_t threads = http_rig_threads();
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.error, GLIMPSE_OK);
    assert_int_equal(http_rig_threads(), threads);
    assert_int_equal(fault_dns_queries(dns), 2);
    const fault_request *request = fault_server_request(rig.server, 0);
    assert_memory_equal(request->head, "POST http://inside.example/v1/x ", 32);
    http_call_free(&call);
    fault_dns_free(dns);
    http_rig_end(&rig);
}

/* --- the resolver alone --- */

static void count_ready(void *arg)
{
    ++*(size_t *)arg;
}

static void next_address_comes_first_after_a_failure(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    size_t ready = 0;
    gl_resolver *resolver = gl_resolver_new(rig.loop, rig.base, "two.test", count_ready, &ready);
    assert_null(gl_resolver_get(resolver));
    assert_null(gl_resolver_get(resolver));
    http_rig_run(&rig, &ready, 1);
    gl_addresses *first = gl_addresses_ref(gl_resolver_get(resolver));
    assert_string_equal(first->text, "127.0.0.2,127.0.0.1");
    gl_resolver_rotate(resolver, first);
    assert_string_equal(gl_resolver_get(resolver)->text, "127.0.0.1,127.0.0.2");
    gl_resolver_rotate(resolver, first); /* a second failure of the same burst */
    assert_string_equal(gl_resolver_get(resolver)->text, "127.0.0.1,127.0.0.2");
    assert_int_equal(fault_dns_queries(dns), 2);
    assert_int_equal(ready, 1);
    gl_addresses_unref(first);
    gl_resolver_free(resolver);
    fault_dns_free(dns);
    http_rig_end(&rig);
}

static void what_came_over_tcp_is_kept_and_bounded(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    size_t ready = 0;
    gl_resolver *resolver = gl_resolver_new(rig.loop, rig.base, "large.test", count_ready, &ready);
    assert_null(gl_resolver_get(resolver));
    http_rig_run(&rig, &ready, 1);
    const gl_addresses *addresses = gl_resolver_get(resolver);
    assert_non_null(addresses);
    size_t commas = 0;
    for (const char *at = addresses->text; *at != '\0'; at++) commas += *at == ',';
    assert_int_equal(commas + 1, GL_RESOLVE_ADDRESSES_MAX);
    assert_int_equal(fault_dns_tcp_queries(dns), 2); /* A and AAAA, on one connection */
    gl_resolver_free(resolver);
    /* And one that is freed while its question is on the way. */
    resolver = gl_resolver_new(rig.loop, rig.base, "large.test", count_ready, &ready);
    assert_null(gl_resolver_get(resolver));
    while (fault_dns_tcp_queries(dns) < 4) event_base_loop(rig.base, EVLOOP_ONCE);
    gl_resolver_free(resolver);
    http_rig_pass(&rig, 5);
    fault_dns_free(dns);
    http_rig_end(&rig);
}

static void unknown_name_is_asked_for_again_next_time(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    fault_dns *dns = fault_dns_new(rig.base);
    size_t ready = 0;
    const char *message;
    gl_resolver *resolver =
        gl_resolver_new(rig.loop, rig.base, "nowhere.test", count_ready, &ready);
    for (size_t i = 1; i <= 2; i++) {
        assert_null(gl_resolver_get(resolver));
        http_rig_run(&rig, &ready, i);
        assert_int_equal(gl_resolver_verdict(resolver, &message), GLIMPSE_ERR_DNS_UNKNOWN);
        assert_string_equal(message, "the host name does not exist");
        assert_int_equal(fault_dns_queries(dns), 2 * i);
    }
    gl_resolver_free(resolver);
    fault_dns_free(dns);
    http_rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_or_said_to_be_unknown_or_failing),
        cmocka_unit_test(an_answer_that_was_truncated_is_asked_for_over_tcp),
        cmocka_unit_test(what_came_over_tcp_is_kept_and_bounded),
        cmocka_unit_test(look_up_is_shared_and_kept_and_starts_no_thread),
        cmocka_unit_test(waiting_for_a_name_is_told_of_those_that_did),
        cmocka_unit_test(localhost_and_addresses_ask_nobody),
        cmocka_unit_test(transfer_that_waits_for_a_name_can_be_cancelled),
        cmocka_unit_test(proxy_is_looked_up_and_the_server_behind_it_is_not),
        cmocka_unit_test(next_address_comes_first_after_a_failure),
        cmocka_unit_test(unknown_name_is_asked_for_again_next_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
