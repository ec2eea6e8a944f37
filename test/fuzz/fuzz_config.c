/*
 * fuzz_config.c - any bytes as a config file: it is taken whole, with every number in its range,
 * or refused with one line for a terminal.
 *
 * The first byte chooses the command.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "exits.h"
#include "options/config_file.h"

/* What is said while this lasts goes to a file that the reader of it can look at. */
static int say_into(int fd)
{
    int before = dup(STDERR_FILENO);
    claim(before >= 0 && dup2(fd, STDERR_FILENO) >= 0, "no descriptor");
    return before;
}

static void check_messages(int fd, int code)
{
    char text[4096];
    ssize_t len = pread(fd, text, sizeof text, 0);
    claim(len >= 0, "nothing to read");
    claim((code == 0) == (len == 0), "refused without a word, or words about what was taken");
    if (len == 0) return;
    claim(text[len - 1] == '\n', "a line without an end");
    claim_plain_line(text, (size_t)len - 1);
}

static void check_ranges(const cli_settings *settings)
{
    for (size_t i = 0; i < option_count; i++) {
        const cli_option *row = &option_table[i];
        const char *at = (const char *)settings + row->offset;
        double value = 0;
        if (settings->origins[i] != FROM_FILE) continue;
        claim(!row->environment_only, "a secret from a file");
        if (row->type == OPTION_INT)
            value = *(const int *)(const void *)at;
        else if (row->type == OPTION_REAL)
            value = *(const double *)(const void *)at;
        else if (row->type == OPTION_COUNT || row->type == OPTION_DURATION ||
                 row->type == OPTION_SIZE)
            value = (double)*(const int64_t *)(const void *)at;
        else
            continue;
        claim(value >= row->min && value <= row->max, "a number out of its range");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned commands[] = { FOR_RUN, FOR_BATCH, FOR_MOCK, FOR_KEY, FOR_CACHE };
    fuzz_input in = { data, size };
    unsigned command = commands[fuzz_byte(&in) % 4];
    int file = memfd_create("config", 0), said = memfd_create("said", 0);
    claim(file >= 0 && said >= 0, "no memory file");
    claim(write(file, in.data, in.size) == (ssize_t)in.size, "a write failed");
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);

    size_t live = gl_alloc_live();
    cli_settings settings = { 0 };
    glimpse_config_init(&settings.engine);
    settings.origins = gl_calloc(option_count, 1);
    claim(settings.origins != NULL, "out of memory");
    int before = say_into(said);
    int code = config_file_read(&settings, command, path);
    fflush(stderr);
    claim(dup2(before, STDERR_FILENO) >= 0, "no descriptor");
    close(before);
    claim(code == 0 || code == EXIT_VALUE, "another exit code");
    check_messages(said, code);
    check_ranges(&settings);
    settings_free(&settings);
    claim(gl_alloc_live() == live, "memory is left");
    close(file);
    close(said);
    return 0;
}
