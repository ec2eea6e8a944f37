/* mock_child.c - see mock_child.h. Called by bench.c. */
#include "mock_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glimpse/glimpse.h>

#include "exits.h"
#include "say.h"

#define START_MS      10000
#define ARGUMENTS_MAX 32

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

/* In the child. */
static void become_mock(int out, const char *const *arguments, pid_t parent, const cpu_set_t *cores)
{
    const char *argv[ARGUMENTS_MAX + 3] = { "glimpse", "mock" };
    sigset_t none;
    size_t n = 2;
    while (n < ARGUMENTS_MAX && *arguments != NULL) argv[n++] = *arguments++;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(EXIT_OS_LIMIT); /* it ended before the line above */
    if (cores != NULL) sched_setaffinity(0, sizeof *cores, cores);
    setpgid(0, 0); /* a Ctrl-C is the parent's alone: it still waits for answers */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(out, STDOUT_FILENO);
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
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_VALUE) return EXIT_VALUE; /* it said so */
    say("the mock cannot be started");
    return EXIT_OS_LIMIT;
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
