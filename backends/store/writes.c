/*
 * writes.c - a store's puts and removals: gathered, and written many in a transaction.
 *
 * Owns the changes that wait. A change is on the list, where lookups see it, until it has been
 * committed or is lost. A transaction is begun and ended within one call, so calls from outside
 * meet no open one but a checkpoint's.
 */
#include "store/sqlite.h"

#include <poll.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "store/sample_bytes.h"

/* A transaction: written 50 ms after its first change, or at once when it is full. A full one took
 * 2 ms at most (bench/micro/store.c). */
#define GATHER_MS     50
#define WRITE_ENTRIES 32
#define WRITE_BYTES   ((size_t)256 << 10)

/* Bytes that may wait while another process holds a lock or the disk is full; more are lost. */
#define WAIT_ENTRIES 8192
#define WAIT_BYTES   ((size_t)32 << 20)

/* Waits for a lock, doubling; and for a disk that was full. */
#define LOCK_FIRST_MS 5
#define LOCK_LAST_MS  250
#define FULL_MS       2000

/* When the store is freed: the number of tries, and the time between them. */
enum { LAST_TRIES = 100, LAST_WAIT_MS = 5 };

typedef struct change {
    gl_node node;
    glimpse_key key;
    glimpse_sample *sample; /* NULL: a removal */
    int64_t put_ms;
    size_t size;
    glimpse_store_done_fn done;
    void *arg;
} change;

static uint64_t front_of(const glimpse_key *key)
{
    uint64_t front;
    memcpy(&front, key->bytes, sizeof front);
    return front;
}

bool gl_writes_find(const gl_sqlite *self, const glimpse_key *key, const glimpse_sample **sample,
                    int64_t *put_ms)
{
    const change *found = gl_map_get(&self->newest, front_of(key));
    if (found == NULL || memcmp(&found->key, key, sizeof *key) != 0) return false;
    *sample = found->sample;
    *put_ms = found->put_ms;
    return true;
}

/* Takes a change off the list and calls done. May free the store: then false. */
static bool settle(gl_sqlite *self, change *it, glimpse_error error)
{
    bool freed = false;
    gl_node_remove(&it->node);
    if (gl_map_get(&self->newest, front_of(&it->key)) == it)
        gl_map_remove(&self->newest, front_of(&it->key));
    self->write_bytes -= it->size;
    self->stats.waiting--;
    if (it->done != NULL) {
        bool *outer = self->freed;
        self->freed = &freed;
        it->done(it->arg, error);
        if (!freed) self->freed = outer;
        if (freed && outer != NULL) *outer = true;
    }
    glimpse_sample_unref(it->sample);
    gl_free(it);
    return !freed;
}

static void log_loss(gl_sqlite *self, const char *reason)
{
    if (!self->loss_logged) gl_sqlite_tell(self, GLIMPSE_LOG_WARN, "store_not_written", reason);
    self->loss_logged = true;
}

/* Gives up all waiting changes. */
static bool lose_all(gl_sqlite *self)
{
    gl_list all;
    gl_node *node;
    gl_list_init(&all);
    gl_list_splice_back(&all, &self->writes); /* without the changes that a callback puts */
    while ((node = gl_list_first(&all)) != NULL) {
        self->stats.lost++;
        if (!settle(self, GL_CONTAINER(node, change, node), GLIMPSE_ERR_STORE)) {
            while ((node = gl_list_pop_front(&all)) != NULL) {
                change *it = GL_CONTAINER(node, change, node);
                if (it->done != NULL) it->done(it->arg, GLIMPSE_ERR_STORE);
                glimpse_sample_unref(it->sample);
                gl_free(it);
            }
            return false;
        }
    }
    return true;
}

static void write_after(gl_sqlite *self, int64_t ms)
{
    gl_time when = gl_time_add_ms(gl_loop_now(self->loop), ms);
    if (self->write_at <= when) return;
    self->write_at = when;
    gl_timer_set(self->write_later, when);
}

/* --- one transaction --- */

static int write_one(gl_sqlite *self, const change *it)
{
    unsigned char digest[32];
    sqlite3_stmt *statement = self->file.statements[it->sample != NULL ? GL_PUT : GL_REMOVE];
    gl_buf_reset(&self->value);
    if (it->sample != NULL &&
        (!gl_sample_to_bytes(it->sample, &self->value) ||
         !gl_sqlite_digest(self, &it->key, it->put_ms, gl_buf_slice(&self->value), digest)))
        return SQLITE_NOMEM;
    sqlite3_bind_blob(statement, 1, it->key.bytes, sizeof it->key.bytes, SQLITE_STATIC);
    if (it->sample != NULL) {
        sqlite3_bind_int64(statement, 2, it->put_ms);
        sqlite3_bind_blob(statement, 3, digest, sizeof digest, SQLITE_STATIC);
        sqlite3_bind_blob(statement, 4, self->value.data, (int)self->value.len, SQLITE_STATIC);
    }
    int rc = gl_file_run(&self->file, it->sample != NULL ? GL_PUT : GL_REMOVE);
    sqlite3_clear_bindings(statement);
    return rc;
}

static int delete_oldest(gl_sqlite *self, gl_statement which, int64_t most)
{
    sqlite3_stmt *statement = self->file.statements[which];
    sqlite3_bind_int64(statement, 1, most);
    if (which == GL_EXPIRE) sqlite3_bind_int64(statement, 2, gl_clock_unix_ms() - self->ttl_ms);
    int rc = gl_file_run(&self->file, which);
    if (rc == SQLITE_OK) self->stats.evicted += (uint64_t)sqlite3_changes(self->file.db);
    return rc;
}

static bool too_full(gl_sqlite *self)
{
    int64_t pages = gl_file_number(&self->file, GL_PAGES);
    int64_t unused = gl_file_number(&self->file, GL_FREE_PAGES);
    return pages > unused && (pages - unused) > self->max_bytes / self->file.page_size;
}

/* Small steps: somewhat more than were written, so that a passed bound is soon kept again. */
static int make_room(gl_sqlite *self, size_t written, gl_time begun)
{
    enum { STEP = 8 };
    int rc = delete_oldest(self, GL_EXPIRE, STEP + (int64_t)written);
    self->evicting = false;
    for (size_t deleted = 0; rc == SQLITE_OK && too_full(self); deleted += STEP) {
        if (deleted > 2 * written + STEP ||
            gl_time_since(gl_clock_now(), begun) > GL_STORE_TURN_NS) {
            self->evicting = true;
            break;
        }
        rc = delete_oldest(self, GL_EVICT, STEP);
        if (rc == SQLITE_OK && sqlite3_changes(self->file.db) == 0) break;
    }
    return rc;
}

/* Begins, writes, commits; *written is the number of changes, from the first, that are now in the
 * file. */
static int transaction(gl_sqlite *self, size_t *written)
{
    gl_time begun = gl_clock_now();
    size_t bytes = 0;
    uint64_t evicted = self->stats.evicted;
    *written = 0;
    int rc = gl_file_run(&self->file, GL_BEGIN);
    if (rc != SQLITE_OK) return rc;
    for (gl_node *node = self->writes.head.next; node != &self->writes.head && rc == SQLITE_OK;
         node = node->next) {
        const change *it = GL_CONTAINER(node, change, node);
        if (*written > 0 && (*written == WRITE_ENTRIES || bytes + it->size > WRITE_BYTES ||
                             gl_time_since(gl_clock_now(), begun) > GL_STORE_TURN_NS / 2))
            break;
        rc = write_one(self, it);
        bytes += it->size;
        ++*written;
    }
    if (rc == SQLITE_OK) rc = make_room(self, *written, begun);
    if (rc == SQLITE_OK) rc = gl_file_run(&self->file, GL_COMMIT);
    if (rc == SQLITE_OK) return rc;
    if (!sqlite3_get_autocommit(self->file.db)) gl_file_run(&self->file, GL_ROLLBACK);
    self->stats.evicted = evicted;
    *written = 0;
    return rc;
}

/* --- when --- */

/* The open file is not the one at the path: writes would be lost. */
static bool deleted(const gl_sqlite *self)
{
    struct stat what;
    return stat(self->path, &what) != 0 || what.st_dev != self->device ||
           what.st_ino != self->inode;
}

/* Handles a failed transaction. false: a callback freed the store. */
static bool troubled(gl_sqlite *self, int rc)
{
    switch (gl_file_trouble(rc)) {
    case GL_FINE:
        return true;
    case GL_BUSY:
        self->stats.busy++;
        self->backoff_ms = self->backoff_ms != 0 ? self->backoff_ms * 2 : LOCK_FIRST_MS;
        if (self->backoff_ms > LOCK_LAST_MS) self->backoff_ms = LOCK_LAST_MS;
        break;
    case GL_FULL:
        log_loss(self, sqlite3_errstr(rc));
        self->backoff_ms = FULL_MS;
        return lose_all(self);
    case GL_DAMAGED:
        gl_sqlite_give_up(self, sqlite3_errstr(rc));
        return lose_all(self);
    }
    return true;
}

/* A log that could not be moved, because another process reads it, is tried again like a lock. */
static int checkpointed(gl_sqlite *self)
{
    self->stats.checkpoints++;
    return gl_checkpoint_due(self->checkpoint) ? SQLITE_BUSY : SQLITE_OK;
}

static int one_step(gl_sqlite *self, size_t *written)
{
    gl_time begun = gl_sqlite_begin(self);
    *written = 0;
    int rc;
    if (gl_checkpoint_due(self->checkpoint)) {
        rc = gl_checkpoint_start(self->checkpoint);
        if (rc == SQLITE_OK && !gl_checkpoint_under_way(self->checkpoint)) rc = checkpointed(self);
    } else {
        rc = transaction(self, written);
        if (rc == SQLITE_OK) self->stats.commits++;
    }
    gl_sqlite_end(self, begun);
    return rc;
}

static void write_some(void *arg)
{
    gl_sqlite *self = arg;
    size_t written = 0;
    self->write_at = GL_TIME_NEVER;
    gl_timer_set(self->write_later, GL_TIME_NEVER);
    if (self->checkpoint == NULL || gl_checkpoint_under_way(self->checkpoint)) return;
    if (gl_list_empty(&self->writes) && !self->evicting && !gl_checkpoint_due(self->checkpoint)) {
        self->backoff_ms = 0;
        return;
    }
    if (self->spent >= GL_STORE_TURN_NS) {
        gl_defer_next_turn(self->on_writes);
        return;
    }
    if (!self->gone && deleted(self)) gl_sqlite_give_up(self, "the file was deleted or replaced");
    if (self->gone) {
        lose_all(self);
        return;
    }
    int rc = one_step(self, &written);
    if (gl_file_trouble(rc) != GL_FINE) {
        if (troubled(self, rc) && !self->gone) write_after(self, self->backoff_ms);
        return;
    }
    if (gl_checkpoint_under_way(self->checkpoint)) return;
    self->backoff_ms = 0;
    if (written > 0) self->loss_logged = false;
    self->stats.written += written;
    for (; written > 0; written--)
        if (!settle(self, GL_CONTAINER(gl_list_first(&self->writes), change, node), GLIMPSE_OK))
            return;
    if (!gl_list_empty(&self->writes) || self->evicting || gl_checkpoint_due(self->checkpoint))
        gl_defer_next_turn(self->on_writes);
}

void gl_writes_checkpointed(void *arg, int rc)
{
    gl_sqlite *self = arg;
    if (rc == SQLITE_OK) rc = checkpointed(self);
    if (gl_file_trouble(rc) == GL_FINE) {
        self->backoff_ms = 0;
        gl_defer_next_turn(self->on_writes);
    } else if (troubled(self, rc) && !self->gone) {
        write_after(self, self->backoff_ms);
    }
}

int gl_writes_committed(void *arg, sqlite3 *db, const char *name, int frames)
{
    (void)db;
    (void)name;
    gl_sqlite *self = arg;
    if (self->checkpoint != NULL) gl_checkpoint_committed(self->checkpoint, frames);
    return SQLITE_OK;
}

/* --- puts and removals --- */

static void refuse(gl_sqlite *self, glimpse_store_done_fn done, void *arg, glimpse_error error)
{
    self->stats.lost++;
    if (done != NULL) done(arg, error);
}

static void add(gl_sqlite *self, const glimpse_key *key, const glimpse_sample *sample,
                glimpse_store_done_fn done, void *arg)
{
    size_t size = sample != NULL ? gl_sample_bytes_size(sample) : 0;
    if (self->gone || self->file.read_only) {
        refuse(self, done, arg, GLIMPSE_ERR_STORE);
        return;
    }
    if (self->stats.waiting >= WAIT_ENTRIES || self->write_bytes + size > WAIT_BYTES) {
        log_loss(self, "too much waits to be written");
        refuse(self, done, arg, GLIMPSE_ERR_STORE);
        return;
    }
    change *it = gl_malloc(sizeof *it);
    if (it == NULL || !gl_map_reserve(&self->newest, self->newest.count + 1)) {
        gl_free(it);
        refuse(self, done, arg, GLIMPSE_ERR_OOM);
        return;
    }
    gl_node_init(&it->node);
    it->key = *key;
    it->sample = sample != NULL ? glimpse_sample_ref(sample) : NULL;
    it->put_ms = gl_clock_unix_ms();
    it->size = size;
    it->done = done;
    it->arg = arg;
    gl_list_push_back(&self->writes, &it->node);
    gl_map_remove(&self->newest, front_of(key));
    gl_map_add(&self->newest, front_of(key), it);
    self->write_bytes += size;
    self->stats.waiting++;
    if (self->backoff_ms != 0 || gl_checkpoint_under_way(self->checkpoint)) return;
    if (self->stats.waiting >= WRITE_ENTRIES || self->write_bytes >= WRITE_BYTES)
        gl_defer_next_turn(self->on_writes);
    else
        write_after(self, GATHER_MS);
}

void gl_sqlite_put(void *arg, const glimpse_key *key, const glimpse_sample *sample,
                   glimpse_store_done_fn done, void *done_arg)
{
    gl_sqlite *self = arg;
    size_t most = GL_STORE_VALUE_MAX;
    if ((int64_t)most > self->max_bytes / 4) most = (size_t)(self->max_bytes / 4);
    if (gl_sample_bytes_size(sample) <= most) {
        add(self, key, sample, done, done_arg);
        return;
    }
    self->stats.rejected++;
    add(self, key, NULL, NULL, NULL); /* the last sample goes, as in the memory cache */
    if (done != NULL) done(done_arg, GLIMPSE_ERR_BODY_TOO_LARGE);
}

void gl_sqlite_remove(void *arg, const glimpse_key *key, glimpse_store_done_fn done, void *done_arg)
{
    add(arg, key, NULL, done, done_arg);
}

bool gl_writes_setup(gl_sqlite *self)
{
    gl_list_init(&self->writes);
    gl_map_init(&self->newest);
    gl_buf_init(&self->value, GL_STORE_VALUE_MAX);
    self->write_at = GL_TIME_NEVER;
    self->on_writes = gl_defer_new(self->loop, write_some, self);
    self->write_later = gl_timer_new(self->loop, write_some, self);
    return self->on_writes != NULL && self->write_later != NULL;
}

void gl_writes_end(gl_sqlite *self)
{
    if (self->writes.head.next == NULL) return; /* never set up */
    size_t written = 0;
    for (int tries = 0; !self->gone && !gl_list_empty(&self->writes) && tries < LAST_TRIES;) {
        int rc = transaction(self, &written);
        gl_trouble trouble = gl_file_trouble(rc);
        if (trouble == GL_FULL || trouble == GL_DAMAGED) {
            log_loss(self, sqlite3_errstr(rc));
            break;
        }
        if (trouble == GL_BUSY) {
            tries++;
            poll(NULL, 0, LAST_WAIT_MS);
            continue;
        }
        for (; written > 0; written--)
            settle(self, GL_CONTAINER(gl_list_first(&self->writes), change, node), GLIMPSE_OK);
    }
    self->gone = true; /* puts of a callback are refused now */
    lose_all(self);
    gl_map_free(&self->newest);
    gl_buf_free(&self->value);
    gl_defer_free(self->on_writes);
    gl_timer_free(self->write_later);
}
