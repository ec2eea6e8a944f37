/* answers.c - answers as other servers send them, over a real wire: what is one stays one. Each row
 * is from a public report (docs/dialects.md). */
#include "sampler_rig.h"

#include "packed.h"

#define HI "{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}"

/* Asks for an answer of these bytes; the connection ends behind them. */
static const glimpse_result *ask(rig *r, const char *bytes)
{
    static fault_step script[3];
    script[0] = (fault_step){ FAULT_SEND, bytes, 0 };
    script[1] = (fault_step){ FAULT_CLOSE, NULL, 0 };
    script[2] = (fault_step){ FAULT_END, NULL, 0 };
    fault_server_play(r->server, script);
    return rig_ask(r, "{\"messages\":[]}");
}

static const char *with_length(const char *head, const char *body)
{
    static char text[2048];
    snprintf(text, sizeof text, "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
    return text;
}

/* E14 */
static void however_the_wire_spells_it_an_answer_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *head, *rest; /* rest NULL: HI behind its length */
    } table[] = {
        { "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n", NULL },
        { "HTTP/1.0 200 OK\r\n\r\n" HI, "" },
        { "HTTP/1.1 200\r\n", NULL },
        { "HTTP/1.1 200 \r\n", NULL },
        { "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
          "HTTP/1.1 200 OK\r\n",
          NULL },
        { "HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\n", NULL },
        { "HTTP/1.1 200 OK\nContent-Type: application/json\n\n" HI, "" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
          "0041\r\n" HI "\r\n0\r\nX: y\r\n\r\n",
          "" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n"
          "0041\r\n" HI "\r\n0\r\n\r\n",
          "" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n" HI "and more", "" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 69\r\n\r\n\r\n\t " HI, "" },
    };
    assert_int_equal(sizeof HI - 1, 65);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rig r;
        rig_init(&r);
        const glimpse_result *result =
            ask(&r, table[i].rest == NULL ? with_length(table[i].head, HI) : table[i].head);
        if (strcmp(glimpse_result_text(result, NULL), "hi") != 0)
            fail_msg("%s: %s", table[i].head, glimpse_result_error_message(result));
        rig_end(&r);
    }
}

/* Servers send blanks while they work; so many of them were searched anew at each read. */
static void an_answer_behind_a_megabyte_of_blanks_is_read(void **state)
{
    (void)state;
    enum { BLANKS = 1 << 20 };
    static char blanks[BLANKS];
    static const char *const answers[] = {
        HI, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},"
            "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
    };
    memset(blanks, '\n', sizeof blanks);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const fault_step script[] = { { FAULT_SEND, "HTTP/1.0 200 OK\r\n\r\n", 0 },
                                      { FAULT_BYTES, blanks, BLANKS },
                                      { FAULT_SEND, answers[i], 0 },
                                      { FAULT_CLOSE, NULL, 0 } };
        rig r;
        rig_init(&r);
        fault_server_play(r.server, script);
        assert_string_equal(glimpse_result_text(rig_ask(&r, "{\"messages\":[]}"), NULL), "hi");
        rig_end(&r);
    }
}

/* Asks for an answer with this status and body, compressed; the connection goes on. */
static const glimpse_result *ask_packed(rig *r, const char *status, const char *body)
{
    static fault_step script[3];
    static gl_buf packed;
    static char head[200];
    gl_buf_free(&packed);
    packed_gzip(&packed, gl_slice_str(body), 1);
    snprintf(head, sizeof head,
             "HTTP/1.1 %s\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", status,
             packed.len);
    script[0] = (fault_step){ FAULT_SEND, head, 0 };
    script[1] = (fault_step){ FAULT_BYTES, packed.data, (int)packed.len };
    script[2] = (fault_step){ FAULT_END, NULL, 0 };
    fault_server_play(r->server, script);
    const glimpse_result *result = rig_ask(r, "{\"messages\":[]}");
    gl_buf_free(&packed);
    return result;
}

/* E04: whole, as a stream that was not asked for, and of an error. */
static void an_answer_that_is_compressed_unasked_is_read(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.config.cache_entries = 0; /* each of the three is asked */
    const glimpse_result *result = ask_packed(&r, "200 OK", HI);
    assert_string_equal(glimpse_result_text(result, NULL), "hi");
    assert_false(sent(&r, "accept-encoding"));
    result = ask_packed(&r, "200 OK",
                        "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},"
                        "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    assert_string_equal(glimpse_result_text(result, NULL), "hi");
    result = ask_packed(&r, "404 Not Found", "{\"error\":{\"message\":\"no model m\"}}");
    assert_int_equal(glimpse_result_http_status(result), 404);
    assert_string_equal(glimpse_result_error_message(result), "no model m");
    assert_string_equal(glimpse_result_body(result, NULL),
                        "{\"error\":{\"message\":\"no model m\"}}");
    rig_end(&r);
}

/* E09, E15 */
static void what_is_nearly_an_answer_is_judged_as_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        glimpse_error error;
    } table[] = {
        { "{\"choices\":[{\"message\":{\"role\":\"assistant\"},\"finish_reason\":\"length\"}]}",
          GLIMPSE_OK },
        { "{\"choices\":[]}", GLIMPSE_ERR_BAD_JSON },
        { "{\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\",\"logprobs\":"
          "{"
          "\"content\":[{\"token\":\"hi\",\"logprob\":-Infinity}]}}]}",
          GLIMPSE_ERR_BAD_JSON },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rig r;
        rig_init(&r);
        const glimpse_result *result = ask(&r, with_length("HTTP/1.1 200 OK\r\n", table[i].body));
        assert_int_equal(glimpse_result_error(result), table[i].error);
        assert_string_equal(glimpse_result_text(result, NULL), "");
        rig_end(&r);
    }
}

/* E10, E11: no limit that makes no sense, and no date in its place, stops what may go on. */
static void odd_rate_limits_let_the_next_request_go(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "x-ratelimit-limit-requests: -1\r\nx-ratelimit-remaining-requests: -1\r\n"
        "x-ratelimit-reset-requests: 0\r\n",
        "x-ratelimit-limit-requests: 0\r\nx-ratelimit-remaining-requests: 0\r\n"
        "x-ratelimit-reset-requests: 0\r\n",
        "x-ratelimit-limit-tokens: 0\r\nx-ratelimit-remaining-tokens: 0\r\n"
        "x-ratelimit-reset-tokens: 0s\r\n",
        "x-ratelimit-limit-requests: 6000\r\nx-ratelimit-remaining-requests: 5999\r\n"
        "x-ratelimit-reset-requests: 2026-11-29T10:00:00Z\r\n",
        "x-ratelimit-limit-requests: 6000\r\nx-ratelimit-remaining-requests: 5999\r\n"
        "x-ratelimit-reset-requests: 1795946400\r\n",
        "x-ratelimit-limit-requests: 6000\r\nx-ratelimit-remaining-requests: 5999\r\n"
        "x-ratelimit-reset-requests: 1795946400000\r\n",
        "x-ratelimit-limit-requests: 6000\r\nx-ratelimit-remaining-requests: 5999\r\n"
        "x-ratelimit-reset-requests: 23h59m59.5s\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char head[512];
        rig r;
        rig_init(&r);
        r.config.cache_entries = 0;
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%s", heads[i]);
        for (int n = 0; n < 3; n++) /* one that stands still fails in rig_ask */
            assert_string_equal(glimpse_result_text(ask(&r, with_length(head, HI)), NULL), "hi");
        rig_end(&r);
    }
}

/* E12: Azure says when in the limit's header alone, as a bare number of seconds. */
static void a_429_without_retry_after_waits_for_its_limit(void **state)
{
    (void)state;
    static const fault_step refusal[] = {
        { FAULT_SEND,
          "HTTP/1.1 429 X\r\nx-ratelimit-limit-tokens: 100\r\nx-ratelimit-remaining-tokens: 0\r\n"
          "x-ratelimit-reset-tokens: 0.3\r\nContent-Length: 0\r\n\r\n",
          0 },
        { FAULT_END, NULL, 0 }
    };
    rig r;
    rig_init(&r);
    r.config.max_attempts = 2;
    r.config.base_delay_ms = 1;
    fault_server_play_once(r.server, refusal);
    rig_answer(&r, 200, HI);
    const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
    assert_string_equal(glimpse_result_text(result, NULL), "hi");
    const glimpse_timings *timings = glimpse_result_timings(result);
    assert_true(timings->queue_ns + timings->backoff_ns >= 250000000);
    rig_end(&r);
}

/* E13 */
static void statuses_of_proxies_are_named(void **state)
{
    (void)state;
    static const int statuses[] = { 520, 521, 522, 523, 524, 525, 526, 527, 529, 530, 598, 999 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char head[64], named[32];
        rig r;
        rig_init(&r);
        snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Type: text/html\r\n", statuses[i]);
        snprintf(named, sizeof named, "(HTTP %d)", statuses[i]);
        const glimpse_result *result = ask(&r, with_length(head, "<html>error code: 1016</html>"));
        assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_HTTP);
        assert_non_null(strstr(glimpse_result_error_message(result), named));
        assert_non_null(strstr(glimpse_result_error_message(result), "1016"));
        rig_end(&r);
    }
}

/* E16 */
static void bodies_of_other_paths_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
    } table[] = {
        { "/score", "{\"data\":[{\"index\":0,\"score\":0.5}]}" },
        { "/rerank", "{\"results\":[{\"index\":1,\"relevance_score\":0.9}]}" },
        { "/moderations", "{\"results\":[{\"flagged\":false}]}" },
        { "/embeddings", "{\"data\":[{\"embedding\":[0.1]}]}" },
        { "/completions", "{\"choices\":[{\"text\":\"hi\",\"finish_reason\":\"stop\"}]}" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t len;
        rig r;
        rig_init(&r);
        r.path = table[i].path;
        const glimpse_result *result = ask(&r, with_length("HTTP/1.1 200 OK\r\n", table[i].body));
        assert_int_equal(glimpse_result_error(result), GLIMPSE_OK);
        const char *body = glimpse_result_body(result, &len);
        assert_int_equal(len, strlen(table[i].body));
        assert_memory_equal(body, table[i].body, len);
        rig_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_the_wire_spells_it_an_answer_is_one),
        cmocka_unit_test(an_answer_behind_a_megabyte_of_blanks_is_read),
        cmocka_unit_test(an_answer_that_is_compressed_unasked_is_read),
        cmocka_unit_test(what_is_nearly_an_answer_is_judged_as_what_it_is),
        cmocka_unit_test(odd_rate_limits_let_the_next_request_go),
        cmocka_unit_test(a_429_without_retry_after_waits_for_its_limit),
        cmocka_unit_test(statuses_of_proxies_are_named),
        cmocka_unit_test(bodies_of_other_paths_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
