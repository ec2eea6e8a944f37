/* sampler.c - the OpenAI sampler over a real wire: what it sends, what it takes out of what comes
 * back, what it refuses to be set up with. */
#include "sampler_rig.h"

#include "oom.h"
#include "sampler.h"

static void the_body_goes_to_the_path_with_who_asks(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.config.endpoint.api_key = KEY;
    r.config.endpoint.organization = "org-1";
    r.config.endpoint.project = "proj-2";
    static const char *const headers[] = { "X-Trace: 9" };
    r.config.endpoint.headers = headers;
    r.config.endpoint.header_count = 1;
    rig_answer(&r, 200, ANSWER("hello"));
    const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
    assert_int_equal(glimpse_result_status(result), GLIMPSE_STATUS_ALIGNED);
    assert_string_equal(glimpse_result_text(result, NULL), "hello");
    assert_string_equal(glimpse_result_model(result), "m1");
    assert_string_equal(glimpse_result_request_id(result), "r7");
    assert_int_equal(glimpse_result_usage(result)->total_tokens, 3);
    assert_int_equal(glimpse_result_attempts(result), 1);
    assert_true(glimpse_result_timings(result)->first_byte_ns > 0);
    assert_string_equal(fault_server_request(r.server, 0)->body, "{\"messages\":[]}");
    assert_true(sent(&r, "POST /v1/chat/completions HTTP/1.1\r\n"));
    assert_true(sent(&r, "\r\nAuthorization: Bearer " KEY "\r\n"));
    assert_true(sent(&r, "\r\nOpenAI-Organization: org-1\r\n"));
    assert_true(sent(&r, "\r\nOpenAI-Project: proj-2\r\n"));
    assert_true(sent(&r, "\r\nX-Trace: 9\r\n"));
    assert_true(sent(&r, "\r\nContent-Type: application/json\r\n"));
    assert_true(sent(&r, "\r\nUser-Agent: glimpse/" GLIMPSE_VERSION "\r\n"));
    rig_end(&r);
}

static void without_a_key_no_authorization_is_sent(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    static const char *const headers[] = { "User-Agent: mine/1" };
    r.config.endpoint.headers = headers;
    r.config.endpoint.header_count = 1;
    rig_answer(&r, 200, ANSWER("hello"));
    rig_ask(&r, "{\"messages\":[]}");
    assert_false(sent(&r, "authorization"));
    assert_false(sent(&r, "openai-organization"));
    assert_true(sent(&r, "\r\nUser-Agent: mine/1\r\n"));
    assert_false(sent(&r, "glimpse/"));
    rig_end(&r);
}

static void azure_gets_its_paths_and_its_header(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d/", fault_server_port(r.server));
    r.config.endpoint.base_url = "http://192.0.2.1:1/v1"; /* not Azure's, nor is this key */
    r.config.endpoint.api_key = "sk-somebody-elses";
    r.config.endpoint.azure_endpoint = endpoint;
    r.config.endpoint.azure_api_key = KEY;
    r.config.endpoint.azure_deployment = "my gpt/4o";
    r.config.endpoint.api_version = "2024-10-21";
    rig_answer(&r, 429, "{\"error\":{\"code\":\"429\",\"message\":\"slow down " KEY "\"}}");
    assert_nowhere(rig_ask(&r, "{\"messages\":[]}"), KEY);
    assert_true(sent(&r, "POST /openai/deployments/my%20gpt%2F4o/chat/completions"
                         "?api-version=2024-10-21 HTTP/1.1\r\n"));
    assert_true(sent(&r, "\r\napi-key: " KEY "\r\n"));
    assert_false(sent(&r, "authorization"));
    assert_false(sent(&r, "somebody"));
    r.path = "/embeddings?x=1";
    rig_ask(&r, "{\"input\":[]}");
    assert_true(sent(&r, "POST /openai/deployments/my%20gpt%2F4o/embeddings"
                         "?x=1&api-version=2024-10-21 HTTP/1.1\r\n"));
    r.path = "/responses";
    rig_ask(&r, "{\"input\":[]}");
    assert_true(sent(&r, "POST /openai/responses?api-version=2024-10-21 HTTP/1.1\r\n"));
    rig_end(&r);
}

/* What a request asks for is found between the blanks that it was written with. */
static void a_body_with_blanks_around_it_is_read_all_the_same(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.path = "/responses";
    rig_answer(&r, 200, "{\"status\":\"queued\",\"output\":[]}");
    assert_int_equal(glimpse_result_error(rig_ask(&r, "{\"input\":\"q\"}")), GLIMPSE_ERR_HTTP);
    static const char *const bodies[] = { "{\"background\":true}", " {\"background\":true}",
                                          "\r\n{\"background\":true}\t\n" };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(glimpse_result_error(rig_ask(&r, bodies[i])), GLIMPSE_OK);
        const fault_request *request = fault_server_request(r.server, i + 1);
        assert_int_equal(request->body_len, strlen(bodies[i])); /* as it was written */
        assert_memory_equal(request->body, bodies[i], request->body_len);
    }
    rig_end(&r);
}

static void an_echoed_key_reaches_nobody(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
    } table[] = {
        { 401,
          "{\"error\":{\"message\":\"bad key " KEY " and again " KEY "\",\"code\":\"" KEY "\"}}" },
        { 502, "<html>" KEY "</html>" },
        { 200, ANSWER("you are " KEY) },
        { 400, "{\"error\":{\"message\":\"bad \\u0073k-test-\\u0030123456789abcdef\","
               "\"type\":\"x\\u0073\\u006B-test-0123456789abcdef\"}}" },
        { 200, "{\"model\":\"\\u0073k-test-0123456789abcdef\",\"choices\":[{\"message\":{"
               "\"content\":\"your key is sk-te\\u0073t-0123456789abcdef\"},"
               "\"finish_reason\":\"sk-\\u0074est-0123456789abcdef\"}]}" },
        { 200, "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"sk-test-\"},"
               "{\"type\":\"text\",\"text\":\"0123\\u003456789abcdef\"}]}}]}" },
        { 200, "nonsense " KEY },
    };
    rig r;
    rig_init(&r);
    r.config.endpoint.api_key = KEY;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rig_answer(&r, table[i].status, table[i].body);
        char request[32];
        snprintf(request, sizeof request, "{\"messages\":[%zu]}", i);
        const glimpse_result *result = rig_ask(&r, request);
        assert_nowhere(result, KEY);
        assert_nowhere(result, "0123456789abcdef");
        glimpse_engine_resume(r.engine); /* the 401 has stopped the key */
    }
    assert_string_equal(glimpse_result_error_code(r.result), "bad_json");
    rig_end(&r);
}

static void a_key_spelled_in_escapes_stays_out_of_the_message(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.config.endpoint.api_key = "local/secret/key";
    rig_answer(&r, 401, "{\"error\":{\"message\":\"bad local\\/secret\\/key, sorry\"}}");
    const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
    assert_string_equal(glimpse_result_error_message(result), "bad ****************, sorry");
    rig_end(&r);
}

static void a_secret_in_a_header_of_the_callers_is_one_too(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    static const char *const headers[] = { "api-key: azure-secret-1", "X-Other: visible-value",
                                           "X-Gateway-Token: gateway-secret-2" };
    r.config.endpoint.headers = headers;
    r.config.endpoint.header_count = 3;
    rig_answer(&r, 403, "{\"error\":\"azure-secret-1 visible-value gateway-secret-2\"}");
    const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
    assert_nowhere(result, "azure-secret-1");
    assert_nowhere(result, "gateway-secret-2");
    assert_non_null(strstr(glimpse_result_error_message(result), "visible-value"));
    rig_end(&r);
}

static void each_word_of_a_secret_header_is_covered(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    static const char *const headers[] = { "Cookie: session=CANARY-ONE; theme=dark",
                                           "X-Secret: CANARY-TWO and more" };
    r.config.endpoint.headers = headers;
    r.config.endpoint.header_count = 2;
    rig_answer(&r, 200, ANSWER("session=CANARY-ONE; theme=dark, CANARY-TWO and more"));
    const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
    assert_string_equal(glimpse_result_text(result, NULL),
                        "session=**********; theme=dark, ********** and more");
    assert_nowhere(result, "CANARY");
    rig_end(&r);
}

static void an_ordinary_word_of_a_header_stays_in_the_answer(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    static const char *const headers[] = { "x-portkey-provider: anthropic",
                                           "x-api-key-provider: OpenRouter",
                                           "max-tokens-policy: standard" };
    r.config.endpoint.headers = headers;
    r.config.endpoint.header_count = 3;
    rig_answer(&r, 200, ANSWER("anthropic, OpenRouter, standard"));
    assert_string_equal(glimpse_result_text(rig_ask(&r, "{\"messages\":[]}"), NULL),
                        "anthropic, OpenRouter, standard");
    rig_end(&r);
}

/* An http proxy sees the credentials, and may echo what it was sent. */
static void what_opens_a_proxy_is_covered_too(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    char proxy[100];
    snprintf(proxy, sizeof proxy, "http://user-one-1:p%%40ss-word-1@127.0.0.1:%d",
             fault_server_port(r.server));
    r.config.endpoint.base_url = "http://endpoint.invalid/v1";
    r.config.endpoint.http_proxy = proxy;
    rig_answer(&r, 403,
               "{\"error\":\"Basic dXNlci1vbmUtMTpwQHNzLXdvcmQtMQ== is user-one-1 p@ss-word-1\"}");
    const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
    assert_true(sent(&r, "Proxy-Authorization: Basic dXNlci1vbmUtMTpwQHNzLXdvcmQtMQ==\r\n"));
    assert_nowhere(result, "dXNlci1vbmU");
    assert_nowhere(result, "user-one");
    assert_nowhere(result, "p@ss");
    assert_non_null(strstr(glimpse_result_error_message(result), " is "));
    rig_end(&r);
}

#define REFUSAL(status, type)                                                                      \
    "HTTP/1.1 " status " X\r\nContent-Type: " type "\r\nContent-Length: 5\r\n\r\n<p>no"

/* Whether it stands in the way of a tunnel or of the request itself. */
static void a_proxy_that_refuses_is_named_and_stops_the_key(void **state)
{
    (void)state;
    static const struct {
        const char *url, *answer, *message;
        glimpse_error error;
        glimpse_status status;
        size_t key_stops;
    } rows[] = {
        { "https://endpoint.invalid/v1", REFUSAL("407", "text/html"),
          "refused the credentials, HTTP 407", GLIMPSE_ERR_PROXY, GLIMPSE_STATUS_AUTH_ERROR, 1 },
        { "https://endpoint.invalid/v1", REFUSAL("403", "text/html"),
          "refused the request, HTTP 403", GLIMPSE_ERR_PROXY, GLIMPSE_STATUS_AUTH_ERROR, 1 },
        { "https://endpoint.invalid/v1", REFUSAL("503", "text/html"), "answered, HTTP 503",
          GLIMPSE_ERR_CONNECT, GLIMPSE_STATUS_ERROR, 0 },
        { "http://endpoint.invalid/v1", REFUSAL("407", "application/json"),
          "refused the credentials, HTTP 407", GLIMPSE_ERR_PROXY, GLIMPSE_STATUS_AUTH_ERROR, 1 },
        { "http://endpoint.invalid/v1", REFUSAL("403", "text/html; charset=utf-8"),
          "refused the request, HTTP 403", GLIMPSE_ERR_PROXY, GLIMPSE_STATUS_AUTH_ERROR, 1 },
        { "http://endpoint.invalid/v1",
          "HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\n\r\n<html>",
          "refused the request, HTTP 403", GLIMPSE_ERR_PROXY, GLIMPSE_STATUS_AUTH_ERROR, 1 },
        /* tinyproxy of wrong credentials, and of a server that it cannot reach */
        { "http://endpoint.invalid/v1", REFUSAL("401", "text/html"),
          "refused the credentials, HTTP 401", GLIMPSE_ERR_PROXY, GLIMPSE_STATUS_AUTH_ERROR, 1 },
        { "http://endpoint.invalid/v1", REFUSAL("500", "text/html\r\nServer: tinyproxy/1.11.1"),
          "or a gateway behind it answered, HTTP 500", GLIMPSE_ERR_CONNECT, GLIMPSE_STATUS_ERROR,
          0 },
        /* It could not reach the server: as where it opens no tunnel. */
        { "http://endpoint.invalid/v1", REFUSAL("502", "text/html"),
          "or a gateway behind it answered, HTTP 502", GLIMPSE_ERR_CONNECT, GLIMPSE_STATUS_ERROR,
          0 },
        { "http://endpoint.invalid/v1", "HTTP/1.1 504 X\r\nContent-Length: 0\r\n\r\n",
          "or a gateway behind it answered, HTTP 504", GLIMPSE_ERR_CONNECT, GLIMPSE_STATUS_ERROR,
          0 },
        { "http://endpoint.invalid/v1", REFUSAL("503", "text/html"),
          "or a gateway behind it answered, HTTP 503", GLIMPSE_ERR_CONNECT, GLIMPSE_STATUS_ERROR,
          0 },
        /* These an endpoint may have written. */
        { "http://endpoint.invalid/v1", REFUSAL("500", "text/html"), "", GLIMPSE_ERR_HTTP,
          GLIMPSE_STATUS_SERVER_ERROR, 0 },
        { "http://endpoint.invalid/v1", "HTTP/1.1 401 X\r\nContent-Length: 2\r\n\r\n{}", "",
          GLIMPSE_ERR_HTTP, GLIMPSE_STATUS_AUTH_ERROR, 1 },
        { "http://endpoint.invalid/v1", REFUSAL("403", "application/json"), "", GLIMPSE_ERR_HTTP,
          GLIMPSE_STATUS_PERMISSION_DENIED, 0 },
        { "http://endpoint.invalid/v1", "HTTP/1.1 502 X\r\nContent-Length: 2\r\n\r\n{}", "",
          GLIMPSE_ERR_HTTP, GLIMPSE_STATUS_SERVER_ERROR, 0 },
        { "http://endpoint.invalid/v1", "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "",
          GLIMPSE_ERR_HTTP, GLIMPSE_STATUS_SERVER_ERROR, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig r;
        char proxy[100], message[100];
        rig_init(&r);
        const fault_step script[] = { { FAULT_SEND, rows[i].answer, 0 }, { FAULT_END, NULL, 0 } };
        fault_server_play(r.server, script);
        int port = fault_server_port(r.server);
        snprintf(proxy, sizeof proxy, "http://user-one-1:wrong-1-password@127.0.0.1:%d", port);
        r.config.endpoint.base_url = rows[i].url;
        r.config.endpoint.http_proxy = r.config.endpoint.https_proxy = proxy;
        r.config.max_attempts = 2;
        r.config.base_delay_ms = 1;
        const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
        assert_int_equal(glimpse_result_error(result), rows[i].error);
        assert_int_equal(glimpse_result_status(result), rows[i].status);
        snprintf(message, sizeof message, "the proxy 127.0.0.1:%d %s", port, rows[i].message);
        bool named = rows[i].error != GLIMPSE_ERR_HTTP;
        assert_int_equal(strcmp(glimpse_result_error_message(result), message) == 0, named);
        bool tries_again =
            rows[i].error == GLIMPSE_ERR_CONNECT || rows[i].status == GLIMPSE_STATUS_SERVER_ERROR;
        assert_int_equal(fault_server_requests(r.server), tries_again ? 2 : 1);
        glimpse_stats stats;
        glimpse_stats_init(&stats);
        glimpse_engine_stats(r.engine, &stats);
        assert_int_equal(stats.key_stops, rows[i].key_stops);
        if (rows[i].error == GLIMPSE_ERR_CONNECT) { /* whoever asks was never there */
            assert_int_equal(stats.connected, 0);
            assert_int_equal(stats.attempts, 0);
        }
        assert_null(strstr(glimpse_result_error_message(result), "wrong-1"));
        rig_end(&r);
    }
}

static void a_placeholder_key_changes_no_answer(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    r.config.endpoint.api_key = "ollama";
    rig_answer(&r, 200, ANSWER("ollama runs models"));
    assert_string_equal(glimpse_result_text(rig_ask(&r, "{\"messages\":[]}"), NULL),
                        "ollama runs models");
    rig_end(&r);
}

static void a_broken_answer_is_an_error_with_what_came(void **state)
{
    (void)state;
    static const fault_step cut[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choices\":[", 0 },
        { FAULT_CLOSE, NULL, 0 },
        { FAULT_END, NULL, 0 },
    };
    rig r;
    rig_init(&r);
    r.config.endpoint.api_key = KEY;
    fault_server_play(r.server, cut);
    const glimpse_result *result = rig_ask(&r, "{\"messages\":[]}");
    assert_int_equal(glimpse_result_error(result), GLIMPSE_ERR_RESET);
    assert_int_equal(glimpse_result_http_status(result), 200);
    size_t len;
    assert_string_equal(glimpse_result_body(result, &len), "{\"choices\":[");
    assert_false(glimpse_result_body_is_json(result));
    rig_end(&r);
}

static void cancel_and_free_in_flight_leave_nothing(void **state)
{
    (void)state;
    static const fault_step hang[] = { { FAULT_HANG, NULL, 0 }, { FAULT_END, NULL, 0 } };
    rig r;
    rig_init(&r);
    fault_server_play(r.server, hang);
    glimpse_id id = rig_submit(&r, "{\"messages\":[1]}");
    while (fault_server_requests(r.server) < 1) event_base_loop(r.base, EVLOOP_ONCE);
    glimpse_cancel(r.engine, id);
    while (r.results < 1) event_base_loop(r.base, EVLOOP_ONCE);
    assert_int_equal(glimpse_result_status(r.result), GLIMPSE_STATUS_CANCELLED);
    rig_submit(&r, "{\"messages\":[2]}");
    while (fault_server_requests(r.server) < 2) event_base_loop(r.base, EVLOOP_ONCE);
    rig_end(&r); /* the second is still out */
}

/* --- setting it up --- */

static glimpse_problem problem_of(struct event_base *base, const glimpse_endpoint *endpoint)
{
    glimpse_sampler *sampler = NULL;
    glimpse_problem problem;
    assert_int_equal(glimpse_openai_sampler_new(base, endpoint, NULL, &sampler, &problem),
                     GLIMPSE_ERR_INVALID);
    assert_null(sampler);
    assert_int_equal(glimpse_openai_sampler_new(base, endpoint, NULL, &sampler, NULL),
                     GLIMPSE_ERR_INVALID);
    return problem;
}

static void each_bad_field_is_named_and_no_value_shown(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    struct event_base *base = event_base_new();
    static const char *const control[] = { "X-A: b\r\nX-Evil: 1" };
    static const char *const nameless[] = { "no colon" };
    static const char *const twice[] = { "authorization: Bearer zzz" };
    static const char *const length[] = { "content-length: 3" };
    static const char *const none[] = { NULL };
    static const char *const azure[] = { "Api-Key: zzz" };
    const glimpse_endpoint table[] = {
        { .api_key = "zzz\nX-Evil: 1" },
        { .api_key = "zzz\x7f" },
        { .api_key = "" },
        { .api_key = "zzz zzz" },
        { .organization = "zzz\r" },
        { .organization = "" },
        { .project = "zzz\t" },
        { .project = "" },
        { .headers = control },
        { .headers = nameless },
        { .headers = twice, .api_key = "k" },
        { .headers = length },
        { .headers = none },
        { .base_url = "ftp://zzz/v1" },
        { .base_url = "http://zzz zzz/v1" },
        { .base_url = "" },
        { .azure_deployment = "", .api_version = "zzz" },
        { .azure_deployment = "..", .api_version = "zzz" },
        { .azure_deployment = "zzz\n", .api_version = "zzz" },
        { .azure_deployment = "zzz" },
        { .azure_deployment = "zzz", .api_version = "zzz\n" },
        { .azure_deployment = "zzz", .api_version = "zzz", .api_key = "k", .headers = azure },
        { .max_response_bytes = -1 },
        { .max_connections = -1 },
        { .http_version = (glimpse_http_version)9 },
    };
    static const char *const fields[] = {
        "api_key",
        "api_key",
        "api_key",
        "api_key",
        "organization",
        "organization",
        "project",
        "project",
        "headers",
        "headers",
        "headers",
        "headers",
        "headers",
        "base_url",
        "base_url",
        "base_url",
        "azure_deployment",
        "azure_deployment",
        "azure_deployment",
        "api_version",
        "api_version",
        "headers",
        "max_response_bytes",
        "max_connections",
        "http_version",
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_endpoint config;
        glimpse_endpoint_init(&config);
        config.api_key = table[i].api_key;
        config.organization = table[i].organization;
        config.project = table[i].project;
        config.azure_deployment = table[i].azure_deployment;
        config.api_version = table[i].api_version;
        config.headers = table[i].headers;
        config.header_count = table[i].headers != NULL;
        config.http_version = table[i].http_version;
        if (table[i].base_url != NULL) config.base_url = table[i].base_url;
        if (table[i].max_response_bytes != 0) config.max_response_bytes = -1;
        if (table[i].max_connections != 0) config.max_connections = -1;
        glimpse_problem problem = problem_of(base, &config);
        assert_string_equal(problem.field, fields[i]);
        assert_true(problem.sentence[0] != '\0');
        assert_null(strstr(problem.sentence, "zzz"));
    }
    glimpse_endpoint config = { .size = 0 };
    assert_string_equal(problem_of(base, &config).field, "size");
    event_base_free(base);
    assert_int_equal(gl_alloc_live(), live);
}

static const char *scope_of(struct event_base *base, const char *url, const char *organization,
                            const char *project, const char *deployment)
{
    static char out[16][128];
    static int next;
    glimpse_endpoint config;
    glimpse_endpoint_init(&config);
    config.base_url = url;
    config.organization = organization;
    config.project = project;
    config.api_key = KEY;
    config.azure_deployment = deployment;
    config.api_version = "2024-10-21";
    glimpse_sampler *sampler = NULL;
    assert_int_equal(glimpse_openai_sampler_new(base, &config, NULL, &sampler, NULL), GLIMPSE_OK);
    char *scope = out[next++ % 16];
    snprintf(scope, sizeof out[0], "%s", sampler->vtable.scope(sampler->self));
    assert_null(strstr(scope, KEY));
    glimpse_sampler_unref(sampler);
    return scope;
}

static void the_scope_tells_servers_and_tenants_apart(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    struct event_base *base = event_base_new();
    const char *usual = scope_of(base, "http://127.0.0.1/v1", NULL, NULL, NULL);
    assert_string_equal(scope_of(base, "HTTP://127.0.0.1:80/v1/", NULL, NULL, NULL), usual);
    assert_string_not_equal(scope_of(base, "http://127.0.0.1:8080/v1", NULL, NULL, NULL), usual);
    assert_string_not_equal(scope_of(base, "http://127.0.0.1/V1", NULL, NULL, NULL), usual);
    assert_string_not_equal(scope_of(base, "https://127.0.0.1/v1", NULL, NULL, NULL), usual);
    assert_string_not_equal(scope_of(base, "http://127.0.0.1/v1", "a", NULL, NULL), usual);
    assert_string_not_equal(scope_of(base, "http://127.0.0.1/v1", "a", NULL, NULL),
                            scope_of(base, "http://127.0.0.1/v1", NULL, "a", NULL));
    const char *azure = scope_of(base, "http://127.0.0.1/v1", NULL, NULL, "a");
    assert_string_not_equal(azure, usual);
    assert_string_not_equal(scope_of(base, "http://127.0.0.1/v1", NULL, NULL, "b"), azure);
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_base_free(base);
    assert_int_equal(gl_alloc_live(), live);
}

static void setting_up_without_memory_leaves_nothing(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    struct event_base *base = event_base_new();
    static const char *const headers[] = { "x-api-key: 0123456789" };
    glimpse_endpoint config;
    glimpse_endpoint_init(&config);
    config.base_url = "http://127.0.0.1/v1";
    config.organization = "o";
    config.project = "p";
    config.api_key = KEY;
    config.azure_deployment = "d"; /* with all that is copied */
    config.api_version = "1";
    config.headers = headers;
    config.header_count = 1;
    config.http_proxy = "http://user-one-1:pass-word-1@127.0.0.1:3128";
    for (size_t k = 1;; k++) {
        glimpse_sampler *sampler = NULL;
        oom_fail_at(k);
        glimpse_error error = glimpse_openai_sampler_new(base, &config, NULL, &sampler, NULL);
        bool failed = oom_end();
        glimpse_sampler_unref(sampler);
        event_base_loop(base, EVLOOP_NONBLOCK);
        assert_int_equal(gl_alloc_live(), live);
        if (!failed) {
            assert_int_equal(error, GLIMPSE_OK);
            break;
        }
        assert_int_equal(error, GLIMPSE_ERR_OOM);
        assert_true(k < 500);
    }
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_goes_to_the_path_with_who_asks),
        cmocka_unit_test(without_a_key_no_authorization_is_sent),
        cmocka_unit_test(azure_gets_its_paths_and_its_header),
        cmocka_unit_test(a_body_with_blanks_around_it_is_read_all_the_same),
        cmocka_unit_test(an_echoed_key_reaches_nobody),
        cmocka_unit_test(a_key_spelled_in_escapes_stays_out_of_the_message),
        cmocka_unit_test(a_secret_in_a_header_of_the_callers_is_one_too),
        cmocka_unit_test(each_word_of_a_secret_header_is_covered),
        cmocka_unit_test(an_ordinary_word_of_a_header_stays_in_the_answer),
        cmocka_unit_test(what_opens_a_proxy_is_covered_too),
        cmocka_unit_test(a_proxy_that_refuses_is_named_and_stops_the_key),
        cmocka_unit_test(a_placeholder_key_changes_no_answer),
        cmocka_unit_test(a_broken_answer_is_an_error_with_what_came),
        cmocka_unit_test(cancel_and_free_in_flight_leave_nothing),
        cmocka_unit_test(each_bad_field_is_named_and_no_value_shown),
        cmocka_unit_test(the_scope_tells_servers_and_tenants_apart),
        cmocka_unit_test(setting_up_without_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
