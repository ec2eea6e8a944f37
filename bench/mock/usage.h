/* usage.h - the tokens that an answer says it used. */
#ifndef MOCK_USAGE_H
#define MOCK_USAGE_H

#include <stdint.h>

typedef struct mock_usage {
    uint64_t prompt, completion; /* completion: with reasoning */
    uint64_t reasoning;
} mock_usage;

#endif
