/*
 * The retry policy around an asynchronous function of the caller's own: a connection to a server
 * that is not up yet. Each attempt is a non-blocking connect; the waits between them are timers.
 *
 * The server is this program's too: a socket that has its port, and listens only after a while.
 */
#include <errno.h>
#include <event2/event.h>
#include <glimpse/backoff.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct dial {
    struct event_base *base;
    struct sockaddr_in server;
    int listener, fd;
    glimpse_backoff_call *call;
    bool connected;
} dial;

static void server_comes_up(evutil_socket_t fd, short what, void *arg)
{
    const dial *d = arg;
    if (listen(d->listener, 8) != 0) perror("listen");
}

/* Ends the attempt that is running: with success, or with a failure that is worth another. */
static void ended(dial *d, int error)
{
    d->connected = error == 0;
    if (error != 0) {
        close(d->fd);
        d->fd = -1;
    }
    glimpse_backoff_attempt_done(d->call, error == 0 ? GLIMPSE_OK : GLIMPSE_ERR_CONNECT,
                                 error == ECONNREFUSED, 0);
}

static void writable(evutil_socket_t fd, short what, void *arg)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt((int)fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    ended(arg, error);
}

static void attempt(glimpse_backoff_call *call, int n, void *arg)
{
    dial *d = arg;
    d->call = call;
    printf("attempt %d\n", n);
    d->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (d->fd < 0) {
        glimpse_backoff_attempt_done(call, GLIMPSE_ERR_SETUP, false, 0); /* no use in another */
        return;
    }
    if (connect(d->fd, (const struct sockaddr *)&d->server, sizeof d->server) == 0)
        ended(d, 0);
    else if (errno != EINPROGRESS)
        ended(d, errno);
    else if (event_base_once(d->base, d->fd, EV_WRITE, writable, d, NULL) != 0)
        ended(d, ENOMEM);
}

static void done(glimpse_error error, int attempts, void *arg)
{
    printf("%s after %d attempts\n",
           error == GLIMPSE_OK ? "connected" : glimpse_error_sentence(error), attempts);
}

int main(void)
{
    dial d = { .listener = -1, .fd = -1 };
    socklen_t length = sizeof d.server;
    const struct timeval soon = { .tv_usec = 120000 };
    glimpse_backoff_policy policy;

    d.server.sin_family = AF_INET;
    d.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    d.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    d.base = event_base_new();
    if (d.base == NULL || d.listener < 0 ||
        bind(d.listener, (const struct sockaddr *)&d.server, sizeof d.server) != 0 ||
        getsockname(d.listener, (struct sockaddr *)&d.server, &length) != 0 ||
        event_base_once(d.base, -1, EV_TIMEOUT, server_comes_up, &d, &soon) != 0)
        goto done;

    glimpse_backoff_policy_init(&policy); /* 5 attempts, 500 ms, 60 s; here a shorter one */
    policy.base_delay_ms = 20;
    policy.max_delay_ms = 1000;
    policy.max_attempts = 20;
    if (glimpse_backoff_start(d.base, &policy, attempt, done, &d, NULL) == GLIMPSE_OK)
        event_base_dispatch(d.base); /* returns when no event is left to wait for */

done:
    if (d.fd >= 0) close(d.fd);
    if (d.listener >= 0) close(d.listener);
    if (d.base != NULL) event_base_free(d.base);
    return d.connected ? EXIT_SUCCESS : EXIT_FAILURE;
}
