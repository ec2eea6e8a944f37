/*
 * job.c - a job online: each line is sent to the endpoint at once. Decides how many requests are in
 * flight, whether --max-cost allows a line, and when the job stops early. The machine is pump.c.
 *
 * Invariant: at most `most` requests are submitted and not ended.
 */
#include "batch/job.h"

#include <event2/event.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/outage_note.h"
#include "batch/pump.h"
#include "exits.h"
#include "say.h"

/* Interval at which the requests in backoff are counted. A snapshot walks the histogram of
 * latencies, which is too much for every line. */
static const struct timeval look_every = { 0, 100000 };
/* The most requests in backoff that are replaced by others, in units of the concurrency. Bounds the
 * memory under an endpoint that refuses everything. */
#define RESTING_MAX 3
/* Lines that may be taken beyond those that wait for an open circuit, so that each probe can be
 * another line. It lasts a night of probes, one in 4 s. */
#define PROBES_MAX 10000

typedef struct cli_job {
    cli_pump pump;
    job_line held; /* a line that waits until its cost fits (is_held) */
    bool is_held;
    bool held_looking, held_missing; /* its stored answer is being looked up; has none */
    bool spent_out;                  /* --max-cost is reached: only stored answers are used */
    size_t window, most;             /* the limit of requests in flight: as set; at present */
    outage_note outage;
    struct event *look; /* timer: reads the engine's statistics */
    void (*leaving)(const cli_report *report, void *arg);
    void *leaving_arg;
} cli_job;

typedef struct job_item {
    pump_item base;
    double bound;     /* cost reserved of --max-cost */
    bool stored_only; /* only a stored answer may end it: nothing is sent or reserved */
} job_item;

/* --- results --------------------------------------------------------------------------------- */

/* Requests in flight are paid for already, so they get as much time as they need. */
static void stop_for_key(cli_pump *pump, const glimpse_result *result)
{
    char text[1024];
    if (pump->stopping) return;
    int code = failures_key_exit(result, text, sizeof text);
    pump_say(pump, "%s", text);
    pump_stop_reading(pump, code);
}

static void ended(pump_item *base, const glimpse_result *result)
{
    const job_item *item = (const job_item *)base;
    cli_pump *pump = base->pump;
    cli_job *job = (cli_job *)pump;
    bool key_stop = failures_is_key_stop(result);
    bool cancelled = glimpse_result_status(result) == GLIMPSE_STATUS_CANCELLED;
    if (!item->stored_only) cost_settle(pump->cost, item->bound, result);
    if (key_stop) stop_for_key(pump, result);
    bool unsent =
        (item->stored_only && glimpse_result_error(result) == GLIMPSE_ERR_NOT_CACHED) ||
        (pump->stopping && glimpse_result_attempts(result) == 0 && (key_stop || cancelled));
    if (item->stored_only && job->held_looking) {
        job->held_looking = false;
        job->held_missing = job->is_held = unsent;
        if (unsent) return; /* the line is held, and has no end yet */
    }
    if (unsent) {
        pump_leave_out(pump, base->order);
        return;
    }
    /* A cancelled line is no failure of its own. stop_for_key reports a key that stops the job. */
    if (!pump_put_result(base, result, -1) || key_stop || cancelled) return;
    if (pump_note_result(base, result, !pump->stopping)) pump_stop_reading(pump, EXIT_STOPPED);
}

/* --- lines ----------------------------------------------------------------------------------- */

/* stored_only: only a stored answer may end the line, which costs nothing. */
static void submit(cli_job *job, uint64_t order, job_line *line, double bound, bool stored_only)
{
    glimpse_options options;
    glimpse_options_init(&options);
    if (stored_only) {
        options.cache_control = GLIMPSE_CACHE_ONLY;
        options.fallback = 0;
    }
    job_item *item = pump_submit(&job->pump, sizeof *item, order, line, &options);
    if (item != NULL) {
        item->bound = bound;
        item->stored_only = stored_only;
        return;
    }
    if (!stored_only) cost_settle(job->pump.cost, bound, NULL);
    job->held_looking = job->is_held = false;
}

/* Whether the settings let a stored answer be used, if there is one. */
static bool may_be_stored(const cli_pump *pump)
{
    return pump->settings->engine.cache_control == GLIMPSE_CACHE_USE &&
           settings_share_answers(pump->settings);
}

/* Marks the job as out of money: the rest does not pay for this line, and no request in flight can
 * return enough of its reserve. Later lines get their stored answers only. */
static void spend_no_more(cli_job *job, const job_line *line)
{
    cli_pump *pump = &job->pump;
    pump_say(pump, "--max-cost: nothing is sent from line %llu on; --resume goes on",
             (unsigned long long)line->number);
    if (!may_be_stored(pump)) {
        pump_stop_reading(pump, EXIT_STOPPED);
        return;
    }
    job->spent_out = true;
    if (pump->exit_code == 0) pump->exit_code = EXIT_STOPPED;
}

/* Sends a line, or holds it until it is known whether --max-cost allows it. A stored answer costs
 * nothing, so it is looked up first. */
static void send_or_hold(cli_job *job, uint64_t order, job_line *line)
{
    cli_pump *pump = &job->pump;
    double bound;
    const char *why = NULL;
    if (job->spent_out) {
        submit(job, order, line, 0, true);
        return;
    }
    cost_verdict verdict = cost_ask(pump->cost, pump->engine, line, &bound, &why);
    if (verdict == COST_FITS) {
        job->is_held = false;
        submit(job, order, line, bound, false);
        return;
    }
    if (verdict == COST_UNKNOWN) {
        pump_say(pump, "--max-cost: line %llu: %s", (unsigned long long)line->number, why);
        pump_stop_reading(pump, EXIT_VALUE);
    } else {
        if (line != &job->held) {
            job->held = *line;
            job->held_missing = !may_be_stored(pump);
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
    pump_leave_out(pump, order);
}

static void send_line(cli_pump *pump, uint64_t order, job_line *line, gl_slice text)
{
    (void)text;
    send_or_hold((cli_job *)pump, order, line);
}

static bool has_room(const cli_pump *pump)
{
    const cli_job *job = (const cli_job *)pump;
    return !job->is_held && pump->live < job->most && glimpse_engine_room(pump->engine) > 0;
}

static bool turn(cli_pump *pump)
{
    cli_job *job = (cli_job *)pump;
    if (job->is_held && !job->held_looking && !pump->stopping)
        send_or_hold(job, pump->lines - 1, &job->held);
    return false;
}

/* Reads the engine's state. Room appears without a result when a request enters backoff and when
 * the window grows. The job ends when no connection to the endpoint ever succeeded. */
static void look_at_engine(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_job *job = arg;
    cli_pump *pump = &job->pump;
    glimpse_stats stats;
    char line[256];
    glimpse_stats_init(&stats);
    glimpse_engine_stats(pump->engine, &stats);
    job->most = job->window + (stats.circuit != GLIMPSE_CIRCUIT_CLOSED ? PROBES_MAX : 0);
    if (stats.unreachable && !pump->stopping)
        pump_fail(pump, EXIT_UNREACHABLE,
                  "%s could not be reached: not one connection succeeded: %s",
                  settings_endpoint(pump->settings), stats.circuit_message);
    if (!pump->stopping && outage_note_due(&job->outage, &stats, line, sizeof line))
        pump_say(pump, "%s", line);
    pump_changed(pump);
}

/* --- the end --------------------------------------------------------------------------------- */

static void stop(cli_pump *pump, int64_t grace_ms)
{
    glimpse_engine_close(pump->engine, grace_ms, NULL, NULL);
}

static void tell_stop(cli_pump *pump, int64_t grace_ms, bool late)
{
    if (late)
        pump_say(pump, "--job-deadline: stopping; what is in flight has the last %.1f s",
                 (double)grace_ms / 1e3);
    else
        pump_say(pump, "stopping; what is in flight has %d s (again: at once)", GRACE_MS / 1000);
}

static void leave(int number, void *arg)
{
    cli_job *job = arg;
    cli_pump *pump = &job->pump;
    cli_report report;
    progress_clear(&pump->progress);
    pump_leave_records(pump);
    pump->stopping = true;
    /* A line whose stored answer is being looked up counts as held. */
    pump->tally.unsent += pump->live - (job->held_looking ? 1 : 0) + (job->is_held ? 1 : 0);
    pump_count_rest(pump);
    pump_look(pump, &report);
    report.exit_code = 128 + number;
    if (job->leaving != NULL) job->leaving(&report, job->leaving_arg);
}

/* Warns when the input was cut while the job ran. Its records stay: they are of the lines as they
 * were read. */
static void tell_of_input(const cli_pump *pump)
{
    struct stat status;
    uint64_t read = (uint64_t)pump->input_start + line_reader_consumed(&pump->reader);
    if (pump->input_size > 0 && fstat(pump->input, &status) == 0 && (uint64_t)status.st_size < read)
        say("warning: %s was cut while the job ran; records of lines that it no longer has stay",
            pump->settings->words[0]);
}

/* Prints why no line was answered, where one cause explains it. Returns 0, or the exit code after
 * the error message. */
static int why_nothing(const cli_pump *pump)
{
    const cli_tally *tally = &pump->tally;
    if (tally->starved > 0 && tally->answered == 0) {
        say("no file descriptor is left for even one connection (ulimit -n)");
        return EXIT_OS_LIMIT;
    }
    if (tally->unreached > 0 && tally->answered == 0) {
        say("%s could not be reached: not one connection succeeded",
            settings_endpoint(pump->settings));
        return EXIT_UNREACHABLE;
    }
    return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

/* Lines that fill one request. */
static size_t drafts_a_request(const cli_settings *settings)
{
    const glimpse_packing *packing = &settings->engine.packing;
    return packing->on ? (size_t)packing->max_drafts : 1;
}

/* The part of a job's time at its end in which nothing is sent, so that requests in flight can
 * finish. */
static int64_t last_of(int64_t deadline_ms)
{
    return deadline_ms / 4 < GRACE_MS ? deadline_ms / 4 : GRACE_MS;
}

static void run(cli_job *job, cli_report *report)
{
    cli_pump *pump = &job->pump;
    pump->last_ms = last_of(pump->deadline_ms);
    pump->deadline_ms -= pump->last_ms;
    pump_run(pump, report);
    tell_of_input(pump);
    pump_close_records(pump);
    pump_count_rest(pump);
    if (pump->stopping && job->is_held) pump->tally.unsent++;
    if (pump->exit_code == 0) pump->exit_code = why_nothing(pump);
}

int job_run(const job_parts *parts, cli_report *report)
{
    static const pump_way online = { .has_room = has_room,
                                     .send = send_line,
                                     .ended = ended,
                                     .turn = turn,
                                     .stop = stop,
                                     .tell_stop = tell_stop,
                                     .leave = leave };
    const cli_settings *settings = parts->settings;
    size_t window =
        (size_t)settings->engine.concurrency * (1 + RESTING_MAX) * drafts_a_request(settings);
    cli_job job = { .window = window,
                    .most = window,
                    .leaving = parts->leaving,
                    .leaving_arg = parts->leaving_arg };
    memset(report, 0, sizeof *report);
    bool good = pump_init(&job.pump, &online, parts, window);
    job.look = event_new(parts->session->base, -1, EV_PERSIST, look_at_engine, &job);
    if (good && job.look != NULL && event_add(job.look, &look_every) == 0) {
        run(&job, report);
    } else {
        say("out of memory");
        job.pump.exit_code = EXIT_OS_LIMIT;
    }
    if (job.look != NULL) event_free(job.look);
    int code = pump_verdict(&job.pump, report);
    pump_free(&job.pump);
    return code;
}
