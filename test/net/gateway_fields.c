/* The headers of the gateway's answers that others parse keep to their grammars; and none of them
 * is there where they are to hide stored answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"
#include "http_fields.h"

#define CHAT "/v1/chat/completions"

/* The value of a header in the head that came, "" when it is not there. */
static const char *header(const mock_client *c, const char *name)
{
    static char value[4][300];
    static int next;
    char wanted[64], *to = value[next++ % 4];
    snprintf(wanted, sizeof wanted, "\r\n%s: ", name);
    const char *at = strcasestr(c->got, wanted);
    *to = '\0';
    if (at == NULL || at > gate_client_body(c)) return to;
    at += strlen(wanted);
    snprintf(to, 300, "%.*s", (int)strcspn(at, "\r"), at);
    return to;
}

static void check(const mock_client *c, const char *cache, const char *proxy)
{
    const char *found = header(c, "cache-status"), *timing = header(c, "server-timing");
    if (strcmp(found, cache) != 0 || (*cache != '\0' && !is_cache_status(found)))
        fail_msg("Cache-Status: %s, not %s", found, cache);
    found = header(c, "proxy-status");
    if (strcmp(found, proxy) != 0 || (*proxy != '\0' && !is_proxy_status(found)))
        fail_msg("Proxy-Status: %s, not %s", found, proxy);
    if (*timing != '\0' && !is_server_timing(timing)) fail_msg("Server-Timing: %s", timing);
}

static void each_outcome_keeps_to_the_grammars(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *headers;
        int status;
        const char *cache, *proxy;
    } rows[] = {
        { "", "", 200, "glimpse; fwd=miss; fwd-status=200; stored", "" },
        { "", "Cache-Control: no-store\r\n", 200, "glimpse; fwd=bypass; fwd-status=200", "" },
        { "", "Cache-Control: no-cache\r\n", 200, "glimpse; fwd=request; fwd-status=200; stored",
          "" },
        { "", "Cache-Control: only-if-cached\r\n", 504, "", "" },
        { "400:#1", "", 400, "glimpse; fwd=miss; fwd-status=400", "glimpse; received-status=400" },
        { "401:#1", "", 424, "glimpse; fwd=miss; fwd-status=401", "glimpse; received-status=401" },
        { "429:#1", "", 429, "glimpse; fwd=miss; fwd-status=429", "glimpse; received-status=429" },
        { "500:#1", "", 502, "glimpse; fwd=miss; fwd-status=500", "glimpse; received-status=500" },
        { "reset:#1", "", 502, "glimpse; fwd=miss", "glimpse; error=connection_terminated" },
        { "hang:#1", "Glimpse-Deadline-Ms: 50\r\n", 504, "glimpse; fwd=miss",
          "glimpse; error=http_response_timeout" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gate_rig g;
        gate_rig_init(&g, &(mock_options){ .fault = rows[i].fault, .seed = 5 });
        g.engine_config.max_attempts = 1;
        gate_rig_open(&g);
        mock_client *c = gate_rig_connect(&g);
        int status = gate_client_ask(c, CHAT, rows[i].headers, MOCK_RIG_CHAT);
        if (status != rows[i].status) fail_msg("row %zu: %d", i, status);
        check(c, rows[i].cache, rows[i].proxy);
        assert_string_not_equal(header(c, "server-timing"), "");
        if (status == 200) {
            assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
            if (i != 1) check(c, "glimpse; hit", "");
        }
        mock_client_close(c);
        gate_rig_close(&g);
    }
}

static void the_grammars_refuse_what_is_none(void **state)
{
    (void)state;
    static const char *const caches[] = { "",
                                          "glimpse",
                                          "glimpse; hit; fwd=miss",
                                          "glimpse; fwd=maybe",
                                          "glimpse; hit; stored",
                                          "glimpse; fwd=miss; fwd-status=2000",
                                          "glimpse; Fwd=miss",
                                          "glimpse, hit",
                                          "\"glimpse; hit" };
    static const char *const proxies[] = { "glimpse; error=no_such", "glimpse; received-status=x",
                                           "glimpse; error", "glimpse; why=so",
                                           "1; error=dns_error" };
    static const char *const timings[] = { "",         "a;dur=-1",  "a;dur=1e3", "a;dur=",
                                           "a;dur=1,", "a b;dur=1", "a;dur=1;",  "a;dur=0,5 ms" };
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
        if (is_cache_status(caches[i])) fail_msg("'%s' passes", caches[i]);
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
        if (is_proxy_status(proxies[i])) fail_msg("'%s' passes", proxies[i]);
    for (size_t i = 0; i < sizeof timings / sizeof *timings; i++)
        if (is_server_timing(timings[i])) fail_msg("'%s' passes", timings[i]);
}

static void a_stored_answer_looks_like_a_fresh_one_where_it_is_to_be_hidden(void **state)
{
    (void)state;
    static const char *const names[] = { "cache-status", "age", "glimpse-status",
                                         "glimpse-attempts", "server-timing" };
    for (int hides = 0; hides < 2; hides++) {
        gate_rig g;
        gate_rig_init(&g, &(mock_options){ .seed = 5 });
        g.config.hides_cache = hides != 0;
        gate_rig_open(&g);
        mock_client *c = gate_rig_connect(&g);
        for (int round = 0; round < 2; round++) {
            assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
            for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(names[i], "age") != 0 || round == 1)
                    assert_int_equal(*header(c, names[i]) == '\0', hides);
        }
        assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
        mock_client_close(c);
        c = gate_rig_connect(&g); /* a stream tells it at its end */
        mock_client_post(c, CHAT,
                         "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                         "\"content\":\"a b\"}]}");
        mock_client_wait(c, "\r\n0\r\n\r\n", 1);
        assert_int_equal(strstr(c->got, "glimpse-status=") == NULL, hides);
        mock_client_close(c);
        gate_rig_close(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_keeps_to_the_grammars),
        cmocka_unit_test(the_grammars_refuse_what_is_none),
        cmocka_unit_test(a_stored_answer_looks_like_a_fresh_one_where_it_is_to_be_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
