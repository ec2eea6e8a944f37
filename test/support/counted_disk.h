/*
 * counted_disk.h - the disk under a SQLite file, which counts what is asked of it, and on which
 * each call takes its part of the simulated loop's time. Include it once: it stands in for the
 * library's gl_disk_sync, and is SQLite's default VFS from counted_disk_mount on.
 */
#ifndef TEST_SUPPORT_COUNTED_DISK_H
#define TEST_SUPPORT_COUNTED_DISK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/loop_sim.h"
#include "loop.h"
#include "store/disk_sync.h"

/* What a call costs, about as much as a page in the system's memory takes; and what waiting for a
 * disk takes, which no turn may. The store's own limits of time go by these. */
#define DISK_CALL_NS (1 * GL_US)
#define DISK_PAGE_NS (2 * GL_US)
#define DISK_SYNC_NS (20 * GL_MS)

enum { DISK_PAGE = 4096 };

typedef struct disk_work {
    size_t pages_read;
    size_t pages_logged, pages_moved; /* written to the log, and to the file itself */
    size_t syncs, sleeps;             /* what the loop would wait for */
} disk_work;

static struct {
    disk_work work;
    bool counting;      /* what others do is not the store's */
    sqlite3_vfs *under; /* SQLite's own */
    sqlite3_vfs vfs;    /* its copy, with the functions below */
} counted;

static void counted_pass(uint64_t ns)
{
    if (counted.counting) gl_sim_advance(ns);
}

/* --- SQLite's view --- */

typedef struct counted_file {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
    size_t *written; /* where its pages are counted */
} counted_file;

static size_t counted_offset(void)
{
    return ((size_t)counted.under->szOsFile + 15) & ~(size_t)15;
}

static counted_file *counted_of(sqlite3_file *file)
{
    return (counted_file *)(void *)((char *)file + counted_offset());
}

static void counted_call(size_t *pages, int len)
{
    if (!counted.counting) return;
    *pages += (size_t)len / DISK_PAGE;
    gl_sim_advance(DISK_CALL_NS + (uint64_t)len / DISK_PAGE * DISK_PAGE_NS);
}

static int counted_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    counted_call(&counted.work.pages_read, len);
    return counted_of(file)->real->xRead(file, data, len, at);
}

static int counted_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    counted_call(counted_of(file)->written, len);
    return counted_of(file)->real->xWrite(file, data, len, at);
}

static int counted_truncate(sqlite3_file *file, sqlite3_int64 len)
{
    counted_pass(DISK_CALL_NS);
    return counted_of(file)->real->xTruncate(file, len);
}

static int counted_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    if (counted.counting) counted.work.syncs++;
    counted_pass(DISK_SYNC_NS);
    return SQLITE_OK;
}

static int counted_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    if (counted.counting) counted.work.sleeps++;
    counted_pass((uint64_t)us * GL_US);
    return us;
}

/* The same at each run: keys and the marks of the log are drawn from it. */
static int counted_chance(sqlite3_vfs *vfs, int len, char *bytes)
{
    (void)vfs;
    memset(bytes, 7, (size_t)len);
    return len;
}

static int counted_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int rc = counted.under->xOpen(counted.under, path, file, flags, out);
    if (rc != SQLITE_OK || file->pMethods == NULL) return rc;
    counted_file *it = counted_of(file);
    it->real = file->pMethods;
    it->written =
        (flags & SQLITE_OPEN_WAL) != 0 ? &counted.work.pages_logged : &counted.work.pages_moved;
    it->methods = *file->pMethods;
    it->methods.xRead = counted_read;
    it->methods.xWrite = counted_write;
    it->methods.xTruncate = counted_truncate;
    it->methods.xSync = counted_sync;
    file->pMethods = &it->methods;
    return rc;
}

static void counted_disk_mount(void)
{
    if (counted.under == NULL) {
        counted.under = sqlite3_vfs_find(NULL);
        counted.vfs = *counted.under;
        counted.vfs.pNext = NULL;
        counted.vfs.zName = "counted-disk";
        counted.vfs.szOsFile = (int)(counted_offset() + sizeof(counted_file));
        counted.vfs.xOpen = counted_open;
        counted.vfs.xSleep = counted_sleep;
        counted.vfs.xRandomness = counted_chance;
        assert_int_equal(sqlite3_vfs_register(&counted.vfs, 1), SQLITE_OK);
    }
    counted.work = (disk_work){ .syncs = 0 };
    counted.counting = false;
}

/* --- the store's view: an fsync that the loop hears of when it is done --- */

struct gl_disk_sync {
    gl_timer *timer;
    gl_loop *loop;
    bool under_way;
    void (*done)(void *arg, bool on_disk);
    void *arg;
};

static void counted_synced(void *arg)
{
    gl_disk_sync *sync = arg;
    sync->under_way = false;
    sync->done(sync->arg, true);
}

gl_disk_sync *gl_disk_sync_new(gl_loop *loop, void (*done)(void *arg, bool on_disk), void *arg)
{
    gl_disk_sync *sync = gl_calloc(1, sizeof *sync);
    assert_non_null(sync);
    *sync = (gl_disk_sync){ .loop = loop, .done = done, .arg = arg };
    sync->timer = gl_timer_new(loop, counted_synced, sync);
    assert_non_null(sync->timer);
    return sync;
}

void gl_disk_sync_free(gl_disk_sync *sync)
{
    if (sync == NULL) return;
    gl_timer_free(sync->timer);
    gl_free(sync);
}

bool gl_disk_sync_start(gl_disk_sync *sync, int fd)
{
    assert_true(fd >= 0);
    assert_false(sync->under_way);
    sync->under_way = true;
    gl_timer_set(sync->timer, gl_loop_now(sync->loop) + DISK_SYNC_NS);
    return true;
}

bool gl_disk_sync_under_way(const gl_disk_sync *sync)
{
    return sync->under_way;
}

#endif
