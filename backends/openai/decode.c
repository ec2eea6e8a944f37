/*
 * decode.c - turns an HTTP response into an outcome.
 *
 * Owns the scratch memory that an outcome points into (decode_internal.h): short strings in fixed
 * arrays, and two buffers for strings with escapes (a text without escapes is a slice of the body).
 * A 200 is believed only after its whole body was checked. Every text that goes into a message
 * passes gl_plain. Knows no network, and decides no retry.
 */
#include "openai/decode_internal.h"

#include <strings.h>

#include "base/alloc.h"
#include "base/form.h"
#include "base/utf8.h"
#include "openai/advice.h"
#include "openai/body_wait.h"
#include "openai/complaint.h"
#include "openai/named_status.h"
#include "openai/retry_after.h"
#include "status.h"

/* Bytes that are kept of a body that is not JSON. */
#define KEEP_MAX 4096
/* Bytes of the name of an encoding, of an address with its advice, of a validator's place. */
#define ADDRESS_MAX 300
#define PLACE_MAX   128
/* Scratch beyond this is given back before the next response. */
#define SCRATCH_KEEP ((size_t)1 << 20)

gl_decoder *gl_decoder_new(void)
{
    gl_decoder *decoder = gl_calloc(1, sizeof *decoder);
    if (decoder == NULL) return NULL;
    /* A decoded text is never longer than the body, whose size http.c limits. */
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

/* --- strings --- */

/* A string, or an integer as its digits; NULL when it is neither, or empty. */
static const char *code_string(gl_decoder *decoder, gl_json value)
{
    int64_t number;
    if (gl_json_has_text(value))
        plain_string(decoder, value, decoder->code, sizeof decoder->code);
    else if (gl_json_int64(value, &number))
        snprintf(decoder->code, sizeof decoder->code, "%lld", (long long)number);
    else
        return NULL;
    return decoder->code[0] != '\0' ? decoder->code : NULL;
}

/* Returns the largest n <= limit that does not end inside a UTF-8 character; the text may not be
 * UTF-8. */
static size_t clip(gl_slice text, size_t limit)
{
    if (text.len <= limit) return text.len;
    size_t end = limit;
    while (end > 0 && limit - end < 3 && ((unsigned char)text.data[end] & 0xC0) == 0x80) end--;
    return end;
}

/* --- failures --- */

/* Returns the name of a compression that no header named, so that libcurl did not undo it; NULL:
 * the body is none. Its bytes are of no use in a message or a record, and are dropped. */
static const char *drop_compressed(const decoding *d)
{
    bool compressed;
    const char *name = gl_form_name(d->input->body, &compressed);
    if (name == NULL || !compressed) return NULL;
    set_body(d, gl_slice_of(NULL, 0));
    return name;
}

/* Appends advice behind the endpoint's own words, whose end makes room. */
static void append_advice(gl_decoder *decoder, const char *text)
{
    size_t len = strlen(decoder->message), more = strlen(text);
    size_t most = sizeof decoder->message - 1 - more;
    if (len > most) len = clip(gl_slice_of(decoder->message, len), most);
    memcpy(decoder->message + len, text, more + 1);
}

/* Returns true for a page of a web site, as from a base URL that is not the API's. */
static bool is_page(const decoding *d)
{
    const char *type = content_type(d);
    return type != NULL && strncasecmp(type, "text/html", 9) == 0;
}

static void append_address(const decoding *d)
{
    char address[ADDRESS_MAX];
    const gl_decode_input *input = d->input;
    if (input->base_url == NULL || input->asked_path == NULL) return;
    gl_advice_address(input->base_url, input->asked_path, address, sizeof address);
    append_advice(d->decoder, address);
}

static void fail_not_json(const decoding *d, gl_json_error error, size_t at)
{
    char problem[160];
    const char *form = gl_form_name(d->input->body, NULL), *encoding = drop_compressed(d);
    bool utf8 = error == GL_JSON_UTF8;
    glimpse_error kind = utf8 ? GLIMPSE_ERR_BAD_UTF8 : GLIMPSE_ERR_BAD_JSON;
    if (encoding != NULL) {
        snprintf(
            d->decoder->message, sizeof d->decoder->message,
            "the answer is compressed (%s), which no header says: turn that off at the server, "
            "or at a proxy in between",
            encoding);
        fail(d, GLIMPSE_ERR_BAD_JSON, d->decoder->message);
        return;
    }
    if (form != NULL)
        snprintf(problem, sizeof problem, "the answer is %s, and not UTF-8 as JSON is", form);
    else
        snprintf(problem, sizeof problem, "the answer is not %s: %s at byte %zu",
                 utf8 ? "UTF-8" : "JSON", gl_json_error_text(error), at);
    fail_unexpected(d, kind, problem);
    if (is_page(d)) append_address(d);
}

static void fail_not_object(const decoding *d, gl_json_kind kind)
{
    static const char *const names[] = {
        [GL_JSON_NULL] = "null",       [GL_JSON_FALSE] = "false",     [GL_JSON_TRUE] = "true",
        [GL_JSON_NUMBER] = "a number", [GL_JSON_STRING] = "a string", [GL_JSON_ARRAY] = "an array"
    };
    char problem[64];
    snprintf(problem, sizeof problem, "the answer is JSON, but %s and no object", names[kind]);
    fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, problem);
}

static void fail_redirect(const decoding *d)
{
    const gl_decode_input *input = d->input;
    gl_advice_redirect(input->status, header(d, "location"), input->path, d->decoder->message,
                       sizeof d->decoder->message);
    fail(d, GLIMPSE_ERR_REDIRECT, d->decoder->message);
}

/* The names of an error. */
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

/* " (body.stream_options)": the place that a validator names. */
static void append_place(gl_decoder *decoder, gl_json place)
{
    char text[PLACE_MAX];
    gl_json_iter iter = gl_json_begin(place);
    gl_json item;
    gl_buf *buf = &decoder->scratch;
    if (place.kind != GL_JSON_ARRAY || decoder->message[0] == '\0') return;
    gl_buf_reset(buf);
    while (gl_json_next(&iter, NULL, &item)) {
        if (item.kind != GL_JSON_STRING && item.kind != GL_JSON_NUMBER) continue;
        gl_buf_append_str(buf, buf->len == 0 ? " (" : ".");
        if (item.kind == GL_JSON_STRING)
            gl_json_string_append(item, buf, NULL);
        else
            gl_buf_append(buf, item.text.data, item.text.len);
    }
    if (buf->len == 0 || buf->failed) return;
    gl_buf_append_char(buf, ')');
    gl_plain(gl_buf_slice(buf), text + 1, sizeof text - 1);
    text[0] = ' ';
    append_advice(decoder, text);
}

/* Reads the endpoint's words, and the wait in the body; a header's wait comes first. */
static void read_message(const decoding *d, const gl_complaint *c, gl_json failure)
{
    gl_decoder *decoder = d->decoder;
    plain_string(decoder, c->message, decoder->message, sizeof decoder->message);
    append_place(decoder, c->place);
    int64_t *wait = &d->outcome->retry_after_ms;
    if (*wait < 0) *wait = gl_body_wait(failure);
    if (*wait < 0) *wait = gl_worded_wait(decoder->message);
}

/* The money can run out between two tokens; then there is no status for it. */
static bool is_quota(const gl_decoder *decoder, int status, const error_names *names)
{
    return status == 402 || gl_named_quota(names->code, names->type) ||
           gl_worded_quota(decoder->message);
}

/* Words a failure without a message of the endpoint: the meaning of its status, and the beginning
 * of its body. */
static void say_status(const decoding *d, glimpse_error error, glimpse_status mapped, int status)
{
    char problem[160];
    const char *encoding = NULL;
    snprintf(problem, sizeof problem, "%s (HTTP %d)",
             status == 413 ? "the endpoint refuses a request of this size"
                           : glimpse_status_sentence(mapped),
             status);
    bool quote = d->input->body.len != 0 && !d->outcome->sample.body_is_json;
    if (quote && (encoding = drop_compressed(d)) != NULL)
        snprintf(d->decoder->message, sizeof d->decoder->message,
                 "%s; its words are compressed (%s), which no header says", problem, encoding);
    else if (d->input->body.len != 0)
        fail_unexpected(d, error, problem);
    else
        snprintf(d->decoder->message, sizeof d->decoder->message, "%s", problem);
}

/* A 404 or 405 means that there is no endpoint at this path, unless it is about a model. */
static bool is_wrong_address(const decoding *d)
{
    int status = d->input->status;
    return status == 405 || (status == 404 && strcasestr(d->decoder->message, "model") == NULL);
}

/* Returns the code of an error: its `code`, or its `type` where that is more specific. */
static const char *error_code(gl_decoder *decoder, const gl_complaint *c, const error_names *names)
{
    const char *code = code_string(decoder, c->code);
    /* {"type":"error"} only repeats that this is an error. */
    bool typed = gl_json_has_text(c->type) && !gl_json_string_is(c->type, "error");
    return typed && (code == NULL || strcmp(names->code, "500") == 0)
               ? code_string(decoder, c->type)
               : code;
}

/* A request longer than the context is too long each time, with any status: 400 takes the place of
 * a status that would be retried, or of none. */
static bool is_too_long(const gl_decoder *decoder, int status)
{
    bool again = status < 400 || status == 408 || status == 409 || status == 429 || status >= 500;
    return again && gl_worded_too_long(decoder->message);
}

/* The endpoint answered with an error; root is NONE when the body is not JSON. */
static void fail_http(const decoding *d, gl_json root)
{
    gl_decoder *decoder = d->decoder;
    gl_complaint c = gl_complaint_read(root);
    error_names names;
    read_names(decoder, &c, &names);
    int status = d->input->status;
    /* Judged as if it had been the status that it names. Servers send 200 and 500 with any error;
     * any other status is meant. */
    if (status < 300 || status == 500)
        d->outcome->error_status =
            c.status != 0 ? c.status : gl_named_status(names.code, names.type);
    if (d->outcome->error_status == status) d->outcome->error_status = 0;
    read_message(d, &c, root);
    bool too_long = is_too_long(decoder, status);
    if (too_long) d->outcome->error_status = 400;
    if (d->outcome->error_status != 0) status = d->outcome->error_status;
    glimpse_error error = is_quota(decoder, status, &names) ? GLIMPSE_ERR_QUOTA : GLIMPSE_ERR_HTTP;
    glimpse_status mapped = gl_status_of(error, status);

    /* For a quota the kind tells a script more than the endpoint's name for it. */
    if (error == GLIMPSE_ERR_HTTP) {
        const char *code = error_code(decoder, &c, &names);
        d->outcome->error_code = code != NULL ? code : glimpse_status_name(mapped);
        if (too_long) d->outcome->error_code = "context_length_exceeded";
    }

    bool wrong = is_wrong_address(d);
    if (decoder->message[0] == '\0') say_status(d, error, mapped, status);
    const char *more = gl_advice_parameter(status, &c, decoder->message);
    if (more != NULL) append_advice(decoder, more);
    if (wrong) append_address(d);
    fail(d, error, decoder->message);
}

/* --- entry points --- */

static bool is_blank(gl_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr(" \t\r\n", text.data[i], 4) == NULL) return false;
    return true;
}

/* Returns when the answer was sent, for measuring a date in it. */
static int64_t answered_at(const decoding *d)
{
    const gl_decode_input *input = d->input;
    const char *date = input->retry_after != NULL ? header(d, "date") : NULL;
    return gl_answer_time(date, input->now_unix_ms);
}

static void start(const decoding *d)
{
    gl_decoder *decoder = d->decoder;
    const gl_decode_input *input = d->input;
    glimpse_outcome *outcome = d->outcome;
    gl_buf_recycle(&decoder->text, SCRATCH_KEEP);
    gl_buf_recycle(&decoder->scratch, SCRATCH_KEEP);
    glimpse_outcome_init(outcome);
    outcome->retry_after_ms =
        gl_retry_after(input->retry_after_ms, input->retry_after, answered_at(d));
    outcome->should_retry = gl_should_retry(input->should_retry);
    outcome->sample.http_status = input->status;
    set_body(d, input->body);
    if (input->request_id != NULL) {
        gl_plain(gl_slice_str(input->request_id), decoder->request_id, sizeof decoder->request_id);
        outcome->sample.request_id = decoder->request_id;
    }
}

/* Leaves out the byte order mark that some servers put before their JSON; both SDKs of OpenAI do
 * so. */
static gl_slice without_mark(gl_slice body)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t len = sizeof mark - 1;
    if (body.len < len || memcmp(body.data, mark, len) != 0) return body;
    return gl_slice_of(body.data + len, body.len - len);
}

/* A 2xx that is JSON: an answer, or an error all the same. */
static void read_json(const decoding *d, const gl_root *root)
{
    gl_json failing = gl_complaint_find(root);
    gl_json_kind kind = root->member[GL_ROOT_VALUE].kind;
    if (failing.kind != GL_JSON_NONE)
        fail_http(d, failing);
    else if (kind != GL_JSON_OBJECT)
        fail_not_object(d, kind);
    else
        gl_decode_answer(d, root);
}

void gl_decode(gl_decoder *decoder, const gl_decode_input *given, glimpse_outcome *outcome)
{
    gl_decode_input unmarked = *given, *input = &unmarked;
    input->body = without_mark(given->body);
    decoding d = { decoder, input, outcome };
    start(&d);
    gl_root root;
    size_t at = 0;
    gl_json_error json = gl_root_check(input->body, &root, &at);
    outcome->sample.body_is_json = json == GL_JSON_OK;
    if (json != GL_JSON_OK)
        set_body(&d, gl_slice_of(input->body.data, clip(input->body, KEEP_MAX)));
    if (input->status >= 300 && input->status < 400) {
        fail_redirect(&d);
    } else if (input->status < 200 || input->status >= 300) {
        fail_http(&d, root.member[GL_ROOT_VALUE]);
    } else if (input->status == 204 || is_blank(input->body)) {
        fail(&d, GLIMPSE_ERR_EMPTY_BODY, glimpse_error_sentence(GLIMPSE_ERR_EMPTY_BODY));
    } else if (json != GL_JSON_OK) {
        fail_not_json(&d, json, at);
    } else {
        read_json(&d, &root);
    }
    if (outcome->error != GLIMPSE_OK) {
        outcome->complete = outcome->empty = false;
        outcome->sample.delta = NULL;
        set_text(&d, gl_slice_of(NULL, 0));
    }
}

void gl_decode_broken(gl_decoder *decoder, const gl_decode_input *input, glimpse_error error,
                      const char *message, glimpse_outcome *outcome)
{
    decoding d = { decoder, input, outcome };
    start(&d);
    set_body(&d, gl_slice_of(input->body.data, clip(input->body, KEEP_MAX)));
    if (error == GLIMPSE_ERR_REDIRECT) {
        fail_redirect(&d);
        return;
    }
    gl_plain(gl_slice_str(message), decoder->message, sizeof decoder->message);
    fail(&d, error, decoder->message[0] != '\0' ? decoder->message : glimpse_error_sentence(error));
}

void gl_decode_stream_error(gl_decoder *decoder, const gl_decode_input *input,
                            glimpse_outcome *outcome)
{
    decoding d = { decoder, input, outcome };
    start(&d);
    gl_root parts;
    outcome->sample.body_is_json = gl_root_check(input->body, &parts, NULL) == GL_JSON_OK;
    if (!outcome->sample.body_is_json)
        set_body(&d, gl_slice_of(input->body.data, clip(input->body, KEEP_MAX)));
    gl_json root = parts.member[GL_ROOT_VALUE];
    gl_json failing = gl_complaint_find(&parts); /* NONE: only the event's name marks the error */
    gl_complaint c = gl_complaint_read(failing.kind != GL_JSON_NONE ? failing : root);
    error_names names;
    read_names(decoder, &c, &names);
    outcome->error_status = c.status != 0 ? c.status : gl_named_status(names.code, names.type);
    read_message(&d, &c, root);
    glimpse_error error = is_quota(decoder, outcome->error_status, &names)
                              ? GLIMPSE_ERR_QUOTA
                              : GLIMPSE_ERR_STREAM_ERROR;
    if (error == GLIMPSE_ERR_STREAM_ERROR) outcome->error_code = error_code(decoder, &c, &names);
    if (is_too_long(decoder, outcome->error_status)) {
        outcome->error_status = 400;
        outcome->error_code = "context_length_exceeded";
    }
    if (decoder->message[0] != '\0')
        fail(&d, error, decoder->message);
    else
        fail_unexpected(&d, error, glimpse_error_sentence(error));
}
