/*
 * signals.c - signals as events of the loop, so that no handler ever interrupts a write: what is
 * in the output when a second signal ends the process is whole lines. Called by the commands that
 * run a loop.
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

/* timeout(1) signals its child and then its group, the child again: two signals this close are one.
 * A person is not that quick. */
#define SAME_SIGNAL_NS UINT64_C(50000000)

/* libevent gives up, for want of descriptors above all; it would exit with 1, which means something
 * else to who started us. */
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
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is a write error, EFBIG */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); /* as many as there are will do */
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

static void caught(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    cli_signals *signals = arg;
    uint64_t now = glimpse_monotonic_ns();
    if (signals->caught != 0) {
        if (now - signals->caught_at < SAME_SIGNAL_NS) return;
        if (signals->leave != NULL) signals->leave((int)number, signals->arg);
        _exit(128 + (int)number);
    }
    signals->caught = (int)number;
    signals->caught_at = now;
    signals->fn((int)number, signals->arg);
}

static void mask(int how)
{
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(how, &both, NULL);
}

void signals_hold(void)
{
    mask(SIG_BLOCK);
}

int signals_catch(cli_signals *signals, struct event_base *base, void (*fn)(int caught, void *arg),
                  void *arg)
{
    *signals = (struct cli_signals){ .fn = fn, .arg = arg };
    signals->interrupt = evsignal_new(base, SIGINT, caught, signals);
    signals->terminate = evsignal_new(base, SIGTERM, caught, signals);
    if (signals->interrupt != NULL && signals->terminate != NULL &&
        event_add(signals->interrupt, NULL) == 0 && event_add(signals->terminate, NULL) == 0) {
        mask(SIG_UNBLOCK);
        return 0;
    }
    signals_release(signals);
    say("signals cannot be watched");
    return -1;
}

void signals_release(cli_signals *signals)
{
    if (signals->hold) mask(SIG_BLOCK);
    if (signals->interrupt != NULL) event_free(signals->interrupt);
    if (signals->terminate != NULL) event_free(signals->terminate);
    signals->interrupt = signals->terminate = NULL;
}
