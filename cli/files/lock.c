/* lock.c - see lock.h. */
#include "files/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_still(int fd, const char *path)
{
    struct stat open_file, named;
    return fstat(fd, &open_file) == 0 && stat(path, &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

lock_state lock_take(int fd, const char *path, pid_t *owner)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    *owner = 0;
    /* The lock's owner ended before it was asked for: try again. */
    for (int tries = 0; tries < 3; tries++) {
        if (fcntl(fd, F_SETLK, &lock) == 0) return is_still(fd, path) ? LOCK_TAKEN : LOCK_REPLACED;
        if (errno != EACCES && errno != EAGAIN) return LOCK_FAILED;
        struct flock held = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        if (fcntl(fd, F_GETLK, &held) != 0 || held.l_type == F_UNLCK) continue;
        *owner = held.l_pid > 0 ? held.l_pid : 0;
        return LOCK_HELD;
    }
    return LOCK_HELD;
}
