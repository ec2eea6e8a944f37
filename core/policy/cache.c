/*
 * cache.c - the prompt cache of <glimpse/cache.h>: LRU and TTL, bounded by entries and by bytes,
 * with a rule for which entry may push out which.
 *
 * Owns its entries and one reference to each sample. Every entry is in one segment's list (front =
 * used last) and in exactly one chain; the map finds a chain by the first 8 bytes of the key, and
 * the whole key is compared along it, so two keys that share those bytes live side by side. A put
 * takes all the memory it needs before it changes anything. Called by the engine, and by a program
 * that wants a cache without an engine; calls only the samples, reads no clock.
 *
 * Admission (W-TinyLFU): a new entry enters the window. When a bound is passed, the window's
 * candidate is compared with the main part's victim, and the one that was asked for less often
 * lately goes. The size of the window follows from a comparison with plain LRU, whose contents are
 * kept as hashes. With GLIMPSE_CACHE_LRU the window is the whole cache. docs/internals/cache.md.
 */
#include <glimpse/cache.h>

#include <string.h>

#include "base/alloc.h"
#include "base/layout.h"
#include "base/list.h"
#include "base/map.h"
#include "base/recent.h"
#include "base/sketch.h"
#include "base/time.h"
#include "problem.h"

/* The main part has an LRU of the entries that were used there (protected) and one of the rest
 * (probation), which loses entries first. */
enum { WINDOW, PROBATION, PROTECTED, SEGMENTS };

typedef struct entry {
    gl_node used;       /* in its segment's list */
    struct entry *next; /* another key with the same first 8 bytes */
    glimpse_key key;
    glimpse_sample *sample;
    uint64_t bytes; /* its part of the byte bound */
    gl_time stored;
    int segment;
} entry;

typedef struct segment {
    gl_list used; /* front = the newest use */
    uint64_t entries, bytes;
} segment;

/* Book-keeping of one entry: the struct, and two slots of the map, which is 3/8 to 3/4 full. */
#define ENTRY_BYTES (sizeof(entry) + 2 * sizeof(struct gl_map_slot))
/* Bytes that admission keeps for one entry. */
#define ADMISSION_BYTES (GL_SKETCH_KEY_BYTES + GL_RECENT_BYTES)

/* The window in hundredths of the cache: 1 is W-TinyLFU's own choice, 90 is plain LRU but for a
 * tenth. It moves when plain LRU does better or worse by more than a hundredth of the gets, looked
 * at after as many gets as there are entries. Chosen with glimpse-micro-cache-hits. */
enum { WINDOW_LEAST = 1, WINDOW_MOST = 90, WINDOW_UP = 40, WINDOW_DOWN = 20 };
enum { LOOK_LEAST = 64 }; /* gets before the first look at a small cache */
/* The share of the main part that may be protected; Caffeine's choice, like WINDOW_LEAST. */
enum { PROTECTED_PERCENT = 80 };
/* Most entries that one put moves between segments or looks at as victims, so that no put is slow:
 * the puts that follow empty a window that shrinks. */
enum { STEPS = 64 };

struct glimpse_cache {
    size_t owners;
    uint64_t max_entries, max_bytes, ttl_ns;
    segment segments[SEGMENTS];
    gl_map chains; /* the first 8 bytes of a key -> first entry of a chain */
    glimpse_cache_stats stats;

    bool frequency;                /* admission is on; the members below are used only then */
    gl_sketch asked;               /* how often each key was asked for lately */
    gl_recent lru;                 /* the contents that plain LRU would have */
    unsigned percent;              /* of the cache, for the window */
    uint64_t gets, hits, lru_hits; /* since the last look */
};

static const glimpse_cache_config usual = {
    .size = sizeof(glimpse_cache_config),
    .max_entries = 2000,
    .max_bytes = INT64_C(64) << 20,
    .ttl_ms = 7200000,
};
static const gl_layout layout = { .size = sizeof(glimpse_cache_config) };

void glimpse_cache_config_defaults(glimpse_cache_config *config)
{
    gl_layout_write(&layout, config, &usual);
}

static glimpse_error check(const glimpse_cache_config *config, glimpse_problem *problem)
{
    if (config->max_entries < 1) return gl_refuse(problem, "max_entries", "must be at least 1");
    if (config->max_bytes < 1) return gl_refuse(problem, "max_bytes", "must be at least 1");
    if (config->ttl_ms < 0) return gl_refuse(problem, "ttl_ms", "must be 0 or more");
    if ((unsigned)config->admission > GLIMPSE_CACHE_LRU)
        return gl_refuse(problem, "admission", "not one of its values");
    return GLIMPSE_OK;
}

glimpse_error glimpse_cache_new(const glimpse_cache_config *config, glimpse_cache **cache,
                                glimpse_problem *problem)
{
    gl_problem_clear(problem);
    if (cache == NULL) return gl_refuse(problem, "cache", "is NULL");
    *cache = NULL;
    glimpse_cache_config room;
    config = gl_layout_read(&layout, config != NULL ? config : &usual, &usual, &room);
    if (config == NULL) return gl_refuse_size(problem, "glimpse_cache_config_init");
    if (check(config, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    glimpse_cache *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    made->owners = 1;
    made->max_entries = (uint64_t)config->max_entries;
    made->max_bytes = (uint64_t)config->max_bytes;
    made->ttl_ns = gl_time_add_ms(0, config->ttl_ms);
    for (int i = 0; i < SEGMENTS; i++) gl_list_init(&made->segments[i].used);
    gl_map_init(&made->chains);
    made->frequency = config->admission == GLIMPSE_CACHE_FREQUENCY;
    made->percent = WINDOW_LEAST;
    gl_sketch_init(&made->asked);
    gl_recent_init(&made->lru);
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
    gl_sketch_free(&cache->asked);
    gl_recent_free(&cache->lru);
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

/* Mixes all of the key into 64 bits, for any bytes that the caller uses as a key (the multiplier of
 * splitmix64). */
static uint64_t hash_of(const glimpse_key *key)
{
    uint64_t hash = 0, word;
    for (size_t at = 0; at < sizeof key->bytes; at += sizeof word) {
        memcpy(&word, key->bytes + at, sizeof word);
        hash = (hash ^ word) * UINT64_C(0xbf58476d1ce4e5b9);
        hash ^= hash >> 31;
    }
    return hash;
}

static void enter(glimpse_cache *cache, entry *at, int where)
{
    segment *into = &cache->segments[where];
    at->segment = where;
    gl_list_push_front(&into->used, &at->used);
    into->entries++;
    into->bytes += at->bytes;
}

static void leave(glimpse_cache *cache, entry *at)
{
    segment *from = &cache->segments[at->segment];
    gl_node_remove(&at->used);
    from->entries--;
    from->bytes -= at->bytes;
}

/* The least recently used of a segment, or NULL. */
static entry *last_of(const glimpse_cache *cache, int where)
{
    gl_node *node = gl_list_last(&cache->segments[where].used);
    return node != NULL ? GL_CONTAINER(node, entry, used) : NULL;
}

/* The caller has reserved room for one more chain. */
static void link_entry(glimpse_cache *cache, entry *added, int where)
{
    entry *head = gl_map_get(&cache->chains, chain_of(&added->key));
    if (head == NULL) {
        added->next = NULL;
        gl_map_add(&cache->chains, chain_of(&added->key), added);
    } else {
        added->next = head->next;
        head->next = added;
    }
    enter(cache, added, where);
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
    leave(cache, gone);
    cache->stats.entries--;
    cache->stats.bytes -= gone->bytes;
    glimpse_sample_unref(gone->sample);
    gl_free(gone);
}

/*
 * Returns true when the entry is too old. Times are the caller's, and several engines may each hold
 * a reading of their own. So a time a little before `stored` starts the entry's age anew. A time
 * before it by the whole TTL means a clock that was set back, after which no age is known.
 */
static bool too_old(const glimpse_cache *cache, entry *at, gl_time now)
{
    if (now >= at->stored) return now - at->stored >= cache->ttl_ns;
    if (at->stored - now >= cache->ttl_ns) return true;
    at->stored = now;
    return false;
}

/* --- admission --- */

static bool over(const glimpse_cache *cache, uint64_t entries, uint64_t bytes)
{
    return entries > cache->max_entries || bytes > cache->max_bytes;
}

/* Returns a part of a bound; never wraps. */
static uint64_t part(uint64_t bound, unsigned percent)
{
    return bound / 100 * percent + bound % 100 * percent / 100;
}

/* Returns true when the window is above its part. It may always have one entry. A large answer may
 * be more than the window's part of the bytes, and is then compared at once. */
static bool window_full(const glimpse_cache *cache)
{
    const segment *window = &cache->segments[WINDOW];
    uint64_t most = part(cache->max_entries, cache->percent);
    return cache->frequency && (window->entries > (most > 0 ? most : 1) ||
                                window->bytes > part(cache->max_bytes, cache->percent));
}

/* Returns the entry that the window gives up next: its oldest, or the newcomer when that alone
 * fills it, before it has pushed out the others. NULL when the window has room. */
static entry *candidate_of(const glimpse_cache *cache)
{
    if (!window_full(cache)) return NULL;
    gl_node *node = gl_list_first(&cache->segments[WINDOW].used);
    entry *newest = node != NULL ? GL_CONTAINER(node, entry, used) : NULL;
    if (newest != NULL && newest->bytes > part(cache->max_bytes, cache->percent)) return newest;
    return last_of(cache, WINDOW);
}

/* Returns the entry that the main part loses next, or NULL. */
static entry *main_last(const glimpse_cache *cache)
{
    entry *at = last_of(cache, PROBATION);
    return at != NULL ? at : last_of(cache, PROTECTED);
}

static entry *used_after(const glimpse_cache *cache, const entry *at)
{
    gl_node *node = at->used.prev;
    if (node != &cache->segments[at->segment].used.head) return GL_CONTAINER(node, entry, used);
    return at->segment == PROBATION ? last_of(cache, PROTECTED) : NULL;
}

/* Returns true when the candidate was asked for more often than all entries that must go for it
 * together: a large answer has to be worth the small ones in its place. */
static bool wins(const glimpse_cache *cache, const entry *candidate, const entry *victim)
{
    unsigned wanted = gl_sketch_estimate(&cache->asked, hash_of(&candidate->key)), lost = 0;
    uint64_t entries = cache->stats.entries, bytes = cache->stats.bytes;
    for (int steps = 0; victim != NULL && over(cache, entries, bytes) && steps < STEPS; steps++) {
        lost += gl_sketch_estimate(&cache->asked, hash_of(&victim->key));
        if (lost >= wanted) return false;
        entries--;
        bytes -= victim->bytes;
        victim = used_after(cache, victim);
    }
    return true;
}

/* Removes entries until the bounds hold. */
static void shrink(glimpse_cache *cache)
{
    while (over(cache, cache->stats.entries, cache->stats.bytes)) {
        entry *candidate = candidate_of(cache), *gone = main_last(cache);
        if (gone == NULL) {
            gone = last_of(cache, WINDOW);
        } else if (candidate != NULL && !wins(cache, candidate, gone)) {
            cache->stats.declined++;
            gone = candidate;
        }
        drop(cache, gone);
        cache->stats.evicted++;
    }
    for (int steps = 0; steps < STEPS; steps++) {
        entry *moved = candidate_of(cache);
        if (moved == NULL) break;
        leave(cache, moved);
        enter(cache, moved, PROBATION);
    }
}

/* Books a hit: the entry becomes the newest of its segment, or moves to the protected one. */
static void use(glimpse_cache *cache, entry *at)
{
    const segment *kept = &cache->segments[PROTECTED];
    leave(cache, at);
    enter(cache, at, at->segment == WINDOW ? WINDOW : PROTECTED);
    uint64_t most = part(cache->stats.entries - cache->segments[WINDOW].entries, PROTECTED_PERCENT);
    for (int steps = 0; steps < STEPS && kept->entries > most; steps++) {
        entry *moved = last_of(cache, PROTECTED);
        leave(cache, moved);
        enter(cache, moved, PROBATION);
    }
}

/* The number of entries fits a size_t, because they are in memory. */
static size_t entries_of(const glimpse_cache *cache)
{
    return (size_t)cache->stats.entries;
}

/* Counts a get here and for plain LRU; from time to time it moves the window. */
static void learn(glimpse_cache *cache, const glimpse_key *key, bool hit)
{
    uint64_t hash = hash_of(key);
    gl_sketch_add(&cache->asked, hash);
    cache->gets++;
    cache->hits += hit;
    if (gl_recent_touch(&cache->lru, hash))
        cache->lru_hits++;
    else if (hit && gl_recent_add(&cache->lru, hash)) /* plain LRU would have put it again */
        gl_recent_trim(&cache->lru, entries_of(cache));
    if (cache->gets < LOOK_LEAST || cache->gets < cache->stats.entries) return;
    uint64_t noise = cache->gets / 100;
    if (cache->lru_hits > cache->hits + noise)
        cache->percent =
            cache->percent < WINDOW_MOST - WINDOW_UP ? cache->percent + WINDOW_UP : WINDOW_MOST;
    else if (cache->hits > cache->lru_hits + noise)
        cache->percent = cache->percent > WINDOW_LEAST + WINDOW_DOWN ? cache->percent - WINDOW_DOWN
                                                                     : WINDOW_LEAST;
    cache->gets = cache->hits = cache->lru_hits = 0;
}

/* Reserves room in admission's tables for the key that is put. */
static bool remember(glimpse_cache *cache, const glimpse_key *key)
{
    return !cache->frequency || (gl_sketch_reserve(&cache->asked, entries_of(cache) + 1) &&
                                 gl_recent_add(&cache->lru, hash_of(key)));
}

static void forget(glimpse_cache *cache, const glimpse_key *key)
{
    if (cache->frequency) gl_recent_remove(&cache->lru, hash_of(key));
}

/* --- the cache --- */

glimpse_sample *glimpse_cache_get(glimpse_cache *cache, const glimpse_key *key, uint64_t now_ns)
{
    return glimpse_cache_get_aged(cache, key, now_ns, NULL);
}

glimpse_sample *glimpse_cache_get_aged(glimpse_cache *cache, const glimpse_key *key,
                                       uint64_t now_ns, int64_t *age_ms)
{
    entry *at = find(cache, key);
    if (at != NULL && too_old(cache, at, now_ns)) {
        drop(cache, at);
        forget(cache, key);
        cache->stats.expired++;
        at = NULL;
    }
    if (cache->frequency) learn(cache, key, at != NULL);
    if (at == NULL) {
        cache->stats.misses++;
        return NULL;
    }
    cache->stats.hits++;
    use(cache, at);
    if (age_ms != NULL) *age_ms = (int64_t)(gl_time_since(now_ns, at->stored) / GL_MS);
    return glimpse_sample_ref(at->sample);
}

glimpse_error glimpse_cache_put(glimpse_cache *cache, const glimpse_key *key,
                                const glimpse_sample *sample, uint64_t now_ns)
{
    if (cache->ttl_ns == 0) return GLIMPSE_OK;
    entry *outdated = find(cache, key);
    uint64_t bytes = (uint64_t)glimpse_sample_size(sample) + ENTRY_BYTES +
                     (cache->frequency ? ADMISSION_BYTES : 0);
    if (bytes > cache->max_bytes) {
        if (outdated != NULL) drop(cache, outdated);
        forget(cache, key);
        cache->stats.rejected++;
        return GLIMPSE_OK;
    }
    entry *added = gl_malloc(sizeof *added);
    if (added == NULL || !gl_map_reserve(&cache->chains, cache->chains.count + 1) ||
        !remember(cache, key)) {
        gl_free(added);
        return GLIMPSE_ERR_OOM;
    }
    added->key = *key;
    added->sample = glimpse_sample_ref(sample);
    added->bytes = bytes;
    added->stored = now_ns;
    int where = WINDOW;
    if (outdated != NULL) {
        where = outdated->segment;
        drop(cache, outdated);
    }
    link_entry(cache, added, where);
    shrink(cache);
    gl_recent_trim(&cache->lru, entries_of(cache));
    return GLIMPSE_OK;
}

bool glimpse_cache_remove(glimpse_cache *cache, const glimpse_key *key)
{
    entry *at = find(cache, key);
    if (at == NULL) return false;
    drop(cache, at);
    forget(cache, key);
    return true;
}

void glimpse_cache_clear(glimpse_cache *cache)
{
    for (int i = 0; i < SEGMENTS; i++) {
        entry *gone;
        while ((gone = last_of(cache, i)) != NULL) drop(cache, gone);
    }
    gl_recent_trim(&cache->lru, 0);
}

glimpse_error glimpse_cache_resize(glimpse_cache *cache, int64_t max_entries, int64_t max_bytes)
{
    if (max_entries < 1 || max_bytes < 1) return GLIMPSE_ERR_INVALID;
    if ((uint64_t)max_entries < cache->max_entries || (uint64_t)max_bytes < cache->max_bytes)
        cache->stats.shrunk++;
    cache->max_entries = (uint64_t)max_entries;
    cache->max_bytes = (uint64_t)max_bytes;
    shrink(cache);
    gl_recent_trim(&cache->lru, entries_of(cache));
    return GLIMPSE_OK;
}

bool glimpse_cache_trim(glimpse_cache *cache, int64_t entries, int64_t bytes, size_t most)
{
    uint64_t wanted = entries > 0 ? (uint64_t)entries : 0, fit = bytes > 0 ? (uint64_t)bytes : 0;
    bool fits = cache->stats.entries <= wanted && cache->stats.bytes <= fit;
    for (; !fits && most > 0; most--) {
        entry *gone = main_last(cache);
        drop(cache, gone != NULL ? gone : last_of(cache, WINDOW));
        cache->stats.evicted++;
        fits = cache->stats.entries <= wanted && cache->stats.bytes <= fit;
    }
    gl_recent_trim(&cache->lru, entries_of(cache));
    return fits;
}

void glimpse_cache_get_stats(const glimpse_cache *cache, glimpse_cache_stats *stats)
{
    static const gl_layout shape = { .size = sizeof(glimpse_cache_stats) };
    glimpse_cache_stats now = cache->stats;
    now.max_entries = cache->max_entries;
    now.max_bytes = cache->max_bytes;
    gl_layout_write(&shape, stats, &now);
}

double glimpse_cache_hit_rate(const glimpse_cache *cache)
{
    uint64_t gets = cache->stats.hits + cache->stats.misses;
    return gets != 0 ? (double)cache->stats.hits / (double)gets : 0.0;
}
