/* What the gateway reads of a request: its body's members, its deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/ask.h"

static void answers_that_open_something_are_never_shared(void **state)
{
    (void)state;
    static const struct {
        gateway_kind kind;
        const char *body;
        bool unshared;
    } rows[] = {
        { GATEWAY_CHAT, "{\"model\":\"m\"}", false },
        { GATEWAY_CHAT, "{\"store\":true}", false },
        { GATEWAY_CHAT, "{\"tools\":[{\"type\":\"function\"}]}", false },
        { GATEWAY_CHAT, "{\"tools\":[{\"type\":\"custom\"},{}]}", false },
        { GATEWAY_CHAT, "{\"tools\":[{\"type\":\"function\"},{\"type\":\"web_search\"}]}", true },
        { GATEWAY_CHAT, "{\"web_search_options\":{}}", true },
        { GATEWAY_CHAT, "{\"web_search_options\":null}", false },
        { GATEWAY_EMBEDDINGS, "{\"input\":[[1,2]]}", false },
        { GATEWAY_RESPONSES, "{\"input\":\"a\"}", true }, /* it is stored there by default */
        { GATEWAY_RESPONSES, "{\"store\":null}", true },
        { GATEWAY_RESPONSES, "{\"store\":false}", false },
        { GATEWAY_RESPONSES, "{\"store\":false,\"background\":true}", true },
        { GATEWAY_RESPONSES, "{\"store\":false,\"background\":false}", false },
        { GATEWAY_RESPONSES, "{\"store\":false,\"previous_response_id\":\"r\"}", true },
        { GATEWAY_RESPONSES, "{\"store\":false,\"previous_response_id\":null}", false },
        { GATEWAY_RESPONSES, "{\"store\":false,\"conversation\":{\"id\":\"c\"}}", true },
        { GATEWAY_RESPONSES, "{\"store\":false,\"tools\":[{\"type\":\"mcp\"}]}", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_ask ask;
        gateway_refusal refusal;
        assert_true(gateway_ask_read(rows[i].kind, gl_slice_str(rows[i].body), &ask, &refusal));
        if (ask.unshared != rows[i].unshared) fail_msg("%s", rows[i].body);
    }
}

static void a_caller_names_no_endpoint_and_sends_json(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code, *param;
    } rows[] = {
        { "", "invalid_json", NULL },
        { "{", "invalid_json", NULL },
        { "[]", "invalid_json", NULL },
        { "\"a\"", "invalid_json", NULL },
        { "{\"a\":\"\xff\"}", "invalid_json", NULL },
        { "\xef\xbb\xbf{}", "invalid_json", NULL },
        { "{\"api_base\":\"http://evil\"}", "unsupported_parameter", "api_base" },
        { "{\"base_url\":null}", "unsupported_parameter", "base_url" },
        { "{\"api_key\":\"sk\"}", "unsupported_parameter", "api_key" },
        { "{\"custom_host\":\"h\"}", "unsupported_parameter", "custom_host" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_ask ask;
        gateway_refusal refusal = { .code = "" };
        assert_false(gateway_ask_read(GATEWAY_CHAT, gl_slice_str(rows[i].body), &ask, &refusal));
        assert_string_equal(refusal.code, rows[i].code);
        if (rows[i].param == NULL)
            assert_null(refusal.param);
        else
            assert_string_equal(refusal.param, rows[i].param);
        assert_true(strlen(refusal.message) > 20);
    }
}

static void a_stream_and_its_usage_are_seen(void **state)
{
    (void)state;
    gateway_ask ask;
    gateway_refusal refusal;
    static const char body[] = "{\"model\":\"a\",\"stream\":true,\"model\":\"b\","
                               "\"stream_options\":{\"include_usage\":true}}";
    assert_true(gateway_ask_read(GATEWAY_CHAT, gl_slice_str(body), &ask, &refusal));
    assert_true(ask.stream && ask.wants_usage);
    assert_true(gl_json_string_is(ask.model, "b"));
    assert_int_equal(gateway_ask_count(ask.root, "model"), 2);
    assert_true(gateway_ask_read(GATEWAY_CHAT, gl_slice_str("{\"stream\":null}"), &ask, &refusal));
    assert_false(ask.stream || ask.wants_usage);
}

/* An endpoint that reads "true" or 1 as true would send a stream to a caller for whom none was
 * begun; one that reads "9" as 9 would give more than was reserved. */
static void what_is_read_here_is_read_alike_by_every_endpoint(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code, *param;
    } rows[] = {
        { "{\"stream\":\"true\"}", "invalid_type", "stream" },
        { "{\"stream\":1}", "invalid_type", "stream" },
        { "{\"stream\":[]}", "invalid_type", "stream" },
        { "{\"max_tokens\":\"9\"}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":9.5}", "invalid_type", "max_tokens" },
        { "{\"max_tokens\":{}}", "invalid_type", "max_tokens" },
        { "{\"max_completion_tokens\":true}", "invalid_type", "max_completion_tokens" },
        { "{\"max_output_tokens\":\"\"}", "invalid_type", "max_output_tokens" },
        { "{\"n\":\"2\"}", "invalid_type", "n" },
        { "{\"best_of\":[2]}", "invalid_type", "best_of" },
        { "{\"max_tokens\":1000000001}", "integer_above_max_value", "max_tokens" },
        { "{\"max_tokens\":99999999999999999999}", "integer_above_max_value", "max_tokens" },
        { "{\"max_tokens\":1e400}", "integer_above_max_value", "max_tokens" },
        { "{\"n\":1000001}", "integer_above_max_value", "n" },
        { "{\"best_of\":1e18}", "integer_above_max_value", "best_of" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_ask ask;
        gateway_refusal refusal = { .code = "" };
        assert_false(gateway_ask_read(GATEWAY_CHAT, gl_slice_str(rows[i].body), &ask, &refusal));
        assert_string_equal(refusal.code, rows[i].code);
        assert_string_equal(refusal.param, rows[i].param);
        assert_non_null(strstr(refusal.message, rows[i].param));
    }
    static const char *const good[] = { "{\"max_tokens\":9.0}", "{\"max_tokens\":1e2}",
                                        "{\"n\":null}", "{\"max_tokens\":-1}",
                                        "{\"stream\":false,\"best_of\":1}" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        gateway_ask ask;
        gateway_refusal refusal;
        assert_true(gateway_ask_read(GATEWAY_CHAT, gl_slice_str(good[i]), &ask, &refusal));
    }
}

/* It is JSON, and its key is not reckoned: the words are not that it is none. */
static void a_body_that_is_too_deep_is_not_called_broken(void **state)
{
    (void)state;
    gateway_ask ask;
    gateway_refusal refusal;
    char body[200] = "{\"a\":";
    memset(body + 5, '[', 64);
    memset(body + 69, ']', 64);
    memcpy(body + 133, "}", 2);
    assert_false(gateway_ask_read(GATEWAY_CHAT, gl_slice_str(body), &ask, &refusal));
    assert_string_equal(
        refusal.message,
        "The body is no JSON that is taken here: nested deeper than 64 at byte 68.");
    memset(body + 5, '[', 63);
    memset(body + 68, ']', 63);
    memcpy(body + 131, "}", 2);
    assert_true(gateway_ask_read(GATEWAY_CHAT, gl_slice_str(body), &ask, &refusal));
}

static void the_soonest_deadline_holds(void **state)
{
    (void)state;
    static const struct {
        int64_t ours;
        const char *patience, *deadline;
        int64_t ms;
    } rows[] = {
        { 0, NULL, NULL, 0 },
        { 5000, NULL, NULL, 5000 },
        { 0, "600", NULL, 599000 },
        { 5000, "600", NULL, 5000 },
        { 0, "2.5", NULL, 1500 },
        { 0, "2", NULL, 1000 },
        { 0, "1", NULL, 500 },
        { 0, "0.001", NULL, 1 },
        { 0, "0", NULL, 0 },
        { 0, NULL, "250", 250 },
        { 100, NULL, "250", 100 },
        { 0, "600", "250", 250 },
        { 0, "-1", "x", 0 },
        { 0, "", "", 0 },
        { 0, "1e3", NULL, 0 },
        { 0, "1.2.3", NULL, 0 },
        { 7, "99999999999999999999", "99999999999999999999", 7 },
        { 7, "999999999999999", NULL, 7 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(gateway_deadline(rows[i].ours, gl_slice_str(rows[i].patience),
                                          gl_slice_str(rows[i].deadline)),
                         rows[i].ms);
}

static void a_request_says_how_it_uses_stored_answers(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        glimpse_cache_control control;
        int64_t max_age_ms;
    } rows[] = {
        { NULL, GLIMPSE_CACHE_USE, -1 },
        { "", GLIMPSE_CACHE_USE, -1 },
        { "no-transform, stale-if-error=3", GLIMPSE_CACHE_USE, -1 },
        { "no-cache", GLIMPSE_CACHE_REFRESH, -1 },
        { " No-Cache ,", GLIMPSE_CACHE_REFRESH, -1 },
        { "no-store", GLIMPSE_CACHE_BYPASS, -1 },
        { "no-cache, no-store", GLIMPSE_CACHE_BYPASS, -1 },
        { "only-if-cached", GLIMPSE_CACHE_ONLY, -1 },
        { "max-age=60", GLIMPSE_CACHE_USE, 60000 },
        { "MAX-AGE=0", GLIMPSE_CACHE_USE, 0 },
        { "only-if-cached,max-age=5", GLIMPSE_CACHE_ONLY, 5000 },
        { "max-age=\"60\"", GLIMPSE_CACHE_USE, 60000 },
        { "max-age=\"60", GLIMPSE_CACHE_USE, 0 }, /* what is no age allows none */
        { "max-age=x", GLIMPSE_CACHE_USE, 0 },
        { "max-age=-1", GLIMPSE_CACHE_USE, 0 },
        { "max-age=1.5", GLIMPSE_CACHE_USE, 0 },
        { "max-age=", GLIMPSE_CACHE_USE, 0 },
        { "max-age", GLIMPSE_CACHE_USE, 0 },
        { "max-age=99999999999999999999", GLIMPSE_CACHE_USE, INT64_C(365) * 24 * 3600 * 1000 },
        { "max-agex=5", GLIMPSE_CACHE_USE, -1 },
        { "x-max-age=5", GLIMPSE_CACHE_USE, -1 },
        { "xno-store", GLIMPSE_CACHE_USE, -1 },
        { "only-if-cached, no-store", GLIMPSE_CACHE_ONLY, -1 },
        { "max-age=60, no-cache, only-if-cached", GLIMPSE_CACHE_ONLY, 60000 },
        { "max-age=60, max-age=5", GLIMPSE_CACHE_USE, 5000 },
    };
    assert_int_equal(GLIMPSE_INHERIT, -1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_caching wish;
        gateway_caching_init(&wish);
        if (rows[i].value != NULL) gateway_caching_add(&wish, gl_slice_str(rows[i].value));
        if (gateway_caching_control(&wish) != rows[i].control ||
            wish.max_age_ms != rows[i].max_age_ms)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_that_open_something_are_never_shared),
        cmocka_unit_test(a_caller_names_no_endpoint_and_sends_json),
        cmocka_unit_test(a_stream_and_its_usage_are_seen),
        cmocka_unit_test(what_is_read_here_is_read_alike_by_every_endpoint),
        cmocka_unit_test(a_body_that_is_too_deep_is_not_called_broken),
        cmocka_unit_test(the_soonest_deadline_holds),
        cmocka_unit_test(a_request_says_how_it_uses_stored_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
