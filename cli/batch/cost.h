/*
 * cost.h - the cost of a job, and whether it may send another request (--max-cost).
 *
 * `spent` counts answers whose usage and price are known, and is the figure of a report. `charged`
 * counts against the limit: it is spent, plus the bound (prices.h) of every attempt that may have
 * been billed without a usage: an answer without usage, a pack that did not answer this line, an
 * attempt that broke or timed out after it was sent. A request goes out only when charged, the
 * bounds of all requests under way, and its own are within the limit; so the limit holds as long as
 * the bounds do.
 */
#ifndef CLI_BATCH_COST_H
#define CLI_BATCH_COST_H

#include <glimpse/glimpse.h>

#include "batch/job_line.h"
#include "batch/prices.h"

typedef struct cli_cost {
    price_list prices;
    double part;     /* of the list price that is paid */
    double limit;    /* dollars; below 0: none */
    double spent;    /* dollars */
    double charged;  /* with a limit: dollars */
    double reserved; /* with a limit: the bounds of the requests that are under way */
    uint64_t under_way;
    uint64_t unpriced; /* answers whose cost is not known */
} cli_cost;

/* prices_file and profiles may be NULL, limit below 0. 0, or the exit code after an error message.
 * Free it in either case. */
int cost_init(cli_cost *cost, const char *prices_file, const glimpse_profiles *profiles,
              double limit);
void cost_free(cli_cost *cost);

typedef enum cost_verdict {
    COST_FITS,   /* *bound is reserved until cost_settle */
    COST_WAITS,  /* perhaps after a request under way has ended */
    COST_OVER,   /* the limit is reached */
    COST_UNKNOWN /* no price or no bound is known: *why names it, static */
} cost_verdict;

/* Before a line is submitted. Without a limit it always fits, and *bound is 0. */
cost_verdict cost_ask(cli_cost *cost, glimpse_engine *engine, const job_line *line, double *bound,
                      const char **why);

/* Each answer costs this part of its list price: 1, unless it was asked for in a batch. */
void cost_set_part(cli_cost *cost, double part);

/* Call when the request has ended. result NULL: it was not sent. */
void cost_settle(cli_cost *cost, double bound, const glimpse_result *result);

#endif
