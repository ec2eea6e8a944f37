/* cost.c - see cost.h. */
#include "batch/cost.h"

#include <string.h>

int cost_init(cli_cost *cost, const char *prices_file, const glimpse_profiles *profiles,
              double limit)
{
    memset(cost, 0, sizeof *cost);
    cost->limit = limit;
    cost->part = 1;
    return prices_read(&cost->prices, prices_file, profiles);
}

void cost_set_part(cli_cost *cost, double part)
{
    cost->part = part;
}

void cost_free(cli_cost *cost)
{
    prices_free(&cost->prices);
}

/* --- before a request ------------------------------------------------------------------------ */

static double bound_of(cli_cost *cost, gl_json body, const char **why)
{
    gl_json model = gl_json_get(body, "model");
    gl_slice name = { "", 0 };
    if (model.kind == GL_JSON_STRING)
        name = gl_slice_of(model.text.data + 1, model.text.len - 2); /* names need no escapes */
    const model_price *price = prices_recall(&cost->prices, name);
    *why = "the price of its model is not known; --prices or --profiles FILE tells it";
    if (price == NULL) return -1;
    *why = "it says no max_tokens, and no max_output of its model is known; --prices or --profiles "
           "FILE tells it";
    return price_bound(price, body);
}

static double line_bound(cli_cost *cost, glimpse_engine *engine, const job_line *line,
                         const char **why)
{
    /* Checked with the line, or written by the engine. */
    if (line->is_chat) {
        gl_slice text = gl_slice_of(line->chat.body, line->chat.body_len);
        return bound_of(cost, (gl_json){ GL_JSON_OBJECT, text }, why);
    }
    char *body;
    size_t len;
    *why = "out of memory for its price";
    if (glimpse_draft_body(engine, &line->draft, NULL, &body, &len) != GLIMPSE_OK) return -1;
    double bound = bound_of(cost, (gl_json){ GL_JSON_OBJECT, gl_slice_of(body, len) }, why);
    glimpse_free(body);
    return bound;
}

cost_verdict cost_ask(cli_cost *cost, glimpse_engine *engine, const job_line *line, double *bound,
                      const char **why)
{
    *bound = 0;
    if (cost->limit < 0) return COST_FITS;
    double most = line_bound(cost, engine, line, why);
    if (most < 0) return COST_UNKNOWN;
    if (cost->charged + cost->reserved + most > cost->limit)
        return cost->under_way > 0 ? COST_WAITS : COST_OVER;
    cost->reserved += most;
    cost->under_way++;
    *bound = most;
    return COST_FITS;
}

/* --- after a request ------------------------------------------------------------------------- */

/* Returns true when this attempt may have been billed although there is no answer of it. */
static bool may_be_billed(const glimpse_attempt_record *attempt)
{
    switch (attempt->error) {
    case GLIMPSE_ERR_CANCELLED:
    case GLIMPSE_ERR_DEADLINE:
    case GLIMPSE_ERR_TIMEOUT_FIRST_BYTE:
    case GLIMPSE_ERR_TIMEOUT_IDLE:
    case GLIMPSE_ERR_TIMEOUT:
    case GLIMPSE_ERR_RESET:
    case GLIMPSE_ERR_PROTOCOL:
    case GLIMPSE_ERR_BODY_TOO_LARGE:
    case GLIMPSE_ERR_EMPTY_BODY:
    case GLIMPSE_ERR_BAD_JSON:
    case GLIMPSE_ERR_BAD_UTF8:
    case GLIMPSE_ERR_CONTENT_FILTER:
    case GLIMPSE_ERR_STREAM_TRUNCATED:
    case GLIMPSE_ERR_STREAM_ERROR:
        return true;
    default:
        return false;
    }
}

/* Gives the answer's own cost; false: its usage is missing, or the price is not known. */
static bool answer_cost(cli_cost *cost, const glimpse_result *result, double *dollars)
{
    const glimpse_bill *bill = glimpse_result_bill(result);
    const model_price *price =
        prices_recall(&cost->prices, gl_slice_str(glimpse_result_model(result)));
    if (price == NULL || bill->prompt_tokens < 0) return false;
    *dollars = price_of(price, bill) * cost->part;
    return true;
}

void cost_settle(cli_cost *cost, double bound, const glimpse_result *result)
{
    if (cost->limit >= 0) {
        cost->under_way--;
        /* A remainder of rounding without requests under way is nothing. */
        cost->reserved = cost->under_way > 0 ? cost->reserved - bound : 0;
    }
    if (result == NULL) return;
    size_t count = glimpse_result_attempt_count(result);
    bool answered = glimpse_result_error(result) == GLIMPSE_OK;
    for (size_t i = 0; i < count; i++) {
        const glimpse_attempt_record *attempt = glimpse_result_attempt(result, i);
        /* An answer to a pack that had none for this line. */
        bool unused = attempt->error == GLIMPSE_OK && (i + 1 < count || !answered);
        if (unused || may_be_billed(attempt)) cost->charged += bound;
    }
    /* A packed answer has its own share of the pack's cost, whichever line counts the request;
     * other sources cost nothing. */
    glimpse_source source = glimpse_result_source(result);
    bool paid = source == GLIMPSE_SOURCE_LIVE || source == GLIMPSE_SOURCE_PACKED;
    if (!paid || !answered) return;
    double dollars;
    if (answer_cost(cost, result, &dollars)) {
        cost->spent += dollars;
        cost->charged += dollars;
    } else {
        cost->unpriced++;
        cost->charged += bound;
    }
}
