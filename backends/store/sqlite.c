/*
 * sqlite.c - the glimpse_store in a SQLite file: its table of functions, its making and freeing.
 *
 * Called by the engine and by programs that use a store alone. Waits for a lock or a disk only
 * while it is made and freed.
 */
#include "store/sqlite.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/layout.h"
#include "problem.h"

/* --- the account of a turn --- */

static void turn_begins(void *arg)
{
    gl_sqlite *self = arg;
    self->stats.turns++;
    self->spent = 0;
}

static void checkpoint_worked(void *arg, gl_time begun)
{
    gl_sqlite *self = arg;
    gl_defer_next_turn(self->on_turn);
    gl_sqlite_end(self, begun);
}

/* --- made and freed --- */

static const glimpse_sqlite_store_config usual = {
    .size = sizeof(glimpse_sqlite_store_config),
    .ttl_ms = INT64_C(30) * 24 * 3600 * 1000,
    .max_bytes = INT64_C(1) << 30,
    .log_level = GLIMPSE_LOG_WARN,
};
static const gl_layout layout = { .size = sizeof(glimpse_sqlite_store_config) };

void glimpse_sqlite_store_config_defaults(glimpse_sqlite_store_config *config)
{
    gl_layout_write(&layout, config, &usual);
}

static void let_go(gl_sqlite *self)
{
    gl_reads_end(self);
    gl_checkpoint_free(self->checkpoint);
    self->checkpoint = NULL;
    gl_writes_end(self);
    gl_file_close(&self->file);
    gl_defer_free(self->on_turn);
    gl_sha256_free(self->sha);
    gl_loop_free(self->loop);
    gl_free(self->path);
    gl_free(self);
}

static void destroy(void *arg)
{
    gl_sqlite *self = arg;
    if (self->freed != NULL) *self->freed = true;
    let_go(self);
}

static const glimpse_store_vtable vtable = {
    .size = sizeof(glimpse_store_vtable),
    .name = "sqlite",
    .get = gl_sqlite_get,
    .cancel = gl_sqlite_cancel,
    .put = gl_sqlite_put,
    .remove = gl_sqlite_remove,
    .destroy = destroy,
};

static glimpse_error set_up(gl_sqlite *self, struct event_base *base,
                            const glimpse_sqlite_store_config *config, char *problem, size_t size)
{
    self->ttl_ms = config->ttl_ms;
    self->max_bytes = config->max_bytes;
    self->log = (gl_log){ config->log, config->log_arg, config->log_level };
    self->path = gl_strdup(config->path);
    self->loop = gl_loop_new(base);
    self->sha = gl_sha256_new();
    if (self->loop != NULL) self->on_turn = gl_defer_new(self->loop, turn_begins, self);
    if (self->path == NULL || self->on_turn == NULL || self->sha == NULL || !gl_reads_setup(self) ||
        !gl_writes_setup(self))
        return GLIMPSE_ERR_OOM;
    glimpse_error error = gl_file_open(&self->file, config->path, problem, size);
    if (error != GLIMPSE_OK) return error;
    if (self->file.read_only) {
        gl_sqlite_tell(self, GLIMPSE_LOG_WARN, "store_read_only", "the file may not be written");
        return GLIMPSE_OK;
    }
    sqlite3_wal_hook(self->file.db, gl_writes_committed, self);
    self->checkpoint = gl_checkpoint_new(self->loop, &self->file, config->path,
                                         gl_writes_checkpointed, checkpoint_worked, self);
    if (self->checkpoint == NULL) return GLIMPSE_ERR_OOM;
    struct stat what;
    if (stat(config->path, &what) == 0) {
        self->device = what.st_dev;
        self->inode = what.st_ino;
    }
    return GLIMPSE_OK;
}

static glimpse_error check(const glimpse_sqlite_store_config *config, glimpse_problem *problem)
{
    if (config->path == NULL || config->path[0] == '\0')
        return gl_refuse(problem, "path", "is not given");
    if (config->ttl_ms < 1) return gl_refuse(problem, "ttl_ms", "must be at least 1");
    if (config->max_bytes < 1 << 20)
        return gl_refuse(problem, "max_bytes", "must be at least 1 MiB");
    return GLIMPSE_OK;
}

glimpse_error glimpse_sqlite_store_new(struct event_base *base,
                                       const glimpse_sqlite_store_config *config,
                                       glimpse_store **store, glimpse_problem *problem)
{
    glimpse_problem unread;
    if (problem == NULL) problem = &unread;
    gl_problem_clear(problem);
    if (store == NULL) return gl_refuse(problem, "store", "is NULL");
    *store = NULL;
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    if (config == NULL) return gl_refuse(problem, "config", "is NULL");
    glimpse_sqlite_store_config room;
    config = gl_layout_read(&layout, config, &usual, &room);
    if (config == NULL) return gl_refuse_size(problem, "glimpse_sqlite_store_config_init");
    if (check(config, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    gl_sqlite *self = gl_calloc(1, sizeof *self);
    if (self == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    glimpse_error error = set_up(self, base, config, problem->sentence, sizeof problem->sentence);
    if (error == GLIMPSE_OK) error = glimpse_store_new(&vtable, self, store, problem);
    if (error == GLIMPSE_OK) return GLIMPSE_OK;
    let_go(self);
    if (error == GLIMPSE_ERR_OOM) gl_refuse(problem, "", "cannot be used: out of memory");
    if (error == GLIMPSE_ERR_STORE) snprintf(problem->field, sizeof problem->field, "path");
    return error;
}

bool glimpse_sqlite_store_read_only(const glimpse_store *store)
{
    const gl_sqlite *self = glimpse_store_self(store, gl_sqlite_get);
    return self != NULL && self->file.read_only;
}

void glimpse_sqlite_store_get_stats(const glimpse_store *store, glimpse_sqlite_store_stats *stats)
{
    const gl_sqlite *self = glimpse_store_self(store, gl_sqlite_get);
    static const gl_layout shape = { .size = sizeof(glimpse_sqlite_store_stats) };
    static const glimpse_sqlite_store_stats none = { .hits = 0 };
    gl_layout_write(&shape, stats, self != NULL ? &self->stats : &none);
}
