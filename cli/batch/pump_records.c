/*
 * pump_records.c - the records of a job: makes and counts them, and writes them to the output, at
 * once or in the order of the input. A record that waits for its turn stands beside the output
 * (ahead.c). At the end it checks that all of them are still there.
 */
#include <string.h>
#include <sys/stat.h>

#include "batch/order_output.h"
#include "batch/pump.h"
#include "batch/record.h"
#include "exits.h"
#include "say.h"

/* Size at which OUTPUT.ahead is made anew: large enough to be rare, and small for a disk. */
#define AHEAD_BYTES ((uint64_t)8 << 20)

/* --- made ------------------------------------------------------------------------------------ */

static void emit(void *arg, gl_slice record)
{
    cli_pump *pump = arg;
    output_add(pump->out, record);
}

/* Puts a line's record, or marks the line as ended without one (no bytes). */
static void put(cli_pump *pump, uint64_t order, gl_slice record)
{
    if (!pump->settings->ordered) {
        if (record.len > 0) emit(pump, record);
        return;
    }
    if (record.len > 0 && order != pump->order.next && pump->ahead != NULL)
        ahead_add(pump->ahead, record);
    if (ordered_put(&pump->order, order, record)) return;
    pump_fail(pump, EXIT_OS_LIMIT, "out of memory");
}

void pump_pass_over(cli_pump *pump, uint64_t order)
{
    put(pump, order, (gl_slice){ NULL, 0 });
}

void pump_leave_out(cli_pump *pump, uint64_t order)
{
    pump->tally.unsent++;
    pump_pass_over(pump, order);
}

static void no_memory(cli_pump *pump, uint64_t order, uint64_t line)
{
    pump_fail(pump, EXIT_OS_LIMIT, "out of memory for the record of line %llu",
              (unsigned long long)line);
    pump_leave_out(pump, order);
}

bool pump_put_result(const pump_item *item, const glimpse_result *result, int attempts)
{
    cli_pump *pump = item->pump;
    char *json = NULL;
    size_t len;
    glimpse_record as;
    glimpse_record_init(&as);
    as.custom_id = item->custom_id;
    as.line = item->line;
    as.path = item->path;
    as.attempts = attempts;
    if (glimpse_result_to_json(result, &as, &json, &len) != GLIMPSE_OK) {
        no_memory(pump, item->order, item->line);
        return false;
    }
    tally_add(&pump->tally, result);
    put(pump, item->order, gl_slice_of(json, len));
    glimpse_free(json);
    return true;
}

static void note(cli_pump *pump, const cli_outcome *outcome)
{
    char text[1024];
    if (failures_add(&pump->failures, outcome, text, sizeof text)) pump_say(pump, "%s", text);
}

void pump_put_bad_line(cli_pump *pump, uint64_t order, const job_line *line)
{
    gl_buf_reset(&pump->scratch);
    record_bad_line(&pump->scratch, line);
    if (pump->scratch.failed) {
        no_memory(pump, order, line->number);
        return;
    }
    tally_add_bad_line(&pump->tally);
    cli_outcome outcome = failures_bad_line(line);
    note(pump, &outcome);
    put(pump, order, gl_buf_slice(&pump->scratch));
}

bool pump_note_result(const pump_item *item, const glimpse_result *result, bool has_more)
{
    cli_pump *pump = item->pump;
    char text[1024];
    /* A stored answer is no sign of the endpoint's state, and another good one is no news. */
    if (glimpse_result_error(result) == GLIMPSE_OK &&
        (pump->failures.answered || glimpse_result_attempts(result) == 0))
        return false;
    cli_outcome outcome = failures_outcome(item->line, result);
    note(pump, &outcome);
    if (pump->settings->keep_going || !has_more ||
        !failures_are_hopeless(&pump->failures, text, sizeof text))
        return false;
    pump_say(pump, "%s", text);
    return true;
}

/* --- written --------------------------------------------------------------------------------- */

static void ready(void *arg)
{
    pump_changed(arg);
}

/* Takes a lost record out of the tally, so that the report counts only records in the output. */
static void lost(void *arg, gl_slice record)
{
    cli_pump *pump = arg;
    tally_lose(&pump->tally, record);
}

bool pump_open_records(cli_pump *pump, int output, size_t window)
{
    static const output_observer observer = { .ready = ready, .lost = lost };
    static const output_observer beside = { .ready = ready };
    const cli_settings *settings = pump->settings;
    struct event_base *base = pump->session->base;
    struct stat status;
    bool is_file = strcmp(settings->output, "-") != 0 && fstat(output, &status) == 0 &&
                   S_ISREG(status.st_mode);
    pump->output = output;
    pump->out_name = strcmp(settings->output, "-") == 0 ? "standard output" : settings->output;
    pump->out = output_new(base, output, settings->overwrite, settings->fsync_ms, &observer, pump);
    if (pump->out == NULL || !settings->ordered) return pump->out != NULL;
    if (!ordered_init(&pump->order, window, emit, pump)) return false;
    if (is_file)
        pump->ahead =
            ahead_new(base, settings->output, AHEAD_BYTES, settings->fsync_ms, &beside, pump);
    return pump->ahead != NULL || !is_file;
}

static void fail(cli_pump *pump, const char *beside, int error)
{
    if (error == 0 || pump->exit_code == EXIT_IO) return;
    pump_fail(pump, EXIT_IO, "%s%s: cannot write: %s", pump->out_name, beside, strerror(error));
}

void pump_flush_records(cli_pump *pump)
{
    output_flush(pump->out);
    fail(pump, "", output_error(pump->out));
    if (pump->ahead != NULL)
        fail(pump, ".ahead", ahead_flush(pump->ahead, pump->out, &pump->order));
}

bool pump_records_stand(cli_pump *pump)
{
    int error = output_finish(pump->out);
    fail(pump, "", error);
    if (error == 0 && !pump->output_gone &&
        output_verify(pump->out, pump->settings->output, &pump->tally) == 0)
        return true;
    pump->output_gone = true;
    pump_stop(pump, EXIT_IO, 0);
    return false;
}

void pump_leave_records(cli_pump *pump)
{
    bool is_file = output_is_file(pump->out);
    if (pump->settings->ordered) ordered_drain(&pump->order);
    output_flush(pump->out);
    output_abandon(pump->out); /* of a pipe that takes no more */
    if (!is_file || !pump_records_stand(pump)) return;
    ahead_free(pump->ahead, true);
    pump->ahead = NULL;
}

void pump_close_records(cli_pump *pump)
{
    if (pump->exit_code == 0) output_empty(pump->out); /* an input without lines has no records */
    if (pump->settings->ordered) ordered_drain(&pump->order);
    bool good = pump_records_stand(pump);
    if (good && pump->resume != NULL && pump->settings->ordered) {
        int code = order_output(pump->settings->output, pump->output);
        if (code != 0) pump->exit_code = code;
    }
    int late = output_close(pump->out);
    pump->out = NULL;
    if (good && late != 0) {
        say("%s: cannot write: %s", pump->out_name, strerror(late));
        pump->exit_code = EXIT_IO;
        good = false;
    }
    if (good && pump->settings->overwrite) ahead_remove(pump->settings->output);
    ahead_free(pump->ahead, good);
    pump->ahead = NULL;
}

void pump_free_records(cli_pump *pump)
{
    if (pump->out != NULL) output_close(pump->out);
    ahead_free(pump->ahead, false);
    ordered_free(&pump->order);
}
