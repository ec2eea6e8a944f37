/* budget.c - see budget.h. Counts in slots of a second; the oldest falls out as time goes on. */
#include "policy/budget.h"

#define SHARE      0.2 /* of first attempts */
#define PER_SECOND 10  /* retries allowed to whoever sends little */

static void advance(gl_budget *budget, gl_time now)
{
    uint64_t second = now / GL_SECOND;
    if (second <= budget->second) return; /* also for a clock that went back */
    uint64_t gone = second - budget->second;
    if (gone > GL_BUDGET_SLOTS) gone = GL_BUDGET_SLOTS;
    for (uint64_t i = 0; i < gone; i++) {
        uint64_t slot = (second - i) % GL_BUDGET_SLOTS;
        budget->firsts[slot] = budget->retries[slot] = 0;
    }
    budget->second = second;
}

void gl_budget_first(gl_budget *budget, gl_time now)
{
    advance(budget, now);
    budget->firsts[budget->second % GL_BUDGET_SLOTS]++;
}

bool gl_budget_retry(gl_budget *budget, gl_time now)
{
    advance(budget, now);
    double allowed = PER_SECOND * GL_BUDGET_SLOTS;
    uint64_t used = 0;
    for (int i = 0; i < GL_BUDGET_SLOTS; i++) {
        allowed += SHARE * budget->firsts[i];
        used += budget->retries[i];
    }
    if ((double)used + 1 > allowed) return false;
    budget->retries[budget->second % GL_BUDGET_SLOTS]++;
    return true;
}
