/*
 * glimpse.c - the composition: gives the engine of core/ its samplers and its cache where a program
 * does not bring its own. The one file that knows both rooms.
 */
#include <glimpse/glimpse.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "config.h"
#include "endpoint.h"
#include "engine/engine.h"
#include "engine/set_pool.h"
#include "policy/select.h"
#include "pool.h"
#include "pressure/kernel.h"
#include "problem.h"
#include "samplers.h"

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

/* --- the composition -------------------------------------------------------------------------- */

/* The objects of the composition that an engine ends with. */
typedef struct companions {
    struct event_base *base;
    glimpse_pressure *pressure; /* NULL: the cache is no smaller for want of memory */
    gl_samplers *samplers;      /* NULL: there is no pool */
} companions;

static void end_companions(void *arg)
{
    companions *its = arg;
    glimpse_pressure_free(its->pressure);
    gl_samplers_free(its->samplers);
    gl_free(its);
}

/* A configuration with its parts filled in, and the parts made here, which are released below. */
typedef struct parts {
    glimpse_config whole;
    glimpse_pool pool; /* of the configuration, in this version's layout */
    glimpse_sampler *sampler, *fallback;
    glimpse_cache *cache;
    companions *its;
} parts;

/* Members that no part acts upon yet. */
static glimpse_error refuse_unheard(const glimpse_config *config, glimpse_problem *problem)
{
    glimpse_config usual;
    glimpse_config_init(&usual);
    if (config->hedge_ms != 0)
        return gl_refuse(problem, "hedge_ms", "this version of the library does not hedge");
    if (config->hedge_budget != 0 && config->hedge_budget != usual.hedge_budget)
        return gl_refuse(problem, "hedge_budget", "this version of the library does not hedge");
    return GLIMPSE_OK;
}

static glimpse_error make_samplers(struct event_base *base, parts *made, glimpse_problem *problem)
{
    glimpse_config *whole = &made->whole;
    glimpse_error error = GLIMPSE_OK;
    if (whole->pool != NULL) {
        whole->pool = gl_pool_read(whole->pool, &made->pool, problem);
        error = gl_samplers_new(base, whole, NULL, &made->its->samplers, problem);
        if (error == GLIMPSE_ERR_INVALID) say_refused(whole, problem);
        if (error == GLIMPSE_OK) whole->pool = gl_samplers_pool(made->its->samplers);
    } else if (whole->sampler == NULL) {
        error = select_sampler(base, whole, &made->sampler, problem);
        whole->sampler = made->sampler;
    }
    if (error == GLIMPSE_OK && whole->fallback == NULL) {
        error = glimpse_local_sampler_new(&made->fallback, problem);
        whole->fallback = made->fallback;
    }
    return error;
}

static glimpse_error make_cache(struct event_base *base, parts *made, glimpse_problem *problem)
{
    glimpse_config *whole = &made->whole;
    glimpse_cache_config bounds;
    if (whole->cache != NULL || whole->cache_entries == 0) return GLIMPSE_OK;
    glimpse_cache_config_init(&bounds);
    bounds.max_entries = whole->cache_entries;
    bounds.max_bytes = whole->cache_bytes;
    bounds.ttl_ms = whole->cache_ttl_ms;
    glimpse_error error = glimpse_cache_new(&bounds, &made->cache, problem);
    whole->cache = made->cache;
    if (error == GLIMPSE_OK && whole->cache_dynamic)
        error = watch_memory(base, whole, made->cache, &made->its->pressure);
    return error;
}

/* Names the one provider of the metrics: endpoints of a pool have labels of their own. */
static void set_provider(glimpse_engine *engine, const parts *made)
{
    const glimpse_endpoint *endpoint = &made->whole.endpoint;
    if (made->its->samplers != NULL) {
        gl_metrics_set_provider(engine->metrics, "openai", NULL);
    } else if (made->sampler != NULL &&
               strcmp(glimpse_sampler_name(made->sampler), "openai") == 0) {
        bool azure = endpoint->azure_deployment != NULL;
        gl_metrics_set_provider(engine->metrics, azure ? "azure.ai.openai" : "openai",
                                gl_endpoint_url(endpoint));
    }
}

static glimpse_error make(struct event_base *base, parts *made, glimpse_engine **engine,
                          glimpse_problem *problem)
{
    made->its = gl_calloc(1, sizeof *made->its);
    if (made->its == NULL) return GLIMPSE_ERR_OOM;
    made->its->base = base;
    glimpse_error error = make_samplers(base, made, problem);
    if (error == GLIMPSE_OK) error = make_cache(base, made, problem);
    if (error == GLIMPSE_OK) error = gl_engine_new(base, &made->whole, engine);
    if (error != GLIMPSE_OK) {
        end_companions(made->its);
        return error;
    }
    set_provider(*engine, made);
    (*engine)->companion = made->its;
    (*engine)->companion_end = end_companions;
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
    parts made = { .whole = *config };
    error = make(base, &made, engine, problem);
    glimpse_sampler_unref(made.sampler);
    glimpse_sampler_unref(made.fallback);
    glimpse_cache_unref(made.cache);
    return gl_problem_of(problem, error);
}

glimpse_error glimpse_engine_set_pool(glimpse_engine *engine, const glimpse_pool *pool,
                                      glimpse_problem *problem)
{
    glimpse_problem unread;
    glimpse_pool room;
    gl_samplers *samplers;
    if (problem == NULL) problem = &unread;
    gl_problem_clear(problem);
    if (engine == NULL) return gl_refuse(problem, "engine", "is NULL");
    companions *its = engine->companion;
    if (its == NULL || its->samplers == NULL)
        return gl_refuse(problem, "engine", "was made without a pool");
    glimpse_error error = glimpse_pool_check(pool, problem);
    gl_problem_within(problem, "pool");
    if (error != GLIMPSE_OK) return error;
    glimpse_config config = engine->config;
    config.pool = gl_pool_read(pool, &room, problem);
    error = gl_samplers_new(its->base, &config, its->samplers, &samplers, problem);
    if (error == GLIMPSE_OK) error = gl_engine_set_pool(engine, gl_samplers_pool(samplers));
    if (error == GLIMPSE_OK) {
        gl_samplers *former = its->samplers;
        its->samplers = samplers;
        samplers = former;
    }
    gl_samplers_free(samplers); /* attempts in flight hold theirs */
    return gl_problem_of(problem, error);
}
