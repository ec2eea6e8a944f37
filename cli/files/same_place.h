/* same_place.h - whether two paths, or a path and a descriptor, are one file. */
#ifndef CLI_FILES_SAME_PLACE_H
#define CLI_FILES_SAME_PLACE_H

#include <stdbool.h>

struct stat;

/* Whether two paths are the same file. Files that exist are compared under any name, links too. A
 * file that does not exist yet is compared by its directory and its name. A place that is no
 * regular file (a terminal, /dev/null) is never the same; "-" is no file. */
bool same_place(const char *a, const char *b);

/* Whether the descriptor is open on this regular file. False for all that is no regular file, and
 * for a descriptor that is not open. */
bool same_open_file(const struct stat *file, int fd);

#endif
