/* SPDX-License-Identifier: MIT */
/*
 * endpoint.h - an OpenAI-compatible endpoint: its address, its key, and the way to it.
 *
 * One struct describes it to an engine (glimpse_config.endpoint), to a sampler of its own
 * (glimpse_openai_sampler_new) and to the Batch API (glimpse_batch_api_new).
 *
 * For an engine, set members of config.endpoint, which glimpse_config_init has set up, or assign
 * config.endpoint = endpoint, where glimpse_endpoint_init has set up endpoint.
 */
#ifndef GLIMPSE_ENDPOINT_H
#define GLIMPSE_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum glimpse_http_version {
    GLIMPSE_HTTP_AUTO, /* 2 only where the libcurl found at run time handles it without faults */
    GLIMPSE_HTTP_1_1,
    GLIMPSE_HTTP_2
} glimpse_http_version;

/* The HTTP/2 support of the libcurl found at run time. */
typedef enum glimpse_http2 {
    GLIMPSE_HTTP2_NONE,    /* built without HTTP/2 */
    GLIMPSE_HTTP2_UNSOUND, /* a release with faults in HTTP/2: AUTO does not use it */
    GLIMPSE_HTTP2_SOUND    /* AUTO uses it over TLS */
} glimpse_http2;

/*
 * Returns the HTTP/2 support of the libcurl found at run time.
 *
 *   Returns: a glimpse_http2
 *   Since: 0.1
 */
GLIMPSE_API glimpse_http2 glimpse_http2_support(void);

/* Strings are borrowed until the function that takes the endpoint returns; NULL means absent. */
typedef struct glimpse_endpoint {
    size_t size;          /* set by glimpse_endpoint_init */
    const char *base_url; /* http or https; NULL = https://api.openai.com/v1 */
    const char *api_key;  /* sent as a bearer token; never logged. NULL: no key is sent.
                           * For api.openai.com an engine then is local, or refuses it:
                           * glimpse_use_openai */
    const char *organization, *project;
    const char *const *headers; /* "Name: value", header_count of them, added to each request */
    size_t header_count;
    const char *https_proxy, *http_proxy, *no_proxy;
    const char *ca_file;               /* PEM bundle; NULL = the system's */
    glimpse_http_version http_version; /* AUTO */

    /* Azure, when a deployment is given: base_url is then the resource's endpoint, such as
     * https://NAME.openai.azure.com, requests go to its /openai/deployments/{deployment}/..., and
     * the key is sent as an api-key header. azure_endpoint and azure_api_key, where they are given,
     * take the place of base_url and api_key. Without a deployment none of the four is read. */
    const char *azure_deployment;
    const char *api_version; /* REQUIRED with azure_deployment */
    const char *azure_endpoint, *azure_api_key;

    int64_t max_response_bytes; /* 64 MiB, 1 to 1 TiB: a longer answer is BODY_TOO_LARGE */

    /* Most bytes of answers that are held at once, for all attempts together. Beyond it an answer
     * over HTTP/1.1 is not read on until another has ended. 0 = for an engine: a quarter of the
     * memory that the cgroup allows, or that the machine has; for a sampler of its own: no
     * bound. */
    int64_t max_memory_bytes;

    int64_t max_connections; /* most connections at once; 0 = for an engine: its concurrency; else
                                1000 */

    /* Names of headers, in small letters, answer_header_count of them: those of an answer are kept
     * with it (glimpse_result_headers). NULL, 0: none are. At most GLIMPSE_ANSWER_HEADERS_MAX. */
    const char *const *answer_headers;
    size_t answer_header_count;
} glimpse_endpoint;

/* The most names in glimpse_endpoint.answer_headers. */
#define GLIMPSE_ANSWER_HEADERS_MAX 32

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   endpoint: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_endpoint_defaults(glimpse_endpoint *endpoint);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   endpoint: not NULL
 *   Since: 0.1
 */
static inline void glimpse_endpoint_init(glimpse_endpoint *endpoint)
{
    endpoint->size = sizeof *endpoint;
    glimpse_endpoint_defaults(endpoint);
}

/*
 * Takes the variables that are set in the environment: OPENAI_API_KEY, OPENAI_BASE_URL,
 * OPENAI_ORG_ID, OPENAI_PROJECT_ID, OPENAI_API_VERSION, AZURE_OPENAI_ENDPOINT,
 * AZURE_OPENAI_API_KEY, HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY (and lower case),
 * SSL_CERT_FILE. An empty variable counts as not set.
 *
 *   endpoint: set up by glimpse_endpoint_init; the strings put into it are the environment's own
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_endpoint_from_env(glimpse_endpoint *endpoint);

#ifdef __cplusplus
}
#endif
#endif
