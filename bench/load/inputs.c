/* inputs.c - see inputs.h. Never opens a file: the code that plans the run reads it. */
#include "load/inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/json.h"
#include "base/siphash.h"
#include "load/lines.h"

static const char package_goal[] = "summarize in one sentence";
static const char package_constraints[] = "at most 20 words";

void load_inputs_init(load_inputs *inputs)
{
    memset(inputs, 0, sizeof *inputs);
    gl_buf_init(&inputs->text, LOAD_INPUTS_MAX);
    gl_buf_init(&inputs->scratch, LOAD_INPUTS_MAX);
    gl_map_init(&inputs->known);
}

void load_inputs_free(load_inputs *inputs)
{
    gl_free(inputs->item);
    gl_buf_free(&inputs->text);
    gl_buf_free(&inputs->scratch);
    gl_map_free(&inputs->known);
    memset(inputs, 0, sizeof *inputs);
}

static bool out_of_memory(char *problem, size_t problem_size)
{
    snprintf(problem, problem_size, "out of memory");
    return false;
}

/* Two lines with one hash count as equal, which loses one of them and does no other harm. */
static uint64_t hash(const load_inputs *inputs, const load_input *item)
{
    const size_t lengths[] = { item->input, item->goal, item->constraints };
    const char *at = inputs->text.data + item->at;
    uint64_t sum = 0;
    for (size_t part = 0; part < 3; at += lengths[part++]) sum = gl_hash(sum, at, lengths[part]);
    return sum;
}

/* Keeps an item whose text is at item->at; an item that is known drops its text. */
static bool keep(load_inputs *inputs, const load_input *item)
{
    if (inputs->text.failed) return false;
    uint64_t key = hash(inputs, item);
    if (gl_map_get(&inputs->known, key) != NULL) {
        inputs->text.len = item->at;
        return true;
    }
    load_input *grown =
        gl_array_room(inputs->item, &inputs->room, inputs->count + 1, 256, sizeof *grown);
    if (grown == NULL) return false;
    inputs->item = grown;
    if (!gl_map_reserve(&inputs->known, inputs->count + 1)) return false;
    gl_map_add(&inputs->known, key, inputs);
    inputs->item[inputs->count++] = *item;
    return true;
}

static bool blank(gl_slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t') return false;
    return true;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Appends the text of an item; returns the fault, or NULL. So do the next functions. */
static const char *take_draft(load_inputs *inputs, const gl_json *members, load_input *item)
{
    static const char *const problems[][3] = {
        { "input_text is no string", "goal is no string", "constraints is no string" },
        { "input_text has a surrogate without its other half",
          "goal has a surrogate without its other half",
          "constraints has a surrogate without its other half" }
    };
    size_t *const lengths[] = { &item->input, &item->goal, &item->constraints };
    for (size_t i = 0; i < 3; i++) {
        size_t before = inputs->text.len;
        bool lone = false;
        if (members[i].kind == GL_JSON_NONE || members[i].kind == GL_JSON_NULL) continue;
        if (members[i].kind != GL_JSON_STRING) return problems[0][i];
        gl_json_string_append(members[i], &inputs->text, &lone);
        if (lone) return problems[1][i];
        *lengths[i] = inputs->text.len - before;
    }
    if (item->input == 0 && !inputs->text.failed)
        return "input_text is missing: a line is {\"input_text\": \"...\"}, or has messages, or a "
               "body";
    return NULL;
}

/* The last of an array, or the value itself. */
static gl_json last_of(gl_json value)
{
    gl_json last = value, item;
    if (value.kind != GL_JSON_ARRAY) return value;
    last.kind = GL_JSON_NONE;
    gl_json_iter iter = gl_json_begin(value);
    while (gl_json_next(&iter, NULL, &item)) last = item;
    return last;
}

/* Returns the string at the end of a message, or of one of its parts. */
static gl_json text_of(gl_json message)
{
    gl_json text = last_of(message);
    if (text.kind == GL_JSON_OBJECT) {
        gl_json content = gl_json_get(text, "content");
        text = content.kind != GL_JSON_NONE ? last_of(content) : text;
    }
    return text.kind == GL_JSON_OBJECT ? gl_json_get(text, "text") : text;
}

/* Returns true for a path that the engine takes: no byte of it could leave the request line. */
static bool plain_path(gl_slice path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.data[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '-' && c != '_' && (c != '/' || (i > 0 && path.data[i - 1] == '/')))
            return false;
    }
    return path.len > 1 && path.data[0] == '/';
}

static const char *take_body(load_inputs *inputs, gl_json body, gl_json url, load_input *item)
{
    static const char *const places[] = { "messages", "input", "prompt" };
    gl_slice path = gl_slice_str("/chat/completions");
    gl_json text = { .kind = GL_JSON_NONE };
    if (body.kind != GL_JSON_OBJECT) return "body is no object";
    if (url.kind == GL_JSON_STRING) {
        path = gl_slice_of(url.text.data + 1, url.text.len - 2);
        if (path.len > 3 && memcmp(path.data, "/v1/", 4) == 0)
            path = gl_slice_of(path.data + 3, path.len - 3);
    }
    if ((url.kind != GL_JSON_NONE && url.kind != GL_JSON_STRING) || !plain_path(path))
        return "url is no path such as /v1/chat/completions";
    for (size_t i = 0; i < 3 && text.kind != GL_JSON_STRING; i++)
        text = text_of(gl_json_get(body, places[i]));
    if (text.kind != GL_JSON_STRING)
        return "the body has no text: a string in the last of its messages, in input or in prompt";
    item->input = body.text.len;
    item->goal = path.len + 1;
    item->insert = (size_t)(text.text.data - body.text.data) + text.text.len - 1;
    gl_buf_append(&inputs->text, body.text.data, body.text.len);
    gl_buf_append(&inputs->text, path.data, path.len);
    gl_buf_append_char(&inputs->text, '\0');
    return NULL;
}

static const char *take_line(load_inputs *inputs, gl_json root, load_input *item)
{
    enum { INPUT, GOAL, CONSTRAINTS, MESSAGES, URL, BODY, MEMBERS };
    static const char *const names[MEMBERS] = { "input_text", "goal", "constraints",
                                                "messages",   "url",  "body" };
    gl_json members[MEMBERS];
    gl_json_get_many(root, names, members, MEMBERS);
    if (members[BODY].kind != GL_JSON_NONE)
        return take_body(inputs, members[BODY], members[URL], item);
    if (members[MESSAGES].kind != GL_JSON_NONE)
        return take_body(inputs, root, (gl_json){ .kind = GL_JSON_NONE }, item);
    inputs->drafts = true;
    return take_draft(inputs, members, item);
}

bool load_inputs_lines(load_inputs *inputs, gl_slice text, char *problem, size_t problem_size)
{
    for (size_t number = 1; text.len > 0; number++) {
        gl_slice line = load_take_line(&text);
        gl_json root;
        if (blank(line)) continue;
        gl_json_error bad = gl_json_check(line, &root, NULL);
        load_input item = { .at = inputs->text.len };
        const char *wrong = bad != GL_JSON_OK             ? gl_json_error_text(bad)
                            : root.kind != GL_JSON_OBJECT ? "is no JSON object"
                                                          : take_line(inputs, root, &item);
        if (wrong != NULL) {
            snprintf(problem, problem_size, "line %zu: %s", number, wrong);
            return false;
        }
        if (!keep(inputs, &item)) return out_of_memory(problem, problem_size);
    }
    if (inputs->count > 0) return true;
    snprintf(problem, problem_size, "has nothing to ask");
    return false;
}

/* --- packages --------------------------------------------------------------------------------- */

/* A description's lines begin with a blank, or with " ." where one is empty. */
static void append_description(gl_buf *out, gl_slice line)
{
    line = gl_slice_of(line.data + 1, line.len - 1);
    if (gl_slice_is(line, ".")) line.len = 0;
    gl_buf_append_char(out, '\n');
    gl_buf_append(out, line.data, line.len);
}

bool load_inputs_packages(load_inputs *inputs, gl_slice text, char *problem, size_t problem_size)
{
    static const char field[] = "Description:";
    const size_t field_len = sizeof field - 1;
    while (text.len > 0) {
        gl_slice line = load_take_line(&text);
        if (line.len < field_len || memcmp(line.data, field, field_len) != 0) continue;
        line = gl_slice_of(line.data + field_len, line.len - field_len);
        while (line.len > 0 && line.data[0] == ' ') line = gl_slice_of(line.data + 1, line.len - 1);
        load_input item = { .at = inputs->text.len };
        bool more = false;
        gl_buf_append(&inputs->text, line.data, line.len);
        while (text.len > 0 && text.data[0] == ' ') {
            append_description(&inputs->text, load_take_line(&text));
            more = true;
        }
        if (!more) {
            inputs->text.len = item.at;
            continue;
        }
        item.input = inputs->text.len - item.at;
        item.goal = sizeof package_goal - 1;
        inputs->drafts = true;
        item.constraints = sizeof package_constraints - 1;
        gl_buf_append(&inputs->text, package_goal, item.goal);
        gl_buf_append(&inputs->text, package_constraints, item.constraints);
        if (!keep(inputs, &item)) return out_of_memory(problem, problem_size);
    }
    if (inputs->count > 0) return true;
    snprintf(problem, problem_size, "describes no packages");
    return false;
}

/* --- questions -------------------------------------------------------------------------------- */

/* `text` with " (no. N)" in a paragraph of its own, at `at`. */
static gl_slice numbered(load_inputs *inputs, gl_slice text, size_t at, bool json, uint64_t number)
{
    gl_buf *out = &inputs->scratch;
    gl_buf_reset(out);
    gl_buf_append(out, text.data, at);
    gl_buf_printf(out, "%s(no. %" PRIu64 ")", json ? "\\n\\n" : "\n\n", number);
    gl_buf_append(out, text.data + at, text.len - at);
    return out->failed ? gl_slice_of(NULL, 0) : gl_buf_slice(out);
}

void load_inputs_question(void *arg, uint64_t number, load_question *question)
{
    load_inputs *inputs = arg;
    const load_input *item = &inputs->item[number % inputs->count];
    const char *text = inputs->text.data + item->at;
    bool raw = item->insert > 0;
    gl_slice asked = gl_slice_of(text, item->input);
    if (number >= inputs->count)
        asked = numbered(inputs, asked, raw ? item->insert : asked.len, raw, number);
    *question = (load_question){ .raw = raw };
    if (raw) {
        question->chat =
            (glimpse_chat){ .body = asked.data, .body_len = asked.len, .path = text + item->input };
        return;
    }
    glimpse_draft *draft = &question->draft;
    draft->input_text = asked.data;
    draft->input_text_len = asked.len;
    /* A length of 0 would mean strlen. */
    if (item->goal > 0) {
        draft->goal = text + item->input;
        draft->goal_len = item->goal;
    }
    if (item->constraints > 0) {
        draft->constraints = text + item->input + item->goal;
        draft->constraints_len = item->constraints;
    }
}
