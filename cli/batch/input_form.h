/* input_form.h - whether a job's input is JSON lines at all, before anything is made of it. */
#ifndef CLI_BATCH_INPUT_FORM_H
#define CLI_BATCH_INPUT_FORM_H

#include "base/slice.h"

/* What the text is that a file begins with, and what to do about it; NULL where its lines can be
 * judged one by one. whole: this is all of the file. Static. */
const char *input_form_problem(gl_slice head, bool whole);

/* 0, or the exit code, said. Looks at the beginning of a file, without moving in it; what comes
 * through a pipe is judged line by line. */
int input_form_check(int input, const char *name);

#endif
