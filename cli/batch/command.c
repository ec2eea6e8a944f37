/*
 * command.c - `glimpse batch`: opens the job's files, in an order in which a refusal leaves every
 * file as it was, runs the job, and reports its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "batch/ahead.h"
#include "batch/input_form.h"
#include "batch/job.h"
#include "batch/output.h"
#include "batch/strict.h"
#include "batch_api/job.h"
#include "commands.h"
#include "exits.h"
#include "files/same_place.h"
#include "files/spool.h"
#include "say.h"

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

/* Opened before the run, so that a wrong name is found out before it; written after the run. */
static int open_summary(const char *path, int input, int output, int *code)
{
    struct stat status;
    if (strcmp(path, "-") == 0) return STDOUT_FILENO;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        say("--summary: %s: %s", path, strerror(errno));
        *code = EXIT_IO;
    } else if (fstat(fd, &status) == 0 &&
               (same_open_file(&status, input) || same_open_file(&status, output))) {
        say("--summary: %s: is the input or the output", path);
        *code = EXIT_USAGE;
    }
    return fd;
}

/* false after an error message: it is not written. */
static bool write_summary(int fd, const char *path, const cli_report *report)
{
    gl_buf text;
    gl_buf_init(&text, 65536);
    report_json(report, &text);
    int error = text.failed ? ENOMEM : 0;
    if (error == 0 && fd != STDOUT_FILENO && ftruncate(fd, 0) != 0 && errno != EINVAL)
        error = errno;
    if (error == 0) error = gl_file_write(fd, text.data, text.len);
    if (error == 0) error = gl_file_sync(fd);
    gl_buf_free(&text);
    if (error != 0) say("--summary: %s: %s", path, strerror(error));
    return error == 0;
}

/* The receivers of the report on a job that has ended. */
typedef struct telling {
    const cli_settings *settings;
    int summary; /* descriptor; below 0: no summary is asked for */
    bool failed;
} telling;

static void tell(const cli_report *report, void *arg)
{
    telling *to = arg;
    if (!to->settings->quiet) report_print(report, stderr);
    if (to->summary >= 0 && !write_summary(to->summary, to->settings->summary, report))
        to->failed = true;
}

/* The report has the exit code in it, so the code is known by then. */
static int tell_end(const job_parts *parts, cli_report *report, telling *to, int code)
{
    report->exit_code = log_sink_code(&parts->session->log, code);
    tell(report, to);
    return to->failed ? EXIT_IO : report->exit_code;
}

/* Runs the job with all files open. */
static int run(job_parts *parts, int summary, bool through_batches)
{
    cli_report report;
    telling to = { .settings = parts->settings, .summary = summary };
    parts->leaving = tell;
    parts->leaving_arg = &to;
    int code = through_batches ? batch_api_job_run(parts, &report) : job_run(parts, &report);
    return tell_end(parts, &report, &to, code);
}

/* Compares the names before any of them is opened. */
static bool log_is_taken(const cli_settings *settings)
{
    const char *const others[] = { settings->words[0], settings->output, settings->summary };
    const char *log = settings->log_file;
    if (log == NULL || strcmp(log, "-") == 0) return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] != NULL && (strcmp(log, others[i]) == 0 || same_place(log, others[i])))
            return true;
    return false;
}

/* Finds options that contradict each other or are missing: 0, or the exit code after an error
 * message. */
static int check_usage(const cli_settings *settings)
{
    if (settings->word_count == 0)
        say("no INPUT; try 'glimpse help batch'");
    else if (settings->output == NULL)
        say("no output: -o FILE, or -o - for standard output; try 'glimpse help batch'");
    else if (settings->resume && settings->overwrite)
        say("--resume goes on with the output, --overwrite empties it: one of them");
    else if (settings->retry_failed && !settings->resume)
        say("--retry-failed goes with --resume");
    else if (settings->summary != NULL && strcmp(settings->summary, "-") == 0 &&
             strcmp(settings->output, "-") == 0)
        say("-o and --summary: standard output is for one of them");
    else if (log_is_taken(settings))
        say("--log-file: %s: is the input, the output or the summary", settings->log_file);
    else
        return 0;
    return EXIT_USAGE;
}

/* An input that is read twice must be a file: a pipe's *input becomes one. 0, or the exit code
 * after an error message. */
static int keep_input(int *input)
{
    int file = spool_open(*input);
    if (file < 0) {
        say("cannot keep the input, to read it again: %s", strerror(errno));
        return EXIT_IO;
    }
    if (file != *input && *input > STDIN_FILENO) close(*input);
    *input = file;
    return 0;
}

/* Takes over the output's answers. *output may become another file, and a pipe's *input a file. 0,
 * or the exit code after an error message. */
static int resume(const cli_session *session, const cli_settings *settings, int *input, int *output,
                  resume_state *state)
{
    struct stat status;
    resume_ask ask = { .engine = session->engine,
                       .path = settings->output,
                       .max_line = (size_t)settings->max_line,
                       .wish = { .failed = !settings->retry_failed,
                                 .local = session_is_local(session) },
                       .reuse = settings_share_answers(settings) };
    bool is_empty = fstat(*output, &status) == 0 && status.st_size == 0;
    if (is_empty && !ahead_exists(settings->output)) return 0;
    int old = *output, code = keep_input(input);
    if (code == 0) code = resume_rewrite(&ask, *input, output, state);
    if (*output != old) close(old);
    if (code == 0 && !settings->quiet) {
        char line[256];
        resume_describe(state, line, sizeof line);
        say("%s", line);
    }
    return code;
}

static bool is_missing(const char *path)
{
    struct stat status;
    return path != NULL && strcmp(path, "-") != 0 && stat(path, &status) != 0;
}

int command_batch(cli_settings *settings)
{
    cli_session session = { 0 };
    cli_cost cost = { 0 };
    resume_state done = { 0 };
    bool through_batches = false;
    int input = -1, output = -1, summary = -1, code = check_usage(settings);
    if (code != 0) return code;
    const char *name = settings->words[0];
    output_mode mode = settings->resume      ? OUTPUT_RESUME
                       : settings->overwrite ? OUTPUT_OVERWRITE
                                             : OUTPUT_NEW;
    code = session_open(&session, settings);
    if (code == 0)
        code = cost_init(&cost, settings->prices, settings->engine.profiles, settings->max_cost);
    if (code == 0) input = open_input(name, &code);
    if (code == 0) code = input_form_check(input, name);
    /* The refusals first: nothing is opened for writing before the input is known to be good. */
    if (code == 0) code = output_refused(settings->output, mode, input);
    if (code == 0) code = batch_api_choose(settings, input, &through_batches);
    if (code == 0 && settings->strict) code = strict_check(input, name, (size_t)settings->max_line);
    bool makes_output = is_missing(settings->output), makes_summary = is_missing(settings->summary);
    if (code == 0) output = output_open(settings->output, mode, settings->no_lock, &code);
    if (code == 0 && settings->summary != NULL)
        summary = open_summary(settings->summary, input, output, &code);
    if (code == 0 && through_batches) code = keep_input(&input);
    if (code == 0 && settings->resume) code = resume(&session, settings, &input, &output, &done);
    job_parts parts = { .session = &session,
                        .settings = settings,
                        .cost = &cost,
                        .resume = done.lines > 0 ? &done : NULL,
                        .input = input,
                        .output = output };
    if (code == 0 && through_batches) code = batch_api_choose_again(&parts, &through_batches);
    if (code == 0) {
        code = run(&parts, summary, through_batches);
    } else {
        if (input > STDIN_FILENO) close(input);
        if (output > STDERR_FILENO) close(output);
    }
    if (summary > STDERR_FILENO) close(summary);
    /* A job that came to nothing leaves no file. */
    if (code != 0 && makes_output && !through_batches) output_remove_empty(settings->output);
    if (code != 0 && makes_summary) output_remove_empty(settings->summary);
    resume_free(&done);
    cost_free(&cost);
    return session_close(&session, code);
}
