/*
 * steady.c - loaded before libc into a program whose instructions are counted (LD_PRELOAD), it
 * takes away what differs from run to run: the clocks, chance, and the race between an answer and
 * the next look for it.
 *
 * Each look at a clock finds it a microsecond later, whatever the machine was busy with; random
 * bytes are the same each time. A wait for events ends with the first event, however late that is,
 * and moves no clock; one that nothing ends within PATIENCE_MS was a wait for a timer, and the
 * clock moves to where that is due. A look that does not wait finds nothing to read: an answer is
 * never there at once.
 *
 * Behind each call stands the kernel, not the C library.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* Longer than a server of this machine takes for an answer without latency, when all is busy. */
#define PATIENCE_MS 2000

#define NS_A_LOOK   1000
#define NS_A_MS     1000000
#define NS_A_SECOND 1000000000
/* 2026-01-01: the clock of the calendar begins there. */
#define CALENDAR_BEGINS INT64_C(1767225600)

static int64_t now = NS_A_SECOND, timer_due = INT64_MAX;

static int64_t look(clockid_t clock)
{
    now += NS_A_LOOK;
    bool calendar = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    return now + (calendar ? CALENDAR_BEGINS * NS_A_SECOND : 0);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *at)
{
    int64_t ns = look(clock);
    at->tv_sec = (time_t)(ns / NS_A_SECOND);
    at->tv_nsec = (long)(ns % NS_A_SECOND);
    return 0;
}

EXPORT int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    (void)zone;
    int64_t ns = look(CLOCK_REALTIME);
    at->tv_sec = (time_t)(ns / NS_A_SECOND);
    at->tv_usec = (suseconds_t)(ns % NS_A_SECOND / 1000);
    return 0;
}

EXPORT time_t time(time_t *at)
{
    time_t seconds = (time_t)(look(CLOCK_REALTIME) / NS_A_SECOND);
    if (at != NULL) *at = seconds;
    return seconds;
}

EXPORT ssize_t getrandom(void *bytes, size_t len, unsigned flags)
{
    static unsigned char next;
    unsigned char *to = bytes;
    (void)flags;
    for (size_t i = 0; i < len; i++) to[i] = ++next;
    return (ssize_t)len;
}

/* libevent arms its one timer before it waits; times are relative. */
EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *was)
{
    (void)fd;
    (void)flags;
    (void)was;
    int64_t after = (int64_t)to->it_value.tv_sec * NS_A_SECOND + to->it_value.tv_nsec;
    timer_due = after != 0 ? now + after : INT64_MAX;
    return 0;
}

EXPORT int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    bool has_end = timeout > 0 || (timeout < 0 && timer_due != INT64_MAX);
    int patience = has_end ? PATIENCE_MS : timeout;
    int count = (int)syscall(SYS_epoll_pwait, fd, events, max, patience, NULL, 8);
    if (count != 0 || !has_end) return count;
    int64_t due = timeout > 0 ? now + (int64_t)timeout * NS_A_MS : timer_due;
    if (due > now) now = due;
    return 0;
}

EXPORT int poll(struct pollfd *sockets, nfds_t count, int timeout)
{
    int ready = (int)syscall(SYS_poll, sockets, count, timeout);
    if (ready <= 0 || timeout != 0) return ready;
    ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        short got = sockets[i].revents;
        if ((got & (POLLHUP | POLLERR)) == 0) got &= (short)~(POLLIN | POLLRDNORM);
        sockets[i].revents = got;
        ready += got != 0;
    }
    return ready;
}
