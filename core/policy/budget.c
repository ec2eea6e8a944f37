/* budget.c - see budget.h. Counts in slots of one second; the oldest slot falls out as time goes
 * on. */
#include "policy/budget.h"

#define SHARE      0.2 /* share of the first attempts */
#define PER_SECOND 10  /* retries that a client with few requests may make */

static void advance(gl_budget *budget, gl_time now)
{
    uint64_t second = now / GL_SECOND;
    if (second <= budget->second) return; /* also for a clock that went back */
    uint64_t gone = second - budget->second;
    if (gone > GL_BUDGET_SLOTS) gone = GL_BUDGET_SLOTS;
    for (uint64_t i = 0; i < gone; i++) {
        uint64_t slot = (second - i) % GL_BUDGET_SLOTS;
        budget->firsts[slot] = budget->retries[slot] = budget->hedges[slot] = 0;
    }
    budget->second = second;
}

void gl_budget_first(gl_budget *budget, gl_time now)
{
    advance(budget, now);
    budget->firsts[budget->second % GL_BUDGET_SLOTS]++;
}

/* Returns the retries that are left. Each second has PER_SECOND of its own, and does not save them
 * up: saved, they would go out as one burst and be missing for the 10 s after it. Retries beyond
 * them come out of the share. */
static uint64_t left(const gl_budget *budget)
{
    uint32_t retries = budget->retries[budget->second % GL_BUDGET_SLOTS];
    double share = 0;
    uint64_t used = 0;
    for (int i = 0; i < GL_BUDGET_SLOTS; i++) {
        share += SHARE * budget->firsts[i];
        if (budget->retries[i] > PER_SECOND) used += budget->retries[i] - PER_SECOND;
    }
    uint64_t own = retries < PER_SECOND ? PER_SECOND - retries : 0;
    return own + (share > (double)used ? (uint64_t)(share - (double)used) : 0);
}

bool gl_budget_retry(gl_budget *budget, gl_time now)
{
    advance(budget, now);
    if (left(budget) == 0) return false;
    budget->retries[budget->second % GL_BUDGET_SLOTS]++;
    return true;
}

bool gl_budget_hedge(gl_budget *budget, double part, gl_time now)
{
    uint64_t firsts = 0, hedges = 1;
    advance(budget, now);
    for (int i = 0; i < GL_BUDGET_SLOTS; i++) {
        firsts += budget->firsts[i];
        hedges += budget->hedges[i];
    }
    if ((double)hedges > part * (double)firsts) return false;
    budget->hedges[budget->second % GL_BUDGET_SLOTS]++;
    return true;
}

uint64_t gl_budget_left(const gl_budget *budget, gl_time now)
{
    gl_budget looked_at = *budget;
    advance(&looked_at, now);
    return left(&looked_at);
}
