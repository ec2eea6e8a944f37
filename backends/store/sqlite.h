/* sqlite.h - the parts of one store: its waiting work, and the work of a turn. sqlite.c has the
 * table of functions, reads.c and writes.c the two directions, shared.c their common parts. */
#ifndef GL_STORE_SQLITE_H
#define GL_STORE_SQLITE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "base/sha256.h"
#include "log.h"
#include "loop.h"
#include "store/checkpoint.h"
#include "store/file.h"

/* The most bytes of a value. A larger one is not kept: a value is written in one turn of the loop,
 * and one of 1 MiB took 9 ms of it, one of 256 KiB less than 3 (bench/micro/store.c). */
#define GL_STORE_VALUE_MAX ((size_t)256 << 10)

/* The time of one turn of the loop that a store may use before it leaves the rest to the next. A
 * step that has begun is finished: the longest are a commit of WRITE_BYTES and a checkpoint. */
#define GL_STORE_TURN_NS (2 * GL_MS)

typedef struct gl_sqlite {
    gl_file file;
    gl_loop *loop;
    gl_sha256 *sha;
    gl_log log;
    int64_t ttl_ms, max_bytes;
    gl_checkpoint *checkpoint;
    glimpse_sqlite_store_stats stats;

    gl_time spent;     /* in this turn */
    gl_defer *on_turn; /* the next one begins */
    bool gone;         /* the file is damaged or deleted: it is not used any more */
    bool loss_logged;  /* logged since the last write */
    bool *freed;       /* set by destroy, for a step that calls back */

    /* reads.c */
    gl_list lookups; /* lookup: left to a later turn */
    gl_map by_arg;   /* the same, by arg */
    gl_defer *on_lookups;
    gl_timer *retry_lookups;
    gl_time busy_since; /* the first lookup in a row that met a lock; 0 = none */

    /* writes.c */
    gl_list writes; /* change: in the order in which they came */
    gl_map newest;  /* the last waiting change for the first bytes of a key */
    size_t write_bytes;
    gl_defer *on_writes;
    gl_timer *write_later;
    gl_time write_at;   /* when write_later is due, GL_TIME_NEVER when not */
    int64_t backoff_ms; /* the last wait for a lock, or for a disk that was full; 0 = none */
    bool evicting;      /* above the size bound, without writes */
    gl_buf value;
    char *path;
    uint64_t device, inode; /* of the file at path, when it was opened */
} gl_sqlite;

/* --- shared.c --- */

/* Around each step that touches the file: how long it takes is added to this turn. */
gl_time gl_sqlite_begin(gl_sqlite *self);
void gl_sqlite_end(gl_sqlite *self, gl_time begun);

/* Logs a fault; only once for a file that is gone. */
void gl_sqlite_tell(gl_sqlite *self, glimpse_log_level level, const char *event,
                    const char *reason);
void gl_sqlite_give_up(gl_sqlite *self, const char *reason);

/* The digest that binds a value to its key and its time. false: out of memory. */
bool gl_sqlite_digest(gl_sqlite *self, const glimpse_key *key, int64_t put_ms, gl_slice value,
                      unsigned char digest[32]);

/* --- reads.c --- */

bool gl_reads_setup(gl_sqlite *self);
void gl_reads_end(gl_sqlite *self);
void gl_sqlite_get(void *self, const glimpse_key *key, glimpse_store_got_fn got, void *arg);
void gl_sqlite_cancel(void *self, void *arg);

/* --- writes.c --- */

bool gl_writes_setup(gl_sqlite *self);
void gl_writes_end(gl_sqlite *self); /* writes the waiting changes, within a bounded time */
void gl_sqlite_put(void *self, const glimpse_key *key, const glimpse_sample *sample,
                   glimpse_store_done_fn done, void *arg);
void gl_sqlite_remove(void *self, const glimpse_key *key, glimpse_store_done_fn done, void *arg);

/* Returns true when a put or a removal of this key waits; *sample is then it, NULL for a
 * removal. */
bool gl_writes_find(const gl_sqlite *self, const glimpse_key *key, const glimpse_sample **sample,
                    int64_t *put_ms);

/* Callbacks of the file and the checkpoint. */
int gl_writes_committed(void *self, sqlite3 *db, const char *name, int frames);
void gl_writes_checkpointed(void *self, int rc);

#endif
