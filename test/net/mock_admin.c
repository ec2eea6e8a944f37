/* The mock server over plain sockets: its journal, settings, reset, health and metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mock_rig.h"

#define CHAT "/v1/chat/completions"

/* The whole answer on a connection of its own. */
static mock_client *ask(mock_rig *w, const char *method, const char *path, const char *body)
{
    char request[4000];
    mock_client *c = mock_rig_connect(w);
    snprintf(request, sizeof request,
             "%s %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer sk-secret\r\nConnection: close\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             method, path, strlen(body), body);
    mock_client_send_text(c, request);
    mock_client_wait_end(c);
    return c;
}

static int status_of(mock_rig *w, const char *method, const char *path, const char *body)
{
    mock_client *c = ask(w, method, path, body);
    int status = (int)strtol(c->got + 9, NULL, 10);
    mock_client_close(c);
    return status;
}

static gl_json element(gl_json array, size_t at)
{
    gl_json value = { GL_JSON_NONE, { NULL, 0 } };
    gl_json_iter iter = gl_json_begin(array);
    while (gl_json_next(&iter, NULL, &value))
        if (at-- == 0) return value;
    return (gl_json){ GL_JSON_NONE, { NULL, 0 } };
}

static size_t elements(gl_json array)
{
    size_t n = 0;
    gl_json value;
    gl_json_iter iter = gl_json_begin(array);
    while (gl_json_next(&iter, NULL, &value)) n++;
    return n;
}

static void the_journal_shows_what_came_and_what_became_of_it(void **state)
{
    (void)state;
    const mock_options options = { .journal = 8, .fault = "500:100%" };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    assert_int_equal(status_of(&w, "POST", CHAT "?api-key=sk-secret", MOCK_RIG_CHAT), 500);
    assert_int_equal(status_of(&w, "GET", "/v1/nothing", ""), 404);
    assert_int_equal(status_of(&w, "GET", "/__mock/stats", ""), 200); /* is not in it */
    mock_client *c = ask(&w, "GET", "/__mock/journal", "");
    gl_json body = mock_client_body(c), data = gl_json_get(body, "data");
    assert_int_equal(mock_rig_number(body, "requests"), 2);
    assert_int_equal(elements(data), 2);
    gl_json first = element(data, 0), second = element(data, 1);
    assert_true(gl_json_string_is(gl_json_get(first, "path"), CHAT));
    assert_true(gl_json_string_is(gl_json_get(first, "method"), "POST"));
    assert_true(gl_json_string_is(gl_json_get(first, "fault"), "500"));
    assert_true(gl_json_string_is(gl_json_get(first, "body"), MOCK_RIG_CHAT));
    assert_int_equal(mock_rig_number(first, "status"), 500);
    assert_int_equal(mock_rig_number(first, "body_bytes"), strlen(MOCK_RIG_CHAT));
    assert_int_equal(mock_rig_number(second, "status"), 404);
    assert_int_equal(gl_json_get(second, "fault").kind, GL_JSON_NULL);
    assert_null(strstr(c->got, "sk-secret"));
    mock_client_close(c);
    mock_rig_close(&w);
}

static void the_journal_keeps_the_last_ones_and_cuts_their_bodies(void **state)
{
    (void)state;
    const mock_options options = { .journal = 3 };
    char body[3000], path[32];
    mock_rig w;
    mock_rig_open_with(&w, &options);
    memset(body, 'x', sizeof body - 1);
    memcpy(body + 1023, "\xc3\xa9", 2); /* cut in the middle of its last character */
    body[sizeof body - 1] = '\0';
    for (int i = 1; i <= 5; i++) {
        snprintf(path, sizeof path, "/v1/none%d", i);
        assert_int_equal(status_of(&w, "POST", path, body), 404);
    }
    mock_client *c = ask(&w, "GET", "/__mock/journal", "");
    gl_json data = gl_json_get(mock_client_body(c), "data");
    assert_int_equal(elements(data), 3);
    assert_true(gl_json_string_is(gl_json_get(element(data, 0), "path"), "/v1/none3"));
    assert_true(gl_json_string_is(gl_json_get(element(data, 2), "path"), "/v1/none5"));
    assert_int_equal(mock_rig_number(element(data, 2), "body_bytes"), 2999);
    gl_json kept = gl_json_get(element(data, 2), "body"); /* 1023 bytes and U+FFFD, quoted */
    assert_int_equal(kept.text.len, 1023 + 3 + 2);
    mock_client_close(c);

    c = ask(&w, "GET", "/__mock/journal?limit=1", "");
    data = gl_json_get(mock_client_body(c), "data");
    assert_int_equal(elements(data), 1);
    assert_int_equal(mock_rig_number(element(data, 0), "number"), 5);
    mock_client_close(c);
    c = ask(&w, "GET", "/__mock/journal?after=4", "");
    assert_int_equal(elements(gl_json_get(mock_client_body(c), "data")), 1);
    mock_client_close(c);
    assert_int_equal(status_of(&w, "GET", "/__mock/journal?limit=0", ""), 400);
    assert_int_equal(status_of(&w, "GET", "/__mock/journal?after=x", ""), 400);
    assert_int_equal(status_of(&w, "DELETE", "/__mock/journal", ""), 200);
    c = ask(&w, "GET", "/__mock/journal", "");
    assert_int_equal(elements(gl_json_get(mock_client_body(c), "data")), 0);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_client_that_left_is_in_the_journal(void **state)
{
    (void)state;
    const mock_options options = { .journal = 3, .fault = "hang:100%" };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    mock_client *gone = mock_rig_connect(&w);
    mock_client_post(gone, CHAT, MOCK_RIG_CHAT);
    while (mock_rig_stat(&w, NULL, "requests") == 0) event_base_loop(w.base, EVLOOP_ONCE);
    mock_client *c = ask(&w, "GET", "/__mock/journal", "");
    gl_json entry = element(gl_json_get(mock_client_body(c), "data"), 0);
    assert_int_equal(gl_json_get(entry, "status").kind, GL_JSON_NULL);
    assert_int_equal(gl_json_get(entry, "duration_ms").kind, GL_JSON_NULL);
    assert_int_equal(gl_json_get(entry, "left").kind, GL_JSON_FALSE);
    mock_client_close(c);
    mock_client_close(gone);
    while (mock_rig_stat(&w, NULL, "left") == 0) event_base_loop(w.base, EVLOOP_NONBLOCK);
    c = ask(&w, "GET", "/__mock/journal", "");
    entry = element(gl_json_get(mock_client_body(c), "data"), 0);
    assert_int_equal(gl_json_get(entry, "left").kind, GL_JSON_TRUE);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void settings_change_all_at_once_or_not_at_all(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, "0", NULL);
    mock_client *c = ask(&w, "PUT", "/__mock/settings",
                         "{\"fault\":\"503:100%\",\"token-rate\":12.5,\"retry-after\":\"2s\","
                         "\"times\":true,\"capacity\":7}");
    gl_json body = mock_client_body(c);
    assert_true(gl_json_string_is(gl_json_get(body, "fault"), "503:100%"));
    assert_true(gl_json_string_is(gl_json_get(body, "retry-after"), "2s"));
    assert_int_equal(mock_rig_number(body, "capacity"), 7);
    assert_int_equal(gl_json_get(body, "times").kind, GL_JSON_TRUE);
    mock_client_close(c);
    c = ask(&w, "POST", CHAT, MOCK_RIG_CHAT);
    assert_non_null(strstr(c->got, "503 Service"));
    assert_non_null(strstr(c->got, "\r\nretry-after: 2\r\n"));
    mock_client_close(c);

    static const struct {
        const char *body, *says;
    } refused[] = {
        { "{\"fault\":\"\",\"latency\":\"soon\"}", "latency: " },
        { "{\"fault\":\"\",\"nothing\":1}", "no such setting" },
        { "{\"fault\":\"\",\"capacity\":\"many\"}", "capacity: takes a whole number" },
        { "{\"fault\":\"\",\"capacity\":-1}", "capacity: not in 0 to" },
        { "{\"fault\":\"\",\"rpm\":9000000000}", "rpm: not in 0 to" },
        { "{\"fault\":\"\",\"times\":1}", "times: takes true or false" },
        { "{\"fault\":\"\",\"batch-latency\":2}", "batch-latency: takes a time" },
        { "{\"fault\":\"\",\"retry-after\":\"5s-1s\"}", "retry-after: " },
        { "{\"fault\":\"\",\"slowdown\":\"5\"}", "slowdown: " },
        { "{\"fault\":\"\",\"token-rate\":-1}", "token-rate: not in 0 to" },
        { "{\"fault\":1}", "fault: takes a string" },
        { "[]", "JSON object" },
        { "", "JSON object" },
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        c = ask(&w, "POST", "/__mock/settings", refused[i].body);
        assert_non_null(strstr(c->got, "400 Bad Request"));
        assert_non_null(strstr(c->got, refused[i].says));
        mock_client_close(c);
    }
    assert_int_equal(status_of(&w, "POST", CHAT, MOCK_RIG_CHAT), 503); /* as before */
    c = ask(&w, "GET", "/__mock/settings", "");
    gl_json shown = mock_client_body(c);
    char all[2000]; /* what GET shows can be given back */
    assert_true(shown.text.len < sizeof all);
    memcpy(all, shown.text.data, shown.text.len);
    all[shown.text.len] = '\0';
    mock_client_close(c);
    assert_int_equal(status_of(&w, "PUT", "/__mock/settings", all), 200);
    assert_int_equal(status_of(&w, "PUT", "/__mock/settings", "{\"fault\":null}"), 200);
    assert_int_equal(status_of(&w, "POST", CHAT, MOCK_RIG_CHAT), 200);
    mock_rig_close(&w);
}

static void more_places_let_those_in_that_wait(void **state)
{
    (void)state;
    const mock_options options = { .capacity = 1, .fault = "hang:100%" };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    mock_client *first = mock_rig_connect(&w), *second = mock_rig_connect(&w);
    mock_client_post(first, CHAT, MOCK_RIG_CHAT); /* keeps the place */
    while (mock_rig_stat(&w, NULL, "requests") < 1) event_base_loop(w.base, EVLOOP_ONCE);
    assert_int_equal(status_of(&w, "PUT", "/__mock/settings", "{\"fault\":\"\"}"), 200);
    mock_client_post(second, CHAT, MOCK_RIG_CHAT);
    while (mock_rig_stat(&w, NULL, "queue_peak") < 1) event_base_loop(w.base, EVLOOP_ONCE);
    assert_int_equal(second->len, 0);
    assert_int_equal(status_of(&w, "PUT", "/__mock/settings", "{\"capacity\":2}"), 200);
    mock_client_wait(second, "200 OK", 1);
    mock_client_close(first);
    mock_client_close(second);
    mock_rig_close(&w);
}

static void windows_that_are_set_while_it_runs_count_from_then(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    assert_int_equal(status_of(&w, "POST", CHAT, MOCK_RIG_CHAT), 200);
    assert_int_equal(status_of(&w, "GET", "/health", ""), 200);
    assert_int_equal(status_of(&w, "PUT", "/__mock/settings", "{\"outage\":\"0-1000s\"}"), 200);
    assert_int_equal(status_of(&w, "POST", CHAT, MOCK_RIG_CHAT), 503);
    assert_int_equal(status_of(&w, "GET", "/health", ""), 503);
    mock_rig_close(&w);
}

/* The same draws, counts, ids and files as of a server that was just started. */
static void a_reset_is_as_good_as_a_new_start(void **state)
{
    (void)state;
    const mock_options options = { .journal = 4, .fault = "500:50%", .seed = 3, .quota_after = 3 };
    int first[12], second[12];
    mock_rig w;
    mock_rig_open_with(&w, &options);
    for (size_t i = 0; i < 12; i++) first[i] = status_of(&w, "POST", CHAT, MOCK_RIG_CHAT);
    assert_int_equal(first[11], 429); /* the quota is used up by then */
    assert_int_equal(status_of(&w, "PUT", "/__mock/settings", "{\"fault\":\"\",\"seed\":9}"), 200);
    mock_client *under_way = mock_rig_connect(&w);
    mock_client_post_with(under_way, CHAT, "x-mock-fault: hang\r\n", MOCK_RIG_CHAT);
    while (mock_rig_stat(&w, NULL, "requests") < 13) event_base_loop(w.base, EVLOOP_ONCE);
    assert_int_equal(status_of(&w, "POST", "/__mock/reset", ""), 200);
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 0);
    assert_int_equal(mock_rig_stat(&w, "by_status", "200"), 0);
    for (size_t i = 0; i < 12; i++) second[i] = status_of(&w, "POST", CHAT, MOCK_RIG_CHAT);
    assert_memory_equal(first, second, sizeof first);
    mock_client_close(under_way); /* began before: it is counted nowhere */
    while (mock_rig_stat(&w, NULL, "open_connections") > 1)
        event_base_loop(w.base, EVLOOP_NONBLOCK);
    assert_int_equal(mock_rig_stat(&w, NULL, "left"), 0);
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 12);
    mock_rig_close(&w);
}

static void metrics_count_requests_tokens_and_durations(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\nmock_requests_total{status=\"200\"} 2\n",
        "\nmock_requests_total{status=\"400\"} 1\n",
        "\nmock_requests_received_total 3\n",
        "\nmock_requests_in_flight 0\n",
        "\nmock_requests_waiting 0\n",
        "\nmock_request_duration_seconds_count 3\n",
        "\nmock_request_duration_seconds_bucket{le=\"+Inf\"} 3\n",
        "\nmock_time_to_first_token_seconds_count 1\n",
        "# TYPE mock_time_to_first_token_seconds histogram\n",
        "content-type: text/plain; version=0.0.4; charset=utf-8\r\n",
    };
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = ask(&w, "POST", CHAT, MOCK_RIG_CHAT);
    gl_json usage = gl_json_get(mock_client_body(c), "usage");
    int64_t prompt = mock_rig_number(usage, "prompt_tokens"),
            completion = mock_rig_number(usage, "completion_tokens");
    mock_client_close(c);
    char stream[400];
    snprintf(stream, sizeof stream, "{\"stream\":true,%s", &MOCK_RIG_CHAT[1]);
    assert_int_equal(status_of(&w, "POST", CHAT, stream), 200);
    assert_int_equal(status_of(&w, "POST", CHAT, "{"), 400);
    c = ask(&w, "GET", "/metrics", "");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_non_null(strstr(c->got, lines[i]));
    const char *shown = strstr(c->got, "\nmock_completion_tokens_total ");
    assert_non_null(shown);
    assert_int_equal(strtol(shown + 30, NULL, 10), 2 * completion);
    shown = strstr(c->got, "\nmock_prompt_tokens_total ");
    assert_non_null(shown);
    assert_int_equal(strtol(shown + 26, NULL, 10), 2 * prompt);
    mock_client_close(c);
    mock_rig_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_journal_shows_what_came_and_what_became_of_it),
        cmocka_unit_test(the_journal_keeps_the_last_ones_and_cuts_their_bodies),
        cmocka_unit_test(a_client_that_left_is_in_the_journal),
        cmocka_unit_test(settings_change_all_at_once_or_not_at_all),
        cmocka_unit_test(more_places_let_those_in_that_wait),
        cmocka_unit_test(windows_that_are_set_while_it_runs_count_from_then),
        cmocka_unit_test(a_reset_is_as_good_as_a_new_start),
        cmocka_unit_test(metrics_count_requests_tokens_and_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
