/* prompts.h - the built-in drafts of a load test: the n-th is the same in every run, and no two are
 * alike. */
#ifndef LOAD_PROMPTS_H
#define LOAD_PROMPTS_H

#include <glimpse/engine.h>

typedef struct load_prompts {
    char text[512];
} load_prompts;

/* A load_text_fn (driver.h); arg is a load_prompts, whose text the draft borrows. */
void load_prompts_text(void *arg, uint64_t number, glimpse_draft *draft);

#endif
