/*
 * glimpse.c - the composition: gives the engine of core/ its samplers and its cache where a program
 * does not bring its own. The one file that knows both rooms.
 */
#include <glimpse/glimpse.h>

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "endpoint.h"
#include "engine/engine.h"
#include "policy/select.h"
#include "pressure/kernel.h"
#include "problem.h"

static void end_pressure(void *pressure)
{
    glimpse_pressure_free(pressure);
}

/* Has the engine's own cache shrink while memory is short. */
static glimpse_error watch_memory(struct event_base *base, const glimpse_config *config,
                                  glimpse_cache *cache, glimpse_pressure **pressure)
{
    glimpse_pressure_config watched;
    glimpse_pressure_config_init(&watched);
    watched.log = config->log;
    watched.log_arg = config->log_arg;
    watched.log_level = config->log_level;
    return glimpse_pressure_new(base, cache, &watched, pressure, NULL);
}

/* Logs at set-up which sampler is used, or which one was refused and why. */
static void say(const glimpse_config *config, glimpse_log_level level, const char *event,
                const char *sampler, const char *reason)
{
    gl_log log = { config->log, config->log_arg, config->log_level };
    glimpse_log_field fields[] = { { "sampler", sampler, 0 }, { "reason", reason, 0 } };
    gl_log_emit(&log, level, event, fields, 2);
}

/* Logs the refusal too, because an operator who starts a program reads its log. */
static void say_refused(const glimpse_config *config, const glimpse_problem *problem)
{
    char reason[sizeof *problem + 2];
    snprintf(reason, sizeof reason, "%s: %s", problem->field, problem->sentence);
    say(config, GLIMPSE_LOG_ERROR, "sampler_refused", "openai", reason);
}

/* The endpoint with an engine's bounds, where the caller left them to the engine. */
static glimpse_endpoint endpoint_of(const glimpse_config *config)
{
    glimpse_endpoint endpoint = config->endpoint;
    if (endpoint.max_connections == 0) endpoint.max_connections = config->concurrency;
    if (endpoint.max_memory_bytes == 0)
        endpoint.max_memory_bytes = (int64_t)(gl_memory_there("") / 4);
    return endpoint;
}

/* docs/playbook.md section 2.1. A malformed setting is an error. Only a library underneath that
 * cannot be set up, and only under AUTO, leads to the local sampler. */
static glimpse_error select_sampler(struct event_base *base, const glimpse_config *config,
                                    glimpse_sampler **sampler, glimpse_problem *problem)
{
    const char *reason;
    gl_choice choice = gl_select(config, &reason, problem);
    if (choice == GL_CHOICE_REFUSED) return GLIMPSE_ERR_INVALID;
    if (choice == GL_CHOICE_OPENAI) {
        const glimpse_endpoint endpoint = endpoint_of(config);
        const glimpse_logger log = { config->log, config->log_arg, config->log_level };
        glimpse_error error = glimpse_openai_sampler_new(base, &endpoint, &log, sampler, problem);
        gl_problem_within(problem, "endpoint");
        if (error == GLIMPSE_ERR_INVALID) say_refused(config, problem);
        if (error != GLIMPSE_ERR_SETUP || config->use_openai != GLIMPSE_USE_OPENAI_AUTO)
            return error;
        reason = glimpse_error_sentence(error);
        gl_problem_clear(problem);
    }
    if (config->use_openai != GLIMPSE_USE_OPENAI_NEVER)
        say(config, GLIMPSE_LOG_WARN, "sampler_fallback", "local", reason);
    return glimpse_local_sampler_new(sampler, problem);
}

/* Members that no part acts upon yet. */
static glimpse_error refuse_unheard(const glimpse_config *config, glimpse_problem *problem)
{
    if (config->pool != NULL)
        return gl_refuse(problem, "pool", "this version of the library asks one endpoint only");
    if (config->hedge_ms != 0)
        return gl_refuse(problem, "hedge_ms", "this version of the library does not hedge");
    return GLIMPSE_OK;
}

glimpse_error glimpse_engine_new(struct event_base *base, const glimpse_config *config,
                                 glimpse_engine **engine, glimpse_problem *problem)
{
    glimpse_problem unread;
    if (problem == NULL) problem = &unread;
    gl_problem_clear(problem);
    if (engine == NULL) return gl_refuse(problem, "engine", "is NULL");
    *engine = NULL;
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    glimpse_config read;
    config = gl_config_read(config, &read, problem);
    if (config == NULL) return GLIMPSE_ERR_INVALID;
    glimpse_error error = glimpse_config_check(config, problem);
    if (error == GLIMPSE_OK) error = refuse_unheard(config, problem);
    if (error != GLIMPSE_OK) return error;

    glimpse_config whole =
        *config; /* with its parts filled in; parts made here are released below */
    glimpse_sampler *sampler = NULL, *fallback = NULL;
    glimpse_cache *cache = NULL;
    glimpse_pressure *pressure = NULL;
    if (whole.sampler == NULL) {
        error = select_sampler(base, config, &sampler, problem);
        if (error != GLIMPSE_OK) goto done;
        whole.sampler = sampler;
    }
    if (whole.fallback == NULL) {
        error = glimpse_local_sampler_new(&fallback, problem);
        if (error != GLIMPSE_OK) goto done;
        whole.fallback = fallback;
    }
    if (whole.cache == NULL && whole.cache_entries > 0) {
        glimpse_cache_config bounds;
        glimpse_cache_config_init(&bounds);
        bounds.max_entries = whole.cache_entries;
        bounds.max_bytes = whole.cache_bytes;
        bounds.ttl_ms = whole.cache_ttl_ms;
        error = glimpse_cache_new(&bounds, &cache, problem);
        if (error != GLIMPSE_OK) goto done;
        whole.cache = cache;
        if (whole.cache_dynamic) error = watch_memory(base, config, cache, &pressure);
        if (error != GLIMPSE_OK) goto done;
    }
    error = gl_engine_new(base, &whole, engine);
    if (error != GLIMPSE_OK) goto done;
    if (sampler != NULL && strcmp(glimpse_sampler_name(sampler), "openai") == 0)
        gl_metrics_set_provider((*engine)->metrics,
                                config->endpoint.azure_deployment != NULL ? "azure.ai.openai"
                                                                          : "openai",
                                gl_endpoint_url(&config->endpoint));
    (*engine)->companion = pressure;
    (*engine)->companion_end = end_pressure;
    pressure = NULL;
done:
    glimpse_pressure_free(pressure);
    glimpse_sampler_unref(sampler);
    glimpse_sampler_unref(fallback);
    glimpse_cache_unref(cache);
    return gl_problem_of(problem, error);
}
