/* commands.h - the commands: one function and one file each, one row each in the table. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "options/settings.h"

typedef struct cli_command {
    const char *name;
    unsigned bit;      /* FOR_..., 0: takes no options */
    size_t words_max;  /* most words behind the options */
    const char *usage; /* behind "glimpse NAME" */
    const char *summary;
    const char *examples;               /* lines, or NULL */
    int (*run)(cli_settings *settings); /* the exit code */
} cli_command;

extern const cli_command command_table[];
extern const size_t command_count;

const cli_command *command_find(const char *name);

/* Prints that there is no such command, and the closest one. Returns the exit code. */
int command_unknown(const char *name);

int command_run(cli_settings *settings);
int command_batch(cli_settings *settings);
int command_bench(cli_settings *settings);
int command_serve(cli_settings *settings);
int command_mock(cli_settings *settings);
int command_key(cli_settings *settings);
int command_cache(cli_settings *settings);
int command_profile(cli_settings *settings);
int command_version(cli_settings *settings);
int command_help(cli_settings *settings);

/* The text of --help for one command, or of `glimpse help`, on stdout. */
void help_print(const cli_command *command);

#endif
