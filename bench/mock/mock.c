/*
 * mock.c - the server: listens, accepts, and holds the clock of the answers that wait.
 *
 * Owns the listener, the list of connections and one heap of due times with one timer at its head.
 * When descriptors run out it stops accepting for a while instead of spinning on a listener that
 * stays readable. Called by the program's `mock` command, by tests and by the benchmarks.
 */
#include "mock/mock.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mock/mock_server.h"

#define BACKLOG      4096 /* the kernel cuts it to net.core.somaxconn, 4096 by default */
#define ACCEPT_BURST 64   /* per turn of the loop, so that connections at work go on */
#define BODY_MAX     ((size_t)256 * 1024 * 1024)
#define HEADERS_MAX  ((size_t)4096)

/* --- what is due ------------------------------------------------------------------------------ */

static void arm_timer(struct mock_server *server)
{
    gl_time next = gl_heap_next(&server->due);
    if (next == server->timer_at) return;
    server->timer_at = next;
    if (next == GL_TIME_NEVER) {
        event_del(&server->timer);
        return;
    }
    uint64_t us = (gl_time_since(next, gl_clock_now()) + GL_US - 1) / GL_US;
    struct timeval delay = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
    /* Without memory for libevent's heap: looked at once a turn rather than lost. */
    if (event_add(&server->timer, &delay) != 0) event_active(&server->timer, EV_TIMEOUT, 1);
}

void mock_server_set_due(struct mock_server *server, mock_conn *conn, gl_time when)
{
    gl_heap_set(&server->due, &conn->due, when);
    arm_timer(server);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct mock_server *server = arg;
    gl_time now = gl_clock_now(); /* a coarse base fires early: look before answering */
    server->timer_at = GL_TIME_NEVER;
    while (gl_heap_next(&server->due) <= now) {
        gl_heap_entry *top = gl_heap_top(&server->due);
        gl_heap_remove(&server->due, top);
        mock_conn_due(GL_CONTAINER(top, mock_conn, due));
    }
    server->timer_at = GL_TIME_NEVER;
    arm_timer(server);
}

const char *mock_server_date(struct mock_server *server)
{
    struct timeval now = { 0 };
    event_base_gettimeofday_cached(server->base, &now);
    if (now.tv_sec != server->date_at) {
        evutil_date_rfc1123(server->date, sizeof server->date, NULL);
        server->date_at = now.tv_sec;
    }
    return server->date;
}

/* --- accepting -------------------------------------------------------------------------------- */

static void pause_accepting(struct mock_server *server)
{
    static const struct timeval pause = { 0, 50000 }; /* 50 ms: long against a spin, short for
                                                         a client that waits in the backlog */
    event_del(&server->accepting);
    event_add(&server->resuming, &pause);
}

static void resume_accepting(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct mock_server *server = arg;
    if (event_add(&server->accepting, NULL) != 0) pause_accepting(server);
}

static void accept_ready(evutil_socket_t listener, short what, void *arg)
{
    (void)what;
    struct mock_server *server = arg;
    for (int i = 0; i < ACCEPT_BURST; i++) {
        int fd = accept4((int)listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            mock_conn_open(server, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(server);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

/* A listening socket, or -1 with the reason in problem. */
static int listen_on(const mock_options *options, char *problem, size_t problem_size)
{
    const char *host = options->host != NULL ? options->host : "127.0.0.1";
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *addresses = NULL;
    char port[8];
    int fd = -1, error = 0;
    if (options->port < 0 || options->port > 65535) {
        snprintf(problem, problem_size, "port: %d is not in 0 to 65535", options->port);
        return -1;
    }
    snprintf(port, sizeof port, "%d", options->port);
    int found = getaddrinfo(host, port, &hints, &addresses);
    if (found != 0) {
        snprintf(problem, problem_size, "host: %s: %s", host, gai_strerror(found));
        return -1;
    }
    for (struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next) {
        const int on = 1;
        fd = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            error = errno;
            continue;
        }
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        /* Connections inherit it (tcp(7)): an answer in two pieces does not wait for an ACK. */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) break;
        error = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(addresses);
    if (fd < 0) snprintf(problem, problem_size, "%s port %s: %s", host, port, strerror(error));
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
}

/* --- life ------------------------------------------------------------------------------------- */

static bool check_count(const char *name, int64_t value, int64_t most, char *problem,
                        size_t problem_size)
{
    if (value >= 0 && value <= most) return true;
    snprintf(problem, problem_size, "%s: not in 0 to %" PRId64, name, most);
    return false;
}

mock_server *mock_server_new(struct event_base *base, const mock_options *options, char *problem,
                             size_t problem_size)
{
    mock_server *server = gl_calloc(1, sizeof *server);
    if (server == NULL) {
        snprintf(problem, problem_size, "out of memory");
        return NULL;
    }
    server->base = base;
    server->listener = -1;
    server->timer_at = GL_TIME_NEVER;
    if (options->token_rate > 0)
        server->token_gap = (gl_time)((double)GL_SECOND / options->token_rate);
    gl_list_init(&server->connections);
    gl_heap_init(&server->due);
    gl_buf_init(&server->body, BODY_MAX);
    gl_buf_init(&server->text, BODY_MAX);
    gl_buf_init(&server->headers, HEADERS_MAX);
    mock_stats_init(&server->stats, gl_clock_now());
    gl_rng_seed(&server->latency_rng, options->seed);
    gl_rng_seed(&server->fault_rng, ~options->seed);
    server->retry_after = gl_time_add_ms(0, options->retry_after_ms);
    gl_rng_seed(&server->ttft_rng, options->seed + 1);
    mock_capacity_init(&server->capacity, 0, 0);
    server->times = options->times;
    server->held_max = options->memory > 0 ? (size_t)options->memory : (size_t)1 << 30;
    server->reset_errors = options->reset_errors;
    server->has_ttft = options->ttft != NULL && options->ttft[0] != '\0';
    event_assign(&server->timer, base, -1, 0, timer_fired, server);
    event_assign(&server->resuming, base, -1, 0, resume_accepting, server);
    event_assign(&server->accepting, base, -1, EV_READ | EV_PERSIST, accept_ready, server);

    bool made = false;
    if (!mock_latency_parse(&server->latency, "latency", options->latency, problem, problem_size) ||
        !mock_faults_parse(&server->faults, options->fault, problem, problem_size) ||
        !mock_latency_parse(&server->ttft, "ttft", options->ttft, problem, problem_size) ||
        !mock_outages_parse(&server->outages, options->outage, problem, problem_size) ||
        !mock_stalls_parse(&server->stalls, options->stall, problem, problem_size) ||
        !mock_refusal_parse(&server->refusal, options->refuse, problem, problem_size) ||
        !check_count("close-after", options->close_after, INT64_MAX, problem, problem_size) ||
        !check_count("capacity", options->capacity, INT64_MAX, problem, problem_size) ||
        !check_count("queue", options->queue, INT64_MAX, problem, problem_size) ||
        !check_count("quota-after", options->quota_after, INT64_MAX, problem, problem_size) ||
        !mock_batch_faults_parse(&server->files.faults, options->batch_fault, problem,
                                 problem_size) ||
        !check_count("rpm", options->rpm, MOCK_LIMIT_MAX, problem, problem_size) ||
        !check_count("tpm", options->tpm, MOCK_LIMIT_MAX, problem, problem_size))
        goto done;
    server->quota = (uint64_t)options->quota_after;
    server->close_after = (uint64_t)options->close_after;
    server->capacity.places = (uint64_t)options->capacity;
    server->capacity.longest = (uint64_t)options->queue;
    mock_limits_init(&server->limits, options->rpm, options->tpm, gl_clock_now());
    server->sha = gl_sha256_new();
    if (server->sha == NULL) {
        snprintf(problem, problem_size, "out of memory, or libcrypto has no SHA-256");
        goto done;
    }
    mock_batches_init(&server->batches, &server->files, server->sha, options->seed);
    server->batches.latency = gl_time_add_ms(0, options->batch_latency_ms);
    server->batches.most_tokens = (uint64_t)options->enqueued_tokens;
    server->listener = listen_on(options, problem, problem_size);
    if (server->listener < 0) goto done;
    server->port = port_of(server->listener);
    event_assign(&server->accepting, base, server->listener, EV_READ | EV_PERSIST, accept_ready,
                 server);
    if (event_add(&server->accepting, NULL) != 0) {
        snprintf(problem, problem_size, "the event loop refused the listening socket");
        goto done;
    }
    made = true;
done:
    if (made) return server;
    mock_server_free(server);
    return NULL;
}

int mock_server_port(const mock_server *server)
{
    return server->port;
}

void mock_server_free(mock_server *server)
{
    if (server == NULL) return;
    gl_node *node;
    while ((node = gl_list_first(&server->connections)) != NULL)
        mock_conn_close(GL_CONTAINER(node, mock_conn, node));
    event_del(&server->accepting);
    event_del(&server->resuming);
    event_del(&server->timer);
    if (server->listener >= 0) close(server->listener);
    gl_heap_free(&server->due);
    mock_latency_free(&server->latency);
    mock_latency_free(&server->ttft);
    gl_buf_free(&server->body);
    gl_buf_free(&server->text);
    gl_buf_free(&server->headers);
    mock_batches_free(&server->batches);
    mock_files_free(&server->files);
    gl_sha256_free(server->sha);
    mock_stats_free(&server->stats);
    gl_free(server);
}
