/*
 * batch_line.c - lines of a batch's output and error files: read, judged, and turned into the
 * outcome of an attempt. Called by programs that join them with the requests.
 */
#include <glimpse/batch_api.h>

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "openai/batch_internal.h"
#include "openai/named_status.h"
#include "openai/plain.h"

/* Returns the text between the quotes; nothing for a value that is no string. */
static const char *inside(gl_json value, size_t *len)
{
    *len = gl_json_string_bound(value);
    return value.kind == GL_JSON_STRING ? value.text.data + 1 : "";
}

glimpse_error glimpse_batch_line_read(const char *text, size_t len, glimpse_batch_line *line)
{
    static const char *const names[] = { "custom_id", "response", "error" };
    static const char *const response_names[] = { "status_code", "request_id", "body" };
    static const char *const error_names[] = { "code", "message" };
    gl_json root, member[3], response[3], error[2];
    int64_t status;
    *line = (glimpse_batch_line){ .custom_id = "" };
    gl_json_error bad = gl_json_check(gl_slice_given(text, len), &root, NULL);
    if (bad == GL_JSON_UTF8) return GLIMPSE_ERR_BAD_UTF8;
    if (bad != GL_JSON_OK || root.kind != GL_JSON_OBJECT) return GLIMPSE_ERR_BAD_JSON;
    gl_json_get_many(root, names, member, 3);
    gl_json_get_many(member[1], response_names, response, 3);
    gl_json_get_many(member[2], error_names, error, 2);
    if (member[0].kind != GL_JSON_STRING) return GLIMPSE_ERR_BAD_JSON;
    line->custom_id = inside(member[0], &line->custom_id_len);
    if (gl_json_int64(response[0], &status) && status >= 100 && status <= 599)
        line->status_code = (int)status;
    line->request_id = inside(response[1], &line->request_id_len);
    line->body = response[2].kind != GL_JSON_NONE ? response[2].text.data : "";
    line->body_len = response[2].kind != GL_JSON_NONE ? response[2].text.len : 0;
    line->code = inside(error[0], &line->code_len);
    if (error[0].kind == GL_JSON_NUMBER) { /* its digits */
        line->code = error[0].text.data;
        line->code_len = error[0].text.len;
    }
    /* Some servers write the error as its message alone. */
    gl_json message = member[2].kind == GL_JSON_STRING ? member[2] : error[1];
    line->message = inside(message, &line->message_len);
    return GLIMPSE_OK;
}

/* Text of a JSON string made plain, escapes undone. */
static void make_plain(glimpse_batch_api *api, const char *text, size_t len, char *out, size_t size)
{
    gl_buf_reset(&api->line);
    gl_json_text_append(gl_slice_of(text, len), &api->line, NULL);
    gl_plain(gl_buf_slice(&api->line), out, size);
}

/* The texts that the outcome of a line points to. */
typedef struct line_words {
    char code[128], message[600], request_id[128];
} line_words;

static void decode(glimpse_batch_api *api, const glimpse_batch_line *line, const char *path,
                   line_words *words, glimpse_outcome *outcome)
{
    gl_slice body = gl_slice_of(line->body, line->body_len);
    make_plain(api, line->request_id, line->request_id_len, words->request_id,
               sizeof words->request_id);
    if (line->status_code != 0) {
        const gl_decode_input input = { .status = line->status_code,
                                        .body = body,
                                        .content_type = "application/json",
                                        .request_id = words->request_id,
                                        .path = path };
        gl_decode(api->decoder, &input, outcome);
        return;
    }
    make_plain(api, line->code, line->code_len, words->code, sizeof words->code);
    make_plain(api, line->message, line->message_len, words->message, sizeof words->message);
    glimpse_outcome_init(outcome);
    outcome->error = GLIMPSE_ERR_HTTP;
    if (gl_named_quota(words->code, NULL)) outcome->error = GLIMPSE_ERR_QUOTA;
    if (strcmp(words->code, "request_timeout") == 0) outcome->error = GLIMPSE_ERR_TIMEOUT;
    outcome->error_status = gl_named_status(words->code, NULL);
    outcome->error_code = words->code[0] != '\0' ? words->code : NULL;
    outcome->error_message =
        words->message[0] != '\0' ? words->message : "the batch ended without an answer to it";
}

/* A line without a response was left undone, unless its code means that it never can be done. */
static bool was_left_undone(const glimpse_batch_line *line)
{
    char code[64]; /* longer codes are unknown */
    snprintf(code, sizeof code, "%.*s", line->code_len < sizeof code ? (int)line->code_len : 0,
             line->code);
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.error = gl_named_quota(code, NULL) ? GLIMPSE_ERR_QUOTA : GLIMPSE_ERR_HTTP;
    outcome.error_status = gl_named_status(code, NULL);
    return outcome.error_status == 0 || gl_batch_may_pass(&outcome, INT64_MAX);
}

bool glimpse_batch_line_again(glimpse_batch_api *api, const glimpse_batch_line *line)
{
    line_words words;
    glimpse_outcome outcome;
    if (line->status_code == 0) return was_left_undone(line);
    if (line->status_code < 300) return false;
    decode(api, line, "/chat/completions", &words, &outcome);
    return gl_batch_may_pass(&outcome, api->options.max_retry_after_ms);
}

glimpse_error glimpse_batch_answer(glimpse_batch_api *api, glimpse_attempt *attempt,
                                   const glimpse_batch_line *line)
{
    gl_secrets *secrets = &api->connection.secrets;
    gl_secrets_words clean_words;
    line_words words;
    glimpse_outcome outcome;
    glimpse_batch_line clean = *line;
    gl_slice body = gl_slice_of(line->body, line->body_len);
    glimpse_error error = GLIMPSE_OK;
    if (gl_secrets_scrub(secrets, &body)) {
        clean.body = body.data;
        clean.body_len = body.len;
        decode(api, &clean, glimpse_attempt_path(attempt), &words, &outcome);
    } else {
        error = GLIMPSE_ERR_OOM;
    }
    if (error != GLIMPSE_OK || !gl_secrets_scrub_outcome(secrets, &outcome, &clean_words)) {
        glimpse_outcome_init(&outcome);
        outcome.error = error = GLIMPSE_ERR_OOM;
    }
    glimpse_attempt_progress(attempt, GLIMPSE_PROGRESS_CONNECTED);
    glimpse_attempt_progress(attempt, GLIMPSE_PROGRESS_SENT);
    glimpse_attempt_done(attempt, &outcome);
    gl_secrets_recycle(secrets);
    return error;
}
