/* endpoint.h - which of an endpoint's members count, and what the environment says. */
#ifndef GL_ENDPOINT_H
#define GL_ENDPOINT_H

#include <glimpse/endpoint.h>

/* Where the endpoint is, and the key for it: Azure's when a deployment is given. The URL is never
 * NULL; a key that is not given is. */
const char *gl_endpoint_url(const glimpse_endpoint *endpoint);
const char *gl_endpoint_key(const glimpse_endpoint *endpoint);

/* A variable that is set and not empty, or NULL: an empty one is how a shell says "none". */
const char *gl_environment(const char *name);

#endif
