/*
 * oom.h - makes the k-th allocation fail. A sweep runs the same thing for k = 1, 2, 3, ... until
 * a run gets by without having failed:
 *
 *     for (size_t k = 1;; k++) {
 *         oom_fail_at(k);
 *         error = what_is_tested();
 *         if (!oom_end()) break;     // no allocation failed: this run must have succeeded
 *         ...                        // one failed: a clean error, everything as before
 *     }
 */
#ifndef TEST_SUPPORT_OOM_H
#define TEST_SUPPORT_OOM_H

#include "base/alloc.h"

static size_t oom_k, oom_count;

static bool oom_gate(void)
{
    return ++oom_count != oom_k;
}

static inline void oom_fail_at(size_t k)
{
    oom_k = k;
    oom_count = 0;
    gl_alloc_set_gate(oom_gate);
}

/* Ends it; whether an allocation failed. */
static inline bool oom_end(void)
{
    gl_alloc_set_gate(NULL);
    return oom_count >= oom_k;
}

#endif
