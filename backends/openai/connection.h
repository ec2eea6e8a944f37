/*
 * connection.h - an OpenAI endpoint, set up from its struct: checked, its header lines written, its
 * scope named, its secrets kept; shared by the sampler and the Batch API.
 */
#ifndef GL_OPENAI_CONNECTION_H
#define GL_OPENAI_CONNECTION_H

#include <glimpse/endpoint.h>

#include "log.h"
#include "openai/http.h"
#include "openai/secrets.h"

typedef struct gl_connection {
    gl_http *http;
    char *scope; /* names the endpoint: the sampler's scope */
    gl_secrets secrets;
    char *deployment, *api_version; /* Azure's; NULL elsewhere */
    size_t max_response_bytes;
    char *https_proxy, *http_proxy, *no_proxy, *ca_file; /* of the configuration, or NULL */
} gl_connection;

/* Errors: INVALID with problem naming the field, OOM, SETUP. Close it in any case. */
glimpse_error gl_connection_open(gl_connection *connection, gl_loop *loop, struct event_base *base,
                                 const glimpse_endpoint *endpoint, const gl_log *log,
                                 glimpse_problem *problem);

/* Makes an HTTP client for another server, with the same proxies and certificates, and without
 * everything meant for this endpoint: no key, none of the configuration's headers. Errors: as
 * gl_http_new. */
glimpse_error gl_connection_elsewhere(const gl_connection *connection, gl_loop *loop,
                                      struct event_base *base, const char *base_url, gl_http **http,
                                      glimpse_problem *problem);

/* No transfer may be running. */
void gl_connection_close(gl_connection *connection);

#endif
