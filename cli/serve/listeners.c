/* listeners.c - see listeners.h. */
#include "serve/listeners.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "exits.h"
#include "http/listen.h"
#include "options/listen_address.h"
#include "say.h"

#define UNIX "unix:"
#define FD   "fd:"

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The number behind fd:, below 0 when it is none. */
static int number_of(const char *text)
{
    size_t len = strspn(text, "0123456789");
    return len == 0 || len > 6 || text[len] != '\0' ? -1 : (int)strtol(text, NULL, 10);
}

const char *listeners_check(const char *text)
{
    listen_address at;
    if (begins(text, UNIX)) return text[strlen(UNIX)] == '\0' ? "has no path behind unix:" : NULL;
    if (begins(text, FD))
        return number_of(text + strlen(FD)) < 0 ? "has no number of a descriptor behind fd:" : NULL;
    return listen_address_read(text, &at);
}

/* --- what a socket listens on ----------------------------------------------------------------- */

static void describe(listener *to)
{
    union {
        listen_address at;
        struct sockaddr_un path;
        struct sockaddr_storage room;
    } name = { .room = { .ss_family = AF_UNSPEC } };
    char host[INET6_ADDRSTRLEN] = "";
    socklen_t len = sizeof name;
    getsockname(to->fd, &name.at.any, &len);
    if (name.at.any.sa_family != AF_INET && name.at.any.sa_family != AF_INET6) {
        bool is_path = name.path.sun_path[0] != '\0'; /* else it is an abstract one, or has none */
        snprintf(to->address, sizeof to->address, UNIX "%s%.107s", is_path ? "" : "@",
                 name.path.sun_path + !is_path);
        return;
    }
    bool v6 = name.at.any.sa_family == AF_INET6;
    inet_ntop(name.at.any.sa_family,
              v6 ? (const void *)&name.at.v6.sin6_addr : (const void *)&name.at.v4.sin_addr, host,
              sizeof host);
    to->port = httpd_port_of(to->fd);
    to->exposed = !httpd_listens_here(to->fd);
    snprintf(to->address, sizeof to->address, "http://%s%s%s:%d", v6 ? "[" : "", host,
             v6 ? "]" : "", to->port);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int open_address(const char *text, char *problem, size_t size)
{
    listen_address at;
    char host[INET6_ADDRSTRLEN];
    if (listen_address_read(text, &at) != NULL) return -1; /* the options were checked */
    bool v6 = at.any.sa_family == AF_INET6;
    inet_ntop(at.any.sa_family, v6 ? (const void *)&at.v6.sin6_addr : (const void *)&at.v4.sin_addr,
              host, sizeof host);
    return httpd_listen_tcp(host, ntohs(v6 ? at.v6.sin6_port : at.v4.sin_port), problem, size);
}

/* A socket that was passed to this process; `name` is for a message. */
static int take_descriptor(int fd, const char *name, char *problem, size_t size)
{
    int listens = 0, flags = fcntl(fd, F_GETFL);
    socklen_t len = sizeof listens;
    bool good = flags >= 0 && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 &&
                listens != 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
                fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
    if (good) return fd;
    snprintf(problem, size, "%s is no socket that listens", name);
    return -1;
}

/* The place of the next one; NULL after an error message: there are too many. */
static listener *next_of(listeners *all, const char *name)
{
    if (all->count == LISTENERS_MAX) {
        say("%s: more than %d addresses", name, LISTENERS_MAX);
        return NULL;
    }
    all->items[all->count] = (listener){ .fd = -1 };
    return &all->items[all->count];
}

static int take(listeners *all, listener *to, const char *name, const char *text,
                const char *problem)
{
    if (to->fd < 0) {
        say("%s: cannot listen on %s: %s", name, text, problem);
        return EXIT_OS_LIMIT;
    }
    all->count++;
    describe(to);
    return 0;
}

static bool is_open(const listeners *all, int fd)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].fd == fd) return true;
    return false;
}

int listeners_open(listeners *all, const char *text, const char *name)
{
    char problem[256] = "", descriptor[32];
    listener *to = next_of(all, name);
    if (to == NULL) return EXIT_VALUE;
    if (begins(text, UNIX)) {
        to->path = text + strlen(UNIX);
        to->fd = httpd_listen_unix(to->path, problem, sizeof problem);
    } else if (begins(text, FD)) {
        int fd = number_of(text + strlen(FD));
        if (is_open(all, fd)) return 0; /* named twice, or passed as well */
        snprintf(descriptor, sizeof descriptor, "descriptor %d", fd);
        to->fd = take_descriptor(fd, descriptor, problem, sizeof problem);
    } else {
        to->fd = open_address(text, problem, sizeof problem);
    }
    return take(all, to, name, text, problem);
}

int listeners_take(listeners *all, const passed *sockets)
{
    static const char name[] = "LISTEN_FDS";
    int code = 0;
    for (size_t i = 0; code == 0 && i < sockets->count; i++) {
        char problem[400] = "", descriptor[300];
        listener *to = next_of(all, name);
        if (to == NULL) return EXIT_VALUE;
        passed_name(sockets, i, descriptor, sizeof descriptor);
        to->fd = take_descriptor(PASSED_FIRST + (int)i, descriptor, problem, sizeof problem);
        code = take(all, to, name, descriptor, problem);
    }
    return code;
}

void listeners_close(listeners *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].fd >= 0) close(all->items[i].fd);
        all->items[i].fd = -1;
        if (all->items[i].path != NULL) unlink(all->items[i].path);
    }
    all->count = 0;
}
