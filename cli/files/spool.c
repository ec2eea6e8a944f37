/* spool.c - see spool.h. */
#include "files/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* One read: as much as a pipe holds by default on Linux. */
#define CHUNK 65536

static int unnamed_file(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    if (folder == NULL || *folder == '\0') folder = "/tmp";
    int len = snprintf(path, sizeof path, "%s/glimpse-XXXXXX", folder);
    if (len < 0 || (size_t)len >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

static int copy(int from, int to)
{
    char chunk[CHUNK];
    for (;;) {
        ssize_t got = read(from, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return (int)got;
        int error = gl_file_write(to, chunk, (size_t)got);
        if (error != 0) {
            errno = error;
            return -1;
        }
    }
}

int spool_open(int fd)
{
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
    int file = unnamed_file();
    if (file >= 0 && (copy(fd, file) != 0 || lseek(file, 0, SEEK_SET) != 0)) {
        int error = errno;
        close(file);
        errno = error;
        return -1;
    }
    return file;
}
