/* ask.c - see ask.h. Members, limits and complaints by OpenAI's openapi.yaml 2.3.0. */
#include "mock/ask.h"

#include <stdio.h>

#include "mock/ask_private.h"
#include "mock/error.h"

/* --- members ---------------------------------------------------------------------------------- */

typedef enum check { ANY, TEXT, FLAG, INTEGER, NUMBER, LIST, OBJECT } check;

typedef struct known {
    const char *name;
    size_t len; /* of the name */
    check check;
    double least, most;
} known;

#define MANY 9e15 /* below 2^53: a count that a double holds */

#define NAME(text) text, sizeof text - 1
/* In the order of mock_member. */
static const known members[MOCK_MEMBERS] = {
    [MOCK_MODEL] = { NAME("model"), TEXT, 0, 0 },
    [MOCK_MESSAGES] = { NAME("messages"), LIST, 0, 0 },
    [MOCK_STREAM] = { NAME("stream"), FLAG, 0, 0 },
    [MOCK_STREAM_OPTIONS] = { NAME("stream_options"), OBJECT, 0, 0 },
    [MOCK_TEMPERATURE] = { NAME("temperature"), NUMBER, 0, 2 },
    [MOCK_MAX_TOKENS] = { NAME("max_tokens"), INTEGER, 1, MANY },
    [MOCK_MAX_COMPLETION_TOKENS] = { NAME("max_completion_tokens"), INTEGER, 1, MANY },
    [MOCK_MAX_OUTPUT_TOKENS] = { NAME("max_output_tokens"), INTEGER, 1, MANY },
    [MOCK_MIN_TOKENS] = { NAME("min_tokens"), INTEGER, 0, MANY },
    [MOCK_IGNORE_EOS] = { NAME("ignore_eos"), FLAG, 0, 0 },
    [MOCK_N] = { NAME("n"), INTEGER, 1, MOCK_CHOICES_MAX },
    [MOCK_STOP] = { NAME("stop"), ANY, 0, 0 },
    [MOCK_TOP_P] = { NAME("top_p"), NUMBER, 0, 1 },
    [MOCK_PRESENCE_PENALTY] = { NAME("presence_penalty"), NUMBER, -2, 2 },
    [MOCK_FREQUENCY_PENALTY] = { NAME("frequency_penalty"), NUMBER, -2, 2 },
    [MOCK_SEED] = { NAME("seed"), INTEGER, -9.3e18, 9.3e18 },
    [MOCK_TOOLS] = { NAME("tools"), LIST, 0, 0 },
    [MOCK_TOOL_CHOICE] = { NAME("tool_choice"), ANY, 0, 0 },
    [MOCK_PARALLEL_TOOL_CALLS] = { NAME("parallel_tool_calls"), FLAG, 0, 0 },
    [MOCK_RESPONSE_FORMAT] = { NAME("response_format"), OBJECT, 0, 0 },
    [MOCK_LOGPROBS] = { NAME("logprobs"), ANY, 0, 0 },
    [MOCK_TOP_LOGPROBS] = { NAME("top_logprobs"), INTEGER, 0, 20 },
    [MOCK_PROMPT] = { NAME("prompt"), ANY, 0, 0 },
    [MOCK_ECHO] = { NAME("echo"), FLAG, 0, 0 },
    [MOCK_INPUT] = { NAME("input"), ANY, 0, 0 },
    [MOCK_INSTRUCTIONS] = { NAME("instructions"), ANY, 0, 0 },
    [MOCK_METADATA] = { NAME("metadata"), OBJECT, 0, 0 },
    [MOCK_PREVIOUS_RESPONSE_ID] = { NAME("previous_response_id"), TEXT, 0, 0 },
    [MOCK_TEXT] = { NAME("text"), OBJECT, 0, 0 },
    [MOCK_INCLUDE] = { NAME("include"), LIST, 0, 0 },
    [MOCK_DIMENSIONS] = { NAME("dimensions"), INTEGER, 1, MANY },
    [MOCK_ENCODING_FORMAT] = { NAME("encoding_format"), TEXT, 0, 0 },
    [MOCK_QUERY] = { NAME("query"), TEXT, 0, 0 },
    [MOCK_DOCUMENTS] = { NAME("documents"), LIST, 0, 0 },
    [MOCK_TOP_N] = { NAME("top_n"), INTEGER, 1, MANY },
    [MOCK_RETURN_DOCUMENTS] = { NAME("return_documents"), FLAG, 0, 0 },
};

int mock_ask_refuse(gl_buf *error, const char *param, const char *code, const char *format, ...)
{
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return mock_answer_error(400, param, code, message, error);
}

const char *mock_ask_kind(gl_json value)
{
    switch (value.kind) {
    case GL_JSON_NULL:
        return "null";
    case GL_JSON_FALSE:
    case GL_JSON_TRUE:
        return "a boolean";
    case GL_JSON_NUMBER:
        return memchr(value.text.data, '.', value.text.len) != NULL ? "a decimal" : "an integer";
    case GL_JSON_STRING:
        return "a string";
    case GL_JSON_ARRAY:
        return "an array";
    case GL_JSON_OBJECT:
        return "an object";
    default:
        return "nothing";
    }
}

int mock_ask_wrong_kind(gl_buf *error, const char *param, const char *expected, gl_json got)
{
    return mock_ask_refuse(error, param, "invalid_type",
                           "Invalid type for '%s': expected %s, but got %s instead.", param,
                           expected, mock_ask_kind(got));
}

static int out_of_range(gl_buf *error, const known *row, gl_json value, bool below)
{
    bool whole = row->check == INTEGER;
    char code[32];
    snprintf(code, sizeof code, "%s_%s_value", whole ? "integer" : "decimal",
             below ? "below_min" : "above_max");
    return mock_ask_refuse(error, row->name, code,
                           "Invalid '%s': %s %s value. Expected a value %s %.15g, but got %.*s "
                           "instead.",
                           row->name, whole ? "integer" : "decimal",
                           below ? "below minimum" : "above maximum",
                           below ? ">=" : "<=", below ? row->least : row->most,
                           value.text.len < 40 ? (int)value.text.len : 40, value.text.data);
}

static int check_number(gl_buf *error, const known *row, gl_json value)
{
    int64_t integer;
    double number = 0;
    bool whole = row->check == INTEGER;
    if (value.kind != GL_JSON_NUMBER)
        return mock_ask_wrong_kind(error, row->name, whole ? "an integer" : "a decimal", value);
    if (!gl_json_double(value, &number)) number = value.text.data[0] == '-' ? -1e300 : 1e300;
    if (number < row->least) return out_of_range(error, row, value, true);
    if (number > row->most) return out_of_range(error, row, value, false);
    if (whole && !gl_json_int64(value, &integer))
        return mock_ask_wrong_kind(error, row->name, "an integer", value);
    return 200;
}

static int check_member(gl_buf *error, const known *row, gl_json value)
{
    static const struct {
        gl_json_kind kind;
        const char *name;
    } kinds[] = { [TEXT] = { GL_JSON_STRING, "a string" },
                  [LIST] = { GL_JSON_ARRAY, "an array" },
                  [OBJECT] = { GL_JSON_OBJECT, "an object" } };
    switch (row->check) {
    case ANY:
        return 200;
    case FLAG:
        if (value.kind == GL_JSON_TRUE || value.kind == GL_JSON_FALSE) return 200;
        return mock_ask_wrong_kind(error, row->name, "a boolean", value);
    case INTEGER:
    case NUMBER:
        return check_number(error, row, value);
    default:
        if (value.kind == kinds[row->check].kind) return 200;
        return mock_ask_wrong_kind(error, row->name, kinds[row->check].name, value);
    }
}

/* Returns the member's number; MOCK_MEMBERS: the name has no meaning here. */
static mock_member find_member(gl_json name)
{
    gl_slice text = gl_slice_of(name.text.data + 1, name.text.len - 2);
    size_t i = 0;
    for (; i < MOCK_MEMBERS; i++)
        if (members[i].len == text.len && memcmp(members[i].name, text.data, text.len) == 0)
            return (mock_member)i;
    if (memchr(text.data, '\\', text.len) == NULL) return MOCK_MEMBERS;
    for (i = 0; i < MOCK_MEMBERS && !gl_json_string_is(name, members[i].name);) i++;
    return (mock_member)i;
}

/* A null member counts as absent, as at OpenAI. */
static int read_members(gl_json root, gl_json *member, gl_buf *error)
{
    gl_json name, value;
    for (size_t i = 0; i < MOCK_MEMBERS; i++) member[i].kind = GL_JSON_NONE;
    if (root.kind != GL_JSON_OBJECT) return 200;
    gl_json_iter iter = gl_json_begin(root);
    while (gl_json_next(&iter, &name, &value)) {
        mock_member at = find_member(name);
        if (at == MOCK_MEMBERS) continue;
        if (value.kind == GL_JSON_NULL) value.kind = GL_JSON_NONE;
        member[at] = value;
        if (value.kind == GL_JSON_NONE) continue;
        int status = check_member(error, &members[at], value);
        if (status != 200) return status;
    }
    return 200;
}

/* --- the prompt ------------------------------------------------------------------------------- */

void mock_ask_text(gl_json content, gl_buf *text)
{
    size_t start = text->len;
    gl_json_string_append(content, text, NULL);
    if (content.kind != GL_JSON_ARRAY) return;
    gl_json_iter iter = gl_json_begin(content);
    gl_json part;
    while (gl_json_next(&iter, NULL, &part)) {
        gl_json words = gl_json_get(part, "text");
        if (words.kind != GL_JSON_STRING) continue;
        if (text->len != start) gl_buf_append_char(text, '\n');
        gl_json_string_append(words, text, NULL);
    }
}

static bool is_one_of(gl_json string, const char *const *names)
{
    for (; *names != NULL; names++)
        if (gl_json_string_is(string, *names)) return true;
    return false;
}

/* Reads one message of a chat, or item of a response's input. false: its role is unknown. */
static bool read_message(mock_ask *ask, gl_json message, bool *assistant)
{
    enum { ROLE, CONTENT, TYPE, OUTPUT, MEMBERS };
    static const char *const names[] = { "role", "content", "type", "output" };
    static const char *const others[] = { "system", "developer", "tool", "function", NULL };
    gl_json found[MEMBERS];
    gl_json_get_many(message, names, found, MEMBERS);
    bool before = *assistant;
    *assistant = false;
    ask->after_tool = false;
    ask->last = found[CONTENT];
    if (gl_json_string_is(found[ROLE], "user")) {
        ask->last_user = found[CONTENT];
    } else if (gl_json_string_is(found[ROLE], "assistant")) {
        *assistant = true;
        if (!before) ask->turn++;
    } else if (is_one_of(found[ROLE], others)) {
        ask->after_tool =
            gl_json_string_is(found[ROLE], "tool") || gl_json_string_is(found[ROLE], "function");
    } else if (ask->form != MOCK_FORM_RESPONSE || found[ROLE].kind != GL_JSON_NONE) {
        return false;
    } else if (gl_json_string_is(found[TYPE], "function_call_output")) {
        ask->after_tool = true;
        ask->last = found[OUTPUT];
    } else { /* a call, or a thought: of the assistant */
        *assistant = true;
        if (!before) ask->turn++;
    }
    return true;
}

static int read_messages(mock_ask *ask, const char *param, gl_buf *error)
{
    gl_json_iter iter = gl_json_begin(ask->prompt);
    gl_json message;
    bool assistant = false;
    size_t count = 0;
    char where[64];
    for (; gl_json_next(&iter, NULL, &message); count++) {
        if (message.kind != GL_JSON_OBJECT) {
            snprintf(where, sizeof where, "%s[%zu]", param, count);
            return mock_ask_wrong_kind(error, where, "an object", message);
        }
        if (read_message(ask, message, &assistant)) continue;
        gl_json role = gl_json_get(message, "role");
        snprintf(where, sizeof where, "%s[%zu].role", param, count);
        if (role.kind == GL_JSON_NONE)
            return mock_ask_refuse(error, where, "missing_required_parameter",
                                   "Missing required parameter: '%s'.", where);
        return mock_ask_refuse(error, where, "invalid_value",
                               "Invalid value for '%s'. Supported values are: 'system', "
                               "'assistant', 'user', 'function', 'tool', and 'developer'.",
                               where);
    }
    if (count != 0) return 200;
    return mock_ask_refuse(error, param, "empty_array",
                           "Invalid '%s': empty array. Expected an array with minimum length 1, "
                           "but got an empty array instead.",
                           param);
}

static int read_prompt(mock_ask *ask, const gl_json *member, gl_buf *error)
{
    static const mock_member at[] = { [MOCK_FORM_CHAT] = MOCK_MESSAGES,
                                      [MOCK_FORM_COMPLETION] = MOCK_PROMPT,
                                      [MOCK_FORM_RESPONSE] = MOCK_INPUT,
                                      [MOCK_FORM_EMBEDDING] = MOCK_INPUT,
                                      [MOCK_FORM_RERANK] = MOCK_DOCUMENTS };
    const char *param = members[at[ask->form]].name;
    ask->prompt = member[at[ask->form]];
    if (ask->prompt.kind == GL_JSON_NONE)
        return mock_ask_refuse(error, param, "missing_required_parameter",
                               "Missing required parameter: '%s'.", param);
    if (ask->prompt.kind != GL_JSON_ARRAY && ask->prompt.kind != GL_JSON_STRING)
        return mock_ask_wrong_kind(error, param, "a string or an array", ask->prompt);
    if (ask->form == MOCK_FORM_CHAT ||
        (ask->form == MOCK_FORM_RESPONSE && ask->prompt.kind == GL_JSON_ARRAY))
        return read_messages(ask, param, error);
    ask->last = ask->last_user = ask->prompt;
    return 200;
}

/* --- lengths and numbers ---------------------------------------------------------------------- */

static int read_stops(mock_ask *ask, gl_json stop, gl_buf *error)
{
    gl_json one;
    if (stop.kind == GL_JSON_STRING) {
        ask->stop[ask->stops++] = stop;
        return 200;
    }
    if (stop.kind == GL_JSON_NONE) return 200;
    if (stop.kind != GL_JSON_ARRAY)
        return mock_ask_wrong_kind(error, "stop", "a string or an array of strings", stop);
    gl_json_iter iter = gl_json_begin(stop);
    while (gl_json_next(&iter, NULL, &one)) {
        if (ask->stops == MOCK_STOPS_MAX)
            return mock_ask_refuse(error, "stop", "array_above_max_length",
                                   "Invalid 'stop': array too long. Expected an array with "
                                   "maximum length %d.",
                                   MOCK_STOPS_MAX);
        if (one.kind != GL_JSON_STRING) return mock_ask_wrong_kind(error, "stop", "a string", one);
        ask->stop[ask->stops++] = one;
    }
    return 200;
}

static int read_logprobs(mock_ask *ask, const gl_json *member, gl_buf *error)
{
    gl_json logprobs = member[MOCK_LOGPROBS];
    gl_json_int64(member[MOCK_TOP_LOGPROBS], &ask->top_logprobs);
    if (ask->form == MOCK_FORM_COMPLETION) { /* there it means how many */
        static const known row = { NAME("logprobs"), INTEGER, 0, 5 };
        ask->logprobs = logprobs.kind != GL_JSON_NONE;
        if (!ask->logprobs) return 200;
        gl_json_int64(logprobs, &ask->top_logprobs);
        return check_member(error, &row, logprobs);
    }
    if (ask->form == MOCK_FORM_RESPONSE) {
        gl_json_iter iter = gl_json_begin(member[MOCK_INCLUDE]);
        gl_json what;
        while (member[MOCK_INCLUDE].kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &what))
            ask->logprobs |= gl_json_string_is(what, "message.output_text.logprobs");
        return 200;
    }
    static const known flag = { NAME("logprobs"), FLAG, 0, 0 };
    ask->logprobs = logprobs.kind == GL_JSON_TRUE;
    if (!ask->logprobs && member[MOCK_TOP_LOGPROBS].kind != GL_JSON_NONE)
        return mock_ask_refuse(error, "top_logprobs", "invalid_value",
                               "The 'top_logprobs' parameter is only allowed when 'logprobs' is "
                               "enabled.");
    return logprobs.kind == GL_JSON_NONE ? 200 : check_member(error, &flag, logprobs);
}

static int read_lengths(mock_ask *ask, const gl_json *member, gl_buf *error)
{
    bool both = member[MOCK_MAX_TOKENS].kind != GL_JSON_NONE &&
                member[MOCK_MAX_COMPLETION_TOKENS].kind != GL_JSON_NONE;
    if (both)
        return mock_ask_refuse(error, "max_tokens", "invalid_parameter_combination",
                               "Setting 'max_tokens' and 'max_completion_tokens' at the same time "
                               "is not supported.");
    int64_t n = 1;
    gl_json_int64(member[MOCK_N], &n);
    ask->choices = ask->form == MOCK_FORM_RESPONSE ? 1 : (size_t)n;
    ask->max_tokens = -1;
    ask->ignore_eos = member[MOCK_IGNORE_EOS].kind == GL_JSON_TRUE;
    gl_json_int64(member[MOCK_MIN_TOKENS], &ask->min_tokens);
    if (ask->form == MOCK_FORM_RESPONSE) {
        gl_json_int64(member[MOCK_MAX_OUTPUT_TOKENS], &ask->max_tokens);
    } else {
        gl_json_int64(member[MOCK_MAX_TOKENS], &ask->max_tokens);
        gl_json_int64(member[MOCK_MAX_COMPLETION_TOKENS], &ask->max_tokens);
    }
    if (ask->max_tokens >= 0 && ask->min_tokens > ask->max_tokens)
        return mock_ask_refuse(error, "min_tokens", "invalid_value",
                               "'min_tokens' must be less than or equal to 'max_tokens'.");
    int64_t least = ask->ignore_eos && ask->max_tokens > 0 ? ask->max_tokens : ask->min_tokens;
    if (least > MOCK_TOKENS_MAX / (int64_t)ask->choices)
        return mock_ask_refuse(
            error, ask->ignore_eos ? "max_tokens" : "min_tokens", "integer_above_max_value",
            "An answer is filled up to %d tokens in all choices, no more.", MOCK_TOKENS_MAX);
    ask->stream = member[MOCK_STREAM].kind == GL_JSON_TRUE;
    ask->usage = ask->stream &&
                 gl_json_get(member[MOCK_STREAM_OPTIONS], "include_usage").kind == GL_JSON_TRUE;
    if (!ask->stream && ask->form != MOCK_FORM_RESPONSE &&
        member[MOCK_STREAM_OPTIONS].kind != GL_JSON_NONE)
        return mock_ask_refuse(error, "stream_options", "invalid_value",
                               "The 'stream_options' parameter is only allowed when 'stream' is "
                               "enabled.");
    int status = read_stops(ask, member[MOCK_STOP], error);
    return status != 200 ? status : read_logprobs(ask, member, error);
}

/* --- members of one form only ----------------------------------------------------------------- */

static void read_echoes(mock_ask *ask, const gl_json *member)
{
    ask->instructions = member[MOCK_INSTRUCTIONS];
    ask->metadata = member[MOCK_METADATA];
    ask->previous = member[MOCK_PREVIOUS_RESPONSE_ID];
    ask->tool_choice = member[MOCK_TOOL_CHOICE];
    ask->text_format = gl_json_get(member[MOCK_TEXT], "format");
    ask->temperature = ask->top_p = 1;
    gl_json_double(member[MOCK_TEMPERATURE], &ask->temperature);
    gl_json_double(member[MOCK_TOP_P], &ask->top_p);
}

static int read_vectors(mock_ask *ask, const gl_json *member, gl_buf *error)
{
    gl_json format = member[MOCK_ENCODING_FORMAT];
    gl_json_int64(member[MOCK_DIMENSIONS], &ask->dimensions);
    ask->base64 = gl_json_string_is(format, "base64");
    if (format.kind == GL_JSON_NONE || ask->base64 || gl_json_string_is(format, "float"))
        return 200;
    return mock_ask_refuse(error, "encoding_format", "invalid_value",
                           "Invalid value for 'encoding_format'. Supported values are: 'float' "
                           "and 'base64'.");
}

static int read_ranking(mock_ask *ask, const gl_json *member, gl_buf *error)
{
    ask->query = member[MOCK_QUERY];
    ask->top_n = -1;
    gl_json_int64(member[MOCK_TOP_N], &ask->top_n);
    ask->no_documents = member[MOCK_RETURN_DOCUMENTS].kind == GL_JSON_FALSE;
    if (ask->query.kind != GL_JSON_NONE) return 200;
    return mock_ask_refuse(error, "query", "missing_required_parameter",
                           "Missing required parameter: 'query'.");
}

int mock_ask_read(mock_ask *ask, mock_form form, gl_slice body, gl_buf *error)
{
    gl_json root, member[MOCK_MEMBERS];
    size_t at = 0;
    *ask = (mock_ask){ .form = form };
    gl_json_error bad = gl_json_check(body, &root, &at);
    if (bad != GL_JSON_OK)
        return mock_ask_refuse(error, NULL, NULL,
                               "We could not parse the JSON body of your request: %s at byte %zu.",
                               gl_json_error_text(bad), at);
    int status = read_members(root, member, error);
    if (status != 200) return status;
    ask->model = member[MOCK_MODEL];
    if (ask->model.kind == GL_JSON_NONE)
        return mock_ask_refuse(error, "model", NULL, "you must provide a model parameter");
    status = read_prompt(ask, member, error);
    if (status != 200) return status;
    if (form == MOCK_FORM_EMBEDDING) return read_vectors(ask, member, error);
    if (form == MOCK_FORM_RERANK) return read_ranking(ask, member, error);
    ask->echo = member[MOCK_ECHO].kind == GL_JSON_TRUE;
    status = read_lengths(ask, member, error);
    if (status == 200) status = mock_ask_read_tools(ask, member, error);
    if (status == 200) status = mock_ask_read_format(ask, member, error);
    if (form == MOCK_FORM_RESPONSE) read_echoes(ask, member);
    return status;
}
