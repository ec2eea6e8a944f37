/*
 * decoder_rig.h - a decoder for each test of what an answer means, which must leave no allocation
 * behind.
 */
#ifndef TEST_DECODER_RIG_H
#define TEST_DECODER_RIG_H

#include "base/alloc.h"
#include "openai/decode.h"

static gl_decoder *decoder;
static size_t live;

static inline int setup(void **state)
{
    (void)state;
    live = gl_alloc_live();
    decoder = gl_decoder_new();
    return decoder == NULL;
}

static inline int teardown(void **state)
{
    (void)state;
    gl_decoder_free(decoder);
    return gl_alloc_live() != live;
}

#endif
