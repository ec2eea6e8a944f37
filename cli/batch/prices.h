/*
 * prices.h - the price of tokens, by model: the prices of the profiles (<glimpse/profile.h>), and
 * over them a file of the user's with prices alone.
 *
 * Nothing here guesses a price. A model is found under its own name, or, when that has a date at
 * its end (gpt-4o-mini-2024-07-18), under the name without it.
 */
#ifndef CLI_BATCH_PRICES_H
#define CLI_BATCH_PRICES_H

#include <stdbool.h>
#include <stdint.h>

#include <glimpse/profile.h>

#include "base/json.h"
#include "base/slice.h"

typedef glimpse_price model_price;

typedef struct price_list {
    glimpse_profiles *own;            /* the file's; NULL: there is none */
    const glimpse_profiles *profiles; /* for other models; NULL: the built-in ones */
} price_list;

/* Without a file (NULL), uses the profiles alone, which are borrowed. 0, or the exit code after an
 * error message. Free it in either case. */
int prices_read(price_list *prices, const char *path, const glimpse_profiles *profiles);
void prices_free(price_list *prices);

/* NULL: this model's price is not known. */
const model_price *prices_find(const price_list *prices, gl_slice model);

/* The tokens that an answer was billed for. */
typedef struct billed {
    int64_t prompt, cached,
        completion; /* cached: those of prompt that were cached; 0 when not reported */
    bool standard;  /* the answer names no other tier of service */
} billed;

/* Reads an answer's body (a checked object, or GL_JSON_NONE): its usage in the words of chat
 * completions, responses or embeddings. false: it has none, or values that are no counts. */
bool billed_read(gl_json body, billed *out);

/* In dollars. */
double price_of(const model_price *price, const billed *tokens);

/* Returns the most that a request may cost: a prompt has at most as many tokens as its body has
 * bytes, and an answer as many as the body allows (max_tokens and its like, times n), else
 * max_output. Below 0: there is no bound. Pictures and sound by URL have no bound in the body. */
double price_bound(const model_price *price, gl_json body);

#endif
