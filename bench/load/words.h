/*
 * words.h - English text of so many words, for requests whose length is counted in tokens. Pure.
 *
 * A byte pair encoding trained on English has each of these words with the blank before it as one
 * token, so that a word is about a token. Each has four letters, so that a server that counts bytes
 * counts the same for each text of as many words.
 */
#ifndef LOAD_WORDS_H
#define LOAD_WORDS_H

#include "base/buf.h"
#include "base/rng.h"

/* Appends `count` words with blanks between, and one before the first unless out is empty behind
 * `from`: so two calls make one text. ASCII letters and blanks alone. */
void load_words_append(gl_buf *out, size_t from, size_t count, gl_rng *rng);

#endif
