/* mock_child.c - see mock_child.h. */
#include "bench/mock_child.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glimpse/glimpse.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "bench/mock_arguments.h"
#include "exits.h"
#include "options/options.h"
#include "say.h"

#define START_MS      10000
#define ARGUMENTS_MAX MOCK_ARGUMENTS_MAX

/* Leaves the last of the cores to the child. false: there is only one. */
static bool part_cores(cpu_set_t *ours, cpu_set_t *its)
{
    int last = -1;
    if (sched_getaffinity(0, sizeof *ours, ours) != 0 || CPU_COUNT(ours) < 2) return false;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, ours)) last = i;
    CPU_ZERO(its);
    CPU_SET(last, its);
    CPU_CLR(last, ours);
    return true;
}

/* Forgets the key, the proxies, and other settings of a client: the mock needs none of them, and
 * its environment is visible in /proc for its life. */
static void forget_settings(void)
{
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        char name[64];
        for (const char *at = row->environment; at != NULL && *at != '\0';) {
            size_t len = strcspn(at, ",");
            snprintf(name, sizeof name, "%.*s", (int)len, at);
            unsetenv(name);
            at += len + (at[len] == ',');
        }
    }
}

/* Runs in the child. */
static void become_mock(int out, const char *const *arguments, pid_t parent, const cpu_set_t *cores)
{
    const char *argv[ARGUMENTS_MAX + 3] = { "glimpse", "mock" };
    sigset_t none;
    size_t n = 2;
    while (n < ARGUMENTS_MAX && *arguments != NULL) argv[n++] = *arguments++;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(EXIT_OS_LIMIT); /* the parent ended before the line above */
    if (cores != NULL) sched_setaffinity(0, sizeof *cores, cores);
    setpgid(0, 0); /* Ctrl-C is for the parent alone, which still waits for answers */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(out, STDOUT_FILENO);
    forget_settings();
    execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
    _exit(EXIT_OS_LIMIT);
}

/* "listening on URL": the URL. */
static bool read_url(mock_child *child, int from)
{
    static const char head[] = "listening on ";
    char line[sizeof child->url + sizeof head - 1];
    size_t len = 0;
    uint64_t until = glimpse_monotonic_ns() + START_MS * UINT64_C(1000000);
    while (len < sizeof line - 1) {
        uint64_t now = glimpse_monotonic_ns();
        struct pollfd wait = { .fd = from, .events = POLLIN };
        int ready = now < until ? poll(&wait, 1, (int)((until - now) / 1000000) + 1) : 0;
        if (ready < 0 && errno == EINTR) continue;
        ssize_t n = ready > 0 ? read(from, line + len, sizeof line - 1 - len) : 0;
        if (n <= 0) return false;
        len += (size_t)n;
        line[len] = '\0';
        char *end = strchr(line, '\n');
        if (end == NULL) continue;
        *end = '\0';
        if (strncmp(line, head, sizeof head - 1) != 0) return false;
        memcpy(child->url, line + sizeof head - 1, (size_t)(end - line) - (sizeof head - 1) + 1);
        return true;
    }
    return false;
}

int mock_child_start(mock_child *child, const char *const *arguments)
{
    int ends[2];
    cpu_set_t ours, its;
    bool two = part_cores(&ours, &its);
    pid_t self = getpid();
    memset(child, 0, sizeof *child);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        say("the mock cannot be started: %s", strerror(errno));
        return EXIT_OS_LIMIT;
    }
    child->pid = fork();
    if (child->pid == 0) become_mock(ends[1], arguments, self, two ? &its : NULL);
    close(ends[1]);
    bool started = child->pid > 0 && read_url(child, ends[0]);
    close(ends[0]);
    if (started) {
        if (two) sched_setaffinity(0, sizeof ours, &ours);
        return 0;
    }
    int status = 0;
    if (child->pid > 0) {
        kill(child->pid, SIGTERM);
        waitpid(child->pid, &status, 0);
    }
    child->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_VALUE) return EXIT_VALUE; /* printed */
    say("the mock cannot be started");
    return EXIT_OS_LIMIT;
}

/* --- its statistics ----------------------------------------------------------------------------
 */

#define STATS_MAX ((size_t)1 << 20)
#define ASK_MS    2000

static int port_of(const char *digits)
{
    int port = 0;
    while (*digits >= '0' && *digits <= '9' && port < 65536) port = port * 10 + (*digits++ - '0');
    return port;
}

/* Returns the body of the answer, or NULL. Closes the connection. */
static char *ask_stats(int port, size_t *len)
{
    static const char request[] =
        "GET /__mock/stats HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\r\n";
    const struct timeval most = { ASK_MS / 1000, 0 };
    struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    gl_buf all;
    char piece[4096], *body = NULL;
    ssize_t n = -1;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    gl_buf_init(&all, STATS_MAX);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0 &&
        connect(fd, (const struct sockaddr *)&there, sizeof there) == 0 &&
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1)
        while ((n = recv(fd, piece, sizeof piece, 0)) > 0) gl_buf_append(&all, piece, (size_t)n);
    if (fd >= 0) close(fd);
    if (n == 0 && gl_buf_terminate(&all)) {
        const char *head_end = strstr(all.data, "\r\n\r\n");
        *len = head_end != NULL ? all.len - (size_t)(head_end + 4 - all.data) : 0;
        if (head_end != NULL) body = gl_strndup(head_end + 4, *len);
    }
    gl_buf_free(&all);
    return body;
}

char *mock_child_stats(const mock_child *child, size_t *len)
{
    const char *port = strrchr(child->url, ':');
    uint64_t until = glimpse_monotonic_ns() + ASK_MS * UINT64_C(1000000);
    for (;;) {
        gl_json root;
        int64_t open = 0;
        char *stats = port != NULL ? ask_stats(port_of(port + 1), len) : NULL;
        bool json =
            stats != NULL && gl_json_check(gl_slice_of(stats, *len), &root, NULL) == GL_JSON_OK;
        bool alone =
            !json || !gl_json_int64(gl_json_get(root, "open_connections"), &open) || open <= 1;
        if (alone || glimpse_monotonic_ns() > until) return stats;
        gl_free(stats);
        poll(NULL, 0, 10); /* it has not noticed their end yet */
    }
}

void mock_child_stop(mock_child *child)
{
    cpu_set_t all, its;
    if (child->pid <= 0) return;
    if (sched_getaffinity(child->pid, sizeof its, &its) == 0 &&
        sched_getaffinity(0, sizeof all, &all) == 0) {
        CPU_OR(&all, &all, &its);
        sched_setaffinity(0, sizeof all, &all);
    }
    kill(child->pid, SIGTERM);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) continue;
    child->pid = 0;
}
