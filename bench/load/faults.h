/*
 * faults.h - the books of a load test against a mock that injects faults: the server's account,
 * the client's, and the outcomes. They have to balance:
 *
 *   injected = given up before it came + seen       of each distinguishable fault
 *   failed attempts = retried + surfaced
 *   requests that met a failure = recovered + surfaced
 *
 * Seen is what an attempt ended with. The first line holds the server's count against the ledgers
 * of attempts, the second the ledgers against the results; the third follows from them and is there
 * to be read. All of a run counts, warm-up and cool-down too.
 */
#ifndef LOAD_FAULTS_H
#define LOAD_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include <glimpse/result.h>

#include "base/slice.h"

/* The faults by the mock's names, as far as a client can distinguish them. Refusals of an outage, a
 * quota, a limit or a full queue are answers 503 and 429, like the drawn ones. */
typedef enum load_fault {
    LOAD_FAULT_429,
    LOAD_FAULT_500,
    LOAD_FAULT_503,
    LOAD_FAULT_RESET,     /* no byte of an answer */
    LOAD_FAULT_TRUNCATE,  /* half of one */
    LOAD_FAULT_MALFORMED, /* JSON that is cut */
    LOAD_FAULT_HANG,      /* never seen: given up */
    LOAD_FAULTS
} load_fault;

const char *load_fault_name(load_fault fault); /* "429", "reset", ... */

typedef struct load_faults {
    /* The client's side. */
    uint64_t seen[LOAD_FAULTS];
    uint64_t given_up; /* attempts that the client ended itself: timeouts, cancels */
    uint64_t other;    /* attempts that failed as no fault here does, mostly without a connection */
    uint64_t retried;  /* failed attempts that another followed */
    uint64_t surfaced; /* failed attempts that were the last, and made the result an error */
    uint64_t met;      /* requests of which an attempt failed */
    uint64_t met_recovered, met_surfaced;
    uint64_t unlisted; /* attempts that no ledger had room for: then the books cannot be judged */

    /* The server's side, once it was asked; it has to be where wanted is set. */
    bool wanted, asked;
    uint64_t injected[LOAD_FAULTS];
    uint64_t left[LOAD_FAULTS]; /* of those: the client was gone before they came */
    uint64_t left_all;          /* requests whose client was gone, with faults or without */
} load_faults;

/* Adds a result, and the attempts of its request. */
void load_faults_add(load_faults *faults, const glimpse_result *result);

/* Reads the server's answer to /__mock/stats. false: it is none. */
bool load_faults_server(load_faults *faults, gl_slice stats);

/* The errors in the books, 0 where they balance: between injected and seen faults, failed attempts,
 * requests. An answer may be sent while the client gives up, and be seen by neither side; as many
 * as were given up without the server's notice are allowed for. */
typedef struct load_balance {
    int64_t faults, attempts, requests;
} load_balance;
load_balance load_faults_balance(const load_faults *faults);

uint64_t load_faults_injected(const load_faults *faults);
uint64_t load_faults_left(const load_faults *faults);
uint64_t load_faults_seen(const load_faults *faults);

#endif
