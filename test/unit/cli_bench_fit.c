/* cli/bench/fit: no option of bench is passed over in silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fit.h"
#include "exits.h"
#include "options/options.h"

static void forget_environment(void)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].environment != NULL) unsetenv(option_table[i].environment);
}

/* The words that ask for a kind. */
static int words_of(bench_kind kind, const char **words)
{
    static const char *const all[BENCH_KINDS][3] = {
        [BENCH_OPEN] = { "--rate", "5" },    [BENCH_TRACE] = { "--trace", "t" },
        [BENCH_SWEEP] = { "--sweep" },       [BENCH_SATURATE] = { "--saturate" },
        [BENCH_PLAYBOOK] = { "--playbook" }, [BENCH_CALIBRATE] = { "--calibrate" },
        [BENCH_COMPARE] = { "--compare" },   [BENCH_MERGE] = { "merge" },
    };
    int count = 0;
    for (; count < 3 && all[kind][count] != NULL; count++) words[count] = all[kind][count];
    return count;
}

/* A value that the row takes. */
static const char *value_of(const cli_option *row)
{
    static const struct {
        const char *name, *value;
    } own[] = { { "base-url", "http://127.0.0.1:1/v1" },
                { "proxy", "http://127.0.0.1:1" },
                { "header", "A: b" },
                { "metrics", "0" },
                { "thresholds", "auto" },
                { "omit", "temperature" } };
    static char word[64];
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i].name, row->name) == 0) return own[i].value;
    double number = row->max >= 3 && row->min < 3 ? 3 : row->min;
    if (row->type == OPTION_ON_OFF || row->type == OPTION_SWITCH) return "on";
    if (row->type == OPTION_CHOICE) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(row->choices, "|"), row->choices);
        return word;
    }
    snprintf(word, sizeof word, row->type == OPTION_DURATION ? "%.0fms" : "%.0f", number);
    return word;
}

/* The exit code of an option of a kind of run; -1: the option has no value that can be tried. */
static int judged(bench_kind kind, const cli_option *row)
{
    char text[5][64], *words[5];
    const char *asked[3];
    bool help;
    cli_settings settings;
    int count = words_of(kind, asked);
    for (int i = 0; i < count; i++) snprintf(text[i], sizeof text[i], "%s", asked[i]);
    snprintf(text[count++], sizeof text[0], "--%s", row->name);
    if (row->type != OPTION_SWITCH) snprintf(text[count++], sizeof text[0], "%s", value_of(row));
    for (int i = 0; i < count; i++) words[i] = text[i];
    int code = settings_read(&settings, FOR_BENCH, "bench", count, words, &help);
    bool same = code == 0 && bench_kind_of(&settings) == kind;
    if (same) code = bench_fit_kind(&settings, kind);
    settings_free(&settings);
    return same ? code : -1;
}

static void an_option_says_something_or_is_refused(void **state)
{
    (void)state;
    int tried = 0;
    forget_environment();
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        if ((row->commands & FOR_BENCH) == 0 || row->environment_only) continue;
        for (int kind = 0; kind < BENCH_KINDS; kind++) {
            int code = judged((bench_kind)kind, row);
            if (code < 0) continue;
            tried++;
            if (code != (bench_fits(row, (bench_kind)kind) ? 0 : EXIT_USAGE))
                fail_msg("--%s of kind %d: %d", row->name, kind, code);
        }
    }
    assert_in_range(tried, 500, 5000);
}

static bool has_row(const char *name)
{
    for (size_t i = 0; bench_fit_option(i) != NULL; i++)
        if (strcmp(bench_fit_option(i), name) == 0) return true;
    return false;
}

/* What is not in the table fits all loads, and neither reports that are read, nor --calibrate: that
 * is right for options of the engine and the mock, and is to be thought of for those of bench. */
static void each_option_of_bench_alone_has_its_row(void **state)
{
    (void)state;
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (row->commands == FOR_BENCH && !option_is_of_mock(row) && !has_row(row->name))
            fail_msg("--%s is not in the table", row->name);
    for (size_t i = 0; bench_fit_option(i) != NULL; i++)
        if (option_find(bench_fit_option(i), strlen(bench_fit_option(i)), FOR_BENCH) == NULL)
            fail_msg("--%s is no option", bench_fit_option(i));
}

static void what_a_file_says_is_told_and_passed_over(void **state)
{
    (void)state;
    char path[] = "/tmp/glimpse-fit-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fputs("concurrent-users = 5\n", file);
    fclose(file);
    char config[] = "--config", rate[] = "--rate", five[] = "5";
    char *words[] = { config, path, rate, five };
    bool help;
    cli_settings settings;
    forget_environment();
    assert_int_equal(settings_read(&settings, FOR_BENCH, "bench", 4, words, &help), 0);
    assert_int_equal(bench_kind_of(&settings), BENCH_OPEN);
    assert_int_equal(bench_fit_kind(&settings, BENCH_OPEN), 0);
    settings_free(&settings);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_says_something_or_is_refused),
        cmocka_unit_test(each_option_of_bench_alone_has_its_row),
        cmocka_unit_test(what_a_file_says_is_told_and_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
