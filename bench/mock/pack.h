/*
 * pack.h - packs: a chat request whose user message lists numbered inputs, one JSON object a line
 * behind a line that reads "Inputs:", is answered with {"answers":[{"n":1,"text":"..."},...]}. Each
 * text is the answer to a request for that input alone. Pure but for scratch memory.
 */
#ifndef MOCK_PACK_H
#define MOCK_PACK_H

#include "base/buf.h"
#include "base/slice.h"
#include "mock/answer.h"
#include "mock/fault.h"

/* Appends the answer to a user message that is a pack; false, and nothing, to any other. */
bool mock_pack_answer(gl_slice message, gl_buf *out);

/* Returns true when an answer's text is the list of a pack. */
bool mock_pack_is(gl_slice text);

/* Spoils such an answer by a fault, one of the pack_ ones. The change depends on the answer
 * alone. */
void mock_pack_spoil(mock_fault fault, mock_answer *answer);

#endif
