/*
 * file.c - see file.h.
 *
 * A file that is not certainly ours is never written to: an existing file must be empty, or carry
 * our application id and our format.
 */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/vfs.h"

/* While a file is opened nothing runs on the loop yet. 2 s: another process needs milliseconds to
 * make the file, or to recover the log of a killed process. */
enum { OPEN_WAIT_MS = 2000, ALONE_WAIT_MS = 5000, STEP_MS = 10 };

static const char *const texts[GL_STATEMENTS] = {
    [GL_BEGIN] = "BEGIN IMMEDIATE",
    [GL_COMMIT] = "COMMIT",
    [GL_ROLLBACK] = "ROLLBACK",
    [GL_GET] = "SELECT put_ms, digest, value FROM sample WHERE key = ?1",
    [GL_PUT] = "REPLACE INTO sample (key, put_ms, digest, value) VALUES (?1, ?2, ?3, ?4)",
    [GL_REMOVE] = "DELETE FROM sample WHERE key = ?1",
    [GL_EVICT] = "DELETE FROM sample WHERE id IN (SELECT id FROM sample ORDER BY id LIMIT ?1)",
    [GL_EXPIRE] = ("DELETE FROM sample WHERE id IN (SELECT id FROM sample ORDER BY id LIMIT ?1)"
                   " AND put_ms < ?2"),
    [GL_PAGES] = "PRAGMA page_count",
    [GL_FREE_PAGES] = "PRAGMA freelist_count",
};

/* The order of ids is the order of the puts: a REPLACE takes a new id. */
static const char schema[] =
    "CREATE TABLE sample (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,"
    " put_ms INTEGER NOT NULL, digest BLOB NOT NULL, value BLOB NOT NULL)";

gl_trouble gl_file_trouble(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return GL_FINE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* it looked at a lock often, and sleep returned at once */
    case SQLITE_SCHEMA:
        return GL_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a missing table */
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
        return GL_DAMAGED;
    default:
        return GL_FULL;
    }
}

static void tell(char *problem, size_t size, const char *text)
{
    if (problem != NULL && size != 0) snprintf(problem, size, "%s", text);
}

static glimpse_error refused(char *problem, size_t size, const char *text)
{
    tell(problem, size, text);
    return GLIMPSE_ERR_STORE;
}

/* SQLite's own words; they name no path and no value. */
static glimpse_error refused_by(sqlite3 *db, int rc, char *problem, size_t size)
{
    if ((rc & 0xff) == SQLITE_NOMEM) {
        tell(problem, size, "out of memory");
        return GLIMPSE_ERR_OOM;
    }
    if ((rc & 0xff) == SQLITE_NOTADB) return refused(problem, size, "is not a store of Glimpse's");
    if ((rc & 0xff) == SQLITE_READONLY) return refused(problem, size, "may not be written");
    if (gl_file_trouble(rc) == GL_BUSY)
        return refused(problem, size, "is locked by another process");
    if (problem != NULL && size != 0)
        snprintf(problem, size, "cannot be used: %s",
                 (rc & 0xff) == SQLITE_CORRUPT || db == NULL ? sqlite3_errstr(rc)
                                                             : sqlite3_errmsg(db));
    return GLIMPSE_ERR_STORE;
}

/* --- short work on a connection --- */

/* SQLite looks at a lock a hundred times and gives up with SQLITE_PROTOCOL, without the busy
 * handler. Only the start of a statement looks, so running it again repeats no change. */
static bool look_again(int rc, int *waited)
{
    if ((rc & 0xff) != SQLITE_PROTOCOL || *waited >= OPEN_WAIT_MS) return false;
    poll(NULL, 0, STEP_MS);
    *waited += STEP_MS;
    return true;
}

static int run(sqlite3 *db, const char *sql)
{
    int rc, waited = 0;
    do rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    while (look_again(rc, &waited));
    return rc;
}

static int number_once(sqlite3 *db, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) *number = sqlite3_column_int64(statement, 0);
    int end = sqlite3_finalize(statement);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) return SQLITE_OK;
    return end != SQLITE_OK ? end : rc;
}

static int number_of(sqlite3 *db, const char *sql, int64_t *number)
{
    int rc, waited = 0;
    do rc = number_once(db, sql, number);
    while (look_again(rc, &waited));
    return rc;
}

/* Switching to a log needs the file alone for a moment, and does not call the busy handler. */
static int switch_to_log(sqlite3 *db)
{
    int rc = SQLITE_BUSY;
    for (int waited = 0; waited < OPEN_WAIT_MS; waited += STEP_MS) {
        rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (gl_file_trouble(rc) != GL_BUSY) break;
        poll(NULL, 0, STEP_MS);
    }
    return rc;
}

/* Tells whether the file is ours, empty, or neither. */
static glimpse_error look_at(sqlite3 *db, bool *empty, char *problem, size_t size)
{
    int64_t id = 0, format = 0, objects = 0;
    int rc = number_of(db, "SELECT count(*) FROM sqlite_schema", &objects);
    if (rc == SQLITE_OK) rc = number_of(db, "PRAGMA application_id", &id);
    if (rc == SQLITE_OK) rc = number_of(db, "PRAGMA user_version", &format);
    if (rc != SQLITE_OK) return refused_by(db, rc, problem, size);
    *empty = objects == 0 && id == 0 && format == 0;
    if (*empty) return GLIMPSE_OK;
    if (id != GL_STORE_APPLICATION_ID) return refused(problem, size, "is not a store of Glimpse's");
    if (format == GL_STORE_FORMAT) return GLIMPSE_OK;
    if (problem != NULL && size != 0)
        snprintf(problem, size, "has format %lld, of a %s version of Glimpse; this one reads %d",
                 (long long)format, format > GL_STORE_FORMAT ? "newer" : "different",
                 GL_STORE_FORMAT);
    return GLIMPSE_ERR_STORE;
}

/* The first process makes it; the second finds it made. */
static glimpse_error make(sqlite3 *db, char *problem, size_t size)
{
    char marks[80];
    bool empty = false;
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             GL_STORE_APPLICATION_ID, GL_STORE_FORMAT);
    int rc = switch_to_log(db);
    if (rc == SQLITE_OK) rc = run(db, "BEGIN IMMEDIATE");
    if (rc != SQLITE_OK) return refused_by(db, rc, problem, size);
    glimpse_error error = look_at(db, &empty, problem, size);
    if (error == GLIMPSE_OK && empty) {
        rc = run(db, schema);
        if (rc == SQLITE_OK) rc = run(db, marks);
    }
    if (error == GLIMPSE_OK && rc == SQLITE_OK) rc = run(db, "COMMIT");
    if (error == GLIMPSE_OK && rc != SQLITE_OK) error = refused_by(db, rc, problem, size);
    if (error != GLIMPSE_OK) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return error;
}

/* --- opening --- */

/* Looks at the path before SQLite does: nothing, a file, or something SQLite must not open. A new
 * file is its owner's alone, because answers may be private. */
static glimpse_error look_at_path(const char *path, bool may_make, char *problem, size_t size)
{
    struct stat what;
    if (stat(path, &what) == 0) {
        if (!S_ISREG(what.st_mode)) return refused(problem, size, "is not a regular file");
        return GLIMPSE_OK;
    }
    if (errno == ENOENT && may_make) {
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (fd >= 0) close(fd); /* before SQLite has a lock that this could give up */
        if (fd >= 0 || errno == EEXIST) return GLIMPSE_OK;
    }
    if (problem != NULL && size != 0)
        snprintf(problem, size, "%s: %s", may_make ? "cannot be made" : "cannot be opened",
                 errno == ENOENT   ? "no such file or directory"
                 : errno == EACCES ? "permission denied"
                 : errno == EROFS  ? "the file system is read-only"
                 : errno == ENOSPC ? "no space is left on the device"
                                   : "the system refuses");
    return GLIMPSE_ERR_STORE;
}

static int connect_by(sqlite3 **db, const char *name, int flags, const char *vfs, int wait_ms)
{
    int rc = sqlite3_open_v2(name, db, flags | SQLITE_OPEN_NOMUTEX, vfs);
    if (rc != SQLITE_OK) return rc;
    sqlite3_extended_result_codes(*db, 1);
    sqlite3_busy_timeout(*db, wait_ms);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    return SQLITE_OK;
}

static int connect_to(sqlite3 **db, const char *path, const char *vfs, int wait_ms)
{
    return connect_by(db, path, SQLITE_OPEN_READWRITE, vfs, wait_ms);
}

/* --- opening a read-only file --- */

static bool has_log(const char *path)
{
    char name[PATH_MAX];
    struct stat what;
    int len = snprintf(name, sizeof name, "%s-wal", path);
    return len > 0 && (size_t)len < sizeof name && stat(name, &what) == 0 && what.st_size > 0;
}

/* Writes a path as SQLite's URI: only a URI can say that no file is to be made beside it. A file
 * without a log needs no locks, and SQLite asks for none where it may not make their file. */
static void append_uri(gl_buf *out, const char *path)
{
    static const char plain[] =
        "/._-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    gl_buf_append_str(out, path[0] == '/' ? "file://" : "file:");
    for (const char *at = path; *at != '\0'; at++) {
        if (strchr(plain, *at) != NULL)
            gl_buf_append_char(out, *at);
        else
            gl_buf_printf(out, "%%%02X", (unsigned)(unsigned char)*at);
    }
    gl_buf_append_str(out, has_log(path) ? "?readonly_shm=1" : "?immutable=1");
}

static int connect_to_read(sqlite3 **db, const char *path, const char *vfs, int wait_ms)
{
    gl_buf uri;
    gl_buf_init(&uri, SIZE_MAX / 2);
    append_uri(&uri, path);
    int rc = SQLITE_NOMEM;
    if (gl_buf_terminate(&uri))
        rc = connect_by(db, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, vfs, wait_ms);
    gl_buf_free(&uri);
    return rc;
}

/* Returns true when a connection was refused for want of permission to write: to the file, or to
 * its folder, where the log is. */
static bool lacks_leave(sqlite3 *db)
{
    if (db == NULL) return false;
    int rc = sqlite3_errcode(db) & 0xff;
    return rc == SQLITE_READONLY || rc == SQLITE_CANTOPEN || rc == SQLITE_PERM ||
           sqlite3_db_readonly(db, "main") == 1;
}

/* *db is to be closed either way. */
static glimpse_error open_to_read(sqlite3 **db, const char *path, char *problem, size_t size)
{
    bool empty = false;
    int rc = connect_to_read(db, path, NULL, OPEN_WAIT_MS);
    if (rc != SQLITE_OK) return refused_by(*db, rc, problem, size);
    glimpse_error error = look_at(*db, &empty, problem, size);
    if (error == GLIMPSE_ERR_STORE && lacks_leave(*db) && has_log(path))
        return refused(problem, size,
                       "may only be read, and has a log (-wal) that nobody has put into it; a run "
                       "that may write it does that");
    return error == GLIMPSE_OK && empty ? refused(problem, size, "is empty") : error;
}

/* --- opening, as a whole --- */

/* Opens and checks, and sets up an empty file. *db must be closed in either case. */
static glimpse_error open_checked(sqlite3 **db, const char *path, bool may_make, char *problem,
                                  size_t size)
{
    glimpse_error error = look_at_path(path, may_make, problem, size);
    if (error != GLIMPSE_OK) return error;
    int rc = connect_to(db, path, NULL, may_make ? OPEN_WAIT_MS : ALONE_WAIT_MS);
    if (rc != SQLITE_OK) return refused_by(*db, rc, problem, size);
    if (sqlite3_db_readonly(*db, "main") == 1) return refused(problem, size, "may not be written");
    bool empty = false;
    error = look_at(*db, &empty, problem, size);
    if (error == GLIMPSE_OK && empty)
        error = may_make ? make(*db, problem, size) : refused(problem, size, "is empty");
    return error;
}

static int prepare(gl_file *file, const char *path)
{
    const char *vfs = gl_vfs_name();
    int rc = SQLITE_NOMEM;
    if (vfs != NULL) rc = (file->read_only ? connect_to_read : connect_to)(&file->db, path, vfs, 0);
    /* The cache has room for the pages above the leaves of a million entries, several times
     * over. */
    if (rc == SQLITE_OK)
        rc = run(file->db, "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;"
                           "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY");
    for (int i = 0, waited = 0; i < GL_STATEMENTS && rc == SQLITE_OK; i++) {
        rc = sqlite3_prepare_v3(file->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &file->statements[i], NULL);
        if (gl_file_trouble(rc) != GL_BUSY || waited >= OPEN_WAIT_MS) continue;
        poll(NULL, 0, STEP_MS);
        waited += STEP_MS;
        rc = SQLITE_OK;
        i--;
    }
    return rc;
}

static glimpse_error open_read_only(gl_file *file, const char *path, char *problem, size_t size)
{
    sqlite3_close(file->keeper);
    file->keeper = NULL;
    file->read_only = true;
    glimpse_error error = open_to_read(&file->keeper, path, problem, size);
    sqlite3_close(file->keeper); /* its check is done, and it keeps nothing */
    file->keeper = NULL;
    if (error != GLIMPSE_OK) return error;
    int rc = prepare(file, path);
    return rc == SQLITE_OK ? GLIMPSE_OK : refused_by(file->db, rc, problem, size);
}

glimpse_error gl_file_open(gl_file *file, const char *path, char *problem, size_t size)
{
    *file = (gl_file){ .page_size = 0 };
    glimpse_error error = open_checked(&file->keeper, path, true, problem, size);
    if (error == GLIMPSE_ERR_STORE && lacks_leave(file->keeper))
        return open_read_only(file, path, problem, size);
    if (error != GLIMPSE_OK) return error;
    /* A killed process's log goes into the file now, when waiting is allowed. */
    int rc = switch_to_log(file->keeper);
    if (rc == SQLITE_OK)
        rc = sqlite3_wal_checkpoint_v2(file->keeper, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (gl_file_trouble(rc) == GL_BUSY) rc = SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = run(file->keeper, "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0");
    if (rc == SQLITE_OK) rc = number_of(file->keeper, "PRAGMA page_size", &file->page_size);
    sqlite3_busy_timeout(file->keeper, 0);
    if (rc != SQLITE_OK) return refused_by(file->keeper, rc, problem, size);
    rc = prepare(file, path);
    return rc == SQLITE_OK ? GLIMPSE_OK : refused_by(file->db, rc, problem, size);
}

void gl_file_close(gl_file *file)
{
    for (int i = 0; i < GL_STATEMENTS; i++) sqlite3_finalize(file->statements[i]);
    sqlite3_close(file->db);
    if (file->db != NULL && file->keeper != NULL) { /* it is a store, and was opened whole */
        sqlite3_exec(file->keeper, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
        sqlite3_db_config(file->keeper, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
    }
    sqlite3_close(file->keeper); /* last, so that its checkpoint finds nothing else open */
    *file = (gl_file){ .page_size = 0 };
}

int gl_file_run(gl_file *file, gl_statement which)
{
    sqlite3_stmt *statement = file->statements[which];
    int rc = sqlite3_step(statement);
    int end = sqlite3_reset(statement);
    if (rc == SQLITE_DONE || rc == SQLITE_ROW) rc = end;
    return rc;
}

int64_t gl_file_number(gl_file *file, gl_statement which)
{
    sqlite3_stmt *statement = file->statements[which];
    int64_t number = -1;
    if (sqlite3_step(statement) == SQLITE_ROW) number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return number;
}

sqlite3 *gl_file_open_alone(const char *path, bool writes, char *problem, size_t size)
{
    sqlite3 *db = NULL;
    glimpse_error error = open_checked(&db, path, false, problem, size);
    if (error == GLIMPSE_ERR_STORE && !writes && lacks_leave(db)) {
        sqlite3_close(db);
        db = NULL;
        error = open_to_read(&db, path, problem, size);
    }
    if (error == GLIMPSE_OK) return db;
    sqlite3_close(db);
    return NULL;
}
