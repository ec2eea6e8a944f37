/* mock_usage.h - the tokens that an answer says it used, found without reading all of its JSON. */
#ifndef MOCK_USAGE_H
#define MOCK_USAGE_H

#include <stdint.h>

#include "base/slice.h"

typedef struct mock_usage {
    uint64_t prompt, completion; /* completion: with reasoning */
    uint64_t reasoning;
} mock_usage;

/* The usage of a body that this server wrote: "usage":{"prompt_tokens":N,"completion_tokens":N,...
 * or input_tokens and output_tokens. Zeros when it says none. */
mock_usage mock_usage_of(gl_slice answer);

#endif
