/*
 * signals.c - signals as events of the loop, so that no handler ever interrupts a write: when a
 * second signal ends the process, the output has whole lines. When the loop has ended, a handler
 * takes their place until the process is gone, so that output, summary and store are closed. Called
 * by the commands that run a loop.
 */
#include "signals.h"

#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glimpse/cache.h>

#include "exits.h"
#include "say.h"

/* timeout(1) signals its child and then its group, and so the child again: two signals this close
 * are one. A person is slower. */
#define SAME_SIGNAL_NS UINT64_C(50000000)

/* For this time after the end of the loop a signal is ignored: output, summary and store are closed
 * in it, unless a disk or a pipe hangs. It is as long as the grace time of requests in flight. */
#define CLOSING_NS UINT64_C(5000000000)

/* The signals that end a command. SIGHUP, of a closed terminal, only where it is not ignored
 * (nohup). */
static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
enum { ENDING = sizeof ending / sizeof ending[0] };
_Static_assert(ENDING == sizeof((cli_signals *)0)->events / sizeof(struct event *), "one each");

static uint64_t closing_since; /* written only while the signals are blocked */

/* libevent gives up, mostly for want of descriptors; its own exit code would be 1, which has
 * another meaning here. */
static void libevent_gave_up(int error)
{
    (void)error;
    say("the event loop cannot go on");
    _exit(EXIT_OS_LIMIT);
}

struct event_base *process_setup(void)
{
    struct rlimit limit;
    event_set_fatal_callback(libevent_gave_up);
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); /* as many as possible will do */
    }
    struct event_base *base = NULL;
    struct event_config *config = event_config_new();
    /* Never EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST: it is wrong where descriptors are duplicated. */
    if (config != NULL &&
        event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL) event_config_free(config);
    if (base == NULL) say("the event loop cannot be set up");
    return base;
}

/* Async-signal-safe: reads a clock, and may end the process. */
static void late(int number)
{
    if (glimpse_monotonic_ns() - closing_since >= CLOSING_NS) _exit(128 + number);
}

static bool is_ignored(int number)
{
    struct sigaction is;
    return sigaction(number, NULL, &is) == 0 && is.sa_handler == SIG_IGN;
}

static void mask(int how)
{
    sigset_t all;
    sigemptyset(&all);
    for (size_t i = 0; i < ENDING; i++) sigaddset(&all, ending[i]);
    sigprocmask(how, &all, NULL);
}

static void caught(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    cli_signals *signals = arg;
    uint64_t now = glimpse_monotonic_ns();
    if (signals->caught != 0) {
        if (now - signals->caught_at < SAME_SIGNAL_NS) return;
        signals_release(signals);
        if (signals->leave != NULL) signals->leave((int)number, signals->arg);
        _exit(128 + (int)number);
    }
    signals->caught = (int)number;
    signals->caught_at = now;
    signals->fn((int)number, signals->arg);
}

void signals_hold(void)
{
    mask(SIG_BLOCK);
}

int signals_catch(cli_signals *signals, struct event_base *base, void (*fn)(int caught, void *arg),
                  void *arg)
{
    *signals = (struct cli_signals){ .fn = fn, .arg = arg };
    bool good = true;
    for (size_t i = 0; good && i < ENDING; i++) {
        if (ending[i] == SIGHUP && is_ignored(SIGHUP)) continue;
        signals->events[i] = evsignal_new(base, ending[i], caught, signals);
        good = signals->events[i] != NULL && event_add(signals->events[i], NULL) == 0;
    }
    if (good) {
        mask(SIG_UNBLOCK);
        return 0;
    }
    signals_release(signals);
    say("signals cannot be watched");
    return -1;
}

void signals_spare_hangup(cli_signals *signals)
{
    for (size_t i = 0; i < ENDING; i++) {
        if (ending[i] != SIGHUP || signals->events[i] == NULL) continue;
        event_free(signals->events[i]);
        signals->events[i] = NULL;
    }
}

void signals_release(cli_signals *signals)
{
    struct sigaction closing = { .sa_handler = late, .sa_flags = SA_RESTART };
    sigemptyset(&closing.sa_mask);
    mask(SIG_BLOCK); /* libevent gives each back to its default */
    for (size_t i = 0; i < ENDING; i++) {
        if (signals->events[i] == NULL) continue;
        closing_since = glimpse_monotonic_ns();
        event_free(signals->events[i]);
        signals->events[i] = NULL;
        sigaction(ending[i], &closing, NULL);
    }
    if (!signals->hold) mask(SIG_UNBLOCK);
}
