/*
 * shim.c - loaded before libc into the program under test (LD_PRELOAD), it makes calls fail or lie:
 *
 *   FAULT_IO=CALL:K:ERRNO  from the K-th on, each `write`, `sync` (fsync and fdatasync) or `close`
 *                          of a file named out.jsonl fails with this errno. `short` lets the K-th
 *                          write take one byte and the next ones fail; `interrupted` lets the K-th
 *                          sync alone fail; `lock` is each lock of it.
 *   FAULT_LOG=FILE         each write and sync of such a file that succeeds adds a line: `write` or
 *                          `sync`, the monotonic time in milliseconds, the file's size after it.
 *   FAULT_SIGNAL=N         each close of such a file, and each sync of one named summary.json, is
 *                          preceded by two signals with this number.
 *   FAULT_CLOCK=jump       the clock of the calendar jumps by hours and by decades at each look.
 *   FAULT_RESOLV=FILE      is read in place of /etc/resolv.conf.
 *   FAULT_FDS=FILE         gets, at the program's end, a line with the number of descriptors open
 * at its start and now, and one for each of those that is open now.
 *
 * Behind each call stands the kernel, not the C library: a sanitizer's allocator asks for the time
 * while it allocates, and before any constructor has run, where dlsym must not be called.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* --- files --- */

static bool is_file(int fd, const char *name)
{
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1), end = (ssize_t)strlen(name);
    if (len < end) return false;
    path[len] = '\0';
    return strcmp(path + len - end, name) == 0;
}

static bool is_output(int fd)
{
    return is_file(fd, "/out.jsonl");
}

static void signals_before(int fd, const char *name)
{
    const char *number = getenv("FAULT_SIGNAL");
    if (number == NULL || !is_file(fd, name)) return;
    raise((int)strtol(number, NULL, 10));
    raise((int)strtol(number, NULL, 10));
}

/* How often the call has been made, when it is the one to fail; the errno for it. */
static bool due(const char *call, int fd, bool *first)
{
    static long count;
    const char *plan = getenv("FAULT_IO");
    size_t len = strlen(call);
    if (plan == NULL || strncmp(plan, call, len) != 0 || plan[len] != ':' || !is_output(fd))
        return false;
    char *end;
    long k = strtol(plan + len + 1, &end, 10);
    *first = ++count == k;
    errno = (int)strtol(end + 1, NULL, 10);
    return count >= k;
}

static void note(const char *call, int fd)
{
    const char *path = getenv("FAULT_LOG");
    struct stat status;
    struct timespec now;
    char line[96];
    if (path == NULL || !is_output(fd) || fstat(fd, &status) != 0) return;
    int error = errno, log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    clock_gettime(CLOCK_MONOTONIC, &now);
    int len =
        snprintf(line, sizeof line, "%s %lld %lld\n", call,
                 (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, (long long)status.st_size);
    if (log < 0 || syscall(SYS_write, log, line, (size_t)len) != len) _exit(125);
    syscall(SYS_close, log);
    errno = error;
}

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
    bool first;
    if (due("short", fd, &first)) return first && len > 0 ? syscall(SYS_write, fd, data, 1) : -1;
    if (due("write", fd, &first)) return -1;
    ssize_t result = syscall(SYS_write, fd, data, len);
    if (result > 0) note("write", fd);
    return result;
}

EXPORT int fdatasync(int fd)
{
    bool first;
    if (due("sync", fd, &first)) return -1;
    if (due("interrupted", fd, &first) && first) return -1;
    int result = (int)syscall(SYS_fdatasync, fd);
    if (result == 0) note("sync", fd);
    return result;
}

static int lock(int fd, int command, void *arg)
{
    bool first;
    if (command == F_SETLK && due("lock", fd, &first)) return -1;
    return (int)syscall(SYS_fcntl, fd, command, arg);
}

EXPORT int fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *arg = va_arg(args, void *);
    va_end(args);
    return lock(fd, command, arg);
}

/* The same for who is compiled with 64 bits of offset. */
int fcntl64(int fd, int command, ...);
EXPORT int fcntl64(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *arg = va_arg(args, void *);
    va_end(args);
    return lock(fd, command, arg);
}

EXPORT int fsync(int fd)
{
    bool first;
    signals_before(fd, "/summary.json");
    if (due("sync", fd, &first)) return -1;
    int result = (int)syscall(SYS_fsync, fd);
    if (result == 0) note("sync", fd);
    return result;
}

EXPORT int close(int fd)
{
    bool first;
    signals_before(fd, "/out.jsonl");
    if (!due("close", fd, &first)) return (int)syscall(SYS_close, fd);
    int error = errno;
    syscall(SYS_close, fd); /* it is closed all the same, as Linux does */
    errno = error;
    return -1;
}

/* --- the calendar --- */

static long jump(void)
{
    static const long hour = 3600, year = 31557600;
    static unsigned looks;
    const long jumps[] = { 0, hour, -hour, 10 * year, -10 * year, 1, -1 };
    if (getenv("FAULT_CLOCK") == NULL) return 0;
    return jumps[looks++ % (sizeof jumps / sizeof *jumps)];
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += jump();
    return result;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int result = (int)syscall(SYS_gettimeofday, now, zone);
    now->tv_sec += jump();
    return result;
}

EXPORT time_t time(time_t *now)
{
    struct timespec calendar = { 0 };
    syscall(SYS_clock_gettime, CLOCK_REALTIME_COARSE, &calendar); /* as the C library does */
    time_t result = calendar.tv_sec + jump();
    if (now != NULL) *now = result;
    return result;
}

/* --- names --- */

EXPORT int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
    va_end(args);
    const char *resolv = getenv("FAULT_RESOLV");
    if (resolv != NULL && strcmp(path, "/etc/resolv.conf") == 0) path = resolv;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* --- descriptors --- */

enum { DESCRIPTORS = 1024 };

static int open_at_start;

static int count_open(void)
{
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* getrusage's ru_maxrss is also that of the process that forked this one. */
static long most_memory(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0) kib = strtol(line + 6, NULL, 10);
    if (file != NULL) fclose(file);
    return kib;
}

__attribute__((constructor)) static void begin(void)
{
    open_at_start = count_open();
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_FDS");
    int now = count_open();
    if (path == NULL) return;
    FILE *report = fopen(path, "w");
    if (report == NULL) return;
    fprintf(report, "%d %d %ld\n", open_at_start, now, most_memory());
    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        char name[64], target[512];
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        ssize_t len = fd == fileno(report) ? -1 : readlink(name, target, sizeof target - 1);
        if (len >= 0) fprintf(report, "%d %.*s\n", fd, (int)len, target);
    }
    fclose(report);
}
