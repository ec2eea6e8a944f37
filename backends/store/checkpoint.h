/*
 * checkpoint.h - moves a store's log into its file, in steps that never wait for the disk.
 *
 *   1. Take the lock for writing: no process adds to the log, or starts it over, until the end.
 *   2. Have the kernel bring the log to the disk; the loop goes on.
 *   3. Copy the pages from the log into the file.
 *   4. Have the kernel bring the file to the disk; the loop goes on.
 *   5. Give the lock back; the next to write starts the log over.
 *
 * In between, the store's lookups go on, and puts wait. A second after the last commit the log
 * alone is brought to the disk, too, so a power cut loses the puts of a second.
 */
#ifndef GL_STORE_CHECKPOINT_H
#define GL_STORE_CHECKPOINT_H

#include "loop.h"
#include "store/file.h"

typedef struct gl_checkpoint gl_checkpoint;

/* ended is called from the loop when a checkpoint that went on there has ended; rc is SQLite's.
 * worked is called after each step from the loop, with the time at which it began. path is copied.
 * NULL: out of memory. */
gl_checkpoint *gl_checkpoint_new(gl_loop *loop, gl_file *file, const char *path,
                                 void (*ended)(void *arg, int rc),
                                 void (*worked)(void *arg, gl_time begun), void *arg);

/* Ends one that is under way as if it had not begun. Waits for the kernel. NULL is fine. */
void gl_checkpoint_free(gl_checkpoint *checkpoint);

/* Call after a commit, with the frames that the log has now. */
void gl_checkpoint_committed(gl_checkpoint *checkpoint, int frames);

/* Returns true when the log must be moved before more is written to it. */
bool gl_checkpoint_due(const gl_checkpoint *checkpoint);

/* Begins one. SQLITE_OK: it is under way, or done already; other codes: it failed. */
int gl_checkpoint_start(gl_checkpoint *checkpoint);

/* Returns true while it has the lock for writing. */
bool gl_checkpoint_under_way(const gl_checkpoint *checkpoint);

#endif
