/*
 * refuse.h - requests that are always refused, for a wrong key or a body that the server cannot
 * read.
 *
 *   401          every request
 *   500:poison   those whose body holds "poison"
 */
#ifndef MOCK_REFUSE_H
#define MOCK_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

typedef struct mock_refusal {
    int status;    /* 400 to 599; 0: no request is refused */
    gl_slice text; /* of the spec, borrowed; empty: every body */
} mock_refusal;

/* NULL and "" mean none; spec must outlive the refusal. false: problem names the error, beginning
 * with "refuse:". */
bool mock_refusal_parse(mock_refusal *refusal, const char *spec, char *problem,
                        size_t problem_size);

bool mock_refusal_meets(const mock_refusal *refusal, gl_slice body);

#endif
