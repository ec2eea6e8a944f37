/* question.h - what one request of a load test asks: a draft, or a body that is sent as it is. */
#ifndef LOAD_QUESTION_H
#define LOAD_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include <glimpse/engine.h>

#include "load/endpoint.h"

typedef struct load_question {
    bool raw;            /* chat, else draft */
    glimpse_draft draft; /* both borrow their texts until the next question is written */
    glimpse_chat chat;
    bool judged; /* the answer has to be one by the rule of the endpoint, of so many texts */
    load_endpoint endpoint;
    uint32_t texts;
    size_t kind;                          /* which class of the workload (workload.h) */
    uint32_t input_tokens, output_tokens; /* asked for; 0: nothing was said of them */
} load_question;

/* Writes the question of a number (mix.h), which decides it alone. */
typedef void (*load_question_fn)(void *arg, uint64_t number, load_question *question);

#endif
