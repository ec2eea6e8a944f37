/*
 * connection.h - an OpenAI endpoint as its configuration describes it: checked, its header lines
 * written, its scope named, its secrets known; shared by the sampler and the Batch API.
 *
 * It is the one place that can take the secrets out of what an endpoint echoes.
 */
#ifndef GL_OPENAI_CONNECTION_H
#define GL_OPENAI_CONNECTION_H

#include <glimpse/sampler.h>

#include "base/buf.h"
#include "openai/http.h"

/* A message of the decoder's, and its NUL, fit. */
#define GL_SCRUBBED_LINE 1024

typedef struct gl_connection {
    gl_http *http;
    char *scope;    /* whose answers these are: the sampler's scope */
    char **secrets; /* header lines; of each, the last word is secret */
    size_t secret_count;
    gl_buf scrubbed;
    char *deployment, *api_version; /* Azure's; NULL elsewhere */
    size_t max_response_bytes;
} gl_connection;

/* Errors: INVALID with *problem a static sentence that names the field, OOM, SETUP. Close it in
 * any case. */
glimpse_error gl_connection_open(gl_connection *connection, gl_loop *loop, struct event_base *base,
                                 const glimpse_openai_config *config, const char **problem);

/* No transfer may be running. */
void gl_connection_close(gl_connection *connection);

/* The body without secrets; false: out of memory for the copy that takes, which is the
 * connection's until the next call. */
bool gl_connection_scrub_body(gl_connection *connection, gl_slice *body);

/* A short text without secrets. A body that has none left can still spell one in escapes. */
const char *gl_connection_scrub_line(const gl_connection *connection, const char *text,
                                     char line[GL_SCRUBBED_LINE]);

/* How much of a text that still grows may be shown: its end may be the beginning of a secret. */
size_t gl_connection_safe_length(const gl_connection *connection, gl_slice text);

#endif
