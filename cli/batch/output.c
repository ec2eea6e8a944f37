/*
 * output.c - the buffered writer of records. Owns its descriptor, the backlog and two events.
 *
 * Pipes and terminals are often shared with other programs, so they are never set non-blocking: a
 * poll(2) reports that PIPE_BUF bytes fit, and no more is written before the next poll (POSIX: a
 * pipe that polls writable takes PIPE_BUF bytes).
 */
#include "batch/output.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "batch/ahead.h"
#include "batch/output_check.h"
#include "exits.h"
#include "files/lock.h"
#include "files/same_place.h"
#include "say.h"
#include "terminal/shown.h"

/* Written bytes in front of a backlog that never quite empties are dropped from this size on. */
#define COMPACT ((size_t)64 * 1024)

struct cli_output {
    int fd;
    bool regular;
    bool sync_armed;
    bool terminal;   /* records are shown with escapes: terminal/shown.h */
    bool overwrites; /* the file's old contents go when the first record comes */
    int64_t fsync_ms;
    int error;
    gl_buf buf;
    size_t written;  /* bytes of buf that are written */
    uint64_t length; /* of a regular file: its length at least */
    struct event *writable, *sync;
    output_observer observer;
    void *arg;
};

/* Returns where the record begins of which `at` bytes of the buffer are written. */
static size_t record_start(const cli_output *out, size_t at)
{
    const char *end = at > 0 ? memrchr(out->buf.data, '\n', at) : NULL;
    return end != NULL ? (size_t)(end + 1 - out->buf.data) : 0;
}

void output_abandon(cli_output *out)
{
    size_t at = record_start(out, out->written);
    while (at < out->buf.len && out->observer.lost != NULL) {
        const char *record = out->buf.data + at;
        const char *end = memchr(record, '\n', out->buf.len - at);
        size_t len = end != NULL ? (size_t)(end - record) : out->buf.len - at;
        out->observer.lost(out->arg, gl_slice_of(record, len));
        at += len + 1;
    }
    gl_buf_reset(&out->buf);
    out->written = 0;
}

static void fail(cli_output *out, int error)
{
    if (out->error == 0) out->error = error;
    output_abandon(out);
}

static void sync_now(cli_output *out)
{
    out->sync_armed = false;
    int error = out->regular ? gl_file_sync_data(out->fd) : 0;
    if (error != 0) fail(out, error);
}

static void sync_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_output *out = arg;
    sync_now(out);
    if (out->error != 0) out->observer.ready(out->arg);
}

static void can_write(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_output *out = arg;
    output_flush(out);
    if (output_backlog(out) == 0) out->observer.ready(out->arg);
}

cli_output *output_new(struct event_base *base, int fd, bool overwrites, int64_t fsync_ms,
                       const output_observer *observer, void *arg)
{
    struct stat status;
    cli_output *out = gl_calloc(1, sizeof *out);
    if (out == NULL) {
        if (fd != STDOUT_FILENO) close(fd);
        return NULL;
    }
    out->fd = fd;
    out->fsync_ms = fsync_ms;
    out->observer = *observer;
    out->arg = arg;
    out->regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    out->terminal = isatty(fd) != 0;
    out->overwrites = overwrites && out->regular;
    if (out->regular && !overwrites) out->length = (uint64_t)status.st_size;
    gl_buf_init(&out->buf, SIZE_MAX / 2);
    out->writable = event_new(base, fd, EV_WRITE, can_write, out);
    out->sync = evtimer_new(base, sync_due, out);
    if (out->writable != NULL && out->sync != NULL) return out;
    output_close(out);
    return NULL;
}

void output_add(cli_output *out, gl_slice record)
{
    if (out->error != 0) {
        if (out->observer.lost != NULL) out->observer.lost(out->arg, record);
        return;
    }
    if (out->written > COMPACT && out->written > out->buf.len / 2) {
        size_t whole = record_start(out, out->written);
        out->buf.len -= whole;
        memmove(out->buf.data, out->buf.data + whole, out->buf.len);
        out->written -= whole;
    }
    if (out->terminal)
        shown_append(&out->buf, record);
    else
        gl_buf_append(&out->buf, record.data, record.len);
    gl_buf_append_char(&out->buf, '\n');
    if (out->buf.failed) fail(out, ENOMEM);
}

/* Returns true when the descriptor takes a write without blocking; timeout as poll's. */
static bool takes_more(const cli_output *out, int timeout)
{
    struct pollfd poller = { .fd = out->fd, .events = POLLOUT };
    return out->regular || poll(&poller, 1, timeout) > 0;
}

void output_empty(cli_output *out)
{
    if (out->overwrites && ftruncate(out->fd, 0) != 0) fail(out, errno);
    out->overwrites = false;
}

/* One write(2). false: it failed. */
static bool write_some(cli_output *out)
{
    output_empty(out);
    if (out->error != 0) return false;
    size_t left = out->buf.len - out->written;
    if (!out->regular && left > PIPE_BUF) left = PIPE_BUF;
    ssize_t n = write(out->fd, out->buf.data + out->written, left);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (n < 0) {
        fail(out, errno);
        return false;
    }
    out->written += (size_t)n;
    out->length += (uint64_t)n;
    if (out->written == out->buf.len) {
        gl_buf_reset(&out->buf);
        out->written = 0;
    }
    return true;
}

/* Begins a tenth before the sync is due, so that it is done by then. */
static void want_sync(cli_output *out)
{
    int64_t us = out->fsync_ms * 900;
    struct timeval delay = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
    if (out->fsync_ms == FSYNC_ALWAYS)
        sync_now(out);
    else if (out->fsync_ms != FSYNC_NEVER && !out->sync_armed)
        out->sync_armed = evtimer_add(out->sync, &delay) == 0;
}

void output_flush(cli_output *out)
{
    bool wrote = false;
    while (out->error == 0 && output_backlog(out) > 0 && takes_more(out, 0)) {
        if (!write_some(out)) return;
        wrote = true;
    }
    if (wrote && out->regular) want_sync(out);
    /* epoll takes pipes, terminals and sockets. The descriptors that it refuses (EPERM: /dev/null
     * and other devices) are always ready, so they have no backlog. */
    if (out->error == 0 && output_backlog(out) > 0 && event_add(out->writable, NULL) != 0)
        fail(out, errno);
}

size_t output_backlog(const cli_output *out)
{
    return out->buf.len - out->written;
}

int output_error(const cli_output *out)
{
    return out->error;
}

int output_sync(cli_output *out)
{
    if (out->error == 0) sync_now(out);
    return out->error;
}

uint64_t output_length(const cli_output *out)
{
    return out->length;
}

int output_verify(const cli_output *out, const char *path, cli_tally *tally)
{
    bool can_be_read = out->regular && strcmp(path, "-") != 0;
    int code = can_be_read ? output_check(out->fd, out->length, path) : 0;
    if (code != 0) output_recount(out->fd, tally);
    return code;
}

bool output_is_file(const cli_output *out)
{
    return out->regular;
}

int output_finish(cli_output *out)
{
    while (out->error == 0 && output_backlog(out) > 0)
        if (takes_more(out, -1)) write_some(out);
    if (out->error == 0 && out->fsync_ms != FSYNC_NEVER) sync_now(out);
    return out->error;
}

int output_close(cli_output *out)
{
    if (out->writable != NULL) event_free(out->writable);
    if (out->sync != NULL) event_free(out->sync);
    output_finish(out);
    if (out->fd != STDOUT_FILENO && close(out->fd) != 0 && errno != EINTR) fail(out, errno);
    int error = out->error;
    gl_buf_free(&out->buf);
    gl_free(out);
    return error;
}

/* --- opening --------------------------------------------------------------------------------- */

static int say_exists(const char *path)
{
    say("%s: exists; --resume goes on with it, --overwrite replaces it", path);
    return EXIT_EXISTS;
}

int output_refused(const char *path, output_mode mode, int input)
{
    struct stat status;
    bool standard = strcmp(path, "-") == 0;
    bool there = (standard ? fstat(STDOUT_FILENO, &status) : stat(path, &status)) == 0;
    if (mode == OUTPUT_RESUME && (standard || (there && !S_ISREG(status.st_mode)))) {
        say("%s: --resume needs an output that is a file", standard ? "standard output" : path);
        return EXIT_USAGE;
    }
    if (!standard && mode == OUTPUT_NEW && ahead_exists(path)) {
        say("%s.ahead: holds finished records of a job with --ordered; --resume takes them, "
            "--overwrite drops them",
            path);
        return EXIT_EXISTS;
    }
    if (!there) return 0;
    if (same_open_file(&status, input)) {
        say("%s: input and output are the same file", path);
        return EXIT_USAGE;
    }
    if (standard || !S_ISREG(status.st_mode) || mode != OUTPUT_NEW || status.st_size == 0) return 0;
    return say_exists(path);
}

int output_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", (int)len, slash == NULL ? "." : path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno == EACCES ? 0 : errno; /* a folder that may be written but not read */
    int error = gl_file_sync(fd);
    close(fd);
    return error;
}

static int open_once(const char *path, output_mode mode)
{
    struct stat status;
    /* A file that came into being since output_refused is not written over. A link's target cannot
     * be opened so, and is checked when it is locked. */
    bool there = stat(path, &status) == 0;
    bool link = !there && lstat(path, &status) == 0;
    int only_new = mode == OUTPUT_NEW && !there && !link ? O_EXCL : 0;
    /* In append mode the length shows when another process cuts the file. */
    int how = (mode == OUTPUT_RESUME ? O_RDWR : O_WRONLY) | O_APPEND;
    int fd = open(path, how | O_CREAT | O_CLOEXEC | only_new, 0666);
    if (fd >= 0 && !there) output_sync_folder(path);
    return fd;
}

/* Returns true when fd is this process's alone to write. false: after an error message, or to be
 * tried again (*code 0). */
static bool is_ours(int fd, const char *path, output_mode mode, bool unlocked, int *code)
{
    struct stat status;
    pid_t owner;
    *code = 0;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return true;
    switch (lock_take(fd, path, &owner)) {
    case LOCK_REPLACED:
        return false;
    case LOCK_HELD:
        if (owner != 0)
            say("%s: process %ld is writing it", path, (long)owner);
        else
            say("%s: another process is writing it", path);
        *code = EXIT_STOPPED;
        return false;
    case LOCK_FAILED:
        if (unlocked) break;
        say("%s: cannot be locked (%s): two jobs might write it, and pay, at once; --no-lock when "
            "you see that none does",
            path, strerror(errno));
        *code = EXIT_IO;
        return false;
    case LOCK_TAKEN:
        break;
    }
    if (mode != OUTPUT_NEW || fstat(fd, &status) != 0 || status.st_size == 0) return true;
    *code = say_exists(path);
    return false;
}

int output_open(const char *path, output_mode mode, bool unlocked, int *code)
{
    if (strcmp(path, "-") == 0) return STDOUT_FILENO;
    for (;;) {
        int fd = open_once(path, mode);
        if (fd < 0) {
            say("%s: cannot write: %s", path, strerror(errno));
            *code = errno == EEXIST ? EXIT_EXISTS : EXIT_IO;
            return -1;
        }
        if (is_ours(fd, path, mode, unlocked, code)) return fd;
        close(fd);
        /* Else a run that resumed it has just put a new file in its place. */
        if (*code != 0) return -1;
    }
}

void output_remove_empty(const char *path)
{
    struct stat status;
    pid_t owner;
    char whole[PATH_MAX]; /* with links resolved */
    int fd = realpath(path, whole) != NULL ? open(whole, O_WRONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0 &&
        lock_take(fd, whole, &owner) != LOCK_HELD)
        unlink(whole);
    close(fd);
}
