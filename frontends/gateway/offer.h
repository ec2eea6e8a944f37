/*
 * offer.h - the words about a model that is not there: its name, and some that are. Pure but for
 * memory.
 */
#ifndef GATEWAY_OFFER_H
#define GATEWAY_OFFER_H

#include "base/buf.h"

typedef struct gateway_offer {
    gl_buf text;
    size_t shown;
} gateway_offer;

/* `words` stand before the name. It is shown with its control bytes as escapes, and cut where it is
 * long; name len 0: none was given. */
void gateway_offer_begin(gateway_offer *offer, const char *words, gl_slice name);

/* Adds a model that there is. false: as many are shown as may be, and no more are wanted. */
bool gateway_offer_add(gateway_offer *offer, gl_slice name);

/* Returns the sentence, until gateway_offer_free. */
const char *gateway_offer_end(gateway_offer *offer);
void gateway_offer_free(gateway_offer *offer);

#endif
