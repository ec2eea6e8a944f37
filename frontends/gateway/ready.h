/* ready.h - whether a request that comes now has an endpoint to go to: /readyz in a word. */
#ifndef GATEWAY_READY_H
#define GATEWAY_READY_H

#include "gateway/gateway.h"

#define GATEWAY_READY_WORD "ok"

/* Returns GATEWAY_READY_WORD, or why no request can be answered: "draining", "key_stopped",
 * "circuit_open". With an open circuit it is ready again when the next probe may go, as only a
 * request can find out that the endpoint is back. */
const char *gateway_ready_word(const gateway *gate);

#endif
