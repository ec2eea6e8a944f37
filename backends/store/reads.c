/*
 * reads.c - a store's lookups. A lookup is answered at once while the turn has time for it, else in
 * a later turn; one that meets a lock is tried again by a timer, for a short while.
 *
 * Owns the lookups that wait. A value is believed only when its digest, which covers the key of the
 * lookup, is right.
 */
#include "store/sqlite.h"

#include "base/alloc.h"
#include "store/sample_bytes.h"

/* How long lookups wait for a lock, all in all, before they are misses: a store that answers later
 * costs more than it saves. Readers of a log wait only while it is recovered after a kill. */
#define LOCK_WAIT (500 * GL_MS)
#define RETRY_MS  5

typedef struct lookup {
    gl_node node;
    glimpse_key key;
    glimpse_store_got_fn got;
    void *arg;
} lookup;

static int64_t age_of(int64_t put_ms, int64_t now_ms)
{
    return put_ms < now_ms ? now_ms - put_ms : 0;
}

/* A time further ahead than any lifetime was written by a wrong clock. */
static bool too_old(const gl_sqlite *self, int64_t put_ms, int64_t now_ms)
{
    if (put_ms > now_ms) return put_ms - now_ms >= self->ttl_ms;
    return now_ms - put_ms >= self->ttl_ms;
}

/* Reads the row that a statement stands on. NULL: it cannot be used. */
static glimpse_sample *sample_of_row(gl_sqlite *self, sqlite3_stmt *row, const glimpse_key *key,
                                     int64_t *age_ms)
{
    int64_t put_ms = sqlite3_column_int64(row, 0), now_ms = gl_clock_unix_ms();
    const void *digest = sqlite3_column_blob(row, 1), *value = sqlite3_column_blob(row, 2);
    size_t digest_len = (size_t)sqlite3_column_bytes(row, 1);
    size_t len = (size_t)sqlite3_column_bytes(row, 2);
    unsigned char right[32];
    glimpse_sample *sample = NULL;
    gl_slice bytes = gl_slice_of(value, value != NULL ? len : 0);
    if (!gl_sqlite_digest(self, key, put_ms, bytes, right)) return NULL;
    glimpse_error error = GLIMPSE_ERR_STORE;
    if (digest != NULL && digest_len == sizeof right && memcmp(digest, right, sizeof right) == 0)
        error = gl_sample_from_bytes(bytes, &sample);
    if (error == GLIMPSE_ERR_STORE) {
        self->stats.damaged++;
        gl_sqlite_tell(self, GLIMPSE_LOG_WARN, "store_entry_damaged", "its digest is not its own");
    } else if (sample != NULL && too_old(self, put_ms, now_ms)) {
        self->stats.expired++;
        glimpse_sample_unref(sample);
        sample = NULL;
    }
    *age_ms = age_of(put_ms, now_ms);
    return sample;
}

static int read_row(gl_sqlite *self, const glimpse_key *key, glimpse_sample **sample,
                    int64_t *age_ms)
{
    gl_time begun = gl_sqlite_begin(self);
    sqlite3_stmt *get = self->file.statements[GL_GET];
    sqlite3_bind_blob(get, 1, key->bytes, sizeof key->bytes, SQLITE_STATIC);
    int rc = sqlite3_step(get);
    if (rc == SQLITE_ROW) *sample = sample_of_row(self, get, key, age_ms);
    sqlite3_reset(get);
    sqlite3_clear_bindings(get);
    gl_sqlite_end(self, begun);
    return rc;
}

/* Answers one lookup. false: it met a lock, and it may wait. */
static bool answer(gl_sqlite *self, const glimpse_key *key, glimpse_store_got_fn got, void *arg)
{
    const glimpse_sample *waiting = NULL;
    glimpse_sample *sample = NULL;
    int64_t age_ms = 0, put_ms = 0;
    if (gl_writes_find(self, key, &waiting, &put_ms)) {
        if (waiting != NULL) sample = glimpse_sample_ref(waiting);
        age_ms = age_of(put_ms, gl_clock_unix_ms());
    } else if (!self->gone) {
        int rc = read_row(self, key, &sample, &age_ms);
        gl_trouble trouble = gl_file_trouble(rc);
        if (trouble == GL_BUSY) {
            self->stats.busy++;
            gl_time now = gl_clock_now();
            if (self->busy_since == 0) self->busy_since = now;
            if (gl_time_since(now, self->busy_since) < LOCK_WAIT) return false;
        } else {
            self->busy_since = 0;
        }
        if (trouble == GL_DAMAGED) gl_sqlite_give_up(self, sqlite3_errstr(rc));
        if (trouble == GL_FULL)
            gl_sqlite_tell(self, GLIMPSE_LOG_WARN, "store_read_failed", sqlite3_errstr(rc));
    }
    if (sample != NULL)
        self->stats.hits++;
    else
        self->stats.misses++;
    got(arg, sample, age_ms); /* may free the store */
    glimpse_sample_unref(sample);
    return true;
}

static void answer_waiting(void *arg)
{
    gl_sqlite *self = arg;
    bool freed = false;
    while (!gl_list_empty(&self->lookups)) {
        if (self->spent >= GL_STORE_TURN_NS) {
            gl_defer_next_turn(self->on_lookups);
            return;
        }
        lookup *next = GL_CONTAINER(gl_list_first(&self->lookups), lookup, node), now = *next;
        gl_node_remove(&next->node);
        gl_map_remove(&self->by_arg, (uintptr_t)now.arg);
        self->freed = &freed;
        bool answered = answer(self, &now.key, now.got, now.arg);
        if (freed) {
            gl_free(next);
            return;
        }
        self->freed = NULL;
        if (!answered) {
            gl_list_push_front(&self->lookups, &next->node);
            gl_map_add(&self->by_arg, (uintptr_t)now.arg, next); /* the room it had */
            gl_timer_set(self->retry_lookups, gl_time_add_ms(gl_loop_now(self->loop), RETRY_MS));
            return;
        }
        gl_free(next);
    }
}

void gl_sqlite_get(void *arg, const glimpse_key *key, glimpse_store_got_fn got, void *got_arg)
{
    gl_sqlite *self = arg;
    bool in_turn = gl_list_empty(&self->lookups) && self->spent < GL_STORE_TURN_NS;
    if ((in_turn || self->gone) && answer(self, key, got, got_arg)) return;
    lookup *wait = gl_malloc(sizeof *wait);
    if (wait == NULL || !gl_map_reserve(&self->by_arg, self->by_arg.count + 1)) {
        gl_free(wait);
        self->stats.misses++;
        got(got_arg, NULL, 0);
        return;
    }
    gl_node_init(&wait->node);
    wait->key = *key;
    wait->got = got;
    wait->arg = got_arg;
    gl_list_push_back(&self->lookups, &wait->node);
    gl_map_add(&self->by_arg, (uintptr_t)got_arg, wait);
    if (self->busy_since != 0)
        gl_timer_set(self->retry_lookups, gl_time_add_ms(gl_loop_now(self->loop), RETRY_MS));
    else
        gl_defer_next_turn(self->on_lookups);
}

void gl_sqlite_cancel(void *arg, void *got_arg)
{
    gl_sqlite *self = arg;
    lookup *wait = gl_map_remove(&self->by_arg, (uintptr_t)got_arg);
    if (wait == NULL) return;
    gl_node_remove(&wait->node);
    gl_free(wait);
}

bool gl_reads_setup(gl_sqlite *self)
{
    gl_list_init(&self->lookups);
    gl_map_init(&self->by_arg);
    self->on_lookups = gl_defer_new(self->loop, answer_waiting, self);
    self->retry_lookups = gl_timer_new(self->loop, answer_waiting, self);
    return self->on_lookups != NULL && self->retry_lookups != NULL;
}

void gl_reads_end(gl_sqlite *self)
{
    gl_node *node;
    if (self->lookups.head.next == NULL) return; /* never set up */
    while ((node = gl_list_pop_front(&self->lookups)) != NULL)
        gl_free(GL_CONTAINER(node, lookup, node));
    gl_map_free(&self->by_arg);
    gl_defer_free(self->on_lookups);
    gl_timer_free(self->retry_lookups);
}
