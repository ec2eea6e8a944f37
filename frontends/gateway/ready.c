/* ready.c - see ready.h. */
#include "gateway/ready.h"

#include "gateway/state.h"

const char *gateway_ready_word(const gateway *gate)
{
    bool broken = false;
    glimpse_endpoint_stats endpoint;
    if (gate->draining) return "draining";
    glimpse_endpoint_stats_init(&endpoint);
    for (size_t i = 0; glimpse_engine_endpoint(gate->config.engine, i, &endpoint) == GLIMPSE_OK;
         i++) {
        if (endpoint.open) return GATEWAY_READY_WORD;
        broken |= !endpoint.key_stopped;
    }
    return broken ? "circuit_open" : "key_stopped";
}
