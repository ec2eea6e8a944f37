/* cli/batch/failures: what a person hears of a job's failures while it runs, and when it is not
 * worth going on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "batch/failures.h"

static cli_outcome http(int status, const char *code)
{
    return (cli_outcome){ .line = 7,
                          .error = GLIMPSE_ERR_HTTP,
                          .code = code,
                          .message = "its words",
                          .http_status = status,
                          .asked = true };
}

static const cli_outcome answered = { .line = 9, .http_status = 200, .asked = true };

static bool add(cli_failures *f, cli_outcome outcome)
{
    char text[256];
    return failures_add(f, &outcome, text, sizeof text);
}

static bool hopeless(cli_failures *f)
{
    char text[256];
    return failures_are_hopeless(f, text, sizeof text);
}

static void first_of_each_kind_is_told_with_its_words(void **state)
{
    (void)state;
    cli_failures f = { 0 };
    char text[256];
    cli_outcome outcome = http(404, "not_found");
    assert_true(failures_add(&f, &outcome, text, sizeof text));
    assert_string_equal(text, "line 7: not_found (HTTP 404): its words [the first of its kind]");
    assert_false(failures_add(&f, &outcome, text, sizeof text));
    outcome = (cli_outcome){
        .line = 3, .error = GLIMPSE_ERR_INVALID, .code = "bad_json", .message = "x"
    };
    assert_true(failures_add(&f, &outcome, text, sizeof text));
    assert_string_equal(text, "line 3: bad_json: x [the first of its kind]");
    assert_false(add(&f, answered));
}

/* An endpoint cannot fill the terminal with codes of its own. */
static void kinds_without_end_are_told_up_to_a_bound(void **state)
{
    (void)state;
    cli_failures f = { 0 };
    int printed = 0;
    for (int i = 0; i < 1000; i++) {
        char code[100];
        snprintf(code, sizeof code, "%d%070d", i, 0);
        printed += add(&f, http(400, code));
    }
    assert_int_equal(printed, FAILURES_PRINTED);
}

static void twenty_alike_that_no_line_can_be_the_reason_of_are_hopeless(void **state)
{
    (void)state;
    static const int statuses[] = { 401, 403, 404, 405, 410 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        cli_failures f = { 0 };
        for (int n = 1; n < 20; n++) {
            add(&f, http(statuses[i], "some_code"));
            assert_false(hopeless(&f));
        }
        add(&f, http(statuses[i], "some_code"));
        assert_true(hopeless(&f));
        assert_false(hopeless(&f)); /* said once */
    }
    cli_failures f = { 0 };
    cli_outcome redirect = http(301, "redirect");
    redirect.error = GLIMPSE_ERR_REDIRECT;
    for (int n = 0; n < 20; n++) add(&f, redirect);
    assert_true(hopeless(&f));
}

static void what_a_line_can_be_the_reason_of_is_not(void **state)
{
    (void)state;
    static const int statuses[] = { 0, 200, 400, 413, 422, 429, 500, 503 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        cli_failures f = { 0 };
        for (int n = 0; n < 100; n++) add(&f, http(statuses[i], "some_code"));
        assert_false(hopeless(&f));
    }
}

static void one_answer_or_another_failure_among_them_is_hope(void **state)
{
    (void)state;
    cli_failures f = { 0 };
    for (int n = 0; n < 19; n++) add(&f, http(404, "model_not_found"));
    add(&f, answered); /* from here on a 404 is its line's */
    for (int n = 0; n < 100; n++) add(&f, http(404, "model_not_found"));
    assert_false(hopeless(&f));

    f = (cli_failures){ 0 };
    for (int n = 0; n < 100; n++) add(&f, http(404, n % 19 == 0 ? "other" : "model_not_found"));
    assert_false(hopeless(&f));

    /* Followers of one request are one answer, and a line that was never sent none. */
    f = (cli_failures){ 0 };
    for (int n = 0; n < 100; n++) {
        cli_outcome outcome = http(404, "not_found");
        outcome.asked = n == 0;
        add(&f, outcome);
    }
    assert_false(hopeless(&f));
}

/* An answer that was kept says nothing of the endpoint. */
static void a_kept_answer_is_no_hope(void **state)
{
    (void)state;
    cli_failures f = { 0 };
    cli_outcome kept = answered;
    kept.asked = false;
    add(&f, kept);
    for (int n = 0; n < 20; n++) add(&f, http(404, "not_found"));
    assert_true(hopeless(&f));
}

static void a_load_test_has_requests_and_starts_again(void **state)
{
    (void)state;
    cli_failures f = { .of_requests = true };
    char text[256];
    cli_outcome outcome = http(404, "not_found");
    assert_true(failures_add(&f, &outcome, text, sizeof text));
    assert_string_equal(text, "request 7: not_found (HTTP 404): its words [the first of its kind]");
    for (int n = 1; n < 20; n++) add(&f, outcome);
    assert_true(failures_are_hopeless(&f, text, sizeof text));
    assert_non_null(
        strstr(text, "of which no request is the reason; put it right and start again"));
    assert_null(strstr(text, "--resume"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_of_each_kind_is_told_with_its_words),
        cmocka_unit_test(kinds_without_end_are_told_up_to_a_bound),
        cmocka_unit_test(twenty_alike_that_no_line_can_be_the_reason_of_are_hopeless),
        cmocka_unit_test(what_a_line_can_be_the_reason_of_is_not),
        cmocka_unit_test(one_answer_or_another_failure_among_them_is_hope),
        cmocka_unit_test(a_kept_answer_is_no_hope),
        cmocka_unit_test(a_load_test_has_requests_and_starts_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
