/* problem.c - see problem.h. Called at the public doors, and below them by the function that
 * refuses a field. */
#include "problem.h"

#include <stdio.h>
#include <string.h>

void gl_problem_clear(glimpse_problem *problem)
{
    if (problem != NULL) problem->field[0] = problem->sentence[0] = '\0';
}

glimpse_error gl_refuse(glimpse_problem *problem, const char *field, const char *sentence)
{
    if (problem != NULL) {
        snprintf(problem->field, sizeof problem->field, "%s", field);
        snprintf(problem->sentence, sizeof problem->sentence, "%s", sentence);
    }
    return GLIMPSE_ERR_INVALID;
}

glimpse_error gl_refuse_size(glimpse_problem *problem, const char *init)
{
    char sentence[sizeof problem->sentence];
    snprintf(sentence, sizeof sentence,
             "not set by %s, or a member is set that this version of the library does not know",
             init);
    return gl_refuse(problem, "size", sentence);
}

void gl_problem_within(glimpse_problem *problem, const char *member)
{
    char field[2 * sizeof problem->field];
    if (problem == NULL || problem->field[0] == '\0') return;
    snprintf(field, sizeof field, "%.40s.%s", member, problem->field);
    memcpy(problem->field, field, sizeof problem->field - 1);
    problem->field[sizeof problem->field - 1] = '\0'; /* a long one is cut */
}

glimpse_error gl_problem_of(glimpse_problem *problem, glimpse_error error)
{
    if (error != GLIMPSE_OK && problem != NULL && problem->sentence[0] == '\0')
        snprintf(problem->sentence, sizeof problem->sentence, "%s", glimpse_error_sentence(error));
    return error;
}
