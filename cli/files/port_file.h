/* port_file.h - the file of --port-file. */
#ifndef CLI_FILES_PORT_FILE_H
#define CLI_FILES_PORT_FILE_H

#include <stdbool.h>

/* Writes the port whole or not at all: a script that waits for the file finds a port in it. false:
 * errno says why. */
bool port_file_write(const char *path, int port);

#endif
