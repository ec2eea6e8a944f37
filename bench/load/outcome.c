/* outcome.c - see outcome.h. Pure. */
#include "load/outcome.h"

int64_t load_outcome_tpot(const load_outcome *outcome)
{
    const load_outcome *o = outcome;
    int64_t took = (int64_t)gl_time_since(o->done, o->started);
    if (o->first_token_ns < 0 || o->completion_tokens < 2 || took < o->first_token_ns) return -1;
    return (took - o->first_token_ns) / (o->completion_tokens - 1);
}

bool load_outcome_failed(const load_outcome *outcome)
{
    return outcome->status != GLIMPSE_STATUS_ALIGNED &&
           outcome->status != GLIMPSE_STATUS_NOT_ALIGNED;
}

bool load_outcome_hit(const load_outcome *outcome)
{
    return outcome->source == GLIMPSE_SOURCE_CACHE || outcome->source == GLIMPSE_SOURCE_COALESCED;
}

int load_outcome_source(const load_outcome *outcome)
{
    bool own = outcome->source == GLIMPSE_SOURCE_LIVE || outcome->source == GLIMPSE_SOURCE_LOCAL;
    bool unsent = outcome->left == GL_TIME_NEVER && own && load_outcome_failed(outcome);
    return unsent ? LOAD_SOURCE_UNSENT : (int)outcome->source;
}

const char *load_source_name(int source)
{
    return source == LOAD_SOURCE_UNSENT ? "unsent" : glimpse_source_name((glimpse_source)source);
}
