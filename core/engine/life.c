/*
 * life.c - an engine's beginning and end.
 *
 * Closing takes no more work, cancels what waits, lets what is in flight have its grace time.
 * Freeing closes at once, tells everybody, and gives all memory back; inside a callback it waits
 * until our last frame is off the stack (gl_engine_leave).
 */
#include "engine/engine.h"

#include "base/alloc.h"

glimpse_error gl_engine_new(struct event_base *base, const glimpse_config *config,
                            glimpse_engine **out)
{
    glimpse_engine *engine = gl_calloc(1, sizeof *engine);
    if (engine == NULL) return GLIMPSE_ERR_OOM;
    engine->timer_at = GL_TIME_NEVER;
    engine->config = *config;
    gl_map_init(&engine->requests);
    gl_map_init(&engine->flights);
    gl_heap_init(&engine->heap);
    gl_heap_entry_init(&engine->close_timer);
    gl_list_init(&engine->looking);
    gl_list_init(&engine->running);
    gl_list_init(&engine->resting);
    gl_list_init(&engine->fallbacks);
    gl_list_init(&engine->ready);
    gl_list_init(&engine->speaking);
    gl_buf_init(&engine->scratch, SIZE_MAX / 2);
    gl_heap_entry_init(&engine->admit_timer);
    gl_packing_init(&engine->packing);
    gl_admission_init(&engine->admission, config);
    if (config->profiles != NULL) engine->profiles = glimpse_profiles_ref(config->profiles);
    gl_models_init(engine);
    engine->backoff = (gl_backoff){ config->max_attempts, config->base_delay_ms,
                                    config->max_delay_ms, config->max_retry_after_ms };
    gl_rng_seed(&engine->rng, config->seed != 0 ? config->seed : gl_rng_system_seed());
    engine->log = (gl_log){ config->log, config->log_arg, config->log_level };
    glimpse_stats_init(&engine->stats);

    engine->sampler = glimpse_sampler_ref(config->sampler);
    if (config->fallback != NULL) engine->fallback = glimpse_sampler_ref(config->fallback);
    if (config->cache != NULL) engine->cache = glimpse_cache_ref(config->cache);
    if (config->store != NULL) engine->store = glimpse_store_ref(config->store);
    engine->loop = gl_loop_new(base);
    if (engine->loop != NULL) {
        engine->timer = gl_timer_new(engine->loop, gl_engine_timer, engine);
        engine->turn = gl_defer_new(engine->loop, gl_engine_turn, engine);
    }
    engine->keyer = gl_keyer_new();
    engine->latencies = gl_histogram_new();
    engine->metrics = gl_metrics_new();
    engine->model = gl_strdup(config->model);
    if (engine->loop == NULL || engine->timer == NULL || engine->turn == NULL ||
        !gl_alerts_init(engine) || engine->keyer == NULL || engine->latencies == NULL ||
        engine->metrics == NULL || engine->model == NULL ||
        !gl_heap_reserve(&engine->heap, gl_engine_heap_need(engine))) {
        gl_engine_destroy(engine);
        return GLIMPSE_ERR_OOM;
    }
    gl_metrics_set_provider(engine->metrics, glimpse_sampler_name(engine->sampler), NULL);
    *out = engine;
    return GLIMPSE_OK;
}

void gl_engine_cancel_all(glimpse_engine *engine, bool running_too, gl_time now)
{
    gl_list *lists[] = { &engine->looking, &engine->resting, &engine->fallbacks, &engine->running };
    gl_request *request;
    while ((request = gl_packing_any(&engine->packing)) != NULL) gl_engine_cancel(request, now);
    while ((request = gl_admission_any(&engine->admission)) != NULL) gl_engine_cancel(request, now);
    for (size_t i = 0; i < (running_too ? 4 : 2); i++) {
        gl_node *node;
        while ((node = gl_list_first(lists[i])) != NULL)
            gl_engine_cancel(GL_CONTAINER(node, gl_request, node), now);
    }
}

void glimpse_engine_close(glimpse_engine *engine, int64_t grace_ms, glimpse_closed_fn done,
                          void *arg)
{
    gl_time now = gl_loop_now(engine->loop);
    if (grace_ms < 0) grace_ms = engine->config.close_grace_ms;
    gl_engine_enter(engine);
    if (!engine->closing) {
        engine->closing = true;
        engine->closed = done;
        engine->closed_arg = arg;
    }
    gl_time until = gl_time_add_ms(now, grace_ms);
    if (engine->close_timer.index == GL_HEAP_NONE || until < engine->close_timer.when)
        gl_heap_set(&engine->heap, &engine->close_timer, until);
    gl_engine_cancel_all(engine, grace_ms == 0, now);
    gl_engine_schedule(engine);
    gl_engine_arm(engine);
    gl_engine_leave(engine);
}

void gl_engine_destroy(glimpse_engine *engine)
{
    if (engine->requests.count != 0 || !gl_list_empty(&engine->ready) ||
        (engine->closing && !engine->closed_told)) {
        engine->free_wanted = false; /* callbacks that free again find depth > 0 */
        engine->depth++;
        gl_engine_cancel_all(engine, true, gl_loop_now(engine->loop));
        while (gl_deliver(engine, SIZE_MAX)) {
        }
        if (engine->closing && !engine->closed_told && engine->closed != NULL) {
            engine->closed_told = true;
            engine->closed(engine->closed_arg);
        }
        engine->depth--;
    }
    if (engine->companion != NULL) engine->companion_end(engine->companion);
    glimpse_loop_lag_free(engine->lag);
    gl_alerts_end(engine);
    gl_timer_free(engine->timer);
    gl_defer_free(engine->turn);
    glimpse_sampler_unref(engine->sampler);
    glimpse_sampler_unref(engine->fallback);
    glimpse_cache_unref(engine->cache);
    glimpse_store_unref(engine->store);
    gl_loop_free(engine->loop);
    gl_keyer_free(engine->keyer);
    gl_histogram_free(engine->latencies);
    gl_metrics_free(engine->metrics);
    gl_models_free(engine);
    glimpse_profiles_unref(engine->profiles);
    gl_heap_free(&engine->heap);
    gl_map_free(&engine->requests);
    gl_packing_free(&engine->packing);
    gl_map_free(&engine->flights);
    gl_buf_free(&engine->scratch);
    gl_key_stop_end(&engine->key_stop);
    gl_free(engine->model);
    gl_free(engine);
}

void glimpse_engine_free(glimpse_engine *engine)
{
    if (engine == NULL) return;
    gl_engine_enter(engine);
    glimpse_engine_close(engine, 0, NULL, NULL);
    engine->free_wanted = true;
    gl_engine_leave(engine);
}

const char *glimpse_engine_sampler_name(const glimpse_engine *engine)
{
    return glimpse_sampler_name(engine->sampler);
}
