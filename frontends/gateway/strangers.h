/*
 * strangers.h - addresses from which wrong keys came, and when the next one may come. Pure; time is
 * an argument.
 *
 * A right key always passes: behind a proxy all callers have one address. So this holds back
 * nobody with a key, and a stranger that tries keys learns less and costs less. The memory is
 * fixed: of two addresses with one place the newer has it.
 */
#ifndef GATEWAY_STRANGERS_H
#define GATEWAY_STRANGERS_H

#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"

#define GATEWAY_STRANGERS 1024

typedef struct gateway_strangers {
    gl_siphash_seed seed;
    struct gateway_stranger {
        uint64_t address; /* its hash; 0: nobody */
        uint64_t last_ns, until_ns;
        unsigned wrong; /* keys in a row, of those that were answered */
    } places[GATEWAY_STRANGERS];
} gateway_strangers;

void gateway_strangers_init(gateway_strangers *strangers);

/* A wrong key came. Returns 0: it is answered as such; or the seconds for which wrong keys from
 * this address are not looked at any more. address: as text; of IPv6 its network of 64 bits counts.
 */
int64_t gateway_strangers_came(gateway_strangers *strangers, gl_slice address, uint64_t now_ns);

#endif
