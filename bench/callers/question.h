/* question.h - one request of the crowd: drawn from the seed and its number, so that each run of a
 * plan asks the same. */
#ifndef CALLERS_QUESTION_H
#define CALLERS_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "reply.h"

/* In a text, before the number; the mock shows a request's body. */
#define QUESTION_MARK "question number "

typedef struct question {
    uint64_t number;
    uint64_t text; /* the number that its text has */
    bool stream, closes;
    bool leaves, resets;  /* before the answer is whole; by a reset */
    unsigned events;      /* who leaves in the middle: after so many; 0: before the head */
    uint64_t patience_us; /* before the head: so long after asking */
} question;

void question_draw(const plan *p, uint64_t number, question *q);

/* Appends the whole request. */
void question_write(const plan *p, const question *q, struct evbuffer *out);

/* Returns true when a whole answer with status 200 is the one to this question. */
bool question_answered(const question *q, const reply *r);

/* Returns true when a stream says with its last event that it was cut. */
bool question_cut(const question *q, const reply *r);

#endif
