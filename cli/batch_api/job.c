/*
 * job.c - a job through the Batch API: lines in, records out. Owns the engine that makes the
 * records, whose sampler asks nobody: a request whose answer has come down is answered from the
 * file, any other is put into a part and taken back.
 *
 * Two passes: the first over the input (what is bad, cached, or done before gets its record or
 * none; the rest goes into parts and is kept as a line's place), then, for each part that has come
 * down, over its lines. Memory: 24 bytes a line and 50 a different request.
 */
#include "batch_api/job.h"

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "batch/record.h"
#include "batch_api/private.h"
#include "exits.h"
#include "say.h"

#define LINES_A_TURN 256
#define BACKLOG      ((size_t)1024 * 1024)

typedef struct api_item {
    api_job *job;
    glimpse_id id;
    uint64_t line, offset;
    uint32_t length, slot;
    bool joins, waits; /* of the second pass; its request is in a part */
    const char *path;  /* NULL: /chat/completions; behind custom_id */
    char custom_id[];
} api_item;

void api_changed(api_job *job)
{
    event_active(job->turn, EV_TIMEOUT, 1);
}

void api_tell(api_job *job, const char *format, ...)
{
    char line[1024];
    va_list args;
    if (job->settings->quiet) return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    progress_clear(&job->progress);
    say("%s", line);
}

void api_stop(api_job *job, int exit_code)
{
    if (job->exit_code == 0 || exit_code == EXIT_IO) job->exit_code = exit_code;
    job->stopping = true;
    if (job->api != NULL) glimpse_batch_api_cancel(job->api);
    if (job->turn != NULL) api_changed(job);
}

/* --- the sampler ------------------------------------------------------------------------------ */

/* What its answer is known by. Without a cache and a store nobody shares an answer: each line is
 * its own. */
static bool identify(api_job *job, const glimpse_attempt *attempt, const api_item *item, api_id *id)
{
    glimpse_key key;
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    uint64_t salt = settings_share_answers(job->settings) ? 0 : item->line;
    return glimpse_key_of_chat(body, len, &key) == GLIMPSE_OK &&
           api_id_of(&job->slots, &key, glimpse_attempt_path(attempt), salt, id);
}

/* A line that is read again is not the one whose answer has come: that answer is nobody's now. */
static void refuse_line(api_job *job, uint64_t number)
{
    if (job->stopping) return;
    progress_clear(&job->progress);
    say("line %llu is not what it was: the input was changed while its batch worked; the answers "
        "stay with the journal, and --mode api --resume gives them to the lines that ask for them",
        (unsigned long long)number);
    api_stop(job, EXIT_IO);
}

static void start(void *arg, glimpse_attempt *attempt)
{
    api_job *job = arg;
    uint64_t request = glimpse_attempt_request(attempt);
    api_item *item = gl_map_get(&job->items, request);
    api_id id;
    size_t n = SIZE_MAX, len;
    const char *body = glimpse_attempt_body(attempt, &len);
    if (item->joins) {
        const api_slot *slot = &job->slots.at[item->slot];
        if (identify(job, attempt, item, &id) && api_id_equal(&id, &slot->id)) {
            api_join_answer(job, slot, attempt);
        } else {
            refuse_line(job, item->line);
            glimpse_cancel(job->engine, request);
        }
        return;
    }
    if (!job->stopping && identify(job, attempt, item, &id)) {
        n = api_slots_find(&job->slots, &id);
        if (n == SIZE_MAX)
            n = api_plan(job, &id, glimpse_attempt_path(attempt), gl_slice_of(body, len));
    }
    item->waits = n != SIZE_MAX;
    item->slot = (uint32_t)n;
    glimpse_cancel(job->engine, request);
}

static const char *scope(void *arg)
{
    const api_job *job = arg;
    return glimpse_batch_api_scope(job->api);
}

/* --- records ---------------------------------------------------------------------------------- */

/* How often the endpoint was asked for this: in how many batches that it took on the request was.
 * What goes into the first record of a request goes into no other. */
static uint32_t attempts_of(api_job *job, const glimpse_result *result, const api_item *item)
{
    if (!item->joins || glimpse_result_attempts(result) == 0) return 0;
    api_slot *slot = &job->slots.at[item->slot];
    const api_part *part = job->parts[slot->part - 1];
    if (slot->attempts_recorded) return 0;
    slot->attempts_recorded = true;
    return part->code != NULL ? slot->asked - 1u : slot->asked;
}

/* Something is left to be asked, but for the part whose answers are read now. */
static bool has_more_to_ask(const api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL && job->parts[i]->step < API_DOWNLOADED) return true;
    return false;
}

static void note_outcome(api_job *job, const cli_outcome *outcome)
{
    char text[1024];
    if (failures_add(&job->failures, outcome, text, sizeof text)) {
        progress_clear(&job->progress);
        say("%s", text);
    }
    if (job->settings->keep_going || !has_more_to_ask(job) ||
        !failures_are_hopeless(&job->failures, text, sizeof text))
        return;
    progress_clear(&job->progress);
    say("%s", text);
    job->hopeless = true;
}

static void put_record(api_job *job, const glimpse_result *result, const api_item *item)
{
    char *json = NULL;
    size_t len;
    uint32_t attempts = attempts_of(job, result, item);
    glimpse_record as;
    glimpse_record_init(&as);
    as.custom_id = item->custom_id;
    as.line = item->line;
    as.path = item->path;
    as.attempts = (int)attempts;
    if (glimpse_result_to_json(result, &as, &json, &len) != GLIMPSE_OK) {
        say("out of memory for the record of line %llu", (unsigned long long)item->line);
        api_stop(job, EXIT_OS_LIMIT);
        return;
    }
    job->attempts += attempts;
    if (attempts > 1) job->retries += attempts - 1;
    output_add(job->out, gl_slice_of(json, len));
    tally_add(&job->tally, result);
    cli_outcome outcome = failures_outcome(item->line, result);
    note_outcome(job, &outcome);
    glimpse_free(json);
}

/* Keeps the place of a line whose request is in a part. */
static void keep_line(api_job *job, const api_item *item)
{
    if (job->line_count == job->line_capacity) {
        size_t capacity = job->line_capacity != 0 ? job->line_capacity * 2 : 1024;
        api_line *lines = gl_realloc(job->lines, capacity * sizeof *lines);
        if (lines == NULL || capacity > UINT32_MAX) {
            if (lines != NULL) job->lines = lines;
            say("out of memory");
            api_stop(job, EXIT_OS_LIMIT);
            return;
        }
        job->lines = lines;
        job->line_capacity = capacity;
    }
    job->lines[job->line_count++] = (api_line){
        .offset = item->offset, .number = item->line, .length = item->length, .slot = item->slot
    };
}

static void ended(glimpse_id id, const glimpse_result *result, void *arg)
{
    api_item *item = arg;
    api_job *job = item->job;
    gl_map_remove(&job->items, id);
    job->live--;
    if (glimpse_result_status(result) != GLIMPSE_STATUS_CANCELLED) {
        cost_settle(job->cost, 0, result);
        put_record(job, result, item);
        if (item->joins) job->joined_lines++;
    } else if (item->waits) {
        keep_line(job, item);
    } else if (!item->joins) {
        job->tally.unsent++;
    }
    gl_free(item);
    api_changed(job);
}

static void put_bad_line(api_job *job, const job_line *line)
{
    gl_buf_reset(&job->scratch);
    record_bad_line(&job->scratch, line);
    if (job->scratch.failed) {
        say("out of memory for the record of line %llu", (unsigned long long)line->number);
        job->tally.unsent++;
        api_stop(job, EXIT_OS_LIMIT);
        return;
    }
    output_add(job->out, gl_buf_slice(&job->scratch));
    tally_add_bad_line(&job->tally);
    cli_outcome outcome = failures_bad_line(line);
    note_outcome(job, &outcome);
}

/* --- lines ------------------------------------------------------------------------------------ */

static api_item *item_new(api_job *job, const job_line *line)
{
    size_t len = strlen(line->custom_id) + 1;
    bool usual = !line->is_chat || strcmp(line->chat.path, "/chat/completions") == 0;
    size_t path = usual ? 0 : strlen(line->chat.path) + 1;
    api_item *item = gl_calloc(1, sizeof *item + len + path);
    if (item == NULL || !gl_map_reserve(&job->items, job->items.count + 1)) {
        gl_free(item);
        return NULL;
    }
    item->job = job;
    item->line = line->number;
    memcpy(item->custom_id, line->custom_id, len);
    if (usual) return item;
    memcpy(item->custom_id + len, line->chat.path, path);
    item->path = item->custom_id + len;
    return item;
}

/* Batches have no streams. The endpoint would refuse the whole file for one. */
static bool asks_for_stream(const job_line *line)
{
    gl_json body = { GL_JSON_OBJECT, gl_slice_of(line->chat.body, line->chat.body_len) };
    return line->is_chat && gl_json_get(body, "stream").kind == GL_JSON_TRUE;
}

/* place NULL: of the first pass. */
static void submit(api_job *job, job_line *line, uint64_t offset, uint32_t length,
                   const api_line *place)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_result = ended };
    glimpse_error error = GLIMPSE_ERR_OOM;
    api_item *item = item_new(job, line);
    glimpse_options options;
    glimpse_options_init(&options);
    if (place == NULL) options.coalesce = 0; /* each finds its own slot, and is taken back */
    if (item != NULL) {
        item->offset = offset;
        item->length = length;
        item->joins = place != NULL;
        if (place != NULL) item->slot = place->slot;
        error = line->is_chat ? glimpse_submit_chat(job->engine, &line->chat, &options, &observer,
                                                    item, &item->id)
                              : glimpse_submit_draft(job->engine, &line->draft, &options, &observer,
                                                     item, &item->id);
    }
    if (error == GLIMPSE_OK) {
        gl_map_add(&job->items, item->id, item);
        if (place != NULL) job->looked_twice++;
        job->live++;
        return;
    }
    gl_free(item);
    line->error_code = glimpse_error_name(error);
    snprintf(line->error_message, sizeof line->error_message, "%s", glimpse_error_sentence(error));
    put_bad_line(job, line);
}

static void take_line(api_job *job)
{
    gl_slice text;
    uint64_t number;
    job_line line;
    line_state state = line_reader_next(&job->reader, &text, &number);
    if (state == LINE_EMPTY) {
        int error = line_reader_fill(&job->reader);
        if (error == 0) return;
        say("cannot read the input: %s", strerror(error));
        api_stop(job, EXIT_IO);
        return;
    }
    if (state == LINE_END) {
        job->input_ended = true;
        return;
    }
    uint64_t order = job->order++;
    if (job->resume != NULL && resume_is_done(job->resume, order)) return;
    if (state == LINE_READY)
        line_parser_read(&job->parser, text, number, &line);
    else
        line_parser_too_long(number, job->reader.max, &line);
    if (line.error_code == NULL && asks_for_stream(&line)) {
        line.error_code = "stream_in_batch";
        snprintf(line.error_message, sizeof line.error_message,
                 "a batch has no streams: send this line with --mode online");
    }
    if (line.error_code != NULL)
        put_bad_line(job, &line);
    else
        submit(job, &line, line_reader_offset(&job->reader, text), (uint32_t)text.len, NULL);
}

/* Reads the line at this place again. false, said: the input is another by now. */
static bool join_line(api_job *job, const api_line *place)
{
    job_line line = { .error_code = "" };
    gl_buf_reset(&job->text);
    if (gl_buf_reserve(&job->text, place->length) &&
        gl_file_read_at(job->input, job->text.data, place->length,
                        (uint64_t)job->input_start + place->offset) == 0) {
        job->text.len = place->length;
        line_parser_forget_ids(&job->again);
        line_parser_read(&job->again, gl_buf_slice(&job->text), place->number, &line);
    }
    if (line.error_code != NULL) {
        refuse_line(job, place->number);
        return false;
    }
    submit(job, &line, place->offset, place->length, place);
    return true;
}

/* --- the turn --------------------------------------------------------------------------------- */

static bool has_room(const api_job *job)
{
    return !job->stopping && job->live < API_LIVE_MAX && output_backlog(job->out) <= BACKLOG;
}

void api_remove_files(api_job *job, api_part *part)
{
    if (!api_part_remove_files(part, job->settings->output)) job->files_left = true;
}

bool api_records_stand(api_job *job)
{
    int error = output_finish(job->out);
    if (job->exit_code == EXIT_IO) return false;
    if (error != 0) say("%s: cannot write: %s", job->out_name, strerror(error));
    if (error == 0 && output_verify(job->out, job->out_name, &job->tally) == 0) return true;
    api_stop(job, EXIT_IO);
    return false;
}

bool api_all_joined(const api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL && job->parts[i]->step != API_JOINED) return false;
    return true;
}

static size_t parts_at(const api_job *job, api_step step)
{
    size_t count = 0;
    for (size_t i = 0; i < job->part_count; i++)
        count += job->parts[i] != NULL && job->parts[i]->step == step;
    return count;
}

/* What has come down has its records. A part of which no batch was asked for is forgotten, for
 * whoever goes on may ask for something else; batches stay with the journal. */
static void give_up(api_job *job)
{
    const api_entry joined = { .step = API_JOINED };
    if (parts_at(job, API_DOWNLOADED) > 0) return; /* its records come first */
    for (size_t i = 0; i < job->part_count; i++) {
        api_part *part = job->parts[i];
        if (part == NULL || part->step >= API_CREATING) continue;
        if (!api_note(job, part, &joined)) return;
        api_remove_files(job, part);
    }
    if (parts_at(job, API_CREATED) > 0)
        say("%zu batches go on at the endpoint: --mode api --resume takes their answers",
            parts_at(job, API_CREATED));
    api_stop(job, EXIT_STOPPED);
}

/* The records of the part are in the output: it is done with. */
static void end_join(api_job *job)
{
    api_part *part = job->joining;
    if (job->live > 0 || job->stopping || !api_records_stand(job)) return;
    gl_free(job->join_lines);
    job->join_lines = NULL;
    job->joining = NULL;
    const api_entry entry = { .step = API_JOINED };
    if (!api_note(job, part, &entry)) return;
    api_remove_files(job, part);
    if (job->hopeless) give_up(job);
}

/* The next part that has come down; only behind the first pass, which finds its lines. */
static void begin_join(api_job *job)
{
    if (!job->input_ended || job->live > 0 || job->stopping) return;
    for (size_t i = 0; i < job->part_count; i++) {
        api_part *part = job->parts[i];
        if (part == NULL || part->step != API_DOWNLOADED) continue;
        if (!api_join_begin(job, part)) {
            say("out of memory");
            api_stop(job, EXIT_OS_LIMIT);
        }
        return;
    }
}

static bool is_over(const api_job *job)
{
    if (job->live > 0 || glimpse_batch_api_calls(job->api) > 0) return false;
    if (output_backlog(job->out) > 0 && output_error(job->out) == 0) return false;
    return job->stopping || (job->input_ended && job->joining == NULL && api_all_joined(job));
}

static void turn(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval at_once = { 0, 0 };
    (void)fd;
    (void)what;
    api_job *job = arg;
    int taken = 0;
    bool was_ended = job->input_ended;
    for (; taken < LINES_A_TURN && has_room(job); taken++) {
        if (!job->input_ended)
            take_line(job);
        else if (job->joining != NULL && job->join_next < job->join_count)
            join_line(job, &job->lines[job->join_lines[job->join_next++]]);
        else
            break;
    }
    /* The last lines of the first pass are planned when the engine has started them. */
    if (job->input_ended && job->live == 0 && !job->stopping) api_plan_end(job);
    output_flush(job->out);
    if (output_error(job->out) != 0 && job->exit_code != EXIT_IO) {
        progress_clear(&job->progress);
        say("%s: cannot write: %s", job->out_name, strerror(output_error(job->out)));
        api_stop(job, EXIT_IO);
    }
    if (job->joining != NULL && job->join_next == job->join_count) end_join(job);
    if (!job->stopping && !job->hopeless)
        api_steps(job); /* may bring a part down at once: one without files */
    if (job->joining == NULL) begin_join(job);
    bool more = has_room(job) && (!job->input_ended || was_ended != job->input_ended ||
                                  (job->joining != NULL && job->live == 0));
    if (more) evtimer_add(job->later, &at_once);
    if (is_over(job)) event_base_loopbreak(job->session->base);
}

void api_output_ready(void *arg)
{
    api_changed(arg);
}

void api_record_lost(void *arg, gl_slice record)
{
    api_job *job = arg;
    tally_lose(&job->tally, record);
}

void api_caught(int number, void *arg)
{
    api_job *job = arg;
    progress_clear(&job->progress);
    say("stopping; %zu batches go on at the endpoint: --mode api --resume takes their answers",
        parts_at(job, API_CREATED));
    api_stop(job, 128 + number);
}

static void too_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    api_job *job = arg;
    progress_clear(&job->progress);
    say("--job-deadline: stopping; batches go on at the endpoint: --mode api --resume takes their "
        "answers");
    api_stop(job, EXIT_UNREACHABLE);
}

/* --- set up ----------------------------------------------------------------------------------- */

glimpse_error api_make_sampler(api_job *job)
{
    static const glimpse_sampler_vtable vtable = { .size = sizeof(glimpse_sampler_vtable),
                                                   .name = "batch",
                                                   .recorded = true,
                                                   .start = start,
                                                   .scope = scope };
    return glimpse_sampler_new(&vtable, job, &job->sampler, NULL);
}

bool api_make_events(api_job *job)
{
    struct event_base *base = job->session->base;
    job->turn = event_new(base, -1, 0, turn, job);
    job->later = evtimer_new(base, turn, job);
    job->deadline = evtimer_new(base, too_late, job);
    job->room = evtimer_new(base, api_room_again, job);
    return job->turn != NULL && job->later != NULL && job->deadline != NULL && job->room != NULL;
}
