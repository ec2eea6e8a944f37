/*
 * replacement.h - a new file that takes another one's place: it is written beside it
 * (PATH.resuming), locked, synced and renamed; until then the old one stays as it is.
 */
#ifndef CLI_BATCH_REPLACEMENT_H
#define CLI_BATCH_REPLACEMENT_H

#include <limits.h>
#include <stdbool.h>

#include "base/buf.h"

typedef struct replacement {
    int fd;     /* of the new file; -1: none yet */
    gl_buf out; /* add here; replacement_flush writes it */
    char path[PATH_MAX], new_path[PATH_MAX];
} replacement;

/* For the file at this path; for a link, its target. 0, or an errno. End it in either case. */
int replacement_init(replacement *r, const char *path);

/* Makes the new file, with the old one's owner and mode. 0, or an errno. */
int replacement_begin(replacement *r, int old);

/* In place of replacement_begin where no new file is needed: removes a killed run's. 0, or an
 * errno. */
int replacement_unneeded(const replacement *r);

/* Writes the added bytes when they are many, or `all`. 0, or an errno. */
int replacement_flush(replacement *r, bool all);

/* Puts it in the old one's place; r->fd is the caller's then. 0, or an errno. */
int replacement_commit(replacement *r);

/* Frees it; removes a new file that has not taken its place. */
void replacement_end(replacement *r, bool committed);

#endif
