/*
 * failures.h - the failures of a job or a load test that a person must see while it runs: the first
 * of each kind, that all of them are of a kind that no line can cause, and that the key is refused.
 * Pure; 2 KB.
 */
#ifndef CLI_BATCH_FAILURES_H
#define CLI_BATCH_FAILURES_H

#include <glimpse/result.h>

#include "batch/job_line.h"

/* Kinds that are printed; an endpoint that makes up more codes than these is read in the output. */
#define FAILURES_PRINTED 16

/* The end of a line, or of a request of a load test. */
typedef struct cli_outcome {
    uint64_t line;       /* or the request's number */
    glimpse_error error; /* OK: it was answered */
    const char *code;    /* of the error, as in the record */
    const char *message; /* the same */
    int http_status;     /* 0: none came */
    bool asked;          /* the endpoint was asked, for this line alone */
} cli_outcome;

typedef struct cli_failures {
    bool of_requests; /* of a load test, which has no lines and cannot be continued */
    char printed[FAILURES_PRINTED][64]; /* codes */
    size_t printed_count;
    char code[64]; /* of the failures in a row */
    int http_status;
    uint64_t alike; /* equal failures in a row */
    bool answered;  /* a line was answered: address and key are good */
} cli_failures;

cli_outcome failures_outcome(uint64_t line, const glimpse_result *result);
cli_outcome failures_bad_line(const job_line *line);

/* Books the end of a line. true: it failed in a way that was not printed yet, and `text` is the
 * message. */
bool failures_add(cli_failures *failures, const cli_outcome *outcome, char *text, size_t size);

/* Returns true once, when the first answers have all been the same failure, 20 of them, which no
 * line can cause; then `text` is the message. */
bool failures_are_hopeless(cli_failures *failures, char *text, size_t size);

/* Returns true when the endpoint or a proxy refused the key, or its quota is used up, so that
 * nothing more is sent with it. */
bool failures_is_key_stop(const glimpse_result *result);

/* Returns the exit code of a key stop, with the message in `text`. */
int failures_key_exit(const glimpse_result *result, char *text, size_t size);

#endif
