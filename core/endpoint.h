/* endpoint.h - which of an endpoint's members are used, and how the environment sets them. */
#ifndef GL_ENDPOINT_H
#define GL_ENDPOINT_H

#include <glimpse/endpoint.h>
#include <stdbool.h>

/* Returns the endpoint's URL, or its key: Azure's when a deployment is given. The URL is never
 * NULL; the key is NULL when none is given. */
const char *gl_endpoint_url(const glimpse_endpoint *endpoint);
const char *gl_endpoint_key(const glimpse_endpoint *endpoint);

/* docs/wire.md, A5 rule 12: a longer answer is no summary. */
#define GL_ENDPOINT_USUAL                                                                          \
    { .size = sizeof(glimpse_endpoint), .max_response_bytes = INT64_C(64) << 20 }

/* Returns the endpoint itself, or `room`, filled from it where it was compiled against another
 * version. NULL: it is NULL or has no size, and problem says so. */
const glimpse_endpoint *gl_endpoint_read(const glimpse_endpoint *endpoint, glimpse_endpoint *room,
                                         glimpse_problem *problem);

/* Checks the members of an endpoint in this version's layout, and names the one at fault. */
glimpse_error gl_endpoint_check(const glimpse_endpoint *endpoint, glimpse_problem *problem);

/* Returns true for a text with a control byte, which would break a header. NULL has none. */
bool gl_has_control(const char *text);

/* glimpse_endpoint_from_env for an endpoint in this version's layout. */
void gl_endpoint_environment(glimpse_endpoint *endpoint);

/* Returns a variable that is set and not empty, or NULL: an empty one is how a shell unsets it. */
const char *gl_environment(const char *name);

#endif
