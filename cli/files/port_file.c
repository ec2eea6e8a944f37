/* port_file.c - see port_file.h. */
#include "files/port_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

bool port_file_write(const char *path, int port)
{
    char temporary[4096];
    int len = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (len >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *file = fopen(temporary, "we");
    if (file == NULL) return false;
    bool ok = fprintf(file, "%d\n", port) > 0;
    ok = fclose(file) == 0 && ok;
    if (ok && rename(temporary, path) == 0) return true;
    int error = errno;
    unlink(temporary);
    errno = error;
    return false;
}
