/* slots.c - see slots.h. Called by the files of this folder. */
#include "batch_api/slots.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"

bool batch_api_slots_init(batch_api_slots *slots)
{
    *slots = (batch_api_slots){ .sha = gl_sha256_new(), .seed = gl_siphash_new_seed() };
    return slots->sha != NULL;
}

void batch_api_slots_free(batch_api_slots *slots)
{
    gl_sha256_free(slots->sha);
    gl_free(slots->at);
    gl_index_free(&slots->by_id);
    *slots = (batch_api_slots){ .sha = NULL };
}

bool batch_api_id_of(batch_api_slots *slots, const glimpse_key *key, const char *path,
                     uint64_t salt, batch_api_id *id)
{
    unsigned char digest[32];
    const gl_slice parts[] = { gl_slice_of((const char *)key->bytes, sizeof key->bytes),
                               gl_slice_str(path),
                               gl_slice_of((const char *)&salt, salt != 0 ? sizeof salt : 0) };
    if (!gl_sha256_digest(slots->sha, parts, 3, digest)) return false;
    memcpy(id, digest, sizeof *id);
    return true;
}

bool batch_api_id_equal(const batch_api_id *a, const batch_api_id *b)
{
    return a->high == b->high && a->low == b->low;
}

void batch_api_id_write(const batch_api_id *id, char text[BATCH_API_ID_TEXT])
{
    snprintf(text, BATCH_API_ID_TEXT, "%016llx%016llx", (unsigned long long)id->high,
             (unsigned long long)id->low);
}

bool batch_api_id_read(const char *text, size_t len, batch_api_id *id)
{
    uint64_t half[2] = { 0, 0 };
    if (len != BATCH_API_ID_TEXT - 1) return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        uint64_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint64_t)(c - 'a' + 10);
        else
            return false;
        half[i / 16] = half[i / 16] << 4 | digit;
    }
    *id = (batch_api_id){ half[0], half[1] };
    return true;
}

static uint64_t hash_of(const void *owner, uint32_t number)
{
    const batch_api_slots *slots = owner;
    return gl_siphash(&slots->seed, &slots->at[number].id, sizeof(batch_api_id));
}

size_t batch_api_slots_find(const batch_api_slots *slots, const batch_api_id *id)
{
    uint32_t number;
    gl_index_walk walk = gl_index_find(&slots->by_id, gl_siphash(&slots->seed, id, sizeof *id));
    while (gl_index_next(&walk, &number))
        if (batch_api_id_equal(&slots->at[number].id, id)) return number;
    return SIZE_MAX;
}

size_t batch_api_slots_add(batch_api_slots *slots, const batch_api_id *id)
{
    size_t number = slots->count;
    if (!gl_index_reserve(&slots->by_id, number + 1, hash_of, slots)) return SIZE_MAX;
    batch_api_slot *at = gl_array_room(slots->at, &slots->capacity, number + 1, 512, sizeof *at);
    if (at == NULL) return SIZE_MAX;
    slots->at = at;
    slots->at[number] = (batch_api_slot){ .id = *id };
    gl_index_add(&slots->by_id, hash_of(slots, (uint32_t)number), (uint32_t)number);
    slots->count++;
    return number;
}
