/* listeners.h - the addresses of --listen, and the sockets that were passed: from texts and
 * descriptors to listening sockets. */
#ifndef CLI_SERVE_LISTENERS_H
#define CLI_SERVE_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/passed.h"

#define LISTENERS_MAX 32

typedef struct listener {
    int fd;            /* below 0: not open, or handed on */
    int port;          /* 0: it has none */
    bool exposed;      /* other machines reach it */
    const char *path;  /* of a unix socket that we made, and remove; else NULL */
    char address[128]; /* http://127.0.0.1:8080, unix:/run/glimpse */
} listener;

typedef struct listeners {
    listener items[LISTENERS_MAX];
    size_t count;
} listeners;

/* Checks a text: NULL, or the fault, static. */
const char *listeners_check(const char *text);

/* Opens one more. 0, or the exit code after an error message that names `name`, the option. */
int listeners_open(listeners *all, const char *text, const char *name);

/* Takes those that the program was started with. The same. */
int listeners_take(listeners *all, const passed *sockets);

/* Closes those that are open, and removes the files of unix sockets. */
void listeners_close(listeners *all);

#endif
