/* proxy.c - proxies that refuse in SOCKS' own words; those of HTTP stand in sampler.c. */
#include "sampler_rig.h"

/* What a SOCKS5 proxy says, sent as soon as the client is there: it reads each answer where it
 * expects it (RFC 1928, RFC 1929). */
#define WANTS_PASSWORD "\x05\x02"
#define WANTS_NOTHING  "\x05\x00"
#define REPLY(code)    "\x05" code "\x00\x01\x00\x00\x00\x00\x00\x00"
#define ROW(text)      text, sizeof text - 1

static void a_socks_proxy_that_refuses_is_named_and_stops_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int len;
        const char *message; /* NULL: it did not refuse */
    } rows[] = {
        { ROW(WANTS_PASSWORD "\x01\x01"), "refused the credentials" },
        { ROW("\x05\xff"), "refused the credentials" }, /* none of the methods is good enough */
        { ROW(WANTS_NOTHING REPLY("\x02")), "refused the request" },
        { ROW(WANTS_NOTHING REPLY("\x04")), NULL }, /* the host is unreachable: that may pass */
    };
    static const char *const urls[] = { "https://endpoint.invalid/v1",
                                        "http://endpoint.invalid/v1" };
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
        rig r;
        char proxy[100], message[100];
        rig_init(&r);
        const char *refusal = rows[i / 2].message;
        const fault_step script[] = { { FAULT_BYTES, rows[i / 2].answer, rows[i / 2].len },
                                      { FAULT_END, NULL, 0 } };
        fault_server_on_accept(r.server, script);
        int port = fault_server_port(r.server);
        snprintf(proxy, sizeof proxy, "socks5://user-one-1:wrong-1-password@127.0.0.1:%d", port);
        r.config.endpoint.base_url = urls[i % 2];
        r.config.endpoint.http_proxy = r.config.endpoint.https_proxy = proxy;
        r.config.max_attempts = 2;
        r.config.base_delay_ms = 1;
        const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
        assert_int_equal(glimpse_result_error(result),
                         refusal != NULL ? GLIMPSE_ERR_PROXY : GLIMPSE_ERR_CONNECT);
        if (refusal != NULL) {
            snprintf(message, sizeof message, "the proxy 127.0.0.1:%d %s", port, refusal);
            assert_string_equal(glimpse_result_error_message(result), message);
            assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_AUTH_ERROR);
        }
        assert_int_equal(fault_server_connections(r.server), refusal != NULL ? 1 : 2);
        glimpse_stats stats;
        glimpse_stats_init(&stats);
        glimpse_engine_stats(r.engine, &stats);
        assert_int_equal(stats.key_stops, refusal != NULL ? 1 : 0);
        assert_null(strstr(glimpse_result_error_message(result), "wrong-1"));
        rig_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socks_proxy_that_refuses_is_named_and_stops_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
