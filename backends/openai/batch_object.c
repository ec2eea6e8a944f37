/* batch_object.c - see batch_object.h. Called by batch_call.c. */
#include "openai/batch_object.h"

#include <string.h>

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

static glimpse_batch_state state_of(gl_json word)
{
    for (size_t i = 1; i < STATES; i++)
        if (gl_json_string_is(word, names[i])) return (glimpse_batch_state)i;
    return GLIMPSE_BATCH_UNKNOWN;
}

static int64_t count_of(gl_json counts, const char *name)
{
    int64_t count;
    return gl_json_int64(gl_json_get(counts, name), &count) && count >= 0 ? count : -1;
}

bool gl_batch_read(gl_json object, gl_buf *text, glimpse_batch *batch)
{
    static const char *const members[] = {
        "id",     "input_file_id",  "output_file_id", "error_file_id",
        "status", "request_counts", "errors"
    };
    enum { ID, INPUT, OUTPUT, ERROR, STATUS, COUNTS, ERRORS, MEMBERS };
    gl_json member[MEMBERS], first = { GL_JSON_NONE, { NULL, 0 } };
    gl_buf_reset(text);
    if (object.kind != GL_JSON_OBJECT) return false;
    gl_json_get_many(object, members, member, MEMBERS);
    gl_json errors = gl_json_get(member[ERRORS], "data");
    gl_json_iter iter = gl_json_begin(errors);
    if (errors.kind == GL_JSON_ARRAY) gl_json_next(&iter, NULL, &first);
    const gl_json strings[] = { member[ID],
                                member[INPUT],
                                member[OUTPUT],
                                member[ERROR],
                                gl_json_get(first, "code"),
                                gl_json_get(first, "message") };
    size_t at[sizeof strings / sizeof *strings];
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        at[i] = text->len;
        if (strings[i].kind == GL_JSON_STRING) gl_json_string_append(strings[i], text, NULL);
        gl_buf_append_char(text, '\0');
    }
    if (text->failed) return false;
    *batch = (glimpse_batch){ .id = text->data + at[0],
                              .input_file_id = text->data + at[1],
                              .output_file_id = text->data + at[2],
                              .error_file_id = text->data + at[3],
                              .error_code = text->data + at[4],
                              .error_message = text->data + at[5],
                              .state = state_of(member[STATUS]),
                              .total = count_of(member[COUNTS], "total"),
                              .completed = count_of(member[COUNTS], "completed"),
                              .failed = count_of(member[COUNTS], "failed") };
    return batch->id[0] != '\0';
}

bool gl_batch_is_named(gl_json object, const char *job, const char *part)
{
    gl_json metadata = gl_json_get(object, "metadata");
    return gl_json_string_is(gl_json_get(metadata, "glimpse_job"), job) &&
           gl_json_string_is(gl_json_get(metadata, "glimpse_part"), part);
}
