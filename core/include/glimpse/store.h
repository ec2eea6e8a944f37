/* SPDX-License-Identifier: MIT */
/*
 * store.h - a second-level cache: samples that outlive the process.
 *
 * A store is a const table of functions and a pointer, like a sampler. Each operation completes by
 * a callback, inside the call or later, from the loop; never on another thread. A store never fails
 * a request: a lookup that fails is a miss, a put that fails is lost, and the store logs it once.
 * Keys are those of the memory cache: docs/internals/key.md. One thread.
 */
#ifndef GLIMPSE_STORE_H
#define GLIMPSE_STORE_H

#include <glimpse/cache.h>
#include <glimpse/log.h>
#include <glimpse/problem.h>
#include <glimpse/sample.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct glimpse_store glimpse_store;

/* sample is borrowed during the call, NULL for a miss (absent, expired, or the store is out of
 * order). age_ms: the time since it was put, at least 0. */
typedef void (*glimpse_store_got_fn)(void *arg, const glimpse_sample *sample, int64_t age_ms);

/* error: GLIMPSE_OK when it is done, or will survive a kill of the process from the next turns of
 * the loop on; else why it was lost. */
typedef void (*glimpse_store_done_fn)(void *arg, glimpse_error error);

typedef struct glimpse_store_vtable {
    size_t size;      /* REQUIRED: sizeof(glimpse_store_vtable) */
    const char *name; /* REQUIRED: for logs, static */

    /* REQUIRED. Leads to one got(arg, ...), inside get or later, unless it is cancelled. `arg`
     * names the lookup for cancel: no two lookups under way have the same. */
    void (*get)(void *self, const glimpse_key *key, glimpse_store_got_fn got, void *arg);

    /* REQUIRED where get may complete later. got is not called for `arg` afterwards; harmless for a
     * lookup that is not under way. */
    void (*cancel)(void *self, void *arg);

    /* REQUIRED. Replaces the key's last sample. The sample is borrowed; a store that keeps it for
     * later takes a reference. done may be NULL. */
    void (*put)(void *self, const glimpse_key *key, const glimpse_sample *sample,
                glimpse_store_done_fn done, void *arg);

    /* REQUIRED. Removing an absent sample is no error. done may be NULL. */
    void (*remove)(void *self, const glimpse_key *key, glimpse_store_done_fn done, void *arg);

    /* Optional. Called when the last reference is gone; no lookup is under way. Samples put and not
     * yet written are written, within a bounded time. */
    void (*destroy)(void *self);
} glimpse_store_vtable;

/*
 * Makes a store of the caller's own.
 *
 *   vtable: copied; not NULL
 *   self: passed to each of its functions
 *   store: gets the store; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM: self stays the caller's then
 *   Owner: the caller's, one reference: glimpse_store_unref
 *   Calls: the table's destroy when the last reference is gone
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_store_new(const glimpse_store_vtable *vtable, void *self,
                                            glimpse_store **store, glimpse_problem *problem);

/*
 * Adds an owner.
 *
 *   store: not NULL
 *   Returns: the store itself
 *   Owner: the caller's, one reference: glimpse_store_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_store *glimpse_store_ref(glimpse_store *store);

/*
 * Removes an owner; the last one frees it.
 *
 *   store: NULL is fine
 *   Calls: the table's destroy when it was the last
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_store_unref(glimpse_store *store);

/*
 * Returns the name in its table.
 *
 *   store: not NULL
 *   Returns: the table's own string
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_store_name(const glimpse_store *store);

/*
 * Returns the pointer that a store was made with, to its maker.
 *
 *   store: not NULL
 *   get: the maker's own get, by which the store is known
 *   Returns: self, if `get` is its table's; else NULL
 *   Calls: nothing
 *   Since: 0.1
 */
GLIMPSE_API void *glimpse_store_self(const glimpse_store *store,
                                     void (*get)(void *self, const glimpse_key *key,
                                                 glimpse_store_got_fn got, void *arg));

/*
 * Looks a sample up.
 *
 *   store: not NULL
 *   key: copied by the store where it completes later
 *   got: gets the sample or NULL; not NULL
 *   arg: names the look-up: no two under way have the same
 *   Calls: got, once, inside or later from the loop, unless it is cancelled
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_store_get(glimpse_store *store, const glimpse_key *key,
                                   glimpse_store_got_fn got, void *arg);

/*
 * Cancels a look-up; harmless for one that is not under way.
 *
 *   store: not NULL
 *   arg: the one of glimpse_store_get
 *   Calls: no got for it from then on
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_store_cancel(glimpse_store *store, void *arg);

/*
 * Stores a sample in place of the key's last one.
 *
 *   store: not NULL
 *   key: copied by the store where it completes later
 *   sample: a reference is taken where it is kept for later
 *   done: gets the outcome; may be NULL
 *   arg: passed to the callback; may be NULL
 *   Calls: done, once, inside or later from the loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_store_put(glimpse_store *store, const glimpse_key *key,
                                   const glimpse_sample *sample, glimpse_store_done_fn done,
                                   void *arg);

/*
 * Removes a sample; an absent one is no error.
 *
 *   store: not NULL
 *   key: copied by the store where it completes later
 *   done: called when it is gone; may be NULL
 *   arg: passed to the callback; may be NULL
 *   Calls: done, once, inside or later from the loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_store_remove(glimpse_store *store, const glimpse_key *key,
                                      glimpse_store_done_fn done, void *arg);

/*
 * The store in a SQLite file: docs/internals/store.md. Several processes may have the file open. No
 * call and no turn of the loop waits for a lock of another process or for the disk: samples are
 * gathered and written in small transactions, and a write that finds the file locked is repeated by
 * a timer. A file without write permission is read; samples that are put are then lost, and the log
 * says so once (event store_read_only). A file that turns out to be damaged, or is deleted, is not
 * used from then on: each lookup is a miss, and the log says so once.
 */
typedef struct glimpse_sqlite_store_config {
    size_t size;      /* set by glimpse_sqlite_store_config_init */
    const char *path; /* REQUIRED; a missing file is made, for its owner alone */
    int64_t ttl_ms;   /* default 2592000000 (30 days), from put; at least 1 */
    int64_t
        max_bytes; /* default 1 GiB of pages in use, at least 1 MiB; the oldest put goes first */
    glimpse_log_fn log; /* NULL = silence */
    void *log_arg;
    glimpse_log_level log_level; /* default WARN */
} glimpse_sqlite_store_config;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   config: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_sqlite_store_config_defaults(glimpse_sqlite_store_config *config);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   config: not NULL
 *   Since: 0.1
 */
static inline void glimpse_sqlite_store_config_init(glimpse_sqlite_store_config *config)
{
    config->size = sizeof *config;
    glimpse_sqlite_store_config_defaults(config);
}

/*
 * Opens or makes the file of a store. Only this call may wait, 2 s at most for a lock.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   config: set up by glimpse_sqlite_store_config_init; copied; not NULL
 *   store: gets the store; not NULL
 *   problem: gets the reason; a sentence about the file is without its path; may be NULL
 *   Returns: GLIMPSE_OK; INVALID; OOM; STORE (the file cannot be used, and is as it was)
 *   Owner: the caller's, one reference: glimpse_store_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_sqlite_store_new(struct event_base *base,
                                                   const glimpse_sqlite_store_config *config,
                                                   glimpse_store **store, glimpse_problem *problem);

typedef struct glimpse_sqlite_store_stats {
    size_t size; /* set by glimpse_sqlite_store_stats_init */
    uint64_t hits, misses;
    uint64_t expired;  /* found too old; counted as misses too */
    uint64_t damaged;  /* found altered; counted as misses too */
    uint64_t written;  /* written to the file */
    uint64_t lost;     /* put and lost: a full disk, a lock held for too long, no memory */
    uint64_t rejected; /* larger than 256 KiB, or than a quarter of max_bytes */
    uint64_t evicted;  /* deleted because of the size bound or their age */
    uint64_t busy;     /* times that another process held a lock */
    uint64_t commits, checkpoints;
    uint64_t waiting;         /* put and not in the file yet */
    uint64_t turns;           /* turns of the loop in which the store worked */
    uint64_t longest_turn_ns; /* the longest time that it held up the loop in one of them */
} glimpse_sqlite_store_stats;

/*
 * Sets up the struct, to be filled.
 *
 *   stats: not NULL
 *   Since: 0.1
 */
static inline void glimpse_sqlite_store_stats_init(glimpse_sqlite_store_stats *stats)
{
    stats->size = sizeof *stats;
}

/*
 * Returns true when the store's file may only be read, so that samples that are put are lost.
 *
 *   store: not NULL
 *   Returns: false for a store not made by glimpse_sqlite_store_new
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_sqlite_store_read_only(const glimpse_store *store);

/*
 * Gives the counts since the store was opened.
 *
 *   store: not NULL
 *   stats: set up by glimpse_sqlite_store_stats_init; of a store not made by
 *     glimpse_sqlite_store_new, all zero
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_sqlite_store_get_stats(const glimpse_store *store,
                                                glimpse_sqlite_store_stats *stats);

/* The contents of a file. Waits for the disk, reads all of the index; not for a loop. */
typedef struct glimpse_sqlite_file_stats {
    size_t size;                    /* set by glimpse_sqlite_file_stats_init */
    uint64_t entries, bytes;        /* samples, and bytes of them */
    uint64_t expired;               /* of the entries, those older than ttl_ms */
    int64_t oldest_ms;              /* age of the oldest entry, -1 when there is none */
    int64_t format;                 /* version of the file's format */
    uint64_t file_bytes, log_bytes; /* of the file itself, and of the log (-wal) beside it */
} glimpse_sqlite_file_stats;

/*
 * Sets up the struct, to be filled.
 *
 *   stats: not NULL
 *   Since: 0.1
 */
static inline void glimpse_sqlite_file_stats_init(glimpse_sqlite_file_stats *stats)
{
    stats->size = sizeof *stats;
}

/*
 * Counts the contents of a store's file. Waits for the disk, reads all of the index; not for a
 * loop. Makes no file.
 *
 *   path: not NULL
 *   ttl_ms: milliseconds after which an entry counts as expired, at least 1
 *   stats: set up by glimpse_sqlite_file_stats_init
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID; STORE (problem has the reason)
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_sqlite_file_inspect(const char *path, int64_t ttl_ms,
                                                      glimpse_sqlite_file_stats *stats,
                                                      glimpse_problem *problem);

/*
 * Deletes entries and gives the room back. Waits for the disk; not for a loop. Makes no file.
 *
 *   path: not NULL
 *   older_than_ms: entries put so many milliseconds ago or earlier; 0 = all
 *   removed: gets their number; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID; STORE (problem has the reason)
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_sqlite_file_purge(const char *path, int64_t older_than_ms,
                                                    uint64_t *removed, glimpse_problem *problem);

#ifdef __cplusplus
}
#endif
#endif
