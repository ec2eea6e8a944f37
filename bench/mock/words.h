/*
 * words.h - the words of an answer, and the token here: the blanks before a word and up to
 * MOCK_TOKEN_MAX bytes of the word. Pure.
 */
#ifndef MOCK_WORDS_H
#define MOCK_WORDS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define MOCK_TOKEN_MAX 16  /* longer than nearly every English word: for text, a token is a word */
#define MOCK_GIST_MAX  200 /* bytes: a sentence for a person, not a page */

/* Returns the answer's text for a user message: the first sentence, or heading, of the text to be
 * summarized, at most MOCK_GIST_MAX bytes of it. A slice of text. */
gl_slice mock_words_gist(gl_slice text);

/* Appends the answer for a text that is to be summarized as a whole: its gist, with blanks of any
 * kind made single spaces, or words that there is nothing. At most MOCK_GIST_MAX bytes. */
void mock_words_say(gl_slice subject, gl_buf *out);

/* The same for a message: its subject is behind a line "Input:", or is its last paragraph. */
void mock_words_answer(gl_slice message, gl_buf *out);

/* Takes the first token off the rest; empty at the end. */
gl_slice mock_words_next(gl_slice *rest);

size_t mock_words_count(gl_slice text);

/* Returns the bytes of its first so many tokens. */
size_t mock_words_first(gl_slice text, uint64_t tokens);

/* Appends so many tokens of plain words, the first with a blank before it when `blank`. The seed
 * chooses the words. */
void mock_words_fill(uint64_t tokens, uint64_t seed, bool blank, gl_buf *out);

#endif
