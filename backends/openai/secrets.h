/*
 * secrets.h - the words of what is sent that are secrets, and taking them out of what an endpoint
 * echoes: they reach no result, no message and no log. Pure.
 */
#ifndef GL_OPENAI_SECRETS_H
#define GL_OPENAI_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include <glimpse/sampler.h>

#include "base/buf.h"
#include "base/slice.h"

/* As many as the chains of the search can name; a Cookie of a browser has some fifty words. */
#define GL_SECRETS_MAX 255

/* A word that is looked for, and the next with the same first byte: its place + 1, 0 for none. */
typedef struct gl_secret {
    char *text;
    size_t len;
    unsigned char next;
} gl_secret;

typedef struct gl_secrets {
    gl_secret *list;
    size_t count, capacity;
    unsigned char first[256];       /* by first byte: the first of the chain, as in next */
    gl_buf scrubbed, scrubbed_text; /* the copy of a body, of its text, that held one */
} gl_secrets;

/* Where the words of an outcome go that held a secret; each fits a message of the decoder's. */
typedef struct gl_secrets_words {
    char lines[5][1024];
} gl_secrets_words;

void gl_secrets_init(gl_secrets *secrets);
void gl_secrets_free(gl_secrets *secrets);

/* Covers a copy of this word from now on, unless it is empty or known. Errors: OOM; INVALID when
 * there are GL_SECRETS_MAX already. Which words are secrets: credentials.h. */
glimpse_error gl_secrets_add(gl_secrets *secrets, gl_slice word);

/* Makes of a text one without secrets, an asterisk for each byte of one; it lives until the next
 * call or the recycle. A secret is one also in JSON's escapes (sk-\u0063..., \/), and stays one
 * when these were escaped again. false: out of memory for the copy that takes. */
bool gl_secrets_scrub(gl_secrets *secrets, gl_slice *body);
void gl_secrets_recycle(gl_secrets *secrets);

/* A short text without secrets; text itself when it holds none. It may have been cut inside one. */
const char *gl_secrets_scrub_line(const gl_secrets *secrets, const char *text, char *line,
                                  size_t size);

/* All that a decoder made of a body without secrets: parts that were put together may be one. What
 * changes lives in words, the text until the recycle. false: out of memory. */
bool gl_secrets_scrub_outcome(gl_secrets *secrets, glimpse_outcome *outcome,
                              gl_secrets_words *words);

/* How much of a text that still grows may be shown: its end may be the beginning of a secret. */
size_t gl_secrets_safe_length(const gl_secrets *secrets, gl_slice text);

#endif
