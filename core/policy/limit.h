/*
 * limit.h - how many attempts may be in flight: a window that tells load from noise. Pure.
 *
 * Refusals (429, 503, 529) are of two kinds. Those of load become fewer when less is in flight;
 * noise does not. The window is in one of these ways, and changes at the end of a round, which is
 * a number of attempts that started one after the other:
 *
 *   HOLD    at `held`. Somewhat too many refusals begin a trial, a flood is a cut
 *   TRIAL   lower by the share that was refused. As many as before: that is noise, which is
 *           remembered, and the window is put back. Fewer: it was load
 *   CUT     the refused have given their places back. After a good round it probes
 *   PROBE   above `held`. A round with no more than noise: that holds. Else back
 *
 * docs/internals/window.md explains it on a page, with the origin of each number.
 */
#ifndef GL_POLICY_LIMIT_H
#define GL_POLICY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

typedef enum gl_refusal {
    GL_REFUSAL_PACE,    /* a 429 */
    GL_REFUSAL_LIMIT,   /* one whose headers say that nothing remains: load for sure */
    GL_REFUSAL_OVERLOAD /* a 503 or 529: one in flight is the least, the circuit does the rest */
} gl_refusal;

typedef struct gl_limit_count {
    uint32_t ended, refused;
} gl_limit_count;

typedef struct gl_limit {
    int64_t most; /* never more; in_flight is below the window unless that shrank */
    int64_t in_flight, peak;
    double floor;   /* never less */
    double window;  /* how many; a fraction is a place that rests between two attempts */
    double held;    /* held so far: below the window in a probe, else the window */
    double ceiling; /* the least that was too much; 0: none is known */
    double bears;   /* what the endpoint bears for long; 0: not known */
    double noise;   /* share of refusals that does not depend on the window */
    struct {
        double from, share; /* window and share of refusals before it; share 0: there is none */
    } trial;
    bool recovering;         /* after a cut, until a round is good */
    bool starting;           /* after an outage, until a probe fails: probes double it */
    uint64_t next, moved_at; /* number of the next attempt; of the first at this window */
    uint64_t cut_before;     /* attempts below this number were out when it was cut */
    struct {
        uint64_t first; /* attempts first .. first + size - 1 */
        uint32_t size;
        gl_limit_count in, behind; /* of them, and of those that started since */
    } round;
    double doubt;           /* refusals at this window above what is borne, */
    gl_limit_count doubted; /* and all since that was 0 */
    gl_limit_count heard;   /* since noise was measured */
    double debt;            /* refusals that are not made good yet */
    uint32_t streak;        /* refusals on end, and their lowest and highest numbers */
    uint64_t streak_first, streak_last;
    double recent;                /* share of refusals among the last few */
    uint32_t seen, first_refused; /* of the first few: ended, refused */
    double latency;               /* of answers, ns */
    double answers;               /* since load_at */
    gl_time load_at;              /* when it last was too much */
    gl_time part_taken;           /* when an attempt last took the place that is a fraction */
    double area, least;           /* window x time up to `moved`; the least that it was */
    gl_time since, moved;         /* the first attempt; the window's last change */
    double logged;                /* as it was when that was last told */
    const char *why;              /* of its last change: a word, static */
} gl_limit;

void gl_limit_init(gl_limit *limit, int64_t most);

/* The window in whole attempts, at least one. */
int64_t gl_limit_places(const gl_limit *limit);

/* When another may start: now or earlier means now; GL_TIME_NEVER: when one has ended. */
gl_time gl_limit_when(const gl_limit *limit, gl_time now);

/* It starts. Returns its number. */
uint64_t gl_limit_started(gl_limit *limit, gl_time now);

/* It has ended, however. Then one of the next two, if it was answered or refused. */
void gl_limit_ended(gl_limit *limit, uint64_t number);

/* It was answered, after so long (ns). */
void gl_limit_answered(gl_limit *limit, uint64_t number, uint64_t elapsed, gl_time now);

/* It was refused. true: by load, so that a wait which the endpoint asks for is meant for all;
 * false: as far as is known, it is this request's alone. */
bool gl_limit_refused(gl_limit *limit, uint64_t number, gl_refusal kind, gl_time now);

/* An attempt that has ended found no descriptor for its connection: those in flight are all that
 * can be. false: there are none, so waiting for one of them to end would be in vain. */
bool gl_limit_starved(gl_limit *limit, gl_time now);

/* After an outage: from 2, doubling. */
void gl_limit_restart(gl_limit *limit, gl_time now);

/* Whether it is half, or twice, or again all of what it was when this was last true: *from and *to
 * are those two. */
bool gl_limit_changed(gl_limit *limit, double *from, double *to);

/* The window's mean over the time since the first attempt. */
double gl_limit_mean(const gl_limit *limit, gl_time now);

#endif
