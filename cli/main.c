/* main.c - calls the command, which gets its settings, read and checked row by row, and returns the
 * exit code. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "exits.h"
#include "say.h"

static int run_command(const cli_command *command, int argc, char **argv)
{
    cli_settings settings;
    bool help;
    int code = settings_read(&settings, command->bit, command->name, argc, argv, &help);
    if (code == 0 && help) {
        help_print(command);
        code = say_flush_stdout() ? EXIT_DONE : EXIT_IO;
    } else if (code == 0 && settings.word_count > command->words_max) {
        say("unexpected '%.60s'; try 'glimpse help %s'", settings.words[command->words_max],
            command->name);
        code = EXIT_USAGE;
    } else if (code == 0) {
        code = command->run(&settings);
    }
    settings_free(&settings);
    return code;
}

/* A standard descriptor that is closed would be given to the next file that is opened, and get text
 * that is meant for a person. Opened the wrong way round, its use fails as before. */
static void occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0) return;
}

int main(int argc, char **argv)
{
    occupy_standard_descriptors();
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is a write error, EFBIG */
    const char *name = argc > 1 ? argv[1] : NULL;
    if (name == NULL) {
        say("no command; try 'glimpse help'");
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) name = "version";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    const cli_command *command = command_find(name);
    if (command == NULL) return command_unknown(name);
    return run_command(command, argc - 2, argv + 2);
}
