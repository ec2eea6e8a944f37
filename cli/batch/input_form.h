/* input_form.h - checks that a job's input is JSON lines at all, before anything is done with
 * it. */
#ifndef CLI_BATCH_INPUT_FORM_H
#define CLI_BATCH_INPUT_FORM_H

#include "base/slice.h"

/* Names the format of the text that a file begins with, and the remedy; NULL where its lines can be
 * judged one by one. whole: this is all of the file. Static. */
const char *input_form_problem(gl_slice head, bool whole);

/* 0, or the exit code after an error message. Looks at the beginning of a file, without moving its
 * offset; a pipe's input is judged line by line. */
int input_form_check(int input, const char *name);

#endif
