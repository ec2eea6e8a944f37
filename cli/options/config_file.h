/* config_file.h - `key = value` lines: keys are the long options' names, # begins a comment line.
 */
#ifndef CLI_OPTIONS_CONFIG_FILE_H
#define CLI_OPTIONS_CONFIG_FILE_H

#include "options/settings.h"

/* Sets what the file says and neither flag nor environment did. The file's text stays in
 * settings->owned_file. 0, or the exit code after having named file and line. */
int config_file_read(cli_settings *settings, unsigned command, const char *path);

/* A whole file of at most max bytes, without a BOM, NUL terminated; gl_free it. NULL with *problem
 * a static sentence or strerror's. path "-" is standard input. */
char *file_read_all(const char *path, size_t max, size_t *len, const char **problem);

#endif
