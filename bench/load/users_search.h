/*
 * users_search.h - chooses the next number of users of a search for the most answers a second, and
 * for the knee, the fewest users with 97 % of them: more users wait longer and get no more done.
 * Pure policy; the caller runs it and reports the outcome.
 *
 * The users double until two runs in a row do not do 5 % more than the best before; then halving
 * finds the knee. A run that the client spoilt is repeated, three times at most.
 */
#ifndef LOAD_USERS_SEARCH_H
#define LOAD_USERS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/rate_search.h"

#define LOAD_USERS_MAX  65536
#define LOAD_USERS_ROWS 64 /* 17 of doubling, at most 16 of halving */

typedef struct load_users_search {
    uint64_t users; /* the next to try */
    struct {
        uint64_t users;
        double throughput;
    } row[LOAD_USERS_ROWS];
    size_t count;
    double ceiling; /* the most answers a second of any row */
    uint64_t knee;  /* once found */
    int flat, spoilt;
    bool halving, rising; /* rising: it still rose at the largest number of users */
    enum { LOAD_USERS_ON, LOAD_USERS_FOUND, LOAD_USERS_NONE, LOAD_USERS_UNTRUSTED } state;
} load_users_search;

void load_users_search_init(load_users_search *search);

/* Reports that a run with search->users ended, with so many answers a second, or was spoilt. */
void load_users_search_saw(load_users_search *search, double throughput, bool spoilt);

#endif
