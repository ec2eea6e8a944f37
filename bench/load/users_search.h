/*
 * users_search.h - how many users to try next, and what was found: the most answers a second, and
 * the knee, the fewest users with 97 % of them: more of them wait longer and get no more done.
 * Pure policy; who runs it says what was seen.
 *
 * The users double until two in a row do not do 5 % more than the best before; then the knee is
 * closed in upon by halving. A run that the client spoilt is repeated, three times at most.
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
    bool halving, rising; /* rising: it still rose at the most users that are tried */
    enum { LOAD_USERS_ON, LOAD_USERS_FOUND, LOAD_USERS_NONE, LOAD_USERS_UNTRUSTED } state;
} load_users_search;

void load_users_search_init(load_users_search *search);

/* A run with search->users ended, with so many answers a second, or was spoilt. */
void load_users_search_saw(load_users_search *search, double throughput, bool spoilt);

#endif
