/* batches.c - see batches.h. */
#include "mock/batches.h"

#include "base/alloc.h"
#include "base/array.h"
#include "base/json.h"
#include "mock/error.h"

#define ID_PREFIX     "batch_mock"
#define PARTS         10 /* of the latency: one validating, one finalizing */
#define LIST_DEFAULT  20
#define LIST_MAX      100
#define WINDOW_S      86400
#define METADATA_MAX  16 /* pairs, by the API's reference */
#define SCRATCH_MAX   ((size_t)64 * 1024 * 1024)
#define ERRORS_MAX    ((size_t)16 * 1024)
#define BYTES_A_TOKEN 4

static const char *const states[MOCK_BATCH_STATES] = {
    [MOCK_BATCH_VALIDATING] = "validating", [MOCK_BATCH_IN_PROGRESS] = "in_progress",
    [MOCK_BATCH_FINALIZING] = "finalizing", [MOCK_BATCH_COMPLETED] = "completed",
    [MOCK_BATCH_FAILED] = "failed",         [MOCK_BATCH_EXPIRED] = "expired",
    [MOCK_BATCH_CANCELLING] = "cancelling", [MOCK_BATCH_CANCELLED] = "cancelled",
};

void mock_batches_init(mock_batches *batches, mock_files *files, mock_model *model, uint64_t seed)
{
    batches->model = model;
    batches->files = files;
    batches->seed = seed;
    gl_rng_seed(&batches->rng, seed);
    gl_map_init(&batches->asked);
    gl_map_init(&batches->done);
    gl_buf_init(&batches->text, SCRATCH_MAX);
    gl_buf_init(&batches->answer, SCRATCH_MAX);
    mock_answer_init(&batches->spoken, SCRATCH_MAX);
}

static void batch_free(mock_batch *batch)
{
    gl_free(batch->endpoint);
    gl_free(batch->metadata);
    gl_buf_free(&batch->errors);
    gl_free(batch);
}

void mock_batches_free(mock_batches *batches)
{
    for (size_t i = 0; i < batches->count; i++) batch_free(batches->at[i]);
    gl_free(batches->at);
    gl_map_free(&batches->asked);
    gl_map_free(&batches->done);
    gl_buf_free(&batches->text);
    gl_buf_free(&batches->answer);
    mock_answer_free(&batches->spoken);
}

/* --- time passes ------------------------------------------------------------------------------ */

static gl_slice input_of(const mock_batches *batches, const mock_batch *batch)
{
    const mock_file *file = batches->files->at[batch->input - 1];
    return file != NULL ? gl_buf_slice(&file->data) : gl_slice_of(NULL, 0);
}

static void end(mock_batch *batch, mock_batch_state state)
{
    batch->state = state;
    batch->tokens = 0;
}

static void fail(mock_batch *batch, const char *code, const char *message)
{
    if (batch->errors.len != 0) gl_buf_append_char(&batch->errors, ',');
    gl_buf_printf(&batch->errors,
                  "{\"code\":\"%s\",\"message\":\"%s\",\"param\":null,\"line\":null}", code,
                  message);
    end(batch, MOCK_BATCH_FAILED);
}

static void leave_validating(mock_batches *batches, mock_batch *batch)
{
    uint64_t enqueued = 0;
    for (size_t i = 0; i < batches->count; i++)
        if (i + 1 != batch->number && batches->at[i]->state == MOCK_BATCH_IN_PROGRESS)
            enqueued += batches->at[i]->tokens;
    gl_slice input = input_of(batches, batch);
    if (batch->number <= batches->files->faults.invalid)
        fail(batch, "invalid_json_line", "A line of the file is no JSON (simulated).");
    else if (input.len == 0)
        fail(batch, "file_not_found", "The input file is gone.");
    else if (batches->most_tokens != 0 && enqueued + batch->tokens > batches->most_tokens)
        fail(batch, "token_limit_exceeded",
             "Enqueued token limit reached for this model (simulated). Please try again once some "
             "in_progress batches have been completed.");
    else if (mock_batch_validate(batch, input))
        batch->state = MOCK_BATCH_IN_PROGRESS;
    else
        end(batch, MOCK_BATCH_FAILED);
}

static void finish(mock_batches *batches, mock_batch *batch, uint64_t most, const char *undone,
                   mock_batch_state state)
{
    if (!mock_batch_run(batches, batch, input_of(batches, batch), most, undone)) {
        fail(batch, "server_error", "Out of memory.");
        return;
    }
    bool whole = batch->state != MOCK_BATCH_EXPIRED;
    end(batch, whole ? state : MOCK_BATCH_EXPIRED);
}

/* Makes its next change, when it is due. */
static void advance(mock_batches *batches, mock_batch *batch, gl_time now)
{
    uint64_t part = batches->latency / PARTS, age = gl_time_since(now, batch->started);
    if (batch->state == MOCK_BATCH_CANCELLING &&
        gl_time_since(now, batch->cancelled) >= part) { /* the answers made by then are kept */
        uint64_t worked = gl_time_since(batch->cancelled, batch->started + part);
        double share = part != 0 ? (double)worked / (double)((PARTS - 2) * part) : 0;
        if (share > 1) share = 1;
        finish(batches, batch, (uint64_t)(share * (double)batch->lines), "batch_cancelled",
               MOCK_BATCH_CANCELLED);
        return;
    }
    if (batch->state == MOCK_BATCH_VALIDATING && age >= part)
        leave_validating(batches, batch);
    else if (batch->state == MOCK_BATCH_IN_PROGRESS && age >= (PARTS - 1) * part)
        batch->state = MOCK_BATCH_FINALIZING;
    else if (batch->state == MOCK_BATCH_FINALIZING && age >= batches->latency)
        finish(batches, batch, UINT64_MAX, "batch_expired", MOCK_BATCH_COMPLETED);
}

/* Returns when its state changes next by itself; GL_TIME_NEVER: it has ended. */
static gl_time next_change(const mock_batches *batches, const mock_batch *batch)
{
    uint64_t part = batches->latency / PARTS;
    switch (batch->state) {
    case MOCK_BATCH_VALIDATING:
        return batch->started + part;
    case MOCK_BATCH_IN_PROGRESS:
        return batch->started + (PARTS - 1) * part;
    case MOCK_BATCH_FINALIZING:
        return batch->started + batches->latency;
    case MOCK_BATCH_CANCELLING:
        return batch->cancelled + part;
    default:
        return GL_TIME_NEVER;
    }
}

/* Makes the changes in the order of their times: the end of one batch leaves room for another. */
static void advance_all(mock_batches *batches, gl_time now)
{
    for (;;) {
        mock_batch *first = NULL;
        gl_time when = GL_TIME_NEVER;
        for (size_t i = 0; i < batches->count; i++) {
            gl_time its = next_change(batches, batches->at[i]);
            if (its > now || its >= when) continue;
            when = its;
            first = batches->at[i];
        }
        if (first == NULL) return;
        advance(batches, first, when);
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_file_id(gl_buf *out, const char *name, uint64_t number)
{
    gl_buf_printf(out, ",\"%s\":", name);
    if (number == 0) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_char(out, '"');
    mock_file_write_id(&(mock_file){ .number = number }, out);
    gl_buf_append_char(out, '"');
}

static void write_status(const mock_batches *batches, const mock_batch *batch, gl_buf *out)
{
    gl_buf_append_str(out, ",\"completion_window\":\"24h\",\"status\":\"");
    for (const char *at = states[batch->state]; *at != '\0'; at++) {
        bool small = *at >= 'a' && *at <= 'z' && batches->files->faults.capitals;
        gl_buf_append_char(out, small ? (char)(*at - ('a' - 'A')) : *at);
    }
    gl_buf_append_char(out, '"');
}

static void write_counts(const mock_batch *batch, gl_buf *out)
{
    gl_buf_append_str(out, ",\"request_counts\":{\"total\":");
    gl_buf_append_u64(out, batch->lines);
    gl_buf_append_str(out, ",\"completed\":");
    gl_buf_append_u64(out, batch->answered);
    gl_buf_append_str(out, ",\"failed\":");
    gl_buf_append_u64(out, batch->failed);
    gl_buf_append_char(out, '}');
}

static void write_batch(mock_batches *batches, const mock_batch *batch, gl_buf *out)
{
    bool unnamed = batch->output != 0 && batches->unnamed < batches->files->faults.unnamed;
    if (unnamed) batches->unnamed++;
    gl_buf_append_str(out, "{\"id\":\"" ID_PREFIX);
    gl_buf_append_u64(out, batch->number);
    gl_buf_append_str(out, "\",\"object\":\"batch\",\"endpoint\":");
    gl_json_write_string(out, gl_slice_str(batch->endpoint));
    gl_buf_append_str(out, ",\"errors\":");
    if (batch->errors.len != 0) {
        gl_buf_append_str(out, "{\"object\":\"list\",\"data\":[");
        gl_buf_append(out, batch->errors.data, batch->errors.len);
        gl_buf_append_str(out, "]}");
    } else {
        gl_buf_append_str(out, "null");
    }
    write_file_id(out, "input_file_id", batch->input);
    write_status(batches, batch, out);
    write_file_id(out, "output_file_id", unnamed ? 0 : batch->output);
    write_file_id(out, "error_file_id", batch->error);
    gl_buf_append_str(out, ",\"created_at\":");
    gl_buf_append_i64(out, batch->created);
    gl_buf_append_str(out, ",\"expires_at\":");
    gl_buf_append_i64(out, batch->created + WINDOW_S);
    if (!batches->files->faults.no_counts) write_counts(batch, out);
    gl_buf_append_str(out, ",\"metadata\":");
    gl_buf_append_str(out, batch->metadata != NULL ? batch->metadata : "null");
    gl_buf_append_char(out, '}');
}

/* --- the calls -------------------------------------------------------------------------------- */

static mock_batch *find(const mock_batches *batches, gl_slice id)
{
    size_t prefix = strlen(ID_PREFIX);
    uint64_t number = 0;
    if (id.len <= prefix || id.len > prefix + 15 || memcmp(id.data, ID_PREFIX, prefix) != 0)
        return NULL;
    for (size_t i = prefix; i < id.len; i++) {
        if (id.data[i] < '0' || id.data[i] > '9') return NULL;
        number = number * 10 + (uint64_t)(id.data[i] - '0');
    }
    return number >= 1 && number <= batches->count ? batches->at[number - 1] : NULL;
}

static int not_found(gl_buf *out)
{
    return mock_answer_error(404, NULL, NULL, "No batch found with this id.", out);
}

/* An object of at most 16 strings. */
static bool is_metadata(gl_json metadata)
{
    gl_json_iter iter = gl_json_begin(metadata);
    gl_json name, value;
    size_t pairs = 0;
    if (metadata.kind != GL_JSON_OBJECT) return false;
    while (gl_json_next(&iter, &name, &value))
        if (value.kind != GL_JSON_STRING || ++pairs > METADATA_MAX) return false;
    return true;
}

static mock_batch *batch_new(mock_batches *batches, gl_json endpoint, gl_json metadata)
{
    mock_batch **at =
        gl_array_room(batches->at, &batches->capacity, batches->count + 1, 16, sizeof *at);
    if (at == NULL) return NULL;
    batches->at = at;
    mock_batch *batch = gl_calloc(1, sizeof *batch);
    if (batch == NULL) return NULL;
    gl_buf_init(&batch->errors, ERRORS_MAX);
    gl_buf_reset(&batches->text);
    gl_json_string_append(endpoint, &batches->text, NULL);
    if (!batches->text.failed) batch->endpoint = gl_strndup(batches->text.data, batches->text.len);
    if (metadata.kind == GL_JSON_OBJECT)
        batch->metadata = gl_strndup(metadata.text.data, metadata.text.len);
    if (batch->endpoint == NULL || (metadata.kind == GL_JSON_OBJECT && batch->metadata == NULL)) {
        batch_free(batch);
        return NULL;
    }
    batch->number = batches->count + 1;
    batch->cancelled = GL_TIME_NEVER;
    batch->created = gl_clock_unix_ms() / 1000;
    batches->at[batches->count++] = batch;
    return batch;
}

int mock_batches_create(mock_batches *batches, gl_slice body, gl_time now, gl_buf *out)
{
    static const char *const names[] = { "input_file_id", "endpoint", "completion_window",
                                         "metadata" };
    static const char *const endpoints[] = { "/v1/chat/completions", "/v1/responses",
                                             "/v1/completions", "/v1/embeddings" };
    enum { INPUT, ENDPOINT, WINDOW, METADATA, MEMBERS };
    gl_json root, member[MEMBERS];
    if (gl_json_check(body, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT)
        return mock_answer_error(400, NULL, NULL, "The body is no JSON object.", out);
    gl_json_get_many(root, names, member, MEMBERS);
    if (!gl_json_string_is(member[WINDOW], "24h"))
        return mock_answer_error(400, "completion_window", NULL, "It must be '24h'.", out);
    bool known = false;
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
        known = known || gl_json_string_is(member[ENDPOINT], endpoints[i]);
    if (!known)
        return mock_answer_error(400, "endpoint", "invalid_value",
                                 "No batches are taken for this endpoint.", out);
    if (member[METADATA].kind > GL_JSON_NULL && !is_metadata(member[METADATA]))
        return mock_answer_error(400, "metadata", NULL, "Not an object of 16 strings at most.",
                                 out);
    gl_buf_reset(&batches->text);
    gl_json_string_append(member[INPUT], &batches->text, NULL);
    const mock_file *file = mock_files_find(batches->files, gl_buf_slice(&batches->text));
    bool hidden = batches->not_found < batches->files->faults.not_found;
    if (file == NULL || hidden) {
        if (hidden) batches->not_found++;
        return mock_answer_error(400, "input_file_id", "file_not_found",
                                 "The input file was not found.", out);
    }
    if (mock_file_is_pending(batches->files, file))
        return mock_answer_error(400, "input_file_id", "invalidRequest",
                                 "The file is pending; it must be processed first.", out);
    mock_batch *batch = batch_new(batches, member[ENDPOINT], member[METADATA]);
    if (batch == NULL) return mock_answer_error(500, NULL, NULL, "Out of memory.", out);
    batch->started = now;
    batch->input = file->number;
    batch->tokens = file->data.len / BYTES_A_TOKEN;
    write_batch(batches, batch, out);
    return 200;
}

int mock_batches_get(mock_batches *batches, gl_slice id, gl_time now, gl_buf *out)
{
    advance_all(batches, now);
    const mock_batch *batch = find(batches, id);
    if (batch == NULL) return not_found(out);
    write_batch(batches, batch, out);
    return 200;
}

int mock_batches_cancel(mock_batches *batches, gl_slice id, gl_time now, gl_buf *out)
{
    advance_all(batches, now);
    mock_batch *batch = find(batches, id);
    if (batch == NULL) return not_found(out);
    if (batch->state != MOCK_BATCH_VALIDATING && batch->state != MOCK_BATCH_IN_PROGRESS)
        return mock_answer_error(409, NULL, NULL, "It has ended, or is about to.", out);
    if (batch->state == MOCK_BATCH_VALIDATING) leave_validating(batches, batch);
    if (batch->state == MOCK_BATCH_IN_PROGRESS) {
        batch->state = MOCK_BATCH_CANCELLING;
        batch->cancelled = now;
    }
    write_batch(batches, batch, out);
    return 200;
}

/* The newest first; behind `after`, when it is given. */
int mock_batches_list(mock_batches *batches, gl_slice query, gl_time now, gl_buf *out)
{
    size_t limit = mock_query_limit(query, LIST_DEFAULT, LIST_MAX), at = batches->count, shown = 0;
    gl_slice after = mock_query_get(query, "after");
    advance_all(batches, now);
    if (limit == 0) return mock_answer_error(400, "limit", NULL, "'limit' is 1 to 100.", out);
    bool same_page = batches->files->faults.same_page;
    if (after.data != NULL && !same_page) {
        const mock_batch *batch = find(batches, after);
        if (batch == NULL) return not_found(out);
        at = (size_t)batch->number - 1;
    }
    gl_buf_append_str(out, "{\"object\":\"list\",\"data\":[");
    for (; at > 0 && shown < limit; at--) {
        if (shown++ != 0) gl_buf_append_char(out, ',');
        write_batch(batches, batches->at[at - 1], out);
    }
    gl_buf_append_str(out, at > 0 || same_page ? "],\"has_more\":true}" : "],\"has_more\":false}");
    return 200;
}

void mock_batches_write_stats(mock_batches *batches, gl_time now, gl_buf *out)
{
    const mock_files *files = batches->files;
    uint64_t by_state[MOCK_BATCH_STATES] = { 0 };
    advance_all(batches, now);
    for (size_t i = 0; i < batches->count; i++) by_state[batches->at[i]->state]++;
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = { { "uploads", files->uploads },
                   { "uploaded_bytes", files->uploaded_bytes },
                   { "files_deleted", files->deleted },
                   { "batches", batches->count },
                   { "not_found", batches->not_found },
                   { "lines_answered", batches->lines_answered },
                   { "lines_distinct", batches->lines_distinct },
                   { "lines_spoilt", batches->lines_spoilt } };
    gl_buf_append_str(out, "\"batch\":{");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        gl_buf_printf(out, "\"%s\":", counts[i].name);
        gl_buf_append_u64(out, counts[i].count);
        gl_buf_append_char(out, ',');
    }
    gl_buf_append_str(out, "\"by_state\":{");
    for (int i = 0, shown = 0; i < MOCK_BATCH_STATES; i++) {
        if (by_state[i] == 0) continue;
        gl_buf_printf(out, "%s\"%s\":", shown++ != 0 ? "," : "", states[i]);
        gl_buf_append_u64(out, by_state[i]);
    }
    gl_buf_append_str(out, "}}");
}
