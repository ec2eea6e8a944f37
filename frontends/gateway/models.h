/*
 * models.h - /v1/models: the endpoint's own list, asked for when a caller wants it and kept for 60
 * s. One question is under way at a time; callers that come meanwhile have its answer too.
 */
#ifndef GATEWAY_MODELS_H
#define GATEWAY_MODELS_H

#include "gateway/state.h"

/* false: out of memory, or an endpoint that cannot be asked. */
bool gateway_models_open(gateway *gate, const glimpse_endpoint *endpoint);

/* Answers a request for the list or for one of it, at once or later. */
void gateway_models_show(gateway *gate, httpd_conn *conn);

/* A connection is going: it waits for no answer any more. */
void gateway_models_gone(gateway *gate, httpd_conn *conn);

void gateway_models_free(gateway *gate);

#endif
