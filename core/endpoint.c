/*
 * endpoint.c - glimpse_endpoint: defaults, the check, the environment, Azure's members over the
 * others.
 *
 * Reads the environment only when asked to (glimpse_endpoint_from_env).
 */
#include "endpoint.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/layout.h"
#include "problem.h"

static const glimpse_endpoint usual = GL_ENDPOINT_USUAL;
static const gl_layout layout = { .size = sizeof(glimpse_endpoint) };

void glimpse_endpoint_defaults(glimpse_endpoint *endpoint)
{
    gl_layout_write(&layout, endpoint, &usual);
}

const glimpse_endpoint *gl_endpoint_read(const glimpse_endpoint *endpoint, glimpse_endpoint *room,
                                         glimpse_problem *problem)
{
    if (endpoint == NULL) {
        gl_refuse(problem, "endpoint", "is NULL");
        return NULL;
    }
    endpoint = gl_layout_read(&layout, endpoint, &usual, room);
    if (endpoint == NULL) gl_refuse_size(problem, "glimpse_endpoint_init");
    return endpoint;
}

const char *gl_endpoint_url(const glimpse_endpoint *endpoint)
{
    bool azure = endpoint->azure_deployment != NULL && endpoint->azure_endpoint != NULL;
    const char *url = azure ? endpoint->azure_endpoint : endpoint->base_url;
    return url != NULL ? url : "https://api.openai.com/v1";
}

const char *gl_endpoint_key(const glimpse_endpoint *endpoint)
{
    bool azure = endpoint->azure_deployment != NULL && endpoint->azure_api_key != NULL;
    return azure ? endpoint->azure_api_key : endpoint->api_key;
}

bool gl_has_control(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return true;
    return false;
}

/* A value is in no message: it could be a secret. */
glimpse_error gl_endpoint_check(const glimpse_endpoint *endpoint, glimpse_problem *problem)
{
    const struct {
        const char *text, *field;
    } texts[] = {
        { endpoint->base_url, "base_url" },
        { endpoint->api_key, "api_key" },
        { endpoint->organization, "organization" },
        { endpoint->project, "project" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (gl_has_control(texts[i].text))
            return gl_refuse(problem, texts[i].field, "contains a control byte");
    if (endpoint->header_count != 0 && endpoint->headers == NULL)
        return gl_refuse(problem, "headers", "is NULL");
    if ((unsigned)endpoint->http_version > GLIMPSE_HTTP_2)
        return gl_refuse(problem, "http_version", "not one of its values");
    if (endpoint->max_response_bytes < 1 || endpoint->max_response_bytes > INT64_C(1) << 40)
        return gl_refuse(problem, "max_response_bytes", "must be from 1 to 1 TiB");
    if (endpoint->max_memory_bytes < 0 || endpoint->max_memory_bytes > INT64_C(1) << 50)
        return gl_refuse(problem, "max_memory_bytes",
                         "must be from 0 (a quarter of what there is) to 1 PiB");
    return GLIMPSE_OK;
}

const char *gl_environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void take(const char **field, const char *name)
{
    const char *value = gl_environment(name);
    if (value != NULL) *field = value;
}

void gl_endpoint_environment(glimpse_endpoint *endpoint)
{
    take(&endpoint->api_key, "OPENAI_API_KEY");
    take(&endpoint->base_url, "OPENAI_BASE_URL");
    take(&endpoint->organization, "OPENAI_ORG_ID");
    take(&endpoint->project, "OPENAI_PROJECT_ID");
    take(&endpoint->api_version, "OPENAI_API_VERSION");
    take(&endpoint->azure_endpoint, "AZURE_OPENAI_ENDPOINT");
    take(&endpoint->azure_api_key, "AZURE_OPENAI_API_KEY");
    take(&endpoint->ca_file, "SSL_CERT_FILE");
    /* As in curl: a scheme's own wins over ALL_PROXY, and lower case over upper case. */
    static const char *const proxies[] = { "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy" };
    static const char *const http_proxies[] = { "ALL_PROXY", "all_proxy", "HTTP_PROXY",
                                                "http_proxy" };
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) {
        take(&endpoint->https_proxy, proxies[i]);
        take(&endpoint->http_proxy, http_proxies[i]);
    }
    take(&endpoint->no_proxy, "NO_PROXY");
    take(&endpoint->no_proxy, "no_proxy");
}

void glimpse_endpoint_from_env(glimpse_endpoint *endpoint)
{
    glimpse_endpoint whole;
    const glimpse_endpoint *given = gl_layout_read(&layout, endpoint, &usual, &whole);
    if (given == NULL) return;
    if (given != endpoint) {
        gl_endpoint_environment(&whole);
        gl_layout_write(&layout, endpoint, &whole);
    } else {
        gl_endpoint_environment(endpoint);
    }
}
