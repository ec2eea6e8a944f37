/*
 * pump.c - takes lines while there is room, and runs a job to its end. Owns the input and the
 * events of the loop. take_line passes over a line that an earlier run has answered, and writes the
 * record of a bad one. Every other line goes to the way's `send`, and its result to the way's
 * `ended`.
 *
 * Invariants: a line is taken only while its way has room and at most BACKLOG bytes wait to be
 * written, so memory does not depend on the input's length. A record is written in the turn of the
 * loop in which it was made: every change schedules `turn`, which libevent runs after the events
 * that are ready now. Only a regular file can block here.
 */
#include "batch/pump.h"

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "exits.h"
#include "say.h"

/* Bytes that may wait to be written before reading pauses: 16 pipes' worth on Linux. */
#define BACKLOG ((size_t)1024 * 1024)

void pump_changed(cli_pump *pump)
{
    event_active(pump->turn, EV_TIMEOUT, 1);
}

void pump_again(cli_pump *pump)
{
    static const struct timeval at_once = { 0, 0 };
    evtimer_add(pump->later, &at_once);
}

__attribute__((format(printf, 2, 0))) static void say_args(cli_pump *pump, const char *format,
                                                           va_list args)
{
    char line[2048];
    vsnprintf(line, sizeof line, format, args);
    progress_clear(&pump->progress);
    say("%s", line);
}

void pump_say(cli_pump *pump, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_args(pump, format, args);
    va_end(args);
}

/* --- stopping -------------------------------------------------------------------------------- */

void pump_stop_reading(cli_pump *pump, int exit_code)
{
    if (pump->exit_code == 0 || exit_code == EXIT_IO) pump->exit_code = exit_code;
    pump->stopping = true;
    if (pump->waits_for_input) event_del(pump->readable);
    pump->waits_for_input = false;
}

void pump_stop(cli_pump *pump, int exit_code, int64_t grace_ms)
{
    pump_stop_reading(pump, exit_code);
    pump->way->stop(pump, grace_ms);
    pump_changed(pump);
}

void pump_fail(cli_pump *pump, int exit_code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_args(pump, format, args);
    va_end(args);
    pump_stop(pump, exit_code, 0);
}

static void caught(int number, void *arg)
{
    cli_pump *pump = arg;
    pump->way->tell_stop(pump, GRACE_MS, false);
    pump_stop(pump, 128 + number, GRACE_MS);
}

static void too_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_pump *pump = arg;
    pump->way->tell_stop(pump, pump->last_ms, true);
    pump_stop(pump, EXIT_UNREACHABLE, pump->last_ms);
}

/* --- requests -------------------------------------------------------------------------------- */

/* Allocates an item of `size` bytes; its texts stand behind them. */
static pump_item *item_new(cli_pump *pump, size_t size, uint64_t order, const job_line *line)
{
    size_t len = strlen(line->custom_id) + 1;
    bool usual = !line->is_chat || strcmp(line->chat.path, "/chat/completions") == 0;
    size_t path = usual ? 0 : strlen(line->chat.path) + 1;
    pump_item *item = gl_malloc(size + len + path);
    if (item == NULL) return NULL;
    char *texts = (char *)item + size;
    memcpy(texts, line->custom_id, len);
    if (!usual) memcpy(texts + len, line->chat.path, path);
    item->pump = pump;
    item->line = line->number;
    item->order = order;
    item->custom_id = texts;
    item->path = usual ? NULL : texts + len;
    return item;
}

static void ended(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    pump_item *item = arg;
    cli_pump *pump = item->pump;
    pump->live--;
    pump->way->ended(item, result);
    gl_free(item);
    pump_changed(pump);
}

void *pump_submit(cli_pump *pump, size_t size, uint64_t order, job_line *line,
                  const glimpse_options *options)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_result = ended };
    pump_item *item = item_new(pump, size, order, line);
    glimpse_engine *engine = pump->engine;
    glimpse_error error = GLIMPSE_ERR_OOM;
    if (item != NULL)
        error =
            line->is_chat
                ? glimpse_submit_chat(engine, &line->chat, options, &observer, item, &item->id)
                : glimpse_submit_draft(engine, &line->draft, options, &observer, item, &item->id);
    if (error == GLIMPSE_OK) {
        pump->live++;
        return item;
    }
    gl_free(item);
    line->error_code = glimpse_error_name(error);
    snprintf(line->error_message, sizeof line->error_message, "%s", glimpse_error_sentence(error));
    pump_put_bad_line(pump, order, line);
    return NULL;
}

/* --- lines ----------------------------------------------------------------------------------- */

bool pump_has_room(const cli_pump *pump)
{
    if (pump->stopping || output_backlog(pump->out) > BACKLOG) return false;
    if (pump->settings->ordered && pump->lines - pump->order.next >= pump->order.window)
        return false;
    return pump->way->has_room(pump);
}

/* Whether another line may be taken now. */
static bool may_read(const cli_pump *pump)
{
    return !pump->input_ended && !pump->waits_for_input && pump_has_room(pump);
}

static void fill(cli_pump *pump)
{
    int error = line_reader_fill(&pump->reader);
    if (error == 0 || pump->stopping) return;
    pump_say(pump, "cannot read the input: %s", strerror(error));
    pump_stop(pump, EXIT_IO, GRACE_MS);
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_pump *pump = arg;
    pump->waits_for_input = false;
    fill(pump);
    pump_changed(pump);
}

static void take_line(cli_pump *pump)
{
    gl_slice text;
    uint64_t number;
    job_line line;
    line_state state = line_reader_next(&pump->reader, &text, &number);
    if (state == LINE_EMPTY) {
        /* A slow input is read when the loop reports bytes, any other at once: epoll watches
         * neither files nor most devices. */
        pump->waits_for_input = pump->readable != NULL && event_add(pump->readable, NULL) == 0;
        if (!pump->waits_for_input) fill(pump);
        return;
    }
    if (state == LINE_END) {
        pump->input_ended = true;
        pump_changed(pump);
        return;
    }
    uint64_t order = pump->lines++;
    if (pump->resume != NULL && resume_is_done(pump->resume, order)) {
        pump_pass_over(pump, order);
        return;
    }
    if (state == LINE_READY)
        line_parser_read(&pump->parser, text, number, &line);
    else
        line_parser_too_long(number, pump->reader.max, &line);
    if (line.error_code != NULL)
        pump_put_bad_line(pump, order, &line);
    else
        pump->way->send(pump, order, &line, text);
}

static void turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    cli_pump *pump = arg;
    /* Writes finished records first: a kill after this line costs only the requests that are sent
     * now. */
    pump_flush_records(pump);
    bool goes_on = pump->way->turn(pump);
    for (int taken = 0; taken < LINES_A_TURN && may_read(pump); taken++) take_line(pump);
    pump_flush_records(pump);
    if (may_read(pump)) pump_again(pump);
    bool takes_more = !pump->input_ended && !pump->stopping;
    if (!takes_more && !goes_on && pump->live == 0 && output_backlog(pump->out) == 0)
        event_base_loopbreak(pump->session->base);
}

void pump_count_rest(cli_pump *pump)
{
    gl_slice text;
    uint64_t number;
    while (pump->stopping) {
        switch (line_reader_next(&pump->reader, &text, &number)) {
        case LINE_READY:
        case LINE_TOO_LONG:
            if (pump->resume == NULL || !resume_is_done(pump->resume, pump->lines))
                pump->tally.unsent++;
            pump->lines++;
            break;
        case LINE_EMPTY:
            if (pump->input_size == 0 || line_reader_fill(&pump->reader) != 0) return;
            break;
        case LINE_END:
            return;
        }
    }
}

/* --- life ------------------------------------------------------------------------------------ */

/* The names are the file's, which outlives the engine. */
static void take_endpoints(const cli_pump *pump, cli_report *report)
{
    const glimpse_pool *pool = pump->settings->engine.pool;
    report->endpoint_count = pool != NULL ? pool->endpoint_count : 0;
    for (size_t i = 0; i < report->endpoint_count; i++) {
        glimpse_endpoint_stats_init(&report->endpoints[i]);
        glimpse_engine_endpoint(pump->engine, i, &report->endpoints[i]);
        report->endpoints[i].name = pool->endpoints[i].name;
    }
}

void pump_look(void *arg, cli_report *report)
{
    cli_pump *pump = arg;
    memset(report, 0, sizeof *report);
    report->tally = pump->tally;
    glimpse_stats_init(&report->stats);
    glimpse_engine_stats(pump->engine, &report->stats);
    take_endpoints(pump, report);
    report->elapsed_s = (double)(glimpse_monotonic_ns() - pump->started) / 1e9;
    report->lines_read = pump->lines;
    report->all_read = pump->input_ended;
    report->part_read = pump->input_size > 0
                            ? (double)line_reader_consumed(&pump->reader) / (double)pump->input_size
                            : -1;
    report->spent = pump->cost->spent;
    report->unpriced = pump->cost->unpriced + report->stats.packing.fruitless;
    if (pump->way->correct != NULL) pump->way->correct(pump, report);
}

static void clear_progress(void *arg)
{
    progress_clear(arg);
}

bool pump_init(cli_pump *pump, const pump_way *way, const job_parts *parts, size_t window)
{
    struct stat status;
    cli_session *session = parts->session;
    const cli_settings *settings = parts->settings;
    struct event_base *base = session->base;
    bool known = fstat(parts->input, &status) == 0, regular = known && S_ISREG(status.st_mode);
    bool slow = known &&
                (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(parts->input) != 0);
    off_t start = regular ? lseek(parts->input, 0, SEEK_CUR) : 0;
    *pump = (cli_pump){ .way = way,
                        .session = session,
                        .settings = settings,
                        .engine = session->engine,
                        .cost = parts->cost,
                        .resume = parts->resume,
                        .input = parts->input,
                        .input_start = start,
                        .input_size = regular ? status.st_size - start : 0,
                        .started = glimpse_monotonic_ns(),
                        .deadline_ms = settings->job_deadline_ms };
    if (pump->resume != NULL) pump->tally = pump->resume->tally;
    gl_buf_init(&pump->scratch, SIZE_MAX / 2);
    line_parser_init(&pump->parser);
    pump->turn = event_new(base, -1, 0, turn, pump);
    pump->later = evtimer_new(base, turn, pump);
    pump->deadline = evtimer_new(base, too_late, pump);
    if (slow) pump->readable = event_new(base, pump->input, EV_READ, readable, pump);
    session->log.before = clear_progress;
    session->log.arg = &pump->progress;
    return pump_open_records(pump, parts->output, window) && pump->turn != NULL &&
           pump->later != NULL && pump->deadline != NULL && (!slow || pump->readable != NULL) &&
           line_reader_init(&pump->reader, pump->input, (size_t)settings->max_line);
}

void pump_run(cli_pump *pump, cli_report *report)
{
    struct event_base *base = pump->session->base;
    int64_t ms = pump->deadline_ms;
    const struct timeval limit = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
    if (signals_catch(&pump->signals, base, caught, pump) != 0 ||
        (ms > 0 && evtimer_add(pump->deadline, &limit) != 0) ||
        (!pump->settings->quiet && !progress_start(&pump->progress, base, pump_look, pump))) {
        pump_stop_reading(pump, EXIT_OS_LIMIT);
    } else {
        pump->signals.leave = pump->way->leave;
        pump_changed(pump);
        event_base_dispatch(base);
    }
    progress_stop(&pump->progress);
    pump_look(pump, report);
    signals_release(&pump->signals);
}

int pump_verdict(const cli_pump *pump, cli_report *report)
{
    report->tally = pump->tally;
    report->exit_code = pump->exit_code;
    if (report->exit_code == 0 && pump->tally.failed > 0) report->exit_code = EXIT_SOME_FAILED;
    return report->exit_code;
}

void pump_free(cli_pump *pump)
{
    progress_stop(&pump->progress);
    signals_release(&pump->signals);
    struct event *events[] = { pump->turn, pump->later, pump->readable, pump->deadline };
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i] != NULL) event_free(events[i]);
    pump_free_records(pump);
    line_reader_free(&pump->reader);
    line_parser_free(&pump->parser);
    gl_buf_free(&pump->scratch);
    if (pump->input > STDIN_FILENO) close(pump->input);
    pump->session->log.before = NULL;
}
