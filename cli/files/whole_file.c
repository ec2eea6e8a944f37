/* whole_file.c - see whole_file.h. Called wherever a file is read or written at once. */
#include "files/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

/* Editors on Windows and PowerShell begin a file with U+FEFF, which is no part of the text. */
static void drop_bom(gl_buf *text)
{
    if (text->len < 3 || memcmp(text->data, "\xef\xbb\xbf", 3) != 0) return;
    text->len -= 3;
    memmove(text->data, text->data + 3, text->len + 1);
}

char *whole_file_read(const char *path, size_t max, size_t *len, const char **problem)
{
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    gl_buf text;
    gl_buf_init(&text, max + 1);
    bool ok = false;
    *problem = NULL;
    if (fd < 0) {
        *problem = strerror(errno);
        return NULL;
    }
    for (;;) {
        char chunk[16384];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) *problem = strerror(errno);
        if (got > 0) gl_buf_append(&text, chunk, (size_t)got);
        if (got <= 0 || text.failed) break;
    }
    if (text.too_large || text.len > max)
        *problem = "is too large";
    else if (*problem == NULL && gl_buf_terminate(&text))
        ok = true;
    else if (*problem == NULL)
        *problem = "out of memory";
    if (fd != STDIN_FILENO) close(fd);
    if (!ok) {
        gl_buf_free(&text);
        return NULL;
    }
    drop_bom(&text);
    *len = text.len;
    return text.data;
}

static bool wrong(const char *option, const char *path, int error)
{
    say("--%s: %s: %s", option, path, strerror(error));
    return false;
}

/* A device or a pipe has no content to keep, and is written to directly. */
static bool is_other(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

bool whole_file_check(const char *option, const char *path)
{
    char directory[PATH_MAX];
    struct stat info;
    if (path == NULL || strcmp(path, "-") == 0) return true;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) return wrong(option, path, EISDIR);
        return access(path, W_OK) == 0 || wrong(option, path, errno);
    }
    if (errno != ENOENT) return wrong(option, path, errno);
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (len >= sizeof directory) return wrong(option, path, ENAMETOOLONG);
    memcpy(directory, path, len);
    directory[len] = '\0';
    return access(len > 0 ? directory : ".", W_OK | X_OK) == 0 || wrong(option, path, errno);
}

/* 0, or errno. */
static int write_all(FILE *file, const gl_buf *text)
{
    int error = 0;
    errno = 0;
    if (text->len > 0 && fwrite(text->data, 1, text->len, file) != text->len) error = errno;
    if (fflush(file) != 0 && error == 0) error = errno;
    return error != 0 ? error : ferror(file) != 0 ? EIO : 0;
}

static int write_to(const char *path, const gl_buf *text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) return errno;
    int error = write_all(file, text);
    if (fclose(file) != 0 && error == 0) error = errno;
    return error;
}

/* Makes a new file: another user's link is not followed. Its mode is that of the file which it
 * replaces, if there is one: a user who could not read that must not read this. 0, or errno. */
static int write_new(const char *path, const struct stat *old, const gl_buf *text)
{
    if (unlink(path) != 0 && errno != ENOENT) return errno; /* a killed run's, of the same pid */
    int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, old != NULL ? 0600 : 0666);
    if (fd < 0) return errno;
    int error = 0;
    if (old != NULL && fchown(fd, old->st_uid, old->st_gid) != 0) errno = 0; /* not ours to give */
    if (old != NULL && fchmod(fd, old->st_mode & 07777) != 0) error = errno;
    FILE *file = error == 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        if (error == 0) error = errno;
        close(fd);
        return error;
    }
    error = write_all(file, text);
    if (fclose(file) != 0 && error == 0) error = errno;
    return error;
}

/* A link stays a link: its target is replaced. */
static int replace(const char *path, const gl_buf *text)
{
    char target[PATH_MAX], temporary[PATH_MAX];
    struct stat old;
    if (realpath(path, target) == NULL) {
        if (errno != ENOENT) return errno;
        if (snprintf(target, sizeof target, "%s", path) >= (int)sizeof target) return ENAMETOOLONG;
    }
    if (snprintf(temporary, sizeof temporary, "%s.%ld.tmp", target, (long)getpid()) >=
        (int)sizeof temporary)
        return ENAMETOOLONG;
    int error = write_new(temporary, stat(target, &old) == 0 ? &old : NULL, text);
    if (error == 0 && rename(temporary, target) != 0) error = errno;
    if (error != 0) unlink(temporary);
    return error;
}

bool whole_file_write(const char *option, const char *path, const gl_buf *text)
{
    int error;
    if (text->failed)
        error = ENOMEM;
    else if (strcmp(path, "-") == 0)
        error = write_all(stdout, text);
    else if (is_other(path))
        error = write_to(path, text);
    else
        error = replace(path, text);
    return error == 0 || wrong(option, strcmp(path, "-") == 0 ? "standard output" : path, error);
}
