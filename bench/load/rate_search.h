/*
 * rate_search.h - chooses the next rate of a search for the highest rate that meets the terms. Pure
 * policy; the caller runs it and reports the outcome.
 *
 * The rate doubles until it is missed. Then the gap is halved, as a ratio, until both ends are
 * within 3 %. A run that the client spoilt proves nothing about the server and is repeated; when it
 * is spoilt three times, the search ends without a reliable result.
 */
#ifndef LOAD_RATE_SEARCH_H
#define LOAD_RATE_SEARCH_H

#include <stdbool.h>

#define LOAD_SEARCH_WITHIN 1.03
#define LOAD_SEARCH_SPOILT 3 /* runs at one rate, in a row */
/* No schedule is denser than this. */
#define LOAD_RATE_MAX 1e7

typedef enum load_seen { LOAD_SEEN_MET, LOAD_SEEN_MISSED, LOAD_SEEN_SPOILT } load_seen;

typedef struct load_rate_search {
    double rate;      /* the next to try */
    double good, bad; /* the highest met, 0: none; the lowest missed, INFINITY: none */
    double most;      /* the most that the client can be trusted with */
    int spoilt;       /* in a row, at this rate */
    enum {
        LOAD_SEARCH_ON,
        LOAD_SEARCH_FOUND,    /* between good and bad */
        LOAD_SEARCH_NONE,     /* the first rate was missed */
        LOAD_SEARCH_CLIENT,   /* good is met, and is the most that the client can be trusted with */
        LOAD_SEARCH_UNTRUSTED /* the client spoilt the runs at `rate` */
    } state;
} load_rate_search;

/* Begins at `from`; never goes above `most`, INFINITY: no bound is known. */
void load_rate_search_init(load_rate_search *search, double from, double most);

/* Reports the outcome of a run at search->rate. While the state is ON there is a next one. */
void load_rate_search_saw(load_rate_search *search, load_seen seen);

#endif
