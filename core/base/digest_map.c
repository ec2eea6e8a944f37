/* digest_map.c - see digest_map.h. */
#include "base/digest_map.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

#define CAPACITY_MIN 1024

/* All zero marks an empty slot. */
static gl_digest no_zero(gl_digest digest)
{
    if ((digest.high | digest.low) == 0) digest.low = 1;
    return digest;
}

gl_digest gl_digest_of(const unsigned char *bytes)
{
    gl_digest digest;
    memcpy(&digest, bytes, sizeof digest);
    return digest;
}

void gl_digest_map_init(gl_digest_map *map)
{
    *map = (gl_digest_map){ .seed = gl_siphash_new_seed() };
}

void gl_digest_set_init(gl_digest_map *set)
{
    gl_digest_map_init(set);
    set->is_set = true;
}

void gl_digest_map_free(gl_digest_map *map)
{
    gl_free(map->slots);
    gl_free(map->numbers);
    map->slots = NULL;
    map->numbers = NULL;
    map->count = map->capacity = 0;
}

static bool is_empty(gl_digest slot)
{
    return (slot.high | slot.low) == 0;
}

/* The slot of the digest, or the empty one where it belongs. */
static size_t find(const gl_digest_map *map, gl_digest digest)
{
    size_t i = (size_t)gl_siphash(&map->seed, &digest, sizeof digest) & (map->capacity - 1);
    while (!is_empty(map->slots[i]) &&
           (map->slots[i].high != digest.high || map->slots[i].low != digest.low))
        i = (i + 1) & (map->capacity - 1);
    return i;
}

bool gl_digest_map_reserve(gl_digest_map *map)
{
    if (map->count < map->capacity / 8 * 7) return true;
    if (map->capacity > SIZE_MAX / 2 / sizeof *map->slots) return false;
    gl_digest_map grown = { .seed = map->seed,
                            .capacity = map->capacity != 0 ? map->capacity * 2 : CAPACITY_MIN,
                            .is_set = map->is_set };
    grown.slots = gl_calloc(grown.capacity, sizeof *grown.slots);
    if (!map->is_set) grown.numbers = gl_malloc(grown.capacity * sizeof *grown.numbers);
    if (grown.slots == NULL || (!map->is_set && grown.numbers == NULL)) {
        gl_digest_map_free(&grown);
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++)
        if (!is_empty(map->slots[i]))
            gl_digest_map_put(&grown, map->slots[i], map->is_set ? 0 : map->numbers[i]);
    gl_digest_map_free(map);
    *map = grown;
    return true;
}

bool gl_digest_map_get(const gl_digest_map *map, gl_digest digest, uint32_t *number)
{
    if (map->capacity == 0) return false;
    size_t i = find(map, no_zero(digest));
    if (is_empty(map->slots[i])) return false;
    if (number != NULL) *number = map->numbers[i];
    return true;
}

void gl_digest_map_put(gl_digest_map *map, gl_digest digest, uint32_t number)
{
    digest = no_zero(digest);
    size_t i = find(map, digest);
    if (is_empty(map->slots[i])) {
        assert(map->count < map->capacity / 8 * 7);
        map->slots[i] = digest;
        map->count++;
    }
    if (!map->is_set) map->numbers[i] = number;
}
