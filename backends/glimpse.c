/*
 * glimpse.c - the composition: wires the engine of core/ to the samplers and the cache that a
 * program gets when it does not bring its own. The one file that knows both rooms.
 */
#include <glimpse/glimpse.h>

#include <string.h>

#include "engine/engine.h"
#include "policy/select.h"
#include "pressure/kernel.h"

static void end_pressure(void *pressure)
{
    glimpse_pressure_free(pressure);
}

/* The engine's own cache shrinks while memory is short. */
static glimpse_error watch_memory(struct event_base *base, const glimpse_config *config,
                                  glimpse_cache *cache, glimpse_pressure **pressure)
{
    glimpse_pressure_config watched;
    glimpse_pressure_config_init(&watched);
    watched.log = config->log;
    watched.log_arg = config->log_arg;
    watched.log_level = config->log_level;
    return glimpse_pressure_new(base, cache, &watched, pressure);
}

/* About a sampler, at set-up: which one it is now, or which one was refused, and why. */
static void say(const glimpse_config *config, glimpse_log_level level, const char *event,
                const char *sampler, const char *reason)
{
    gl_log log = { config->log, config->log_arg, config->log_level };
    glimpse_log_field fields[] = { { "sampler", sampler, 0 }, { "reason", reason, 0 } };
    gl_log_emit(&log, level, event, fields, 2);
}

void glimpse_openai_config_from(const glimpse_config *config, glimpse_openai_config *openai)
{
    glimpse_openai_config_init(openai);
    if (gl_select_base_url(config) != NULL) openai->base_url = gl_select_base_url(config);
    openai->api_key = gl_select_api_key(config);
    openai->azure_deployment = config->azure_deployment;
    openai->api_version = config->api_version;
    openai->organization = config->organization;
    openai->project = config->project;
    openai->headers = config->headers;
    openai->header_count = config->header_count;
    openai->https_proxy = config->https_proxy;
    openai->http_proxy = config->http_proxy;
    openai->no_proxy = config->no_proxy;
    openai->ca_file = config->ca_file;
    openai->http_version = config->http_version;
    openai->max_response_bytes = config->max_response_bytes;
    openai->max_memory_bytes = config->max_memory_bytes != 0 ? config->max_memory_bytes
                                                             : (int64_t)(gl_memory_there("") / 4);
    openai->max_connections = config->concurrency;
    openai->log = config->log;
    openai->log_arg = config->log_arg;
    openai->log_level = config->log_level;
}

static const char *base_url_of(const glimpse_config *config)
{
    glimpse_openai_config openai;
    glimpse_openai_config_from(config, &openai);
    return openai.base_url;
}

/* docs/playbook.md section 2.1. What is given but malformed is an error; only a library underneath
 * that cannot be set up, and only under AUTO, falls back to the local sampler. */
static glimpse_error select_sampler(struct event_base *base, const glimpse_config *config,
                                    glimpse_sampler **sampler)
{
    const char *reason = "";
    gl_choice choice = gl_select(config, &reason);
    if (choice == GL_CHOICE_REFUSED) return GLIMPSE_ERR_INVALID;
    if (choice == GL_CHOICE_OPENAI) {
        glimpse_openai_config openai;
        glimpse_openai_config_from(config, &openai);
        glimpse_error error = glimpse_openai_sampler_new(base, &openai, sampler, &reason);
        if (error == GLIMPSE_ERR_INVALID)
            say(config, GLIMPSE_LOG_ERROR, "sampler_refused", "openai", reason);
        if (error != GLIMPSE_ERR_SETUP || config->use_openai != GLIMPSE_USE_OPENAI_AUTO)
            return error;
        reason = glimpse_error_sentence(error);
    }
    if (config->use_openai != GLIMPSE_USE_OPENAI_NEVER)
        say(config, GLIMPSE_LOG_WARN, "sampler_fallback", "local", reason);
    return glimpse_local_sampler_new(sampler);
}

glimpse_error glimpse_engine_new(struct event_base *base, const glimpse_config *config,
                                 glimpse_engine **engine)
{
    if (base == NULL || engine == NULL) return GLIMPSE_ERR_INVALID;
    *engine = NULL;
    glimpse_error error = glimpse_config_check(config, NULL);
    if (error != GLIMPSE_OK) return error;

    glimpse_config whole =
        *config; /* with its parts filled in; what was made here is let go below */
    glimpse_sampler *sampler = NULL, *fallback = NULL;
    glimpse_cache *cache = NULL;
    glimpse_pressure *pressure = NULL;
    if (whole.sampler == NULL) {
        error = select_sampler(base, config, &sampler);
        if (error != GLIMPSE_OK) goto done;
        whole.sampler = sampler;
    }
    if (whole.fallback == NULL) {
        error = glimpse_local_sampler_new(&fallback);
        if (error != GLIMPSE_OK) goto done;
        whole.fallback = fallback;
    }
    if (whole.cache == NULL && whole.cache_entries > 0) {
        glimpse_cache_config bounds;
        glimpse_cache_config_init(&bounds);
        bounds.max_entries = whole.cache_entries;
        bounds.max_bytes = whole.cache_bytes;
        bounds.ttl_ms = whole.cache_ttl_ms;
        error = glimpse_cache_new(&bounds, &cache);
        if (error != GLIMPSE_OK) goto done;
        whole.cache = cache;
        if (whole.cache_dynamic) error = watch_memory(base, config, cache, &pressure);
        if (error != GLIMPSE_OK) goto done;
    }
    error = gl_engine_new(base, &whole, engine);
    if (error != GLIMPSE_OK) goto done;
    if (sampler != NULL && strcmp(glimpse_sampler_name(sampler), "openai") == 0)
        gl_metrics_set_provider((*engine)->metrics,
                                config->azure_deployment != NULL ? "azure.ai.openai" : "openai",
                                base_url_of(config));
    (*engine)->companion = pressure;
    (*engine)->companion_end = end_pressure;
    pressure = NULL;
done:
    glimpse_pressure_free(pressure);
    glimpse_sampler_unref(sampler);
    glimpse_sampler_unref(fallback);
    glimpse_cache_unref(cache);
    return error;
}
