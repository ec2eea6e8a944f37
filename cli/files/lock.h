/*
 * lock.h - lets one process at a time use a file: a POSIX record lock on the whole of it, which
 * ends with the process in any case, and whose owner the system knows. Nothing is left on the disk.
 *
 * Such a lock also goes when the process closes any other descriptor of the same file: the holder
 * must open the file only once.
 */
#ifndef CLI_FILES_LOCK_H
#define CLI_FILES_LOCK_H

#include <sys/types.h>

typedef enum lock_state {
    LOCK_TAKEN,
    LOCK_HELD,     /* by another process: *owner is its pid, 0 where the system does not know it */
    LOCK_REPLACED, /* path is another file by now: open it again */
    LOCK_FAILED    /* errno says why: this file system may have no locks */
} lock_state;

/* Takes the lock of the open file fd, which path named when it was opened, without waiting. */
lock_state lock_take(int fd, const char *path, pid_t *owner);

#endif
