/*
 * maintain.c - inspects and cleans a store's file, without a loop: for `glimpse cache`. Waits for
 * locks and for the disk. Makes no file.
 */
#include <glimpse/store.h>

#include <stdio.h>
#include <sys/stat.h>

#include "base/layout.h"
#include "base/time.h"
#include "problem.h"
#include "store/file.h"

/* Rows deleted in one transaction: others wait for the lock no longer than a moment. */
#define DELETED_AT_ONCE 512

static uint64_t size_of(const char *path, const char *suffix)
{
    char name[4096];
    struct stat what;
    int len = snprintf(name, sizeof name, "%s%s", path, suffix);
    if (len < 0 || (size_t)len >= sizeof name || stat(name, &what) != 0) return 0;
    return (uint64_t)what.st_size;
}

/* The first row's columns as numbers. */
static int numbers_of(sqlite3_stmt *statement, int64_t *numbers, int count)
{
    int rc = sqlite3_step(statement);
    for (int i = 0; rc == SQLITE_ROW && i < count; i++)
        numbers[i] = sqlite3_column_int64(statement, i);
    sqlite3_reset(statement);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static glimpse_error failed(sqlite3 *db, char *problem, size_t size)
{
    if (problem != NULL && size != 0)
        snprintf(problem, size, "cannot be used: %s", sqlite3_errmsg(db));
    return GLIMPSE_ERR_STORE;
}

glimpse_error glimpse_sqlite_file_inspect(const char *path, int64_t ttl_ms,
                                          glimpse_sqlite_file_stats *stats,
                                          glimpse_problem *problem)
{
    static const char sql[] =
        "SELECT count(*), coalesce(sum(length(value)), 0), coalesce(min(put_ms), ?1),"
        " coalesce(sum(put_ms <= ?1 - ?2 OR put_ms >= ?1 + ?2), 0) FROM sample";
    glimpse_problem unread;
    if (problem == NULL) problem = &unread;
    gl_problem_clear(problem);
    if (path == NULL) return gl_refuse(problem, "path", "is NULL");
    if (stats == NULL) return gl_refuse(problem, "stats", "is NULL");
    if (ttl_ms < 1) return gl_refuse(problem, "ttl_ms", "must be at least 1");
    static const gl_layout layout = { .size = sizeof(glimpse_sqlite_file_stats) };
    glimpse_sqlite_file_stats found = { .size = sizeof found, .oldest_ms = -1 };
    if (!gl_layout_write(&layout, stats, &found))
        return gl_refuse_size(problem, "glimpse_sqlite_file_stats_init");
    sqlite3 *db = gl_file_open_alone(path, false, problem->sentence, sizeof problem->sentence);
    snprintf(problem->field, sizeof problem->field, "%s", db == NULL ? "path" : "");
    if (db == NULL) return GLIMPSE_ERR_STORE;
    glimpse_error error = GLIMPSE_OK;
    sqlite3_stmt *statement = NULL;
    int64_t numbers[4] = { 0 }, now = gl_clock_unix_ms();
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, now);
        sqlite3_bind_int64(statement, 2, ttl_ms < now ? ttl_ms : now);
        rc = numbers_of(statement, numbers, 4);
    }
    if (rc != SQLITE_OK) error = failed(db, problem->sentence, sizeof problem->sentence);
    sqlite3_finalize(statement);
    if (error == GLIMPSE_OK) {
        found.entries = (uint64_t)numbers[0];
        found.bytes = (uint64_t)numbers[1];
        if (numbers[0] > 0) found.oldest_ms = numbers[2] < now ? now - numbers[2] : 0;
        found.expired = (uint64_t)numbers[3];
        found.format = GL_STORE_FORMAT;
        found.file_bytes = size_of(path, "");
        found.log_bytes = size_of(path, "-wal");
        gl_layout_write(&layout, stats, &found);
    }
    sqlite3_close(db);
    return error;
}

/* Deletes in portions, so that other processes can write in between. */
static int delete_portions(sqlite3 *db, int64_t before_ms, uint64_t *removed)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db,
                                "DELETE FROM sample WHERE id IN (SELECT id FROM sample"
                                " WHERE put_ms <= ?1 LIMIT ?2)",
                                -1, &statement, NULL);
    int changed = DELETED_AT_ONCE;
    while (rc == SQLITE_OK && changed == DELETED_AT_ONCE) {
        sqlite3_bind_int64(statement, 1, before_ms);
        sqlite3_bind_int64(statement, 2, DELETED_AT_ONCE);
        sqlite3_step(statement);
        rc = sqlite3_reset(statement);
        changed = rc == SQLITE_OK ? sqlite3_changes(db) : 0;
        *removed += (uint64_t)changed;
    }
    sqlite3_finalize(statement);
    return rc;
}

glimpse_error glimpse_sqlite_file_purge(const char *path, int64_t older_than_ms, uint64_t *removed,
                                        glimpse_problem *problem)
{
    glimpse_problem unread;
    if (problem == NULL) problem = &unread;
    gl_problem_clear(problem);
    if (path == NULL) return gl_refuse(problem, "path", "is NULL");
    if (removed == NULL) return gl_refuse(problem, "removed", "is NULL");
    if (older_than_ms < 0) return gl_refuse(problem, "older_than_ms", "must be 0 or more");
    *removed = 0;
    sqlite3 *db = gl_file_open_alone(path, true, problem->sentence, sizeof problem->sentence);
    snprintf(problem->field, sizeof problem->field, "%s", db == NULL ? "path" : "");
    if (db == NULL) return GLIMPSE_ERR_STORE;
    int64_t before = older_than_ms > 0 ? gl_clock_unix_ms() - older_than_ms : INT64_MAX;
    int rc = delete_portions(db, before, removed);
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, "VACUUM", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    /* The entries are gone; another reader of the file only keeps its size. */
    if (gl_file_trouble(rc) == GL_BUSY && *removed > 0) rc = SQLITE_OK;
    glimpse_error error =
        rc == SQLITE_OK ? GLIMPSE_OK : failed(db, problem->sentence, sizeof problem->sentence);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
    sqlite3_close(db);
    return error;
}
