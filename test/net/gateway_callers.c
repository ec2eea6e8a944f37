/* The gateway's callers over real sockets: who may ask, who may share an answer, who may spend
 * what. The keys of this file are "key-a", "key-b" and so on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_keys.h"

static void only_a_key_of_the_file_may_ask(void **state)
{
    (void)state;
    static const char *const members[] = { "", ",\"expires\":\"2020-01-01\"" };
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        { A, 200 },
        { "x-api-key: key-a\r\n", 200 },
        { "API-KEY: key-a\r\n", 200 },
        { "authorization: bearer key-a\r\nx-api-key: key-a\r\n", 200 },
        { "", 401 },
        { "Authorization: Bearer key-x\r\n", 401 },
        { "Authorization: Basic key-a\r\n", 401 },
        { B, 401 }, /* it has expired */
        { "Authorization: Bearer key-a\r\nx-api-key: key-x\r\n", 400 },
        { "Authorization: Bearer key-a\r\nAuthorization: Bearer key-x\r\n", 400 },
    };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 2);
    char *refusal = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock_client *c;
        int status = gate_ask_as(&g, &c, rows[i].headers, MOCK_RIG_CHAT);
        if (status != rows[i].status) fail_msg("row %zu: %d", i, status);
        if (status == 401) { /* all alike */
            assert_non_null(strstr(c->got, "\"code\":\"invalid_api_key\""));
            if (refusal == NULL) refusal = strdup(gate_client_body(c));
            assert_string_equal(gate_client_body(c), refusal);
        }
        mock_client_close(c);
    }
    free(refusal);
    mock_client *c = gate_rig_connect(&g);
    mock_client_send_text(c, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 200); /* a probe has no key */
    gate_client_forget(c);
    mock_client_send_text(c, "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n");
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 401);
    mock_client_close(c);
    gate_rig_close(&g);
}

/* Two tenants, one body. */
static void two_callers_share_an_answer_in_a_share_group_only(void **state)
{
    (void)state;
    static const char *const members[] = { "", "", ",\"share\":\"team\"", ",\"share\":\"team\"" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .latency = "20ms", .seed = 5 }, members, 4);
    /* In flight. */
    static const char *const headers[] = { A, B, C, D };
    mock_client *c[4];
    for (int i = 0; i < 4; i++) {
        c[i] = gate_rig_connect(&g);
        mock_client_post_with(c[i], GATE_CHAT, headers[i], MOCK_RIG_CHAT);
    }
    for (int i = 0; i < 4; i++) {
        gate_client_whole(c[i]);
        assert_int_equal(gate_client_status(c[i]), 200);
        if (i < 2) assert_true(gate_client_has(c[i], "glimpse-status: live"));
        mock_client_close(c[i]);
    }
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 3);
    /* From memory, and after a reload. */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            mock_client *again;
            assert_int_equal(gate_ask_as(&g, &again, headers[i], MOCK_RIG_CHAT), 200);
            assert_true(gate_client_has(again, "glimpse-status: cache"));
            mock_client_close(again);
        }
        gate_keys_load(&g, members, 4);
    }
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 3);
    /* A caller that leaves its group leaves the group's answers. */
    static const char *const others[] = { "", ",\"share\":\"a\"", "", ",\"share\":\"team\"" };
    gate_keys_load(&g, others, 4);
    assert_int_equal(gate_status_as(&g, B, MOCK_RIG_CHAT),
                     200); /* the share "a" is not the name "a" */
    assert_int_equal(gate_status_as(&g, C, MOCK_RIG_CHAT), 200);
    assert_int_equal(gate_status_as(&g, D, MOCK_RIG_CHAT), 200);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 5);
    gate_rig_close(&g);
}

/* The caller's key never goes to the endpoint, the endpoint's never to a caller. */
static void no_key_passes_to_the_other_side(void **state)
{
    (void)state;
    static const char *const members[] = { "" };
    static const char *const spelled[] = { "Authorization: Bearer key-a\r\n",
                                           "authorization: bearer key-a\r\n",
                                           "AUTHORIZATION:Bearer  key-a\r\n",
                                           "X-Api-Key: key-a\r\n",
                                           "x-api-key:key-a\r\n",
                                           "api-key: key-a\r\n",
                                           "Api-Key: key-a\r\nCookie: key-a\r\n" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .key = "sk-of-the-endpoint-0123456789", .seed = 5 },
                   members, 1);
    for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++) {
        char body[120];
        mock_client *c;
        snprintf(body, sizeof body,
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%zu\"}]}", i);
        /* The mock answers to the endpoint's key alone: the caller's did not take its place. */
        assert_int_equal(gate_ask_as(&g, &c, spelled[i], body), 200);
        assert_null(strstr(c->got, "sk-of-the-endpoint"));
        assert_null(strstr(c->got, "key-a"));
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

static void a_caller_s_models_are_the_only_ones(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"models\":[\"m-1\"]" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 1);
    assert_int_equal(gate_status_as(&g, A, MOCK_RIG_CHAT), 200);
    mock_client *c;
    static const struct {
        const char *body, *words;
    } rows[] = {
        { "{\"model\":\"m-2\",\"messages\":[]}", "the model 'm-2'; some that there are: 'm-1'." },
        { "{\"model\":\"m-1\\u0000x\",\"messages\":[]}", "the model 'm-1\\\\u0000x'; some" },
        { "{\"messages\":[]}",
          "names no model that this key may ask; some that there are: 'm-1'." },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(gate_ask_as(&g, &c, A, rows[i].body), 404);
        assert_non_null(strstr(c->got, "\"code\":\"model_not_found\""));
        if (strstr(c->got, rows[i].words) == NULL) fail_msg("row %zu: %s", i, c->got);
        mock_client_close(c);
    }
    /* Two readers of such a body could read two models. */
    assert_int_equal(gate_status_as(&g, A, "{\"model\":\"m-2\",\"messages\":[],\"model\":\"m-1\"}"),
                     400);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    gate_rig_close(&g);
}

/* Who has no such model is given the names of those that it may ask, and of no others. */
static void a_model_that_is_not_there_is_answered_with_some_that_are(void **state)
{
    (void)state;
    static const char *const members[] = { "", ",\"models\":[\"m-2\",\"m-9\"]" };
    static const struct {
        const char *key, *path, *words;
    } rows[] = {
        { A, "zz", "has no model 'zz'; some that there are: 'm-1', 'm-2', 'm-3'." },
        { B, "zz", "has no model 'zz'; some that there are: 'm-2'." },
        { A, "%00%2f", "There is no such path here" },
        { A, "%22", "has no model '\\\\\\\"'; some" },
    };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .models = "m-1,m-2,m-3", .seed = 5 }, members, 2);
    for (int round = 0; round < 2; round++) /* with a list that comes, and one that is kept */
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char head[200];
            mock_client *c = gate_rig_connect(&g);
            snprintf(head, sizeof head, "GET /v1/models/%s HTTP/1.1\r\nHost: h\r\n%s\r\n",
                     rows[i].path, rows[i].key);
            mock_client_send_text(c, head);
            gate_client_whole(c);
            assert_int_equal(gate_client_status(c), 404);
            if (strstr(c->got, rows[i].words) == NULL) fail_msg("row %zu: %s", i, c->got);
            mock_client_close(c);
        }
    gate_rig_close(&g);
}

static void a_caller_s_rate_is_kept_over_a_reload(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"rpm\":2", "" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 2);
    for (int i = 0; i < 2; i++) assert_int_equal(gate_status_as(&g, A, MOCK_RIG_CHAT), 200);
    gate_keys_load(&g, members, 2);
    mock_client *c;
    assert_int_equal(gate_ask_as(&g, &c, A, MOCK_RIG_CHAT), 429);
    assert_non_null(strstr(c->got, "\"code\":\"caller_rate\""));
    assert_true(gate_client_names(c, "retry-after: "));
    mock_client_close(c);
    assert_int_equal(gate_status_as(&g, B, MOCK_RIG_CHAT), 200); /* another's is another's */
    gate_rig_close(&g);
}

static void a_budget_is_reserved_and_settled(void **state)
{
    (void)state;
    /* gpt-4o-mini: 0.15 and 0.60 dollars a million tokens; an answer of 1000 tokens at most is
     * 0.0006, and the mock's has some ten. */
    static const char *const members[] = { ",\"budget_usd\":0.001" };
    static const char body[] = "{\"model\":\"gpt-4o-mini\",\"max_tokens\":1000,\"messages\":"
                               "[{\"role\":\"user\",\"content\":\"hello %d\"}]}";
    gate_rig g;
    char text[200];
    gate_keys_open(&g, &(mock_options){ .latency = "20ms", .seed = 5 }, members, 1);
    mock_client *c[2];
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, body, i);
        c[i] = gate_rig_connect(&g);
        mock_client_post_with(c[i], GATE_CHAT, A, text);
        if (i == 0)
            while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    }
    gate_client_whole(c[1]); /* the first one's reservation leaves no room for it */
    assert_int_equal(gate_client_status(c[1]), 429);
    assert_non_null(strstr(c[1]->got, "\"code\":\"insufficient_quota\""));
    assert_true(gate_client_has(c[1], "x-should-retry: false"));
    gate_client_whole(c[0]);
    assert_int_equal(gate_client_status(c[0]), 200);
    for (int i = 0; i < 2; i++) mock_client_close(c[i]);
    for (int i = 2; i < 12; i++) { /* settled: what they cost is far less */
        snprintf(text, sizeof text, body, i);
        assert_int_equal(gate_status_as(&g, A, text), 200);
    }
    /* A model without a price cannot be held to a budget. */
    assert_int_equal(gate_status_as(&g, A, MOCK_RIG_CHAT), 404);
    gate_rig_close(&g);
}

/* A request without max_tokens takes the longest answer of its model: 16,384 tokens, 0.00983
 * dollars of gpt-4o-mini. */
static void a_refusal_for_money_names_what_is_too_much(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"budget_usd\":0.005", ",\"budget_usd\":0.009834" };
    static const char longest[] = "{\"model\":\"gpt-4o-mini\"," GATE_MESSAGES("hi"),
                      shorter[] =
                          "{\"model\":\"gpt-4o-mini\",\"max_tokens\":9," GATE_MESSAGES("hi");
    static const struct {
        const char *headers, *body, *words;
        int status;
        bool waits;
    } rows[] = {
        { A, longest, "may cost more than the whole budget of this key", 429, false },
        { A, shorter, "", 200, false }, /* nothing was spent by the one before */
        { B, longest, "", 200, false },
        { B, longest, "may cost more than what is left of this key's budget", 429, true },
        { B, shorter, "", 200, false },
    };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock_client *c;
        char headers[200];
        snprintf(headers, sizeof headers, "%sCache-Control: no-store\r\n", rows[i].headers);
        int status = gate_ask_as(&g, &c, headers, rows[i].body);
        bool refused = status == 429;
        if (status != rows[i].status || strstr(c->got, rows[i].words) == NULL ||
            strstr(c->got, "used up") != NULL ||
            (strstr(c->got, "A smaller max_tokens") != NULL) != refused ||
            (strstr(c->got, "\"code\":\"insufficient_quota\"") != NULL) != refused ||
            gate_client_names(c, "retry-after: ") != rows[i].waits)
            fail_msg("row %zu: %s", i, c->got);
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

static void a_request_that_may_take_more_tokens_than_are_left_is_refused_as_that(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"tpm\":30000" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .latency = "600s", .seed = 5 }, members, 1);
    mock_client *first = gate_rig_connect(&g), *c;
    mock_client_post_with(first, GATE_CHAT, A, MOCK_RIG_CHAT);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    /* More than a minute's, as well: it waits for a full bucket. */
    assert_int_equal(
        gate_ask_as(&g, &c, A, "{\"model\":\"m\",\"max_tokens\":50000," GATE_MESSAGES("hi")), 429);
    assert_non_null(strstr(c->got, "may take more tokens than this key has left of its minute"));
    assert_null(strstr(c->got, "has used its tokens"));
    assert_non_null(strstr(c->got, "\"code\":\"caller_rate\""));
    assert_true(gate_client_names(c, "retry-after: "));
    mock_client_close(c);
    mock_client_close(first);
    gate_rig_close(&g);
}

/* One body may ask for many answers, and have many prompts. */
static void a_budget_counts_each_answer_and_each_prompt(void **state)
{
    (void)state;
    /* gpt-4o-mini: 1000 tokens of answer are 0.0006 dollars. */
    static const char *const members[] = { ",\"budget_usd\":0.001" };
    static const struct {
        const char *path, *body;
        int status;
    } rows[] = {
        { GATE_CHAT, "{\"model\":\"gpt-4o-mini\",\"max_tokens\":1000,\"n\":2,\"messages\":[]}",
          429 },
        { GATE_CHAT,
          "{\"model\":\"gpt-4o-mini\",\"max_tokens\":1000,\"n\":1000000,\"messages\":[]}", 429 },
        { "/v1/completions",
          "{\"model\":\"gpt-4o-mini\",\"max_tokens\":1000,\"prompt\":[\"a\",\"b\"]}", 429 },
        { "/v1/completions", "{\"model\":\"gpt-4o-mini\",\"max_tokens\":1000,\"prompt\":[[1],[2]]}",
          429 },
        { "/v1/completions",
          "{\"model\":\"gpt-4o-mini\",\"max_tokens\":1000,\"prompt\":\"a\",\"best_of\":2}", 429 },
        { GATE_CHAT,
          "{\"model\":\"gpt-4o-mini\",\"n\":9,\"max_tokens\":9,\"messages\":[],\"\\u006e\":1}",
          400 },
        { GATE_CHAT, "{\"model\":\"gpt-4o\",\"messages\":[],\"model\":\"gpt-4o-mini\"}", 400 },
        { "/v1/completions", "{\"model\":\"gpt-4o-mini\",\"max_tokens\":\"9\",\"prompt\":\"a\"}",
          400 },
        { "/v1/completions", "{\"model\":\"gpt-4o-mini\",\"max_tokens\":1000,\"prompt\":[1,2]}",
          200 },
    };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 1);
    mock_client *c = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = gate_client_ask(c, rows[i].path, A, rows[i].body);
        if (status != rows[i].status) fail_msg("%s: %s", rows[i].body, c->got);
        if (status == 429) assert_non_null(strstr(c->got, "\"code\":\"insufficient_quota\""));
    }
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_caller_s_place_is_free_when_it_leaves(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"concurrency\":1" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .latency = "600s", .seed = 5 }, members, 1);
    mock_client *first = gate_rig_connect(&g);
    mock_client_post_with(first, GATE_CHAT, A, MOCK_RIG_CHAT);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    assert_int_equal(gate_status_as(&g, A, "{\"model\":\"m\",\"messages\":[]}"), 429);
    mock_client_close(first);
    while (mock_rig_stat(&g.mock, NULL, "left") == 0) continue;
    mock_client *second = gate_rig_connect(&g);
    mock_client_post_with(second, GATE_CHAT, A "Glimpse-Deadline-Ms: 10\r\n", MOCK_RIG_CHAT);
    gate_client_whole(second);
    assert_int_equal(gate_client_status(second), 504); /* it was sent, and not refused */
    mock_client_close(second);
    gate_rig_close(&g);
}

static void a_reload_leaves_what_is_under_way(void **state)
{
    (void)state;
    static const char *const members[] = { "", "" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .latency = "50ms", .seed = 5 }, members, 2);
    mock_client *c = gate_rig_connect(&g);
    mock_client_post_with(c, GATE_CHAT, B, MOCK_RIG_CHAT);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    gate_keys_load(&g, members, 1); /* b is gone */
    assert_int_equal(gate_status_as(&g, B, MOCK_RIG_CHAT), 401);
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 200);
    mock_client_close(c);
    /* A file that is wrong changes nothing. */
    char why[200];
    assert_false(gateway_load_keys(g.gate, gl_slice_str("{\"keys\":[{}]}"), why, sizeof why));
    assert_string_equal(why, "keys[0].name is missing");
    assert_int_equal(gate_status_as(&g, A, MOCK_RIG_CHAT), 200);
    gate_rig_close(&g);
}

static void a_key_that_goes_while_its_body_comes_is_refused(void **state)
{
    (void)state;
    static const char *const members[] = { "", "" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 2);
    mock_client *c = gate_rig_connect(&g), *other = gate_rig_connect(&g);
    char head[200];
    snprintf(head, sizeof head,
             "POST " GATE_CHAT " HTTP/1.1\r\nHost: h\r\n" B "Expect: 100-continue\r\n"
             "Content-Length: %zu\r\n\r\n",
             strlen(MOCK_RIG_CHAT));
    mock_client_send_text(c, head);
    mock_client_wait(c, "100 Continue\r\n\r\n", 1);
    gate_client_forget(c);
    gate_keys_load(&g, members, 1);
    mock_client_send_text(c, MOCK_RIG_CHAT);
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 401);
    mock_client_close(c);
    mock_client_close(other);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_key_of_the_file_may_ask),
        cmocka_unit_test(two_callers_share_an_answer_in_a_share_group_only),
        cmocka_unit_test(no_key_passes_to_the_other_side),
        cmocka_unit_test(a_caller_s_models_are_the_only_ones),
        cmocka_unit_test(a_model_that_is_not_there_is_answered_with_some_that_are),
        cmocka_unit_test(a_caller_s_rate_is_kept_over_a_reload),
        cmocka_unit_test(a_budget_is_reserved_and_settled),
        cmocka_unit_test(a_refusal_for_money_names_what_is_too_much),
        cmocka_unit_test(a_request_that_may_take_more_tokens_than_are_left_is_refused_as_that),
        cmocka_unit_test(a_budget_counts_each_answer_and_each_prompt),
        cmocka_unit_test(a_caller_s_place_is_free_when_it_leaves),
        cmocka_unit_test(a_reload_leaves_what_is_under_way),
        cmocka_unit_test(a_key_that_goes_while_its_body_comes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
