/*
 * answer.c - reads the fields of an answer: a completion's choices, a response's output, the usage.
 *
 * Owns nothing; the fields go into the decoder's memory (decode_internal.h). Decides no retry.
 */
#include "base/count.h"
#include "openai/decode_internal.h"

#include "openai/content.h"
#include "openai/finish.h"
#include "openai/path.h"

static int64_t count_of(gl_json value)
{
    int64_t number;
    return gl_json_int64(value, &number) && number >= 0 && number <= GL_COUNT_MAX ? number : -1;
}

/* The values of a usage, in the order in which they are wanted. */
enum { PROMPT, COMPLETION, TOTAL, INPUT, OUTPUT, COUNTS };

static void take_usage(glimpse_usage *usage, const gl_json *found)
{
    usage->prompt_tokens =
        count_of(found[PROMPT].kind != GL_JSON_NONE ? found[PROMPT] : found[INPUT]);
    usage->completion_tokens =
        count_of(found[COMPLETION].kind != GL_JSON_NONE ? found[COMPLETION] : found[OUTPUT]);
    usage->total_tokens = count_of(found[TOTAL]);
}

/* A usage that stands elsewhere than in the root. */
static void read_usage(glimpse_usage *usage, gl_json value)
{
    static const char *const names[COUNTS] = { "prompt_tokens", "completion_tokens", "total_tokens",
                                               "input_tokens", "output_tokens" };
    gl_json found[COUNTS];
    gl_json_get_many(value, names, found, COUNTS);
    take_usage(usage, found);
}

/* Reads a count that may be absent (0). false: it is there and is no count. */
static bool read_count(gl_json value, int64_t *out)
{
    *out = 0;
    if (value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL) return true;
    *out = count_of(value);
    return *out >= 0;
}

/* Nothing of it is guessed: a count that is none makes the whole bill unknown. */
static void read_bill(glimpse_bill *out, const gl_root *root)
{
    const gl_json *found = root->member;
    gl_json tier = found[GL_ROOT_SERVICE_TIER], prompt = found[GL_USAGE_PROMPT_TOKENS];
    bool newer = prompt.kind == GL_JSON_NONE; /* the words of /responses */
    if (newer) prompt = found[GL_USAGE_INPUT_TOKENS];
    glimpse_bill bill;
    bool known = prompt.kind == GL_JSON_NUMBER &&
                 (tier.kind != GL_JSON_STRING || gl_json_string_is(tier, "default")) &&
                 read_count(prompt, &bill.prompt_tokens) &&
                 read_count(found[newer ? GL_USAGE_OUTPUT_TOKENS : GL_USAGE_COMPLETION_TOKENS],
                            &bill.completion_tokens) &&
                 read_count(found[newer ? GL_USAGE_INPUT_CACHED : GL_USAGE_PROMPT_CACHED],
                            &bill.cached_tokens) &&
                 bill.cached_tokens <= bill.prompt_tokens;
    if (known) *out = bill;
}

static void set_refusal(const decoding *d, gl_json refusal)
{
    set_text(d, string_text(refusal, &d->decoder->text));
    d->outcome->sample.delta = "the model refused";
    d->outcome->complete = false;
}

/* Appends the text of content parts; the last refusal among them goes to *refusal. Returns true
 * when there are parts other than thoughts besides, such as an image. */
static bool append_parts(gl_buf *text, gl_json parts, gl_json *refusal)
{
    gl_json_iter iter = gl_json_begin(parts);
    gl_json part;
    bool others = false;
    while (gl_json_next(&iter, NULL, &part)) {
        gl_json words = gl_content_part(part, refusal);
        gl_json_string_append(words, text, NULL);
        if (words.kind == GL_JSON_NONE && part.kind == GL_JSON_OBJECT) {
            gl_json type = gl_json_get(part, "type");
            others =
                others || !(gl_json_string_is(type, "thinking") ||
                            gl_json_string_is(type, "reasoning") || gl_json_has_text(*refusal));
        }
    }
    return others;
}

/* Returns true for an array or a string that is not empty, and for any object. */
static bool is_given(gl_json value)
{
    gl_json_iter iter = gl_json_begin(value);
    gl_json first;
    if (value.kind == GL_JSON_ARRAY) return gl_json_next(&iter, NULL, &first);
    return value.kind == GL_JSON_OBJECT || gl_json_has_text(value);
}

/* Returns true when a message has members besides its role: reasoning, or members unknown here. */
static bool says_anything(gl_json message)
{
    gl_json_iter iter = gl_json_begin(message);
    gl_json name, value;
    while (gl_json_next(&iter, &name, &value))
        if (!gl_json_string_is(name, "role") && is_given(value)) return true;
    return false;
}

/* Reads the first choice; false when it is none, or its content cannot be read. */
static bool read_choice(const decoding *d, const gl_root *root)
{
    const gl_choice *choice = &root->first;
    const gl_json *found = root->member;
    gl_decoder *decoder = d->decoder;
    glimpse_sample_fields *sample = &d->outcome->sample;
    gl_json content = found[GL_MESSAGE_CONTENT], refusal = found[GL_MESSAGE_REFUSAL];
    bool others = false;
    if (choice->message.kind != GL_JSON_OBJECT) {
        content = choice->text; /* a completion that is no chat */
        if (content.kind != GL_JSON_STRING) return false;
    }
    if (choice->finish != GL_FINISH_NONE)
        sample->finish_reason = plain_string(decoder, choice->finish_reason, decoder->finish_reason,
                                             sizeof decoder->finish_reason);
    if (content.kind == GL_JSON_STRING) {
        set_text(d, string_text(content, &decoder->text));
    } else if (content.kind == GL_JSON_ARRAY) {
        others = append_parts(&decoder->text, content, &refusal);
        set_text(d, gl_buf_slice(&decoder->text));
    } else if (gl_json_has_text(
                   gl_json_get(content, "text"))) { /* one part, without a list around it */
        gl_json_string_append(gl_json_get(content, "text"), &decoder->text, NULL);
        set_text(d, gl_buf_slice(&decoder->text));
    } else if (content.kind != GL_JSON_NULL && content.kind != GL_JSON_NONE) {
        return false;
    }
    bool calls =
        is_given(found[GL_MESSAGE_TOOL_CALLS]) || is_given(found[GL_MESSAGE_FUNCTION_CALL]);
    d->outcome->complete = choice->finish == GL_FINISH_WELL && (sample->text_len != 0 || calls);
    d->outcome->empty = sample->text_len == 0 && !calls && !others &&
                        !is_given(found[GL_MESSAGE_AUDIO]) && !is_given(found[GL_MESSAGE_IMAGES]) &&
                        !gl_json_has_text(refusal);
    if (gl_json_has_text(refusal)) set_refusal(d, refusal);
    return true;
}

static void read_choices(const decoding *d, const gl_root *root)
{
    const gl_choice *first = &root->first;
    if (first->value.kind == GL_JSON_NONE) {
        if (d->input->merged)
            fail_unexpected(d, GLIMPSE_ERR_EMPTY_BODY, "the stream held no answer");
        else
            fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer has no choices");
        return;
    }
    if (!read_choice(d, root)) {
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON,
                        first->message.kind == GL_JSON_OBJECT
                            ? "the content of the answer's first choice is no text"
                            : "the answer's first choice has no message");
        return;
    }
    if (!root->others_well) d->outcome->complete = false;
    gl_json usage = first->usage; /* Kimi's streams have it here */
    if (usage.kind == GL_JSON_OBJECT && d->outcome->sample.usage.completion_tokens < 0)
        read_usage(&d->outcome->sample.usage, usage);
    if (first->finish == GL_FINISH_FILTERED)
        fail(d, GLIMPSE_ERR_CONTENT_FILTER, glimpse_error_sentence(GLIMPSE_ERR_CONTENT_FILTER));
    else if (first->finish == GL_FINISH_NONE && root->only && d->outcome->empty &&
             !says_anything(first->message))
        fail_unexpected(d, GLIMPSE_ERR_EMPTY_BODY,
                        "the answer holds nothing: no text, no call, no finish reason");
}

/* A response that ended without an answer, or has not ended; its error was looked for before. */
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
static void read_response(const decoding *d, const gl_root *root)
{
    gl_decoder *decoder = d->decoder;
    gl_json status = root->member[GL_ROOT_STATUS], output = root->member[GL_ROOT_OUTPUT];
    gl_json item, refusal = { .kind = GL_JSON_NONE };
    if (response_failed(d, status)) return;
    if (output.kind != GL_JSON_ARRAY) {
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer has no output");
        return;
    }
    bool others = false;
    gl_json_iter iter = gl_json_begin(output);
    while (gl_json_next(&iter, NULL, &item)) {
        gl_json type = gl_json_get(item, "type");
        gl_json content = gl_json_get(item, "content");
        if (!gl_json_string_is(type, "message"))
            others = others || !gl_json_string_is(type, "reasoning"); /* a call, an image */
        else if (content.kind == GL_JSON_ARRAY)
            others = append_parts(&decoder->text, content, &refusal) || others;
    }
    bool repeated = decoder->text.len != 0;
    set_text(d, repeated ? gl_buf_slice(&decoder->text) : d->input->streamed);
    gl_json reason = gl_json_get(root->member[GL_ROOT_INCOMPLETE_DETAILS], "reason");
    d->outcome->complete = status.kind == GL_JSON_NONE || gl_json_string_is(status, "completed");
    d->outcome->sample.finish_reason =
        plain_string(decoder, gl_json_has_text(reason) ? reason : status, decoder->finish_reason,
                     sizeof decoder->finish_reason);
    d->outcome->empty = d->outcome->sample.text_len == 0 && !others && !gl_json_has_text(refusal) &&
                        !d->input->background;
    if (d->outcome->empty) d->outcome->complete = false;
    if (gl_json_has_text(refusal)) set_refusal(d, refusal);
    if (gl_finish_of(reason) == GL_FINISH_FILTERED)
        fail(d, GLIMPSE_ERR_CONTENT_FILTER, glimpse_error_sentence(GLIMPSE_ERR_CONTENT_FILTER));
}

static bool has_members(gl_json object)
{
    gl_json_iter iter = gl_json_begin(object);
    gl_json name, value;
    return gl_json_next(&iter, &name, &value);
}

void gl_decode_answer(const decoding *d, const gl_root *root)
{
    gl_decoder *decoder = d->decoder;
    gl_json usage = root->member[GL_ROOT_USAGE];
    d->outcome->sample.model =
        plain_string(decoder, root->member[GL_ROOT_MODEL], decoder->model, sizeof decoder->model);
    if (usage.kind == GL_JSON_OBJECT)
        take_usage(&d->outcome->sample.usage, &root->member[GL_USAGE_PROMPT_TOKENS]);
    else
        read_usage(&d->outcome->sample.usage, gl_json_get(root->member[GL_ROOT_X_GROQ], "usage"));
    read_bill(&d->outcome->sample.bill, root);
    if (gl_path_ends(d->input->path, "/completions"))
        read_choices(d, root);
    else if (gl_path_ends(d->input->path, "/responses"))
        read_response(d, root);
    else if (gl_path_ends(d->input->path, "/embeddings") &&
             root->member[GL_ROOT_DATA].kind != GL_JSON_ARRAY)
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer has no data");
    else if (!has_members(root->member[GL_ROOT_VALUE]))
        fail_unexpected(d, GLIMPSE_ERR_BAD_JSON, "the answer is an empty object");
    else
        d->outcome->complete = true;
    if (decoder->text.failed) {
        d->outcome->complete = d->outcome->empty = false;
        fail(d, GLIMPSE_ERR_OOM, glimpse_error_sentence(GLIMPSE_ERR_OOM));
    }
}
