/*
 * inputs.h - what a load test asks, taken from a file: drafts or bodies, one JSON object a line, or
 * the descriptions of the machine's packages.
 *
 * Lines that are alike are kept once, and a number beyond the last one asks one of them again with
 * a line behind its text that nobody else has: so two numbers never make the same request, and what
 * mix.h says of repetition is true.
 */
#ifndef LOAD_INPUTS_H
#define LOAD_INPUTS_H

#include "base/buf.h"
#include "base/map.h"
#include "load/question.h"

/* A file longer than this is refused. */
#define LOAD_INPUTS_MAX ((size_t)256 * 1024 * 1024)

/* Where dpkg keeps the descriptions of what is installed. */
#define LOAD_PACKAGES "/var/lib/dpkg/status"

typedef struct load_input {
    size_t at, input, goal, constraints; /* where in text; how long: one behind the other */
    size_t insert; /* of a body: where in it what makes it another goes; 0: it is a draft */
} load_input;

typedef struct load_inputs {
    load_input *item;
    size_t count, room;
    gl_buf text;
    gl_buf scratch; /* of the last draft that was made */
    gl_map known;   /* hashes of what is there */
    bool drafts;    /* some of it is no body */
} load_inputs;

void load_inputs_init(load_inputs *inputs);
void load_inputs_free(load_inputs *inputs);

/* Both add; false: problem says what is wrong and where, or that memory ran out.
 *
 * Lines are those of a batch's input: drafts {"input_text": "...", "goal": "...", "constraints":
 * "..."}, the last two optional; bodies {"messages": [...], ...}; and {"url": "/v1/...", "body":
 * {...}}. Other members are not looked at. A body needs a text that can be added to: a string in
 * the last of its messages, in input or in prompt. Packages: the paragraphs of LOAD_PACKAGES, of
 * which those without a description of more than a line are left out. Nothing to ask is an error.
 */
bool load_inputs_lines(load_inputs *inputs, gl_slice text, char *problem, size_t problem_size);
bool load_inputs_packages(load_inputs *inputs, gl_slice text, char *problem, size_t problem_size);

/* A load_question_fn; arg is a load_inputs with at least one item, which the question borrows from.
 * Out of memory makes one without a text, which no engine takes. */
void load_inputs_question(void *arg, uint64_t number, load_question *question);

#endif
