/*
 * alert_command.c - see alert_command.h.
 *
 * At most one child of each kind of alert runs. Of the alerts that come meanwhile the newest of its
 * kind waits. A child has a process group of its own, so that Ctrl-C does not reach it; its output
 * is standard error, because standard output may be a report. It is started by posix_spawn, which
 * copies no page tables: the loop is held up only for the time of an exec.
 */
#include "monitoring/alert_command.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "options/options.h"
#include "say.h"

#define PREFIX "GLIMPSE_ALERT_"
/* Far above any line, and below every pipe's size: it is written before the child reads. */
#define LINE_MAX_BYTES 4000

typedef struct slot {
    pid_t pid;  /* 0: none runs */
    bool waits; /* with the members below */
    glimpse_alert alert;
    char message[256];
} slot;

/* Behind the engine's own kinds: a file that was read again and refused. */
enum { RELOAD = GLIMPSE_ALERT_COUNT, SLOTS };

struct alert_command {
    struct event *ended; /* SIGCHLD */
    const char *command;
    const glimpse_config *engine; /* its keys are kept from the command */
    const log_sink *log;
};

/* A search makes one engine after another, and a child may outlive the run of its alert. */
static slot slots[SLOTS];
static bool failure_shown;

extern char **environ;

__attribute__((format(printf, 2, 3))) static void tell_user(const alert_command *command,
                                                            const char *format, ...)
{
    char line[400];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (command->log->before != NULL) command->log->before(command->log->arg);
    say("--alert-command: %s", line);
}

static void say_failure(const alert_command *command, const char *what, const char *which)
{
    if (failure_shown) return;
    failure_shown = true;
    tell_user(command, "%s %s; further failures of it are not said", what, which);
}

/* --- the child's input and environment -------------------------------------------------------- */

static bool is_latency(const glimpse_alert *alert)
{
    return alert->kind == GLIMPSE_ALERT_LATENCY_P50 || alert->kind == GLIMPSE_ALERT_LATENCY_P95;
}

static bool has_figures(const slot *one)
{
    return one != &slots[RELOAD];
}

static const char *name_of(const slot *one)
{
    return has_figures(one) ? glimpse_alert_name(one->alert.kind) : "reload";
}

static const char *severity_of(const slot *one)
{
    return glimpse_alert_severity_name(has_figures(one) ? one->alert.severity
                                                        : GLIMPSE_ALERT_WARNING);
}

static void text_member(gl_buf *out, const char *name, const char *value)
{
    gl_buf_printf(out, "%c\"%s\":", out->len == 0 ? '{' : ',', name);
    gl_json_write_string(out, gl_slice_str(value));
}

static void number_member(gl_buf *out, const char *name, double value)
{
    gl_buf_printf(out, ",\"%s\":", name);
    gl_json_write_double(out, value);
}

static void write_figures(const glimpse_alert *alert, gl_buf *out)
{
    number_member(out, "value", alert->value);
    number_member(out, "limit", alert->limit);
    text_member(out, "unit", is_latency(alert) ? "ms" : "ratio");
    if (alert->kind == GLIMPSE_ALERT_HIT_RATE) number_member(out, "repeated", alert->repeated);
    if (is_latency(alert)) number_member(out, "late", alert->late);
    number_member(out, "samples", (double)alert->samples);
    number_member(out, "window_ms", (double)alert->window_ms);
    number_member(out, "lasted_ms", (double)alert->lasted_ms);
}

static void write_line(const slot *one, gl_buf *out)
{
    text_member(out, "alert", name_of(one));
    text_member(out, "state", one->alert.firing ? "firing" : "over");
    text_member(out, "severity", severity_of(one));
    if (has_figures(one)) write_figures(&one->alert, out);
    text_member(out, "message", one->message);
    gl_buf_append_str(out, "}\n");
}

static bool is_named(const char *variable, const char *name, size_t len)
{
    return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

static bool holds(const char *variable, const char *key)
{
    const char *value = strchr(variable, '=');
    return key != NULL && *key != '\0' && value != NULL && strstr(value + 1, key) != NULL;
}

/* Returns true for a variable that a key of ours is read from, or that holds a key in use. */
static bool is_secret(const char *variable, const glimpse_config *engine)
{
    static const char *const rows[] = { "api-key", "azure-api-key" };
    const glimpse_pool *pool = engine->pool;
    if (holds(variable, engine->endpoint.api_key)) return true;
    for (size_t i = 0; pool != NULL && i < pool->endpoint_count; i++)
        if (holds(variable, pool->endpoints[i].endpoint.api_key)) return true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (const cli_option *row = option_table; row < option_table + option_count; row++)
            if (strcmp(row->name, rows[i]) == 0 &&
                is_named(variable, row->environment, strlen(row->environment)))
                return true;
    return false;
}

enum { OURS = 7 };

static void variable(gl_buf *out, const char *name, const char *value)
{
    gl_buf_printf(out, PREFIX "%s=%s", name, value);
    gl_buf_append_char(out, '\0');
}

static void variable_number(gl_buf *out, const char *name, double value)
{
    gl_buf_printf(out, PREFIX "%s=", name);
    gl_json_write_double(out, value);
    gl_buf_append_char(out, '\0');
}

/* OURS of them, fewer without figures. */
static void write_variables(const slot *one, gl_buf *out)
{
    const glimpse_alert *alert = &one->alert;
    variable(out, "NAME", name_of(one));
    variable(out, "STATE", alert->firing ? "firing" : "over");
    variable(out, "SEVERITY", severity_of(one));
    variable(out, "MESSAGE", one->message);
    if (!has_figures(one)) return;
    variable_number(out, "VALUE", alert->value);
    variable_number(out, "LIMIT", alert->limit);
    variable(out, "UNIT", is_latency(alert) ? "ms" : "ratio");
}

/* Makes an environment of the process's own without secrets, and ours, which are in `text`; NULL:
 * out of memory. */
static char **make_environment(const slot *one, const glimpse_config *engine, gl_buf *text)
{
    size_t count = 0, n = 0;
    while (environ[count] != NULL) count++;
    char **all = gl_calloc(count + OURS + 1, sizeof *all);
    write_variables(one, text);
    if (all == NULL || text->failed) {
        gl_free(all);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!is_secret(environ[i], engine) && strncmp(environ[i], PREFIX, sizeof PREFIX - 1) != 0)
            all[n++] = environ[i];
    for (char *at = text->data; at < text->data + text->len; at += strlen(at) + 1) all[n++] = at;
    return all;
}

/* --- running it ------------------------------------------------------------------------------- */

static int spawn_with(const char *command, char **environment, int in, pid_t *pid)
{
    char *const argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
                           (char *)(uintptr_t)command, NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, piped;
    sigemptyset(&none);
    sigemptyset(&piped);
    sigaddset(&piped, SIGPIPE); /* ignored by us, and so it would be by the child's programs */
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0) return error;
    error = posix_spawnattr_init(&how);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
        if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&files, 3);
        posix_spawnattr_setpgroup(&how, 0);
        posix_spawnattr_setsigmask(&how, &none);
        posix_spawnattr_setsigdefault(&how, &piped);
        posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                           POSIX_SPAWN_SETSIGDEF);
        if (error == 0) error = posix_spawn(pid, "/bin/sh", &files, &how, argv, environment);
        posix_spawnattr_destroy(&how);
    }
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Returns the error, or 0. */
static int spawn(const alert_command *command, slot *one)
{
    gl_buf line, text;
    int ends[2], error = ENOMEM;
    gl_buf_init(&line, LINE_MAX_BYTES);
    gl_buf_init(&text, LINE_MAX_BYTES);
    write_line(one, &line);
    char **environment = make_environment(one, command->engine, &text);
    if (environment != NULL && !line.failed) {
        error = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
        if (error == 0) {
            if (write(ends[1], line.data, line.len) != (ssize_t)line.len) error = EIO;
            close(ends[1]);
            if (error == 0) error = spawn_with(command->command, environment, ends[0], &one->pid);
            close(ends[0]);
        }
    }
    gl_free(environment);
    gl_buf_free(&text);
    gl_buf_free(&line);
    return error;
}

static void start(const alert_command *command, slot *one)
{
    one->waits = false;
    one->pid = 0;
    int error = spawn(command, one);
    if (error == 0) return;
    one->pid = 0;
    say_failure(command, "it cannot be run:", strerror(error));
}

/* Reaps the children that have ended. */
static void reap(const alert_command *command)
{
    for (slot *one = slots; one < slots + SLOTS; one++) {
        int status = 0;
        char number[16];
        if (one->pid == 0) continue;
        pid_t got = waitpid(one->pid, &status, WNOHANG);
        if (got == 0 || (got < 0 && errno == EINTR)) continue;
        one->pid = 0;
        bool killed = got > 0 && WIFSIGNALED(status);
        bool failed = got > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0;
        snprintf(number, sizeof number, "%d", killed ? WTERMSIG(status) : WEXITSTATUS(status));
        if (killed) say_failure(command, "it was ended by signal", number);
        if (failed) say_failure(command, "it ended with exit code", number);
        if (one->waits) start(command, one);
    }
}

static void child_ended(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    reap(arg);
}

/* --- life ------------------------------------------------------------------------------------- */

alert_command *alert_command_new(struct event_base *base, const char *command,
                                 const glimpse_config *engine, const log_sink *log)
{
    alert_command *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->command = command;
    made->engine = engine;
    made->log = log;
    made->ended = evsignal_new(base, SIGCHLD, child_ended, made);
    if (made->ended == NULL || event_add(made->ended, NULL) != 0) {
        alert_command_free(made);
        return NULL;
    }
    reap(made); /* a child that ended between two runs signalled no engine */
    return made;
}

void alert_command_tell(alert_command *command, const glimpse_alert *alert)
{
    slot *one = &slots[alert->kind];
    one->alert = *alert;
    snprintf(one->message, sizeof one->message, "%s", alert->message);
    one->alert.message = NULL;
    one->waits = true;
    if (one->pid == 0) start(command, one);
}

void alert_command_tell_reload(alert_command *command, bool refused, const char *why)
{
    slot *one = &slots[RELOAD];
    if (!refused && !one->alert.firing) return;
    one->alert = (glimpse_alert){ .firing = refused };
    snprintf(one->message, sizeof one->message, "%s",
             refused ? why : "the file that was refused is in order now");
    one->waits = true;
    if (one->pid == 0) start(command, one);
}

void alert_command_free(alert_command *command)
{
    if (command == NULL) return;
    if (command->ended != NULL) {
        reap(command);
        event_free(command->ended);
    }
    for (slot *one = slots; one < slots + SLOTS; one++) {
        if (one->waits)
            tell_user(command, "it still runs for an alert before; not told: %s", one->message);
        one->waits = false;
    }
    gl_free(command);
}
