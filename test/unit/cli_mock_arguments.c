/* cli/bench/mock_arguments: what bench hands on to its mock is read there as it was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mock_arguments.h"
#include "options/options.h"

static void forget_environment(void)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].environment != NULL) unsetenv(option_table[i].environment);
}

/* A value that the row takes and that is not its default. */
static void write_value(const cli_option *row, char *to, size_t size)
{
    double number = row->min + 3;
    if (number > row->max) number = row->max;
    if (row->type == OPTION_TEXT)
        snprintf(to, size, "text of %s", row->name);
    else if (row->type == OPTION_DURATION)
        snprintf(to, size, "%.0fms", number);
    else if (row->type == OPTION_REAL)
        snprintf(to, size, "%.17g", number + 0.1);
    else
        snprintf(to, size, "%.0f", number);
}

static bool same_value(const cli_option *row, const cli_settings *a, const cli_settings *b)
{
    const char *left = (const char *)a + row->offset, *right = (const char *)b + row->offset;
    if (row->type == OPTION_TEXT) {
        const char *one = *(const char *const *)(const void *)left;
        const char *other = *(const char *const *)(const void *)right;
        return one != NULL && other != NULL && strcmp(one, other) == 0;
    }
    size_t size = row->type == OPTION_SWITCH ? sizeof(bool)
                  : row->type == OPTION_REAL ? sizeof(double)
                                             : sizeof(int64_t);
    return memcmp(left, right, size) == 0;
}

/* All of them at once: flag, value, flag, value. */
static int all_given(char **words, char (*text)[64])
{
    int count = 0;
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        if (!option_is_of_mock(row)) continue;
        snprintf(text[count], sizeof text[0], "--%s", row->name);
        words[count] = text[count];
        count++;
        if (row->type == OPTION_SWITCH) continue;
        write_value(row, text[count], sizeof text[0]);
        words[count] = text[count];
        count++;
    }
    return count;
}

static void the_mock_reads_what_bench_was_given(void **state)
{
    (void)state;
    static char text[2 * MOCK_ARGUMENTS_MAX][64], copy[2 * MOCK_ARGUMENTS_MAX][64];
    char *words[2 * MOCK_ARGUMENTS_MAX];
    bool help;
    cli_settings of_bench, of_mock;
    mock_arguments arguments = { .count = 0 };
    forget_environment();
    int count = all_given(words, text);
    assert_in_range(count, 20, MOCK_ARGUMENTS_MAX - 6); /* three of bench's own come before them */
    assert_int_equal(settings_read(&of_bench, FOR_BENCH, "bench", count, words, &help), 0);
    mock_arguments_given(&arguments, &of_bench);
    assert_int_equal(arguments.count, count);
    assert_null(arguments.argv[arguments.count]);
    for (size_t i = 0; i < arguments.count; i++) {
        snprintf(copy[i], sizeof copy[0], "%s", arguments.argv[i]);
        words[i] = copy[i];
    }
    assert_int_equal(settings_read(&of_mock, FOR_MOCK, "mock", count, words, &help), 0);
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (option_is_of_mock(row) && !same_value(row, &of_bench, &of_mock))
            fail_msg("--%s is not as it was given", row->name);
    settings_free(&of_bench);
    settings_free(&of_mock);
}

/* But for its address, what it writes itself, and the seed, which bench has too. */
static void bench_takes_every_option_of_the_mock(void **state)
{
    (void)state;
    static const char *const own[] = {
        "host", "port", "port-file", "record", "record-file", "seed"
    };
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        char name[64];
        bool found = false;
        if ((row->commands & FOR_MOCK) == 0) continue;
        snprintf(name, sizeof name, "%s%s", OPTION_MOCK_PREFIX, row->name);
        const cli_option *plain = option_find(row->name, strlen(row->name), FOR_BENCH);
        const cli_option *prefixed = option_find(name, strlen(name), FOR_BENCH);
        found = (plain != NULL && option_is_of_mock(plain)) ||
                (prefixed != NULL && prefixed->offset == row->offset);
        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
            found |= strcmp(row->name, own[i]) == 0;
        if (!found && (row->commands & (FOR_RUN | FOR_BATCH)) == 0)
            fail_msg("bench does not take --%s", row->name);
    }
}

static void nothing_given_is_nothing_handed_on(void **state)
{
    (void)state;
    bool help;
    cli_settings settings;
    mock_arguments arguments = { .count = 0 };
    forget_environment();
    assert_int_equal(settings_read(&settings, FOR_BENCH, "bench", 0, NULL, &help), 0);
    mock_arguments_given(&arguments, &settings);
    assert_int_equal(arguments.count, 0);
    assert_null(mock_arguments_first(&settings));
    settings_free(&settings);
}

static void a_key_is_not_shown(void **state)
{
    (void)state;
    mock_arguments arguments = { .count = 0 };
    gl_buf text;
    gl_buf_init(&text, 1000);
    mock_arguments_add(&arguments, "--require-key", "sk-secret");
    mock_arguments_add(&arguments, "--times", NULL);
    assert_true(mock_arguments_join(&arguments, &text));
    assert_string_equal(text.data, "--require-key --times");
    gl_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mock_reads_what_bench_was_given),
        cmocka_unit_test(bench_takes_every_option_of_the_mock),
        cmocka_unit_test(nothing_given_is_nothing_handed_on),
        cmocka_unit_test(a_key_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
