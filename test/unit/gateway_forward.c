/* The headers of a client's request that go on to the endpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "gateway/forward.h"
#include "oom.h"

/* Adds "Name: value" lines, and gives those that pass. */
static bool pass(gateway_forward *forward, glimpse_options *options, const char *const *lines)
{
    glimpse_options_init(options);
    gateway_forward_init(forward);
    for (size_t i = 0; lines[i] != NULL; i++) {
        const char *colon = strchr(lines[i], ':');
        gateway_forward_add(forward, gl_slice_of(lines[i], (size_t)(colon - lines[i])),
                            gl_slice_str(colon + 2));
    }
    return gateway_forward_give(forward, options);
}

static void only_headers_of_the_list_pass_and_the_engine_takes_them(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Host: h",
        "Authorization: Bearer sk-secret",
        "X-Api-Key: sk-secret",
        "Cookie: a=b",
        "OPENAI-BETA: assistants=v2",
        "User-Agent: x",
        "TraceParent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate: a=1",
        "tracestate: b=2",
        "Idempotency-Key: k 1",
        "x-client-request-id: id",
        "X-Stainless-Lang: js",
        "OpenAI-Organization: org",
        NULL,
    };
    static const char *const wanted[] = {
        "OpenAI-Beta: assistants=v2",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate: a=1",
        "tracestate: b=2",
        "Idempotency-Key: k 1",
        "X-Client-Request-Id: id",
    };
    gateway_forward forward;
    glimpse_options options;
    assert_true(pass(&forward, &options, lines));
    assert_int_equal(options.header_count, 6);
    for (size_t i = 0; i < 6; i++) assert_string_equal(options.headers[i], wanted[i]);
    assert_int_equal(forward.dropped, 0);
    assert_int_equal(glimpse_options_check(&options, NULL), GLIMPSE_OK);
    gateway_forward_free(&forward);
}

static void a_value_that_does_not_belong_in_a_head_is_dropped_and_counted(void **state)
{
    (void)state;
    char large[600], at_most[600];
    memset(large, 'a', sizeof large);
    memcpy(large, "Idempotency-Key: ", 17);
    large[17 + 256] = '\0';
    memcpy(at_most, large, sizeof large);
    at_most[17 + 255] = '\0';
    const struct {
        const char *lines[3];
        size_t count, dropped;
    } rows[] = {
        { { "OpenAI-Beta: a\rb" }, 0, 1 },
        { { "OpenAI-Beta: a\nX: b" }, 0, 1 },
        { { "OpenAI-Beta: a\x01" }, 0, 1 },
        { { "OpenAI-Beta: caf\xc3\xa9" }, 0, 1 },
        { { "OpenAI-Beta: " }, 0, 1 },
        { { large }, 0, 1 },
        { { at_most }, 1, 0 },
        { { "Idempotency-Key: a", "Idempotency-Key: b" }, 0, 2 },
        { { "traceparent: a", "traceparent: a" }, 0, 2 },
        { { "OpenAI-Beta: a", "OpenAI-Beta: b" }, 2, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gateway_forward forward;
        glimpse_options options;
        assert_true(pass(&forward, &options, rows[i].lines));
        if (options.header_count != rows[i].count || forward.dropped != rows[i].dropped)
            fail_msg("row %zu: %zu, %zu", i, options.header_count, forward.dropped);
        gateway_forward_free(&forward);
    }
    /* A NUL has no end in a slice. */
    gateway_forward forward;
    gateway_forward_init(&forward);
    gateway_forward_add(&forward, gl_slice_str("openai-beta"), gl_slice_of("a\0b", 3));
    assert_int_equal(forward.dropped, 1);
    gateway_forward_free(&forward);
}

static void more_lines_than_a_request_may_have_are_dropped(void **state)
{
    (void)state;
    const char *lines[GLIMPSE_REQUEST_HEADERS_MAX + 3] = { NULL };
    gateway_forward forward;
    glimpse_options options;
    for (size_t i = 0; i < GLIMPSE_REQUEST_HEADERS_MAX + 2; i++) lines[i] = "tracestate: a=b";
    assert_true(pass(&forward, &options, lines));
    assert_int_equal(options.header_count, GLIMPSE_REQUEST_HEADERS_MAX);
    assert_int_equal(forward.dropped, 2);
    gateway_forward_free(&forward);
}

static void without_memory_nothing_is_given_and_nothing_is_left(void **state)
{
    (void)state;
    static const char *const lines[] = { "OpenAI-Beta: a", NULL };
    size_t live = gl_alloc_live();
    gateway_forward forward;
    glimpse_options options;
    oom_fail_at(1);
    bool given = pass(&forward, &options, lines);
    assert_true(oom_end());
    assert_false(given);
    gateway_forward_free(&forward);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_headers_of_the_list_pass_and_the_engine_takes_them),
        cmocka_unit_test(a_value_that_does_not_belong_in_a_head_is_dropped_and_counted),
        cmocka_unit_test(more_lines_than_a_request_may_have_are_dropped),
        cmocka_unit_test(without_memory_nothing_is_given_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
