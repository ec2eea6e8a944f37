/* count.h - numbers that endpoints tell, above all tokens, and their sums. */
#ifndef GL_BASE_COUNT_H
#define GL_BASE_COUNT_H

#include <stdint.h>

/* More is no count: JSON's readers agree on whole numbers up to here (RFC 8259, section 6), and
 * nobody has sent so many tokens. */
#define GL_COUNT_MAX (INT64_C(1) << 53)

/* Where a sum of counts stays: two of these have room in an int64_t. */
#define GL_SUM_MAX (UINT64_C(1) << 62)

/* The sum with one count more; one below 0 was not said. */
static inline uint64_t gl_sum_add(uint64_t sum, int64_t count)
{
    if (count <= 0) return sum;
    return sum < GL_SUM_MAX && (uint64_t)count < GL_SUM_MAX - sum ? sum + (uint64_t)count
                                                                  : GL_SUM_MAX;
}

/* The same of what may be below 0 and no whole number: what no int64_t holds ends at the bound, for
 * to convert it is undefined. */
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
