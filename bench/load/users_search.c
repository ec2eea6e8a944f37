/* users_search.c - see users_search.h. */
#include "load/users_search.h"

#include <string.h>

#define MORE   1.05 /* than the best before: it still rises */
#define FLAT   2    /* runs in a row that do not */
#define PART   0.97 /* of the ceiling, that the knee has */
#define WITHIN 0.03 /* of the knee */

void load_users_search_init(load_users_search *search)
{
    memset(search, 0, sizeof *search);
    search->users = 1;
}

/* Tries the middle between the fewest users that do enough and the most below them that do not. */
static void halve(load_users_search *s)
{
    uint64_t high = UINT64_MAX, low = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->row[i].throughput >= PART * s->ceiling && s->row[i].users < high)
            high = s->row[i].users;
    for (size_t i = 0; i < s->count; i++)
        if (s->row[i].users < high && s->row[i].users > low) low = s->row[i].users;
    s->knee = high;
    if (high - low <= 1 || (double)(high - low) <= WITHIN * (double)high ||
        s->count == LOAD_USERS_ROWS)
        s->state = LOAD_USERS_FOUND;
    else
        s->users = low + (high - low) / 2;
}

static void look_for_the_end(load_users_search *s, double throughput, double best)
{
    s->flat = throughput <= best * MORE ? s->flat + 1 : 0;
    if (s->flat < FLAT && s->users < LOAD_USERS_MAX) {
        s->users *= 2;
        return;
    }
    s->rising = s->flat < FLAT;
    s->halving = true;
    if (s->ceiling <= 0)
        s->state = LOAD_USERS_NONE;
    else
        halve(s);
}

void load_users_search_saw(load_users_search *search, double throughput, bool spoilt)
{
    load_users_search *s = search;
    double best = s->ceiling;
    if (spoilt) {
        if (++s->spoilt == LOAD_SEARCH_SPOILT) s->state = LOAD_USERS_UNTRUSTED;
        return;
    }
    s->spoilt = 0;
    s->row[s->count].users = s->users;
    s->row[s->count++].throughput = throughput;
    if (throughput > s->ceiling) s->ceiling = throughput;
    if (s->halving)
        halve(s);
    else
        look_for_the_end(s, throughput, best);
}
