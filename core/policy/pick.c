/* pick.c - see pick.h. */
#include "policy/pick.h"

#include <math.h>

#include "base/siphash.h"

#define SMOOTH       0.1  /* weight of the newest latency */
#define EXPLORE      20   /* choices an endpoint is passed over, for each other one */
#define LOAD         1.25 /* most in flight, of its share: Mirrokni, Thorup, Zadimoghaddam 2018 */
#define PROMPT_BYTES 1024
/* A wait that a request has for an endpoint that has not refused it, before it goes to one that
 * has. */
#define PATIENCE GL_SECOND

/* The endpoints of one group that may be asked. */
typedef struct stretch {
    const gl_candidate *first, *end;
    bool again; /* those that have refused the request may be asked, too */
} stretch;

static bool is_usable(const stretch *group, const gl_candidate *at)
{
    return at->open && (group->again || !at->failed);
}

static bool may_go(const stretch *group, const gl_candidate *at)
{
    return is_usable(group, at) && at->room > 0;
}

/* --- room ------------------------------------------------------------------------------------- */

static const gl_candidate *pick_room(const stretch *group)
{
    const gl_candidate *best = NULL;
    double sum = 0;
    for (const gl_candidate *at = group->first; at < group->end; at++) {
        if (!may_go(group, at)) continue;
        sum += at->weight;
        at->share->credit += at->weight;
        if (best == NULL || at->share->credit > best->share->credit) best = at;
    }
    if (best != NULL) best->share->credit -= sum;
    return best;
}

/* --- fastest ---------------------------------------------------------------------------------- */

/* An endpoint that has answered nothing is asked one thing first, and then has its time. */
static double cost(const gl_candidate *at)
{
    double full = (double)at->in_flight / ((double)at->in_flight + (double)at->room);
    if (at->share->latency > 0) return at->share->latency * (1 + full);
    return at->in_flight == 0 ? 0 : (double)INFINITY;
}

static const gl_candidate *pick_fastest(const stretch *group)
{
    const gl_candidate *best = NULL, *oldest = NULL;
    uint32_t count = 0;
    for (const gl_candidate *at = group->first; at < group->end; at++) {
        if (!may_go(group, at)) continue;
        count++;
        at->share->passed++;
        if (best == NULL || cost(at) < cost(best)) best = at;
        if (oldest == NULL || at->share->passed > oldest->share->passed) oldest = at;
    }
    if (best == NULL) return NULL;
    if (oldest->share->passed > EXPLORE * (count - 1)) best = oldest;
    best->share->passed = 0;
    return best;
}

/* --- prefix ----------------------------------------------------------------------------------- */

/* The order in which a prompt prefers the endpoints: the smallest first. An endpoint is first for
 * as large a part of the prompts as its weight is of all weights, and when one goes, only its own
 * prompts move. */
static double rank(const gl_candidate *at, uint64_t prompt)
{
    uint64_t hash = gl_hash(prompt, &at->name, sizeof at->name);
    double uniform = ((double)(hash >> 11) + 1) / 9007199254740993.0; /* above 0, below 1 */
    return -log(uniform) / at->weight;
}

static const gl_candidate *pick_prefix(const stretch *group, uint64_t prompt)
{
    const gl_candidate *best = NULL, *any = NULL;
    double in_flight = 1, weights = 0;
    for (const gl_candidate *at = group->first; at < group->end; at++) {
        if (!is_usable(group, at)) continue;
        in_flight += at->in_flight;
        weights += at->weight;
    }
    for (const gl_candidate *at = group->first; at < group->end; at++) {
        if (!may_go(group, at)) continue;
        bool light = at->in_flight < ceil(LOAD * in_flight * at->weight / weights);
        if (any == NULL || rank(at, prompt) < rank(any, prompt)) any = at;
        if (light && (best == NULL || rank(at, prompt) < rank(best, prompt))) best = at;
    }
    return best != NULL ? best : any;
}

uint64_t gl_pick_prompt(gl_json body)
{
    static const char *const names[] = { "instructions", "messages", "prompt", "input" };
    gl_json found[sizeof names / sizeof *names];
    size_t left = PROMPT_BYTES;
    uint64_t hash = 0;
    gl_json_get_many(body, names, found, sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = found[i].text.len < left ? found[i].text.len : left;
        if (found[i].kind == GL_JSON_NONE || len == 0) continue;
        hash = gl_hash(hash, found[i].text.data, len);
        left -= len;
    }
    return hash;
}

void gl_pick_saw(gl_pick_share *share, uint64_t elapsed)
{
    if (elapsed == 0) elapsed = 1;
    if (share->latency > 0)
        share->latency += SMOOTH * ((double)elapsed - share->latency);
    else
        share->latency = (double)elapsed;
}

/* --- the way ---------------------------------------------------------------------------------- */

typedef struct state {
    bool usable, room; /* of any endpoint */
    bool parked;       /* of all that are usable */
    gl_time when;      /* the earliest */
} state;

static state look(const stretch *group)
{
    state found = { .parked = true, .when = GL_TIME_NEVER };
    for (const gl_candidate *at = group->first; at < group->end; at++) {
        if (!is_usable(group, at)) continue;
        found.usable = true;
        found.room |= at->room > 0;
        found.parked &= at->parked;
        found.when = gl_time_min(found.when, at->when);
    }
    return found;
}

static const gl_candidate *pick_in(glimpse_pick kind, const stretch *group, uint64_t prompt)
{
    if (kind == GLIMPSE_PICK_FASTEST) return pick_fastest(group);
    if (kind == GLIMPSE_PICK_PREFIX) return pick_prefix(group, prompt);
    return pick_room(group);
}

/* Goes along the groups. NULL: none has an endpoint for now; *when is the earliest moment that one
 * will, and *parked whether that is at all known. */
static const gl_candidate *go(glimpse_pick kind, const gl_candidate *candidates, size_t count,
                              bool again, uint64_t prompt, gl_time *when, bool *usable)
{
    stretch group = { candidates, candidates, again };
    const gl_candidate *end = candidates + count;
    *when = GL_TIME_NEVER;
    *usable = false;
    for (; group.first < end; group.first = group.end) {
        for (group.end = group.first; group.end < end && group.end->group == group.first->group;)
            group.end++;
        state found = look(&group);
        if (!found.usable) continue;
        if (found.room) return pick_in(kind, &group, prompt);
        *usable = true;
        *when = gl_time_min(*when, found.when);
        if (!found.parked) return NULL; /* its turn comes here: a pace or a window is no refusal */
    }
    return NULL;
}

/* The earliest moment at which an endpoint that may not be asked now may be. */
static gl_time next_probe(const gl_candidate *candidates, size_t count)
{
    gl_time when = GL_TIME_NEVER;
    for (size_t i = 0; i < count; i++)
        if (!candidates[i].open) when = gl_time_min(when, candidates[i].when);
    return when;
}

size_t gl_pick(glimpse_pick kind, const gl_candidate *candidates, size_t count, uint64_t prompt,
               gl_time now, gl_time *when)
{
    bool usable;
    gl_time later;
    const gl_candidate *picked = go(kind, candidates, count, false, prompt, when, &usable);
    bool soon = *when == GL_TIME_NEVER || gl_time_since(*when, now) <= PATIENCE;
    if (picked == NULL && (!usable || !soon)) {
        picked = go(kind, candidates, count, true, prompt, &later, &usable);
        *when = gl_time_min(*when, later);
    }
    if (picked != NULL) return (size_t)(picked - candidates);
    *when = gl_time_min(*when, next_probe(candidates, count));
    return GL_PICK_NONE;
}
