/*
 * decode.c - from an HTTP response to an outcome.
 *
 * Owns the scratch memory that an outcome points into: short strings in fixed arrays, and two
 * buffers for strings that hold escapes (a text without escapes is a slice of the body). A 200 is
 * believed only after all of its body was checked. Whatever goes into a message passes gl_plain.
 * Called by sampler.c and the fuzzer; knows no network, and decides no retry.
 */
#include "openai/decode.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "openai/complaint.h"
#include "openai/named_status.h"
#include "openai/plain.h"
#include "openai/retry_after.h"
#include "status.h"

/* Bytes of a body that is not JSON that are kept for the report. */
#define KEEP_MAX 4096
/* Bytes of it, and of a content type, that a message quotes. */
#define QUOTE_MAX 200
#define TYPE_MAX  64
/* Bytes of the endpoint's own message that are passed on. */
#define MESSAGE_MAX 500
/* Scratch beyond this is given back before the next response. */
#define SCRATCH_KEEP ((size_t)1 << 20)

struct gl_decoder {
    gl_buf text, scratch;
    char model[128], finish_reason[64], request_id[128], code[128];
    char message[MESSAGE_MAX + 1];
};

/* One response on its way. */
typedef struct decoding {
    gl_decoder *decoder;
    const gl_decode_input *input;
    glimpse_outcome *outcome;
} decoding;

gl_decoder *gl_decoder_new(void)
{
    gl_decoder *decoder = gl_calloc(1, sizeof *decoder);
    if (decoder == NULL) return NULL;
    /* What is decoded is never longer than the body, whose size http.c limits. */
    gl_buf_init(&decoder->text, SIZE_MAX / 2);
    gl_buf_init(&decoder->scratch, SIZE_MAX / 2);
    return decoder;
}

void gl_decoder_free(gl_decoder *decoder)
{
    if (decoder == NULL) return;
    gl_buf_free(&decoder->text);
    gl_buf_free(&decoder->scratch);
    gl_free(decoder);
}

static void buf_recycle(gl_buf *buf)
{
    if (buf->capacity > SCRATCH_KEEP)
        gl_buf_free(buf);
    else
        gl_buf_reset(buf);
}

/* --- strings --- */

static bool has_text(gl_json value)
{
    return value.kind == GL_JSON_STRING && value.text.len > 2;
}

/* A string's text: a slice of the body, or of buf when it has escapes. Valid until the next call
 * with this buf. */
static gl_slice string_text(gl_json value, gl_buf *buf)
{
    if (value.kind != GL_JSON_STRING) return gl_slice_of("", 0);
    gl_slice inside = gl_slice_of(value.text.data + 1, value.text.len - 2);
    if (inside.len == 0 || memchr(inside.data, '\\', inside.len) == NULL) return inside;
    gl_buf_reset(buf);
    gl_json_string_append(value, buf, NULL);
    return gl_buf_slice(buf);
}

/* A short string for people and logs; "" when it is none. */
static const char *plain_string(gl_decoder *decoder, gl_json value, char *out, size_t size)
{
    gl_plain(string_text(value, &decoder->scratch), out, size);
    return out;
}

/* A string, or an integer as its digits; NULL when it is neither, or empty. */
static const char *code_string(gl_decoder *decoder, gl_json value)
{
    int64_t number;
    if (has_text(value))
        plain_string(decoder, value, decoder->code, sizeof decoder->code);
    else if (gl_json_int64(value, &number))
        snprintf(decoder->code, sizeof decoder->code, "%lld", (long long)number);
    else
        return NULL;
    return decoder->code[0] != '\0' ? decoder->code : NULL;
}

/* The largest n <= limit that does not end inside a UTF-8 character, of text that may be none. */
static size_t clip(gl_slice text, size_t limit)
{
    if (text.len <= limit) return text.len;
    size_t end = limit;
    while (end > 0 && limit - end < 3 && ((unsigned char)text.data[end] & 0xC0) == 0x80) end--;
    return end;
}

/* --- failures --- */

/* message is static, or the decoder's. */
static void fail(const decoding *d, glimpse_error error, const char *message)
{
    d->outcome->error = error;
    d->outcome->error_message = message;
}

/* A body that is not what was expected: names the problem and quotes the beginning. */
static void fail_unexpected(const decoding *d, glimpse_error error, const char *problem)
{
    char type[TYPE_MAX + 1], quote[QUOTE_MAX + 1];
    gl_plain(gl_slice_str(d->input->content_type), type, sizeof type);
    gl_plain(d->input->body, quote, sizeof quote);
    snprintf(d->decoder->message, sizeof d->decoder->message, "%s; content type %s; it begins: %s",
             problem, type[0] != '\0' ? type : "not given", quote);
    fail(d, error, d->decoder->message);
}

static void fail_not_json(const decoding *d, gl_json_error error, size_t at)
{
    char problem[128];
    snprintf(problem, sizeof problem, "the answer is not %s: %s at byte %zu",
             error == GL_JSON_UTF8 ? "UTF-8" : "JSON", gl_json_error_text(error), at);
    fail_unexpected(d, error == GL_JSON_UTF8 ? GLIMPSE_ERR_BAD_UTF8 : GLIMPSE_ERR_BAD_JSON,
                    problem);
}

/* The names that an error goes by. */
typedef struct error_names {
    char code[64], type[64];
} error_names;

static void read_names(gl_decoder *decoder, const gl_complaint *c, error_names *names)
{
    int64_t number;
    plain_string(decoder, c->code, names->code, sizeof names->code);
    plain_string(decoder, c->type, names->type, sizeof names->type);
    if (gl_json_int64(c->code, &number))
        snprintf(names->code, sizeof names->code, "%lld", (long long)number);
}

/* What to do about a parameter that this model does not take, where we know it; NULL elsewhere. A
 * body is sent as it was written, so whoever wrote it has to know. */
static const char *advice(const gl_decoder *decoder, const gl_complaint *c, int status)
{
    if (status != 400) return NULL;
    if (!gl_json_string_is(c->code, "unsupported_parameter") &&
        !gl_json_string_is(c->code, "unsupported_value") &&
        strstr(decoder->message, "nsupported") == NULL &&
        strstr(decoder->message, "not supported") == NULL)
        return NULL;
    if (gl_json_string_is(c->param, "max_tokens"))
        return " (send max_completion_tokens for this model)";
    if (gl_json_string_is(c->param, "max_completion_tokens"))
        return " (send max_tokens to this server)";
    if (gl_json_string_is(c->param, "temperature"))
        return " (leave temperature out for this model)";
    return NULL;
}

/* Behind the endpoint's own words, of which the end gives way. */
static void append_advice(gl_decoder *decoder, const char *text)
{
    size_t len = strlen(decoder->message), more = strlen(text);
    size_t most = sizeof decoder->message - 1 - more;
    if (len > most) len = clip(gl_slice_of(decoder->message, len), most);
    memcpy(decoder->message + len, text, more + 1);
}

/* The endpoint answered with an error; root is NONE when the body is not JSON. */
static void fail_http(const decoding *d, gl_json root)
{
    gl_decoder *decoder = d->decoder;
    gl_complaint c = gl_complaint_read(root);
    error_names names;
    read_names(decoder, &c, &names);
    int status = d->input->status;
    if (status < 300) { /* judged as if it had been the status it names */
        d->outcome->error_status = gl_named_status(names.code, names.type);
        if (d->outcome->error_status != 0) status = d->outcome->error_status;
    }
    bool quota = status == 429 && gl_named_quota(names.code, names.type);
    glimpse_error error = quota ? GLIMPSE_ERR_QUOTA : GLIMPSE_ERR_HTTP;
    glimpse_status mapped = gl_status_of(error, status);

    /* Of a quota the kind says more to a script than the endpoint's name for it. */
    if (error == GLIMPSE_ERR_HTTP) {
        const char *code = code_string(decoder, c.code);
        if (code == NULL) code = code_string(decoder, c.type);
        d->outcome->error_code = code != NULL ? code : glimpse_status_name(mapped);
    }

    plain_string(decoder, c.message, decoder->message, sizeof decoder->message);
    if (decoder->message[0] == '\0') {
        char problem[128];
        snprintf(problem, sizeof problem, "%s (HTTP %d)", glimpse_status_sentence(mapped), status);
        if (d->input->body.len != 0) {
            fail_unexpected(d, error, problem);
            return;
        }
        snprintf(decoder->message, sizeof decoder->message, "%s", problem);
    }
    const char *more = advice(decoder, &c, status);
    if (more != NULL) append_advice(decoder, more);
    fail(d, error, decoder->message);
}

/* --- answers --- */

static int64_t count_of(gl_json value)
{
    int64_t number;
    return gl_json_int64(value, &number) && number >= 0 ? number : -1;
}

static void read_usage(glimpse_usage *usage, gl_json value)
{
    static const char *const names[] = { "prompt_tokens", "completion_tokens", "total_tokens",
                                         "input_tokens", "output_tokens" };
    gl_json found[5];
    gl_json_get_many(value, names, found, 5);
    usage->prompt_tokens = count_of(found[0].kind != GL_JSON_NONE ? found[0] : found[3]);
    usage->completion_tokens = count_of(found[1].kind != GL_JSON_NONE ? found[1] : found[4]);
    usage->total_tokens = count_of(found[2]);
}

static void set_text(const decoding *d, gl_slice text)
{
    d->outcome->sample.text = text.data;
    d->outcome->sample.text_len = text.len;
}

static void set_refusal(const decoding *d, gl_json refusal)
{
    set_text(d, string_text(refusal, &d->decoder->text));
    d->outcome->sample.delta = "the model refused";
    d->outcome->complete = false;
}

/* Appends the text of content parts; the last refusal among them goes to *refusal. */
static void append_parts(gl_buf *text, gl_json parts, gl_json *refusal)
{
    gl_json_iter iter = gl_json_begin(parts);
    gl_json part, found[2];
    while (gl_json_next(&iter, NULL, &part)) {
        gl_json_get_many(part, (const char *const[]){ "text", "refusal" }, found, 2);
        gl_json_string_append(found[0], text, NULL);
        if (has_text(found[1])) *refusal = found[1];
    }
}

/* Whether there is anything in an array, or an object at all. */
static bool is_given(gl_json value)
{
    if (value.kind != GL_JSON_ARRAY) return value.kind == GL_JSON_OBJECT;
    gl_json_iter iter = gl_json_begin(value);
    gl_json first;
    return gl_json_next(&iter, NULL, &first);
}

/* Whether an answer that ended so may be cached: nothing cut it, as far as we know the reason. */
static bool ended_well(gl_json finish_reason)
{
    return gl_json_string_is(finish_reason, "stop") ||
           gl_json_string_is(finish_reason, "tool_calls") ||
           gl_json_string_is(finish_reason, "function_call");
}

/* The first choice, and the finish reasons of all; false when it is no choice. */
static bool read_choice(const decoding *d, gl_json choice, gl_json finish_reason)
{
    enum { CONTENT, REFUSAL, TOOLS, FUNCTION, COUNT };
    static const char *const names[COUNT] = { "content", "refusal", "tool_calls", "function_call" };
    gl_decoder *decoder = d->decoder;
    glimpse_sample_fields *sample = &d->outcome->sample;
    gl_json message = gl_json_get(choice, "message"), found[COUNT];
    gl_json_get_many(message, names, found, COUNT);
    if (message.kind != GL_JSON_OBJECT) {
        found[CONTENT] = gl_json_get(choice, "text"); /* a completion that is no chat */
        if (found[CONTENT].kind != GL_JSON_STRING) return false;
    }
    if (finish_reason.kind == GL_JSON_STRING)
        sample->finish_reason = plain_string(decoder, finish_reason, decoder->finish_reason,
                                             sizeof decoder->finish_reason);
    if (found[CONTENT].kind == GL_JSON_STRING) {
        set_text(d, string_text(found[CONTENT], &decoder->text));
    } else if (found[CONTENT].kind == GL_JSON_ARRAY) {
        append_parts(&decoder->text, found[CONTENT], &found[REFUSAL]);
        set_text(d, gl_buf_slice(&decoder->text));
    } else if (found[CONTENT].kind != GL_JSON_NULL && found[CONTENT].kind != GL_JSON_NONE) {
        return false;
    }
    bool calls = is_given(found[TOOLS]) || is_given(found[FUNCTION]);
    d->outcome->complete = ended_well(finish_reason) && (sample->text_len != 0 || calls);
    if (has_text(found[REFUSAL])) set_refusal(d, found[REFUSAL]);
    return true;
}

static void read_choices(const decoding *d, gl_json choices)
{
    gl_json_iter iter = gl_json_begin(choices);
    gl_json choice;
    if (choices.kind != GL_JSON_ARRAY || !gl_json_next(&iter, NULL, &choice)) {
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer has no choices");
        return;
    }
    gl_json reason = gl_json_get(choice, "finish_reason");
    if (!read_choice(d, choice, reason)) {
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer's first choice has no message");
        return;
    }
    bool filtered = gl_json_string_is(reason, "content_filter");
    while (gl_json_next(&iter, NULL, &choice))
        if (!ended_well(gl_json_get(choice, "finish_reason"))) d->outcome->complete = false;
    if (filtered)
        fail(d, GLIMPSE_ERR_CONTENT_FILTER, glimpse_error_sentence(GLIMPSE_ERR_CONTENT_FILTER));
}

/* A response that ended without an answer, or has not ended; what it says of an error was looked
 * for before. */
static bool response_failed(const decoding *d, gl_json status)
{
    static const struct {
        const char *status, *message;
        bool waits;
    } table[] = {
        { "failed", "the endpoint says that the response failed, and not why", false },
        { "cancelled", "the response was cancelled at the endpoint", false },
        { "queued",
          "the endpoint has not begun the response; only \"background\":true asks for that", true },
        { "in_progress",
          "the endpoint has not finished the response; only \"background\":true asks for that",
          true },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!gl_json_string_is(status, table[i].status)) continue;
        if (table[i].waits && d->input->background) return false;
        d->outcome->error_code = table[i].status;
        fail(d, GLIMPSE_ERR_HTTP, table[i].message);
        return true;
    }
    return false;
}

/* POST /responses: a list of items, of which messages hold the text. */
static void read_response(const decoding *d, gl_json root)
{
    enum { STATUS, OUTPUT, INCOMPLETE, COUNT };
    static const char *const names[COUNT] = { "status", "output", "incomplete_details" };
    gl_decoder *decoder = d->decoder;
    gl_json found[COUNT], item, refusal = { .kind = GL_JSON_NONE };
    gl_json_get_many(root, names, found, COUNT);
    if (response_failed(d, found[STATUS])) return;
    if (found[OUTPUT].kind != GL_JSON_ARRAY) {
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer has no output");
        return;
    }
    gl_json_iter iter = gl_json_begin(found[OUTPUT]);
    while (gl_json_next(&iter, NULL, &item)) {
        if (!gl_json_string_is(gl_json_get(item, "type"), "message")) continue;
        gl_json content = gl_json_get(item, "content");
        if (content.kind == GL_JSON_ARRAY) append_parts(&decoder->text, content, &refusal);
    }
    bool repeated = decoder->text.len != 0;
    set_text(d, repeated ? gl_buf_slice(&decoder->text) : d->input->streamed);
    gl_json reason = gl_json_get(found[INCOMPLETE], "reason");
    d->outcome->complete =
        found[STATUS].kind == GL_JSON_NONE || gl_json_string_is(found[STATUS], "completed");
    d->outcome->sample.finish_reason =
        plain_string(decoder, has_text(reason) ? reason : found[STATUS], decoder->finish_reason,
                     sizeof decoder->finish_reason);
    if (has_text(refusal)) set_refusal(d, refusal);
    if (gl_json_string_is(reason, "content_filter"))
        fail(d, GLIMPSE_ERR_CONTENT_FILTER, glimpse_error_sentence(GLIMPSE_ERR_CONTENT_FILTER));
}

/* Whether the path, without its query, ends with this. */
static bool path_ends(const char *path, const char *end)
{
    if (path == NULL) return false;
    size_t len = strcspn(path, "?"), end_len = strlen(end);
    return len >= end_len && memcmp(path + len - end_len, end, end_len) == 0;
}

static bool has_members(gl_json object)
{
    gl_json_iter iter = gl_json_begin(object);
    gl_json name, value;
    return gl_json_next(&iter, &name, &value);
}

static void read_answer(const decoding *d, gl_json root)
{
    enum { MODEL, USAGE, CHOICES, DATA, COUNT };
    static const char *const names[COUNT] = { "model", "usage", "choices", "data" };
    gl_decoder *decoder = d->decoder;
    gl_json found[COUNT];
    gl_json_get_many(root, names, found, COUNT);
    d->outcome->sample.model =
        plain_string(decoder, found[MODEL], decoder->model, sizeof decoder->model);
    read_usage(&d->outcome->sample.usage, found[USAGE]);
    if (path_ends(d->input->path, "/completions"))
        read_choices(d, found[CHOICES]);
    else if (path_ends(d->input->path, "/responses"))
        read_response(d, root);
    else if (path_ends(d->input->path, "/embeddings") && found[DATA].kind != GL_JSON_ARRAY)
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer has no data");
    else if (!has_members(root))
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer is an empty object");
    else
        d->outcome->complete = true;
    if (decoder->text.failed) {
        d->outcome->complete = false;
        fail(d, GLIMPSE_ERR_OOM, glimpse_error_sentence(GLIMPSE_ERR_OOM));
    }
}

/* --- the door --- */

static bool is_blank(gl_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr(" \t\r\n", text.data[i], 4) == NULL) return false;
    return true;
}

static void start(const decoding *d)
{
    gl_decoder *decoder = d->decoder;
    const gl_decode_input *input = d->input;
    glimpse_outcome *outcome = d->outcome;
    buf_recycle(&decoder->text);
    buf_recycle(&decoder->scratch);
    glimpse_outcome_init(outcome);
    outcome->retry_after_ms =
        gl_retry_after(input->retry_after_ms, input->retry_after, input->now_unix_ms);
    outcome->should_retry = gl_should_retry(input->should_retry);
    outcome->sample.http_status = input->status;
    outcome->sample.body = input->body.data;
    outcome->sample.body_len = input->body.len;
    if (input->request_id != NULL) {
        gl_plain(gl_slice_str(input->request_id), decoder->request_id, sizeof decoder->request_id);
        outcome->sample.request_id = decoder->request_id;
    }
}

void gl_decode(gl_decoder *decoder, const gl_decode_input *input, glimpse_outcome *outcome)
{
    decoding d = { decoder, input, outcome };
    start(&d);
    gl_json root = { .kind = GL_JSON_NONE }, failing;
    size_t at = 0;
    gl_json_error json = gl_json_check(input->body, &root, &at);
    outcome->sample.body_is_json = json == GL_JSON_OK;
    if (json != GL_JSON_OK) {
        root.kind = GL_JSON_NONE;
        outcome->sample.body_len = clip(input->body, KEEP_MAX);
    }
    if (input->status >= 300 && input->status < 400) {
        snprintf(decoder->message, sizeof decoder->message, "%s (HTTP %d)",
                 glimpse_error_sentence(GLIMPSE_ERR_REDIRECT), input->status);
        fail(&d, GLIMPSE_ERR_REDIRECT, decoder->message);
    } else if (input->status < 200 || input->status >= 300) {
        fail_http(&d, root);
    } else if (input->status == 204 || is_blank(input->body)) {
        fail(&d, GLIMPSE_ERR_EMPTY_BODY, glimpse_error_sentence(GLIMPSE_ERR_EMPTY_BODY));
    } else if (json != GL_JSON_OK) {
        fail_not_json(&d, json, at);
    } else if ((failing = gl_complaint_find(root)).kind != GL_JSON_NONE) {
        fail_http(&d, failing);
    } else if (root.kind != GL_JSON_OBJECT) {
        fail_unexpected(&d, GLIMPSE_ERR_BAD_JSON, "the answer is JSON, but no object");
    } else {
        read_answer(&d, root);
    }
    if (outcome->error != GLIMPSE_OK) {
        outcome->complete = false;
        outcome->sample.delta = NULL;
        set_text(&d, gl_slice_of(NULL, 0));
    }
}

void gl_decode_broken(gl_decoder *decoder, const gl_decode_input *input, glimpse_error error,
                      const char *message, glimpse_outcome *outcome)
{
    decoding d = { decoder, input, outcome };
    start(&d);
    outcome->sample.body_len = clip(input->body, KEEP_MAX);
    gl_plain(gl_slice_str(message), decoder->message, sizeof decoder->message);
    fail(&d, error, decoder->message[0] != '\0' ? decoder->message : glimpse_error_sentence(error));
}

void gl_decode_stream_error(gl_decoder *decoder, const gl_decode_input *input,
                            glimpse_outcome *outcome)
{
    decoding d = { decoder, input, outcome };
    start(&d);
    gl_json root = { .kind = GL_JSON_NONE };
    outcome->sample.body_is_json = gl_json_check(input->body, &root, NULL) == GL_JSON_OK;
    if (!outcome->sample.body_is_json) {
        root.kind = GL_JSON_NONE;
        outcome->sample.body_len = clip(input->body, KEEP_MAX);
    }
    gl_json failing = gl_complaint_find(root); /* none where only the event's name says so */
    gl_complaint c = gl_complaint_read(failing.kind != GL_JSON_NONE ? failing : root);
    error_names names;
    read_names(decoder, &c, &names);
    outcome->error_status = gl_named_status(names.code, names.type);
    /* The money can run out between two tokens; then no status says so. */
    glimpse_error error =
        gl_named_quota(names.code, names.type) ? GLIMPSE_ERR_QUOTA : GLIMPSE_ERR_STREAM_ERROR;
    if (error == GLIMPSE_ERR_STREAM_ERROR) {
        outcome->error_code = code_string(decoder, c.code);
        /* {"type":"error"} only says once more what this is. */
        if (outcome->error_code == NULL && !gl_json_string_is(c.type, "error"))
            outcome->error_code = code_string(decoder, c.type);
    }
    plain_string(decoder, c.message, decoder->message, sizeof decoder->message);
    if (decoder->message[0] != '\0')
        fail(&d, error, decoder->message);
    else
        fail_unexpected(&d, error, glimpse_error_sentence(error));
}
