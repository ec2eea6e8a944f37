/* output_check.c - see output_check.h. */
#include "batch/output_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "batch/line_reader.h"
#include "batch/output.h"
#include "exits.h"
#include "say.h"

#define CHUNK 65536

/* Gives the name that the system has for an open file now; false: it has none. */
static bool name_of(int fd, char *name, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, name, size - 1);
    if (len <= 0) return false;
    name[len] = '\0';
    return true;
}

/* 0, or an errno. */
static int copy(int from, int to, uint64_t length)
{
    char chunk[CHUNK];
    for (uint64_t at = 0; at < length;) {
        size_t len = length - at < sizeof chunk ? (size_t)(length - at) : sizeof chunk;
        int error = gl_file_read_at(from, chunk, len, at);
        if (error == 0) error = gl_file_write(to, chunk, len);
        if (error != 0) return error;
        at += len;
    }
    return gl_file_sync(to);
}

/* Opens the same file again, to be read from its beginning. Below 0: errno has the reason. */
static int open_again(int fd)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return open(link, O_RDONLY | O_CLOEXEC);
}

/* Writes the contents of an open file into a new one. 0, or an errno. */
static int write_anew(int fd, const struct stat *status, const char *path)
{
    int from = open_again(fd);
    if (from < 0) return errno;
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = to < 0 ? errno : copy(from, to, (uint64_t)status->st_size);
    if (error == 0 && fchmod(to, status->st_mode & 07777) != 0) error = errno;
    if (to >= 0 && close(to) != 0 && error == 0) error = errno;
    if (error == 0) error = output_sync_folder(path);
    close(from);
    return error;
}

static void say_gone(int fd, const struct stat *status, const char *path, bool is_replaced)
{
    char name[PATH_MAX], beside[PATH_MAX];
    const char *what = is_replaced ? "another file is in its place" : "it was deleted or moved";
    if (status->st_nlink > 0 && name_of(fd, name, sizeof name)) {
        say("%s: %s since the job began; its records are in %s", path, what, name);
        return;
    }
    snprintf(beside, sizeof beside, "%s%s", path, is_replaced ? ".saved" : "");
    int error = write_anew(fd, status, beside);
    if (error == 0)
        say("%s: %s since the job began; its records are written anew, to %s", path, what, beside);
    else
        say("%s: %s since the job began; its records cannot be written anew, to %s: %s", path, what,
            beside, strerror(error));
}

int output_check(int fd, uint64_t length, const char *path)
{
    struct stat status, named;
    bool is_there = stat(path, &named) == 0;
    if (fstat(fd, &status) != 0) {
        say("%s: %s", path, strerror(errno));
        return EXIT_IO;
    }
    bool is_cut = (uint64_t)status.st_size < length;
    if (is_cut)
        say("%s: it was cut since the job began: %llu of %llu bytes are there; --resume asks for "
            "what is missing",
            path, (unsigned long long)status.st_size, (unsigned long long)length);
    bool same = is_there && named.st_dev == status.st_dev && named.st_ino == status.st_ino;
    if (!same) say_gone(fd, &status, path, is_there);
    return same && !is_cut ? 0 : EXIT_IO;
}

/* A record that was cut in the middle does not count. */
static void count_record(cli_tally *found, gl_slice text)
{
    record_view view;
    if (record_read(text, &view) == NULL) tally_add_record(found, &view);
}

void output_recount(int fd, cli_tally *tally)
{
    cli_tally found = { 0 };
    line_reader reader;
    gl_slice text;
    uint64_t number;
    int from = open_again(fd);
    if (from < 0) return;
    bool good = line_reader_init(&reader, from, SIZE_MAX / 4), more = good;
    while (more && good) {
        switch (line_reader_next(&reader, &text, &number)) {
        case LINE_READY:
            count_record(&found, text);
            break;
        case LINE_EMPTY:
            good = line_reader_fill(&reader) == 0;
            break;
        case LINE_TOO_LONG:
        case LINE_END:
            more = false;
            break;
        }
    }
    line_reader_free(&reader);
    close(from);
    if (good) tally_set_records(tally, &found);
}
