/*
 * allowance.h - what one caller may still spend: requests and tokens a minute, requests at once,
 * money in a window. Pure; time is an argument.
 *
 * A request takes what it may cost before it is sent, and gives back the rest when its cost is
 * known: with n requests under way a check at the beginning and a booking at the end would let
 * through n times the budget.
 */
#ifndef GATEWAY_ALLOWANCE_H
#define GATEWAY_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

/* Windows begin at midnight, at the full hour, on the first of a month, in UTC. */
typedef enum gateway_window { GATEWAY_HOUR, GATEWAY_DAY, GATEWAY_MONTH } gateway_window;

/* 0 = no such limit. */
typedef struct gateway_limits {
    double rpm, tpm;
    int64_t concurrency;
    double budget_usd;
    gateway_window window;
} gateway_limits;

typedef struct gateway_cost {
    double tokens, usd;
} gateway_cost;

typedef struct gateway_allowance {
    gateway_limits limits;
    double requests, tokens; /* left in the buckets; tokens may be below 0 */
    uint64_t filled_ns;      /* when these were right */
    int64_t under_way;
    double spent, reserved; /* usd; spent: in the window */
    int64_t window_s;       /* when the window began, unix time */
} gateway_allowance;

typedef enum gateway_grant {
    GATEWAY_GRANTED,
    GATEWAY_NO_PLACE,     /* as many under way as may be */
    GATEWAY_NO_REQUESTS,  /* requests a minute */
    GATEWAY_NO_TOKENS,    /* tokens a minute: none is left */
    GATEWAY_FEW_TOKENS,   /* some are left, fewer than it may take */
    GATEWAY_NO_MONEY,     /* the budget is spent */
    GATEWAY_LITTLE_MONEY, /* it may cost more than what is left */
    GATEWAY_TOO_DEAR      /* it may cost more than the whole budget: no window is large enough */
} gateway_grant;

/* Sets the limits; at the first call, buckets are full. A limit that changes keeps what was spent.
 */
void gateway_allowance_set(gateway_allowance *allowance, const gateway_limits *limits,
                           uint64_t now_ns, int64_t unix_s);

/* Says whether a request that may cost so much would be granted now, and takes nothing. */
gateway_grant gateway_allowance_ask(gateway_allowance *allowance, const gateway_cost *may_cost,
                                    uint64_t now_ns, int64_t unix_s, int64_t *retry_after_s);

/* Takes what a request may cost, or nothing; then *retry_after_s is when to come again, 1 at
 * least; 0: never as it is. */
gateway_grant gateway_allowance_take(gateway_allowance *allowance, const gateway_cost *may_cost,
                                     uint64_t now_ns, int64_t unix_s, int64_t *retry_after_s);

/* The request has ended. cost: what it did cost; not NULL. */
void gateway_allowance_settle(gateway_allowance *allowance, const gateway_cost *may_cost,
                              const gateway_cost *cost, uint64_t now_ns, int64_t unix_s);

/* Returns when the window of this moment began, and when it ends. */
int64_t gateway_window_begin(gateway_window window, int64_t unix_s);
int64_t gateway_window_end(gateway_window window, int64_t unix_s);

#endif
