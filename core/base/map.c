/* map.c - see map.h. Filled to at most three quarters. */
#include "base/map.h"

#include <assert.h>

#include "base/alloc.h"

void gl_map_init(gl_map *map)
{
    *map = (gl_map){ 0 };
}

void gl_map_free(gl_map *map)
{
    gl_free(map->slots);
    *map = (gl_map){ 0 };
}

/* The finaliser of SplitMix64 (Vigna): consecutive ids land far apart. */
static size_t home(const gl_map *map, uint64_t key)
{
    key ^= key >> 30;
    key *= UINT64_C(0xbf58476d1ce4e5b9);
    key ^= key >> 27;
    key *= UINT64_C(0x94d049bb133111eb);
    key ^= key >> 31;
    return (size_t)key & (map->capacity - 1);
}

/* Returns the slot of the key, or the empty slot where it would go. */
static size_t find(const gl_map *map, uint64_t key)
{
    size_t i = home(map, key);
    while (map->slots[i].value != NULL && map->slots[i].key != key)
        i = (i + 1) & (map->capacity - 1);
    return i;
}

bool gl_map_reserve(gl_map *map, size_t count)
{
    if (count <= map->capacity / 4 * 3) return true;
    size_t capacity = map->capacity != 0 ? map->capacity : 16;
    while (capacity / 4 * 3 < count) {
        if (capacity > SIZE_MAX / 2 / sizeof *map->slots) return false;
        capacity *= 2;
    }
    gl_map grown = { gl_calloc(capacity, sizeof *map->slots), map->count, capacity };
    if (grown.slots == NULL) return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value != NULL)
            grown.slots[find(&grown, map->slots[i].key)] = map->slots[i];
    gl_free(map->slots);
    *map = grown;
    return true;
}

void gl_map_add(gl_map *map, uint64_t key, void *value)
{
    assert(value != NULL && map->count < map->capacity / 4 * 3);
    size_t i = find(map, key);
    assert(map->slots[i].value == NULL);
    map->slots[i].key = key;
    map->slots[i].value = value;
    map->count++;
}

void *gl_map_get(const gl_map *map, uint64_t key)
{
    return map->capacity != 0 ? map->slots[find(map, key)].value : NULL;
}

void *gl_map_remove(gl_map *map, uint64_t key)
{
    if (map->capacity == 0) return NULL;
    size_t hole = find(map, key);
    void *value = map->slots[hole].value;
    if (value == NULL) return NULL;
    map->slots[hole].value = NULL;
    map->count--;
    /* Close the gap: move back each follower whose home is not after the hole (Knuth 6.4, R). */
    for (size_t i = hole;;) {
        i = (i + 1) & (map->capacity - 1);
        if (map->slots[i].value == NULL) return value;
        size_t distance_home = (i - home(map, map->slots[i].key)) & (map->capacity - 1);
        size_t distance_hole = (i - hole) & (map->capacity - 1);
        if (distance_home < distance_hole) continue;
        map->slots[hole] = map->slots[i];
        map->slots[i].value = NULL;
        hole = i;
    }
}
