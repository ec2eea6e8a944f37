/* content.h - the parts of a content that is a list, the same in an answer and in a delta. */
#ifndef GL_OPENAI_CONTENT_H
#define GL_OPENAI_CONTENT_H

#include "base/json.h"

/* The text of one part: its "text", or the part itself where that is a string. NONE: it has none
 * (thinking, a reference, an image). *refusal becomes the part's "refusal", if it has one. */
static inline gl_json gl_content_part(gl_json part, gl_json *refusal)
{
    gl_json found[2];
    if (part.kind == GL_JSON_STRING) return part;
    gl_json_get_many(part, (const char *const[]){ "text", "refusal" }, found, 2);
    if (gl_json_has_text(found[1])) *refusal = found[1];
    if (found[0].kind != GL_JSON_STRING) found[0] = (gl_json){ .kind = GL_JSON_NONE };
    return found[0];
}

#endif
