/*
 * checkpoint.c - see checkpoint.h.
 *
 * Invariant: from step 1 to step 5 `db` is in a transaction that has changed nothing. Where the
 * kernel does no asynchronous fsync, steps 2 and 4 are left out: a power cut can then damage the
 * file, which is found out as any damage is.
 */
#include "store/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "store/disk_sync.h"

/* Frames of 4 KiB in the log when it is moved: 512 take a small part of a millisecond to copy
 * (bench/micro/store.c), and hold several hundred samples. */
#define FRAMES_DUE 512
/* A long read of another process can keep the log from being moved. It may grow this far, 8 MiB, so
 * that it is still moved within a turn of the loop after that read; then writing waits. */
#define FRAMES_MAX 2048
/* Descriptors looked at to find the file's own. */
#define DESCRIPTORS 4096
#define LOG_SYNC_MS 1000

typedef enum phase { IDLE, LOG_ALONE, LOG_FIRST, FILE_LAST } phase;

struct gl_checkpoint {
    gl_loop *loop;
    gl_file *file;
    gl_timer *timer;    /* brings the log to the disk some time after a commit */
    gl_disk_sync *sync; /* NULL: no memory for it */
    char *path, *log_path;
    phase phase;
    bool timer_set;
    int frames; /* in the log, as far as we know */
    int due;    /* moved when there are so many */
    int fd;     /* of the file; SQLite's own, never closed here */
    void (*ended)(void *arg, int rc);
    void (*worked)(void *arg, gl_time begun);
    void *arg;
};

/*
 * Finds a descriptor of the file itself. It must be SQLite's own, because closing one of ours would
 * give up all locks that this process has on the file (POSIX). It is checked before each use.
 */
static bool is_of(int fd, const struct stat *file)
{
    struct stat what;
    return fstat(fd, &what) == 0 && what.st_dev == file->st_dev && what.st_ino == file->st_ino &&
           (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

static int descriptor_of_file(gl_checkpoint *c)
{
    struct stat file;
    if (stat(c->path, &file) != 0) return -1;
    if (c->fd >= 0 && is_of(c->fd, &file)) return c->fd;
    for (c->fd = 0; c->fd < DESCRIPTORS; c->fd++)
        if (is_of(c->fd, &file)) return c->fd;
    return c->fd = -1;
}

/* false: it cannot, and no step waits for it. */
static bool sync_log(gl_checkpoint *c)
{
    if (c->sync == NULL) return false;
    int fd = open(c->log_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool begun = gl_disk_sync_start(c->sync, fd);
    close(fd); /* no lock is on the log, and the kernel holds it open */
    return begun;
}

static int end(gl_checkpoint *c, int rc)
{
    c->phase = IDLE;
    int back = gl_file_run(c->file, GL_ROLLBACK);
    return rc != SQLITE_OK ? rc : back;
}

/* Steps 3 and 4; where 4 is not possible, 5. */
static int copy(gl_checkpoint *c)
{
    int frames = 0, moved = 0;
    int rc = sqlite3_wal_checkpoint_v2(c->file->keeper, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames,
                                       &moved);
    if (rc != SQLITE_OK) return end(c, rc);
    c->frames = moved < frames ? frames : 0;
    c->due = c->frames + FRAMES_DUE < FRAMES_MAX ? c->frames + FRAMES_DUE : FRAMES_MAX;
    int fd = c->sync != NULL ? descriptor_of_file(c) : -1;
    c->phase = FILE_LAST;
    return fd >= 0 && gl_disk_sync_start(c->sync, fd) ? SQLITE_OK : end(c, SQLITE_OK);
}

static void synced(void *arg, bool on_disk)
{
    gl_checkpoint *c = arg;
    gl_time begun = gl_loop_now(c->loop);
    int rc = SQLITE_OK;
    if (c->phase == LOG_ALONE) {
        c->phase = IDLE;
        return;
    }
    if (!on_disk)
        rc = end(c, SQLITE_IOERR_FSYNC);
    else if (c->phase == LOG_FIRST)
        rc = copy(c);
    else
        rc = end(c, SQLITE_OK);
    c->worked(c->arg, begun);
    if (c->phase == IDLE) c->ended(c->arg, rc);
}

static void sync_after_commit(void *arg)
{
    gl_checkpoint *c = arg;
    c->timer_set = false;
    if (c->phase == IDLE && sync_log(c)) c->phase = LOG_ALONE;
}

gl_checkpoint *gl_checkpoint_new(gl_loop *loop, gl_file *file, const char *path,
                                 void (*ended)(void *arg, int rc),
                                 void (*worked)(void *arg, gl_time begun), void *arg)
{
    gl_checkpoint *c = gl_calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    size_t len = strlen(path);
    c->loop = loop;
    c->file = file;
    c->fd = -1;
    c->due = FRAMES_DUE;
    c->ended = ended;
    c->worked = worked;
    c->arg = arg;
    c->path = gl_strdup(path);
    c->log_path = gl_malloc(len + sizeof "-wal");
    c->timer = gl_timer_new(loop, sync_after_commit, c);
    if (c->path == NULL || c->log_path == NULL || c->timer == NULL) {
        gl_checkpoint_free(c);
        return NULL;
    }
    snprintf(c->log_path, len + sizeof "-wal", "%s-wal", path);
    c->sync = gl_disk_sync_new(loop, synced, c);
    return c;
}

void gl_checkpoint_free(gl_checkpoint *c)
{
    if (c == NULL) return;
    gl_disk_sync_free(c->sync);
    if (gl_checkpoint_under_way(c)) gl_file_run(c->file, GL_ROLLBACK);
    gl_timer_free(c->timer);
    gl_free(c->path);
    gl_free(c->log_path);
    gl_free(c);
}

void gl_checkpoint_committed(gl_checkpoint *c, int frames)
{
    if (frames < c->frames) c->due = FRAMES_DUE; /* the log was started over */
    c->frames = frames;
    if (c->sync == NULL || c->timer_set) return;
    c->timer_set = true;
    gl_timer_set(c->timer, gl_time_add_ms(gl_loop_now(c->loop), LOG_SYNC_MS));
}

bool gl_checkpoint_due(const gl_checkpoint *c)
{
    return c->frames >= c->due;
}

int gl_checkpoint_start(gl_checkpoint *c)
{
    if (c->phase == LOG_ALONE) return SQLITE_BUSY; /* one at a time: it is over in a moment */
    int rc = gl_file_run(c->file, GL_BEGIN);
    if (rc != SQLITE_OK) return rc;
    c->phase = LOG_FIRST;
    return sync_log(c) ? SQLITE_OK : copy(c);
}

bool gl_checkpoint_under_way(const gl_checkpoint *c)
{
    return c->phase == LOG_FIRST || c->phase == FILE_LAST;
}
