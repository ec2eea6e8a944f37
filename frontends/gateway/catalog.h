/* catalog.h - the models that a pool names, as OpenAI's list of models. Pure but for memory. */
#ifndef GATEWAY_CATALOG_H
#define GATEWAY_CATALOG_H

#include <glimpse/pool.h>

#include "base/buf.h"

/* Writes {"object":"list","data":[...]}: the models of the routes, then those of the endpoints that
 * requests can name, each once. `created` is each one's, in unix time. A pool that names none
 * leaves the buffer empty. false: out of memory. */
bool gateway_catalog_write(const glimpse_pool *pool, int64_t created, gl_buf *out);

#endif
