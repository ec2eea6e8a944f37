/*
 * secrets.h - the secret words of sent texts, and their removal from an endpoint's echo: they reach
 * no result, no message and no log. Pure.
 */
#ifndef GL_OPENAI_SECRETS_H
#define GL_OPENAI_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include <glimpse/sampler.h>

#include "base/buf.h"
#include "base/slice.h"

/* The most that the chains of the search can index; a browser's Cookie has some fifty words. */
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
    size_t shortest, longest;       /* bytes of the words */
    unsigned char window;           /* bytes that the search looks at: the shortest, 255 at most */
    unsigned char skip[256];        /* by the window's last byte: how far it moves on; 0: look */
    bool inside[256];               /* bytes that stand in a word */
    gl_buf scrubbed, scrubbed_text; /* the copy of a body, of its text, that held one */
} gl_secrets;

/* Memory for the texts of an outcome that held a secret; each has room for a message of the
 * decoder. */
typedef struct gl_secrets_words {
    char lines[5][1024];
} gl_secrets_words;

void gl_secrets_init(gl_secrets *secrets);
void gl_secrets_free(gl_secrets *secrets);

/* Covers a copy of this word from now on, unless it is empty or known. Errors: OOM; INVALID when
 * there are GL_SECRETS_MAX already. credentials.h decides which words are secrets. */
glimpse_error gl_secrets_add(gl_secrets *secrets, gl_slice word);

/* Replaces a text by one without secrets, with an asterisk for each of their bytes; it lives until
 * the next call or the recycle. A secret is found also in JSON's escapes (sk-\u0063..., \/), and
 * when these were escaped again. false: out of memory for the copy. */
bool gl_secrets_scrub(gl_secrets *secrets, gl_slice *body);
void gl_secrets_recycle(gl_secrets *secrets);

/* Returns a short text without secrets; text itself when it holds none. It may have been cut inside
 * one. */
const char *gl_secrets_scrub_line(const gl_secrets *secrets, const char *text, char *line,
                                  size_t size);

/* Removes the secrets of a decoder's outcome, also after a body without secrets: parts that were
 * put together may be one. Changed texts live in words, the sample's text until the recycle. false:
 * out of memory. */
bool gl_secrets_scrub_outcome(gl_secrets *secrets, glimpse_outcome *outcome,
                              gl_secrets_words *words);

/* Returns how much of a growing text may be shown: its end may be the beginning of a secret. */
size_t gl_secrets_safe_length(const gl_secrets *secrets, gl_slice text);

#endif
