/* policy.h - which of the engine's policies a load test has: none, or those that were asked
 * for. Used by run.c and command.c. */
#ifndef CLI_BENCH_POLICY_H
#define CLI_BENCH_POLICY_H

#include <stddef.h>

#include "options/settings.h"

typedef enum bench_client {
    BENCH_CLIENT_PLAIN, /* sends each request once, when it is due; single options add to it */
    BENCH_CLIENT_ENGINE /* all that the library does for its callers */
} bench_client;

/* Takes from the engine's configuration what a plain client does not do. What was given, as a flag,
 * in the environment or in a file, stays. */
void bench_policy_apply(const cli_settings *asked, bench_client client, glimpse_config *engine);

/* "plain", "engine", or "plain, with --max-attempts 5, --cache-size 2000"; cut where it is too long
 * for size. */
void bench_policy_describe(const cli_settings *asked, bench_client client,
                           const glimpse_config *engine, char *text, size_t size);

#endif
