/*
 * replacement.h - a new file that takes another one's place: it is written beside it
 * (PATH.resuming), locked, synced and renamed; before that the old one stands as it is.
 */
#ifndef CLI_BATCH_REPLACEMENT_H
#define CLI_BATCH_REPLACEMENT_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"

typedef struct replacement {
    int fd;     /* of the new file; -1: not there yet */
    gl_buf out; /* what is added goes here, and is written by replacement_flush */
    char path[PATH_MAX], new_path[PATH_MAX];
} replacement;

/* For the file at this path; of a link, for what it leads to. 0, or an errno. End it either way. */
int replacement_init(replacement *r, const char *path);

/* Makes the new file, which is the old one's but for what it holds. 0, or an errno. */
int replacement_begin(replacement *r, int old);

/* Writes what was added, when it is much, or at all. 0, or an errno. */
int replacement_flush(replacement *r, bool all);

/* It takes the old one's place, and r->fd is the caller's. 0, or an errno. */
int replacement_commit(replacement *r);

/* Frees it; a new file that has not taken its place goes. */
void replacement_end(replacement *r, bool committed);

#endif
