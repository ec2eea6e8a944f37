/* spend.h - what a request may cost and did cost, in tokens and money. Pure. */
#ifndef GATEWAY_SPEND_H
#define GATEWAY_SPEND_H

#include <glimpse/profile.h>
#include <glimpse/result.h>

#include "gateway/allowance.h"
#include "gateway/ask.h"

/* Returns the most that a request may cost: its bytes as tokens of the prompt, four to one, and the
 * longest answer that it allows. price NULL: its money is 0. */
gateway_cost gateway_may_cost(const gateway_ask *ask, size_t body_len, const glimpse_price *price);

/* Returns what it did cost. A stored answer, and one that another request was sent for, cost
 * nothing; without usage in an answer its bytes count, four to a token. */
gateway_cost gateway_did_cost(const glimpse_result *result, size_t body_len,
                              const glimpse_price *price);

#endif
