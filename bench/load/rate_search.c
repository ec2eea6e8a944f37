/* rate_search.c - see rate_search.h. */
#include "load/rate_search.h"

#include <math.h>

void load_rate_search_init(load_rate_search *search, double from, double most)
{
    *search = (load_rate_search){
        .rate = from, .bad = INFINITY, .most = fmin(most, LOAD_RATE_MAX), .state = LOAD_SEARCH_ON
    };
    if (from > search->most) search->state = LOAD_SEARCH_CLIENT;
}

static void go_on(load_rate_search *s)
{
    if (s->good <= 0)
        s->state = LOAD_SEARCH_NONE; /* lower rates than the first are not tried */
    else if (s->bad / s->good <= LOAD_SEARCH_WITHIN)
        s->state = LOAD_SEARCH_FOUND;
    else if (!isinf(s->bad))
        s->rate = sqrt(s->good * s->bad);
    else if (s->good >= s->most)
        s->state = LOAD_SEARCH_CLIENT;
    else
        s->rate = fmin(2 * s->good, s->most);
}

void load_rate_search_saw(load_rate_search *search, load_seen seen)
{
    load_rate_search *s = search;
    if (seen == LOAD_SEEN_SPOILT) {
        if (++s->spoilt == LOAD_SEARCH_SPOILT) s->state = LOAD_SEARCH_UNTRUSTED;
        return;
    }
    s->spoilt = 0;
    if (seen == LOAD_SEEN_MET)
        s->good = s->rate;
    else
        s->bad = s->rate;
    go_on(s);
}
