/* passed.c - see passed.h. */
#include "serve/passed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* Returns the number; below 0: it is none, or larger than descriptors are. */
static long number_of(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len > 9 || strspn(text, "0123456789") != len) return -1;
    return strtol(text, NULL, 10);
}

static const char *read_count(passed *sockets)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    if (pid == NULL || fds == NULL) return NULL;
    long process = number_of(pid), count = number_of(fds);
    if (process <= 0) return "LISTEN_PID is no number of a process";
    if (process != (long)getpid()) return NULL; /* they were passed to a parent of ours */
    if (count < 0) return "LISTEN_FDS is no number of sockets";
    sockets->count = (size_t)count;
    const char *names = getenv("LISTEN_FDNAMES");
    if (count == 0 || names == NULL) return NULL;
    sockets->names = gl_strdup(names);
    return sockets->names != NULL ? NULL : "LISTEN_FDNAMES finds no memory";
}

const char *passed_read(passed *sockets)
{
    *sockets = (passed){ .count = 0 };
    const char *fault = read_count(sockets);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return fault;
}

void passed_free(passed *sockets)
{
    gl_free(sockets->names);
}

void passed_name(const passed *sockets, size_t number, char *text, size_t size)
{
    const char *name = sockets->names;
    for (size_t i = 0; name != NULL && i < number; i++) {
        name = strchr(name, ':');
        if (name != NULL) name++;
    }
    size_t len = name != NULL ? strcspn(name, ":") : 0;
    if (len == 0)
        snprintf(text, size, "descriptor %zu", PASSED_FIRST + number);
    else
        snprintf(text, size, "descriptor %zu (%.*s)", PASSED_FIRST + number,
                 (int)(len < 255 ? len : 255), name); /* systemd's longest */
}
