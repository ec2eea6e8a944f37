/* json_file.c - see json_file.h. */
#include "base/json_file.h"

#include <stdio.h>

#include "base/utf8.h"

bool gl_json_refuse(gl_json_fault *fault, const char *place, const char *member, const char *reason)
{
    int len = snprintf(fault->path, sizeof fault->path, "%s%s%s", place != NULL ? place : "",
                       place != NULL && member != NULL ? "." : "", member != NULL ? member : "");
    (void)len; /* a long name is cut */
    snprintf(fault->reason, sizeof fault->reason, "%s", reason);
    return false;
}

void gl_json_member_name(gl_json name, char *out, size_t size)
{
    size_t len = name.text.len - 2 < size - 1 ? name.text.len - 2 : size - 1;
    memcpy(out, name.text.data + 1, len);
    out[gl_utf8_clip(out, len, len)] = '\0';
    if (len == 0) snprintf(out, size, "\"\"");
}

static bool refuse_member(gl_json_fault *fault, const char *place, gl_json name, const char *reason)
{
    char text[48];
    gl_json_member_name(name, text, sizeof text);
    return gl_json_refuse(fault, place, text, reason);
}

bool gl_json_members(gl_json object, const char *place, const char *const *names, gl_json *found,
                     size_t count, gl_json_fault *fault)
{
    gl_json name, value;
    if (object.kind != GL_JSON_OBJECT)
        return gl_json_refuse(fault, place != NULL ? place : "the file", NULL, "must be an object");
    for (size_t i = 0; i < count; i++) found[i] = (gl_json){ .kind = GL_JSON_NONE };
    gl_json_iter iter = gl_json_begin(object);
    while (gl_json_next(&iter, &name, &value)) {
        size_t i = 0;
        while (i < count && !gl_json_string_is(name, names[i])) i++;
        if (i == count) return refuse_member(fault, place, name, "there is no such member");
        if (found[i].kind != GL_JSON_NONE) return refuse_member(fault, place, name, "comes twice");
        found[i] = value;
    }
    return true;
}

bool gl_json_file(gl_slice text, const char *const *names, gl_json *found, size_t count,
                  gl_json_fault *fault)
{
    gl_json root;
    size_t at = 0;
    char reason[sizeof fault->reason];
    gl_json_error error = gl_json_check(text, &root, &at);
    if (error == GL_JSON_OK) return gl_json_members(root, NULL, names, found, count, fault);
    snprintf(reason, sizeof reason, "is not JSON: %s at byte %zu", gl_json_error_text(error), at);
    return gl_json_refuse(fault, "the file", NULL, reason);
}
