/* slo.c - see slo.h. Pure. */
#include "load/slo.h"

#include <stdio.h>
#include <string.h>

#include "base/slice.h"
#include "load/number.h"

static const char *const names[LOAD_SLO_KINDS] = { "latency", "service", "ttft", "tpot",
                                                   "chunk_gap" };

static bool refuse(gl_slice term, const char *why, char *problem, size_t size)
{
    snprintf(problem, size, "'%.*s': %s", (int)(term.len < 40 ? term.len : 40), term.data, why);
    return false;
}

static bool parse_term(load_slo *slo, gl_slice term, char *problem, size_t size)
{
    term = load_trim(term);
    const char *sign = memchr(term.data, '<', term.len);
    if (sign == NULL) return refuse(term, "is no NAME<DURATION", problem, size);
    size_t head = (size_t)(sign - term.data);
    gl_slice name = load_trim(gl_slice_of(term.data, head));
    gl_slice bound = load_trim(gl_slice_of(sign + 1, term.len - head - 1));
    if (gl_slice_is(name, "token_gap")) name = gl_slice_str("chunk_gap");
    size_t kind = 0;
    while (kind < LOAD_SLO_KINDS && !gl_slice_is(name, names[kind])) kind++;
    if (kind == LOAD_SLO_KINDS)
        return refuse(term, "is none of latency, service, ttft, tpot, chunk_gap", problem, size);
    if (slo->below_us[kind] > 0) return refuse(term, "is there twice", problem, size);
    if (!load_read_duration(bound, &slo->below_us[kind]) || !(slo->below_us[kind] > 0))
        return refuse(term, "has no duration with its unit, such as 2500ms or 2.5s", problem, size);
    slo->count++;
    return true;
}

bool load_slo_parse(load_slo *slo, const char *text, char *problem, size_t problem_size)
{
    memset(slo, 0, sizeof *slo);
    if (text == NULL || *text == '\0') return true;
    for (;;) {
        size_t len = strcspn(text, ",");
        if (!parse_term(slo, gl_slice_of(text, len), problem, problem_size)) return false;
        if (text[len] == '\0') return true;
        text += len + 1;
    }
}

bool load_slo_met(const load_slo *slo, const load_outcome *outcome)
{
    const load_outcome *o = outcome;
    if (o->status != GLIMPSE_STATUS_ALIGNED && o->status != GLIMPSE_STATUS_NOT_ALIGNED)
        return false;
    double latency = (double)gl_time_since(o->done, o->intended);
    double before = (double)gl_time_since(o->started, o->intended);
    bool live = o->source == GLIMPSE_SOURCE_LIVE;
    const double seen_ns[LOAD_SLO_KINDS] = {
        [LOAD_SLO_LATENCY] = latency,
        [LOAD_SLO_SERVICE] = (double)gl_time_since(o->done, o->sent + o->waited),
        [LOAD_SLO_TTFT] = live ? (double)o->first_token_ns + before : latency,
        [LOAD_SLO_TPOT] = (double)load_outcome_tpot(o),
        [LOAD_SLO_CHUNK_GAP] = (double)o->chunk_gap_max_ns,
    };
    for (int kind = 0; kind < LOAD_SLO_KINDS; kind++)
        if (slo->below_us[kind] > 0 && seen_ns[kind] >= slo->below_us[kind] * (double)GL_US)
            return false;
    return !(live && slo->below_us[LOAD_SLO_TTFT] > 0 && o->first_token_ns < 0);
}
