/* append_file.h - a file that lines are appended to: a log. */
#ifndef CLI_FILES_APPEND_FILE_H
#define CLI_FILES_APPEND_FILE_H

#include <stdbool.h>

/* Opens the file, or makes it. A pipe that nobody reads is waited for, after a message that names
 * the option. Below 0: errno says why. */
int append_file_open(const char *path, const char *option);

/* Has fd lead to the file that path names now: the one before may have been moved away. Waits for
 * nobody. false: errno says why, and fd is as it was. */
bool append_file_again(int fd, const char *path);

#endif
