/*
 * vfs.h - the operating system as SQLite sees it from the loop: it never sleeps and never waits for
 * a disk.
 *
 * A copy of SQLite's own VFS with two differences. Sleeping, which SQLite does between looks at a
 * lock, returns at once: the operation then fails, and a timer tries it again. And where SQLite
 * would wait for the disk because it begins to write its log (-wal) over from the start, the log is
 * cut off behind its new header instead. Everything older than the header is then gone, which is
 * all that the wait had to ensure (docs/internals/store.md).
 *
 * Only for connections that neither checkpoint nor keep a rollback journal.
 */
#ifndef GL_STORE_VFS_H
#define GL_STORE_VFS_H

/* Its name, for sqlite3_open_v2; NULL: SQLite has no memory or no VFS. */
const char *gl_vfs_name(void);

#endif
