/* mode.c - decides whether a job goes through the Batch API. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch_api/job.h"
#include "batch_api/journal.h"
#include "batch_api/left.h"
#include "exits.h"
#include "say.h"

/* Fewer lines are done online before a batch is even looked at: at the default concurrency and an
 * answer a second, 1,000 take a quarter of a minute. */
#define AUTO_LINES 1000
/* The endpoint's promise: an answer within a day. */
#define WINDOW_MS INT64_C(86400000)

/* Counts the lines of a regular file, no further than `most`; 0 for other inputs. */
static uint64_t count_lines(int fd, uint64_t most)
{
    struct stat status;
    char bytes[65536];
    uint64_t lines = 0;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t n;
    while (lines < most && (n = pread(fd, bytes, sizeof bytes, at)) > 0) {
        for (ssize_t i = 0; i < n; i++) lines += bytes[i] == '\n';
        at += n;
    }
    return lines;
}

/* Returns why a job cannot go through batches with any of its lines; NULL: it can. */
static const char *hindrance(const cli_settings *settings)
{
    const glimpse_config *config = &settings->engine;
    if (strcmp(settings->output, "-") == 0) return "its output must be a file, not standard output";
    if (settings->endpoints != NULL) return "--endpoints is for jobs online";
    if (config->use_openai == GLIMPSE_USE_OPENAI_NEVER ||
        (config->use_openai == GLIMPSE_USE_OPENAI_AUTO && config->endpoint.api_key == NULL &&
         config->endpoint.base_url == NULL))
        return "it needs an endpoint: OPENAI_API_KEY or --base-url";
    if (config->endpoint.azure_deployment != NULL)
        return "an Azure deployment has no Batch API; give Azure's /openai/v1 as --base-url";
    if (settings->ordered) return "--ordered is for jobs online; answers come as their batches end";
    if (config->packing.on) return "--pack is for jobs online";
    if (settings->max_cost >= 0) return "--max-cost is for jobs online";
    return NULL;
}

static bool choose_for(const cli_settings *settings, int input)
{
    const char *why = hindrance(settings);
    if (why == NULL && settings->job_deadline_ms > 0 && settings->job_deadline_ms < WINDOW_MS)
        why = "--job-deadline is less than the day that batches may take";
    if (why == NULL && count_lines(input, AUTO_LINES) < AUTO_LINES)
        why = "fewer than 1000 lines, or a pipe";
    if (why != NULL) say("--mode auto: online: %s", why);
    return why == NULL;
}

int batch_api_choose_again(const job_parts *parts, bool *through_batches)
{
    uint64_t left;
    if (parts->settings->mode != MODE_AUTO || batch_api_journal_exists(parts->settings->output))
        return 0;
    int code = batch_api_left(parts, AUTO_LINES, &left);
    if (code != 0) return code;
    *through_batches = left >= AUTO_LINES;
    if (*through_batches)
        say("--mode auto: api: 1000 lines or more, and a day to do them in: half the price");
    else
        say("--mode auto: online: fewer than 1000 lines are left to ask: %llu",
            (unsigned long long)left);
    return 0;
}

int batch_api_choose(const cli_settings *settings, int input, bool *through_batches)
{
    bool journal = strcmp(settings->output, "-") != 0 && batch_api_journal_exists(settings->output);
    *through_batches = settings->mode == MODE_API;
    if (settings->mode == MODE_AUTO)
        *through_batches = journal ? true : choose_for(settings, input);
    const char *why = *through_batches ? hindrance(settings) : NULL;
    if (why != NULL) {
        say("--mode api: %s", why);
        return EXIT_VALUE;
    }
    if (!journal) return 0;
    if (*through_batches && settings->resume) return 0;
    say("%s.journal: batches of this job may be at work at the endpoint, and will be paid for: go "
        "on "
        "with --mode api --resume, or remove it to forget them",
        settings->output);
    return EXIT_EXISTS;
}
