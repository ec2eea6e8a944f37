/*
 * output.c - the buffered writer of records. Owns its descriptor, the backlog and two events.
 * Called by job.c.
 *
 * Pipes and terminals are often shared with other programs, so they are never set non-blocking: a
 * poll(2) says that PIPE_BUF bytes fit, and no more is written before the next one (POSIX: a pipe
 * that polls writable takes PIPE_BUF bytes).
 */
#include "output.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "exits.h"
#include "say.h"

/* Written is on disk within one second: begin to sync a little before. */
static const struct timeval sync_delay = { 0, 900000 };

/* Written bytes in front of a backlog that never quite empties are dropped from here on. */
#define COMPACT ((size_t)64 * 1024)

struct cli_output {
    int fd;
    bool regular;
    bool sync_armed;
    int error;
    gl_buf buf;
    size_t written; /* of buf */
    struct event *writable, *sync;
    output_fn ready;
    void *arg;
};

static void fail(cli_output *out, int error)
{
    if (out->error == 0) out->error = error;
    gl_buf_reset(&out->buf);
    out->written = 0;
}

static void sync_now(cli_output *out)
{
    out->sync_armed = false;
    /* EINVAL, EROFS, ENOTSUP: a file that cannot be synced, such as a device. */
    if (out->regular && fdatasync(out->fd) != 0 &&
        (errno == EIO || errno == ENOSPC || errno == EDQUOT))
        fail(out, errno);
}

static void sync_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_output *out = arg;
    sync_now(out);
    if (out->error != 0) out->ready(out->arg);
}

static void can_write(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_output *out = arg;
    output_flush(out);
    if (output_backlog(out) == 0) out->ready(out->arg);
}

cli_output *output_new(struct event_base *base, int fd, output_fn ready, void *arg)
{
    struct stat status;
    cli_output *out = gl_calloc(1, sizeof *out);
    if (out == NULL) {
        if (fd != STDOUT_FILENO) close(fd);
        return NULL;
    }
    out->fd = fd;
    out->ready = ready;
    out->arg = arg;
    out->regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    gl_buf_init(&out->buf, SIZE_MAX / 2);
    out->writable = event_new(base, fd, EV_WRITE, can_write, out);
    out->sync = evtimer_new(base, sync_due, out);
    if (out->writable != NULL && out->sync != NULL) return out;
    output_close(out);
    return NULL;
}

void output_add(cli_output *out, gl_slice record)
{
    if (out->error != 0) return;
    if (out->written > COMPACT && out->written > out->buf.len / 2) {
        out->buf.len -= out->written;
        memmove(out->buf.data, out->buf.data + out->written, out->buf.len);
        out->written = 0;
    }
    gl_buf_append(&out->buf, record.data, record.len);
    gl_buf_append_char(&out->buf, '\n');
    if (out->buf.failed) fail(out, ENOMEM);
}

/* Whether the descriptor takes a write without blocking; timeout as poll's. */
static bool takes_more(const cli_output *out, int timeout)
{
    struct pollfd poller = { .fd = out->fd, .events = POLLOUT };
    return out->regular || poll(&poller, 1, timeout) > 0;
}

/* One write(2). false: it failed. */
static bool write_some(cli_output *out)
{
    size_t left = out->buf.len - out->written;
    if (!out->regular && left > PIPE_BUF) left = PIPE_BUF;
    ssize_t n = write(out->fd, out->buf.data + out->written, left);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (n < 0) {
        fail(out, errno);
        return false;
    }
    out->written += (size_t)n;
    if (out->written == out->buf.len) {
        gl_buf_reset(&out->buf);
        out->written = 0;
    }
    return true;
}

void output_flush(cli_output *out)
{
    bool wrote = false;
    while (out->error == 0 && output_backlog(out) > 0 && takes_more(out, 0)) {
        if (!write_some(out)) return;
        wrote = true;
    }
    if (wrote && out->regular && !out->sync_armed)
        out->sync_armed = evtimer_add(out->sync, &sync_delay) == 0;
    /* epoll knows pipes, terminals and sockets. What it refuses (EPERM: /dev/null and other
     * devices) is always ready, so no backlog of it gets here. */
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

int output_close(cli_output *out)
{
    if (out->writable != NULL) event_free(out->writable);
    if (out->sync != NULL) event_free(out->sync);
    while (out->error == 0 && output_backlog(out) > 0)
        if (takes_more(out, -1)) write_some(out);
    if (out->error == 0) sync_now(out);
    if (out->fd != STDOUT_FILENO && close(out->fd) != 0 && errno != EINTR) fail(out, errno);
    int error = out->error;
    gl_buf_free(&out->buf);
    gl_free(out);
    return error;
}

static bool same_file(const struct stat *a, int fd)
{
    struct stat b;
    return fstat(fd, &b) == 0 && S_ISREG(b.st_mode) && a->st_dev == b.st_dev &&
           a->st_ino == b.st_ino;
}

int output_refused(const char *path, bool overwrite, int input)
{
    struct stat status;
    bool standard = strcmp(path, "-") == 0;
    if ((standard ? fstat(STDOUT_FILENO, &status) : stat(path, &status)) != 0) return 0;
    if (same_file(&status, input)) {
        say("%s: input and output are the same file", path);
        return EXIT_USAGE;
    }
    if (standard || !S_ISREG(status.st_mode) || overwrite) return 0;
    say("%s: exists; --overwrite replaces it", path);
    return EXIT_EXISTS;
}

int output_open(const char *path, bool overwrite, int *code)
{
    struct stat status;
    if (strcmp(path, "-") == 0) return STDOUT_FILENO;
    /* A file that came into being since the refusals were looked at is not written over. */
    int only_new = overwrite || stat(path, &status) == 0 ? 0 : O_EXCL;
    int fd =
        open(path, O_WRONLY | O_CREAT | O_CLOEXEC | only_new | (overwrite ? O_TRUNC : 0), 0666);
    if (fd >= 0) return fd;
    say("%s: cannot write: %s", path, strerror(errno));
    *code = errno == EEXIST ? EXIT_EXISTS : EXIT_IO;
    return -1;
}
