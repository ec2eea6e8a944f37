/*
 * ahead.h - the records that --ordered holds back until the lines before them are done. They are on
 * disk meanwhile (OUTPUT.ahead), so that a kill loses no finished record; a power cut loses those
 * younger than --fsync. --resume reads the file beside the output. It is removed when the job has
 * ended, or --resume has taken it over.
 */
#ifndef CLI_BATCH_AHEAD_H
#define CLI_BATCH_AHEAD_H

#include "batch/ordered.h"
#include "batch/output.h"

typedef struct cli_ahead cli_ahead;

/* For this output. The file is made with the first record, and made anew when it has more than
 * renew_bytes. NULL: out of memory. */
cli_ahead *ahead_new(struct event_base *base, const char *output, uint64_t renew_bytes,
                     int64_t fsync_ms, const output_observer *observer, void *arg);

/* Adds a record that is held back. */
void ahead_add(cli_ahead *ahead, gl_slice record);

/* Writes the added records, once a turn, and syncs them when the output is synced. When most of the
 * file is in the output, it syncs the output and makes the file anew with the records that are
 * still held back. 0, or an errno, which stays. */
int ahead_flush(cli_ahead *ahead, cli_output *output, const cli_ordered *order);

/* is_empty: no record is held back, and the output is on disk: the file is removed, also one of an
 * earlier run. NULL is fine. */
void ahead_free(cli_ahead *ahead, bool is_empty);

/* Opens the file of an output, for --resume: -1, errno ENOENT where there is none. */
int ahead_open(const char *output);
bool ahead_exists(const char *output);
void ahead_remove(const char *output);

#endif
