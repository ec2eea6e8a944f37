/* digest_set.c - see digest_set.h. */
#include "base/digest_set.h"

#include <string.h>

#include "base/alloc.h"

#define CAPACITY_MIN 1024
#define SHIFT_FIRST  54 /* 2^(64 - 54) is 1024 */

gl_digest gl_digest_of(const unsigned char *bytes)
{
    gl_digest digest;
    memcpy(&digest, bytes, sizeof digest);
    return digest;
}

void gl_digest_set_init(gl_digest_set *set)
{
    *set = (gl_digest_set){ .seed = gl_siphash_new_seed() };
}

void gl_digest_set_free(gl_digest_set *set)
{
    gl_free(set->slots);
    set->slots = NULL;
    set->count = set->capacity = 0;
}

static bool is_empty(gl_digest slot)
{
    return (slot.high | slot.low) == 0;
}

/* All zero marks an empty slot. */
static gl_digest no_zero(gl_digest digest)
{
    digest.low |= is_empty(digest);
    return digest;
}

/* Returns the first place where the digest may be. */
static size_t home(const gl_digest_set *set, gl_digest digest)
{
    uint64_t product = digest.high * (set->seed.half[0] | 1) + digest.low * (set->seed.half[1] | 1);
    return (size_t)(product >> set->shift);
}

/* Returns the slot of the digest, or the empty slot where it belongs. */
static gl_digest *find(const gl_digest_set *set, gl_digest digest)
{
    size_t i = home(set, digest);
    while (!is_empty(set->slots[i]) &&
           (set->slots[i].high != digest.high || set->slots[i].low != digest.low))
        i = (i + 1) & (set->capacity - 1);
    return &set->slots[i];
}

static bool grow(gl_digest_set *set)
{
    gl_digest_set grown = *set;
    grown.capacity = set->capacity != 0 ? set->capacity * 2 : CAPACITY_MIN;
    grown.shift = set->capacity != 0 ? set->shift - 1 : SHIFT_FIRST;
    if (set->capacity > SIZE_MAX / 2) return false;
    grown.slots = gl_calloc(grown.capacity, sizeof *grown.slots);
    if (grown.slots == NULL) return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (!is_empty(set->slots[i])) *find(&grown, set->slots[i]) = set->slots[i];
    gl_free(set->slots);
    *set = grown;
    return true;
}

bool gl_digest_set_has(const gl_digest_set *set, gl_digest digest)
{
    return set->capacity != 0 && !is_empty(*find(set, no_zero(digest)));
}

gl_digest_added gl_digest_set_add(gl_digest_set *set, gl_digest digest)
{
    digest = no_zero(digest);
    gl_digest *slot = set->capacity != 0 ? find(set, digest) : NULL;
    if (slot != NULL && !is_empty(*slot)) return GL_DIGEST_SEEN;
    if (slot == NULL || set->count == set->capacity / 8 * 7) {
        if (!grow(set)) return GL_DIGEST_NO_MEMORY;
        slot = find(set, digest);
    }
    *slot = digest;
    set->count++;
    return GL_DIGEST_NEW;
}
