/*
 * batch.c - `glimpse batch`: opens what the job reads and writes, in an order in which a refusal
 * leaves every file as it was, runs it, and tells how it went.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "exits.h"
#include "job.h"
#include "output.h"
#include "say.h"
#include "strict.h"

static int open_input(const char *path, int *code)
{
    struct stat status;
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        say("%s: cannot read: %s", path, strerror(errno));
    } else if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        say("%s: cannot read: %s", path, strerror(EISDIR));
        if (fd != STDIN_FILENO) close(fd);
        fd = -1;
    }
    if (fd < 0) *code = EXIT_IO;
    return fd;
}

static bool same_file(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Opened before the run, so that a wrong name is not found out after it; written after it. */
static int open_summary(const char *path, int input, int output, int *code)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        say("--summary: %s: %s", path, strerror(errno));
        *code = EXIT_IO;
    } else if (same_file(fd, input) || same_file(fd, output)) {
        say("--summary: %s: is the input or the output", path);
        *code = EXIT_USAGE;
    } else if (ftruncate(fd, 0) != 0 && errno != EINVAL) {
        say("--summary: %s: %s", path, strerror(errno));
        *code = EXIT_IO;
    }
    return fd;
}

/* false, said: it is not written. */
static bool write_summary(int fd, const char *path, const cli_report *report)
{
    gl_buf text;
    gl_buf_init(&text, 65536);
    report_json(report, &text);
    size_t at = 0;
    int error = text.failed ? ENOMEM : 0;
    while (error == 0 && at < text.len) {
        ssize_t n = write(fd, text.data + at, text.len - at);
        if (n >= 0)
            at += (size_t)n;
        else if (errno != EINTR)
            error = errno;
    }
    if (error == 0 && fsync(fd) != 0 && errno != EINVAL && errno != EROFS) error = errno;
    gl_buf_free(&text);
    if (error != 0) say("--summary: %s: %s", path, strerror(error));
    return error == 0;
}

/* Runs it with everything open. input and output are the job's. */
static int run(cli_session *session, const cli_settings *settings, int input, int output,
               int summary)
{
    cli_report report;
    cli_job *job = job_new(session, settings, input, output);
    if (job == NULL) return EXIT_OS_LIMIT;
    int code = job_run(job, &report);
    if (!settings->quiet) report_print(&report, stderr);
    if (summary >= 0 && !write_summary(summary, settings->summary, &report)) code = EXIT_IO;
    job_free(job);
    return code;
}

int command_batch(cli_settings *settings)
{
    cli_session session = { 0 };
    int input = -1, output = -1, summary = -1, code = 0;
    if (settings->word_count == 0 || settings->output == NULL) {
        say("%s; try 'glimpse help batch'",
            settings->word_count == 0 ? "no INPUT"
                                      : "no output: -o FILE, or -o - for standard output");
        return EXIT_USAGE;
    }
    const char *name = settings->words[0];
    code = session_open(&session, settings);
    if (code == 0) input = open_input(name, &code);
    /* The refusals first: nothing is opened for writing before the input is known to be good. */
    if (code == 0) code = output_refused(settings->output, settings->overwrite, input);
    if (code == 0 && settings->strict) code = strict_check(input, name, (size_t)settings->max_line);
    struct stat before;
    bool made = strcmp(settings->output, "-") != 0 && lstat(settings->output, &before) != 0;
    if (code == 0) output = output_open(settings->output, settings->overwrite, &code);
    if (code == 0 && settings->summary != NULL)
        summary = open_summary(settings->summary, input, output, &code);
    if (code == 0) {
        code = run(&session, settings, input, output, summary);
    } else {
        /* Or the same command, put right, would be refused: the output exists. */
        if (made && output >= 0) unlink(settings->output);
        if (input > STDIN_FILENO) close(input);
        if (output > STDERR_FILENO) close(output);
    }
    if (summary >= 0) close(summary);
    session_close(&session);
    return code;
}
