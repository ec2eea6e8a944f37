/*
 * life.c - sets up a job through the Batch API, takes over what earlier runs have under way,
 * runs it, and tells how it ended. Called by batch/command.c.
 */
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "batch_api/private.h"
#include "exits.h"
#include "say.h"

/* What a token costs in a batch, of its list price. */
#define BATCH_PRICE 0.5

static void look(void *arg, cli_report *report)
{
    api_job *job = arg;
    memset(report, 0, sizeof *report);
    report->tally = job->tally;
    glimpse_stats_init(&report->stats);
    glimpse_engine_stats(job->engine, &report->stats);
    /* Each line that is joined was looked up before it was asked; that is no second miss. */
    uint64_t *misses = &report->stats.cache.misses;
    *misses -= *misses < job->looked_twice ? *misses : job->looked_twice;
    report->stats.attempts = job->attempts;
    report->stats.retries = job->retries;
    report->elapsed_s = (double)(glimpse_monotonic_ns() - job->started) / 1e9;
    report->lines_read = job->order;
    report->all_read = job->input_ended;
    report->part_read = job->input_size > 0
                            ? (double)line_reader_consumed(&job->reader) / (double)job->input_size
                            : -1;
    report->spent = job->cost->spent;
    report->unpriced = job->cost->unpriced;
}

static void clear_progress(void *arg)
{
    progress_clear(arg);
}

/* The engine as it was asked for, but for all that has to do with asking somebody now. */
static glimpse_error make_engine(api_job *job, glimpse_problem *problem)
{
    glimpse_config config = job->settings->engine;
    glimpse_error error = api_make_sampler(job);
    if (error != GLIMPSE_OK) return error;
    config.sampler = job->sampler;
    config.concurrency = API_LIVE_MAX;
    config.packing.on = false;
    config.rpm = config.tpm = 0;
    config.timeout_ms = config.first_byte_timeout_ms = config.idle_timeout_ms = 0;
    config.connect_timeout_ms = config.deadline_ms = 0;
    error = glimpse_engine_new(job->session->base, &config, &job->engine, problem);
    if (error == GLIMPSE_OK) metrics_show(job->session->metrics, job->engine);
    return error;
}

static glimpse_error make_api(api_job *job, glimpse_problem *problem)
{
    const glimpse_config *config = &job->settings->engine;
    glimpse_batch_options options;
    const glimpse_logger log = { config->log, config->log_arg, config->log_level };
    glimpse_batch_options_init(&options);
    options.max_attempts = config->max_attempts;
    options.base_delay_ms = config->base_delay_ms;
    options.max_delay_ms = config->max_delay_ms;
    options.max_retry_after_ms = config->max_retry_after_ms;
    options.connect_timeout_ms = config->connect_timeout_ms;
    if (config->idle_timeout_ms > 0) options.idle_timeout_ms = config->idle_timeout_ms;
    if (config->timeout_ms != GLIMPSE_INHERIT) options.timeout_ms = config->timeout_ms;
    return glimpse_batch_api_new(job->session->base, &config->endpoint, &options, &log, &job->api,
                                 problem);
}

/* 0, or the exit code, said. */
static int set_up(api_job *job, const job_parts *parts)
{
    struct stat status;
    glimpse_problem problem;
    const cli_settings *settings = job->settings;
    line_parser_init(&job->parser);
    line_parser_init(&job->again);
    gl_map_init(&job->items);
    gl_buf_init(&job->scratch, SIZE_MAX / 2);
    gl_buf_init(&job->text, SIZE_MAX / 2);
    job->input_start = lseek(job->input, 0, SEEK_CUR);
    if (fstat(job->input, &status) == 0) job->input_size = status.st_size - job->input_start;
    static const output_observer observer = { .ready = api_output_ready, .lost = api_record_lost };
    job->out = output_new(job->session->base, parts->output, settings->overwrite,
                          settings->fsync_ms, &observer, job);
    glimpse_error error = make_api(job, &problem);
    if (error == GLIMPSE_OK) error = make_engine(job, &problem);
    if (error == GLIMPSE_ERR_INVALID) return settings_say_problem(settings, &problem);
    if (job->out == NULL || error != GLIMPSE_OK || !api_slots_init(&job->slots) ||
        !api_make_events(job) ||
        !line_reader_init(&job->reader, job->input, (size_t)settings->max_line)) {
        say("the job cannot be set up: %s",
            glimpse_error_sentence(error != GLIMPSE_OK ? error : GLIMPSE_ERR_OOM));
        return EXIT_OS_LIMIT;
    }
    job->session->log.before = clear_progress;
    job->session->log.arg = &job->progress;
    return api_journal_open(&job->journal, settings->output, glimpse_batch_api_scope(job->api),
                            api_recall, job);
}

/* What earlier runs have under way. 0, or the exit code. */
static int take_over(api_job *job)
{
    for (size_t i = 0; i < job->part_count && !job->stopping; i++) {
        api_part *part = job->parts[i];
        if (part == NULL) continue;
        if (part->step == API_JOINED)
            api_remove_files(job, part);
        else if (api_plan_load(job, part))
            api_tell(job, "part %u: %llu requests of an earlier run", (unsigned)part->number,
                     (unsigned long long)part->requests);
    }
    /* Later parts have taken their requests from earlier ones by now. */
    size_t known = job->part_count;
    for (size_t i = 0; i < known && !job->stopping; i++)
        if (job->parts[i] != NULL && job->parts[i]->step == API_SPLIT)
            api_plan_split(job, job->parts[i]);
    for (size_t i = 0; i < known && !job->stopping; i++)
        if (job->parts[i] != NULL && job->parts[i]->step == API_DOWNLOADED &&
            api_join_open(job, job->parts[i]))
            api_plan_again(job, job->parts[i]);
    return job->stopping ? job->exit_code : 0;
}

/* Lines without a record, where the run ended early. */
static void count_rest(api_job *job)
{
    gl_slice text;
    uint64_t number;
    job->tally.unsent += job->line_count - job->joined_lines;
    while (!job->input_ended) {
        switch (line_reader_next(&job->reader, &text, &number)) {
        case LINE_READY:
        case LINE_TOO_LONG:
            if (job->resume == NULL || !resume_is_done(job->resume, job->order))
                job->tally.unsent++;
            job->order++;
            break;
        case LINE_EMPTY:
            if (line_reader_fill(&job->reader) != 0) return;
            break;
        case LINE_END:
            return;
        }
    }
}

/* Of parts that nobody will ever take. */
static void remove_plans(api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL) api_part_remove_files(job->parts[i], job->settings->output);
}

static int verdict(api_job *job)
{
    if (job->exit_code != 0) return job->exit_code;
    if (job->left > 0) {
        say("%llu lines were in batches that were cancelled; --resume asks for them again",
            (unsigned long long)job->left);
        return EXIT_STOPPED;
    }
    return job->tally.failed > 0 ? EXIT_SOME_FAILED : EXIT_DONE;
}

static bool is_done_with_journal(const api_job *job)
{
    if (job->no_batch_api) return true;
    if (job->files_left) return false;
    if (job->hopeless) return job->exit_code == EXIT_STOPPED && api_all_joined(job);
    return !job->stopping && job->exit_code == 0;
}

static void run(api_job *job)
{
    struct event_base *base = job->session->base;
    int64_t ms = job->settings->job_deadline_ms;
    const struct timeval limit = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
    if (signals_catch(&job->signals, base, api_caught, job) != 0 ||
        (ms > 0 && evtimer_add(job->deadline, &limit) != 0) ||
        (!job->settings->quiet && !progress_start(&job->progress, base, look, job))) {
        job->exit_code = EXIT_OS_LIMIT;
        return;
    }
    api_changed(job);
    event_base_dispatch(base);
    progress_stop(&job->progress);
    signals_release(&job->signals);
}

static void clean_up(api_job *job)
{
    progress_stop(&job->progress);
    signals_release(&job->signals);
    struct event *events[] = { job->turn, job->later, job->deadline, job->room };
    job->turn = NULL;
    if (job->engine != NULL) metrics_show(job->session->metrics, job->session->engine);
    glimpse_engine_free(job->engine);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i] != NULL) event_free(events[i]);
    glimpse_sampler_unref(job->sampler);
    glimpse_batch_api_free(job->api);
    if (job->out != NULL) output_close(job->out);
    for (size_t i = 0; i < job->part_count; i++) api_part_free(job->parts[i]);
    api_journal_close(&job->journal);
    api_slots_free(&job->slots);
    gl_map_free(&job->items);
    gl_free(job->parts);
    gl_free(job->lines);
    gl_free(job->join_lines);
    line_reader_free(&job->reader);
    line_parser_free(&job->parser);
    line_parser_free(&job->again);
    gl_buf_free(&job->scratch);
    gl_buf_free(&job->text);
    if (job->input > STDIN_FILENO) close(job->input);
    job->session->log.before = NULL;
}

int api_job_run(const job_parts *parts, cli_report *report)
{
    api_job job = { .session = parts->session,
                    .settings = parts->settings,
                    .cost = parts->cost,
                    .resume = parts->resume,
                    .input = parts->input,
                    .out_name = parts->settings->output,
                    .started = glimpse_monotonic_ns(),
                    .journal = { .fd = -1 },
                    .bounds = { (uint64_t)parts->settings->batch_requests,
                                (uint64_t)parts->settings->batch_bytes } };
    memset(report, 0, sizeof *report);
    cost_set_part(job.cost, BATCH_PRICE);
    if (job.resume != NULL) job.tally = job.resume->tally;
    int code = set_up(&job, parts);
    if (code == 0) code = take_over(&job);
    if (code == 0) {
        output_empty(job.out);
        run(&job);
        look(&job, report);
        api_records_stand(&job);
        count_rest(&job);
        code = verdict(&job);
        if (job.no_batch_api) remove_plans(&job);
        if (is_done_with_journal(&job)) api_journal_remove(&job.journal);
    }
    report->tally = job.tally;
    report->exit_code = code;
    clean_up(&job);
    return code;
}
