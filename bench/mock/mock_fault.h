/*
 * mock_fault.h - what goes wrong, and how often.
 *
 *   429:5%,500:2%,503:1%,reset:1%,truncate:1%,malformed:1%,hang:1%
 *
 * Each name at most once, percentages with up to 4 decimals, 100 in all at most.
 *   429 500 503  an error answer in OpenAI's form, after a tenth of the latency
 *   reset        the request is read, then the connection is reset before any byte of an answer
 *   truncate     the right Content-Length, half of the body, then the connection is closed; a
 *                stream is closed after half of its tokens
 *   malformed    200 with a JSON text that is cut, and the Content-Length of what is sent
 *   hang         no answer ever; the connection stays open until the client leaves
 *
 * And what a model does to the list of answers of a pack (mock_pack.h), to one element of it; other
 * requests that draw one of these are answered as ever:
 *   pack_short      one is missing
 *   pack_order      one stands at the end
 *   pack_duplicate  one is there twice
 *   pack_overlong   one more than was asked for
 *   pack_notjson    words before the list
 *   pack_cut        the answer ends half way, finish_reason "length"
 */
#ifndef MOCK_FAULT_H
#define MOCK_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/slice.h"

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
    MOCK_FAULT_PACK_CUT,
    MOCK_FAULT_COUNT,
    MOCK_FAULT_NONE = MOCK_FAULT_COUNT
} mock_fault;

typedef struct mock_faults {
    uint32_t share[MOCK_FAULT_COUNT]; /* of a million */
    bool any;
} mock_faults;

/* NULL and "" mean none. false: problem says what is wrong, beginning with "fault:". */
bool mock_faults_parse(mock_faults *faults, const char *list, char *problem, size_t problem_size);

/* What happens to the next request. Draws one random number when there is any fault at all. */
mock_fault mock_faults_draw(const mock_faults *faults, gl_rng *rng);

/* The fault of this name; MOCK_FAULT_NONE also for "none". false: there is no such name. */
bool mock_fault_find(gl_slice name, mock_fault *fault);

/* Its name in a list; static. */
const char *mock_fault_name(mock_fault fault);

/* Whether it is one that only an answer to a pack can meet. */
static inline bool mock_fault_is_of_pack(mock_fault fault)
{
    return fault >= MOCK_FAULT_PACK_SHORT && fault < MOCK_FAULT_COUNT;
}

/* 429, 500 or 503; 0 for what is not an error answer. */
int mock_fault_status(mock_fault fault);

#endif
