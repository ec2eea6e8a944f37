/*
 * job.c - runs a job. Owns the input, the output and one small item for each request under way;
 * asks job_line.c what a line wants, gives it to the engine, writes the record when it ends.
 *
 * Invariants: at most `window` requests are submitted and not ended, and no line is read while
 * more than BACKLOG bytes wait to be written, so memory does not depend on the input's length. A
 * record is written in the turn of the loop in which it was made: every change schedules `turn`,
 * which libevent runs after what is ready now. Nothing here blocks but a regular file.
 */
#include "batch/job.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "batch/job_private.h"
#include "batch/record.h"
#include "exits.h"
#include "say.h"

/* What may wait to be written before reading pauses: 16 pipes' worth on Linux. */
#define BACKLOG ((size_t)1024 * 1024)
/* Lines taken in one turn, so that a file of bad lines does not hold up the loop. */
#define LINES_A_TURN 256
/* How often the requests that rest are counted: a snapshot walks the histogram of latencies, so not
 * at every line. */
static const struct timeval look_every = { 0, 100000 };
/* Resting requests that others make up for, in units of the concurrency: bounds the memory of an
 * endpoint that refuses everything. */
#define RESTING_MAX 3
/* Lines beyond those that are held for an open circuit, so that each probe can be another line: a
 * night of them at one in 4 s. */
#define PROBES_MAX 10000
/* What stops early lets requests in flight finish in, in milliseconds. */
#define GRACE_MS 5000

typedef struct cli_item {
    cli_job *job;
    uint64_t line, order;
    double bound;     /* reserved of --max-cost */
    bool stored_only; /* its stored answer is looked for, nothing is sent, nothing reserved */
    const char *path; /* behind custom_id; NULL: /chat/completions */
    char custom_id[];
} cli_item;

void job_changed(cli_job *job)
{
    event_active(job->turn, EV_TIMEOUT, 1);
}

/* --- records --------------------------------------------------------------------------------- */

static void ended(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    cli_item *item = arg;
    cli_job *job = item->job;
    gl_slice record = { NULL, 0 };
    char *json = NULL;
    glimpse_record as;
    glimpse_record_init(&as);
    as.custom_id = item->custom_id;
    as.line = item->line;
    as.path = item->path;
    job->live--;
    if (!item->stored_only) cost_settle(job->cost, item->bound, result);
    if (failures_is_key_stop(result)) job_stop_for_key(job, result);
    bool unsent = (item->stored_only && glimpse_result_error(result) == GLIMPSE_ERR_NOT_CACHED) ||
                  (job->stopping && glimpse_result_attempts(result) == 0 &&
                   (failures_is_key_stop(result) ||
                    glimpse_result_status(result) == GLIMPSE_STATUS_CANCELLED));
    if (item->stored_only && job->held_looking) {
        job->held_looking = false;
        job->held_missing = job->is_held = unsent;
        if (unsent) { /* the line is held, and has no end yet */
            gl_free(item);
            job_changed(job);
            return;
        }
    }
    if (!unsent && glimpse_result_to_json(result, &as, &json, &record.len) == GLIMPSE_OK)
        record.data = json;
    if (!unsent && record.data == NULL) {
        say("out of memory for the record of line %llu", (unsigned long long)item->line);
        job_stop(job, EXIT_OS_LIMIT, 0);
    }
    if (record.data != NULL) {
        tally_add(&job->tally, result);
        job_note_result(job, item->line, result);
    } else {
        job->tally.unsent++;
    }
    job_put_record(job, item->order, record);
    glimpse_free(json);
    gl_free(item);
}

static void put_bad_line(cli_job *job, uint64_t order, const job_line *line)
{
    gl_buf_reset(&job->scratch);
    record_bad_line(&job->scratch, line);
    if (job->scratch.failed) {
        say("out of memory for the record of line %llu", (unsigned long long)line->number);
        job->tally.unsent++;
        job_stop(job, EXIT_OS_LIMIT, 0);
        return;
    }
    tally_add_bad_line(&job->tally);
    cli_outcome outcome = failures_bad_line(line);
    job_note_outcome(job, &outcome);
    job_put_record(job, order, gl_buf_slice(&job->scratch));
}

/* --- lines ----------------------------------------------------------------------------------- */

static cli_item *item_new(cli_job *job, uint64_t order, const job_line *line)
{
    size_t len = strlen(line->custom_id) + 1;
    bool usual = !line->is_chat || strcmp(line->chat.path, "/chat/completions") == 0;
    size_t path = usual ? 0 : strlen(line->chat.path) + 1;
    cli_item *item = gl_malloc(sizeof *item + len + path);
    if (item == NULL) return NULL;
    item->job = job;
    item->line = line->number;
    item->order = order;
    item->bound = 0;
    memcpy(item->custom_id, line->custom_id, len);
    if (!usual) memcpy(item->custom_id + len, line->chat.path, path);
    item->path = usual ? NULL : item->custom_id + len;
    return item;
}

/* stored_only: only a stored answer is taken, and that costs nothing. */
static void submit(cli_job *job, uint64_t order, job_line *line, double bound, bool stored_only)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_result = ended };
    glimpse_engine *engine = job->session->engine;
    cli_item *item = item_new(job, order, line);
    glimpse_error error = GLIMPSE_ERR_OOM;
    glimpse_options options;
    glimpse_options_init(&options);
    if (stored_only) {
        options.cache_control = GLIMPSE_CACHE_ONLY;
        options.fallback = 0;
    }
    if (item != NULL) {
        item->bound = bound;
        item->stored_only = stored_only;
        error = line->is_chat
                    ? glimpse_submit_chat(engine, &line->chat, &options, &observer, item, NULL)
                    : glimpse_submit_draft(engine, &line->draft, &options, &observer, item, NULL);
    }
    if (error == GLIMPSE_OK) {
        job->live++;
        return;
    }
    gl_free(item);
    if (!stored_only) cost_settle(job->cost, bound, NULL);
    job->held_looking = job->is_held = false;
    line->error_code = glimpse_error_name(error);
    snprintf(line->error_message, sizeof line->error_message, "%s", glimpse_error_sentence(error));
    put_bad_line(job, order, line);
}

/* Whether a stored answer would be taken, if there is one. */
static bool may_be_stored(const cli_job *job)
{
    return job->settings->engine.cache_control == GLIMPSE_CACHE_USE &&
           settings_share_answers(job->settings);
}

/* No money is left for this line, nor under way that might come back. The lines behind it get what
 * is stored for them. */
static void spend_no_more(cli_job *job, const job_line *line)
{
    progress_clear(&job->progress);
    say("--max-cost: nothing is sent from line %llu on; --resume goes on",
        (unsigned long long)line->number);
    if (!may_be_stored(job)) {
        job_stop_reading(job, EXIT_STOPPED);
        return;
    }
    job->spent_out = true;
    if (job->exit_code == 0) job->exit_code = EXIT_STOPPED;
}

/* Sends a line, or holds it until it is known whether --max-cost allows it; but what is stored
 * costs nothing, so that is looked for first. */
static void send_or_hold(cli_job *job, uint64_t order, job_line *line)
{
    double bound;
    const char *why = NULL;
    if (job->spent_out) {
        submit(job, order, line, 0, true);
        return;
    }
    cost_verdict verdict = cost_ask(job->cost, job->session->engine, line, &bound, &why);
    if (verdict == COST_FITS) {
        job->is_held = false;
        submit(job, order, line, bound, false);
        return;
    }
    if (verdict == COST_UNKNOWN) {
        progress_clear(&job->progress);
        say("--max-cost: line %llu: %s", (unsigned long long)line->number, why);
        job_stop_reading(job, EXIT_VALUE);
    } else {
        if (line != &job->held) {
            job->held = *line;
            job->held_missing = !may_be_stored(job);
            job->is_held = true;
        }
        if (!job->held_missing) {
            job->held_looking = true;
            submit(job, order, &job->held, 0, true);
            return;
        }
        if (verdict == COST_WAITS) return;
        spend_no_more(job, line);
    }
    job->is_held = false;
    job->tally.unsent++;
    job_put_record(job, order, (gl_slice){ NULL, 0 });
}

/* Whether another line may be taken now. */
static bool has_room(const cli_job *job)
{
    if (job->stopping || job->is_held || job->input_ended || job->waits_for_input) return false;
    size_t most = job->most_live + (job->circuit_open ? PROBES_MAX : 0);
    if (glimpse_engine_room(job->session->engine) == 0 || job->live >= most) return false;
    if (output_backlog(job->out) > BACKLOG) return false;
    return !job->settings->ordered || job->lines - job->order.next < job->order.window;
}

/* More bytes: when the loop says so from what may be slow, else at once (epoll knows neither files
 * nor most devices). */
static void want_input(cli_job *job)
{
    if (job->readable != NULL && event_add(job->readable, NULL) == 0) {
        job->waits_for_input = true;
        return;
    }
    int error = line_reader_fill(&job->reader);
    if (error == 0) return;
    progress_clear(&job->progress);
    say("cannot read the input: %s", strerror(error));
    job_stop(job, EXIT_IO, GRACE_MS);
}

static void take_line(cli_job *job)
{
    gl_slice text;
    uint64_t number;
    job_line line;
    line_state state = line_reader_next(&job->reader, &text, &number);
    switch (state) {
    case LINE_EMPTY:
        want_input(job);
        return;
    case LINE_END:
        job->input_ended = true;
        return;
    case LINE_TOO_LONG:
    case LINE_READY:
        break;
    }
    uint64_t order = job->lines++;
    if (job->resume != NULL && resume_is_done(job->resume, order)) {
        job_put_record(job, order, (gl_slice){ NULL, 0 });
        return;
    }
    if (state == LINE_READY)
        line_parser_read(&job->parser, text, number, &line);
    else
        line_parser_too_long(number, job->reader.max, &line);
    if (line.error_code != NULL)
        put_bad_line(job, order, &line);
    else
        send_or_hold(job, order, &line);
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_job *job = arg;
    job->waits_for_input = false;
    int error = line_reader_fill(&job->reader);
    if (error != 0 && !job->stopping) {
        progress_clear(&job->progress);
        say("cannot read the input: %s", strerror(error));
        job_stop(job, EXIT_IO, GRACE_MS);
    }
    job_changed(job);
}

/* --- the turn -------------------------------------------------------------------------------- */

static void turn(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval at_once = { 0, 0 };
    (void)fd;
    (void)what;
    cli_job *job = arg;
    int taken = 0;
    /* First what has been answered: a kill from here on costs nothing but what is sent now. */
    job_flush_records(job);
    if (job->is_held && !job->held_looking && !job->stopping)
        send_or_hold(job, job->lines - 1, &job->held);
    for (; taken < LINES_A_TURN && has_room(job); taken++) take_line(job);
    job_flush_records(job);
    if (has_room(job)) evtimer_add(job->later, &at_once);
    if ((job->input_ended || job->stopping) && job->live == 0 && output_backlog(job->out) == 0)
        event_base_loopbreak(job->session->base);
}

/* Room comes back without a result when a request goes to wait for its retry, and when the window
 * grows; and a job whose endpoint nobody ever reached is not worth waiting with. */
static void look_at_engine(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_job *job = arg;
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    glimpse_engine_stats(job->session->engine, &stats);
    job->circuit_open = stats.circuit != GLIMPSE_CIRCUIT_CLOSED;
    if (stats.unreachable && !job->stopping) {
        progress_clear(&job->progress);
        say("%s could not be reached: not one connection succeeded: %s",
            settings_endpoint(job->settings), stats.circuit_message);
        job_stop(job, EXIT_UNREACHABLE, 0);
    }
    char line[256];
    if (!job->stopping && outage_note_due(&job->outage, &stats, line, sizeof line)) {
        progress_clear(&job->progress);
        say("%s", line);
    }
    job_changed(job);
}

static void caught(int number, void *arg)
{
    cli_job *job = arg;
    progress_clear(&job->progress);
    say("stopping; what is in flight has %d s (again: at once)", GRACE_MS / 1000);
    job_stop(job, 128 + number, GRACE_MS);
}

static void look(void *arg, cli_report *report);

static void leave(int number, void *arg)
{
    cli_job *job = arg;
    cli_report report;
    progress_clear(&job->progress);
    job_leave_records(job);
    job->stopping = true;
    job->tally.unsent += job->live - (job->held_looking ? 1 : 0); /* which the rest counts */
    job_count_rest(job);
    look(job, &report);
    report.exit_code = 128 + number;
    if (job->leaving != NULL) job->leaving(&report, job->leaving_arg);
}

/* The job ends by its deadline: nothing is sent in the last of its time, so that what is in flight
 * may finish. */
static int64_t last_of(int64_t deadline_ms)
{
    return deadline_ms / 4 < GRACE_MS ? deadline_ms / 4 : GRACE_MS;
}

static void too_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_job *job = arg;
    int64_t left = last_of(job->settings->job_deadline_ms);
    progress_clear(&job->progress);
    say("--job-deadline: stopping; what is in flight has the last %.1f s", (double)left / 1e3);
    job_stop(job, EXIT_UNREACHABLE, left);
}

/* --- life ------------------------------------------------------------------------------------ */

static void look(void *arg, cli_report *report)
{
    cli_job *job = arg;
    memset(report, 0, sizeof *report);
    report->tally = job->tally;
    glimpse_stats_init(&report->stats);
    glimpse_engine_stats(job->session->engine, &report->stats);
    report->elapsed_s = (double)(glimpse_monotonic_ns() - job->started) / 1e9;
    report->lines_read = job->lines;
    report->all_read = job->input_ended;
    report->part_read = job->input_size > 0
                            ? (double)line_reader_consumed(&job->reader) / (double)job->input_size
                            : -1;
    report->spent = job->cost->spent;
    report->unpriced = job->cost->unpriced + report->stats.packing.fruitless;
}

static void clear_progress(void *arg)
{
    progress_clear(arg);
}

/* Lines that are needed to fill a request. */
static size_t drafts_a_request(const cli_settings *settings)
{
    const glimpse_packing *packing = &settings->engine.packing;
    return packing->on ? (size_t)packing->max_drafts : 1;
}

cli_job *job_new(const job_parts *parts)
{
    struct stat status;
    cli_session *session = parts->session;
    const cli_settings *settings = parts->settings;
    int input = parts->input;
    cli_job *job = gl_calloc(1, sizeof *job);
    if (job == NULL) {
        if (input > STDIN_FILENO) close(input);
        if (parts->output > STDERR_FILENO) close(parts->output);
        goto failed;
    }
    job->session = session;
    job->settings = settings;
    job->input = input;
    job->output = parts->output;
    job->cost = parts->cost;
    job->leaving = parts->leaving;
    job->leaving_arg = parts->leaving_arg;
    job->resume = parts->resume;
    if (job->resume != NULL) job->tally = job->resume->tally;
    job->out_name = strcmp(settings->output, "-") == 0 ? "standard output" : settings->output;
    size_t a_request = drafts_a_request(settings);
    job->most_live = (size_t)settings->engine.concurrency * (1 + RESTING_MAX) * a_request;
    gl_buf_init(&job->scratch, SIZE_MAX / 2);
    line_parser_init(&job->parser);
    bool regular = fstat(input, &status) == 0 && S_ISREG(status.st_mode);
    job->input_start = regular ? lseek(input, 0, SEEK_CUR) : 0;
    job->input_size = regular ? status.st_size - job->input_start : 0;
    struct event_base *base = session->base;
    job->turn = event_new(base, -1, 0, turn, job);
    job->later = evtimer_new(base, turn, job);
    job->deadline = evtimer_new(base, too_late, job);
    job->look = event_new(base, -1, EV_PERSIST, look_at_engine, job);
    bool slow = fstat(input, &status) == 0 &&
                (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(input) != 0);
    if (slow) job->readable = event_new(base, input, EV_READ, readable, job);
    bool has_records = job_open_records(job, parts->output, 4 * a_request);
    if (job->turn == NULL || job->later == NULL || job->deadline == NULL || job->look == NULL ||
        !has_records || (slow && job->readable == NULL) ||
        !line_reader_init(&job->reader, input, (size_t)settings->max_line))
        goto failed;
    session->log.before = clear_progress;
    session->log.arg = &job->progress;
    return job;
failed:
    say("out of memory");
    job_free(job);
    return NULL;
}

int job_run(cli_job *job, cli_report *report)
{
    struct event_base *base = job->session->base;
    int64_t limit = job->settings->job_deadline_ms, ms = limit - last_of(limit);
    struct timeval deadline = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
    job->started = glimpse_monotonic_ns();
    if (signals_catch(&job->signals, base, caught, job) != 0 ||
        event_add(job->look, &look_every) != 0 ||
        (limit > 0 && evtimer_add(job->deadline, &deadline) != 0) ||
        (!job->settings->quiet && !progress_start(&job->progress, base, look, job)))
        return EXIT_OS_LIMIT;
    job->signals.leave = leave;
    job_changed(job);
    event_base_dispatch(base);
    progress_stop(&job->progress);
    look(job, report);
    signals_release(&job->signals);
    job_close_records(job);
    job_count_rest(job);
    report->tally = job->tally;
    report->exit_code = job_verdict(job);
    return report->exit_code;
}

void job_free(cli_job *job)
{
    if (job == NULL) return;
    progress_stop(&job->progress);
    signals_release(&job->signals);
    struct event *events[] = { job->turn, job->later, job->readable, job->deadline, job->look };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i] != NULL) event_free(events[i]);
    job_free_records(job);
    line_reader_free(&job->reader);
    line_parser_free(&job->parser);
    gl_buf_free(&job->scratch);
    if (job->input > STDIN_FILENO) close(job->input);
    job->session->log.before = NULL;
    gl_free(job);
}
