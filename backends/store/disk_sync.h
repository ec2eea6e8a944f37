/*
 * disk_sync.h - fsync that does not wait: the kernel does it and reports by a descriptor in the
 * loop when it is done (Linux's asynchronous I/O, since 4.18 for every file system).
 */
#ifndef GL_STORE_DISK_SYNC_H
#define GL_STORE_DISK_SYNC_H

#include <stdbool.h>

#include "loop.h"

typedef struct gl_disk_sync gl_disk_sync;

/* NULL: no memory. done is called from the loop. */
gl_disk_sync *gl_disk_sync_new(gl_loop *loop, void (*done)(void *arg, bool on_disk), void *arg);

/* Waits for a sync under way. NULL is fine. */
void gl_disk_sync_free(gl_disk_sync *sync);

/* Begins: bytes written to the file until now will be on disk when done reports so. One at a time.
 * The descriptor may be closed afterwards. false: the kernel refused, or does not do it; done is
 * not called. */
bool gl_disk_sync_start(gl_disk_sync *sync, int fd);
bool gl_disk_sync_under_way(const gl_disk_sync *sync);

#endif
