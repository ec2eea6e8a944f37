/*
 * models.h - /v1/models: what the pool names, or the endpoint's own list, asked for when a caller
 * wants it and kept for 60 s. One question is under way at a time; callers that come meanwhile have
 * its answer too.
 */
#ifndef GATEWAY_MODELS_H
#define GATEWAY_MODELS_H

#include "gateway/offer.h"
#include "gateway/state.h"

/* false: out of memory, or an endpoint that cannot be asked. */
bool gateway_models_open(gateway *gate);

/* The list is that of a pool which names models; else its first endpoint's own, or, pool NULL, that
 * of `endpoint`. false: as above, and nothing has changed. */
bool gateway_models_set(gateway *gate, const glimpse_endpoint *endpoint, const glimpse_pool *pool);

/* Answers a request for the list or for one of it, at once or later. */
void gateway_models_show(gateway *gate, httpd_conn *conn);

/* Names some of the list that was had last, of those that a key may ask; NULL: any. */
void gateway_models_offer(const gateway *gate, const gateway_key *key, gateway_offer *offer);

/* A connection is going: it waits for no answer any more. */
void gateway_models_gone(gateway *gate, httpd_conn *conn);

void gateway_models_free(gateway *gate);

#endif
