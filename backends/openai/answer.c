/*
 * answer.c - the fields of an answer: a completion's choices, a response's output, the usage.
 *
 * Owns nothing; what it finds goes into the decoder's memory (decode_internal.h). Called by
 * decode.c for a 2xx that holds no error. Decides no retry.
 */
#include "openai/decode_internal.h"

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
    } else if (has_text(gl_json_get(found[CONTENT], "text"))) { /* one part, outside of a list */
        gl_json_string_append(gl_json_get(found[CONTENT], "text"), &decoder->text, NULL);
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
        bool message = gl_json_get(choice, "message").kind == GL_JSON_OBJECT;
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON,
                        message ? "the content of the answer's first choice is no text"
                                : "the answer's first choice has no message");
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

static bool has_members(gl_json object)
{
    gl_json_iter iter = gl_json_begin(object);
    gl_json name, value;
    return gl_json_next(&iter, &name, &value);
}

void gl_decode_answer(const decoding *d, gl_json root)
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
