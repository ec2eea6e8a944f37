/* answered.h - the outcome of a load test's request that was answered at the first attempt, of
 * which nothing is known but its times. */
#ifndef TEST_ANSWERED_H
#define TEST_ANSWERED_H

#include "load/outcome.h"

static inline load_outcome answered(gl_time at, gl_time took)
{
    return (load_outcome){ .intended = at,
                           .sent = at,
                           .left = at,
                           .started = at,
                           .done = at + took,
                           .first_byte_ns = -1,
                           .first_chunk_ns = -1,
                           .first_token_ns = -1,
                           .first_answer_ns = -1,
                           .chunk_gap_max_ns = -1,
                           .client_ns = -1,
                           .server_ns = -1,
                           .status = GLIMPSE_STATUS_ALIGNED,
                           .source = GLIMPSE_SOURCE_LIVE,
                           .attempts = 1 };
}

#endif
