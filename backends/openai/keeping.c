/* keeping.c - see keeping.h. Pure; called by http.c for its one origin. */
#include "openai/keeping.h"

/* One death may have met the server's own limit on idle connections; two in a row are a habit. */
#define HABIT 2

bool gl_keeping_wants_new(gl_keeping *keeping)
{
    if (keeping->died < HABIT) return false;
    if (++keeping->since < GL_KEEPING_TRY_EVERY) return true;
    keeping->since = 0;
    return false;
}

void gl_keeping_ended(gl_keeping *keeping, bool answered)
{
    if (answered)
        keeping->died = 0;
    else if (keeping->died < HABIT)
        keeping->died++;
}
