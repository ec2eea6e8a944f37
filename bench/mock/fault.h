/*
 * fault.h - faults: their kinds, the requests they meet, and their place in an answer.
 *
 *   429:5%,500:#3,stall@20+2s:1%,401:~poison
 *
 * A list of NAME[+reset][@PLACE]:WHEN. docs/internals/mock_faults.md explains each name.
 *
 *   NAME   a status of an error answer (400 401 403 404 408 409 413 422 429 500 502 503 504 529),
 *          reset, truncate, malformed, hang, stall, close, or a model's mistake in the list of
 *          answers of a pack (pack.h): pack_short, pack_order, pack_duplicate, pack_overlong,
 *          pack_notjson, pack_cut
 *   +reset a status: its answer has no length, and ends with a reset
 *   @PLACE reset, truncate, hang: behind the N-th token of a stream, behind half of a plain answer;
 *          stall: N+TIME, so long a pause there
 *   WHEN   5%      that share, drawn; each NAME at most once so, 100 % in all at most
 *          #3      the third good request; #3-5 the third to the fifth; #3- from the third on
 *          /10     each tenth
 *          ~TEXT   those whose body holds TEXT
 *
 * The first item of the last three kinds that fits a request wins over a drawn one.
 */
#ifndef MOCK_FAULT_H
#define MOCK_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/slice.h"
#include "base/time.h"

typedef enum mock_fault {
    MOCK_FAULT_429,
    MOCK_FAULT_500,
    MOCK_FAULT_503,
    MOCK_FAULT_RESET,
    MOCK_FAULT_TRUNCATE,
    MOCK_FAULT_MALFORMED,
    MOCK_FAULT_HANG,
    MOCK_FAULT_PACK_SHORT, /* the first of the faults of packs */
    MOCK_FAULT_PACK_ORDER,
    MOCK_FAULT_PACK_DUPLICATE,
    MOCK_FAULT_PACK_OVERLONG,
    MOCK_FAULT_PACK_NOTJSON,
    MOCK_FAULT_PACK_CUT, /* the last of them */
    MOCK_FAULT_STALL,
    MOCK_FAULT_CLOSE,
    MOCK_FAULT_400,
    MOCK_FAULT_401,
    MOCK_FAULT_403,
    MOCK_FAULT_404,
    MOCK_FAULT_408,
    MOCK_FAULT_409,
    MOCK_FAULT_413,
    MOCK_FAULT_422,
    MOCK_FAULT_502,
    MOCK_FAULT_504,
    MOCK_FAULT_529,
    MOCK_FAULT_COUNT,
    MOCK_FAULT_NONE = MOCK_FAULT_COUNT
} mock_fault;

/* One fault with all its settings but the condition. */
typedef struct mock_mishap {
    mock_fault fault;
    bool resets;     /* a status that ends with a reset */
    uint64_t tokens; /* the place: behind so many tokens; 0: none */
    gl_time pause;   /* of a stall */
} mock_mishap;

#define MOCK_FAULT_RULES 16

typedef struct mock_fault_rule {
    mock_mishap mishap;
    uint64_t from, to; /* of good requests, from 1 */
    uint64_t each;     /* of those: 1 all, 10 each tenth */
    gl_slice text;     /* text that the body has to hold; empty: any */
} mock_fault_rule;

typedef struct mock_faults {
    uint32_t share[MOCK_FAULT_COUNT]; /* of a million */
    bool any;                         /* share */
    mock_mishap drawn[MOCK_FAULT_COUNT];
    mock_fault_rule rule[MOCK_FAULT_RULES];
    size_t rules;
} mock_faults;

/* NULL and "" mean none. The list is borrowed. false: problem names the error, beginning with
 * "fault:". */
bool mock_faults_parse(mock_faults *faults, const char *list, char *problem, size_t problem_size);

/* Returns the fate of the next good request, the `number`th. Draws one random number when any share
 * is set, also when it is not needed. */
mock_mishap mock_faults_choose(const mock_faults *faults, gl_rng *rng, uint64_t number,
                               gl_slice body);

/* NAME[+reset][@PLACE], or "none". false: it is not one. */
bool mock_mishap_read(gl_slice text, mock_mishap *mishap);

/* Its name in a list; static. */
const char *mock_fault_name(mock_fault fault);

/* Returns true for a fault that only an answer to a pack can have. */
static inline bool mock_fault_is_of_pack(mock_fault fault)
{
    return fault >= MOCK_FAULT_PACK_SHORT && fault <= MOCK_FAULT_PACK_CUT;
}

/* Returns the fault as which it is counted: a reset in the middle of an answer is a cut, as its
 * client sees it. */
static inline mock_fault mock_mishap_counted(const mock_mishap *mishap)
{
    bool cut = mishap->fault == MOCK_FAULT_RESET && mishap->tokens != 0;
    return cut ? MOCK_FAULT_TRUNCATE : mishap->fault;
}

/* Returns true when the answer is complete all the same. */
static inline bool mock_fault_answers(mock_fault fault)
{
    return fault == MOCK_FAULT_NONE || fault == MOCK_FAULT_STALL || fault == MOCK_FAULT_CLOSE ||
           mock_fault_is_of_pack(fault);
}

/* Returns the status of an error answer; 0 for other faults. */
int mock_fault_status(mock_fault fault);

#endif
