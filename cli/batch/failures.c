/* failures.c - see failures.h. */
#include "batch/failures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "exits.h"

/* One bad line after another is likely in practice; 20 of them are a small part of a job that
 * somebody pays for (the contract's number). */
#define ALIKE_MAX 20

cli_outcome failures_outcome(uint64_t line, const glimpse_result *result)
{
    return (cli_outcome){ .line = line,
                          .error = glimpse_result_error(result),
                          .code = glimpse_result_error_code(result),
                          .message = glimpse_result_error_message(result),
                          .http_status = glimpse_result_http_status(result),
                          .asked = glimpse_result_attempts(result) > 0 };
}

cli_outcome failures_bad_line(const job_line *line)
{
    return (cli_outcome){ .line = line->number,
                          .error = GLIMPSE_ERR_INVALID,
                          .code = line->error_code,
                          .message = line->error_message };
}

static void keep(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text != NULL && *text != '\0' ? text : "error");
}

static bool is_printed(const cli_failures *failures, const char *code)
{
    for (size_t i = 0; i < failures->printed_count; i++)
        if (strcmp(failures->printed[i], code) == 0) return true;
    return false;
}

/* Returns true for a failure that is about the job's address, key or model, whatever the line
 * asks. */
static bool is_of_the_job(const cli_outcome *outcome)
{
    if (outcome->error == GLIMPSE_ERR_REDIRECT) return true;
    switch (outcome->http_status) {
    case 401:
    case 403:
    case 404:
    case 405: /* the path takes no POST */
    case 410:
        return true;
    default:
        return false;
    }
}

static void count_alike(cli_failures *failures, const cli_outcome *outcome, const char *code)
{
    if (!outcome->asked) return; /* a kept answer tells nothing of the endpoint */
    if (outcome->error == GLIMPSE_OK) failures->answered = true;
    if (failures->answered) return;
    bool same = failures->alike > 0 && failures->http_status == outcome->http_status &&
                strcmp(failures->code, code) == 0;
    failures->alike = !is_of_the_job(outcome) ? 0 : same ? failures->alike + 1 : 1;
    failures->http_status = outcome->http_status;
    keep(failures->code, sizeof failures->code, code);
}

static const char *each(const cli_failures *failures)
{
    return failures->of_requests ? "request" : "line";
}

bool failures_add(cli_failures *failures, const cli_outcome *outcome, char *text, size_t size)
{
    char code[sizeof failures->code], status[24] = "";
    keep(code, sizeof code, outcome->code);
    count_alike(failures, outcome, code);
    if (outcome->error == GLIMPSE_OK || is_printed(failures, code) ||
        failures->printed_count == FAILURES_PRINTED)
        return false;
    keep(failures->printed[failures->printed_count++], sizeof failures->printed[0], code);
    if (outcome->http_status > 0)
        snprintf(status, sizeof status, " (HTTP %d)", outcome->http_status);
    snprintf(text, size, "%s %" PRIu64 ": %s%s: %s [the first of its kind]", each(failures),
             outcome->line, code, status,
             outcome->message != NULL ? outcome->message : "no message");
    return true;
}

bool failures_are_hopeless(cli_failures *failures, char *text, size_t size)
{
    if (failures->answered || failures->alike < ALIKE_MAX) return false;
    failures->alike = 0;
    snprintf(text, size,
             "stopping: the first %d answers are all %s (HTTP %d), of which no %s is the reason; "
             "put it right and %s (--keep-going sends all the same)",
             ALIKE_MAX, failures->code, failures->http_status, each(failures),
             failures->of_requests ? "start again" : "go on with --resume --retry-failed");
    return true;
}

bool failures_is_key_stop(const glimpse_result *result)
{
    return glimpse_result_error(result) == GLIMPSE_ERR_QUOTA ||
           glimpse_result_status(result) == GLIMPSE_STATUS_AUTH_ERROR;
}

int failures_key_exit(const glimpse_result *result, char *text, size_t size)
{
    bool quota = glimpse_result_error(result) == GLIMPSE_ERR_QUOTA;
    const char *what = "the endpoint refused the credentials, see OPENAI_API_KEY: ";
    if (quota) what = "the quota of this key is used up: ";
    if (glimpse_result_error(result) == GLIMPSE_ERR_PROXY) what = "";
    snprintf(text, size, "stopping: %s%s", what, glimpse_result_error_message(result));
    return quota ? EXIT_STOPPED : EXIT_AUTH;
}
