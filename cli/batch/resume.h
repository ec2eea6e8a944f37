/*
 * resume.h - what an earlier run has answered already, line by line of the input as it is now;
 * docs/internals/resume.md.
 *
 * resume_rewrite makes an output that holds exactly the records that stand, in the order of the
 * input, and says which lines they are of. Memory: the index of the old records while it works, and
 * one bit for each line after.
 */
#ifndef CLI_BATCH_RESUME_H
#define CLI_BATCH_RESUME_H

#include <glimpse/glimpse.h>

#include "batch/job_line.h"
#include "batch/record_index.h"
#include "batch/report.h"

typedef struct resume_ask {
    glimpse_engine *engine; /* knows what a draft is sent as */
    const char *path;       /* of the output */
    size_t max_line;
    record_wish wish; /* of the old records */
    bool reuse;       /* an answer may serve other lines that ask the same */
} resume_ask;

/* All zero: nothing has been done yet. */
typedef struct resume_state {
    unsigned char *done; /* a bit for each line of the input that line_reader hands out */
    size_t lines;        /* bits */
    cli_tally tally;     /* of the lines that are done */
    uint64_t kept;       /* records of the same line */
    uint64_t reused;     /* answers that now serve another line */
    uint64_t dropped;    /* old records that no longer stand */
    uint64_t local;      /* of them, answers for which no model was asked */
    uint64_t torn;
} resume_state;

/*
 * Reads the open output (locked: cli/files/lock.h) and the input (a regular file; it is left where
 * it was), writes a new file beside the output, syncs it, and puts it in the output's place. Then
 * *output is the new file, locked, at its end; the old descriptor stays the caller's to close. An
 * output that is empty stays. 0, or the exit code, said: the output is as it was. Free the state
 * either way.
 */
int resume_rewrite(const resume_ask *ask, int input, int *output, resume_state *state);
void resume_free(resume_state *state);

/* Whether line number n, from 0, has its record. */
bool resume_is_done(const resume_state *state, uint64_t n);

/* The key of what a line asks, as the engine would find it. Errors: as glimpse_key_of_chat. */
glimpse_error resume_line_key(glimpse_engine *engine, const job_line *line, glimpse_key *key);

/* "12 records stand, ..." for people; no line end. */
void resume_describe(const resume_state *state, char *line, size_t size);

#endif
