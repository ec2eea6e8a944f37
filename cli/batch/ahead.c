/* ahead.c - see ahead.h. */
#include "batch/ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "say.h"

struct cli_ahead {
    struct event_base *base;
    const char *output_name;
    char path[PATH_MAX], new_path[PATH_MAX];
    uint64_t renew_bytes;
    int64_t fsync_ms;
    output_observer observer;
    void *arg;
    cli_output *file;
    int error;
};

static bool write_path(char *path, size_t size, const char *output, const char *end)
{
    int len = snprintf(path, size, "%s%s", output, end);
    return len > 0 && (size_t)len < size;
}

/* Makes a new file in place of an existing one. -1: errno has the reason. */
static int make_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) return -1;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

cli_ahead *ahead_new(struct event_base *base, const char *output, uint64_t renew_bytes,
                     int64_t fsync_ms, const output_observer *observer, void *arg)
{
    cli_ahead *ahead = gl_calloc(1, sizeof *ahead);
    if (ahead == NULL) return NULL;
    *ahead = (cli_ahead){ .base = base,
                          .output_name = output,
                          .renew_bytes = renew_bytes,
                          .fsync_ms = fsync_ms,
                          .observer = *observer,
                          .arg = arg };
    if (!write_path(ahead->path, sizeof ahead->path, output, ".ahead") ||
        !write_path(ahead->new_path, sizeof ahead->new_path, output, ".ahead.new"))
        ahead->error = ENAMETOOLONG;
    return ahead;
}

/* 0, or an errno. */
static int use(cli_ahead *ahead, int fd)
{
    if (fd < 0) return errno;
    cli_output *file =
        output_new(ahead->base, fd, false, ahead->fsync_ms, &ahead->observer, ahead->arg);
    if (file == NULL) return ENOMEM;
    if (ahead->file != NULL) output_close(ahead->file);
    ahead->file = file;
    return 0;
}

void ahead_add(cli_ahead *ahead, gl_slice record)
{
    if (ahead->error == 0 && ahead->file == NULL) {
        ahead->error = use(ahead, make_file(ahead->path));
        if (ahead->error == 0) ahead->error = output_sync_folder(ahead->path);
    }
    if (ahead->error == 0) output_add(ahead->file, record);
}

/* 0, or an errno. */
static int write_held(int fd, const cli_ordered *order)
{
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < order->window; i++) {
        const struct ordered_slot *slot = &order->slots[i];
        if (slot->record == NULL) continue;
        gl_buf_append(&text, slot->record, slot->len);
        gl_buf_append_char(&text, '\n');
    }
    int error = text.failed ? ENOMEM : gl_file_write(fd, text.data, text.len);
    gl_buf_free(&text);
    return error != 0 ? error : gl_file_sync(fd);
}

/* 0, or an errno. */
static int renew(cli_ahead *ahead, cli_output *output, const cli_ordered *order)
{
    output_flush(output);
    int error = ahead->fsync_ms != FSYNC_NEVER ? output_sync(output) : output_error(output);
    if (error != 0) return 0; /* the output's own failure, which its owner handles */
    int fd = make_file(ahead->new_path);
    if (fd < 0) return errno;
    error = write_held(fd, order);
    if (error == 0 && rename(ahead->new_path, ahead->path) != 0) error = errno;
    if (error == 0) error = output_sync_folder(ahead->path);
    if (error == 0) return use(ahead, fd);
    close(fd);
    return error;
}

int ahead_flush(cli_ahead *ahead, cli_output *output, const cli_ordered *order)
{
    if (ahead->error != 0 || ahead->file == NULL) return ahead->error;
    output_flush(ahead->file);
    ahead->error = output_error(ahead->file);
    uint64_t length = output_length(ahead->file);
    if (ahead->error == 0 && length > ahead->renew_bytes && length / 2 > order->bytes)
        ahead->error = renew(ahead, output, order);
    return ahead->error;
}

void ahead_free(cli_ahead *ahead, bool is_empty)
{
    if (ahead == NULL) return;
    if (ahead->file != NULL) output_close(ahead->file);
    if (is_empty) ahead_remove(ahead->output_name);
    gl_free(ahead);
}

int ahead_open(const char *output)
{
    char path[PATH_MAX];
    if (write_path(path, sizeof path, output, ".ahead"))
        return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    errno = ENOENT;
    return -1;
}

bool ahead_exists(const char *output)
{
    struct stat status;
    int fd = ahead_open(output);
    bool there = fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0;
    if (fd >= 0) close(fd);
    return there;
}

void ahead_remove(const char *output)
{
    char path[PATH_MAX];
    if (write_path(path, sizeof path, output, ".ahead") && unlink(path) != 0 && errno != ENOENT)
        say("%s: cannot be removed: %s", path, strerror(errno));
    if (write_path(path, sizeof path, output, ".ahead.new")) unlink(path);
}
