/* text.c - rows 19 to 21: bytes, depths and numbers that JSON or its readers trip over. */
#include "support/batch_run.h"

#define JSON_TYPE "Content-Type: application/json\r\n"

/* One draft, answered once with these bytes; whatever it is, the record is JSON (I2). */
static batch_run answered(const char *name, const char *body, int exit_code)
{
    batch_run run;
    batch_init(&run, name);
    batch_drafts(&run, 1);
    fault_server_play(run.server, batch_answer(&run, "200 OK", JSON_TYPE, body));
    batch_args(&run, "--max-attempts", "4", NULL);
    batch_go(&run, exit_code);
    assert_int_equal(run.count, 1);
    return run;
}

#define CHAT(content)                                                                              \
    "{\"choices\":[{\"message\":{\"content\":" content "},\"finish_reason\":\"stop\"}]}"

static void row_19_bytes_that_are_no_utf8_are_bad_utf8(void **state)
{
    (void)state;
    static const char *const bodies[] = { CHAT("\"a\xff\""), CHAT("\"\xc0\xaf\""),
                                          CHAT("\"\xed\xa0\x80\""),
                                          "{\"a\":\"\xf5\x80\x80\x80\"}" };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        batch_run run = answered(__func__, bodies[i], 1);
        batch_all(&run, "error", "bad_utf8");
        batch_end(&run);
    }
}

static void row_19_bytes_that_are_no_utf8_in_an_error_are_replaced(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 1);
    fault_server_play(run.server, batch_answer(&run, "400 Bad", JSON_TYPE, "caf\xe9 \xff\xfe"));
    batch_go(&run, 1);
    batch_all(&run, "bad_request", "bad_request");
    batch_end(&run);
}

static void row_19_nul_and_lone_surrogates_are_kept_as_json(void **state)
{
    (void)state;
    batch_run run = answered(__func__, CHAT("\"a\\u0000b\\ud800c\""), 0);
    batch_all(&run, "aligned", "null");
    struct json_object *sample = batch_at(run.records[0], "glimpse.sample");
    /* a, NUL, b, U+FFFD, c */
    assert_int_equal(json_object_get_string_len(sample), 7);
    assert_memory_equal(json_object_get_string(sample),
                        "a\0b\xef\xbf\xbd"
                        "c",
                        7);
    batch_end(&run);
}

static void row_19_the_last_of_two_members_counts(void **state)
{
    (void)state;
    batch_run run = answered(
        __func__,
        "{\"choices\":[],\"choices\":[{\"message\":{\"content\":\"x\",\"content\":\"last\"}}]}", 0);
    assert_string_equal(batch_text(run.records[0], "glimpse.sample"), "last");
    batch_end(&run);
}

/* --- row 20 --- */

enum { DEEP = 100000 };

static char *nested(batch_run *run)
{
    char *text = batch_keep(run, 2 * DEEP + 1);
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    return text;
}

static void row_20_deep_answer_is_bad_json_on_a_small_stack(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    batch_drafts(&run, 1);
    run.stack_kib = 256;
    fault_server_play(run.server, batch_answer(&run, "200 OK", JSON_TYPE, nested(&run)));
    batch_go(&run, 1);
    batch_all(&run, "error", "bad_json");
    assert_non_null(strstr(batch_text(run.records[0], "error.message"), "nested deeper than 64"));
    batch_end(&run);
}

static void row_20_deep_line_is_bad_json_on_a_small_stack(void **state)
{
    (void)state;
    batch_run run;
    batch_init(&run, __func__);
    char *line = batch_keep(&run, 2 * DEEP + 400);
    int len = snprintf(line, 2 * DEEP + 400,
                       "{\"custom_id\":\"deep\",\"url\":\"/v1/chat/completions\",\"body\":%s}\n"
                       "{\"custom_id\":\"flat\",\"input_text\":\"a\"}\n",
                       nested(&run));
    batch_input(&run, line, (size_t)len, 2);
    run.stack_kib = 256;
    fault_server_play(run.server, batch_good(&run));
    batch_go(&run, 1);
    assert_string_equal(batch_text(batch_record(&run, "flat"), "error.code"), "null");
    assert_int_equal(fault_server_requests(run.server), 1);
    for (size_t i = 0; i < 2; i++)
        if (batch_int(run.records[i], "glimpse.line") == 1)
            assert_string_equal(batch_text(run.records[i], "error.code"), "bad_json");
    batch_end(&run);
}

/* --- row 21 --- */

#define CHAT_USAGE(usage)                                                                          \
    "{\"choices\":[{\"message\":{\"content\":\"kept\"},\"finish_reason\":\"stop\"}],"              \
    "\"usage\":" usage "}"

static void row_21_odd_usage_is_null_and_the_text_kept(void **state)
{
    (void)state;
    static const char *const odd[] = {
        CHAT_USAGE("{\"prompt_tokens\":9223372036854775809}"),
        CHAT_USAGE("{\"prompt_tokens\":-5}"),
        CHAT_USAGE("{\"prompt_tokens\":\"7\"}"),
        CHAT_USAGE("{\"prompt_tokens\":1e999}"),
        CHAT_USAGE("{\"prompt_tokens\":1.5}"),
        CHAT_USAGE("\"many\""),
        CHAT_USAGE("[]"),
        CHAT_USAGE("null"),
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        batch_run run = answered(__func__, odd[i], 0);
        assert_string_equal(batch_text(run.records[0], "glimpse.sample"), "kept");
        assert_string_equal(batch_text(run.records[0], "glimpse.usage.prompt_tokens"), "null");
        assert_int_equal(batch_int(run.summary, "usage.prompt_tokens"), 2 * 5); /* healthy */
        batch_end(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_19_bytes_that_are_no_utf8_are_bad_utf8),
        cmocka_unit_test(row_19_bytes_that_are_no_utf8_in_an_error_are_replaced),
        cmocka_unit_test(row_19_nul_and_lone_surrogates_are_kept_as_json),
        cmocka_unit_test(row_19_the_last_of_two_members_counts),
        cmocka_unit_test(row_20_deep_answer_is_bad_json_on_a_small_stack),
        cmocka_unit_test(row_20_deep_line_is_bad_json_on_a_small_stack),
        cmocka_unit_test(row_21_odd_usage_is_null_and_the_text_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
