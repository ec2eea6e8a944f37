/*
 * batches.h - the batches that a server works on: POST and GET below /v1/batches.
 *
 * A batch takes `latency` from its creation to its end: a tenth of it validating, a tenth
 * finalizing, the rest in progress. There is no timer: each request brings the batch up to the
 * present first, so its state depends on the clock alone. The lines are answered as online, all of
 * them at the batch's end; the output's order is not the input's.
 *
 *   validating -> in_progress -> finalizing -> completed | expired
 *        \-> failed       cancelling -> cancelled
 */
#ifndef MOCK_BATCHES_H
#define MOCK_BATCHES_H

#include "base/map.h"
#include "base/rng.h"
#include "base/time.h"
#include "mock/batch_spec.h"
#include "mock/files.h"
#include "mock/model.h"

typedef enum mock_batch_state {
    MOCK_BATCH_VALIDATING,
    MOCK_BATCH_IN_PROGRESS,
    MOCK_BATCH_FINALIZING,
    MOCK_BATCH_COMPLETED,
    MOCK_BATCH_FAILED,
    MOCK_BATCH_EXPIRED,
    MOCK_BATCH_CANCELLING,
    MOCK_BATCH_CANCELLED,
    MOCK_BATCH_STATES
} mock_batch_state;

typedef struct mock_batch {
    uint64_t number; /* of its id, from 1 */
    mock_batch_state state;
    gl_time started, cancelled;    /* cancelled: time of the request for it, NEVER before */
    int64_t created;               /* seconds since 1970 */
    char *endpoint, *metadata;     /* owned; metadata is JSON, or NULL */
    gl_buf errors;                 /* the elements of errors.data, empty when there are none */
    uint64_t input, output, error; /* numbers of files; 0: none */
    uint64_t lines, answered, failed;
    uint64_t tokens; /* its enqueued tokens, until it ends */
} mock_batch;

typedef struct mock_batches {
    mock_files *files;
    mock_model *model; /* borrowed */
    gl_time latency;
    uint64_t most_tokens; /* enqueued, 0 = any number */
    gl_rng rng;
    uint64_t seed;
    mock_batch **at; /* by number - 1 */
    size_t count, capacity;
    gl_map asked, done;  /* lines that were answered before, by a hash of path and body */
    gl_buf text, answer; /* scratch */
    mock_answer spoken;  /* scratch */
    uint64_t not_found;  /* creations refused so */
    uint64_t unnamed;    /* answers without the names of the files */
    /* Counted for the statistics. */
    uint64_t lines_answered; /* answered and billed, over all batches */
    uint64_t lines_distinct; /* of them, with a path and body not answered before */
    uint64_t lines_spoilt;   /* left undone or failed by a fault */
} mock_batches;

void mock_batches_init(mock_batches *batches, mock_files *files, mock_model *model, uint64_t seed);
void mock_batches_free(mock_batches *batches);

/* The calls: each appends a body to out and returns the HTTP status. */
int mock_batches_create(mock_batches *batches, gl_slice body, gl_time now, gl_buf *out);
int mock_batches_list(mock_batches *batches, gl_slice query, gl_time now, gl_buf *out);
int mock_batches_get(mock_batches *batches, gl_slice id, gl_time now, gl_buf *out);
int mock_batches_cancel(mock_batches *batches, gl_slice id, gl_time now, gl_buf *out);

/* "batches":{...} for the statistics, with those of the files. */
void mock_batches_write_stats(mock_batches *batches, gl_time now, gl_buf *out);

/* --- batch_run.c --- */

/* Returns true for an input that a batch takes; else adds an element to batch->errors. */
bool mock_batch_validate(mock_batch *batch, gl_slice input);

/* Answers the lines, except those that faults take and, of a cancelled batch, those behind the
 * first `most`. Makes the output and error files and counts. `undone` is the code of the others:
 * "batch_expired" or "batch_cancelled". false: out of memory. */
bool mock_batch_run(mock_batches *batches, mock_batch *batch, gl_slice input, uint64_t most,
                    const char *undone);

#endif
