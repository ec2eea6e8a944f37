/*
 * essence.h - the short form of a text: up to 8 meaningful words (docs/playbook.md section 4).
 * Pure, deterministic, UTF-8 safe.
 */
#ifndef GL_POLICY_ESSENCE_H
#define GL_POLICY_ESSENCE_H

#include <stddef.h>

#include "base/slice.h"

#define GL_ESSENCE_WORDS 8
/* Room for 8 words of at most 40 bytes, the blanks between, a status in brackets, a NUL. */
#define GL_ESSENCE_MAX 384

/* Writes up to GL_ESSENCE_WORDS words of first, then of second, to out, separated by blanks, with a
 * NUL; skips stop words and repeats. Returns the length. */
size_t gl_essence_words(gl_slice first, gl_slice second, char out[GL_ESSENCE_MAX]);

/* The same, followed by " [status]" ("[status]" alone when there was no word). */
size_t gl_essence_marked(gl_slice first, gl_slice second, const char *status,
                         char out[GL_ESSENCE_MAX]);

#endif
