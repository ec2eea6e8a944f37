/*
 * finish.h - classes the reason why an answer ended, under all the names that servers have for it.
 * Pure. The names are those of docs/dialects.md.
 */
#ifndef GL_OPENAI_FINISH_H
#define GL_OPENAI_FINISH_H

#include "base/json.h"

typedef enum gl_finish {
    GL_FINISH_NONE,     /* absent, blank, or a placeholder: the answer goes on */
    GL_FINISH_WELL,     /* at a natural end, or with calls of tools */
    GL_FINISH_FILTERED, /* by a filter of contents, of the input or the answer */
    GL_FINISH_FAILED,   /* by a failure of the server, in the middle */
    GL_FINISH_OTHER     /* by a limit, or for a reason unknown here: the answer may not be whole */
} gl_finish;

/* Of a checked value. Upper case, '_', '-', '.' and blanks make no difference. */
gl_finish gl_finish_of(gl_json reason);

#endif
