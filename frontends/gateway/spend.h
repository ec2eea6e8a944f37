/* spend.h - what a request may cost and did cost, in tokens and money. Pure. */
#ifndef GATEWAY_SPEND_H
#define GATEWAY_SPEND_H

#include <glimpse/profile.h>
#include <glimpse/result.h>

#include "gateway/allowance.h"
#include "gateway/ask.h"

/* Returns the most that a request may cost: its prompts, and for each of them all answers that are
 * made, each the longest that it allows. price NULL: its money is 0. *prompt_tokens gets the part
 * that is its prompts': their bytes, four to a token, and each token of a list of them. */
gateway_cost gateway_may_cost(const gateway_ask *ask, size_t body_len, const glimpse_price *price,
                              double *prompt_tokens);

/* Returns what it did cost. A stored answer, and one that another request was sent for, cost
 * nothing; without usage in an answer its prompt counts as it was estimated, and its bytes four to
 * a token. */
gateway_cost gateway_did_cost(const glimpse_result *result, double prompt_tokens,
                              const glimpse_price *price);

#endif
