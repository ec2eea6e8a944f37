/* same_place.h - whether two paths name one file, there or not yet. */
#ifndef CLI_FILES_SAME_PLACE_H
#define CLI_FILES_SAME_PLACE_H

#include <stdbool.h>

/* Of files that are there, whatever they are called: a link too. Of a file that is not there yet,
 * by its directory and its name. What is no regular file (a terminal, /dev/null) is never the same;
 * "-" is no file. */
bool same_place(const char *a, const char *b);

#endif
