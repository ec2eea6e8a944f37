/*
 * output.h - the receiver of records: a file, a pipe, a terminal, a device.
 *
 * Records are collected, and written by output_flush, once a turn of the loop. A regular file is
 * written in the same turn, locked against other processes, and is on disk (fdatasync) within the
 * time of --fsync, 1 s by default; --resume asks again for a line that a kill has cut. A pipe is
 * written as it takes bytes, without blocking the loop: the rest is the backlog, which slows down
 * reading. The first error ends the writing, and output_error returns it.
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
    /* Called for a record, without its line end, that is not in the file after all: it could not be
     * written, or was abandoned. NULL: no count is kept. */
    void (*lost)(void *arg, gl_slice record);
} output_observer;

/* The time for which a written record may be in the system's memory only: milliseconds, or one of
 * these. */
enum { FSYNC_NEVER = -1, FSYNC_ALWAYS = 0 };

/* fd is the output's from here on, but standard output is not closed. overwrites: a file's old
 * contents go when the first record comes, so that a job without records changes nothing. NULL: out
 * of memory. */
cli_output *output_new(struct event_base *base, int fd, bool overwrites, int64_t fsync_ms,
                       const output_observer *observer, void *arg);

/* With `overwrites`: removes the file's old contents now. */
void output_empty(cli_output *out);

/* Adds a record and a line end. */
void output_add(cli_output *out, gl_slice record);

/* Writes as much as is possible without waiting. */
void output_flush(cli_output *out);

size_t output_backlog(const cli_output *out);

/* Returns the errno of the first failure, 0 before one. */
int output_error(const cli_output *out);

/* Brings the written part of a regular file to the disk. Returns the errno of the first failure, or
 * 0. */
int output_sync(cli_output *out);

bool output_is_file(const cli_output *out); /* a regular one */

/* Returns the length of a regular file in bytes: its old and its written part. */
uint64_t output_length(const cli_output *out);

/* Checks that path still names the regular file that was written, whole: call it before removing
 * files from which its records could be made again. Standard output ("-") and devices pass
 * unchecked. 0, or the exit code after an error message (output_check.h), and `tally` counts the
 * records that are in the file. */
int output_verify(const cli_output *out, const char *path, cli_tally *tally);

/* Gives up the records that are not written yet. */
void output_abandon(cli_output *out);

/* Writes the rest, waiting for it, and syncs. The errno of the first failure, or 0. */
int output_finish(cli_output *out);

/* The same, and closes. */
int output_close(cli_output *out);

/* The treatment of an existing regular file. */
typedef enum output_mode {
    OUTPUT_NEW,       /* refused, unless it is empty */
    OUTPUT_OVERWRITE, /* kept until there is a record */
    OUTPUT_RESUME     /* kept and appended to; no device or pipe will do */
} output_mode;

/* Refuses an output that may not take records: 73 for a regular file with contents; 64 for the
 * input file, and for an output that cannot be resumed; after an error message. 0: it may. "-" is
 * standard output. */
int output_refused(const char *path, output_mode mode, int input);

/* Opens it and, if it is a regular file, takes its lock. -1 after an error message, with the exit
 * code in *code: 75 when another process holds the lock, 74 where there are no locks and `unlocked`
 * is not set. */
int output_open(const char *path, output_mode mode, bool unlocked, int *code);

/* Removes a regular file (behind links) that is empty, unless another process has locked it. */
void output_remove_empty(const char *path);

/* Syncs the folder of a file that was made or renamed, so that its name lasts. 0 or an errno. */
int output_sync_folder(const char *path);

#endif
