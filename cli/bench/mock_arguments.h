/* mock_arguments.h - the options of bench that are for its mock, as arguments. */
#ifndef CLI_BENCH_MOCK_ARGUMENTS_H
#define CLI_BENCH_MOCK_ARGUMENTS_H

#include <stddef.h>

#include "base/buf.h"
#include "options/settings.h"

#define MOCK_ARGUMENTS_MAX 128

typedef struct mock_arguments {
    const char *argv[MOCK_ARGUMENTS_MAX + 1]; /* NULL at the end */
    size_t count;
    char number[MOCK_ARGUMENTS_MAX][32];
} mock_arguments;

/* Adds a name with its value; NULL: without a value. Both are borrowed. */
void mock_arguments_add(mock_arguments *to, const char *name, const char *value);

/* Adds the options that were given, from any source. */
void mock_arguments_given(mock_arguments *to, const cli_settings *settings);

/* Joins all of them, except a key, into a line. false: out of memory. */
bool mock_arguments_join(const mock_arguments *arguments, gl_buf *out);

/* Returns the first of them that was given; NULL: none was. */
const char *mock_arguments_first(const cli_settings *settings);

#endif
