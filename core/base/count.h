/* count.h - numbers that endpoints report, above all tokens, and their sums. */
#ifndef GL_BASE_COUNT_H
#define GL_BASE_COUNT_H

#include <stdint.h>

/* A larger number is no count: JSON's readers agree on whole numbers up to here (RFC 8259, section
 * 6), and no endpoint has sent so many tokens. */
#define GL_COUNT_MAX (INT64_C(1) << 53)

/* The bound of a sum of counts: two of these fit an int64_t. */
#define GL_SUM_MAX (UINT64_C(1) << 62)

/* Returns the sum plus a count; a count below 0 was not reported. */
static inline uint64_t gl_sum_add(uint64_t sum, int64_t count)
{
    if (count <= 0) return sum;
    return sum < GL_SUM_MAX && (uint64_t)count < GL_SUM_MAX - sum ? sum + (uint64_t)count
                                                                  : GL_SUM_MAX;
}

/* The same for sums that may be negative or fractional: a value that no int64_t holds ends at the
 * bound, because converting it is undefined. */
static inline int64_t gl_balance_add(int64_t sum, double more)
{
    const double most = (double)GL_SUM_MAX;
    double all = (double)sum + more;
    if (all >= most) return (int64_t)GL_SUM_MAX;
    if (all <= -most) return -(int64_t)GL_SUM_MAX;
    if (!(all > -most)) return sum; /* no number */
    return more > -most && more < most ? sum + (int64_t)more : (int64_t)all;
}

#endif
