/* samplers.c - see samplers.h. Of a key it keeps a digest only. */
#include "samplers.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/sha256.h"
#include "pool.h"
#include "pressure/kernel.h"
#include "problem.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)
/* As many connections rest for the next request, so that a larger concurrency finds them too. */
#define CONNECTIONS 1000

typedef struct known {
    char name[GLIMPSE_POOL_NAME_MAX + 1];
    unsigned char digest[32]; /* of all that its sampler was made with */
} known;

struct gl_samplers {
    glimpse_pool pool;
    glimpse_pool_endpoint endpoints[GLIMPSE_POOL_ENDPOINTS_MAX];
    known known[GLIMPSE_POOL_ENDPOINTS_MAX];
};

/* --- are two endpoints the same? -------------------------------------------------------------- */

static void add_text(gl_buf *out, const char *text)
{
    gl_buf_append_str(out, text != NULL ? text : "\1"); /* no text of an endpoint is "\1" */
    gl_buf_append_char(out, '\0');
}

static void add_texts(gl_buf *out, const char *const *texts, size_t count)
{
    gl_buf_append_u64(out, count);
    gl_buf_append_char(out, '\0');
    for (size_t i = 0; i < count; i++) add_text(out, texts[i]);
}

static bool digest_of(gl_sha256 *sha, const glimpse_endpoint *endpoint, unsigned char digest[32])
{
    const char *const texts[] = { endpoint->base_url,         endpoint->api_key,
                                  endpoint->organization,     endpoint->project,
                                  endpoint->https_proxy,      endpoint->http_proxy,
                                  endpoint->no_proxy,         endpoint->ca_file,
                                  endpoint->azure_deployment, endpoint->api_version,
                                  endpoint->azure_endpoint,   endpoint->azure_api_key };
    gl_buf all;
    gl_buf_init(&all, TEXT_MAX);
    add_texts(&all, texts, sizeof texts / sizeof *texts);
    add_texts(&all, endpoint->headers, endpoint->header_count);
    add_texts(&all, endpoint->answer_headers, endpoint->answer_header_count);
    gl_buf_printf(&all, "%d %lld %lld %lld", (int)endpoint->http_version,
                  (long long)endpoint->max_response_bytes, (long long)endpoint->max_memory_bytes,
                  (long long)endpoint->max_connections);
    const gl_slice whole = gl_buf_slice(&all);
    bool good = !all.failed && gl_sha256_digest(sha, &whole, 1, digest);
    if (all.data != NULL) explicit_bzero(all.data, all.len);
    gl_buf_free(&all);
    return good;
}

static glimpse_sampler *find(const gl_samplers *old, const known *wanted)
{
    for (size_t i = 0; old != NULL && i < old->pool.endpoint_count; i++)
        if (strcmp(old->known[i].name, wanted->name) == 0 &&
            memcmp(old->known[i].digest, wanted->digest, sizeof wanted->digest) == 0)
            return old->endpoints[i].sampler;
    return NULL;
}

/* --- one endpoint ----------------------------------------------------------------------------- */

/* The endpoint with an engine's bounds, where the caller left them to the engine. */
static void bound(glimpse_endpoint *endpoint, const glimpse_config *config, int64_t concurrency)
{
    if (concurrency == GLIMPSE_INHERIT) concurrency = config->concurrency;
    if (concurrency < CONNECTIONS) concurrency = CONNECTIONS;
    if (endpoint->max_connections == 0) endpoint->max_connections = concurrency;
    if (endpoint->max_memory_bytes == 0)
        endpoint->max_memory_bytes =
            (int64_t)(gl_memory_there("") / 4 / (uint64_t)config->pool->endpoint_count);
}

static glimpse_error make_one(struct event_base *base, const glimpse_config *config, size_t at,
                              glimpse_pool_endpoint *endpoint, glimpse_problem *problem)
{
    const glimpse_logger log = { config->log, config->log_arg, config->log_level };
    glimpse_problem found = { "", "" };
    glimpse_error error =
        glimpse_openai_sampler_new(base, &endpoint->endpoint, &log, &endpoint->sampler, &found);
    if (error == GLIMPSE_OK) return error;
    if (found.field[0] != '\0') {
        char place[40];
        snprintf(place, sizeof place, "pool.endpoints[%zu].endpoint", at);
        gl_problem_within(&found, place);
    }
    *problem = found;
    return error;
}

static glimpse_error make(struct event_base *base, const glimpse_config *config, gl_sha256 *sha,
                          const gl_samplers *old, gl_samplers *made, glimpse_problem *problem)
{
    for (size_t i = 0; i < config->pool->endpoint_count; i++) {
        glimpse_pool_endpoint room, *endpoint = &made->endpoints[i];
        *endpoint = *gl_pool_endpoint(config->pool, i, &room);
        made->pool.endpoint_count++;
        snprintf(made->known[i].name, sizeof made->known[i].name, "%s", endpoint->name);
        if (endpoint->sampler != NULL) {
            glimpse_sampler_ref(endpoint->sampler);
            continue;
        }
        bound(&endpoint->endpoint, config, endpoint->concurrency);
        if (!digest_of(sha, &endpoint->endpoint, made->known[i].digest)) return GLIMPSE_ERR_OOM;
        endpoint->sampler = find(old, &made->known[i]);
        if (endpoint->sampler != NULL) {
            glimpse_sampler_ref(endpoint->sampler);
            continue;
        }
        glimpse_error error = make_one(base, config, i, endpoint, problem);
        if (error != GLIMPSE_OK) return error;
    }
    return GLIMPSE_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

void gl_samplers_free(gl_samplers *samplers)
{
    if (samplers == NULL) return;
    for (size_t i = 0; i < samplers->pool.endpoint_count; i++)
        glimpse_sampler_unref(samplers->endpoints[i].sampler);
    gl_free(samplers);
}

glimpse_error gl_samplers_new(struct event_base *base, const glimpse_config *config,
                              const gl_samplers *old, gl_samplers **samplers,
                              glimpse_problem *problem)
{
    gl_samplers *made = gl_calloc(1, sizeof *made);
    gl_sha256 *sha = gl_sha256_new();
    glimpse_error error = GLIMPSE_ERR_OOM;
    *samplers = NULL;
    if (made != NULL && sha != NULL) {
        made->pool = *config->pool;
        made->pool.endpoints = made->endpoints;
        made->pool.endpoint_count = 0;
        error = make(base, config, sha, old, made, problem);
    }
    gl_sha256_free(sha);
    if (error == GLIMPSE_OK)
        *samplers = made;
    else
        gl_samplers_free(made);
    return error;
}

const glimpse_pool *gl_samplers_pool(const gl_samplers *samplers)
{
    return &samplers->pool;
}
