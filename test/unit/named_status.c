/* openai/named_status: every name of the documented table, its spellings, and what goes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openai/named_status.h"

#define DOC TEST_SOURCE_DIR "/../docs/internals/named_status.md"

/* The name as openai-python's exceptions have it. */
static void to_camel(const char *name, char *out)
{
    int upper = 1;
    for (; *name != '\0'; name++) {
        if (*name == '_') {
            upper = 1;
            continue;
        }
        *out++ = (char)(upper ? toupper((unsigned char)*name) : *name);
        upper = 0;
    }
    *out = '\0';
}

static void check_name(const char *name, int status)
{
    char camel[128];
    to_camel(name, camel);
    const char *spellings[] = { name, camel };
    for (int i = 0; i < 2; i++) {
        if (gl_named_status(spellings[i], NULL) != status ||
            gl_named_status(NULL, spellings[i]) != status ||
            gl_named_status("of_no_table", spellings[i]) != status)
            fail_msg("%s is %d, not %d", spellings[i], gl_named_status(spellings[i], NULL), status);
    }
}

static void each_name_of_the_documented_table_has_its_status(void **state)
{
    (void)state;
    char line[1024];
    int names = 0;
    FILE *file = fopen(DOC, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "| `", 3) != 0) continue;
        int status = (int)strtol(strrchr(line, '`') + 4, NULL, 10);
        assert_in_range(status, 400, 599);
        char *at = line, *end;
        while ((at = strchr(at, '`')) != NULL) {
            end = strchr(++at, '`');
            *end = '\0';
            check_name(at, status);
            at = end + 1;
            names++;
        }
    }
    fclose(file);
    assert_true(names >= 50);
}

static void a_number_is_a_status_when_it_can_be_one(void **state)
{
    (void)state;
    assert_int_equal(gl_named_status("401", NULL), 401);
    assert_int_equal(gl_named_status("429", "invalid_request_error"), 429);
    assert_int_equal(gl_named_status("599", NULL), 599);
    static const char *const none[] = { "",     "200", "399", "600",  "4010", "40",
                                        "-401", "4e2", " 42", "401 ", "_",    " " };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(gl_named_status(none[i], NULL), 0);
    assert_int_equal(gl_named_status("200", "server_error"),
                     500); /* no failure: the type is left */
}

static void the_code_says_more_than_the_type(void **state)
{
    (void)state;
    /* OpenAI's type of a refused key, and of a model that is not there. */
    assert_int_equal(gl_named_status("invalid_api_key", "invalid_request_error"), 401);
    assert_int_equal(gl_named_status("model_not_found", "invalid_request_error"), 404);
    assert_int_equal(gl_named_status(NULL, "invalid_request_error"), 400);
    /* But a 500 says less: it stands beside every type. */
    assert_int_equal(gl_named_status("500", "invalid_request_error"), 400);
    assert_int_equal(gl_named_status("500", "overloaded_error"), 503);
    assert_int_equal(gl_named_status("500", "of_no_table"), 500);
    assert_int_equal(gl_named_status("502", "invalid_request_error"), 502);
    /* Money beats every number. */
    assert_int_equal(gl_named_status("402", "insufficient_quota"), 429);
    assert_true(gl_named_quota("402", "insufficient_quota"));
    assert_true(gl_named_quota("project_spend_limit_exceeded", "billing"));
    assert_false(gl_named_quota("rate_limit_exceeded", "requests"));
    assert_false(gl_named_quota(NULL, NULL));
}

static void words_for_no_money_count_until_a_quotation_begins(void **state)
{
    (void)state;
    static const char *const money[] = {
        "Insufficient Balance", /* DeepSeek */
        "Insufficient balance or no resource package. Please recharge.",
        "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
        "Sorry, your account balance is insufficient",
        "Your credit balance is too low to access the API.",
        "You've insufficient balance",
    };
    static const char *const none[] = {
        "",
        "You exceeded your current quota, please check your plan", /* Gemini, of a minute's */
        "invalid value 'insufficient balance'",
        "input_value='insufficient balance'",
        "cannot read \"Insufficient Balance\"",
        "insufficient permissions",
        "balance",
    };
    for (size_t i = 0; i < sizeof money / sizeof *money; i++)
        if (!gl_worded_quota(money[i])) fail_msg("%s", money[i]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (gl_worded_quota(none[i])) fail_msg("%s", none[i]);
}

static void what_is_no_name_is_none(void **state)
{
    (void)state;
    char longest[300];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    static const char *const none[] = { "error",  "stream_error",
                                        "server", "errorserver",
                                        "over",   "unauthorized invalid_authentication",
                                        "c1" };
    assert_int_equal(gl_named_status(NULL, NULL), 0);
    assert_int_equal(gl_named_status(longest, longest), 0);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(gl_named_status(none[i], none[i]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_of_the_documented_table_has_its_status),
        cmocka_unit_test(a_number_is_a_status_when_it_can_be_one),
        cmocka_unit_test(the_code_says_more_than_the_type),
        cmocka_unit_test(words_for_no_money_count_until_a_quotation_begins),
        cmocka_unit_test(what_is_no_name_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
