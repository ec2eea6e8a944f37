/* policy.h - chooses the engine's policies for a load test: none, or those that were asked for.
 * Used by run.c and command.c. */
#ifndef CLI_BENCH_POLICY_H
#define CLI_BENCH_POLICY_H

#include <stddef.h>

#include "options/settings.h"

typedef enum bench_client {
    BENCH_CLIENT_PLAIN, /* sends each request once, when it is due; single options add to it */
    BENCH_CLIENT_ENGINE /* all policies of the library */
} bench_client;

/* Removes the policies of the engine's configuration that a plain client does not have. Options
 * that were given, as a flag, in the environment or in a file, stay. */
void bench_policy_apply(const cli_settings *asked, bench_client client, glimpse_config *engine);

/* Writes "plain", "engine", or "plain, with --max-attempts 5, --cache-size 2000"; cut to size. */
void bench_policy_describe(const cli_settings *asked, bench_client client,
                           const glimpse_config *engine, char *text, size_t size);

#endif
