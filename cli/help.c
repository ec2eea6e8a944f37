/* help.c - `glimpse help` and --help of each command, from the tables of commands and options. */
#include <stdio.h>

#include "commands.h"
#include "exits.h"
#include "say.h"

static const char exit_codes[] =
    "\nExit codes:\n"
    "  0 all answered   1 some failed, each has its record   64 usage   65 bad input\n"
    "  69 endpoint unreachable, or the job's deadline   71 a limit of the system\n"
    "  73 the output exists   74 read or write error   75 stopped, to go on later:\n"
    "  the quota used up, the cost limit, a wrong address, or the output locked by\n"
    "  another process\n"
    "  77 credentials refused   78 a value refused\n"
    "  129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM\n";

static const char bench_exit_codes[] =
    "\nExit codes:\n"
    "  0 measured, and --sla met   1 --sla missed, --compare worse, a search whose\n"
    "  least was not met, or every request failed (failures that are fewer are a\n"
    "  figure: --sla 'error_rate<1%')   64 usage   65 bad input\n"
    "  69 endpoint unreachable   70 INVALID: the client spoilt the run\n"
    "  71 a limit of the system   74 read or write error   75 stopped: the quota is\n"
    "  used up, or the address wrong   77 credentials refused   78 a value refused\n"
    "  129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM\n";

static void print_overview(void)
{
    fputs("glimpse: very many OpenAI-compatible requests in flight from one thread\n\n"
          "usage: glimpse COMMAND [OPTIONS] ...\n\nCommands:\n",
          stdout);
    for (size_t i = 0; i < command_count; i++) {
        int column = printf("  %-9s", command_table[i].name);
        help_wrap(command_table[i].summary, (size_t)column, 11);
    }
    fputs("\nFirst steps:\n"
          "  export OPENAI_API_KEY=...               without it, run answers locally\n"
          "  glimpse run --goal 'summarize in one sentence' 'The quick brown fox ...'\n"
          "  glimpse batch drafts.jsonl -o out.jsonl\n"
          "\n'glimpse help COMMAND' tells the rest.\n",
          stdout);
}

void help_print(const cli_command *command)
{
    if (command == NULL) {
        print_overview();
        return;
    }
    printf("usage: glimpse %s%s%s\n\n", command->name, *command->usage != '\0' ? " " : "",
           command->usage);
    help_wrap(command->summary, 0, 0);
    if (command->examples != NULL) printf("\nExamples:\n%s", command->examples);
    if (command->bit != 0) option_print_help(command->bit);
    if ((command->bit & (FOR_RUN | FOR_BATCH)) != 0) fputs(exit_codes, stdout);
    if (command->bit == FOR_BENCH) fputs(bench_exit_codes, stdout);
}

int command_help(cli_settings *settings)
{
    const cli_command *about = NULL;
    if (settings->word_count > 0) {
        about = command_find(settings->words[0]);
        if (about == NULL) return command_unknown(settings->words[0]);
    }
    help_print(about);
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}
