/*
 * members.c - see members.h. Owns one buffer for the name and one for the value of each member.
 * Strings are kept as they are in the JSON, with their escapes. An object within an object is one
 * call deeper: at most as deep as JSON may be (GL_JSON_DEPTH_MAX).
 */
#include "openai/members.h"

#include <string.h>

#include "base/alloc.h"
#include "base/array.h"

struct gl_member {
    gl_buf name;       /* with its quotes */
    gl_json_kind kind; /* NONE: no value yet */
    gl_buf value;      /* between the quotes or brackets; of other kinds all of it */
    gl_members inner;  /* an object's */
    bool only_names;   /* strings of this name name a thing, and are repeated whole */
};

void gl_members_free(gl_members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        gl_member *m = &members->list[i];
        gl_buf_free(&m->name);
        gl_buf_free(&m->value);
        gl_members_free(&m->inner);
    }
    gl_free(members->list);
    *members = (gl_members){ 0 };
}

static gl_member *find(gl_members *members, gl_slice name)
{
    for (size_t i = 0, at = members->next; i < members->count; i++, at++) {
        if (at >= members->count) at = 0;
        if (!gl_slice_equal(gl_buf_slice(&members->list[at].name), name)) continue;
        members->next = at + 1;
        return &members->list[at];
    }
    return NULL;
}

static bool is_naming(gl_slice name)
{
    static const char *const names[] = { "id",     "type",   "role",      "name",      "model",
                                         "object", "format", "status",    "channel",   "provider",
                                         "index",  "title",  "mime_type", "media_type" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (gl_json_string_is((gl_json){ GL_JSON_STRING, name }, names[i])) return true;
    return false;
}

/* NULL: no room, because of a bound or for want of memory. */
static gl_member *insert(gl_members *members, gl_slice name, gl_members_pool *pool)
{
    if (members->count == GL_MEMBERS_OBJECT_MAX || pool->count == GL_MEMBERS_STREAM_MAX)
        return NULL;
    gl_member *list =
        gl_array_room(members->list, &members->capacity, members->count + 1, 4, sizeof *list);
    if (list == NULL) {
        pool->failed = true;
        return NULL;
    }
    members->list = list;
    gl_member *m = &members->list[members->count];
    *m = (gl_member){ .kind = GL_JSON_NONE, .only_names = is_naming(name) };
    gl_buf_init(&m->name, SIZE_MAX / 2);
    gl_buf_init(&m->value, SIZE_MAX / 2);
    gl_buf_append(&m->name, name.data, name.len);
    if (m->name.failed) {
        gl_buf_free(&m->name);
        pool->failed = true;
        return NULL;
    }
    members->next = ++members->count;
    pool->count++;
    return m;
}

/* Returns the text between the quotes or brackets, without blanks at its ends. */
static gl_slice inside(gl_json value)
{
    gl_slice text = gl_slice_of(value.text.data + 1, value.text.len - 2);
    if (value.kind == GL_JSON_STRING) return text;
    while (text.len != 0 && memchr(" \t\r\n", text.data[0], 4) != NULL) {
        text.data++;
        text.len--;
    }
    while (text.len != 0 && memchr(" \t\r\n", text.data[text.len - 1], 4) != NULL) text.len--;
    return text;
}

static bool holds_others(gl_json_kind kind)
{
    return kind == GL_JSON_OBJECT || kind == GL_JSON_ARRAY;
}

static bool is_empty(gl_json value)
{
    if (value.kind == GL_JSON_STRING || holds_others(value.kind)) return inside(value).len == 0;
    return value.kind == GL_JSON_NULL;
}

static void append(gl_member *m, gl_slice text, gl_members_pool *pool)
{
    gl_buf_append(&m->value, text.data, text.len);
    if (m->value.failed) pool->failed = true;
}

static void put(gl_member *m, gl_json value, gl_members_rule rule, gl_members_pool *pool)
{
    if (m->kind != GL_JSON_NONE && is_empty(value)) return;
    if (m->kind != value.kind) { /* no value so far, or one of another kind */
        gl_buf_reset(&m->value);
        gl_members_free(&m->inner);
        m->kind = value.kind;
    }
    switch (value.kind) {
    case GL_JSON_OBJECT: {
        gl_json_iter iter = gl_json_begin(value);
        gl_json name, member;
        while (gl_json_next(&iter, &name, &member))
            gl_members_add(&m->inner, name, member, rule, pool);
        return;
    }
    case GL_JSON_ARRAY:
        if (rule == GL_MEMBERS_LAST) gl_buf_reset(&m->value);
        if (m->value.len != 0) append(m, gl_slice_str(","), pool);
        append(m, inside(value), pool);
        return;
    case GL_JSON_STRING:
        if (rule != GL_MEMBERS_GROW)
            gl_buf_reset(&m->value);
        else if (m->value.len != 0 && m->only_names)
            return;
        append(m, inside(value), pool);
        return;
    default:
        gl_buf_reset(&m->value);
        append(m, value.text, pool);
        return;
    }
}

void gl_members_add(gl_members *members, gl_json name, gl_json value, gl_members_rule rule,
                    gl_members_pool *pool)
{
    gl_member *m = find(members, name.text);
    if (m == NULL) m = insert(members, name.text, pool);
    if (m != NULL) put(m, value, rule, pool);
}

void gl_members_write(const gl_members *members, bool first, gl_buf *out)
{
    for (size_t i = 0; i < members->count; i++) {
        const gl_member *m = &members->list[i];
        if (!first || i != 0) gl_buf_append_char(out, ',');
        gl_buf_append(out, m->name.data, m->name.len);
        gl_buf_append_char(out, ':');
        switch (m->kind) {
        case GL_JSON_OBJECT:
            gl_buf_append_char(out, '{');
            gl_members_write(&m->inner, true, out);
            gl_buf_append_char(out, '}');
            break;
        case GL_JSON_ARRAY:
            gl_buf_append_char(out, '[');
            gl_buf_append(out, m->value.data, m->value.len);
            gl_buf_append_char(out, ']');
            break;
        case GL_JSON_STRING:
            gl_buf_append_char(out, '"');
            gl_buf_append(out, m->value.data, m->value.len);
            gl_buf_append_char(out, '"');
            break;
        default:
            gl_buf_append(out, m->value.data, m->value.len);
            break;
        }
    }
}
