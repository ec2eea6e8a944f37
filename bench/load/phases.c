/* phases.c - see phases.h. */
#include "load/phases.h"

const char *load_phase_name(load_phase phase)
{
    static const char *const names[] = { "client_us", "earlier_us", "first_us", "rest_us" };
    return names[phase];
}

void load_phases_add(load_phases *phases, const load_outcome *outcome)
{
    const load_outcome *o = outcome;
    bool token = o->first_token_ns >= 0;
    int64_t first = token ? o->first_token_ns : o->first_byte_ns;
    if (o->source != GLIMPSE_SOURCE_LIVE || load_outcome_failed(o) || first < 0) return;
    uint64_t all = gl_time_since(o->done, o->intended);
    uint64_t before = gl_time_since(o->started, o->intended);
    uint64_t client = gl_time_since(o->sent, o->intended) + o->waited;
    if (before > all) before = all;
    if (client > before) client = before;
    uint64_t last = all - before; /* the last attempt */
    uint64_t up_to_first = (uint64_t)first < last ? (uint64_t)first : last;
    phases->count++;
    phases->streamed += token;
    phases->ns[LOAD_PHASE_CLIENT] += client;
    phases->ns[LOAD_PHASE_EARLIER] += before - client;
    phases->ns[LOAD_PHASE_FIRST] += up_to_first;
    phases->ns[LOAD_PHASE_REST] += last - up_to_first;
}

double load_phases_mean(const load_phases *phases, load_phase phase)
{
    return phases->count > 0 ? (double)phases->ns[phase] / 1e3 / (double)phases->count : 0;
}

double load_phases_sum(const load_phases *phases)
{
    double sum = 0;
    for (int i = 0; i < LOAD_PHASES; i++) sum += load_phases_mean(phases, (load_phase)i);
    return sum;
}
