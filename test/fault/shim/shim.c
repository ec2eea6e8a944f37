/*
 * shim.c - loaded before libc into the program under test (LD_PRELOAD), it makes calls fail or lie:
 *
 *   FAULT_IO=CALL:K:ERRNO  from the K-th on, each `write`, `sync` (fsync and fdatasync) or `close`
 *                          of a file named out.jsonl fails with this errno. `short` lets the K-th
 *                          write take one byte and the next ones fail.
 *   FAULT_CLOCK=jump       the clock of the calendar jumps by hours and by decades at each look.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) _exit(125);
    return found;
}

/* --- files --- */

static bool is_output(int fd)
{
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 10) return false;
    path[len] = '\0';
    return strcmp(path + len - 10, "/out.jsonl") == 0;
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

EXPORT ssize_t write(int fd, const void *data, size_t len)
{
    bool first;
    ssize_t (*real)(int, const void *, size_t);
    *(void **)&real = next("write");
    if (due("short", fd, &first)) return first && len > 0 ? real(fd, data, 1) : -1;
    return due("write", fd, &first) ? -1 : real(fd, data, len);
}

EXPORT int fdatasync(int fd)
{
    bool first;
    int (*real)(int);
    *(void **)&real = next("fdatasync");
    return due("sync", fd, &first) ? -1 : real(fd);
}

EXPORT int fsync(int fd)
{
    bool first;
    int (*real)(int);
    *(void **)&real = next("fsync");
    return due("sync", fd, &first) ? -1 : real(fd);
}

EXPORT int close(int fd)
{
    bool first;
    int (*real)(int);
    *(void **)&real = next("close");
    if (!due("close", fd, &first)) return real(fd);
    int error = errno;
    real(fd); /* it is closed all the same, as Linux does */
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
    int (*real)(clockid_t, struct timespec *);
    *(void **)&real = next("clock_gettime");
    int result = real(clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += jump();
    return result;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int (*real)(struct timeval *, void *);
    *(void **)&real = next("gettimeofday");
    int result = real(now, zone);
    now->tv_sec += jump();
    return result;
}

EXPORT time_t time(time_t *now)
{
    time_t (*real)(time_t *);
    *(void **)&real = next("time");
    time_t result = real(NULL) + jump();
    if (now != NULL) *now = result;
    return result;
}
