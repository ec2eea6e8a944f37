/* sampler_errors.c - the OpenAI sampler over a real wire: what an endpoint says about its failures,
 * and what is kept of it. */
#include "sampler_rig.h"

static bool record_says(const rig *r, const char *words)
{
    size_t len;
    char *record = NULL;
    assert_int_equal(glimpse_result_to_json(r->result, NULL, &record, &len), GLIMPSE_OK);
    bool says = strstr(record, words) != NULL;
    if (!says) print_message("%s\nis not in %s\n", words, record);
    glimpse_free(record);
    return says;
}

#define PART(id)                                                                                   \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: " id                       \
    "\r\nContent-Length: 99\r\n\r\n{"

static void the_request_id_of_every_attempt_is_kept(void **state)
{
    (void)state;
    static const fault_step unavailable[] = {
        { FAULT_SEND,
          "HTTP/1.1 503 X\r\nx-request-id: a1\r\nretry-after-ms: 3\r\nretry-after: 100\r\n"
          "Content-Length: 0\r\n\r\n",
          0 },
        { FAULT_END, NULL, 0 }
    };
    static const fault_step broken[] = { { FAULT_SEND, PART("a2"), 0 },
                                         { FAULT_CLOSE, NULL, 0 },
                                         { FAULT_END, NULL, 0 } };
    static const fault_step stalls[] = { { FAULT_SEND,
                                           PART("a\x1b"
                                                "3 " KEY),
                                           0 },
                                         { FAULT_HANG, NULL, 0 },
                                         { FAULT_END, NULL, 0 } };
    static const fault_step silent[] = { { FAULT_HANG, NULL, 0 }, { FAULT_END, NULL, 0 } };
    rig r;
    rig_init(&r);
    r.config.endpoint.api_key = KEY;
    r.config.max_attempts = 5;
    r.config.base_delay_ms = 1;
    r.config.timeout_ms = 300;
    fault_server_play_once(r.server, unavailable);
    fault_server_play_once(r.server, broken);
    fault_server_play_once(r.server, stalls);
    fault_server_play_once(r.server, silent);
    rig_answer(&r, 400, "{}"); /* its id is r7 */
    rig_ask(&r, "{\"messages\":[]}");
    static const struct {
        glimpse_error error;
        int status;
        const char *id;
    } table[] = {
        { GLIMPSE_ERR_HTTP, 503, "a1" },      { GLIMPSE_ERR_RESET, 200, "a2" },
        { GLIMPSE_ERR_TIMEOUT, 200, "a 3 " }, { GLIMPSE_ERR_TIMEOUT, 0, "" },
        { GLIMPSE_ERR_HTTP, 400, "r7" },
    };
    assert_int_equal(glimpse_result_attempts(r.result), 5);
    assert_int_equal(glimpse_result_attempt_count(r.result), 5);
    for (size_t i = 0; i < 5; i++) {
        const glimpse_attempt_record *attempt = glimpse_result_attempt(r.result, i);
        assert_int_equal(attempt->error, table[i].error);
        assert_int_equal(attempt->http_status, table[i].status);
        assert_memory_equal(attempt->request_id, table[i].id, strlen(table[i].id) + (i != 2));
    }
    assert_in_range(glimpse_result_attempt(r.result, 1)->waited_ns, 3000000, 3300000);
    assert_true(record_says(&r, ",\"log\":[{\"status\":503,\"request_id\":\"a1\",\"error\":"
                                "\"http\",\"waited_ms\":0.0,\"elapsed_ms\":"));
    assert_true(record_says(&r, "},{\"status\":null,\"request_id\":null,\"error\":\"timeout\","
                                "\"waited_ms\":"));
    assert_nowhere(r.result, KEY);
    rig_end(&r);
}

typedef struct logged {
    int calls, retries;
    char messages[4][256];
} logged;

static void on_log(const glimpse_log_event *event, void *arg)
{
    logged *l = arg;
    bool call = strcmp(event->name, "openai_call") == 0;
    if (!call && strcmp(event->name, "openai_error_retry") != 0) return;
    for (size_t i = 0; i < event->field_count; i++)
        if (strcmp(event->fields[i].name, "message") == 0)
            snprintf(l->messages[call ? l->calls : 2], sizeof l->messages[0], "%s",
                     event->fields[i].text);
    if (call)
        l->calls++;
    else
        l->retries++;
}

/* H10: also of an attempt after which another one answered; bounded, and without a secret. */
static void what_was_said_to_each_attempt_is_kept_and_logged(void **state)
{
    (void)state;
    static char text[1024], said[600];
    static fault_step fails[2];
    memset(said, 'x', sizeof said - 1);
    memcpy(said, "the key " KEY " is busy ", 9 + sizeof KEY + 7);
    snprintf(text, sizeof text,
             "HTTP/1.1 503 X\r\nContent-Length: %zu\r\n\r\n{\"error\":{\"message\":\"%s\"}}",
             sizeof said - 1 + 24, said);
    fails[0] = (fault_step){ FAULT_SEND, text, 0 };
    fails[1] = (fault_step){ FAULT_END, NULL, 0 };
    rig r;
    logged log = { 0 };
    rig_init(&r);
    r.config.endpoint.api_key = KEY;
    r.config.max_attempts = 2;
    r.config.base_delay_ms = 1;
    r.config.log = on_log;
    r.config.log_arg = &log;
    r.config.log_level = GLIMPSE_LOG_INFO;
    fault_server_play_once(r.server, fails);
    rig_answer(&r, 200, ANSWER("hello"));
    rig_ask(&r, "{\"messages\":[]}");
    assert_int_equal(glimpse_result_status(r.result), GLIMPSE_STATUS_ALIGNED);
    const char *first = glimpse_result_attempt(r.result, 0)->message;
    assert_memory_equal(first, "the key ****", 12);
    assert_non_null(strstr(first, "* is busy xxx"));
    assert_int_equal(strlen(first), 200);
    assert_string_equal(glimpse_result_attempt(r.result, 1)->message, "");
    assert_true(record_says(&r, ",\"message\":\"the key ****"));
    assert_true(record_says(&r, ",\"message\":null}]"));
    assert_int_equal(log.calls, 2);
    assert_int_equal(log.retries, 1);
    assert_string_equal(log.messages[0], first);
    assert_string_equal(log.messages[1], "");
    assert_string_equal(log.messages[2], first);
    assert_nowhere(r.result, KEY);
    rig_end(&r);
}

static void an_answer_at_the_first_attempt_has_no_log(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_answer(&r, 200, ANSWER("hello"));
    rig_ask(&r, "{\"messages\":[]}");
    assert_string_equal(glimpse_result_request_id(r.result), "r7");
    assert_false(record_says(&r, "\"log\""));
    assert_true(record_says(&r, "\"request_id\":\"r7\""));
    rig_end(&r);
}

/* A date is counted from the wall clock; a server that says no is not asked again. */
static void what_the_headers_ask_is_obeyed(void **state)
{
    (void)state;
    static char date[256];
    static fault_step in_300_s[2], no[2];
    time_t at = time(NULL) + 300;
    struct tm tm;
    size_t len = strftime(date, sizeof date, "HTTP/1.1 429 X\r\nRetry-After: %a, %d %b %Y %T GMT",
                          gmtime_r(&at, &tm));
    snprintf(date + len, sizeof date - len, "\r\nContent-Length: 0\r\n\r\n");
    in_300_s[0] = (fault_step){ FAULT_SEND, date, 0 };
    no[0] =
        (fault_step){ FAULT_SEND,
                      "HTTP/1.1 500 X\r\nX-Should-Retry: false\r\nContent-Length: 0\r\n\r\n", 0 };
    const fault_step *scripts[] = { in_300_s, no };
    for (size_t i = 0; i < 2; i++) {
        rig r;
        rig_init(&r);
        r.config.max_attempts = 3;
        r.config.base_delay_ms = 1;
        fault_server_play(r.server, scripts[i]);
        rig_ask(&r, "{\"messages\":[]}");
        assert_int_equal(glimpse_result_attempts(r.result), 1);
        assert_int_equal(fault_server_requests(r.server), 1);
        rig_end(&r);
    }
}

/* Without a header, what the body asks is: the same wait, and the same end where it is too long. */
static void what_the_body_asks_is_obeyed(void **state)
{
    (void)state;
    static const char *const waits[] = {
        "[{\"error\":{\"code\":429,\"message\":\"m\",\"details\":[{\"retryDelay\":\"0.03s\"}]}}]",
        "{\"error\":{\"message\":\"Please retry in 30ms.\"}}",
    };
    for (size_t i = 0; i < 2; i++) {
        rig r;
        rig_init(&r);
        r.config.max_attempts = 2;
        r.config.base_delay_ms = 1;
        rig_answer(&r, 429, waits[i]);
        rig_ask(&r, "{\"messages\":[]}");
        assert_int_equal(glimpse_result_attempts(r.result), 2);
        assert_in_range(glimpse_result_attempt(r.result, 1)->waited_ns, 30000000, 33000000);
        rig_answer(&r, 429, "{\"error\":{\"retry_after\":300}}");
        rig_ask(&r, "{\"messages\":[1]}");
        assert_int_equal(glimpse_result_attempts(r.result), 1);
        rig_end(&r);
    }
}

/* By our own clock the date passed years ago. */
static void a_date_to_wait_for_is_told_by_the_servers_clock(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND,
          "HTTP/1.1 429 X\r\nDate: Fri, 29 Sep 2023 16:26:55 GMT\r\n"
          "Retry-After: Fri, 29 Sep 2023 16:28:57 GMT\r\nContent-Length: 0\r\n\r\n",
          0 },
        { FAULT_END, NULL, 0 }
    };
    rig r;
    rig_init(&r);
    r.config.max_attempts = 3;
    r.config.base_delay_ms = 1;
    fault_server_play(r.server, script);
    rig_ask(&r, "{\"messages\":[]}"); /* 122 s: longer than any wait that is obeyed */
    assert_int_equal(glimpse_result_attempts(r.result), 1);
    rig_end(&r);
}

/* --- a refusal whose body does not come whole --- */

#define REFUSAL "{\"error\":{\"message\":\"for a reason\",\"type\":\"some_error\",\"code\":\"no\"}}"

/* The body breaks off, stalls, or is there but for the end of the connection. */
static void a_refusal_is_one_whatever_became_of_its_body(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        fault_kind end;
        bool whole;
    } broken[] = {
        { "Connection: close\r\n\r\n" REFUSAL, FAULT_RESET, true },
        { "Content-Length: 500\r\n\r\n{\"error", FAULT_RESET, false },
        { "Content-Length: 500\r\n\r\n{\"error", FAULT_HANG, false },
    };
    static const struct {
        int http_status;
        glimpse_status status;
        int attempts;
        bool stops; /* the key */
    } table[] = {
        { 400, GLIMPSE_STATUS_BAD_REQUEST, 1, false },
        { 401, GLIMPSE_STATUS_AUTH_ERROR, 1, true },
        { 413, GLIMPSE_STATUS_BAD_REQUEST, 1, false },
        { 429, GLIMPSE_STATUS_RATE_LIMITED, 2, false },
        { 500, GLIMPSE_STATUS_SERVER_ERROR, 2, false },
    };
    for (size_t t = 0; t < sizeof table / sizeof *table; t++)
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
            char text[256];
            snprintf(text, sizeof text, "HTTP/1.1 %d No\r\nContent-Type: application/json\r\n%s",
                     table[t].http_status, broken[i].rest);
            const fault_step script[] = { { FAULT_SEND, text, 0 },
                                          { FAULT_PAUSE, NULL, 1 },
                                          { broken[i].end, NULL, 0 },
                                          { FAULT_END, NULL, 0 } };
            rig r;
            rig_init(&r);
            r.config.max_attempts = 2;
            r.config.base_delay_ms = 1;
            r.config.timeout_ms = 200;
            fault_server_play(r.server, script);
            rig_ask(&r, "{\"messages\":[]}");
            glimpse_stats stats;
            glimpse_stats_init(&stats);
            assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
            assert_int_equal(glimpse_result_status(r.result), table[t].status);
            assert_int_equal(glimpse_result_error(r.result), GLIMPSE_ERR_HTTP);
            assert_int_equal(glimpse_result_attempts(r.result), table[t].attempts);
            assert_int_equal(glimpse_result_attempt(r.result, 0)->error, GLIMPSE_ERR_HTTP);
            assert_int_equal(stats.key_stopped, table[t].stops);
            if (broken[i].whole) {
                assert_string_equal(glimpse_result_error_code(r.result), "no");
                assert_string_equal(glimpse_result_error_message(r.result), "for a reason");
            }
            rig_end(&r);
        }
}

/* --- other paths --- */

static void the_usage_of_every_endpoint_has_the_same_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *answer;
    } table[] = {
        { "/embeddings", "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,"
                         "\"embedding\":[0.5]}],\"model\":\"e\",\"usage\":{\"prompt_tokens\":8,"
                         "\"total_tokens\":8}}" },
        { "/responses", "{\"object\":\"response\",\"status\":\"completed\",\"output\":[{\"type\":"
                        "\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}]}],"
                        "\"usage\":{\"input_tokens\":8,\"output_tokens\":2,"
                        "\"total_tokens\":10}}" },
    };
    static const char *const usages[] = {
        "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":null,\"total_tokens\":8}",
        "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2,\"total_tokens\":10}"
    };
    for (size_t i = 0; i < 2; i++) {
        rig r;
        rig_init(&r);
        rig_answer(&r, 200, table[i].answer);
        r.path = table[i].path;
        rig_ask(&r, "{\"input\":\"x\"}");
        char line[64];
        snprintf(line, sizeof line, "POST /v1%s HTTP/1.1\r\n", table[i].path);
        assert_true(sent(&r, line));
        assert_int_equal(glimpse_result_status(r.result), GLIMPSE_STATUS_ALIGNED);
        assert_true(record_says(&r, usages[i]));
        assert_true(record_says(&r, table[i].answer));
        assert_true(record_says(&r, i == 0 ? "\"sample\":\"\"" : "\"sample\":\"hi\""));
        rig_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request_id_of_every_attempt_is_kept),
        cmocka_unit_test(what_was_said_to_each_attempt_is_kept_and_logged),
        cmocka_unit_test(an_answer_at_the_first_attempt_has_no_log),
        cmocka_unit_test(what_the_headers_ask_is_obeyed),
        cmocka_unit_test(what_the_body_asks_is_obeyed),
        cmocka_unit_test(a_date_to_wait_for_is_told_by_the_servers_clock),
        cmocka_unit_test(a_refusal_is_one_whatever_became_of_its_body),
        cmocka_unit_test(the_usage_of_every_endpoint_has_the_same_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
