/* mock_arguments.h - the options of bench that are for the mock that it starts, as arguments. */
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

/* A name with its value; NULL: it has none. Both are borrowed. */
void mock_arguments_add(mock_arguments *to, const char *name, const char *value);

/* Those that were given, wherever. */
void mock_arguments_given(mock_arguments *to, const cli_settings *settings);

/* All of them in a line, but for a key. false: out of memory. */
bool mock_arguments_join(const mock_arguments *arguments, gl_buf *out);

/* The first of them that was given; NULL: none was. */
const char *mock_arguments_first(const cli_settings *settings);

#endif
