/* question.h - one request of a load test: a draft, or a body that is sent as it is. */
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
    bool judged; /* the answer must fit the rule of the endpoint, for so many texts */
    load_endpoint endpoint;
    uint32_t texts;
    size_t kind;                          /* index of the workload's class (workload.h) */
    uint32_t input_tokens, output_tokens; /* the asked lengths; 0: none */
} load_question;

/* Writes the request of a number (mix.h), which depends on nothing else. */
typedef void (*load_question_fn)(void *arg, uint64_t number, load_question *question);

#endif
