/* replacement.c - see replacement.h. */
#include "batch/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "batch/output.h"
#include "files/lock.h"

/* Bytes are collected up to this before they are written. */
#define CHUNK ((size_t)1024 * 1024)

int replacement_init(replacement *r, const char *path)
{
    r->fd = -1;
    gl_buf_init(&r->out, SIZE_MAX / 2);
    if (realpath(path, r->path) == NULL) return errno;
    int len = snprintf(r->new_path, sizeof r->new_path, "%s.resuming", r->path);
    return (size_t)len < sizeof r->new_path ? 0 : ENAMETOOLONG;
}

int replacement_unneeded(const replacement *r)
{
    /* The output is locked, so no other process is writing it. */
    return unlink(r->new_path) != 0 && errno != ENOENT ? errno : 0;
}

int replacement_begin(replacement *r, int old)
{
    struct stat status;
    pid_t owner;
    int error = replacement_unneeded(r);
    if (error != 0) return error;
    r->fd = open(r->new_path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (r->fd < 0) return errno;
    if (fstat(old, &status) != 0) return errno;
    if (fchown(r->fd, status.st_uid, status.st_gid) != 0) errno = 0; /* not ours to give */
    if (fchmod(r->fd, status.st_mode & 07777) != 0) return errno;
    switch (lock_take(r->fd, r->new_path, &owner)) {
    case LOCK_TAKEN:
    case LOCK_FAILED: /* reported, or allowed, when the output was opened */
        return 0;
    case LOCK_HELD:
    case LOCK_REPLACED:
        break;
    }
    return EBUSY;
}

int replacement_flush(replacement *r, bool all)
{
    if (r->out.failed) return ENOMEM;
    if (!all && r->out.len < CHUNK) return 0;
    int error = gl_file_write(r->fd, r->out.data, r->out.len);
    gl_buf_recycle(&r->out, 2 * CHUNK);
    return error;
}

int replacement_commit(replacement *r)
{
    int error = replacement_flush(r, true);
    if (error == 0) error = gl_file_sync(r->fd);
    if (error == 0 && rename(r->new_path, r->path) != 0) error = errno;
    return error != 0 ? error : output_sync_folder(r->path);
}

void replacement_end(replacement *r, bool committed)
{
    if (r->fd >= 0 && !committed) {
        unlink(r->new_path);
        close(r->fd);
    }
    gl_buf_free(&r->out);
}
