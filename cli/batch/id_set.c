/* id_set.c - finds repeated custom_ids in a job of any length. Called by job_line.c. */
#include "batch/id_set.h"

#include <string.h>

#include "base/alloc.h"

void id_set_init(id_set *set)
{
    memset(set, 0, sizeof *set);
    set->sha = gl_sha256_new();
    set->seed = gl_siphash_new_seed();
}

void id_set_clear(id_set *set)
{
    gl_free(set->slots);
    set->slots = NULL;
    set->count = set->capacity = 0;
}

void id_set_free(id_set *set)
{
    id_set_clear(set);
    gl_sha256_free(set->sha);
    set->sha = NULL;
}

/* Where the hash is, or the empty slot where it belongs. Ids whose digests begin alike can be found
 * by trying, so where they go depends on a seed. */
static struct id_hash *slot_of(const id_set *set, struct id_hash *slots, size_t capacity,
                               struct id_hash hash)
{
    size_t i = (size_t)gl_siphash(&set->seed, &hash, sizeof hash) & (capacity - 1);
    while ((slots[i].high != hash.high || slots[i].low != hash.low) &&
           (slots[i].high | slots[i].low) != 0)
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static bool grow(id_set *set)
{
    size_t capacity = set->capacity != 0 ? set->capacity * 2 : 1024;
    struct id_hash *slots = gl_calloc(capacity, sizeof *slots);
    if (slots == NULL) return false;
    for (size_t i = 0; i < set->capacity; i++)
        if ((set->slots[i].high | set->slots[i].low) != 0)
            *slot_of(set, slots, capacity, set->slots[i]) = set->slots[i];
    gl_free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
    return true;
}

id_set_verdict id_set_add(id_set *set, gl_slice id)
{
    unsigned char digest[32];
    struct id_hash hash;
    if (set->sha == NULL || !gl_sha256_digest(set->sha, &id, 1, digest)) return ID_FAILED;
    memcpy(&hash.high, digest, 8);
    memcpy(&hash.low, digest + 8, 8);
    if ((hash.high | hash.low) == 0) hash.low = 1;
    if ((set->count + 1) * 8 > set->capacity * 7 && !grow(set)) return ID_FAILED;
    struct id_hash *slot = slot_of(set, set->slots, set->capacity, hash);
    if ((slot->high | slot->low) != 0) return ID_SEEN;
    *slot = hash;
    set->count++;
    return ID_NEW;
}
