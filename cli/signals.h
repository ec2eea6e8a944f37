/* signals.h - SIGINT, SIGTERM and SIGHUP on the loop, and the setup of a process. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct event_base;

/* Ignores SIGPIPE, takes as many descriptors as the system allows, and makes a base with a precise
 * clock. NULL after an error message. */
struct event_base *process_setup(void);

typedef struct cli_signals {
    struct event *events[3]; /* SIGINT, SIGTERM, and SIGHUP unless it is ignored */
    int caught;              /* the first of them, 0 before */
    uint64_t caught_at;      /* glimpse_monotonic_ns */
    void (*fn)(int caught, void *arg);
    void (*leave)(int caught, void *arg); /* before a second signal ends the process; may be NULL */
    void *arg;
    bool hold; /* set after catch: see release */
} cli_signals;

/* fn runs from the loop for the first of the signals; a second one, 50 ms later or more, ends the
 * process at once, with 128 + its number. 0, or -1. */
int signals_catch(cli_signals *signals, struct event_base *base, void (*fn)(int caught, void *arg),
                  void *arg);

/* Call after catch: SIGHUP is the caller's own, to read its files again. */
void signals_spare_hangup(cli_signals *signals);

/* From here on a signal waits for the next catch. */
void signals_hold(void);

/* Call when the loop has ended: from here on a signal is ignored for 5 s while output, summary and
 * store are closed; a later one ends the process. With `hold` set it waits for the next catch, so
 * that none falls between two. */
void signals_release(cli_signals *signals);

#endif
