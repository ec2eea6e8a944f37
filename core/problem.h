/* problem.h - fills a caller's glimpse_problem, which may be NULL. */
#ifndef GL_PROBLEM_H
#define GL_PROBLEM_H

#include <glimpse/problem.h>
#include <glimpse/result.h>

/* Clears the problem. */
void gl_problem_clear(glimpse_problem *problem);

/* Refuses a field: fills the problem and returns GLIMPSE_ERR_INVALID. A sentence that does not fit
 * is cut. */
glimpse_error gl_refuse(glimpse_problem *problem, const char *field, const char *sentence);

/* Refuses a struct whose size was not set by this init function, or is of a later version that set
 * more members. */
glimpse_error gl_refuse_size(glimpse_problem *problem, const char *init);

/* Puts the name of a member before the field, if there is one: "base_url" within "endpoint" becomes
 * "endpoint.base_url". */
void gl_problem_within(glimpse_problem *problem, const char *member);

/* Fills in the error's own sentence where no field is at fault, and returns the error. Success, and
 * a sentence that is there already, are kept. */
glimpse_error gl_problem_of(glimpse_problem *problem, glimpse_error error);

#endif
