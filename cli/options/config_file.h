/* config_file.h - `key = value` lines: keys are the long options' names, # begins a comment line.
 */
#ifndef CLI_OPTIONS_CONFIG_FILE_H
#define CLI_OPTIONS_CONFIG_FILE_H

#include "options/settings.h"

/* Sets the file's values that neither flag nor environment set. The file's text stays in
 * settings->owned_file. 0, or the exit code after a message that names file and line. */
int config_file_read(cli_settings *settings, unsigned command, const char *path);

#endif
