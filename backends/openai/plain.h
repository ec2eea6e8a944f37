/* plain.h - makes text of another party fit for one line of a message. Pure. */
#ifndef GL_OPENAI_PLAIN_H
#define GL_OPENAI_PLAIN_H

#include <stddef.h>

#include "base/slice.h"

/*
 * Writes text to out (size > 0 bytes with the NUL) and returns the length: valid UTF-8 without
 * control characters, each run of blanks and controls one blank, none at the ends; bytes that are
 * not UTF-8 become '?'; text like an OpenAI key ("sk-...") becomes "sk-****"; clipped between
 * characters.
 */
size_t gl_plain(gl_slice text, char *out, size_t size);

#endif
