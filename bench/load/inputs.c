/* inputs.c - see inputs.h. Never opens a file: whoever plans the run reads it. */
#include "load/inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
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

/* FNV-1a, 64 bits. Two drafts that fall together are taken for one, which loses one of them and
 * nothing else. */
static uint64_t hash(const load_inputs *inputs, const load_input *item)
{
    const size_t lengths[] = { item->input, item->goal, item->constraints };
    const unsigned char *at = (const unsigned char *)inputs->text.data + item->at;
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t part = 0; part < 3; part++) {
        for (size_t i = 0; i < lengths[part]; i++) sum = (sum ^ *at++) * UINT64_C(1099511628211);
        sum = (sum ^ 0xff) * UINT64_C(1099511628211); /* no byte of UTF-8 */
    }
    return sum;
}

/* The text is there already, from item->at on; an item that is known gives it back. */
static bool keep(load_inputs *inputs, const load_input *item)
{
    if (inputs->text.failed) return false;
    uint64_t key = hash(inputs, item);
    if (gl_map_get(&inputs->known, key) != NULL) {
        inputs->text.len = item->at;
        return true;
    }
    if (inputs->count == inputs->room) {
        size_t room = inputs->room == 0 ? 256 : inputs->room * 2;
        load_input *grown = gl_realloc(inputs->item, room * sizeof *grown);
        if (grown == NULL) return false;
        inputs->item = grown;
        inputs->room = room;
    }
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

/* Appends the member's text, and says how long it is. */
static const char *take_member(load_inputs *inputs, gl_json member, size_t *len)
{
    size_t before = inputs->text.len;
    bool lone = false;
    *len = 0;
    if (member.kind == GL_JSON_NONE || member.kind == GL_JSON_NULL) return NULL;
    if (member.kind != GL_JSON_STRING) return "is no string";
    gl_json_string_append(member, &inputs->text, &lone);
    *len = inputs->text.len - before;
    return lone ? "has a surrogate without its other half" : NULL;
}

bool load_inputs_lines(load_inputs *inputs, gl_slice text, char *problem, size_t problem_size)
{
    static const char *const names[] = { "input_text", "goal", "constraints" };
    for (size_t number = 1; text.len > 0; number++) {
        gl_slice line = load_take_line(&text);
        gl_json root, members[3];
        size_t lengths[3];
        if (blank(line)) continue;
        gl_json_error bad = gl_json_check(line, &root, NULL);
        if (bad != GL_JSON_OK || root.kind != GL_JSON_OBJECT) {
            snprintf(problem, problem_size, "line %zu: %s", number,
                     bad != GL_JSON_OK ? gl_json_error_text(bad) : "is no JSON object");
            return false;
        }
        gl_json_get_many(root, names, members, 3);
        load_input item = { .at = inputs->text.len };
        for (size_t i = 0; i < 3; i++) {
            const char *wrong = take_member(inputs, members[i], &lengths[i]);
            if (wrong == NULL && i == 0 && lengths[0] == 0 && !inputs->text.failed)
                wrong = "is missing: a line is {\"input_text\": \"...\"}";
            if (wrong == NULL) continue;
            snprintf(problem, problem_size, "line %zu: %s %s", number, names[i], wrong);
            return false;
        }
        item.input = lengths[0];
        item.goal = lengths[1];
        item.constraints = lengths[2];
        if (!keep(inputs, &item)) return out_of_memory(problem, problem_size);
    }
    if (inputs->count > 0) return true;
    snprintf(problem, problem_size, "has no drafts");
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
        item.constraints = sizeof package_constraints - 1;
        gl_buf_append(&inputs->text, package_goal, item.goal);
        gl_buf_append(&inputs->text, package_constraints, item.constraints);
        if (!keep(inputs, &item)) return out_of_memory(problem, problem_size);
    }
    if (inputs->count > 0) return true;
    snprintf(problem, problem_size, "describes no packages");
    return false;
}

/* --- drafts ----------------------------------------------------------------------------------- */

void load_inputs_text(void *arg, uint64_t number, glimpse_draft *draft)
{
    load_inputs *inputs = arg;
    const load_input *item = &inputs->item[number % inputs->count];
    const char *text = inputs->text.data + item->at;
    *draft = (glimpse_draft){ .input_text = text, .input_text_len = item->input };
    if (number >= inputs->count) {
        gl_buf_reset(&inputs->scratch);
        gl_buf_append(&inputs->scratch, text, item->input);
        gl_buf_printf(&inputs->scratch, "\n\n(no. %" PRIu64 ")", number);
        bool good = !inputs->scratch.failed;
        draft->input_text = good ? inputs->scratch.data : NULL;
        draft->input_text_len = good ? inputs->scratch.len : 0;
    }
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
