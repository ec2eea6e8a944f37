/*
 * vfs.c - see vfs.h. Owns the one table for SQLite, and the tables of the log files that are opened
 * through it.
 *
 * Invariant: a file opened here is a file of the VFS underneath, with room behind it for a copy of
 * its table of methods; the methods underneath get the same pointer and see nothing else.
 */
#include "store/vfs.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes of the header of SQLite's log, which is written by a call of its own. */
#define LOG_HEADER 32

static sqlite3_vfs *under;
static sqlite3_vfs table; /* one for the process: SQLite's list of them is the process's too */

/* Behind the file of the VFS underneath. */
typedef struct log_file {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
    bool begun; /* the header was written and the rest is not cut off yet */
} log_file;

/* SQLite gives szOsFile bytes, aligned to 8; the file underneath takes the first of them. */
static size_t log_offset(void)
{
    return ((size_t)under->szOsFile + 15) & ~(size_t)15;
}

static log_file *log_of(sqlite3_file *file)
{
    return (log_file *)(void *)((char *)file + log_offset());
}

static int log_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    log_file *log = log_of(file);
    int rc = log->real->xWrite(file, data, len, at);
    if (rc == SQLITE_OK && at == 0 && len == LOG_HEADER) log->begun = true;
    return rc;
}

static int log_sync(sqlite3_file *file, int flags)
{
    log_file *log = log_of(file);
    if (!log->begun) return log->real->xSync(file, flags);
    log->begun = false;
    return log->real->xTruncate(file, LOG_HEADER);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int rc = under->xOpen(under, name, file, flags, out);
    if (rc != SQLITE_OK || file->pMethods == NULL || (flags & SQLITE_OPEN_WAL) == 0) return rc;
    log_file *log = log_of(file);
    log->real = file->pMethods;
    log->methods = *file->pMethods;
    log->methods.xWrite = log_write;
    log->methods.xSync = log_sync;
    log->begun = false;
    file->pMethods = &log->methods;
    return rc;
}

static int no_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

const char *gl_vfs_name(void)
{
    sqlite3_vfs *now = sqlite3_vfs_find(NULL);
    if (now == NULL) return NULL;
    if (under == now && sqlite3_vfs_find(table.zName) == &table) return table.zName;
    if (under != NULL) sqlite3_vfs_unregister(&table);
    under = now;
    table = *now;
    table.pNext = NULL;
    table.zName = "glimpse";
    table.szOsFile = (int)(log_offset() + sizeof(log_file));
    table.xOpen = open_file;
    table.xSleep = no_sleep;
    return sqlite3_vfs_register(&table, 0) == SQLITE_OK ? table.zName : NULL;
}
