/*
 * life.c - an engine's beginning and end.
 *
 * Closing takes no more work, cancels the waiting requests, and gives attempts in flight their
 * grace time. Freeing closes at once, calls every callback that is owed, and gives all memory back;
 * inside a callback it waits until our last frame is off the stack (clockwork.h).
 */
#include "engine/life.h"

#include "base/alloc.h"
#include "engine/deliver.h"
#include "engine/engine.h"
#include "engine/steps.h"
#include "engine/turn.h"

/* --- the end --- */

/* Calls every callback that is owed, then gives all memory back. No frame of ours may be below it
 * on the stack. */
static void destroy(void *arg)
{
    glimpse_engine *engine = arg;
    if (engine->requests.count != 0 || !gl_list_empty(&engine->in.done) ||
        !gl_list_empty(&engine->packing.ended) ||
        (engine->closing.on && !engine->closing.reported)) {
        engine->clock.free_wanted = false; /* a callback that frees again finds depth > 0 */
        engine->clock.depth++;
        gl_steps_cancel_all(engine, true, gl_clockwork_now(&engine->clock));
        do {
            gl_turn_unpack(engine, gl_clockwork_now(&engine->clock));
        } while (gl_deliver(engine, SIZE_MAX) || !gl_list_empty(&engine->packing.ended));
        if (engine->closing.on && !engine->closing.reported && engine->closing.fn != NULL) {
            engine->closing.reported = true;
            engine->closing.fn(engine->closing.arg);
        }
        engine->clock.depth--;
    }
    if (engine->companion != NULL) engine->companion_end(engine->companion);
    glimpse_loop_lag_free(engine->lag);
    gl_alerts_end(engine);
    gl_gates_free(&engine->gates);
    glimpse_sampler_unref(engine->sampler);
    glimpse_sampler_unref(engine->fallback);
    glimpse_cache_unref(engine->cache);
    glimpse_store_unref(engine->store);
    gl_clockwork_end(&engine->clock);
    gl_keyer_free(engine->keyer);
    gl_histogram_free(engine->latencies);
    gl_metrics_free(engine->metrics);
    gl_models_free(engine);
    glimpse_profiles_unref(engine->profiles);
    gl_map_free(&engine->requests);
    gl_packing_free(&engine->packing);
    gl_map_free(&engine->flights);
    gl_queue_free(&engine->queue);
    gl_buf_free(&engine->scratch);
    gl_free(engine->model);
    gl_free(engine);
}

void glimpse_engine_close(glimpse_engine *engine, int64_t grace_ms, glimpse_closed_fn done,
                          void *arg)
{
    gl_time now = gl_clockwork_now(&engine->clock);
    if (grace_ms < 0) grace_ms = engine->config.close_grace_ms;
    gl_clockwork_enter(&engine->clock);
    if (!engine->closing.on) {
        engine->closing.on = true;
        engine->closing.fn = done;
        engine->closing.arg = arg;
    }
    gl_time until = gl_time_add_ms(now, grace_ms);
    if (engine->closing.timer.index == GL_HEAP_NONE || until < engine->closing.timer.when)
        gl_heap_set(&engine->clock.heap, &engine->closing.timer, until);
    gl_steps_cancel_all(engine, grace_ms == 0, now);
    gl_clockwork_schedule(&engine->clock);
    gl_clockwork_arm(&engine->clock);
    gl_clockwork_leave(&engine->clock);
}

void glimpse_engine_free(glimpse_engine *engine)
{
    if (engine == NULL) return;
    gl_clockwork_enter(&engine->clock);
    glimpse_engine_close(engine, 0, NULL, NULL);
    engine->clock.free_wanted = true;
    gl_clockwork_leave(&engine->clock);
}

/* --- the beginning --- */

glimpse_error gl_engine_new(struct event_base *base, const glimpse_config *config,
                            glimpse_engine **out)
{
    glimpse_engine *engine = gl_calloc(1, sizeof *engine);
    if (engine == NULL) return GLIMPSE_ERR_OOM;
    bool clock = gl_clockwork_init(&engine->clock, base, gl_turn_timer, gl_turn, destroy, engine);
    engine->config = *config;
    gl_map_init(&engine->requests);
    gl_map_init(&engine->flights);
    gl_heap_entry_init(&engine->closing.timer);
    gl_list_init(&engine->in.looking);
    gl_list_init(&engine->in.running);
    gl_list_init(&engine->in.backoff);
    gl_list_init(&engine->in.fallback);
    gl_list_init(&engine->in.done);
    gl_list_init(&engine->in.held);
    gl_list_init(&engine->speaking);
    gl_list_init(&engine->behind);
    gl_buf_init(&engine->scratch, SIZE_MAX / 2);
    gl_heap_entry_init(&engine->admit_timer);
    engine->looked_up = gl_steps_looked_up;
    gl_packing_init(&engine->packing);
    gl_queue_init(&engine->queue);
    bool gates = gl_gates_init(&engine->gates, config) == GLIMPSE_OK;
    if (config->profiles != NULL) engine->profiles = glimpse_profiles_ref(config->profiles);
    gl_models_init(engine);
    engine->backoff = (gl_backoff){ config->max_attempts, config->base_delay_ms,
                                    config->max_delay_ms, config->max_retry_after_ms };
    gl_rng_seed(&engine->rng, config->seed != 0 ? config->seed : gl_rng_system_seed());
    engine->log = (gl_log){ config->log, config->log_arg, config->log_level };
    glimpse_stats_init(&engine->stats);

    if (gates) engine->sampler = glimpse_sampler_ref(engine->gates.list[0]->sampler);
    if (config->fallback != NULL) engine->fallback = glimpse_sampler_ref(config->fallback);
    if (config->cache != NULL) engine->cache = glimpse_cache_ref(config->cache);
    if (config->store != NULL) engine->store = glimpse_store_ref(config->store);
    engine->keyer = gl_keyer_new();
    engine->latencies = gl_histogram_new();
    engine->metrics = gl_metrics_new();
    engine->model = gl_strdup(config->model);
    if (!clock || !gates || !gl_alerts_init(engine) || engine->keyer == NULL ||
        engine->latencies == NULL || engine->metrics == NULL || engine->model == NULL ||
        !gl_clockwork_reserve(engine, 0)) {
        destroy(engine);
        return GLIMPSE_ERR_OOM;
    }
    gl_metrics_set_provider(engine->metrics, glimpse_sampler_name(engine->sampler), NULL);
    *out = engine;
    return GLIMPSE_OK;
}

const char *glimpse_engine_sampler_name(const glimpse_engine *engine)
{
    return glimpse_sampler_name(engine->sampler);
}
