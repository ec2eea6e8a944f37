/*
 * output.h - where records go: a file, a pipe, a terminal, a device.
 *
 * Records are collected and written by output_flush, once a turn of the loop. A regular file is
 * written in the same turn, locked against other processes, and is on disk (fdatasync) within the
 * time of --fsync, 1 s by default; --resume asks again for a line that a kill has cut. A pipe is
 * written as it takes bytes, without blocking the loop: what it does not take yet is the backlog,
 * by which reading is slowed down. The first error ends it: nothing is written after, and
 * output_error says what it was.
 */
#ifndef CLI_BATCH_OUTPUT_H
#define CLI_BATCH_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "batch/report.h"

struct event_base;

typedef struct cli_output cli_output;

typedef struct output_observer {
    void (*ready)(void *arg); /* from the loop: a backlog has been written, or an error was met */
    /* A record, without its line end, that is not in the file after all: it could not be written,
     * or was abandoned. NULL: nobody counts. */
    void (*lost)(void *arg, gl_slice record);
} output_observer;

/* How long a written record may be only in the system's memory: milliseconds, or one of these. */
enum { FSYNC_NEVER = -1, FSYNC_ALWAYS = 0 };

/* fd is the output's from here on, but standard output is not closed. overwrites: what a file holds
 * goes when the first record comes, so that a job that comes to nothing has changed nothing. NULL:
 * out of memory. */
cli_output *output_new(struct event_base *base, int fd, bool overwrites, int64_t fsync_ms,
                       const output_observer *observer, void *arg);

/* With `overwrites`: what the file holds goes now. */
void output_empty(cli_output *out);

/* A record and a line end. */
void output_add(cli_output *out, gl_slice record);

/* Writes what can be written without waiting. */
void output_flush(cli_output *out);

size_t output_backlog(const cli_output *out);

/* The errno of the first failure, 0 while all is well. */
int output_error(const cli_output *out);

/* What is written of a regular file is on the disk. The errno of the first failure, or 0. */
int output_sync(cli_output *out);

bool output_is_file(const cli_output *out); /* a regular one */

/* Of a regular file, in bytes: what was there and what was written. */
uint64_t output_length(const cli_output *out);

/* Whether path still names the regular file that was written, whole: before anything goes that its
 * records could be made from again. Of standard output ("-") and what is no file nobody can say. 0,
 * or the exit code, said (output_check.h), and `tally` counts the records that are in the file. */
int output_verify(const cli_output *out, const char *path, cli_tally *tally);

/* What is not written yet never will be. */
void output_abandon(cli_output *out);

/* Writes the rest, waiting for it, and syncs. The errno of the first failure, or 0. */
int output_finish(cli_output *out);

/* The same, and closes. */
int output_close(cli_output *out);

/* What becomes of a regular file that is there. */
typedef enum output_mode {
    OUTPUT_NEW,       /* it is refused, unless it is empty */
    OUTPUT_OVERWRITE, /* it is kept until there is a record */
    OUTPUT_RESUME     /* it is kept and appended to; nothing but a regular file will do */
} output_mode;

/* Whether records may not go there: 73 for a regular file with something in it; 64 for the file
 * that input is read from, and for what cannot be resumed. Said. 0: they may. "-" is standard
 * output. */
int output_refused(const char *path, output_mode mode, int input);

/* Opens it and, if it is a regular file, takes its lock. -1, said, with the exit code in *code: 75
 * when another process holds the lock, 74 where there are no locks and it is not to be unlocked. */
int output_open(const char *path, output_mode mode, bool unlocked, int *code);

/* Removes a regular file (behind links) that is empty, unless another process has locked it. */
void output_remove_empty(const char *path);

/* Syncs the folder of a file that was made or renamed, so that its name lasts. 0 or an errno. */
int output_sync_folder(const char *path);

#endif
