/*
 * recent.h - a bounded set of hashes in order of use: the contents that a plain LRU of that size
 * would have, without the values.
 */
#ifndef GL_BASE_RECENT_H
#define GL_BASE_RECENT_H

#include "base/list.h"
#include "base/map.h"

typedef struct gl_recent {
    gl_map by_hash;
    gl_list order; /* front = used last */
} gl_recent;

/* Bytes that one member takes: a node, and two slots of the map, which is 3/8 to 3/4 full. */
#define GL_RECENT_BYTES (sizeof(gl_node) + sizeof(uint64_t) + 2 * sizeof(struct gl_map_slot))

void gl_recent_init(gl_recent *recent);
void gl_recent_free(gl_recent *recent);

/* Returns true for a member, which becomes the newest. */
bool gl_recent_touch(gl_recent *recent, uint64_t hash);

/* Makes the hash the newest member. false: out of memory (the set is unchanged). */
bool gl_recent_add(gl_recent *recent, uint64_t hash);
void gl_recent_remove(gl_recent *recent, uint64_t hash);

/* Removes the oldest members until at most `most` are left. */
void gl_recent_trim(gl_recent *recent, size_t most);

#endif
