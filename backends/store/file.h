/*
 * file.h - the SQLite file of a store: opening, making and refusing it; its two connections and
 * their statements.
 *
 * `db` reads and writes, from the loop: it waits for no lock and no disk. `keeper` moves the log
 * into the file and waits for no disk either, until the file is closed.
 */
#ifndef GL_STORE_FILE_H
#define GL_STORE_FILE_H

#include <glimpse/store.h>
#include <sqlite3.h>

#include "base/slice.h"

/* "Glim", at byte 68 of the file, where file(1) looks for it. */
#define GL_STORE_APPLICATION_ID 0x476c696d

/* The format. A file of a higher one is left alone; there is no lower one. */
#define GL_STORE_FORMAT 1

typedef enum gl_statement {
    GL_BEGIN,
    GL_COMMIT,
    GL_ROLLBACK,
    GL_GET,    /* key: put_ms, digest, value */
    GL_PUT,    /* key, put_ms, digest, value */
    GL_REMOVE, /* key */
    GL_EVICT,  /* how many of the oldest */
    GL_EXPIRE, /* how many of the oldest to look at, put before when */
    GL_PAGES,
    GL_FREE_PAGES,
    GL_STATEMENTS
} gl_statement;

typedef struct gl_file {
    sqlite3 *db, *keeper;
    sqlite3_stmt *statements[GL_STATEMENTS];
    int64_t page_size;
    bool read_only; /* keeper is NULL, and db only gets */
} gl_file;

/* A file's result, as a store handles it. */
typedef enum gl_trouble {
    GL_FINE,
    GL_BUSY,   /* another process has it: later */
    GL_FULL,   /* the disk is full, or cannot be written: the puts are lost */
    GL_DAMAGED /* the file is not ours any more */
} gl_trouble;
gl_trouble gl_file_trouble(int rc);

/* Opens it for a store, to be read where it may not be written; waits up to 2 s for a lock.
 * GLIMPSE_OK, OOM, or STORE with the reason in problem. Close it either way. */
glimpse_error gl_file_open(gl_file *file, const char *path, char *problem, size_t size);

/* Waits for the disk when no other connection is left. */
void gl_file_close(gl_file *file);

/* Runs a statement that gives no row. SQLITE_OK or the error. */
int gl_file_run(gl_file *file, gl_statement which);

/* The number a statement gives, -1 when it fails. */
int64_t gl_file_number(gl_file *file, gl_statement which);

/* One connection without a loop, to look at and to clean a file that is there; waits up to 5 s for
 * a lock. writes: else one that may only be read will do. NULL: problem says why. */
sqlite3 *gl_file_open_alone(const char *path, bool writes, char *problem, size_t size);

#endif
