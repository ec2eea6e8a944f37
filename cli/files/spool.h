/* spool.h - the rest of a pipe as a file, for a caller that has to read it twice. */
#ifndef CLI_FILES_SPOOL_H
#define CLI_FILES_SPOOL_H

/* Reads fd to its end into a file without a name, below TMPDIR or /tmp, and returns that file at
 * its start; fd stays the caller's. A regular file is returned as it is. -1: errno says why. */
int spool_open(int fd);

#endif
