/*
 * record.c - a result as one line of JSON: OpenAI's Batch output format, and one object of ours
 * (docs/internals/records.md). Called by programs that write results to a file; never by the
 * engine.
 */
#include "result.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/layout.h"

static void write_text(gl_buf *out, const char *text)
{
    gl_json_write_string(out, gl_slice_str(text));
}

/* A word of ours, which needs no escape. */
static void write_word(gl_buf *out, const char *word)
{
    gl_buf_append_char(out, '"');
    gl_buf_append_str(out, word);
    gl_buf_append_char(out, '"');
}

/* Writes null for an empty text. */
static void write_optional(gl_buf *out, const char *text)
{
    if (text == NULL || text[0] == '\0')
        gl_buf_append_str(out, "null");
    else
        write_text(out, text);
}

static void write_count(gl_buf *out, int64_t count)
{
    if (count < 0)
        gl_buf_append_str(out, "null");
    else
        gl_buf_append_i64(out, count);
}

static const char *next_or_end(const char *at, const char *end, char c)
{
    const char *found = at < end ? memchr(at, c, (size_t)(end - at)) : NULL;
    return found != NULL ? found : end;
}

/* Writes JSON text as it is, without the line ends between its tokens, because a record is a line.
 * Valid JSON has no line end inside a string. */
static void write_json_line(gl_buf *out, gl_slice json)
{
    if (json.len == 0) return;
    const char *at = json.data, *end = json.data + json.len;
    const char *lf = next_or_end(at, end, '\n'), *cr = next_or_end(at, end, '\r');
    for (;;) {
        const char *stop = lf < cr ? lf : cr;
        gl_buf_append(out, at, (size_t)(stop - at));
        if (stop == end) return;
        at = stop + 1;
        if (stop == lf)
            lf = next_or_end(at, end, '\n');
        else
            cr = next_or_end(at, end, '\r');
    }
}

/* Milliseconds with tenths, in integers: the form does not depend on a locale. */
static void write_ms(gl_buf *out, int64_t ns)
{
    uint64_t tenths = (uint64_t)ns / 100000;
    gl_buf_append_u64(out, tenths / 10);
    gl_buf_append_char(out, '.');
    gl_buf_append_u64(out, tenths % 10);
}

static void write_response(gl_buf *out, const glimpse_result *result)
{
    size_t len;
    const char *body = glimpse_result_body(result, &len);
    gl_buf_append_str(out, ",\"response\":");
    if (glimpse_result_http_status(result) == 0) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_str(out, "{\"status_code\":");
    gl_buf_append_i64(out, glimpse_result_http_status(result));
    gl_buf_append_str(out, ",\"request_id\":");
    write_optional(out, glimpse_result_request_id(result));
    gl_buf_append_str(out, ",\"body\":");
    if (len == 0)
        gl_buf_append_str(out, "null");
    else if (glimpse_result_body_is_json(result))
        write_json_line(out, gl_slice_of(body, len));
    else
        gl_json_write_string(out, gl_slice_of(body, len));
    gl_buf_append_char(out, '}');
}

static void write_error(gl_buf *out, const glimpse_result *result)
{
    gl_buf_append_str(out, ",\"error\":");
    if (result->error == GLIMPSE_OK) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_str(out, "{\"code\":");
    write_text(out, glimpse_result_error_code(result));
    gl_buf_append_str(out, ",\"message\":");
    write_text(out, glimpse_result_error_message(result));
    gl_buf_append_char(out, '}');
}

static void write_usage(gl_buf *out, const glimpse_usage *usage)
{
    gl_buf_append_str(out, ",\"usage\":");
    if (usage->prompt_tokens < 0 && usage->completion_tokens < 0 && usage->total_tokens < 0) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_str(out, "{\"prompt_tokens\":");
    write_count(out, usage->prompt_tokens);
    gl_buf_append_str(out, ",\"completion_tokens\":");
    write_count(out, usage->completion_tokens);
    gl_buf_append_str(out, ",\"total_tokens\":");
    write_count(out, usage->total_tokens);
    gl_buf_append_char(out, '}');
}

/* Members that only some answers have, most of them streams. */
static void write_stream(gl_buf *out, const glimpse_result *result)
{
    const glimpse_timings *timings = &result->timings;
    if (timings->first_token_ns >= 0) {
        gl_buf_append_str(out, ",\"first_token_ms\":");
        write_ms(out, timings->first_token_ns);
    }
    if (timings->token_gap_mean_ns >= 0) {
        gl_buf_append_str(out, ",\"token_gap_ms\":{\"mean\":");
        write_ms(out, timings->token_gap_mean_ns);
        gl_buf_append_str(out, ",\"max\":");
        write_ms(out, timings->token_gap_max_ns);
        gl_buf_append_char(out, '}');
    }
    gl_slice partial = gl_result_held(result->partial);
    if (partial.len != 0) {
        gl_buf_append_str(out, ",\"partial\":");
        gl_json_write_string(out, partial);
    }
    if (result->no_done) gl_buf_append_str(out, ",\"no_done\":true");
    if (result->empty) gl_buf_append_str(out, ",\"empty\":true");
}

/* Names an endpoint of a pool. */
static void write_endpoint(gl_buf *out, const char *endpoint)
{
    if (endpoint == NULL) return;
    gl_buf_append_str(out, ",\"endpoint\":");
    write_text(out, endpoint);
}

/* Writes each attempt of the ledger: an operator asks the endpoint about a failure by these ids. */
static void write_log(gl_buf *out, const glimpse_result *result)
{
    size_t count = glimpse_result_attempt_count(result);
    for (size_t i = 0; i < count; i++) {
        const glimpse_attempt_record *attempt = glimpse_result_attempt(result, i);
        gl_buf_append_str(out, i == 0 ? ",\"log\":[{\"status\":" : "},{\"status\":");
        write_count(out, attempt->http_status > 0 ? attempt->http_status : -1);
        gl_buf_append_str(out, ",\"request_id\":");
        write_optional(out, attempt->request_id);
        gl_buf_append_str(out, ",\"error\":");
        write_optional(out, attempt->error != GLIMPSE_OK ? glimpse_error_name(attempt->error) : "");
        gl_buf_append_str(out, ",\"waited_ms\":");
        write_ms(out, attempt->waited_ns);
        gl_buf_append_str(out, ",\"elapsed_ms\":");
        write_ms(out, attempt->elapsed_ns);
        gl_buf_append_str(out, ",\"message\":");
        write_optional(out, attempt->message);
        write_endpoint(out, attempt->endpoint);
    }
    gl_buf_append_str(out, "}]");
}

/* Names the path where it is not the usual one, because a key covers the body alone. */
static void write_path(gl_buf *out, const char *path)
{
    if (path == NULL || strcmp(path, "/chat/completions") == 0) return;
    gl_buf_append_str(out, ",\"path\":");
    write_text(out, path);
}

static void write_glimpse(gl_buf *out, const glimpse_result *result, const glimpse_record *record)
{
    size_t len;
    const char *text = glimpse_result_text(result, &len);
    gl_buf_append_str(out, ",\"glimpse\":{");
    if (record->line != 0) {
        gl_buf_append_str(out, "\"line\":");
        gl_buf_append_u64(out, record->line);
        gl_buf_append_char(out, ',');
    }
    gl_buf_append_str(out, "\"key\":");
    if (result->has_key) {
        char hex[65];
        glimpse_key_hex(&result->key, hex);
        write_word(out, hex);
    } else {
        gl_buf_append_str(out, "null");
    }
    gl_buf_append_str(out, ",\"status\":");
    write_word(out, glimpse_status_name(result->status));
    gl_buf_append_str(out, ",\"source\":");
    write_word(out, glimpse_source_name(result->source));
    gl_buf_append_str(out, ",\"sample\":");
    /* An answer may be empty; an answer that never came is null. */
    if (result->error != GLIMPSE_OK && len == 0)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_string(out, gl_slice_of(text, len));
    gl_buf_append_str(out, ",\"essence\":");
    write_text(out, glimpse_result_essence(result));
    gl_buf_append_str(out, ",\"delta\":");
    write_optional(out, glimpse_result_delta(result));
    gl_buf_append_str(out, result->stale ? ",\"stale\":true" : ",\"stale\":false");
    if (result->circuit_open) gl_buf_append_str(out, ",\"circuit\":\"open\"");
    gl_buf_append_str(out, ",\"attempts\":");
    gl_buf_append_i64(out, record->attempts >= 0 ? record->attempts : result->attempts);
    write_endpoint(out, glimpse_result_endpoint(result));
    if (result->pack_drafts != 0) {
        gl_buf_append_str(out, ",\"pack_drafts\":");
        gl_buf_append_i64(out, result->pack_drafts);
    }
    gl_buf_append_str(out, ",\"elapsed_ms\":");
    write_ms(out, result->timings.total_ns);
    gl_buf_append_str(out, ",\"thresholds\":[");
    for (int i = 0; i < result->thresholds_crossed; i++) {
        gl_buf_append_str(out, i == 0 ? "\"t" : ",\"t");
        gl_buf_append_i64(out, i + 1);
        gl_buf_append_char(out, '"');
    }
    gl_buf_append_str(out, "],\"finish_reason\":");
    write_optional(out, glimpse_result_finish_reason(result));
    write_usage(out, glimpse_result_usage(result));
    gl_buf_append_str(out, ",\"model\":");
    write_optional(out, glimpse_result_model(result));
    write_stream(out, result);
    size_t attempts = glimpse_result_attempt_count(result);
    if (attempts > 1 || (attempts == 1 && result->error != GLIMPSE_OK)) write_log(out, result);
    write_path(out, record->path);
    gl_buf_append_char(out, '}');
}

static const glimpse_record usual = { .size = sizeof(glimpse_record), .attempts = -1 };
static const gl_layout layout = { .size = sizeof(glimpse_record) };

void glimpse_record_defaults(glimpse_record *record)
{
    gl_layout_write(&layout, record, &usual);
}

glimpse_error glimpse_result_to_json(const glimpse_result *result, const glimpse_record *record,
                                     char **out, size_t *len)
{
    glimpse_record room;
    gl_buf buf;
    *out = NULL;
    record = gl_layout_read(&layout, record != NULL ? record : &usual, &usual, &room);
    if (record == NULL) return GLIMPSE_ERR_INVALID;
    gl_buf_init(&buf, SIZE_MAX / 2);
    size_t body_len, text_len;
    (void)glimpse_result_body(result, &body_len);
    (void)glimpse_result_text(result, &text_len);
    gl_buf_reserve(&buf, 768 + body_len + text_len); /* room for a usual record */
    gl_buf_append_str(&buf, "{\"id\":\"glimpse-");
    gl_buf_append_u64(&buf, result->id);
    gl_buf_append_str(&buf, "\",\"custom_id\":");
    if (record->custom_id == NULL)
        gl_buf_append_str(&buf, "null");
    else
        write_text(&buf, record->custom_id);
    write_response(&buf, result);
    write_error(&buf, result);
    write_glimpse(&buf, result, record);
    gl_buf_append_char(&buf, '}');
    if (!gl_buf_terminate(&buf)) {
        gl_buf_free(&buf);
        return GLIMPSE_ERR_OOM;
    }
    *out = buf.data;
    if (len != NULL) *len = buf.len;
    return GLIMPSE_OK;
}
