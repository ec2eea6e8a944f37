/*
 * lock.h - one process at a time on a file: a POSIX record lock on the whole of it, which goes when
 * the process does, however it ends, and whose owner the system knows. Nothing is left on the disk.
 *
 * Such a lock also goes when the process closes any other descriptor of the same file: whoever
 * holds it opens the file only once.
 */
#ifndef CLI_FILES_LOCK_H
#define CLI_FILES_LOCK_H

#include <sys/types.h>

typedef enum lock_state {
    LOCK_TAKEN,
    LOCK_HELD,     /* by another process: *owner, 0 where the system cannot say */
    LOCK_REPLACED, /* path is another file by now: open it again */
    LOCK_FAILED    /* errno says why: this file system may have no locks */
} lock_state;

/* Takes the lock of the open file fd, which path named when it was opened, without waiting. */
lock_state lock_take(int fd, const char *path, pid_t *owner);

#endif
