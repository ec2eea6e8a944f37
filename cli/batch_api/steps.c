/*
 * steps.c - the steps of a part: planned, uploaded, created, watched, downloaded, joined. Each
 * remote step is in the journal before it is begun and after it has ended. A step that an earlier
 * run began and did not end is first looked for at the endpoint, so that nothing is made, and paid
 * for, twice.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "batch_api/private.h"
#include "exits.h"
#include "say.h"

/* Files that are uploaded at once: they share one line. */
#define UPLOADS_MAX 2
/* A file that fails validation is created once more, because endpoints fail so for reasons of their
 * own; a batch that fails so costs nothing. */
#define INVALID_MAX 2
bool batch_api_note(batch_api_job *job, batch_api_part *part, const batch_api_entry *entry)
{
    batch_api_entry its = *entry;
    its.part = part->number;
    int error = batch_api_journal_add(&job->journal, &its);
    if (error == 0) {
        part->step = entry->step;
        return true;
    }
    pump_fail(&job->pump, EXIT_IO, "%s: cannot write: %s", job->journal.path, strerror(error));
    return false;
}

static bool note(batch_api_part *part, batch_api_step step)
{
    const batch_api_entry entry = { .step = step,
                                    .tries = step == BATCH_API_CREATING ? part->tries : 0 };
    return batch_api_note(part->job, part, &entry);
}

/* --- the steps of an earlier run
 * --------------------------------------------------------------- */

static bool recall_texts(batch_api_part *part, const batch_api_entry *entry)
{
    const struct {
        char **to;
        const char *text;
    } texts[] = { { &part->file, entry->file },     { &part->batch, entry->batch },
                  { &part->output, entry->output }, { &part->errors, entry->errors },
                  { &part->code, entry->code },     { &part->message, entry->message } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text != NULL && !batch_api_part_set(texts[i].to, texts[i].text)) return false;
    return true;
}

bool batch_api_recall(const batch_api_entry *entry, void *arg)
{
    batch_api_job *job = arg;
    batch_api_part *part = entry->part <= job->part_count ? job->parts[entry->part - 1] : NULL;
    if (entry->step == BATCH_API_PLANNED && part == NULL && entry->path != NULL &&
        entry->part <= UINT32_C(1000000)) {
        part = batch_api_plan_part(job, entry->part, entry->path);
        if (part == NULL) return false;
        part->requests = entry->requests;
        part->bytes = entry->bytes;
        part->asked = entry->asked;
    }
    if (part == NULL || !recall_texts(part, entry)) {
        say("%s: cannot be used: part %u", job->journal.path, (unsigned)entry->part);
        return false;
    }
    part->step = entry->step;
    part->uncertain = entry->step == BATCH_API_UPLOADING || entry->step == BATCH_API_CREATING;
    if (entry->step == BATCH_API_CREATING) part->tries = entry->tries;
    if (entry->step == BATCH_API_ENDED) {
        part->left = entry->state != NULL && strcmp(entry->state, "cancelled") == 0;
    } else if (entry->step == BATCH_API_REFUSAL) {
        part->step = BATCH_API_UPLOADED;
        part->tries++;
        if (entry->tries == 0) part->invalid++;
    }
    return true;
}

/* --- failures --------------------------------------------------------------------------------- */

/* Returns true when the endpoint has never named a file: then nothing of this job is there. */
static bool has_nothing_there(const batch_api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL && job->parts[i]->step > BATCH_API_UPLOADING) return false;
    return true;
}

/* Returns true for a server without files: a local one, most gateways. No run can succeed there, so
 * the files made for it are removed. */
static bool has_no_batch_api(const batch_api_job *job, const glimpse_batch_reply *reply)
{
    int status = reply->http_status;
    return (status == 404 || status == 405 || status == 501) && has_nothing_there(job);
}

/* Ends the job after a call that failed for good. */
static void fail(batch_api_part *part, const char *what, const glimpse_batch_reply *reply)
{
    batch_api_job *job = part->job;
    int code = EXIT_STOPPED;
    if (job->pump.stopping || reply->error == GLIMPSE_ERR_CANCELLED) return;
    if (has_no_batch_api(job, reply)) {
        job->no_batch_api = true;
        pump_fail(&job->pump, EXIT_VALUE,
                  "%s has no Batch API (HTTP %d for /files); use --mode online",
                  settings_endpoint(job->pump.settings), reply->http_status);
        return;
    }
    bool proxy = reply->error == GLIMPSE_ERR_PROXY;
    if (proxy || reply->http_status == 401 || reply->http_status == 403)
        code = EXIT_AUTH;
    else if (strcmp(reply->code, "local_file") == 0)
        code = EXIT_IO;
    else if (reply->error == GLIMPSE_ERR_OOM)
        code = EXIT_OS_LIMIT;
    else if (reply->http_status == 0 && !job->connected)
        code = EXIT_UNREACHABLE;
    pump_fail(&job->pump, code, "part %u: %s: %s (%s)%s", (unsigned)part->number, what,
              reply->message, reply->code,
              code == EXIT_AUTH && !proxy ? "; see OPENAI_API_KEY" : "");
}

/* Makes the endpoint's text fit between quotes. */
static void unquote(char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if (*text == '\\' || *text == '"') *text = '\'';
}

/* The part will never be answered: its lines get records with the endpoint's words. */
static void refuse_part(batch_api_part *part, const char *code, const char *message)
{
    batch_api_job *job = part->job;
    if (!batch_api_part_set(&part->code, code) || !batch_api_part_set(&part->message, message)) {
        batch_api_no_memory(job);
        return;
    }
    unquote(part->code);
    unquote(part->message);
    batch_api_tell(job, "part %u: refused: %s (%s)", (unsigned)part->number, message, code);
    const batch_api_entry entry = { .step = BATCH_API_ENDED,
                                    .state = "failed",
                                    .output = "",
                                    .errors = "",
                                    .code = part->code,
                                    .message = part->message };
    if (!batch_api_part_set(&part->output, "") || !batch_api_part_set(&part->errors, "")) {
        batch_api_no_memory(job);
        return;
    }
    batch_api_note(job, part, &entry);
}

/* Returns true for an answer about this file alone. */
static bool is_about_the_file(const glimpse_batch_reply *reply)
{
    return reply->http_status == 400 || reply->http_status == 413 || reply->http_status == 422;
}

/* Returns true for a list that does not go on: a batch may exist and not be on it. */
static bool shows_too_little(const glimpse_batch_reply *reply)
{
    return strcmp(reply->code, "list_without_end") == 0;
}

/* Handles the end of a call. false: there is nothing more to do with it. */
static bool ended(batch_api_part *part, const glimpse_batch_reply *reply)
{
    part->running = false;
    if (reply->http_status != 0) part->job->connected = true;
    pump_changed(&part->job->pump);
    return !part->job->pump.stopping;
}

static void begin(batch_api_part *part, glimpse_error error)
{
    part->running = error == GLIMPSE_OK;
    if (error == GLIMPSE_ERR_OOM)
        batch_api_no_memory(part->job);
    else if (error != GLIMPSE_OK)
        pump_fail(&part->job->pump, EXIT_IO,
                  "part %u: its file cannot be read, or an id cannot be used",
                  (unsigned)part->number);
}

/* --- upload ----------------------------------------------------------------------------------- */

static void file_name(const batch_api_part *part, char *name, size_t size)
{
    snprintf(name, size, "glimpse-%s-%u.jsonl", part->job->journal.job, (unsigned)part->number);
}

static void upload(batch_api_part *part);

/* The endpoint checks the file first (Azure): until then it makes no batch of it. */
static void file_waits(batch_api_part *part)
{
    if (!part->file_waits)
        batch_api_tell(part->job, "part %u: its file is not ready at the endpoint; asking again",
                       (unsigned)part->number);
    part->file_waits = true;
}

static void uploaded(const glimpse_batch_reply *reply, void *arg)
{
    batch_api_part *part = arg;
    bool looked = part->uncertain;
    if (!ended(part, reply)) return;
    if (reply->error != GLIMPSE_OK && looked && shows_too_little(reply)) {
        part->uncertain = false; /* a second copy of a file costs nothing */
        upload(part);
        return;
    }
    if (reply->error != GLIMPSE_OK) {
        if (!looked && is_about_the_file(reply))
            refuse_part(part, reply->code, reply->message);
        else
            fail(part, "the upload failed", reply);
        return;
    }
    part->uncertain = false;
    if (reply->file_waits) file_waits(part);
    if (reply->file_id[0] == '\0') {
        upload(part);
        return;
    }
    if (!batch_api_part_set(&part->file, reply->file_id)) {
        batch_api_no_memory(part->job);
        return;
    }
    batch_api_tell(part->job, "part %u: %llu requests uploaded", (unsigned)part->number,
                   (unsigned long long)part->requests);
    const batch_api_entry entry = { .step = BATCH_API_UPLOADED, .file = part->file };
    batch_api_note(part->job, part, &entry);
}

static void upload(batch_api_part *part)
{
    batch_api_job *job = part->job;
    char name[80];
    file_name(part, name, sizeof name);
    if (part->uncertain) {
        begin(part, glimpse_batch_find_file(job->api, name, part->bytes, uploaded, part));
        return;
    }
    if (part->step == BATCH_API_PLANNED && !note(part, BATCH_API_UPLOADING)) return;
    char *path = batch_api_part_path(job->pump.settings->output, part->number, BATCH_API_FILE_IN);
    begin(part, path != NULL ? glimpse_batch_upload(job->api, path, name, uploaded, part)
                             : GLIMPSE_ERR_OOM);
    gl_free(path);
}

static void file_ready(const glimpse_batch_reply *reply, void *arg)
{
    batch_api_part *part = arg;
    if (!reply->last) {
        if (reply->file_waits) file_waits(part);
        return;
    }
    if (!ended(part, reply)) return;
    /* Where the file's state cannot be asked, the creation's answer decides. */
    bool may_be_created = reply->error == GLIMPSE_OK || reply->http_status == 404;
    part->file_waits = false;
    part->file_checked = true;
    if (!may_be_created) fail(part, "its file cannot be asked about", reply);
}

static void await_file(batch_api_part *part)
{
    begin(part, glimpse_batch_await_file(part->job->api, part->file, file_ready, part));
}

/* --- the batch -------------------------------------------------------------------------------- */

static void create(batch_api_part *part);

/* Returns true when a batch that may have been made is made again, though the list does not show
 * it: only where the user asks for that. */
static bool may_pay_again(batch_api_part *part, const glimpse_batch_reply *reply)
{
    if (!shows_too_little(reply)) return false;
    part->uncertain = !part->job->pump.settings->retry_failed;
    if (part->uncertain)
        say("part %u: an earlier run may have made its batch, and it cannot be found out: look at "
            "the endpoint's page; --resume --retry-failed makes it, perhaps a second time",
            (unsigned)part->number);
    return !part->uncertain;
}

static void created(const glimpse_batch_reply *reply, void *arg)
{
    batch_api_part *part = arg;
    if (!ended(part, reply)) return;
    if (reply->error != GLIMPSE_OK) {
        bool of_the_file = !part->uncertain && is_about_the_file(reply);
        bool pays_again = part->uncertain && may_pay_again(part, reply);
        if (pays_again)
            create(part);
        else if (of_the_file && !part->file_checked)
            await_file(part); /* it may not be ready: then no line of it is at fault */
        else if (of_the_file)
            refuse_part(part, reply->code, reply->message);
        else
            fail(part, "no batch could be made", reply);
        return;
    }
    part->uncertain = false;
    if (reply->batch == NULL) {
        create(part);
        return;
    }
    if (!batch_api_part_set(&part->batch, reply->batch->id)) {
        batch_api_no_memory(part->job);
        return;
    }
    batch_api_tell(part->job, "part %u: batch %s", (unsigned)part->number, part->batch);
    const batch_api_entry entry = { .step = BATCH_API_CREATED, .batch = part->batch };
    batch_api_note(part->job, part, &entry);
}

static void create(batch_api_part *part)
{
    batch_api_job *job = part->job;
    char name[32], url[300];
    batch_api_part_name(part, name, sizeof name);
    snprintf(url, sizeof url, "/v1%s", part->path);
    if (part->uncertain) {
        begin(part, glimpse_batch_find(job->api, job->journal.job, name, created, part));
        return;
    }
    if (part->step == BATCH_API_UPLOADED && !note(part, BATCH_API_CREATING)) return;
    begin(part,
          glimpse_batch_create(job->api, part->file, url, job->journal.job, name, created, part));
}

/* A part of one request cannot be made smaller: it is tried as often as any call. */
static bool no_room_for_one(batch_api_part *part, const char *message)
{
    char text[512];
    if (part->requests > 1 ||
        part->no_room < (unsigned)part->job->pump.settings->engine.max_attempts)
        return false;
    snprintf(text, sizeof text,
             "the endpoint has no room for this request in %u tries, alone as it is and whatever "
             "--batch-requests says: %s",
             (unsigned)part->no_room, message);
    refuse_part(part, "token_limit_exceeded", text);
    return true;
}

/* The batch was refused as a whole, late: for lack of room it is created again when there is
 * some. */
static void batch_failed(batch_api_part *part, const glimpse_batch *batch)
{
    bool room = strcmp(batch->error_code, "token_limit_exceeded") == 0;
    if (room && batch_api_is_alone(part)) {
        part->no_room++;
        if (no_room_for_one(part, batch->error_message)) return;
    }
    if (!room && ++part->invalid >= INVALID_MAX) {
        refuse_part(part, batch->error_code[0] != '\0' ? batch->error_code : "batch_failed",
                    batch->error_message[0] != '\0' ? batch->error_message : "the batch failed");
        return;
    }
    batch_api_tell(part->job, "part %u: %s: %s", (unsigned)part->number,
                   room ? "waits for room at the endpoint" : "failed, and is made once more",
                   batch->error_message);
    /* `tries` tells the two apart when the journal is read again. */
    const batch_api_entry entry = { .step = BATCH_API_REFUSAL,
                                    .tries = room ? part->tries : 0,
                                    .code = batch->error_code };
    if (!batch_api_note(part->job, part, &entry)) return;
    part->step = BATCH_API_UPLOADED;
    part->tries++;
    part->waits = room;
}

/* Prints the news of a watched batch that goes on. */
static void tell_progress(batch_api_part *part, const glimpse_batch *batch)
{
    batch_api_job *job = part->job;
    bool strange = batch->state == GLIMPSE_BATCH_UNKNOWN &&
                   (part->status == NULL || strcmp(part->status, batch->status) != 0);
    if (strange && batch_api_part_set(&part->status, batch->status)) {
        gl_buf *shown = &job->pump.scratch;
        gl_buf_reset(shown);
        gl_json_write_string(shown, gl_slice_str(batch->status));
        batch_api_tell(
            job, "part %u: the endpoint calls its state %.*s, which is not known; asking again",
            (unsigned)part->number, shown->len < 100 ? (int)shown->len : 100, shown->data);
    }
    if (batch->completed < 0 || batch->completed + batch->failed == part->answered) return;
    part->answered = batch->completed + batch->failed;
    batch_api_tell(job, "part %u: %s, %lld of %lld done", (unsigned)part->number,
                   glimpse_batch_state_name(batch->state), (long long)part->answered,
                   (long long)batch->total);
}

static void tell_end(const batch_api_part *part, const glimpse_batch *batch)
{
    const char *state = glimpse_batch_state_name(batch->state);
    if (batch->completed < 0 || batch->failed < 0)
        batch_api_tell(part->job, "part %u: %s", (unsigned)part->number, state);
    else
        batch_api_tell(part->job, "part %u: %s, %lld answered, %lld not", (unsigned)part->number,
                       state, (long long)batch->completed, (long long)batch->failed);
}

/* Returns true when an object that the endpoint has named and does not give, after all tries, is
 * made anew. It has most likely been paid for, so only where the user asks for that. */
static bool is_given_up(batch_api_part *part, const glimpse_batch_reply *reply)
{
    bool gone = reply->http_status == 404 || strcmp(reply->code, "no_output_file") == 0;
    if (!gone) return false;
    if (part->job->pump.settings->retry_failed) {
        batch_api_tell(part->job,
                       "part %u: %s; asked for again, and paid for again (--retry-failed)",
                       (unsigned)part->number, reply->message);
        return true;
    }
    say("part %u: what it has been paid for is not there (yet): --resume looks again; --resume "
        "--retry-failed asks, and pays, again",
        (unsigned)part->number);
    return false;
}

static bool set_files(batch_api_part *part, const char *output, const char *errors)
{
    if (batch_api_part_set(&part->output, output) && batch_api_part_set(&part->errors, errors))
        return true;
    return batch_api_no_memory(part->job);
}

static void watched(const glimpse_batch_reply *reply, void *arg)
{
    batch_api_part *part = arg;
    batch_api_job *job = part->job;
    const glimpse_batch *batch = reply->batch;
    if (!reply->last) {
        if (reply->http_status != 0) job->connected = true;
        if (batch == NULL)
            batch_api_tell(job, "part %u: %s; asking again", (unsigned)part->number,
                           reply->message);
        else
            tell_progress(part, batch);
        return;
    }
    if (!ended(part, reply)) return;
    bool gone = reply->error != GLIMPSE_OK && is_given_up(part, reply);
    if (reply->error != GLIMPSE_OK && !gone) {
        fail(part, "its batch cannot be asked about", reply);
        return;
    }
    if (!gone) tell_end(part, batch);
    if (!gone && batch->state == GLIMPSE_BATCH_FAILED) {
        batch_failed(part, batch);
        return;
    }
    part->left = !gone && batch->state == GLIMPSE_BATCH_CANCELLED;
    if (!set_files(part, gone ? "" : batch->output_file_id, gone ? "" : batch->error_file_id))
        return;
    const batch_api_entry entry = { .step = BATCH_API_ENDED,
                                    .state = gone ? "gone" : glimpse_batch_state_name(batch->state),
                                    .output = part->output,
                                    .errors = part->errors };
    batch_api_note(job, part, &entry);
    job->room_wait_ms = 0;
    batch_api_room_made(part);
}

/* --- download --------------------------------------------------------------------------------- */

static void download(batch_api_part *part);

static void came_down(const glimpse_batch_reply *reply, void *arg)
{
    batch_api_part *part = arg;
    char **id = part->output[0] != '\0' ? &part->output : &part->errors;
    if (!ended(part, reply)) return;
    if (reply->error != GLIMPSE_OK && !is_given_up(part, reply)) {
        fail(part, "its answers cannot be had", reply);
        return;
    }
    (*id)[0] = '\0'; /* it has come */
    download(part);
}

static void download(batch_api_part *part)
{
    batch_api_job *job = part->job;
    bool output = part->output[0] != '\0';
    if (!output && part->errors[0] == '\0') {
        if (note(part, BATCH_API_DOWNLOADED) && batch_api_join_open(job, part))
            batch_api_plan_again(job, part);
        return;
    }
    char *path = batch_api_part_path(job->pump.settings->output, part->number,
                                     output ? BATCH_API_FILE_OUT : BATCH_API_FILE_ERR);
    begin(part, path != NULL
                    ? glimpse_batch_download(job->api, output ? part->output : part->errors, path,
                                             came_down, part)
                    : GLIMPSE_ERR_OOM);
    gl_free(path);
}

/* --- all parts -------------------------------------------------------------------------------- */

static void step(batch_api_part *part, size_t *uploads, size_t *at_work)
{
    switch (part->step) {
    case BATCH_API_PLANNED:
        if (batch_api_is_too_large(part)) {
            batch_api_halve(part);
            return;
        }
        __attribute__((fallthrough));
    case BATCH_API_UPLOADING:
        if (*uploads >= UPLOADS_MAX) return;
        ++*uploads;
        upload(part);
        return;
    case BATCH_API_UPLOADED:
    case BATCH_API_CREATING:
        if (part->waits) return;
        if (part->file_waits) {
            await_file(part);
            return;
        }
        part->alone = *at_work == 0;
        create(part);
        ++*at_work;
        return;
    case BATCH_API_CREATED:
        ++*at_work;
        begin(part, glimpse_batch_watch(part->job->api, part->batch, watched, part));
        return;
    case BATCH_API_ENDED:
        download(part);
        return;
    case BATCH_API_DOWNLOADED:
    case BATCH_API_REFUSAL:
    case BATCH_API_SPLIT:
    case BATCH_API_JOINED:
    case BATCH_API_STEPS:
        return;
    }
}

void batch_api_steps(batch_api_job *job)
{
    size_t uploads = 0, at_work = 0;
    batch_api_part *waiting = NULL;
    for (size_t i = 0; i < job->part_count; i++) {
        batch_api_part *part = job->parts[i];
        if (part == NULL) continue;
        if (part->running && part->step <= BATCH_API_UPLOADING) uploads++;
        if (part->running && part->step >= BATCH_API_UPLOADED) at_work++;
        if (part->waits && waiting == NULL) waiting = part;
    }
    for (size_t i = 0; i < job->part_count && !job->pump.stopping; i++) {
        batch_api_part *part = job->parts[i];
        if (part != NULL && !part->open && !part->running) step(part, &uploads, &at_work);
    }
    if (waiting != NULL && at_work == 0 && uploads == 0 && !job->pump.stopping)
        batch_api_wait_for_room(waiting);
}
