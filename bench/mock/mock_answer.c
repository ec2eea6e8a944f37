/* mock_answer.c - see mock_answer.h. Shapes by OpenAI's openapi.yaml 2.3.0. */
#include "mock/mock_answer.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "mock/mock_pack.h"

#define GIST_MAX         200 /* bytes: a sentence for a person, not a page */
#define BYTES_PER_TOKEN  4   /* OpenAI's rule of thumb for English text */
#define DIMENSIONS       8
#define DIMENSIONS_MAX   3072 /* text-embedding-3-large */
#define EMBEDDING_INPUTS 2048 /* most inputs in one request, by the API's reference */
#define CREATED          INT64_C(1700000000) /* a fixed day: an answer depends on no clock */
#define CREATED_SPREAD   0xffffff            /* seconds, about 194 days */

static uint64_t tokens(size_t bytes)
{
    return (bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
}

static void append_hex(gl_buf *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    if (!gl_buf_reserve(out, 2 * count)) return;
    for (size_t i = 0; i < count; i++) {
        out->data[out->len++] = digits[bytes[i] >> 4];
        out->data[out->len++] = digits[bytes[i] & 15];
    }
}

static void append_string_or_null(gl_buf *out, const char *text)
{
    if (text != NULL)
        gl_json_write_string(out, gl_slice_str(text));
    else
        gl_buf_append_str(out, "null");
}

static void write_error(const char *type, const char *param, const char *code, const char *message,
                        gl_buf *out)
{
    gl_buf_append_str(out, "{\"error\":{\"message\":");
    gl_json_write_string(out, gl_slice_str(message));
    gl_buf_append_str(out, ",\"type\":");
    append_string_or_null(out, type);
    gl_buf_append_str(out, ",\"param\":");
    append_string_or_null(out, param);
    gl_buf_append_str(out, ",\"code\":");
    append_string_or_null(out, code);
    gl_buf_append_str(out, "}}");
}

int mock_answer_error(int status, const char *param, const char *code, const char *message,
                      gl_buf *out)
{
    const char *type = status == 429   ? "requests"
                       : status >= 500 ? "server_error"
                                       : "invalid_request_error";
    write_error(type, param, code, message, out);
    return status;
}

int mock_answer_limit(const char *type, const char *code, const char *message, gl_buf *out)
{
    write_error(type, NULL, code, message, out);
    return 429;
}

/* --- what the answer says --------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static gl_slice trim(gl_slice text)
{
    while (text.len != 0 && is_blank(text.data[0])) text = gl_slice_of(text.data + 1, text.len - 1);
    while (text.len != 0 && is_blank(text.data[text.len - 1])) text.len--;
    return text;
}

/* What is to be summarized: all behind a line that reads "Input:", as the prompts of
 * core/policy/prompt.c have it, else the last paragraph. */
static gl_slice subject_of(gl_slice text)
{
    if (text.len == 0) return text;
    gl_slice paragraph = { 0 };
    const char *started = NULL; /* where the current paragraph begins */
    const char *at = text.data, *end = text.data + text.len;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        gl_slice line = trim(gl_slice_of(at, (size_t)(line_end - at)));
        if (newline != NULL && gl_slice_is(line, "Input:"))
            return trim(gl_slice_of(newline + 1, (size_t)(end - newline - 1)));
        if (line.len == 0) {
            started = NULL;
        } else {
            if (started == NULL) started = at;
            paragraph = gl_slice_of(started, (size_t)(line_end - started));
        }
        at = newline != NULL ? newline + 1 : end;
    }
    return trim(paragraph);
}

static gl_slice gist_of(gl_slice subject)
{
    size_t end = 0, word = 0; /* word: where the last whole one ended */
    for (; end < subject.len && end < GIST_MAX; end++) {
        char c = subject.data[end];
        if (!is_blank(c)) continue;
        word = end;
        if (end != 0 && strchr(".!?", subject.data[end - 1]) != NULL) break;
        if (c == '\n' && end + 1 < subject.len && is_blank(subject.data[end + 1]))
            break; /* the paragraph ends, or a heading that indented lines follow */
    }
    if (end == GIST_MAX && end < subject.len)
        end = word != 0 ? word : gl_utf8_clip(subject.data, subject.len, GIST_MAX);
    return trim(gl_slice_of(subject.data, end));
}

gl_slice mock_answer_gist(gl_slice text)
{
    return gist_of(subject_of(text));
}

void mock_answer_say(gl_slice subject, gl_buf *out)
{
    gl_slice gist = gist_of(trim(subject));
    if (gist.len == 0) gist = gl_slice_str("There is no user message to answer.");
    for (size_t i = 0; i < gist.len; i++) {
        if (!is_blank(gist.data[i]))
            gl_buf_append_char(out, gist.data[i]);
        else if (i == 0 || !is_blank(gist.data[i - 1]))
            gl_buf_append_char(out, ' ');
    }
}

/* A message's text: a string, or the parts of type "text". */
static void message_text(gl_json content, gl_buf *text)
{
    gl_json_string_append(content, text, NULL);
    if (content.kind != GL_JSON_ARRAY) return;
    gl_json_iter iter = gl_json_begin(content);
    gl_json part;
    while (gl_json_next(&iter, NULL, &part)) {
        if (!gl_json_string_is(gl_json_get(part, "type"), "text")) continue;
        if (text->len != 0) gl_buf_append_char(text, '\n');
        gl_json_string_append(gl_json_get(part, "text"), text, NULL);
    }
}

/* --- chat completions ------------------------------------------------------------------------- */

static int not_json(gl_json_error error, size_t at, gl_buf *out)
{
    char message[160];
    gl_buf text = { .data = message, .capacity = sizeof message, .max = sizeof message };
    gl_buf_append_str(&text, "We could not parse the JSON body of your request: ");
    gl_buf_append_str(&text, gl_json_error_text(error));
    gl_buf_append_str(&text, " at byte ");
    gl_buf_append_u64(&text, at);
    gl_buf_append_char(&text, '.');
    if (!gl_buf_terminate(&text)) return mock_answer_error(400, NULL, NULL, "Bad JSON.", out);
    return mock_answer_error(400, NULL, NULL, message, out);
}

static void write_usage(gl_buf *out, uint64_t prompt, uint64_t completion)
{
    gl_buf_append_str(out, "\"usage\":{\"prompt_tokens\":");
    gl_buf_append_u64(out, prompt);
    gl_buf_append_str(out, ",\"completion_tokens\":");
    gl_buf_append_u64(out, completion);
    gl_buf_append_str(out, ",\"total_tokens\":");
    gl_buf_append_u64(out, prompt + completion);
    gl_buf_append_str(out, ",\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
                           "\"completion_tokens_details\":{\"reasoning_tokens\":0,"
                           "\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
                           "\"rejected_prediction_tokens\":0}}");
}

static mock_stream_wish read_wish(gl_json stream, gl_json options)
{
    if (stream.kind != GL_JSON_TRUE) return MOCK_PLAIN;
    return gl_json_get(options, "include_usage").kind == GL_JSON_TRUE ? MOCK_STREAM_USAGE
                                                                      : MOCK_STREAM;
}

int mock_answer_chat(gl_slice body, const unsigned char *digest, gl_buf *text, gl_buf *out,
                     mock_stream_wish *wish)
{
    static const char *const names[] = { "model", "messages", "stream", "stream_options" };
    enum { MODEL, MESSAGES, STREAM, STREAM_OPTIONS, MEMBERS };
    gl_json root, member[MEMBERS], message;
    size_t at = 0;
    gl_json_error error = gl_json_check(body, &root, &at);
    if (error != GL_JSON_OK) return not_json(error, at, out);
    gl_json_get_many(root, names, member, MEMBERS);
    if (member[MODEL].kind != GL_JSON_STRING)
        return mock_answer_error(400, "model", NULL, "you must provide a model parameter", out);
    if (member[MESSAGES].kind == GL_JSON_NONE)
        return mock_answer_error(400, "messages", "missing_required_parameter",
                                 "Missing required parameter: 'messages'.", out);
    *wish = read_wish(member[STREAM], member[STREAM_OPTIONS]);

    gl_json_iter iter = gl_json_begin(member[MESSAGES]);
    gl_json last_user = { GL_JSON_NONE, { NULL, 0 } };
    size_t count = 0;
    for (; member[MESSAGES].kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &message); count++)
        if (gl_json_string_is(gl_json_get(message, "role"), "user"))
            last_user = gl_json_get(message, "content");
    if (count == 0)
        return mock_answer_error(400, "messages", "invalid_type",
                                 "'messages' must be an array of at least one message.", out);

    gl_buf_reset(text);
    message_text(last_user, text);
    size_t asked = text->len; /* what is said goes behind it, and moves it no more */
    gl_buf_reserve(text, GIST_MAX);
    if (!mock_pack_answer(gl_slice_of(text->data, asked), text))
        mock_answer_say(subject_of(gl_slice_of(text->data, asked)), text);
    gl_slice gist = gl_slice_of(text->data + asked, text->len - asked);

    uint32_t spread = (uint32_t)digest[0] << 16 | (uint32_t)digest[1] << 8 | digest[2];
    gl_buf_append_str(out, "{\"id\":\"chatcmpl-");
    append_hex(out, digest, 16);
    gl_buf_append_str(out, "\",\"object\":\"chat.completion\",\"created\":");
    gl_buf_append_i64(out, CREATED + (spread & CREATED_SPREAD));
    gl_buf_append_str(out, ",\"model\":");
    gl_buf_append(out, member[MODEL].text.data, member[MODEL].text.len);
    gl_buf_append_str(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                           "\"content\":");
    gl_json_write_string(out, gist);
    gl_buf_append_str(out, ",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,"
                           "\"finish_reason\":\"stop\"}],");
    write_usage(out, tokens(member[MESSAGES].text.len), tokens(gist.len));
    gl_buf_append_str(out, ",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_");
    append_hex(out, digest + 16, 5);
    gl_buf_append_str(out, "\"}\n");
    return 200;
}

/* --- embeddings ------------------------------------------------------------------------------- */

/* Little-endian 32-bit floats in base64, the form that the official SDKs ask for. */
static void append_base64(gl_buf *out, const float *vector, size_t count)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bytes = count * 4;
    for (size_t i = 0; i < bytes; i += 3) {
        uint32_t group = 0;
        for (size_t j = i; j < i + 3; j++) {
            uint32_t bits = 0;
            if (j < bytes) memcpy(&bits, &vector[j / 4], sizeof bits);
            group = group << 8 | (bits >> (8 * (j % 4)) & 0xff);
        }
        for (size_t j = 0; j < 4; j++)
            gl_buf_append_char(out, i + j > bytes ? '=' : letters[group >> (18 - 6 * j) & 63]);
    }
}

static void append_vector(gl_buf *out, gl_slice of, size_t count, bool base64)
{
    float vector[DIMENSIONS_MAX];
    uint64_t seed = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < of.len; i++)
        seed = (seed ^ (unsigned char)of.data[i]) * UINT64_C(1099511628211);
    gl_rng rng;
    gl_rng_seed(&rng, seed);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        vector[i] = (float)(2 * gl_rng_uniform(&rng) - 1);
        sum += (double)vector[i] * (double)vector[i];
    }
    double length = sum > 0 ? sqrt(sum) : 1; /* of unit length, as OpenAI's are */
    for (size_t i = 0; i < count; i++) vector[i] = (float)((double)vector[i] / length);
    if (base64) {
        gl_buf_append_char(out, '"');
        append_base64(out, vector, count);
        gl_buf_append_char(out, '"');
        return;
    }
    gl_buf_append_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        gl_json_write_double(out, nearbyint((double)vector[i] * 1e6) / 1e6);
    }
    gl_buf_append_char(out, ']');
}

static void append_embedding(gl_buf *out, size_t index, gl_slice of, size_t count, bool base64)
{
    if (index != 0) gl_buf_append_char(out, ',');
    gl_buf_append_str(out, "{\"object\":\"embedding\",\"index\":");
    gl_buf_append_u64(out, index);
    gl_buf_append_str(out, ",\"embedding\":");
    append_vector(out, of, count, base64);
    gl_buf_append_char(out, '}');
}

int mock_answer_embeddings(gl_slice body, gl_buf *text, gl_buf *out)
{
    static const char *const names[] = { "model", "input", "dimensions", "encoding_format" };
    enum { MODEL, INPUT, DIMENSION, FORMAT, MEMBERS };
    gl_json root, member[MEMBERS], item;
    size_t at = 0, inputs = 0;
    int64_t dimensions = DIMENSIONS;
    gl_json_error error = gl_json_check(body, &root, &at);
    if (error != GL_JSON_OK) return not_json(error, at, out);
    gl_json_get_many(root, names, member, MEMBERS);
    if (member[MODEL].kind != GL_JSON_STRING)
        return mock_answer_error(400, "model", NULL, "you must provide a model parameter", out);
    if (member[INPUT].kind != GL_JSON_STRING && member[INPUT].kind != GL_JSON_ARRAY)
        return mock_answer_error(400, "input", "missing_required_parameter",
                                 "Missing required parameter: 'input'.", out);
    if (member[DIMENSION].kind != GL_JSON_NONE && (!gl_json_int64(member[DIMENSION], &dimensions) ||
                                                   dimensions < 1 || dimensions > DIMENSIONS_MAX))
        return mock_answer_error(400, "dimensions", "invalid_value",
                                 "'dimensions' must be between 1 and 3072.", out);
    bool base64 = gl_json_string_is(member[FORMAT], "base64");

    gl_buf_reset(text); /* the answer's data, as the number of inputs decides what is answered */
    gl_json_iter iter = gl_json_begin(member[INPUT]);
    if (member[INPUT].kind == GL_JSON_STRING) {
        append_embedding(text, inputs++, member[INPUT].text, (size_t)dimensions, base64);
    } else {
        gl_json_iter first = iter;
        bool one = gl_json_next(&first, NULL, &item) && item.kind == GL_JSON_NUMBER;
        if (one) /* an array of tokens is one input */
            append_embedding(text, inputs++, member[INPUT].text, (size_t)dimensions, base64);
        while (!one && inputs <= EMBEDDING_INPUTS && gl_json_next(&iter, NULL, &item))
            append_embedding(text, inputs++, item.text, (size_t)dimensions, base64);
    }
    if (inputs == 0 || inputs > EMBEDDING_INPUTS)
        return mock_answer_error(400, "input", "invalid_value",
                                 "'input' must hold 1 to 2048 inputs.", out);
    uint64_t used = tokens(member[INPUT].text.len);
    gl_buf_append_str(out, "{\"object\":\"list\",\"data\":[");
    gl_buf_append(out, text->data, text->len);
    gl_buf_append_str(out, "],\"model\":");
    gl_buf_append(out, member[MODEL].text.data, member[MODEL].text.len);
    gl_buf_append_str(out, ",\"usage\":{\"prompt_tokens\":");
    gl_buf_append_u64(out, used);
    gl_buf_append_str(out, ",\"total_tokens\":");
    gl_buf_append_u64(out, used);
    gl_buf_append_str(out, "}}\n");
    return 200;
}

int mock_answer_models(gl_buf *out)
{
    static const char *const models[] = { "gpt-4o-mini", "gpt-4o", "text-embedding-3-small" };
    gl_buf_append_str(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        gl_buf_append_str(out, "{\"id\":");
        gl_json_write_string(out, gl_slice_str(models[i]));
        gl_buf_append_str(out, ",\"object\":\"model\",\"created\":");
        gl_buf_append_i64(out, CREATED);
        gl_buf_append_str(out, ",\"owned_by\":\"glimpse-mock\"}");
    }
    gl_buf_append_str(out, "]}\n");
    return 200;
}
