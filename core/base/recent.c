/* recent.c - the set of recent.h: members in a map by their hash, and in a list by their use. */
#include "base/recent.h"

#include "base/alloc.h"

typedef struct member {
    gl_node node;
    uint64_t hash;
} member;

void gl_recent_init(gl_recent *recent)
{
    gl_map_init(&recent->by_hash);
    gl_list_init(&recent->order);
}

void gl_recent_free(gl_recent *recent)
{
    gl_recent_trim(recent, 0);
    gl_map_free(&recent->by_hash);
}

bool gl_recent_touch(gl_recent *recent, uint64_t hash)
{
    member *at = gl_map_get(&recent->by_hash, hash);
    if (at == NULL) return false;
    gl_node_remove(&at->node);
    gl_list_push_front(&recent->order, &at->node);
    return true;
}

bool gl_recent_add(gl_recent *recent, uint64_t hash)
{
    if (gl_recent_touch(recent, hash)) return true;
    member *added = gl_malloc(sizeof *added);
    if (added == NULL || !gl_map_reserve(&recent->by_hash, recent->by_hash.count + 1)) {
        gl_free(added);
        return false;
    }
    added->hash = hash;
    gl_map_add(&recent->by_hash, hash, added);
    gl_list_push_front(&recent->order, &added->node);
    return true;
}

static void drop(gl_recent *recent, member *gone)
{
    gl_map_remove(&recent->by_hash, gone->hash);
    gl_node_remove(&gone->node);
    gl_free(gone);
}

void gl_recent_remove(gl_recent *recent, uint64_t hash)
{
    member *gone = gl_map_get(&recent->by_hash, hash);
    if (gone != NULL) drop(recent, gone);
}

void gl_recent_trim(gl_recent *recent, size_t most)
{
    gl_node *last;
    while (recent->by_hash.count > most && (last = gl_list_last(&recent->order)) != NULL)
        drop(recent, GL_CONTAINER(last, member, node));
}
