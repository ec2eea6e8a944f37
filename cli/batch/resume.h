/*
 * resume.h - finds the lines that an earlier run has answered, line by line of the present input;
 * docs/internals/resume.md.
 *
 * resume_rewrite makes an output of exactly the records that still hold, in the order of the input,
 * and marks their lines; an output of nothing but these, as they are, stays as it is, in its order.
 * Memory: the index of the old records and 4 bytes a line while it works, and one bit for each line
 * after.
 */
#ifndef CLI_BATCH_RESUME_H
#define CLI_BATCH_RESUME_H

#include <glimpse/glimpse.h>

#include "batch/job_line.h"
#include "batch/record_index.h"
#include "batch/report.h"

typedef struct resume_ask {
    glimpse_engine *engine; /* gives the body that a draft is sent with */
    const char *path;       /* of the output */
    size_t max_line;
    record_wish wish; /* selects the old records */
    bool reuse;       /* an answer may serve other lines with the same request */
} resume_ask;

/* All zero: no line is done. */
typedef struct resume_state {
    unsigned char *done;  /* a bit for each line of the input that line_reader hands out */
    size_t done_capacity; /* in bytes */
    size_t lines;         /* bits */
    cli_tally tally;      /* of the lines that are done */
    uint64_t kept;        /* records kept for the same line */
    uint64_t reused;      /* answers that now serve another line */
    uint64_t dropped;     /* old records that no longer hold */
    uint64_t local;       /* of them, answers for which no model was asked */
    uint64_t torn;
} resume_state;

/*
 * Reads the open output (locked: cli/files/lock.h) and the input (a regular file, whose offset
 * stays), writes a new file beside the output, syncs it, and puts it in the output's place. Then
 * *output is the new file, locked, at its end; the caller closes the old descriptor. An output that
 * is empty, or needs no change, stays, and is synced. 0, or the exit code after an error message:
 * the output is as it was. Free the state in either case.
 */
int resume_rewrite(const resume_ask *ask, int input, int *output, resume_state *state);
void resume_free(resume_state *state);

/* Returns true when line number n, from 0, has its record. */
bool resume_is_done(const resume_state *state, uint64_t n);

/* Gives the key of a line's request, as the engine works it out. Errors: as glimpse_key_of_chat. */
glimpse_error resume_line_key(glimpse_engine *engine, const job_line *line, glimpse_key *key);

/* Writes "12 records stand, ..." for people, without a line end. */
void resume_describe(const resume_state *state, char *line, size_t size);

#endif
