/*
 * keys.h - the file of --keys: read whole, checked whole, looked up by hash. Pure but for memory.
 *
 * The keys themselves are nowhere: the file has their SHA-256, and what a caller presents is hashed
 * and compared in constant time.
 */
#ifndef GATEWAY_KEYS_H
#define GATEWAY_KEYS_H

#include "base/json_file.h"
#include "gateway/allowance.h"

#define GATEWAY_KEYS_MAX 100000
#define GATEWAY_NAME_MAX 64

typedef struct gateway_key {
    const char *name;
    const char *scope; /* of its answers: "share:..." or "name:...": see glimpse_options.scope */
    unsigned char digest[32];
    bool interactive;
    int64_t queue; /* requests that may wait for their turn; 0: half of all that may */
    gateway_limits limits;
    const char *const *models; /* NULL: any */
    size_t model_count;
    int64_t expires_s; /* unix time; INT64_MAX: never */
} gateway_key;

typedef struct gateway_keys gateway_keys;

typedef gl_json_fault gateway_fault;

/* NULL: the fault says why; or, with an empty reason, out of memory. */
gateway_keys *gateway_keys_read(gl_slice text, gateway_fault *fault);
void gateway_keys_free(gateway_keys *keys);

size_t gateway_keys_count(const gateway_keys *keys);
const gateway_key *gateway_keys_at(const gateway_keys *keys, size_t index);

/* Finds the key of a digest; NULL: there is none, or it has expired. Takes the same time for all.
 */
const gateway_key *gateway_keys_find(const gateway_keys *keys, const unsigned char digest[32],
                                     int64_t unix_s);

/* Returns true when the caller may ask this model. */
bool gateway_key_allows(const gateway_key *key, gl_slice model);

#endif
