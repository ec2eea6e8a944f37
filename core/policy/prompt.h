/*
 * prompt.h - writes the chat-completions body for a draft. Pure.
 *
 * The same draft makes the same bytes, so it has one key with every sampler.
 */
#ifndef GL_POLICY_PROMPT_H
#define GL_POLICY_PROMPT_H

#include <glimpse/profile.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"

typedef struct gl_prompt {
    gl_slice input, goal, constraints; /* UTF-8 */
    const char *model;
    double temperature;
    int64_t max_tokens;
    bool stream; /* not a part of the key */
    /* The model's parameters: the newer name of max_tokens, and those of ours to leave out (a sum
     * of glimpse_omit). */
    bool max_completion_tokens;
    unsigned omit;
} gl_prompt;

/* Appends the body; check out->failed afterwards. */
void gl_prompt_write(const gl_prompt *prompt, gl_buf *out);

/* The same for several inputs at once: a pack. prompt->input is not read, max_tokens holds for all
 * inputs together. It asks for {"answers":[{"n":1,"text":"..."},...]}, by a strict JSON schema
 * unless that is left out (such a model is asked in words alone). policy/pack.h reads the
 * answer. */
void gl_prompt_write_pack(const gl_prompt *prompt, const gl_slice *inputs, size_t count,
                          gl_buf *out);

/* The reverse, for raw bodies: appends the text of the last message whose role is "user" to out (a
 * string content, or its parts of type "text" joined by a line end). body must be checked. */
void gl_prompt_last_user_text(gl_json body, gl_buf *out);

#endif
