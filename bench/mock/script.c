/* script.c - see script.h. The whole file is checked when it is read, so that no request meets a
 * mistake in it. */
#include "mock/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "mock/error.h"
#include "mock/spec.h"

#define FILE_MAX  ((size_t)16 * 1024 * 1024)
#define WORDS_MAX ((size_t)64 * 1024 * 1024)

/* The place in the file, for error messages. */
typedef struct reader {
    mock_script *script;
    const char *name; /* the file's */
    size_t rule;      /* from 1 */
    char *problem;
    size_t problem_size;
} reader;

static bool refuse(const reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(const reader *r, const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (r->rule != 0)
        snprintf(r->problem, r->problem_size, "script: %.150s: rule %zu: %s", r->name, r->rule,
                 what);
    else
        snprintf(r->problem, r->problem_size, "script: %.150s: %s", r->name, what);
    return false;
}

/* Every member has to be one of these. */
static bool check_names(const reader *r, gl_json object, const char *const *names, size_t count)
{
    gl_json name, value;
    gl_json_iter iter = gl_json_begin(object);
    while (gl_json_next(&iter, &name, &value)) {
        size_t i = 0;
        while (i < count && !gl_json_string_is(name, names[i])) i++;
        if (i == count)
            return refuse(r, "there is no member %.*s",
                          name.text.len < 60 ? (int)name.text.len : 60, name.text.data);
    }
    return true;
}

/* --- a line ----------------------------------------------------------------------------------- */

static const char *const line_names[] = { "content",       "reasoning", "tool_calls",
                                          "finish_reason", "status",    "error",
                                          "latency",       "fault",     "retry_after" };
enum {
    CONTENT,
    REASONING,
    TOOL_CALLS,
    FINISH,
    STATUS,
    ERROR,
    LATENCY,
    FAULT,
    RETRY_AFTER,
    LINE_NAMES
};

/* Returns a string's text, for strings that have no escapes. */
static gl_slice plain(gl_json string)
{
    if (string.kind != GL_JSON_STRING) return gl_slice_of("", 0);
    return gl_slice_of(string.text.data + 1, string.text.len - 2);
}

static bool read_duration(const reader *r, gl_json value, const char *name, gl_time *time)
{
    double ns = 0;
    if (value.kind == GL_JSON_NONE) return true;
    if (!mock_spec_duration(plain(value), &ns))
        return refuse(r, "'%s' is a duration: \"50ms\", \"1.5s\"", name);
    *time = (gl_time)ns;
    return true;
}

static bool check_calls(const reader *r, gl_json calls)
{
    gl_json call, name, arguments;
    if (calls.kind == GL_JSON_NONE) return true;
    if (calls.kind != GL_JSON_ARRAY) return refuse(r, "'tool_calls' is a list");
    gl_json_iter iter = gl_json_begin(calls);
    while (gl_json_next(&iter, NULL, &call)) {
        mock_line_call(call, &name, &arguments);
        if (name.kind != GL_JSON_STRING)
            return refuse(r, "a tool call has a 'name', and 'arguments' if it has any");
    }
    return true;
}

static bool read_status(const reader *r, gl_json status, mock_line *line)
{
    int64_t number = 0;
    if (status.kind == GL_JSON_NONE) return true;
    if (!gl_json_int64(status, &number) || number < 400 || number > 599)
        return refuse(r, "'status' is that of an error, 400 to 599");
    line->status = (int)number;
    return true;
}

static bool is_finish(gl_json finish)
{
    static const char *const names[] = { "stop", "length", "tool_calls", "content_filter" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (gl_json_string_is(finish, names[i])) return true;
    return finish.kind == GL_JSON_NONE;
}

static bool check_error(const reader *r, const mock_line *line)
{
    static const char *const names[] = { "message", "type", "param", "code" };
    if (line->error.kind == GL_JSON_NONE) return true;
    if (line->error.kind != GL_JSON_OBJECT || line->status == 0)
        return refuse(r, "'error' is an object beside a 'status'");
    return check_names(r, line->error, names, 4);
}

static bool read_members(const reader *r, const gl_json *member, mock_line *line)
{
    *line = (mock_line){ .content = member[CONTENT],
                         .reasoning = member[REASONING],
                         .tool_calls = member[TOOL_CALLS],
                         .finish = member[FINISH],
                         .error = member[ERROR],
                         .has_latency = member[LATENCY].kind != GL_JSON_NONE,
                         .has_mishap = member[FAULT].kind != GL_JSON_NONE };
    if (line->reasoning.kind != GL_JSON_NONE && line->reasoning.kind != GL_JSON_STRING)
        return refuse(r, "'reasoning' is a text");
    if (!is_finish(line->finish))
        return refuse(r, "'finish_reason' is stop, length, tool_calls or content_filter");
    if (line->has_mishap && !mock_mishap_read(plain(member[FAULT]), &line->mishap))
        return refuse(r, "'fault' is what stands before WHEN in --fault");
    return read_status(r, member[STATUS], line) && check_error(r, line) &&
           check_calls(r, line->tool_calls) &&
           read_duration(r, member[LATENCY], "latency", &line->latency) &&
           read_duration(r, member[RETRY_AFTER], "retry_after", &line->retry_after);
}

static bool add_line(const reader *r, const gl_json *member)
{
    mock_script *script = r->script;
    mock_line *line = gl_array_room(script->line, &script->line_capacity, script->lines + 1, 8,
                                    sizeof *script->line);
    if (line == NULL) return refuse(r, "out of memory");
    script->line = line;
    return read_members(r, member, &line[script->lines++]);
}

static bool add_turns(const reader *r, gl_json turns)
{
    gl_json turn, member[LINE_NAMES];
    if (turns.kind != GL_JSON_ARRAY) return refuse(r, "'turns' is a list of answers");
    gl_json_iter iter = gl_json_begin(turns);
    while (gl_json_next(&iter, NULL, &turn)) {
        if (turn.kind != GL_JSON_OBJECT) return refuse(r, "a turn is an object");
        if (!check_names(r, turn, line_names, LINE_NAMES)) return false;
        gl_json_get_many(turn, line_names, member, LINE_NAMES);
        if (!add_line(r, member)) return false;
    }
    return true;
}

/* --- a rule ----------------------------------------------------------------------------------- */

/* Keeps a text, decoded, in the words. */
static bool keep_text(const reader *r, gl_json string, const char *name, mock_script_span *span)
{
    gl_buf *words = &r->script->words;
    *span = (mock_script_span){ words->len, 0 };
    if (string.kind == GL_JSON_NONE) return true;
    if (string.kind != GL_JSON_STRING) return refuse(r, "'%s' is a text", name);
    gl_json_string_append(string, words, NULL);
    span->len = words->len - span->at;
    return true;
}

/* 3, "3", "3-5" or "3-". */
static bool read_calls(const reader *r, gl_json call, mock_script_rule *rule)
{
    int64_t number = 0;
    rule->from = 1;
    rule->to = UINT64_MAX;
    if (call.kind == GL_JSON_NONE) return true;
    if (gl_json_int64(call, &number) && number > 0) {
        rule->from = rule->to = (uint64_t)number;
        return true;
    }
    double from = 0, to = 0;
    gl_slice unit, rest = plain(call), first = mock_spec_next(&rest, '-');
    bool good = mock_spec_number(first, &from, &unit) && unit.len == 0 && from >= 1;
    bool range = memchr(call.text.data, '-', call.text.len) != NULL;
    if (good && rest.len != 0)
        good = mock_spec_number(rest, &to, &unit) && unit.len == 0 && to >= from;
    if (!good || from > 1e15 || to > 1e15)
        return refuse(r, "'call' is a number from 1, or \"3-5\", or \"3-\"");
    rule->from = (uint64_t)from;
    if (rest.len != 0) rule->to = (uint64_t)to;
    if (!range) rule->to = rule->from;
    return true;
}

static bool read_when(const reader *r, gl_json when, mock_script_rule *rule)
{
    enum { CONTAINS, MODEL, CALL, NAMES };
    static const char *const names[NAMES] = { "contains", "model", "call" };
    gl_json member[NAMES];
    if (when.kind != GL_JSON_NONE && when.kind != GL_JSON_OBJECT)
        return refuse(r, "'when' is an object");
    gl_json_get_many(when, names, member, NAMES);
    if (when.kind == GL_JSON_OBJECT && !check_names(r, when, names, NAMES)) return false;
    return keep_text(r, member[CONTAINS], "contains", &rule->contains) &&
           keep_text(r, member[MODEL], "model", &rule->model) && read_calls(r, member[CALL], rule);
}

static bool read_times(const reader *r, gl_json times, mock_script_rule *rule)
{
    int64_t number = 0;
    if (times.kind == GL_JSON_NONE) return true;
    if (!gl_json_int64(times, &number) || number < 1)
        return refuse(r, "'times' is a number from 1");
    rule->times = (uint64_t)number;
    return true;
}

static bool read_rule(const reader *r, gl_json object)
{
    static const char *const names[] = { "content",     "reasoning", "tool_calls", "finish_reason",
                                         "status",      "error",     "latency",    "fault",
                                         "retry_after", "when",      "times",      "turns" };
    enum { WHEN = LINE_NAMES, TIMES, TURNS, NAMES };
    mock_script *script = r->script;
    gl_json member[NAMES];
    if (object.kind != GL_JSON_OBJECT) return refuse(r, "it is no object");
    if (!check_names(r, object, names, NAMES)) return false;
    gl_json_get_many(object, names, member, NAMES);
    mock_script_rule *rule = gl_array_room(script->rule, &script->rule_capacity, script->rules + 1,
                                           8, sizeof *script->rule);
    if (rule == NULL) return refuse(r, "out of memory");
    script->rule = rule;
    rule += script->rules++;
    *rule = (mock_script_rule){ .first_line = script->lines };
    rule->turns = member[TURNS].kind != GL_JSON_NONE;
    for (size_t i = 0; rule->turns && i < LINE_NAMES; i++)
        if (member[i].kind != GL_JSON_NONE)
            return refuse(r, "'%s' belongs into one of the 'turns'", names[i]);
    if (!read_when(r, member[WHEN], rule) || !read_times(r, member[TIMES], rule)) return false;
    if (!(rule->turns ? add_turns(r, member[TURNS]) : add_line(r, member))) return false;
    rule->lines = script->lines - rule->first_line;
    return rule->lines != 0 || refuse(r, "there is no answer in 'turns'");
}

static bool read_rules(reader *r, gl_json root)
{
    static const char *const names[] = { "rules" };
    gl_json rules = gl_json_get(root, "rules"), rule;
    if (root.kind != GL_JSON_OBJECT || rules.kind != GL_JSON_ARRAY)
        return refuse(r, "it is no object with a list of 'rules'");
    if (!check_names(r, root, names, 1)) return false;
    gl_json_iter iter = gl_json_begin(rules);
    while (gl_json_next(&iter, NULL, &rule)) {
        r->rule++;
        if (!read_rule(r, rule)) return false;
    }
    r->rule = 0;
    return r->script->words.failed ? refuse(r, "out of memory") : true;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Of a text that ends too early, the last line that has something on it. */
static size_t line_of(gl_slice text, size_t at)
{
    size_t line = 1;
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL) text.len--;
    for (size_t i = 0; i < at && i < text.len; i++) line += text.data[i] == '\n';
    return line;
}

/* script->text is the file. */
static bool parse(reader *r)
{
    mock_script *script = r->script;
    gl_slice text = gl_buf_slice(&script->text);
    gl_json root;
    size_t at = 0;
    gl_json_error error = gl_json_check(text, &root, &at);
    bool good = error == GL_JSON_OK
                    ? read_rules(r, root)
                    : refuse(r, "line %zu: %s", line_of(text, at), gl_json_error_text(error));
    script->kept = script->words.len;
    if (!good) mock_script_free(script);
    return good;
}

static void init(mock_script *script)
{
    *script = (mock_script){ .calls = 0 };
    gl_buf_init(&script->text, FILE_MAX);
    gl_buf_init(&script->words, WORDS_MAX);
}

bool mock_script_parse(mock_script *script, gl_slice text, const char *name, char *problem,
                       size_t problem_size)
{
    reader r = { .script = script, .name = name, .problem = problem, .problem_size = problem_size };
    init(script);
    gl_buf_append(&script->text, text.data, text.len);
    if (!script->text.failed) return parse(&r);
    mock_script_free(script);
    return refuse(&r, "it is larger than 16 MiB, or out of memory");
}

bool mock_script_read(mock_script *script, const char *path, char *problem, size_t problem_size)
{
    reader r = { .script = script, .name = path, .problem = problem, .problem_size = problem_size };
    char piece[4096];
    size_t n;
    init(script);
    if (path == NULL || path[0] == '\0') return true;
    FILE *file = fopen(path, "re");
    if (file == NULL) return refuse(&r, "%s", strerror(errno));
    while ((n = fread(piece, 1, sizeof piece, file)) != 0) gl_buf_append(&script->text, piece, n);
    bool read = ferror(file) == 0;
    fclose(file);
    if (read && !script->text.failed) return parse(&r);
    mock_script_free(script);
    return refuse(&r, read ? "it is larger than 16 MiB, or out of memory" : "it cannot be read");
}

void mock_script_free(mock_script *script)
{
    gl_buf_free(&script->text);
    gl_buf_free(&script->words);
    gl_free(script->rule);
    gl_free(script->line);
    *script = (mock_script){ .calls = 0 };
}

void mock_script_rewind(mock_script *script)
{
    script->calls = 0;
    for (size_t i = 0; i < script->rules; i++) script->rule[i].used = 0;
}

/* --- lookups ---------------------------------------------------------------------------------- */

static gl_slice words_of(const mock_script *script, mock_script_span span)
{
    return span.len != 0 ? gl_slice_of(script->words.data + span.at, span.len) : gl_slice_of("", 0);
}

static bool has(gl_slice text, gl_slice part)
{
    return part.len == 0 ||
           (text.len >= part.len && memmem(text.data, text.len, part.data, part.len) != NULL);
}

/* A name, or the front of one before a '*'. */
static bool is_model(gl_slice name, gl_slice wanted)
{
    if (wanted.len == 0) return true;
    if (wanted.data[wanted.len - 1] != '*') return gl_slice_equal(name, wanted);
    return name.len + 1 >= wanted.len && memcmp(name.data, wanted.data, wanted.len - 1) == 0;
}

static bool fits(const mock_script *script, const mock_script_rule *rule, const mock_ask *ask,
                 gl_slice model, gl_slice prompt)
{
    return (rule->times == 0 || rule->used < rule->times) && script->calls >= rule->from &&
           script->calls <= rule->to && (!rule->turns || ask->turn < rule->lines) &&
           is_model(model, words_of(script, rule->model)) &&
           has(prompt, words_of(script, rule->contains));
}

const mock_line *mock_script_next(mock_script *script, const mock_ask *ask)
{
    gl_buf *words = &script->words;
    if (script->rules == 0) return NULL;
    script->calls++;
    gl_json_string_append(ask->model, words, NULL);
    size_t model = words->len;
    mock_ask_text(ask->last, words);
    if (words->len == model && ask->last.kind == GL_JSON_ARRAY) /* of embeddings: the raw JSON */
        gl_buf_append(words, ask->last.text.data, ask->last.text.len);
    const mock_line *line = NULL;
    for (size_t i = 0; i < script->rules && line == NULL && !words->failed; i++) {
        mock_script_rule *rule = &script->rule[i];
        mock_script_span name = { script->kept, model - script->kept };
        mock_script_span prompt = { model, words->len - model };
        if (!fits(script, rule, ask, words_of(script, name), words_of(script, prompt))) continue;
        rule->used++;
        line = &script->line[rule->first_line + (rule->turns ? ask->turn : 0)];
    }
    words->len = script->kept;
    words->failed = words->too_large = false;
    return line;
}

void mock_line_call(gl_json call, gl_json *name, gl_json *arguments)
{
    gl_json inner = gl_json_get(call, "function");
    if (inner.kind != GL_JSON_OBJECT) inner = call;
    *name = gl_json_get(inner, "name");
    *arguments = gl_json_get(inner, "arguments");
}

static void write_member(gl_buf *out, const char *name, gl_json value, const char *otherwise)
{
    gl_buf_append_str(out, name);
    if (value.kind == GL_JSON_NONE)
        gl_buf_append_str(out, otherwise);
    else
        gl_buf_append(out, value.text.data, value.text.len);
}

int mock_line_error(const mock_line *line, gl_buf *out)
{
    const char *type = line->status == 429   ? "\"requests\""
                       : line->status >= 500 ? "\"server_error\""
                                             : "\"invalid_request_error\"";
    write_member(out, "{\"error\":{\"message\":", gl_json_get(line->error, "message"),
                 "\"An error of the script (simulated).\"");
    write_member(out, ",\"type\":", gl_json_get(line->error, "type"), type);
    write_member(out, ",\"param\":", gl_json_get(line->error, "param"), "null");
    write_member(out, ",\"code\":", gl_json_get(line->error, "code"), "null");
    gl_buf_append_str(out, "}}");
    return line->status;
}
