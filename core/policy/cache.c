/*
 * cache.c - the prompt cache of <glimpse/cache.h>: LRU and TTL, bounded by entries and by bytes.
 *
 * Owns its entries and one reference to each sample. Every entry is in the LRU list (front = used
 * last) and in exactly one chain; the map finds a chain by the first 8 bytes of the key, and the
 * whole key is compared along it, so two keys that share those bytes live side by side. A put takes
 * all the memory it needs before it changes anything. Called by the engine and by anyone who wants
 * a cache without one; calls nobody but the samples, reads no clock.
 */
#include <glimpse/cache.h>

#include <string.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/map.h"
#include "base/time.h"

typedef struct entry {
    gl_node used;       /* in the cache's LRU list */
    struct entry *next; /* another key with the same first 8 bytes */
    glimpse_key key;
    glimpse_sample *sample;
    uint64_t bytes; /* what it counts for the byte bound */
    gl_time stored;
} entry;

/* Book-keeping of one entry: itself, and two slots of the map, which is 3/8 to 3/4 full. */
#define ENTRY_BYTES (sizeof(entry) + 2 * sizeof(struct gl_map_slot))

struct glimpse_cache {
    size_t owners;
    uint64_t max_entries, max_bytes, ttl_ns;
    gl_list used;
    gl_map chains; /* the first 8 bytes of a key -> first entry of a chain */
    glimpse_cache_stats stats;
};

void glimpse_cache_config_init_version(glimpse_cache_config *config, uint32_t version)
{
    *config = (glimpse_cache_config){
        .version = version,
        .max_entries = 2000,
        .max_bytes = INT64_C(64) << 20,
        .ttl_ms = 7200000,
    };
}

glimpse_error glimpse_cache_new(const glimpse_cache_config *config, glimpse_cache **cache)
{
    if (cache == NULL) return GLIMPSE_ERR_INVALID;
    *cache = NULL;
    glimpse_cache_config defaults;
    if (config == NULL) {
        glimpse_cache_config_init(&defaults);
        config = &defaults;
    }
    if (config->version != GLIMPSE_CACHE_CONFIG_VERSION || config->max_entries < 1 ||
        config->max_bytes < 1 || config->ttl_ms < 0)
        return GLIMPSE_ERR_INVALID;
    glimpse_cache *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return GLIMPSE_ERR_OOM;
    made->owners = 1;
    made->max_entries = (uint64_t)config->max_entries;
    made->max_bytes = (uint64_t)config->max_bytes;
    made->ttl_ns = gl_time_add_ms(0, config->ttl_ms);
    gl_list_init(&made->used);
    gl_map_init(&made->chains);
    *cache = made;
    return GLIMPSE_OK;
}

glimpse_cache *glimpse_cache_ref(glimpse_cache *cache)
{
    cache->owners++;
    return cache;
}

void glimpse_cache_unref(glimpse_cache *cache)
{
    if (cache == NULL || --cache->owners != 0) return;
    glimpse_cache_clear(cache);
    gl_map_free(&cache->chains);
    gl_free(cache);
}

/* --- entries --- */

static uint64_t chain_of(const glimpse_key *key)
{
    uint64_t first;
    memcpy(&first, key->bytes, sizeof first);
    return first;
}

static entry *find(const glimpse_cache *cache, const glimpse_key *key)
{
    entry *at = gl_map_get(&cache->chains, chain_of(key));
    while (at != NULL && memcmp(&at->key, key, sizeof *key) != 0) at = at->next;
    return at;
}

/* Room for one more chain is reserved. */
static void link_entry(glimpse_cache *cache, entry *added)
{
    entry *head = gl_map_get(&cache->chains, chain_of(&added->key));
    if (head == NULL) {
        added->next = NULL;
        gl_map_add(&cache->chains, chain_of(&added->key), added);
    } else {
        added->next = head->next;
        head->next = added;
    }
    gl_list_push_front(&cache->used, &added->used);
    cache->stats.entries++;
    cache->stats.bytes += added->bytes;
}

static void drop(glimpse_cache *cache, entry *gone)
{
    uint64_t chain = chain_of(&gone->key);
    entry *head = gl_map_get(&cache->chains, chain);
    if (head == gone) {
        gl_map_remove(&cache->chains, chain);
        if (gone->next != NULL) gl_map_add(&cache->chains, chain, gone->next);
    } else {
        while (head->next != gone) head = head->next;
        head->next = gone->next;
    }
    gl_node_remove(&gone->used);
    cache->stats.entries--;
    cache->stats.bytes -= gone->bytes;
    glimpse_sample_unref(gone->sample);
    gl_free(gone);
}

static void shrink(glimpse_cache *cache)
{
    while (cache->stats.entries > cache->max_entries || cache->stats.bytes > cache->max_bytes) {
        drop(cache, GL_CONTAINER(gl_list_last(&cache->used), entry, used));
        cache->stats.evicted++;
    }
}

/*
 * Whether the entry is too old. Times are the caller's, and several engines may each hold a reading
 * of their own: a time a little before `stored` is taken for the new beginning of its age, one
 * before it by the whole TTL for a clock that was set back, after which no age is known.
 */
static bool too_old(const glimpse_cache *cache, entry *at, gl_time now)
{
    if (now >= at->stored) return now - at->stored >= cache->ttl_ns;
    if (at->stored - now >= cache->ttl_ns) return true;
    at->stored = now;
    return false;
}

/* --- the cache --- */

glimpse_sample *glimpse_cache_get(glimpse_cache *cache, const glimpse_key *key, uint64_t now_ns)
{
    entry *at = find(cache, key);
    if (at != NULL && too_old(cache, at, now_ns)) {
        drop(cache, at);
        cache->stats.expired++;
        at = NULL;
    }
    if (at == NULL) {
        cache->stats.misses++;
        return NULL;
    }
    cache->stats.hits++;
    gl_node_remove(&at->used);
    gl_list_push_front(&cache->used, &at->used);
    return glimpse_sample_ref(at->sample);
}

glimpse_error glimpse_cache_put(glimpse_cache *cache, const glimpse_key *key,
                                const glimpse_sample *sample, uint64_t now_ns)
{
    if (cache->ttl_ns == 0) return GLIMPSE_OK;
    entry *before = find(cache, key);
    uint64_t bytes = (uint64_t)glimpse_sample_size(sample) + ENTRY_BYTES;
    if (bytes > cache->max_bytes) {
        if (before != NULL) drop(cache, before);
        cache->stats.rejected++;
        return GLIMPSE_OK;
    }
    entry *added = gl_malloc(sizeof *added);
    if (added == NULL || !gl_map_reserve(&cache->chains, cache->chains.count + 1)) {
        gl_free(added);
        return GLIMPSE_ERR_OOM;
    }
    added->key = *key;
    added->sample = glimpse_sample_ref(sample);
    added->bytes = bytes;
    added->stored = now_ns;
    if (before != NULL) drop(cache, before);
    link_entry(cache, added);
    shrink(cache);
    return GLIMPSE_OK;
}

bool glimpse_cache_remove(glimpse_cache *cache, const glimpse_key *key)
{
    entry *at = find(cache, key);
    if (at == NULL) return false;
    drop(cache, at);
    return true;
}

void glimpse_cache_clear(glimpse_cache *cache)
{
    gl_node *node;
    while ((node = gl_list_first(&cache->used)) != NULL)
        drop(cache, GL_CONTAINER(node, entry, used));
}

glimpse_error glimpse_cache_resize(glimpse_cache *cache, int64_t max_entries, int64_t max_bytes)
{
    if (max_entries < 1 || max_bytes < 1) return GLIMPSE_ERR_INVALID;
    cache->max_entries = (uint64_t)max_entries;
    cache->max_bytes = (uint64_t)max_bytes;
    shrink(cache);
    return GLIMPSE_OK;
}

void glimpse_cache_get_stats(const glimpse_cache *cache, glimpse_cache_stats *stats)
{
    *stats = cache->stats;
}

double glimpse_cache_hit_rate(const glimpse_cache *cache)
{
    uint64_t gets = cache->stats.hits + cache->stats.misses;
    return gets != 0 ? (double)cache->stats.hits / (double)gets : 0.0;
}
