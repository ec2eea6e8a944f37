/*
 * map.h - hash map from a 64-bit number to a pointer: open addressing, linear probing, deletion
 * without tombstones.
 *
 * The number is mixed into its own hash, so it may be an id or the first bytes of a digest. Only
 * growing can fail, and gl_map_reserve does that ahead.
 */
#ifndef GL_BASE_MAP_H
#define GL_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gl_map {
    struct gl_map_slot {
        uint64_t key;
        void *value; /* NULL = empty */
    } *slots;
    size_t count, capacity; /* capacity is a power of two, or 0 */
} gl_map;

void gl_map_init(gl_map *map);
void gl_map_free(gl_map *map);

/* Makes room for count values in all. false: out of memory. */
bool gl_map_reserve(gl_map *map, size_t count);

/* Adds; the key must not be there, the value not NULL, room reserved. */
void gl_map_add(gl_map *map, uint64_t key, void *value);

/* The value, or NULL. */
void *gl_map_get(const gl_map *map, uint64_t key);

/* Takes the value out and returns it; NULL: there is none. */
void *gl_map_remove(gl_map *map, uint64_t key);

#endif
