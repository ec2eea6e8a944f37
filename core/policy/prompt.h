/*
 * prompt.h - from a draft to the chat-completions body that is sent for it. Pure.
 *
 * The same draft makes the same bytes, so it has one key whatever sampler is asked.
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
    bool stream; /* no part of the key */
    /* What the model takes: the newer name of max_tokens, and without which of our parameters (a
     * sum of glimpse_omit). */
    bool max_completion_tokens;
    unsigned omit;
} gl_prompt;

/* Appends the body; look at out->failed. */
void gl_prompt_write(const gl_prompt *prompt, gl_buf *out);

/* The same for several inputs at once: a pack. prompt->input is not read, max_tokens is that of all
 * of them. It asks for {"answers":[{"n":1,"text":"..."},...]}, by a strict JSON schema where it
 * is not left out (others are asked in words alone). What comes back, policy/pack.h
 * reads. */
void gl_prompt_write_pack(const gl_prompt *prompt, const gl_slice *inputs, size_t count,
                          gl_buf *out);

/* The other way round, for raw bodies: the text of the last message whose role is "user" (a string
 * content, or its parts of type "text" joined by a line end), appended to out. body is checked. */
void gl_prompt_last_user_text(gl_json body, gl_buf *out);

#endif
