/* spend.c - see spend.h. */
#include "gateway/spend.h"

/* Of English text, as OpenAI counts (docs/playbook.md section 2). */
#define BYTES_A_TOKEN 4.0
/* The longest answer of a request that names none; where the price knows the model's longest, that
 * is taken. */
#define ANSWER_TOKENS 4096.0

static double tokens_of(size_t bytes)
{
    return (double)bytes / BYTES_A_TOKEN;
}

static double usd(const glimpse_price *price, double prompt, double completion)
{
    return price != NULL ? (prompt * price->input + completion * price->output) / 1e6 : 0;
}

gateway_cost gateway_may_cost(const gateway_ask *ask, size_t body_len, const glimpse_price *price)
{
    double prompt = tokens_of(body_len), answer = (double)ask->answer_tokens;
    double longest = price != NULL && price->max_output > 0 ? price->max_output : ANSWER_TOKENS;
    if (ask->answer_tokens < 0) answer = longest;
    answer *= (double)ask->answers;
    return (gateway_cost){ prompt + answer, usd(price, prompt, answer) };
}

gateway_cost gateway_did_cost(const glimpse_result *result, size_t body_len,
                              const glimpse_price *price)
{
    const glimpse_usage *usage = glimpse_result_usage(result);
    double prompt = (double)usage->prompt_tokens, completion = (double)usage->completion_tokens;
    size_t text_len, partial_len;
    glimpse_result_text(result, &text_len);
    glimpse_result_partial(result, &partial_len);
    if (glimpse_result_source(result) != GLIMPSE_SOURCE_LIVE ||
        glimpse_result_attempts(result) == 0)
        return (gateway_cost){ 0, 0 };
    bool began = glimpse_result_error(result) == GLIMPSE_OK || partial_len != 0;
    if (usage->prompt_tokens < 0) prompt = began ? tokens_of(body_len) : 0;
    if (usage->completion_tokens < 0) completion = began ? tokens_of(text_len + partial_len) : 0;
    return (gateway_cost){ prompt + completion, usd(price, prompt, completion) };
}
