/* headers.c - the headers of a caller's own: checked, copied, and a part of what identifies a
 * request where they may change its answer. */
#include "oom.h"
#include "rig.h"

#define BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"

static glimpse_options with(const char *const *lines, size_t count)
{
    glimpse_options options;
    glimpse_options_init(&options);
    options.headers = lines;
    options.header_count = count;
    return options;
}

static void a_header_that_may_change_the_answer_has_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *line; /* NULL: none */
        int answer;       /* those of a number are one answer */
    } rows[] = {
        { NULL, 0 },
        { "OpenAI-Beta: a", 1 },
        { "openai-BETA:  a", 1 },
        { "OpenAI-Beta: b", 2 },
        { "X-Of-The-Endpoint: a", 3 },
        { "Idempotency-Key: a", 0 },
        { "X-Client-Request-Id: a", 0 },
        { "x-request-id: a", 0 },
        { "Traceparent: a", 0 },
        { "tracestate: a=b", 0 },
        { "Baggage: a=b", 0 },
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    bool seen[ROWS] = { false };
    int answers = 0;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    for (int i = 0; i < ROWS; i++) {
        const glimpse_options options = with(&rows[i].line, rows[i].line != NULL ? 1 : 0);
        rig_submit_with(&r, &t, BODY, &options);
        assert_true(gl_sim_run_idle(100));
        bool first = !seen[rows[i].answer];
        seen[rows[i].answer] = true;
        answers += first;
        if (t.source != (first ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_CACHE))
            fail_msg("row %d: %s", i, glimpse_source_name(t.source));
    }
    assert_int_equal(gl_sim_counts_of(r.sim)->started, answers);
    rig_check_books(&r);
    rig_close(&r);
}

static void requests_fly_together_by_headers_too_also_beside_a_scope(void **state)
{
    (void)state;
    static const char *const lines[][2] = { { "OpenAI-Beta: a", "traceparent: 1" },
                                            { "OpenAI-Beta: a", "traceparent: 2" },
                                            { "OpenAI-Beta: b", "traceparent: 1" } };
    static const char *const scopes[] = { NULL, "a", "OpenAI-Beta: a" };
    rig r;
    callback_log t[9];
    rig_init(&r);
    rig_open(&r);
    for (int s = 0; s < 3; s++) {
        for (int i = 0; i < 3; i++) {
            glimpse_options options = with(lines[i], 2);
            options.scope = scopes[s];
            rig_submit_with(&r, &t[3 * s + i], BODY, &options);
        }
    }
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 9; i++)
        assert_int_equal(t[i].source, i % 3 == 1 ? GLIMPSE_SOURCE_COALESCED : GLIMPSE_SOURCE_LIVE);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 6);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_line_that_no_head_may_have_is_refused_by_name(void **state)
{
    (void)state;
    static char large[GLIMPSE_REQUEST_HEADER_MAX + 2];
    memset(large, 'a', sizeof large - 1);
    large[1] = ':';
    const struct {
        const char *line;
        bool good;
    } rows[] = {
        { "A: b", true },
        { "A:b", true },
        { "A: caf\xc3\xa9\t", true },
        { "", false },
        { "A", false },
        { ": b", false },
        { "A b: c", false },
        { "A:", false },
        { "A:  ", false },
        { "A: b\r\nX: y", false },
        { "A: b\n", false },
        { "A: \x7f", false },
        { large, false },
        { NULL, false },
        { "Host: h", false },
        { "content-LENGTH: 1", false },
        { "Transfer-Encoding: chunked", false },
        { "Authorization: Bearer x", false },
        { "api-key: x", false },
        { "Cookie: a=b", false },
        { "Accept-Encoding: br", false },
        { "Connection: close", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        glimpse_problem problem;
        const glimpse_options options = with(&rows[i].line, 1);
        bool good = glimpse_options_check(&options, &problem) == GLIMPSE_OK;
        if (good != rows[i].good) fail_msg("row %zu: %s", i, rows[i].line);
        if (!good) assert_string_equal(problem.field, "headers");
    }
    const char *many[GLIMPSE_REQUEST_HEADERS_MAX + 1];
    for (size_t i = 0; i <= GLIMPSE_REQUEST_HEADERS_MAX; i++) many[i] = "A: b";
    glimpse_options options = with(many, GLIMPSE_REQUEST_HEADERS_MAX);
    assert_int_equal(glimpse_options_check(&options, NULL), GLIMPSE_OK);
    options.header_count++;
    assert_int_equal(glimpse_options_check(&options, NULL), GLIMPSE_ERR_INVALID);
    options = with(NULL, 1);
    assert_int_equal(glimpse_options_check(&options, NULL), GLIMPSE_ERR_INVALID);
}

static void they_are_copied_when_they_are_submitted(void **state)
{
    (void)state;
    char line[] = "OpenAI-Beta: a";
    const char *const lines[] = { line };
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    for (int i = 0; i < 2; i++) {
        const glimpse_options options = with(lines, 1);
        rig_submit_with(&r, &t, BODY, &options);
        memset(line, 'x', sizeof line - 1);
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(t.source, i == 0 ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_CACHE);
        memcpy(line, "OpenAI-Beta: a", sizeof line);
    }
    rig_close(&r);
}

static void without_memory_for_them_the_submit_fails_and_nothing_is_left(void **state)
{
    (void)state;
    static const char *const lines[] = { "OpenAI-Beta: a", "traceparent: b" };
    rig r;
    rig_init(&r);
    rig_open(&r);
    const glimpse_options options = with(lines, 2);
    const glimpse_chat chat = { .body = BODY };
    for (size_t k = 1;; k++) {
        glimpse_id id;
        oom_fail_at(k);
        glimpse_error error = glimpse_submit_chat(r.engine, &chat, &options, NULL, NULL, &id);
        bool starved = oom_end();
        if (error != GLIMPSE_OK) assert_int_equal(error, GLIMPSE_ERR_OOM);
        assert_true(gl_sim_run_idle(100));
        if (!starved) break;
    }
    rig_close(&r); /* claims that no allocation is left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_that_may_change_the_answer_has_its_own),
        cmocka_unit_test(requests_fly_together_by_headers_too_also_beside_a_scope),
        cmocka_unit_test(a_line_that_no_head_may_have_is_refused_by_name),
        cmocka_unit_test(they_are_copied_when_they_are_submitted),
        cmocka_unit_test(without_memory_for_them_the_submit_fails_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
