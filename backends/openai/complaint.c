/*
 * complaint.c - see complaint.h. Owns nothing. Called by decode.c and stream.c, so that what is an
 * error in an answer is one in a stream. Decides nothing about what to do.
 */
#include "openai/complaint.h"

static bool has_text(gl_json value)
{
    return value.kind == GL_JSON_STRING && value.text.len > 2;
}

static gl_json first_of(gl_json list)
{
    gl_json first = { .kind = GL_JSON_NONE };
    gl_json_iter iter = gl_json_begin(list);
    gl_json_next(&iter, NULL, &first);
    return first;
}

/* FastAPI's validation errors: a list of {"loc":[...],"msg":"..."}, or of {"message":"..."}. */
static gl_json first_message(gl_json list)
{
    gl_json first, found[2];
    gl_json_iter iter = gl_json_begin(list);
    if (!gl_json_next(&iter, NULL, &first)) return list;
    if (first.kind != GL_JSON_OBJECT) return first;
    gl_json_get_many(first, (const char *const[]){ "msg", "message" }, found, 2);
    return has_text(found[0]) ? found[0] : found[1];
}

/* Finds the complaint in {"error":{...}}, {"error":"..."}, {"object":"error",...}, {"message":...},
 * {"detail":...}, {"errors":[...]}, or in the first element of a list of these. */
gl_complaint gl_complaint_read(gl_json root)
{
    enum { ERROR, MESSAGE, CODE, TYPE, PARAM, DETAIL, ERRORS, COUNT };
    static const char *const names[COUNT] = { "error", "message", "code",  "type",
                                              "param", "detail",  "errors" };
    gl_json found[COUNT];
    if (root.kind == GL_JSON_ARRAY) {
        gl_json_iter iter = gl_json_begin(root);
        gl_json first;
        if (gl_json_next(&iter, NULL, &first)) root = first;
    }
    gl_json_get_many(root, names, found, COUNT);
    gl_json inner = found[ERROR].kind == GL_JSON_OBJECT ? found[ERROR] : found[DETAIL];
    if (inner.kind == GL_JSON_OBJECT) gl_json_get_many(inner, names, found, COUNT);
    gl_complaint c = { found[MESSAGE], found[CODE], found[TYPE], found[PARAM] };
    if (found[ERROR].kind == GL_JSON_NUMBER && c.code.kind == GL_JSON_NONE) c.code = found[ERROR];
    if (has_text(c.message)) return c;
    if (has_text(found[ERROR]) || has_text(found[DETAIL]))
        c.message = has_text(found[ERROR]) ? found[ERROR] : found[DETAIL];
    else if (found[DETAIL].kind == GL_JSON_ARRAY || found[ERRORS].kind == GL_JSON_ARRAY)
        c.message =
            first_message(found[DETAIL].kind == GL_JSON_ARRAY ? found[DETAIL] : found[ERRORS]);
    return c;
}

/* Whether a member that is there only in failures tells of one; some servers always send it, empty.
 */
static bool tells(gl_json value)
{
    switch (value.kind) {
    case GL_JSON_OBJECT:
    case GL_JSON_TRUE:
    case GL_JSON_NUMBER:
        return true;
    case GL_JSON_STRING:
        return has_text(value);
    case GL_JSON_ARRAY:
        return first_of(value).kind != GL_JSON_NONE;
    default:
        return false;
    }
}

/* OpenRouter's: the response is one, but a choice of it is {"finish_reason":"error","error":{...}}.
 */
static gl_json failed_choice(gl_json choices)
{
    gl_json choice, found[2];
    if (choices.kind == GL_JSON_ARRAY) {
        gl_json_iter iter = gl_json_begin(choices);
        while (gl_json_next(&iter, NULL, &choice)) {
            if (choice.kind != GL_JSON_OBJECT) continue;
            gl_json_get_many(choice, (const char *const[]){ "error", "finish_reason" }, found, 2);
            if (tells(found[0]) || gl_json_string_is(found[1], "error")) return choice;
        }
    }
    return (gl_json){ .kind = GL_JSON_NONE };
}

gl_json gl_complaint_find(gl_json root)
{
    enum { ERROR, OBJECT, TYPE, DETAIL, ERRORS, MESSAGE, CODE, CHOICES, OUTPUT, DATA, ID, COUNT };
    static const char *const names[COUNT] = { "error",  "object",  "type", "detail",
                                              "errors", "message", "code", "choices",
                                              "output", "data",    "id" };
    gl_json found[COUNT];
    if (root.kind == GL_JSON_ARRAY) { /* Gemini's: [{"error":{...}}] */
        gl_json first = first_of(root);
        if (tells(gl_json_get(first, "error"))) return first;
    }
    if (root.kind != GL_JSON_OBJECT) return (gl_json){ .kind = GL_JSON_NONE };
    gl_json_get_many(root, names, found, COUNT);
    if (tells(found[ERROR]) || gl_json_string_is(found[OBJECT], "error") ||
        gl_json_string_is(found[TYPE], "error"))
        return root;
    /* The other shapes are words that an answer may hold too, beside what makes it one. */
    bool answers = found[CHOICES].kind == GL_JSON_ARRAY || found[OUTPUT].kind == GL_JSON_ARRAY ||
                   found[DATA].kind == GL_JSON_ARRAY || found[ID].kind != GL_JSON_NONE;
    if (!answers &&
        (tells(found[DETAIL]) || (found[ERRORS].kind == GL_JSON_ARRAY && tells(found[ERRORS])) ||
         (has_text(found[MESSAGE]) && tells(found[CODE]))))
        return root;
    return failed_choice(found[CHOICES]);
}
