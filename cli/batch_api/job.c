/*
 * job.c - a job through the Batch API: the fate of each line. Owns the engine's requests. Their
 * sampler calls no endpoint: it answers a request from the file when its answer has come down;
 * otherwise `start` puts the request into a part and cancels it, and `ended` keeps the line's
 * place. The machine is batch/pump.c.
 *
 * Two passes. The first reads the input: a line that is bad, cached or done before gets its record
 * or none; any other goes into a part, and only its place is kept. The second reads the lines of
 * each part that has come down. Memory: 24 bytes a line and 50 a different request.
 */
#include "batch_api/job.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/file.h"
#include "batch_api/private.h"
#include "exits.h"
#include "say.h"

typedef struct batch_api_item {
    pump_item base;
    uint64_t offset;
    uint32_t length, slot;
    bool joins, waits; /* the second pass submitted it; its request is in a part */
} batch_api_item;

void batch_api_tell(batch_api_job *job, const char *format, ...)
{
    char line[1024];
    va_list args;
    if (job->pump.settings->quiet) return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    pump_say(&job->pump, "%s", line);
}

bool batch_api_no_memory(batch_api_job *job)
{
    pump_fail(&job->pump, EXIT_OS_LIMIT, "out of memory");
    return false;
}

/* --- the sampler ------------------------------------------------------------------------------ */

/* Computes the id by which a request's answer is found. Without a cache and a store no two lines
 * share an answer, so each gets an id of its own. */
static bool identify(batch_api_job *job, const glimpse_attempt *attempt, const batch_api_item *item,
                     batch_api_id *id)
{
    glimpse_key key;
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    uint64_t salt = settings_share_answers(job->pump.settings) ? 0 : item->base.line;
    return glimpse_chat_key(job->pump.engine, body, glimpse_length(len), &key) == GLIMPSE_OK &&
           batch_api_id_of(&job->slots, &key, glimpse_attempt_path(attempt), salt, id);
}

/* Stops the job: a line that was read again differs from the one whose answer has come, so that
 * answer belongs to no line. */
static void refuse_line(batch_api_job *job, uint64_t number)
{
    if (job->pump.stopping) return;
    pump_fail(
        &job->pump, EXIT_IO,
        "line %llu is not what it was: the input was changed while its batch worked; the answers "
        "stay with the journal, and --mode api --resume gives them to the lines that ask for them",
        (unsigned long long)number);
}

static void start(void *arg, glimpse_attempt *attempt)
{
    batch_api_job *job = arg;
    uint64_t request = glimpse_attempt_request(attempt);
    batch_api_item *item = gl_map_get(&job->items, request);
    batch_api_id id;
    size_t n = SIZE_MAX, len;
    const char *body = glimpse_attempt_body(attempt, &len);
    if (item->joins) {
        const batch_api_slot *slot = &job->slots.at[item->slot];
        if (identify(job, attempt, item, &id) && batch_api_id_equal(&id, &slot->id)) {
            batch_api_join_answer(job, slot, attempt);
        } else {
            refuse_line(job, item->base.line);
            glimpse_cancel(job->pump.engine, request);
        }
        return;
    }
    if (!job->pump.stopping && identify(job, attempt, item, &id)) {
        n = batch_api_slots_find(&job->slots, &id);
        if (n == SIZE_MAX)
            n = batch_api_plan(job, &id, glimpse_attempt_path(attempt), gl_slice_of(body, len));
    }
    item->waits = n != SIZE_MAX;
    item->slot = (uint32_t)n;
    glimpse_cancel(job->pump.engine, request);
}

static const char *scope(void *arg)
{
    const batch_api_job *job = arg;
    return glimpse_batch_api_scope(job->api);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Returns the attempts of a request: the number of batches that the endpoint accepted with it. They
 * go into the first record of the request, and are 0 in the others. */
static uint32_t attempts_of(batch_api_job *job, const glimpse_result *result,
                            const batch_api_item *item)
{
    if (!item->joins || glimpse_result_attempts(result) == 0) return 0;
    batch_api_slot *slot = &job->slots.at[item->slot];
    const batch_api_part *part = job->parts[slot->part - 1];
    if (slot->attempts_recorded) return 0;
    slot->attempts_recorded = true;
    return part->code != NULL ? slot->asked - 1u : slot->asked;
}

/* Whether a part other than the one that is read now is still to be answered. */
static bool has_more_to_ask(const batch_api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL && job->parts[i]->step < BATCH_API_DOWNLOADED) return true;
    return false;
}

static void put_record(batch_api_job *job, const glimpse_result *result, const batch_api_item *item)
{
    uint32_t attempts = attempts_of(job, result, item);
    if (!pump_put_result(&item->base, result, (int)attempts)) return;
    job->attempts += attempts;
    if (attempts > 1) job->retries += attempts - 1;
    if (pump_note_result(&item->base, result, has_more_to_ask(job))) job->hopeless = true;
}

/* Keeps the place of a line whose request is in a part. */
static void keep_line(batch_api_job *job, const batch_api_item *item)
{
    batch_api_line *lines =
        gl_array_room(job->lines, &job->line_capacity, job->line_count + 1, 1024, sizeof *lines);
    if (lines == NULL || job->line_count >= UINT32_MAX) {
        batch_api_no_memory(job);
        return;
    }
    job->lines = lines;
    job->lines[job->line_count++] = (batch_api_line){ .offset = item->offset,
                                                      .number = item->base.line,
                                                      .length = item->length,
                                                      .slot = item->slot };
}

static void ended(pump_item *base, const glimpse_result *result)
{
    const batch_api_item *item = (const batch_api_item *)base;
    batch_api_job *job = (batch_api_job *)base->pump;
    gl_map_remove(&job->items, base->id);
    if (glimpse_result_status(result) != GLIMPSE_STATUS_CANCELLED) {
        cost_settle(base->pump->cost, 0, result);
        put_record(job, result, item);
        if (item->joins) job->joined_lines++;
    } else if (item->waits) {
        keep_line(job, item);
    } else if (!item->joins) {
        pump_leave_out(base->pump, base->order);
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Whether the line asks for a stream. A batch has none: the endpoint would refuse the whole
 * file. */
static bool asks_for_stream(const job_line *line)
{
    gl_json body = { GL_JSON_OBJECT, gl_slice_of(line->chat.body, line->chat.body_len) };
    return line->is_chat && gl_json_get(body, "stream").kind == GL_JSON_TRUE;
}

/* Submits a line. place: where it stands; joins: it is of the second pass. */
static void submit(batch_api_job *job, uint64_t order, job_line *line, const batch_api_line *place,
                   bool joins)
{
    glimpse_options options;
    glimpse_options_init(&options);
    if (!joins) options.coalesce = 0; /* each finds its own slot, and is cancelled */
    batch_api_item *item = pump_submit(&job->pump, sizeof *item, order, line, &options);
    if (item == NULL) return;
    item->offset = place->offset;
    item->length = place->length;
    item->slot = place->slot;
    item->joins = joins;
    item->waits = false;
    gl_map_add(&job->items, item->base.id, item);
    if (joins) job->looked_twice++;
}

static void send_line(cli_pump *pump, uint64_t order, job_line *line, gl_slice text)
{
    const batch_api_line place = { .offset = line_reader_offset(&pump->reader, text),
                                   .length = (uint32_t)text.len };
    if (!asks_for_stream(line)) {
        submit((batch_api_job *)pump, order, line, &place, false);
        return;
    }
    line->error_code = "stream_in_batch";
    snprintf(line->error_message, sizeof line->error_message,
             "a batch has no streams: send this line with --mode online");
    pump_put_bad_line(pump, order, line);
}

/* Reads the line at this place again, and stops the job when its bytes changed. */
static void join_line(batch_api_job *job, const batch_api_line *place)
{
    job_line line = { .error_code = "" };
    gl_buf_reset(&job->text);
    if (gl_buf_reserve(&job->text, place->length) &&
        gl_file_read_at(job->pump.input, job->text.data, place->length,
                        (uint64_t)job->pump.input_start + place->offset) == 0) {
        job->text.len = place->length;
        line_parser_forget_ids(&job->again);
        line_parser_read(&job->again, gl_buf_slice(&job->text), place->number, &line);
    }
    if (line.error_code == NULL)
        submit(job, 0, &line, place, true);
    else
        refuse_line(job, place->number);
}

/* --- the turn --------------------------------------------------------------------------------- */

static bool has_room(const cli_pump *pump)
{
    return pump->live < BATCH_API_LIVE_MAX;
}

void batch_api_remove_files(batch_api_job *job, batch_api_part *part)
{
    if (!batch_api_part_remove_files(part, job->pump.settings->output)) job->files_left = true;
}

bool batch_api_all_joined(const batch_api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL && job->parts[i]->step != BATCH_API_JOINED) return false;
    return true;
}

static size_t parts_at(const batch_api_job *job, batch_api_step step)
{
    size_t count = 0;
    for (size_t i = 0; i < job->part_count; i++)
        count += job->parts[i] != NULL && job->parts[i]->step == step;
    return count;
}

/* Ends a hopeless job. Answers that have come down get their records first. A part without a batch
 * is dropped, because the next run may ask for other requests; batches stay in the journal. */
static void give_up(batch_api_job *job)
{
    const batch_api_entry joined = { .step = BATCH_API_JOINED };
    if (parts_at(job, BATCH_API_DOWNLOADED) > 0) return; /* wait for their records */
    for (size_t i = 0; i < job->part_count; i++) {
        batch_api_part *part = job->parts[i];
        if (part == NULL || part->step >= BATCH_API_CREATING) continue;
        if (!batch_api_note(job, part, &joined)) return;
        batch_api_remove_files(job, part);
    }
    if (parts_at(job, BATCH_API_CREATED) > 0)
        say("%zu batches go on at the endpoint: --mode api --resume takes their answers",
            parts_at(job, BATCH_API_CREATED));
    pump_stop(&job->pump, EXIT_STOPPED, 0);
}

/* Ends a part whose records are all in the output. */
static void end_join(batch_api_job *job)
{
    batch_api_part *part = job->joining;
    if (job->pump.live > 0 || job->pump.stopping || !pump_records_stand(&job->pump)) return;
    gl_free(job->join_lines);
    job->join_lines = NULL;
    job->joining = NULL;
    const batch_api_entry entry = { .step = BATCH_API_JOINED };
    if (!batch_api_note(job, part, &entry)) return;
    batch_api_remove_files(job, part);
    if (job->hopeless) give_up(job);
}

/* Begins the next part that has come down, but only after the first pass, which finds the lines of
 * the parts. */
static void begin_join(batch_api_job *job)
{
    if (!job->pump.input_ended || job->pump.live > 0 || job->pump.stopping) return;
    for (size_t i = 0; i < job->part_count; i++) {
        batch_api_part *part = job->parts[i];
        if (part == NULL || part->step != BATCH_API_DOWNLOADED) continue;
        if (!batch_api_join_begin(job, part)) batch_api_no_memory(job);
        return;
    }
}

static bool turn(cli_pump *pump)
{
    batch_api_job *job = (batch_api_job *)pump;
    for (int taken = 0; taken < LINES_A_TURN && pump_has_room(pump); taken++) {
        if (job->joining == NULL || job->join_next == job->join_count) break;
        join_line(job, &job->lines[job->join_lines[job->join_next++]]);
    }
    /* The last lines of the first pass are planned once the engine has started them. */
    if (pump->input_ended && pump->live == 0 && !pump->stopping) batch_api_plan_end(job);
    if (job->joining != NULL && job->join_next == job->join_count) end_join(job);
    if (!pump->stopping && !job->hopeless)
        batch_api_steps(job); /* may bring a part down at once: one without files */
    if (job->joining == NULL) begin_join(job);
    if (job->joining != NULL && pump->live == 0 && pump_has_room(pump)) pump_again(pump);
    if (glimpse_batch_api_calls(job->api) > 0) return true;
    return !pump->stopping && (job->joining != NULL || !batch_api_all_joined(job));
}

static void stop(cli_pump *pump, int64_t grace_ms)
{
    (void)grace_ms; /* its batches stay at the endpoint, and in the journal */
    glimpse_batch_api_cancel(((batch_api_job *)pump)->api);
}

static void tell_stop(cli_pump *pump, int64_t grace_ms, bool late)
{
    (void)grace_ms;
    pump_say(pump,
             "%sstopping; %zu batches go on at the endpoint: --mode api --resume takes their "
             "answers",
             late ? "--job-deadline: " : "", parts_at((batch_api_job *)pump, BATCH_API_CREATED));
}

static void correct(const cli_pump *pump, cli_report *report)
{
    const batch_api_job *job = (const batch_api_job *)pump;
    /* Each joined line was looked up before it was sent; the second lookup is no second miss. */
    uint64_t *misses = &report->stats.cache.misses;
    *misses -= *misses < job->looked_twice ? *misses : job->looked_twice;
    report->stats.attempts = job->attempts;
    report->stats.retries = job->retries;
}

/* --- set up ----------------------------------------------------------------------------------- */

const pump_way batch_api_way = { .has_room = has_room,
                                 .send = send_line,
                                 .ended = ended,
                                 .turn = turn,
                                 .stop = stop,
                                 .tell_stop = tell_stop,
                                 .correct = correct };

glimpse_error batch_api_make_sampler(batch_api_job *job)
{
    static const glimpse_sampler_vtable vtable = { .size = sizeof(glimpse_sampler_vtable),
                                                   .name = "batch",
                                                   .recorded = true,
                                                   .start = start,
                                                   .scope = scope };
    return glimpse_sampler_new(&vtable, job, &job->sampler, NULL);
}
