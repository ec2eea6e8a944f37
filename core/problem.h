/* problem.h - fills a caller's glimpse_problem, which may be NULL. */
#ifndef GL_PROBLEM_H
#define GL_PROBLEM_H

#include <glimpse/problem.h>
#include <glimpse/result.h>

/* No problem. */
void gl_problem_clear(glimpse_problem *problem);

/* This field is refused: returns GLIMPSE_ERR_INVALID. The sentence is cut where it does not fit. */
glimpse_error gl_refuse(glimpse_problem *problem, const char *field, const char *sentence);

/* The struct's size is none that this init function sets, or is of a later version that set more.
 */
glimpse_error gl_refuse_size(glimpse_problem *problem, const char *init);

/* No field is to blame: the sentence of the error, which is returned. A sentence that stands there
 * is kept, and so is success. */
glimpse_error gl_problem_of(glimpse_problem *problem, glimpse_error error);

#endif
