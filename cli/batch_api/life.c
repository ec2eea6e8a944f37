/*
 * life.c - sets up a job through the Batch API, takes over the parts that earlier runs have under
 * way, runs the job, and prints its end.
 */
#include <event2/event.h>
#include <string.h>

#include "base/alloc.h"
#include "batch_api/private.h"
#include "exits.h"
#include "say.h"

/* The price of a token in a batch, as a share of its list price. */
#define BATCH_PRICE 0.5

/* Makes the engine of the settings, without the policies for requests that are sent at once. */
static glimpse_error make_engine(batch_api_job *job, glimpse_problem *problem)
{
    glimpse_config config = job->pump.settings->engine;
    glimpse_error error = batch_api_make_sampler(job);
    if (error != GLIMPSE_OK) return error;
    config.sampler = job->sampler;
    config.concurrency = BATCH_API_LIVE_MAX;
    config.packing.on = false;
    config.rpm = config.tpm = 0;
    config.timeout_ms = config.first_byte_timeout_ms = config.idle_timeout_ms = 0;
    config.connect_timeout_ms = config.deadline_ms = 0;
    error = glimpse_engine_new(job->pump.session->base, &config, &job->pump.engine, problem);
    if (error == GLIMPSE_OK) metrics_show(job->pump.session->metrics, job->pump.engine);
    return error;
}

static glimpse_error make_api(batch_api_job *job, glimpse_problem *problem)
{
    const glimpse_config *config = &job->pump.settings->engine;
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
    return glimpse_batch_api_new(job->pump.session->base, &config->endpoint, &options, &log,
                                 &job->api, problem);
}

/* 0, or the exit code after an error message. */
static int set_up(batch_api_job *job, const job_parts *parts)
{
    glimpse_problem problem;
    struct event_base *base = parts->session->base;
    const cli_settings *settings = parts->settings;
    bool good = pump_init(&job->pump, &batch_api_way, parts, BATCH_API_LIVE_MAX);
    job->pump.engine = NULL;
    line_parser_init(&job->again);
    gl_map_init(&job->items);
    gl_buf_init(&job->text, SIZE_MAX / 2);
    job->room = evtimer_new(base, batch_api_room_again, job);
    glimpse_error error = make_api(job, &problem);
    if (error == GLIMPSE_OK) error = make_engine(job, &problem);
    if (error == GLIMPSE_ERR_INVALID) return settings_say_problem(settings, &problem);
    if (!good || job->room == NULL || !batch_api_slots_init(&job->slots) ||
        !gl_map_reserve(&job->items, BATCH_API_LIVE_MAX))
        error = GLIMPSE_ERR_OOM;
    if (error != GLIMPSE_OK) {
        say("the job cannot be set up: %s", glimpse_error_sentence(error));
        return EXIT_OS_LIMIT;
    }
    return batch_api_journal_open(&job->journal, settings->output,
                                  glimpse_batch_api_scope(job->api), batch_api_recall, job);
}

/* Takes over the parts that earlier runs have under way. 0, or the exit code after an error
 * message. */
static int take_over(batch_api_job *job)
{
    for (size_t i = 0; i < job->part_count && !job->pump.stopping; i++) {
        batch_api_part *part = job->parts[i];
        if (part == NULL) continue;
        if (part->step == BATCH_API_JOINED)
            batch_api_remove_files(job, part);
        else if (batch_api_plan_load(job, part))
            batch_api_tell(job, "part %u: %llu requests of an earlier run", (unsigned)part->number,
                           (unsigned long long)part->requests);
    }
    /* Later parts have taken their requests out of earlier ones by now. */
    size_t known = job->part_count;
    for (size_t i = 0; i < known && !job->pump.stopping; i++)
        if (job->parts[i] != NULL && job->parts[i]->step == BATCH_API_SPLIT)
            batch_api_plan_split(job, job->parts[i]);
    for (size_t i = 0; i < known && !job->pump.stopping; i++)
        if (job->parts[i] != NULL && job->parts[i]->step == BATCH_API_DOWNLOADED &&
            batch_api_join_open(job, job->parts[i]))
            batch_api_plan_again(job, job->parts[i]);
    return job->pump.stopping ? job->pump.exit_code : 0;
}

/* Removes the files of parts that no run will take over. */
static void remove_plans(batch_api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL)
            batch_api_part_remove_files(job->parts[i], job->pump.settings->output);
}

static bool is_done_with_journal(const batch_api_job *job)
{
    if (job->no_batch_api) return true;
    if (job->files_left) return false;
    if (job->hopeless) return job->pump.exit_code == EXIT_STOPPED && batch_api_all_joined(job);
    return !job->pump.stopping && job->pump.exit_code == 0;
}

static void run(batch_api_job *job, cli_report *report)
{
    cli_pump *pump = &job->pump;
    /* Takes an earlier run's records out of the output: a later run must not take them for records
     * of this one. */
    output_empty(pump->out);
    pump_run(pump, report);
    pump_records_stand(pump);
    pump_count_rest(pump);
    pump->tally.unsent += job->line_count - job->joined_lines;
    if (pump->exit_code == 0 && job->left > 0) {
        say("%llu lines were in batches that were cancelled; --resume asks for them again",
            (unsigned long long)job->left);
        pump->exit_code = EXIT_STOPPED;
    }
    if (job->no_batch_api) remove_plans(job);
    if (is_done_with_journal(job)) batch_api_journal_remove(&job->journal);
    pump_close_records(pump); /* last: until then no other run can lock the output or the journal */
}

static void clean_up(batch_api_job *job)
{
    const cli_session *session = job->pump.session;
    if (job->pump.engine != NULL) metrics_show(session->metrics, session->engine);
    glimpse_engine_free(job->pump.engine);
    glimpse_sampler_unref(job->sampler);
    glimpse_batch_api_free(job->api);
    if (job->room != NULL) event_free(job->room);
    for (size_t i = 0; i < job->part_count; i++) batch_api_part_free(job->parts[i]);
    batch_api_journal_close(&job->journal);
    batch_api_slots_free(&job->slots);
    gl_map_free(&job->items);
    gl_free(job->parts);
    gl_free(job->lines);
    gl_free(job->join_lines);
    line_parser_free(&job->again);
    gl_buf_free(&job->text);
    pump_free(&job->pump);
}

int batch_api_job_run(const job_parts *parts, cli_report *report)
{
    batch_api_job job = { .journal = { .fd = -1 },
                          .bounds = { (uint64_t)parts->settings->batch_requests,
                                      (uint64_t)parts->settings->batch_bytes } };
    memset(report, 0, sizeof *report);
    cost_set_part(parts->cost, BATCH_PRICE);
    int code = set_up(&job, parts);
    if (code == 0) code = take_over(&job);
    if (code == 0)
        run(&job, report);
    else
        job.pump.exit_code = code;
    code = pump_verdict(&job.pump, report);
    clean_up(&job);
    return code;
}
