/*
 * power_disk.h - the disk under a SQLite file, as a power cut leaves it. Include it once: it stands
 * in for the library's gl_disk_sync, and is SQLite's default VFS from disk_mount on.
 *
 * Writes go to real files; beside them the disk keeps what was brought to it (by an fsync of
 * SQLite's or of the store's) and the order of all that came since. disk_cut makes the files of a
 * power cut out of these:
 *
 *   - what an fsync has brought to the disk is there;
 *   - of what was written since, any part may be there, by sectors, in any order; the rest is as it
 *     was, zeros where the file has grown, or garbage. Bytes beside a write are not touched;
 *   - cutting a file off and deleting it happen in the order in which they were asked for, for all
 *     files together, and an fsync of any file brings the earlier ones to the disk, as in the
 *     journal of a file system. Until then what is written behind the cut goes to blocks that are
 *     not yet the file's.
 */
#ifndef TEST_SUPPORT_POWER_DISK_H
#define TEST_SUPPORT_POWER_DISK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "loop.h"
#include "store/disk_sync.h"

enum { DISK_SECTOR = 512, DISK_BLOCK = 4096 };

typedef enum disk_name { DISK_FILE, DISK_LOG, DISK_JOURNAL, DISK_NAMES } disk_name;

/* What an fsync does here. */
typedef enum disk_kind {
    DISK_HONEST,
    DISK_LYING,  /* nothing, and says that it was done */
    DISK_WITHOUT /* as HONEST, but the store has no asynchronous one */
} disk_kind;

typedef struct disk_bytes {
    unsigned char *data;
    size_t len, room;
} disk_bytes;

typedef struct disk_op {
    uint64_t order;
    unsigned char *data; /* NULL: the file is cut off at `at` */
    size_t at, len;
} disk_op;

typedef struct disk_track {
    char path[160];
    disk_bytes safe;
    disk_op *since; /* oldest first */
    size_t count, room;
} disk_track;

typedef struct disk_state {
    disk_track files[DISK_NAMES];
    bool mounted;
    disk_kind kind;
    uint64_t order;  /* of the next operation */
    uint64_t safe;   /* cuts before it are on the disk */
    size_t log_cuts; /* how often a log was begun over */
    gl_rng rng;
    void (*moment)(bool rare);        /* the power may be cut now; rare: at an fsync or a cut */
    size_t (*written)(void);          /* asked when an fsync of the log begins, */
    void (*log_safe)(size_t written); /* told when it is done */
} disk_state;

static disk_state disk;

/* --- bytes --- */

static void disk_resize(disk_bytes *bytes, size_t len)
{
    if (len > bytes->room) {
        bytes->room = len + len / 2;
        bytes->data = realloc(bytes->data, bytes->room);
        assert_non_null(bytes->data);
    }
    if (len > bytes->len) memset(bytes->data + bytes->len, 0, len - bytes->len);
    bytes->len = len;
}

static void disk_put(disk_bytes *bytes, size_t at, const unsigned char *data, size_t len)
{
    if (len == 0) return;
    if (at + len > bytes->len) disk_resize(bytes, at + len);
    memcpy(bytes->data + at, data, len);
}

/* --- what is done to the files --- */

static void disk_note(disk_name name, size_t at, const void *data, size_t len)
{
    disk_track *track = &disk.files[name];
    disk.moment(data == NULL);
    if (track->count == track->room) {
        track->room = track->room * 2 + 64;
        track->since = realloc(track->since, track->room * sizeof *track->since);
        assert_non_null(track->since);
    }
    disk_op *op = &track->since[track->count++];
    *op = (disk_op){ .order = disk.order++, .at = at, .len = len };
    if (data == NULL) {
        disk.log_cuts += name == DISK_LOG && at > 0;
        return;
    }
    op->data = malloc(len);
    assert_non_null(op->data);
    memcpy(op->data, data, len);
}

static void disk_settle(disk_name name, uint64_t before)
{
    disk_track *track = &disk.files[name];
    size_t done = 0;
    for (; done < track->count && track->since[done].order < before; done++) {
        disk_op *op = &track->since[done];
        if (op->data == NULL)
            disk_resize(&track->safe, op->at);
        else
            disk_put(&track->safe, op->at, op->data, op->len);
        free(op->data);
    }
    track->count -= done;
    if (track->count > 0)
        memmove(track->since, track->since + done, track->count * sizeof *track->since);
    if (before > disk.safe) disk.safe = before;
}

/* --- SQLite's view: a copy of its own VFS --- */

typedef struct disk_handle {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
    disk_name name;
} disk_handle;

static sqlite3_vfs *disk_under;
static sqlite3_vfs disk_vfs;

static size_t disk_handle_offset(void)
{
    return ((size_t)disk_under->szOsFile + 15) & ~(size_t)15;
}

static disk_handle *disk_handle_of(sqlite3_file *file)
{
    return (disk_handle *)(void *)((char *)file + disk_handle_offset());
}

static int disk_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    if (disk.mounted) disk_note(disk_handle_of(file)->name, (size_t)at, data, (size_t)len);
    return disk_handle_of(file)->real->xWrite(file, data, len, at);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 len)
{
    if (disk.mounted) disk_note(disk_handle_of(file)->name, (size_t)len, NULL, 0);
    return disk_handle_of(file)->real->xTruncate(file, len);
}

static int disk_sync_now(sqlite3_file *file, int flags)
{
    (void)flags;
    disk_name name = disk_handle_of(file)->name;
    if (!disk.mounted) return SQLITE_OK;
    disk.moment(true);
    if (disk.kind == DISK_LYING) return SQLITE_OK;
    disk_settle(name, disk.order);
    if (name == DISK_LOG) disk.log_safe(disk.written());
    return SQLITE_OK;
}

static disk_name disk_name_of(const char *path)
{
    disk_name name = DISK_FILE;
    while (name < DISK_NAMES && (path == NULL || strcmp(path, disk.files[name].path) != 0)) name++;
    return name;
}

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int rc = disk_under->xOpen(disk_under, path, file, flags, out);
    disk_name name = disk_name_of(path);
    if (rc != SQLITE_OK || name == DISK_NAMES) return rc;
    disk_handle *handle = disk_handle_of(file);
    handle->real = file->pMethods;
    handle->methods = *file->pMethods;
    handle->methods.xWrite = disk_write;
    handle->methods.xTruncate = disk_truncate;
    handle->methods.xSync = disk_sync_now;
    handle->name = name;
    file->pMethods = &handle->methods;
    return rc;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
    (void)vfs;
    disk_name name = disk_name_of(path);
    if (disk.mounted && name != DISK_NAMES) disk_note(name, 0, NULL, 0);
    return disk_under->xDelete(disk_under, path, sync_directory);
}

/* --- the store's view: an fsync that is done some turns of the loop later --- */

struct gl_disk_sync {
    gl_defer *later;
    disk_name name;
    uint64_t before;
    size_t written;
    uint32_t turns;
    bool under_way;
    void (*done)(void *arg, bool on_disk);
    void *arg;
};

static void disk_sync_later(void *arg)
{
    gl_disk_sync *sync = arg;
    if (sync->turns-- > 0) {
        gl_defer_next_turn(sync->later);
        return;
    }
    disk.moment(true);
    if (disk.kind == DISK_HONEST) {
        disk_settle(sync->name, sync->before);
        if (sync->name == DISK_LOG) disk.log_safe(sync->written);
    }
    sync->under_way = false;
    disk.moment(true);
    sync->done(sync->arg, true);
}

gl_disk_sync *gl_disk_sync_new(gl_loop *loop, void (*done)(void *arg, bool on_disk), void *arg)
{
    if (disk.kind == DISK_WITHOUT) return NULL;
    gl_disk_sync *sync = gl_calloc(1, sizeof *sync);
    if (sync == NULL) return NULL;
    sync->later = gl_defer_new(loop, disk_sync_later, sync);
    assert_non_null(sync->later);
    sync->done = done;
    sync->arg = arg;
    return sync;
}

void gl_disk_sync_free(gl_disk_sync *sync)
{
    if (sync != NULL) gl_defer_free(sync->later);
    gl_free(sync);
}

bool gl_disk_sync_start(gl_disk_sync *sync, int fd)
{
    struct stat wanted, what;
    assert_int_equal(fstat(fd, &wanted), 0);
    assert_false(sync->under_way);
    for (sync->name = DISK_FILE; sync->name < DISK_NAMES; sync->name++)
        if (stat(disk.files[sync->name].path, &what) == 0 && what.st_ino == wanted.st_ino) break;
    assert_true(sync->name < DISK_NAMES);
    disk.moment(true);
    sync->before = disk.order;
    sync->written = disk.written();
    sync->turns = gl_rng_below(&disk.rng, 4);
    sync->under_way = true;
    gl_defer_next_turn(sync->later);
    return true;
}

bool gl_disk_sync_under_way(const gl_disk_sync *sync)
{
    return sync->under_way;
}

/* --- the cut --- */

/* Which of the operations that no fsync has brought to the disk are on it. */
typedef struct disk_fate {
    uint64_t order; /* of the first of which only some sectors may be there, by chance */
    bool last;      /* the other way round: those before `order` by chance, the others whole */
    double kept;    /* the chance of a sector */
    double garbage; /* the chance of one that is not kept */
    uint64_t cuts;  /* those before it are */
} disk_fate;

static disk_fate disk_draw(void)
{
    static const double chances[] = { 0.1, 0.5, 0.9, 0.99 };
    uint32_t open = (uint32_t)(disk.order - disk.safe);
    disk_fate fate = { .order = disk.safe + (open > 0 ? gl_rng_below(&disk.rng, open + 1) : 0) };
    fate.cuts = disk.safe + (open > 0 ? gl_rng_below(&disk.rng, open + 1) : 0);
    fate.garbage = gl_rng_below(&disk.rng, 2) == 0 ? 0 : 0.2;
    switch (gl_rng_below(&disk.rng, 6)) {
    case 0: /* nothing else */
        fate.order = fate.cuts = 0;
        break;
    case 1: /* all of it */
        fate.order = fate.cuts = disk.order;
        break;
    case 2: /* what came first, the end torn */
        fate.cuts = fate.order;
        break;
    case 3: /* any of it */
        fate.order = 0;
        fate.kept = chances[gl_rng_below(&disk.rng, 4)];
        break;
    case 4: /* what came last */
        fate.last = true;
        break;
    default: /* what came first, and any of the rest */
        fate.kept = chances[gl_rng_below(&disk.rng, 4)];
        break;
    }
    return fate;
}

static void disk_put_some(disk_bytes *bytes, const disk_op *op, size_t len, const disk_fate *fate)
{
    unsigned char sector[DISK_SECTOR];
    for (size_t at = op->at, end = op->at + len, next; at < end; at = next) {
        next =
            (at / DISK_SECTOR + 1) * DISK_SECTOR < end ? (at / DISK_SECTOR + 1) * DISK_SECTOR : end;
        if ((op->order < fate->order) != fate->last || gl_rng_uniform(&disk.rng) < fate->kept) {
            disk_put(bytes, at, op->data + (at - op->at), next - at);
        } else if (gl_rng_uniform(&disk.rng) < fate->garbage) {
            for (size_t i = 0; i < next - at; i++)
                sector[i] = (unsigned char)gl_rng_below(&disk.rng, 256);
            disk_put(bytes, at, sector, next - at);
        } else if (at >= bytes->len && gl_rng_below(&disk.rng, 2) == 0) {
            disk_resize(bytes, next);
        }
    }
}

/* The files as they are found when the power is back; free the bytes. */
static void disk_cut(disk_bytes files[DISK_NAMES])
{
    disk_fate fate = disk_draw();
    for (int name = 0; name < DISK_NAMES; name++) {
        const disk_track *track = &disk.files[name];
        size_t limit = SIZE_MAX; /* what is behind it is in blocks that are not the file's */
        files[name] = (disk_bytes){ .len = 0 };
        disk_put(&files[name], 0, track->safe.data, track->safe.len);
        for (size_t i = 0; i < track->count; i++) {
            const disk_op *op = &track->since[i];
            size_t len = op->at >= limit ? 0 : op->len < limit - op->at ? op->len : limit - op->at;
            if (op->data != NULL) {
                disk_put_some(&files[name], op, len, &fate);
            } else if (op->order < disk.safe || op->order < fate.cuts) {
                disk_resize(&files[name], op->at);
            } else {
                size_t block = (op->at + DISK_BLOCK - 1) / DISK_BLOCK * DISK_BLOCK;
                if (block < limit) limit = block;
            }
        }
    }
}

/* --- mounting --- */

/* Makes the files at path and its neighbours; from then on all that SQLite does to them is kept. */
static void disk_mount(const char *path, const disk_bytes files[DISK_NAMES])
{
    static const char *const suffixes[] = { "", "-wal", "-journal" };
    if (disk_under == NULL) {
        disk_under = sqlite3_vfs_find(NULL);
        disk_vfs = *disk_under;
        disk_vfs.pNext = NULL;
        disk_vfs.zName = "power-disk";
        disk_vfs.szOsFile = (int)(disk_handle_offset() + sizeof(disk_handle));
        disk_vfs.xOpen = disk_open;
        disk_vfs.xDelete = disk_delete;
        assert_int_equal(sqlite3_vfs_register(&disk_vfs, 1), SQLITE_OK);
    }
    disk.order = disk.safe = 0;
    for (int name = 0; name < DISK_NAMES; name++) {
        disk_track *track = &disk.files[name];
        snprintf(track->path, sizeof track->path, "%s%s", path, suffixes[name]);
        if (files[name].len == 0) continue;
        disk_put(&track->safe, 0, files[name].data, files[name].len);
        FILE *file = fopen(track->path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(files[name].data, 1, files[name].len, file), files[name].len);
        assert_int_equal(fclose(file), 0);
    }
    disk.mounted = true;
}

static void disk_unmount(void)
{
    disk.mounted = false;
    for (int name = 0; name < DISK_NAMES; name++) {
        disk_track *track = &disk.files[name];
        for (size_t i = 0; i < track->count; i++) free(track->since[i].data);
        free(track->since);
        free(track->safe.data);
        *track = (disk_track){ .count = 0 };
    }
}

#endif
