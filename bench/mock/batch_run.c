/*
 * batch_run.c - runs a batch over its input: checks it, answers its lines as online, writes the
 * output and error files.
 */
#include "base/alloc.h"
#include "base/json.h"
#include "mock/batches.h"
#include "mock/error.h"
#include "mock/spec.h"
#include "mock/write.h"

#define LINES_MAX 50000 /* requests of a file, by the API's reference */
#define FILE_MAX  ((size_t)256 * 1024 * 1024)
#define WHOLE     1000000

typedef struct line {
    gl_json id, method, url, body;
} line;

static bool read_line(gl_slice text, line *read)
{
    static const char *const names[] = { "custom_id", "method", "url", "body" };
    gl_json root, member[4];
    if (gl_json_check(text, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT) return false;
    gl_json_get_many(root, names, member, 4);
    *read = (line){ member[0], member[1], member[2], member[3] };
    return true;
}

/* The next line that is not empty; false at the end. */
static bool next_line(gl_slice *rest, gl_slice *text)
{
    while (rest->len != 0) {
        *text = mock_spec_next(rest, '\n');
        if (text->len != 0) return true;
    }
    return false;
}

/* --- checking --------------------------------------------------------------------------------- */

static bool refuse(mock_batch *batch, uint64_t number, const char *code, const char *message)
{
    gl_buf_printf(&batch->errors,
                  "{\"code\":\"%s\",\"message\":\"%s\",\"param\":null,\"line\":%llu}", code,
                  message, (unsigned long long)number);
    return false;
}

static uint64_t hash(gl_slice a, gl_slice b)
{
    unsigned char digest[MOCK_DIGEST];
    uint64_t key;
    mock_digest(a, b, digest);
    memcpy(&key, digest, sizeof key);
    return key;
}

static bool check_lines(mock_batch *batch, gl_slice input, gl_map *ids)
{
    gl_slice text, model = { NULL, 0 };
    line read;
    for (uint64_t n = 1; next_line(&input, &text); n++) {
        if (n > LINES_MAX)
            return refuse(batch, n, "too_many_tasks", "More than 50000 requests in one file.");
        if (!read_line(text, &read))
            return refuse(batch, n, "invalid_json_line", "This line is not parseable as JSON.");
        if (read.id.kind != GL_JSON_STRING || !gl_json_string_is(read.method, "POST") ||
            read.body.kind != GL_JSON_OBJECT)
            return refuse(batch, n, "missing_required_parameter",
                          "custom_id, method POST and body are required.");
        if (!gl_json_string_is(read.url, batch->endpoint))
            return refuse(batch, n, "invalid_url", "The URL is not the batch's endpoint.");
        uint64_t id = hash(read.id.text, gl_slice_str(""));
        if (gl_map_get(ids, id) != NULL)
            return refuse(batch, n, "duplicate_custom_id", "The custom_id is used twice.");
        if (!gl_map_reserve(ids, ids->count + 1))
            return refuse(batch, n, "server_error", "Out of memory.");
        gl_map_add(ids, id, batch);
        gl_slice its = gl_json_get(read.body, "model").text;
        if (n == 1) model = its;
        if (!gl_slice_equal(its, model))
            return refuse(batch, n, "mismatched_model", "All requests must be for one model.");
        if (gl_json_get(read.body, "stream").kind == GL_JSON_TRUE)
            return refuse(batch, n, "invalid_request", "Streams cannot be had in a batch.");
        batch->lines = n;
    }
    return batch->lines != 0 || refuse(batch, 1, "empty_file", "There is no request in the file.");
}

bool mock_batch_validate(mock_batch *batch, gl_slice input)
{
    gl_map ids;
    gl_map_init(&ids);
    bool good = check_lines(batch, input, &ids);
    gl_map_free(&ids);
    return good;
}

/* --- answering -------------------------------------------------------------------------------- */

/* Returns true when it is marked already, and marks it. Without memory it is not marked. */
static bool mark(gl_map *marks, uint64_t key, mock_batches *batches)
{
    if (gl_map_get(marks, key) != NULL) return true;
    if (gl_map_reserve(marks, marks->count + 1)) gl_map_add(marks, key, batches);
    return false;
}

typedef enum fate { ANSWERED, FAILED, UNDONE } fate;

/* Faults take a line the first time only, by its content, so that two runs can be compared. */
static fate fate_of(const mock_batches *batches, uint64_t key, bool asked)
{
    uint64_t draw = (key ^ batches->seed * UINT64_C(0x9E3779B97F4A7C15)) % WHOLE;
    if (asked) return ANSWERED;
    if (draw < batches->files->faults.expire) return UNDONE;
    return draw < batches->files->faults.expire + batches->files->faults.fail ? FAILED : ANSWERED;
}

static void write_head(gl_buf *out, const mock_batch *batch, uint64_t number, const line *read)
{
    gl_buf_printf(out, "{\"id\":\"batch_req_mock%llu_%llu\",\"custom_id\":",
                  (unsigned long long)batch->number, (unsigned long long)number);
    gl_buf_append(out, read->id.text.data, read->id.text.len);
    gl_buf_append_str(out, ",\"response\":");
}

static mock_form form_of(const char *endpoint)
{
    if (strcmp(endpoint, "/v1/embeddings") == 0) return MOCK_FORM_EMBEDDING;
    if (strcmp(endpoint, "/v1/responses") == 0) return MOCK_FORM_RESPONSE;
    return strcmp(endpoint, "/v1/completions") == 0 ? MOCK_FORM_COMPLETION : MOCK_FORM_CHAT;
}

static int answer(mock_batches *batches, const mock_batch *batch, const line *read)
{
    unsigned char digest[MOCK_DIGEST];
    gl_buf_reset(&batches->answer);
    mock_digest(gl_slice_str(batch->endpoint), read->body.text, digest);
    int status = mock_model_answer(batches->model, form_of(batch->endpoint), read->body.text,
                                   digest, &batches->spoken, &batches->answer);
    if (status != 200) return status;
    if (batches->spoken.line != NULL && batches->spoken.line->status != 0)
        return mock_line_error(batches->spoken.line, &batches->answer);
    mock_write_plain(&batches->spoken, &batches->answer);
    return 200;
}

static void write_response(mock_batches *batches, gl_buf *out, const mock_batch *batch,
                           uint64_t number, int status)
{
    gl_slice body = gl_buf_slice(&batches->answer);
    while (body.len != 0 && body.data[body.len - 1] == '\n') body.len--;
    gl_buf_printf(out,
                  "{\"status_code\":%d,\"request_id\":\"req_batch%llu_%llu\",\"body\":", status,
                  (unsigned long long)batch->number, (unsigned long long)number);
    gl_buf_append(out, body.data, body.len);
    gl_buf_append_str(out, "},\"error\":null}\n");
}

typedef struct run {
    mock_batches *batches;
    const mock_batch *batch;
    const char *undone; /* the code of the lines that are left undone */
    uint64_t most;      /* the lines that are answered */
    gl_buf output, errors;
} run;

static fate run_line(run *r, uint64_t number, const line *read)
{
    mock_batches *batches = r->batches;
    const mock_batch *batch = r->batch;
    bool left = number >= r->most;
    uint64_t key = hash(gl_slice_str(batch->endpoint), read->body.text);
    fate its = left ? UNDONE : fate_of(batches, key, mark(&batches->asked, key, batches));
    if (its == UNDONE) {
        write_head(&r->errors, batch, number, read);
        gl_buf_printf(&r->errors,
                      "null,\"error\":{\"code\":\"%s\",\"message\":\"This request could not "
                      "be executed before the batch ended.\"}}\n",
                      r->undone);
        batches->lines_spoilt++;
        return its;
    }
    int status = answer(batches, batch, read);
    if (its == FAILED) {
        gl_buf_reset(&batches->answer);
        status = mock_answer_error(500, NULL, NULL,
                                   "The server had an error while processing your request "
                                   "(simulated).",
                                   &batches->answer);
        batches->lines_spoilt++;
    }
    gl_buf *out = status == 200 ? &r->output : &r->errors;
    write_head(out, batch, number, read);
    write_response(batches, out, batch, number, status);
    if (status != 200) return FAILED;
    batches->lines_answered++;
    if (!mark(&batches->done, key, batches)) batches->lines_distinct++;
    return ANSWERED;
}

/* Returns the beginning of each line, in an order of the batch's own; NULL: out of memory. */
static gl_slice *shuffled(mock_batches *batches, gl_slice input, uint64_t *count)
{
    gl_slice text, rest = input;
    uint64_t n = 0;
    while (next_line(&rest, &text)) n++;
    gl_slice *lines = gl_malloc(((size_t)n + 1) * sizeof *lines);
    if (lines == NULL) return NULL;
    rest = input;
    for (uint64_t i = 0; i < n; i++) next_line(&rest, &lines[i]);
    for (uint64_t i = n; i > 1; i--) {
        uint64_t j = gl_rng_below(&batches->rng, (uint32_t)i);
        gl_slice other = lines[j];
        lines[j] = lines[i - 1];
        lines[i - 1] = other;
    }
    *count = n;
    return lines;
}

/* An empty file is made only where that is asked for. */
static bool keep_file(mock_batches *batches, gl_buf *data, bool empty, const char *name,
                      uint64_t *number)
{
    if (data->failed) return false;
    if (data->len == 0 && !empty) return true;
    const mock_file *file =
        mock_files_add(batches->files, "batch_output", gl_slice_str(name), data);
    if (file != NULL) *number = file->number;
    return file != NULL;
}

bool mock_batch_run(mock_batches *batches, mock_batch *batch, gl_slice input, uint64_t most,
                    const char *undone)
{
    run r = { .batches = batches, .batch = batch, .undone = undone, .most = most };
    gl_buf_init(&r.output, FILE_MAX);
    gl_buf_init(&r.errors, FILE_MAX);
    uint64_t count = 0, expired = 0;
    line read;
    gl_slice *lines = shuffled(batches, input, &count);
    bool good = lines != NULL;
    for (uint64_t i = 0; good && i < count; i++) {
        if (!read_line(lines[i], &read)) continue; /* it was checked: the file has changed since */
        switch (run_line(&r, i, &read)) {
        case ANSWERED:
            batch->answered++;
            break;
        case UNDONE:
            expired++;
            batch->failed++;
            break;
        case FAILED:
            batch->failed++;
            break;
        }
    }
    if (expired != 0 && most == UINT64_MAX) batch->state = MOCK_BATCH_EXPIRED;
    good = good && keep_file(batches, &r.output, false, "batch_output.jsonl", &batch->output) &&
           keep_file(batches, &r.errors, batches->files->faults.empty_errors, "batch_errors.jsonl",
                     &batch->error);
    gl_free(lines);
    gl_buf_free(&r.output);
    gl_buf_free(&r.errors);
    return good;
}
