/* prompts.h - the built-in drafts of a load test: the n-th is the same in every run, and no two are
 * alike. */
#ifndef LOAD_PROMPTS_H
#define LOAD_PROMPTS_H

#include "load/question.h"

typedef struct load_prompts {
    char text[512];
} load_prompts;

/* A load_question_fn; arg is a load_prompts, whose text the draft borrows. */
void load_prompts_question(void *arg, uint64_t number, load_question *question);

#endif
