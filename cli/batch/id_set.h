/*
 * id_set.h - the ids seen so far, as digests: 16 bytes each in a table between 7/16 and 7/8 full.
 *
 * A digest is two SipHashes with secret seeds of their own, so nobody can make two ids that count
 * as one, and by chance two of 10^9 do with a probability of 10^-21.
 */
#ifndef CLI_BATCH_ID_SET_H
#define CLI_BATCH_ID_SET_H

#include "base/digest_set.h"
#include "base/slice.h"

typedef struct id_set {
    gl_siphash_seed seeds[2];
    gl_digest_set seen;
} id_set;

typedef enum id_set_verdict {
    ID_NEW,
    ID_SEEN,
    ID_FAILED /* no memory */
} id_set_verdict;

void id_set_init(id_set *set);
void id_set_free(id_set *set);
void id_set_clear(id_set *set);
id_set_verdict id_set_add(id_set *set, gl_slice id);

#endif
