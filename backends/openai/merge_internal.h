/* merge_internal.h - shared by merge.c, which gathers, and merge_write.c, which writes. No other
 * file includes it. */
#ifndef GL_OPENAI_MERGE_INTERNAL_H
#define GL_OPENAI_MERGE_INTERNAL_H

#include "openai/merge.h"

/* A tool call. Of id and type the first value that is not empty stands. */
typedef struct call {
    int64_t index;
    gl_buf id, type, name;
    gl_buf arguments;               /* grows */
    bool has_arguments;             /* as a string; anything else is among of_function */
    gl_members others, of_function; /* the other members */
} call;

struct gl_merge_choice {
    int64_t index;
    bool is_text;  /* of a completion that is no chat: no message around it */
    bool is_whole; /* a message came, where deltas are usual */
    bool has_content, has_refusal;
    bool has_parts;          /* the content is a list */
    bool part_open;          /* its last part is a text that goes on */
    gl_buf content, refusal; /* between the quotes; `content` is only the text of parts */
    gl_buf parts;            /* elements of the content */
    gl_buf role, finish_reason;
    gl_members logprobs, of_message, others;
    call *calls; /* sorted by index; calls of one index in the order of their arrival */
    size_t count, capacity;
    bool has_function;
    call function; /* function_call, the form before tool_calls */
};

#endif
