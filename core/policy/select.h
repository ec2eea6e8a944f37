/* select.h - which sampler is set up (docs/playbook.md section 2.1). Pure. */
#ifndef GL_POLICY_SELECT_H
#define GL_POLICY_SELECT_H

#include <glimpse/engine.h>

typedef enum gl_choice { GL_CHOICE_OPENAI, GL_CHOICE_LOCAL, GL_CHOICE_REFUSED } gl_choice;

/* reason (never NULL) is a static sentence: why local; "" for the others. Of REFUSED, problem (may
 * be NULL) says why. */
gl_choice gl_select(const glimpse_config *config, const char **reason, glimpse_problem *problem);

/* true, 1, yes -> AUTO; false, 0, no -> NEVER (any case); false for anything else. */
bool gl_select_parse(const char *text, glimpse_use_openai *out);

#endif
