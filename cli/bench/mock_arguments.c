/* mock_arguments.c - see mock_arguments.h. Writes each value so that the mock reads the same. */
#include "bench/mock_arguments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "options/options.h"

static bool is_given(const cli_settings *settings, const cli_option *row)
{
    return option_is_of_mock(row) && settings->origins[row - option_table] != FROM_DEFAULT;
}

void mock_arguments_add(mock_arguments *to, const char *name, const char *value)
{
    if (to->count + 2 > MOCK_ARGUMENTS_MAX) return; /* unit/cli_mock_arguments passes all options */
    to->argv[to->count++] = name;
    if (value != NULL) to->argv[to->count++] = value;
    to->argv[to->count] = NULL;
}

/* "--NAME", of the mock. */
static const char *flag_of(mock_arguments *to, const cli_option *row)
{
    const size_t prefix = sizeof OPTION_MOCK_PREFIX - 1;
    const char *name = row->name;
    if (strncmp(name, OPTION_MOCK_PREFIX, prefix) == 0) name += prefix;
    char *flag = to->number[to->count]; /* the place beside its argument */
    snprintf(flag, sizeof to->number[0], "--%s", name);
    return flag;
}

static void add_row(mock_arguments *to, const cli_settings *settings, const cli_option *row)
{
    const void *value = (const char *)settings + row->offset;
    if (to->count + 2 > MOCK_ARGUMENTS_MAX) return;
    const char *flag = flag_of(to, row);
    char *number = to->number[to->count + 1];
    const size_t size = sizeof to->number[0];
    switch (row->type) {
    case OPTION_TEXT:
        if (*(const char *const *)value != NULL)
            mock_arguments_add(to, flag, *(const char *const *)value);
        return;
    case OPTION_SWITCH:
        if (*(const bool *)value) mock_arguments_add(to, flag, NULL);
        return;
    case OPTION_DURATION:
        snprintf(number, size, "%" PRId64 "ms", *(const int64_t *)value);
        break;
    case OPTION_REAL:
        snprintf(number, size, "%.17g", *(const double *)value);
        break;
    default:
        snprintf(number, size, "%" PRId64, *(const int64_t *)value);
        break;
    }
    mock_arguments_add(to, flag, number);
}

void mock_arguments_given(mock_arguments *to, const cli_settings *settings)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (is_given(settings, row)) add_row(to, settings, row);
}

bool mock_arguments_join(const mock_arguments *arguments, gl_buf *out)
{
    for (size_t i = 0; i < arguments->count; i++) {
        if (i != 0) gl_buf_append_char(out, ' ');
        gl_buf_append_str(out, arguments->argv[i]);
        if (strcmp(arguments->argv[i], "--require-key") == 0) i++;
    }
    return gl_buf_terminate(out);
}

const char *mock_arguments_first(const cli_settings *settings)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++)
        if (is_given(settings, row)) return row->name;
    return NULL;
}
