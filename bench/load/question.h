/* question.h - what one request of a load test asks: a draft, or a body that is sent as it is. */
#ifndef LOAD_QUESTION_H
#define LOAD_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include <glimpse/engine.h>

typedef struct load_question {
    bool raw;            /* chat, else draft */
    glimpse_draft draft; /* both borrow their texts until the next question is written */
    glimpse_chat chat;
} load_question;

/* Writes the question of a number (mix.h), which decides it alone. */
typedef void (*load_question_fn)(void *arg, uint64_t number, load_question *question);

#endif
