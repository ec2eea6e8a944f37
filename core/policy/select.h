/* select.h - chooses the sampler (docs/playbook.md section 2.1). Pure. */
#ifndef GL_POLICY_SELECT_H
#define GL_POLICY_SELECT_H

#include <glimpse/engine.h>

typedef enum gl_choice { GL_CHOICE_OPENAI, GL_CHOICE_LOCAL, GL_CHOICE_REFUSED } gl_choice;

/* reason (never NULL) is a static sentence that says why the choice is local; "" for the others.
 * For REFUSED, problem (may be NULL) says why. */
gl_choice gl_select(const glimpse_config *config, const char **reason, glimpse_problem *problem);

/* true, 1, yes -> AUTO; false, 0, no -> NEVER (any case); other text returns false. */
bool gl_select_parse(const char *text, glimpse_use_openai *out);

#endif
