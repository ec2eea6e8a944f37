/* spend.c - see spend.h. */
#include "gateway/spend.h"

/* Of English text, as OpenAI counts (docs/playbook.md section 2). */
#define BYTES_A_TOKEN 4.0
/* The longest answer of a request that names none; where the price knows the model's longest, that
 * is taken. */
#define ANSWER_TOKENS 4096.0
/* Sums of doubles are right to a quarter of a token up to there. */
#define COST_MAX 1e15

static double tokens_of(size_t bytes)
{
    return (double)bytes / BYTES_A_TOKEN;
}

static double usd(const glimpse_price *price, double prompt, double completion)
{
    return price != NULL ? (prompt * price->input + completion * price->output) / 1e6 : 0;
}

/* Adds the tokens of a list of them. Each is one, in however few bytes. */
static void count_tokens(gl_json list, double *tokens, size_t *bytes)
{
    gl_json item;
    if (list.kind != GL_JSON_ARRAY) return;
    gl_json_iter iter = gl_json_begin(list);
    while (gl_json_next(&iter, NULL, &item)) {
        if (item.kind != GL_JSON_NUMBER) continue;
        *tokens += 1;
        *bytes += item.text.len;
    }
}

/* The tokens of all prompts: bytes, four to one, but of a list of tokens each. *prompts gets how
 * many there are, 1 at least. */
static double tokens_of_prompts(const gateway_ask *ask, size_t body_len, double *prompts)
{
    gl_json item;
    double tokens = 0;
    size_t bytes = 0;
    *prompts = 0;
    count_tokens(ask->prompts, &tokens, &bytes);
    gl_json_iter iter = gl_json_begin(ask->prompts);
    while (ask->prompts.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item)) {
        if (item.kind == GL_JSON_NUMBER) continue;
        *prompts += 1;
        count_tokens(item, &tokens, &bytes);
    }
    if (*prompts < 1) *prompts = 1;
    return tokens + tokens_of(body_len - bytes);
}

gateway_cost gateway_may_cost(const gateway_ask *ask, size_t body_len, const glimpse_price *price,
                              double *prompt_tokens)
{
    double prompts, prompt = tokens_of_prompts(ask, body_len, &prompts);
    double longest = price != NULL && price->max_output > 0 ? price->max_output : ANSWER_TOKENS;
    double answer = ask->answer_tokens < 0 ? longest : (double)ask->answer_tokens;
    answer *= (double)ask->answers * prompts;
    if (!(answer < COST_MAX)) answer = COST_MAX;
    *prompt_tokens = prompt;
    return (gateway_cost){ prompt + answer, usd(price, prompt, answer) };
}

gateway_cost gateway_did_cost(const glimpse_result *result, double prompt_tokens,
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
    if (usage->prompt_tokens < 0) prompt = began ? prompt_tokens : 0;
    if (usage->completion_tokens < 0) completion = began ? tokens_of(text_len + partial_len) : 0;
    return (gateway_cost){ prompt + completion, usd(price, prompt, completion) };
}
