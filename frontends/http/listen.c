/* listen.c - see listen.h. */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn, 4096 by default */

static int listen_at(const struct addrinfo *at)
{
    const int on = 1;
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* Connections inherit it (tcp(7)): an answer in two pieces does not wait for an ACK. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int httpd_listen_tcp(const char *host, int port, char *problem, size_t problem_size)
{
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *addresses = NULL;
    char text[8];
    int fd = -1, error = 0;
    if (port < 0 || port > 65535) {
        snprintf(problem, problem_size, "port: %d is not in 0 to 65535", port);
        return -1;
    }
    snprintf(text, sizeof text, "%d", port);
    int found = getaddrinfo(host, text, &hints, &addresses);
    if (found != 0) {
        snprintf(problem, problem_size, "host: %s: %s", host, gai_strerror(found));
        return -1;
    }
    for (const struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next) {
        fd = listen_at(at);
        if (fd < 0) error = errno;
    }
    freeaddrinfo(addresses);
    if (fd < 0) snprintf(problem, problem_size, "%s port %s: %s", host, text, strerror(error));
    return fd;
}

/* Returns true when a socket is there that nobody listens on any more. Another kind of file refuses
 * a connection alike, and stays. */
static bool is_left_over(const struct sockaddr_un *at)
{
    struct stat file;
    if (lstat(at->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    bool refused =
        connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

int httpd_listen_unix(const char *path, char *problem, size_t problem_size)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof at.sun_path) {
        snprintf(problem, problem_size, "the path of a socket has at most %zu bytes",
                 sizeof at.sun_path - 1);
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int bound = fd >= 0 ? bind(fd, (struct sockaddr *)&at, sizeof at) : -1;
    if (fd >= 0 && bound != 0 && errno == EADDRINUSE) {
        if (is_left_over(&at) && unlink(path) == 0)
            bound = bind(fd, (struct sockaddr *)&at, sizeof at);
        else
            errno = EADDRINUSE;
    }
    if (bound == 0 && listen(fd, BACKLOG) == 0) return fd;
    snprintf(problem, problem_size, "%s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}

int httpd_port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
    if (address.ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
    return 0;
}

bool httpd_listens_here(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } at = { .room = { .ss_family = AF_UNSPEC } };
    socklen_t len = sizeof at;
    if (getsockname(fd, &at.any, &len) != 0) return false;
    if (at.any.sa_family == AF_INET) return ntohl(at.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (at.any.sa_family != AF_INET6) return at.any.sa_family == AF_UNIX;
    return IN6_IS_ADDR_LOOPBACK(&at.v6.sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&at.v6.sin6_addr) &&
            at.v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
}
