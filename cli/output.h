/*
 * output.h - where records go: a file, a pipe, a terminal, a device.
 *
 * Records are collected and written by output_flush, once a turn of the loop. A regular file is
 * written at once and is on disk within a second (fdatasync). A pipe is written as it takes bytes,
 * without blocking the loop: what it does not take yet is the backlog, by which reading is slowed
 * down. The first error ends it: nothing is written after, and output_error says what it was.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct event_base;

typedef struct cli_output cli_output;

/* Called from the loop when a backlog has been written, or an error was met. */
typedef void (*output_fn)(void *arg);

/* fd is the output's from here on, but standard output is not closed. NULL: out of memory. */
cli_output *output_new(struct event_base *base, int fd, output_fn ready, void *arg);

/* A record and a line end. */
void output_add(cli_output *out, gl_slice record);

/* Writes what can be written without waiting. */
void output_flush(cli_output *out);

size_t output_backlog(const cli_output *out);

/* The errno of the first failure, 0 while all is well. */
int output_error(const cli_output *out);

/* Writes the rest, waiting for it, syncs and closes. The errno of the first failure, or 0. */
int output_close(cli_output *out);

/* Whether records may not go there: 73 for a regular file that is there, unless overwrite; 64 for
 * the file that input is read from. Said. 0: they may. "-" is standard output. */
int output_refused(const char *path, bool overwrite, int input);

/* Opens it. -1, said, with the exit code in *code. */
int output_open(const char *path, bool overwrite, int *code);

#endif
