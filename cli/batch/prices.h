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
#include <glimpse/result.h>

#include "base/json.h"
#include "base/slice.h"

typedef glimpse_price model_price;

/* A job asks one model, or a few by turns, for each of its lines. */
#define PRICES_RECENT     8
#define PRICES_MODEL_SIZE 96 /* a longer name is looked up each time */

typedef struct recent_price {
    char model[PRICES_MODEL_SIZE];
    const model_price *price; /* NULL: it is not known */
} recent_price;

typedef struct price_list {
    glimpse_profiles *own;            /* the file's; NULL: there is none */
    const glimpse_profiles *profiles; /* for other models; NULL: the built-in ones */
    recent_price recent[PRICES_RECENT];
    size_t recent_count, next; /* next: the place that the next one takes */
} price_list;

/* Without a file (NULL), uses the profiles alone, which are borrowed. 0, or the exit code after an
 * error message. Free it in either case. */
int prices_read(price_list *prices, const char *path, const glimpse_profiles *profiles);
void prices_free(price_list *prices);

/* NULL: this model's price is not known. */
const model_price *prices_find(const price_list *prices, gl_slice model);

/* The same, and remembers the answers for the models last asked for. */
const model_price *prices_recall(price_list *prices, gl_slice model);

/* In dollars; the prompt of the bill is known. */
double price_of(const model_price *price, const glimpse_bill *bill);

/* Returns the most that a request may cost: a prompt has at most as many tokens as its body has
 * bytes, and an answer as many as the body allows (max_tokens and its like, times n), else
 * max_output. Below 0: there is no bound. Pictures and sound by URL have no bound in the body. */
double price_bound(const model_price *price, gl_json body);

#endif
