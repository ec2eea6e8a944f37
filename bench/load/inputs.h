/*
 * inputs.h - the requests of a load test from a file: drafts or bodies, one JSON object a line, or
 * the descriptions of the machine's packages.
 *
 * Equal lines are kept once, and a number beyond the last one repeats one of them with a line of
 * its own behind its text: so two numbers never make the same request, and mix.h's account of
 * repetition is true.
 */
#ifndef LOAD_INPUTS_H
#define LOAD_INPUTS_H

#include "base/buf.h"
#include "base/map.h"
#include "load/question.h"

/* A file longer than this is refused. */
#define LOAD_INPUTS_MAX ((size_t)256 * 1024 * 1024)

/* dpkg's file with the descriptions of the installed packages. */
#define LOAD_PACKAGES "/var/lib/dpkg/status"

typedef struct load_input {
    size_t at, input, goal, constraints; /* place in text; lengths: one behind the other */
    size_t insert; /* of a body: where the varying line goes; 0: it is a draft */
} load_input;

typedef struct load_inputs {
    load_input *item;
    size_t count, room;
    gl_buf text;
    gl_buf scratch; /* of the last draft that was made */
    gl_map known;   /* hashes of the items */
    bool drafts;    /* some of it is no body */
} load_inputs;

void load_inputs_init(load_inputs *inputs);
void load_inputs_free(load_inputs *inputs);

/* Both functions add items; false: problem names the fault and its line, or that memory ran out.
 *
 * Lines are those of a batch's input: drafts {"input_text": "...", "goal": "...", "constraints":
 * "..."}, the last two optional; bodies {"messages": [...], ...}; and {"url": "/v1/...", "body":
 * {...}}. Other members are ignored. A body needs a text that can be added to: a string in the last
 * of its messages, in input or in prompt. Packages: the paragraphs of LOAD_PACKAGES, without those
 * whose description has only one line. A text without items is an error. */
bool load_inputs_lines(load_inputs *inputs, gl_slice text, char *problem, size_t problem_size);
bool load_inputs_packages(load_inputs *inputs, gl_slice text, char *problem, size_t problem_size);

/* A load_question_fn; arg is a load_inputs with at least one item, from which the question borrows.
 * Without memory the question has no text, and no engine takes it. */
void load_inputs_question(void *arg, uint64_t number, load_question *question);

#endif
