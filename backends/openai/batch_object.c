/* batch_object.c - see batch_object.h. */
#include "openai/batch_object.h"

#include <string.h>
#include <strings.h>

static const char *const names[] = {
    [GLIMPSE_BATCH_UNKNOWN] = "unknown",         [GLIMPSE_BATCH_VALIDATING] = "validating",
    [GLIMPSE_BATCH_IN_PROGRESS] = "in_progress", [GLIMPSE_BATCH_FINALIZING] = "finalizing",
    [GLIMPSE_BATCH_CANCELLING] = "cancelling",   [GLIMPSE_BATCH_COMPLETED] = "completed",
    [GLIMPSE_BATCH_FAILED] = "failed",           [GLIMPSE_BATCH_EXPIRED] = "expired",
    [GLIMPSE_BATCH_CANCELLED] = "cancelled",
};
#define STATES (sizeof names / sizeof *names)

const char *glimpse_batch_state_name(glimpse_batch_state state)
{
    return (size_t)state < STATES ? names[state] : names[GLIMPSE_BATCH_UNKNOWN];
}

bool gl_batch_ended(glimpse_batch_state state)
{
    return state >= GLIMPSE_BATCH_COMPLETED;
}

/* Ignores case: some servers write COMPLETED. */
static glimpse_batch_state state_of(const char *word)
{
    for (size_t i = 1; i < STATES; i++)
        if (strcasecmp(word, names[i]) == 0) return (glimpse_batch_state)i;
    return GLIMPSE_BATCH_UNKNOWN;
}

static int64_t count_of(gl_json counts, const char *name)
{
    int64_t count;
    return gl_json_int64(gl_json_get(counts, name), &count) && count >= 0 ? count : -1;
}

/* The first of a batch's errors: OpenAI has them in a list object, others as a bare list, as one
 * object, or as a text. */
static gl_json first_error(gl_json errors)
{
    gl_json data = gl_json_get(errors, "data"), first = { GL_JSON_NONE, { NULL, 0 } };
    if (data.kind == GL_JSON_ARRAY) errors = data;
    if (errors.kind != GL_JSON_ARRAY) return errors;
    gl_json_iter iter = gl_json_begin(errors);
    gl_json_next(&iter, NULL, &first);
    return first;
}

/* A text, or a number as its digits; and a NUL. Its place in the buffer. */
static size_t keep_text(gl_json value, gl_buf *text)
{
    size_t at = text->len;
    if (value.kind == GL_JSON_STRING) gl_json_string_append(value, text, NULL);
    if (value.kind == GL_JSON_NUMBER) gl_buf_append(text, value.text.data, value.text.len);
    gl_buf_append_char(text, '\0');
    return at;
}

bool gl_batch_read(gl_json object, gl_buf *text, glimpse_batch *batch)
{
    static const char *const members[] = {
        "id",     "input_file_id",  "output_file_id", "error_file_id",
        "status", "request_counts", "errors"
    };
    enum { ID, INPUT, OUTPUT, ERROR, STATUS, COUNTS, ERRORS, MEMBERS };
    gl_json member[MEMBERS];
    gl_buf_reset(text);
    if (object.kind != GL_JSON_OBJECT) return false;
    gl_json_get_many(object, members, member, MEMBERS);
    gl_json first = first_error(member[ERRORS]);
    size_t id = keep_text(member[ID], text), input = keep_text(member[INPUT], text);
    size_t output = keep_text(member[OUTPUT], text), error = keep_text(member[ERROR], text);
    size_t status = keep_text(member[STATUS], text);
    size_t code = keep_text(gl_json_get(first, "code"), text);
    size_t message =
        keep_text(first.kind == GL_JSON_OBJECT ? gl_json_get(first, "message") : first, text);
    if (text->failed) return false;
    *batch = (glimpse_batch){ .id = text->data + id,
                              .input_file_id = text->data + input,
                              .output_file_id = text->data + output,
                              .error_file_id = text->data + error,
                              .status = text->data + status,
                              .error_code = text->data + code,
                              .error_message = text->data + message,
                              .state = state_of(text->data + status),
                              .total = count_of(member[COUNTS], "total"),
                              .completed = count_of(member[COUNTS], "completed"),
                              .failed = count_of(member[COUNTS], "failed") };
    return batch->id[0] != '\0';
}

bool gl_batch_lacks_output(const glimpse_batch *batch)
{
    if (!gl_batch_ended(batch->state) || batch->state == GLIMPSE_BATCH_FAILED) return false;
    if (batch->output_file_id[0] != '\0') return false;
    bool says_nothing = batch->completed < 0 && batch->error_file_id[0] == '\0';
    return batch->completed > 0 || (says_nothing && batch->state == GLIMPSE_BATCH_COMPLETED);
}

bool gl_batch_file_waits(gl_json file)
{
    /* Azure's words, and those of others, for a file that cannot be used yet. OpenAI says
     * "uploaded" or "processed", and takes both. */
    static const char *const words[] = { "pending", "notRunning", "running",
                                         "queued",  "uploading",  "processing" };
    gl_json status = gl_json_get(file, "status");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (gl_json_string_is(status, words[i])) return true;
    return false;
}

bool gl_batch_is_named(gl_json object, const char *job, const char *part)
{
    gl_json metadata = gl_json_get(object, "metadata");
    return gl_json_string_is(gl_json_get(metadata, "glimpse_job"), job) &&
           gl_json_string_is(gl_json_get(metadata, "glimpse_part"), part);
}
