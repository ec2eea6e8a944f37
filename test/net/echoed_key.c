/* echoed_key.c - a key that a stream echoes in JSON's escapes: whoever reads what is told or kept
 * as JSON must not find it. */
#include "sampler_rig.h"

#define OPEN     "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define DELTA(t) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" t "\"}}]}\n\n"
#define STOP     "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE     "data: [DONE]\n\n"

static char streamed[256]; /* what on_text said */

static void on_text(glimpse_id id, const char *text, size_t len, void *arg)
{
    (void)id;
    (void)arg;
    size_t have = strlen(streamed);
    assert_true(len < sizeof streamed - have);
    memcpy(streamed + have, text, len);
    streamed[have + len] = '\0';
}

static const glimpse_result *ask(rig *r, const fault_step *script)
{
    streamed[0] = '\0';
    r->config.endpoint.api_key = KEY;
    fault_server_play(r->server, script);
    assert_int_equal(glimpse_engine_new(r->base, &r->config, &r->engine, NULL), GLIMPSE_OK);
    glimpse_chat chat = { .body = "{\"messages\":[],\"stream\":true}" };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_text = on_text,
                                  .on_result = on_result };
    glimpse_id id;
    assert_int_equal(glimpse_submit_chat(r->engine, &chat, NULL, &observer, r, &id), GLIMPSE_OK);
    const struct timeval limit = { 60, 0 };
    event_base_loopexit(r->base, &limit);
    event_base_dispatch(r->base);
    assert_int_equal(r->results, 1);
    return r->result;
}

static void assert_covered(const glimpse_result *result)
{
    size_t len;
    const char *body = glimpse_result_body(result, &len);
    assert_non_null(memmem(body, len, "key ************************", 28));
    assert_null(memmem(body, len, "\\u00", 4));
    assert_nowhere(result, "sk-");
    assert_null(strstr(streamed, "sk-"));
}

static void a_key_that_escapes_spell_is_covered_in_a_stream(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND,
          OPEN DELTA("key \\u0073k-te") DELTA("\\u0073t-01234567\\u00389abcdef.") STOP DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
        { FAULT_END, NULL, 0 },
    };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, script);
    assert_covered(result);
    assert_string_equal(streamed, "key ************************.");
    assert_string_equal(glimpse_result_text(result, NULL), streamed);
    rig_end(&r);
}

static void a_key_that_escapes_spell_is_covered_in_a_streams_error(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND,
          OPEN DELTA("so ") "data: {\"error\":{\"message\":\"key \\u0073k-te\\u0073t-01234567"
                            "\\u00389abcdef\"}}\n\n" DONE,
          0 },
        { FAULT_CLOSE, NULL, 0 },
        { FAULT_END, NULL, 0 },
    };
    rig r;
    rig_init(&r);
    const glimpse_result *result = ask(&r, script);
    assert_covered(result);
    assert_string_equal(glimpse_result_error_message(result), "key ************************");
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_escapes_spell_is_covered_in_a_stream),
        cmocka_unit_test(a_key_that_escapes_spell_is_covered_in_a_streams_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
