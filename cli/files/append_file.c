/* append_file.c - see append_file.h. */
#include "files/append_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "say.h"

#define HOW (O_WRONLY | O_APPEND | O_CLOEXEC)

/* A pipe opens when another process reads it, and without O_NONBLOCK not before. */
static int open_now(const char *path)
{
    int fd = open(path, HOW | O_CREAT | O_NONBLOCK, 0666);
    if (fd >= 0) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

int append_file_open(const char *path, const char *option)
{
    int fd = open_now(path);
    if (fd >= 0 || errno != ENXIO) return fd;
    say("%s: %s: waiting for somebody to read this pipe", option, path);
    return open(path, HOW);
}

bool append_file_again(int fd, const char *path)
{
    int now = open_now(path);
    if (now < 0) return false;
    bool good = dup3(now, fd, O_CLOEXEC) >= 0;
    int error = errno;
    close(now);
    errno = error;
    return good;
}
