/* key_file.h - a file that holds one API key. */
#ifndef CLI_OPTIONS_KEY_FILE_H
#define CLI_OPTIONS_KEY_FILE_H

#include <stdbool.h>

/* Reads the key, without a line end; key_free it. NULL: *problem is the reason, static or
 * strerror's; *unread: the file could not be read, else it holds no key. */
char *key_file_read(const char *path, bool *unread, const char **problem);

/* Overwrites and frees a key. NULL is fine. */
void key_free(char *key);

#endif
