/*
 * disk_sync.c - see disk_sync.h. Owns one context of the kernel's asynchronous I/O and the
 * descriptor that it answers by, both made for the first sync: the kernel takes 30 ms and more to
 * give a context back, which a process that writes nothing need not wait for.
 */
#include "store/disk_sync.h"

#include <linux/aio_abi.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

struct gl_disk_sync {
    gl_loop *loop;
    aio_context_t context;
    gl_watch *watch; /* NULL: not set up yet */
    int fd;          /* readable when the kernel is done */
    bool under_way;
    void (*done)(void *arg, bool on_disk);
    void *arg;
};

static void answered(int fd, int events, void *arg)
{
    (void)events;
    gl_disk_sync *sync = arg;
    uint64_t count;
    struct io_event event;
    if (read(fd, &count, sizeof count) != sizeof count) return;
    if (syscall(SYS_io_getevents, sync->context, 1L, 1L, &event, NULL) != 1) event.res = -1;
    sync->under_way = false;
    gl_watch_set(sync->watch, 0);
    sync->done(sync->arg, event.res == 0);
}

gl_disk_sync *gl_disk_sync_new(gl_loop *loop, void (*done)(void *arg, bool on_disk), void *arg)
{
    gl_disk_sync *sync = gl_calloc(1, sizeof *sync);
    if (sync == NULL) return NULL;
    sync->loop = loop;
    sync->done = done;
    sync->arg = arg;
    sync->fd = -1;
    return sync;
}

static void give_back(gl_disk_sync *sync)
{
    gl_watch_free(sync->watch);
    if (sync->context != 0) syscall(SYS_io_destroy, sync->context);
    if (sync->fd >= 0) close(sync->fd);
    sync->watch = NULL;
    sync->context = 0;
    sync->fd = -1;
}

void gl_disk_sync_free(gl_disk_sync *sync)
{
    if (sync == NULL) return;
    give_back(sync);
    gl_free(sync);
}

/* false: no memory, or the kernel does not do it; the next sync tries again. */
static bool set_up(gl_disk_sync *sync)
{
    if (sync->watch != NULL) return true;
    sync->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (sync->fd >= 0 && syscall(SYS_io_setup, 1L, &sync->context) == 0)
        sync->watch = gl_watch_new(sync->loop, sync->fd, answered, sync);
    if (sync->watch == NULL) give_back(sync);
    return sync->watch != NULL;
}

bool gl_disk_sync_start(gl_disk_sync *sync, int fd)
{
    if (!set_up(sync)) return false;
    struct iocb block = { .aio_lio_opcode = IOCB_CMD_FSYNC,
                          .aio_fildes = (uint32_t)fd,
                          .aio_flags = IOCB_FLAG_RESFD,
                          .aio_resfd = (uint32_t)sync->fd },
                *blocks[] = { &block };
    if (!gl_watch_set(sync->watch, GL_WATCH_READ)) return false;
    if (syscall(SYS_io_submit, sync->context, 1L, blocks) != 1) {
        gl_watch_set(sync->watch, 0);
        return false;
    }
    sync->under_way = true;
    return true;
}

bool gl_disk_sync_under_way(const gl_disk_sync *sync)
{
    return sync->under_way;
}
