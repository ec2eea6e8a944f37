/*
 * failures.h - the failures of a job or a load test, as far as a person must hear of them while it
 * runs: the first of each kind, that all of them are of a kind that no line can be the reason of,
 * and that the key is refused. Pure; 2 KB.
 */
#ifndef CLI_BATCH_FAILURES_H
#define CLI_BATCH_FAILURES_H

#include <glimpse/result.h>

#include "batch/job_line.h"

/* Kinds that are told of; whoever makes up more than these codes is read in the output. */
#define FAILURES_PRINTED 16

/* How a line, or a request of a load test, ended. */
typedef struct cli_outcome {
    uint64_t line;       /* or the request's number */
    glimpse_error error; /* OK: it was answered */
    const char *code;    /* of the error, as in the record */
    const char *message; /* the same */
    int http_status;     /* 0: none came */
    bool asked;          /* the endpoint was, for this line alone */
} cli_outcome;

typedef struct cli_failures {
    bool of_requests; /* of a load test, which has no lines and cannot be gone on with */
    char printed[FAILURES_PRINTED][64]; /* codes */
    size_t printed_count;
    char code[64]; /* of those alike */
    int http_status;
    uint64_t alike; /* in a row */
    bool answered;  /* a line was: address and key are good */
} cli_failures;

cli_outcome failures_outcome(uint64_t line, const glimpse_result *result);
cli_outcome failures_bad_line(const job_line *line);

/* Books how a line ended. true: it failed in a way that was not told of yet, and `text` is what to
 * say. */
bool failures_add(cli_failures *failures, const cli_outcome *outcome, char *text, size_t size);

/* Whether the first answers have all been the same failure, 20 of them, of which no line can be the
 * reason; then `text` is what to say. True once. */
bool failures_are_hopeless(cli_failures *failures, char *text, size_t size);

/* Whether the endpoint or a proxy refused the key, or its quota is used up, so that nothing more is
 * sent with it. */
bool failures_is_key_stop(const glimpse_result *result);

/* The exit code of a key stop, and in `text` what to say. */
int failures_key_exit(const glimpse_result *result, char *text, size_t size);

#endif
