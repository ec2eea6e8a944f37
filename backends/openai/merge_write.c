/* merge_write.c - see merge.h: writes the merged chunks as a whole completion. Owns nothing. */
#include "openai/merge_internal.h"

static void write_buf(gl_buf *out, const gl_buf *value)
{
    if (value->len != 0)
        gl_buf_append(out, value->data, value->len);
    else
        gl_buf_append_str(out, "null");
}

/* A string of which the text between the quotes was kept. */
static void write_string(gl_buf *out, bool given, const gl_buf *inside)
{
    if (!given) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_char(out, '"');
    gl_buf_append(out, inside->data, inside->len);
    gl_buf_append_char(out, '"');
}

static void write_function(gl_buf *out, const call *c)
{
    gl_buf_append_str(out, "{\"name\":");
    write_buf(out, &c->name);
    if (c->has_arguments || c->of_function.count == 0) {
        gl_buf_append_str(out, ",\"arguments\":");
        write_string(out, c->has_arguments, &c->arguments);
    }
    gl_members_write(&c->of_function, false, out);
    gl_buf_append_char(out, '}');
}

static void write_calls(gl_buf *out, const gl_merge_choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        const call *c = &choice->calls[i];
        gl_buf_append_str(out, i == 0 ? ",\"tool_calls\":[{\"id\":" : ",{\"id\":");
        write_buf(out, &c->id);
        gl_buf_append_str(out, ",\"type\":");
        if (c->type.len != 0)
            write_buf(out, &c->type);
        else
            gl_buf_append_str(out, "\"function\"");
        gl_buf_append_str(out, ",\"function\":");
        write_function(out, c);
        gl_members_write(&c->others, false, out);
        gl_buf_append_char(out, '}');
    }
    if (choice->count != 0) gl_buf_append_char(out, ']');
}

static void write_content(gl_buf *out, const gl_merge_choice *choice)
{
    if (!choice->has_parts) {
        write_string(out, choice->has_content, &choice->content);
        return;
    }
    gl_buf_append_char(out, '[');
    gl_buf_append(out, choice->parts.data, choice->parts.len);
    gl_buf_append_str(out, choice->part_open ? "\"}]" : "]");
}

static void write_message(gl_buf *out, const gl_merge_choice *choice)
{
    gl_buf_append_str(out, "\"message\":{\"role\":");
    if (choice->role.len != 0)
        write_buf(out, &choice->role);
    else
        gl_buf_append_str(out, "\"assistant\"");
    gl_buf_append_str(out, ",\"content\":");
    write_content(out, choice);
    gl_buf_append_str(out, ",\"refusal\":");
    write_string(out, choice->has_refusal, &choice->refusal);
    gl_members_write(&choice->of_message, false, out);
    write_calls(out, choice);
    if (choice->has_function) {
        gl_buf_append_str(out, ",\"function_call\":");
        write_function(out, &choice->function);
    }
    gl_buf_append_char(out, '}');
}

static void write_logprobs(gl_buf *out, const gl_merge_choice *choice)
{
    gl_buf_append_str(out, ",\"logprobs\":");
    if (choice->logprobs.count == 0) {
        gl_buf_append_str(out, "null");
        return;
    }
    gl_buf_append_char(out, '{');
    gl_members_write(&choice->logprobs, true, out);
    gl_buf_append_char(out, '}');
}

static void write_choice(gl_buf *out, const gl_merge_choice *choice)
{
    gl_buf_append_str(out, "{\"index\":");
    gl_buf_append_i64(out, choice->index);
    gl_buf_append_char(out, ',');
    if (choice->is_text) {
        gl_buf_append_str(out, "\"text\":");
        write_string(out, true, &choice->content);
    } else {
        write_message(out, choice);
    }
    write_logprobs(out, choice);
    gl_buf_append_str(out, ",\"finish_reason\":");
    write_buf(out, &choice->finish_reason);
    gl_members_write(&choice->others, false, out);
    gl_buf_append_char(out, '}');
}

static void write_member(gl_buf *out, const char *name, const gl_buf *value)
{
    if (value->len == 0) return;
    gl_buf_append_str(out, ",\"");
    gl_buf_append_str(out, name);
    gl_buf_append_str(out, "\":");
    write_buf(out, value);
}

void gl_merge_write(const gl_merge *merge, gl_buf *out)
{
    bool is_text = merge->count != 0 && merge->choices[0].is_text;
    gl_buf_append_str(out, is_text ? "{\"object\":\"text_completion\""
                                   : "{\"object\":\"chat.completion\"");
    write_member(out, "id", &merge->id);
    write_member(out, "created", &merge->created);
    write_member(out, "model", &merge->model);
    gl_buf_append_str(out, ",\"choices\":[");
    for (size_t i = 0; i < merge->count; i++) {
        if (i != 0) gl_buf_append_char(out, ',');
        write_choice(out, &merge->choices[i]);
    }
    gl_buf_append_char(out, ']');
    write_member(out, "usage", &merge->usage);
    write_member(out, "service_tier", &merge->tier);
    write_member(out, "system_fingerprint", &merge->fingerprint);
    gl_members_write(&merge->others, false, out);
    gl_buf_append_char(out, '}');
}
