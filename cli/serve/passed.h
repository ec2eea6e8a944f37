/*
 * passed.h - the listening sockets that the program was started with, as sd_listen_fds(3) has them:
 * LISTEN_FDS of them, from descriptor 3 on, in the order of the unit, for the process LISTEN_PID;
 * LISTEN_FDNAMES has their names.
 */
#ifndef CLI_SERVE_PASSED_H
#define CLI_SERVE_PASSED_H

#include <stdbool.h>
#include <stddef.h>

#define PASSED_FIRST 3

typedef struct passed {
    size_t count; /* 0: none are for this process */
    char *names;  /* parted by colons, owned; NULL: there are none */
} passed;

/* Reads the variables and removes them, so that no child takes the sockets for its own. NULL, or
 * the fault, which names its variable, static. */
const char *passed_read(passed *sockets);
void passed_free(passed *sockets);

/* Writes "descriptor 3" or "descriptor 3 (web)". */
void passed_name(const passed *sockets, size_t number, char *text, size_t size);

#endif
