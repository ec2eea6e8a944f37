/*
 * id_set.h - the ids seen so far, as digests: 16 bytes of SHA-256 each in a table between 7/16 and
 * 7/8 full.
 */
#ifndef CLI_BATCH_ID_SET_H
#define CLI_BATCH_ID_SET_H

#include "base/digest_set.h"
#include "base/sha256.h"

typedef struct id_set {
    gl_sha256 *sha;
    gl_digest_set seen;
} id_set;

typedef enum id_set_verdict {
    ID_NEW,
    ID_SEEN,
    ID_FAILED /* no memory, no SHA-256 */
} id_set_verdict;

void id_set_init(id_set *set);
void id_set_free(id_set *set);
void id_set_clear(id_set *set);
id_set_verdict id_set_add(id_set *set, gl_slice id);

#endif
