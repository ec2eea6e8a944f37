/* SPDX-License-Identifier: MIT */
/*
 * glimpse.h - all of libglimpse: very many OpenAI-compatible requests in flight from one thread,
 * on the libevent loop that the program already runs.
 *
 *     #include <event2/event.h>
 *     #include <glimpse/glimpse.h>
 *     #include <stdio.h>
 *
 *     static void done(glimpse_id id, const glimpse_result *r, void *base) {
 *         printf("%s: %s\n", glimpse_status_name(glimpse_result_status(r)),
 *                glimpse_result_text(r, NULL));
 *         event_base_loopbreak(base);
 *     }
 *     int main(void) {
 *         struct event_base *base = event_base_new();
 *         glimpse_engine *engine;
 *         glimpse_config config;
 *         glimpse_config_init(&config);
 *         glimpse_config_from_env(&config, NULL);
 *         if (glimpse_engine_new(base, &config, &engine, NULL) != GLIMPSE_OK) return 1;
 *         glimpse_draft draft = { .input_text = "...", .goal = "summarize in one sentence" };
 *         glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = done };
 *         if (glimpse_submit_draft(engine, &draft, NULL, &observer, base, NULL) == GLIMPSE_OK)
 *             event_base_dispatch(base);
 *         glimpse_engine_free(engine);
 *         event_base_free(base);
 *     }
 *
 * It is kept, compiled and run, as docs/examples/twenty_lines.c. Read engine.h next: it holds the
 * rules of life that everything here keeps; sampler.h begins with a smallest sampler of one's own.
 *
 * CMake generates <glimpse/version.h>, which all headers include: a program that is compiled
 * against a tree that is not installed needs -I BUILD/include beside -I core/include. The pages
 * that headers cite (docs/...) are in the source tree; they hold reasons and details.
 */
#ifndef GLIMPSE_GLIMPSE_H
#define GLIMPSE_GLIMPSE_H

#include <glimpse/alert.h>
#include <glimpse/backoff.h>
#include <glimpse/batch_api.h>
#include <glimpse/cache.h>
#include <glimpse/config.h>
#include <glimpse/endpoint.h>
#include <glimpse/engine.h>
#include <glimpse/flow.h>
#include <glimpse/latency.h>
#include <glimpse/log.h>
#include <glimpse/metrics.h>
#include <glimpse/models.h>
#include <glimpse/packing.h>
#include <glimpse/pool.h>
#include <glimpse/pressure.h>
#include <glimpse/problem.h>
#include <glimpse/profile.h>
#include <glimpse/record.h>
#include <glimpse/result.h>
#include <glimpse/sample.h>
#include <glimpse/sampler.h>
#include <glimpse/stats.h>
#include <glimpse/store.h>
#include <glimpse/version.h>

#endif
