/*
 * store.h - a second-level cache: samples that outlive the process.
 *
 * A store is a const table of functions and a pointer, as a sampler is. Each operation completes by
 * a callback, inside the call or later, from the loop; never on another thread. What a store cannot
 * do it does without: a lookup that fails is a miss, a put that fails is lost, and the store says
 * so once by its log. Keys are those of the memory cache: docs/internals/key.md. One thread.
 */
#ifndef GLIMPSE_STORE_H
#define GLIMPSE_STORE_H

#include <glimpse/cache.h>
#include <glimpse/log.h>
#include <glimpse/sample.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct glimpse_store glimpse_store;

/* sample is borrowed during the call, NULL for a miss (absent, expired, or the store is out of
 * order). age_ms: how long ago it was put, at least 0. */
typedef void (*glimpse_store_got_fn)(void *arg, const glimpse_sample *sample, int64_t age_ms);

/* error: GLIMPSE_OK when it is done, or will survive a kill of the process from the next turns of
 * the loop on; else why it was lost. */
typedef void (*glimpse_store_done_fn)(void *arg, glimpse_error error);

#define GLIMPSE_STORE_VERSION 1

typedef struct glimpse_store_vtable {
    uint32_t version; /* REQUIRED: GLIMPSE_STORE_VERSION */
    const char *name; /* REQUIRED: for logs, static */

    /* REQUIRED. Leads to one got(arg, ...), inside get or later, unless it is cancelled. `arg`
     * names the lookup to cancel: no two lookups under way have the same. */
    void (*get)(void *self, const glimpse_key *key, glimpse_store_got_fn got, void *arg);

    /* REQUIRED where get may complete later. No got for `arg` after it; harmless for one that is
     * not under way. */
    void (*cancel)(void *self, void *arg);

    /* REQUIRED. What was there is replaced. The sample is borrowed; one that is kept for later is
     * referenced. done may be NULL. */
    void (*put)(void *self, const glimpse_key *key, const glimpse_sample *sample,
                glimpse_store_done_fn done, void *arg);

    /* REQUIRED. Removing what is not there is no error. done may be NULL. */
    void (*remove)(void *self, const glimpse_key *key, glimpse_store_done_fn done, void *arg);

    /* Optional. The last reference is gone; no lookup is under way. What was put and not yet
     * written is written, within a bounded time. */
    void (*destroy)(void *self);
} glimpse_store_vtable;

/* A store with one owner; the table is copied, self is passed back. Errors: INVALID, OOM (self
 * stays the caller's then). */
GLIMPSE_API glimpse_error glimpse_store_new(const glimpse_store_vtable *vtable, void *self,
                                            glimpse_store **store);
GLIMPSE_API glimpse_store *glimpse_store_ref(glimpse_store *store);
GLIMPSE_API void glimpse_store_unref(glimpse_store *store);
GLIMPSE_API const char *glimpse_store_name(const glimpse_store *store);

/* The table's functions, for a caller who uses a store alone, and for the engine. */
GLIMPSE_API void glimpse_store_get(glimpse_store *store, const glimpse_key *key,
                                   glimpse_store_got_fn got, void *arg);
GLIMPSE_API void glimpse_store_cancel(glimpse_store *store, void *arg);
GLIMPSE_API void glimpse_store_put(glimpse_store *store, const glimpse_key *key,
                                   const glimpse_sample *sample, glimpse_store_done_fn done,
                                   void *arg);
GLIMPSE_API void glimpse_store_remove(glimpse_store *store, const glimpse_key *key,
                                      glimpse_store_done_fn done, void *arg);

#ifdef __cplusplus
}
#endif
#endif
