/*
 * limit.h - how many attempts may be in flight: a window that tells load from noise. Pure.
 *
 * Refusals (429, 503, 529) are of two kinds. Those of load become fewer when less is in flight;
 * noise does not. The window is in one of these states, and changes at the end of a round, which is
 * a number of attempts that started one after the other:
 *
 *   HOLD    at `held`. Somewhat too many refusals begin a trial, a flood is a cut
 *   TRIAL   lower by the share that was refused. As many refusals as before: they are noise, which
 *           is remembered, and the window goes back up. Fewer: they were load
 *   CUT     lower by the places of the refused attempts. After a good round it probes
 *   PROBE   above `held`. After a round with no more refusals than noise brings, the window is the
 *           new `held`; else it goes back to `held`
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
    GL_REFUSAL_LIMIT,   /* a 429 whose headers say that nothing remains: load for sure */
    GL_REFUSAL_OVERLOAD /* a 503 or 529: the window may shrink to one, the circuit does the rest */
} gl_refusal;

typedef struct gl_limit_count {
    uint32_t ended, refused;
} gl_limit_count;

typedef struct gl_limit {
    int64_t most; /* the largest window; in_flight is below the window unless that shrank */
    int64_t in_flight, peak;
    double floor;   /* the smallest window */
    double window;  /* attempts in flight; a fraction is a place that rests between two attempts */
    double held;    /* the largest window that passed a round; a failed probe returns to it */
    double ceiling; /* the smallest window that was too much; 0: none is known */
    double bears;   /* attempts that the endpoint bears for long; 0: not known */
    double noise;   /* share of refusals that does not depend on the window */
    struct {
        double from, share; /* the window and share of refusals before; share 0: no trial */
    } trial;
    bool recovering;         /* after a cut, until a round is good */
    bool starting;           /* after an outage, until a probe fails: probes double it */
    uint64_t next, moved_at; /* number of the next attempt; number of the first at this window */
    uint64_t cut_before;     /* attempts below this number were out when it was cut */
    struct {
        uint64_t first; /* the round is attempts first .. first + size - 1 */
        uint32_t size;
        gl_limit_count in, behind; /* counts of the round, and of the attempts that started since */
    } round;
    double doubt;           /* refusals at this window above the borne share, */
    gl_limit_count doubted; /* and all attempts since that was 0 */
    gl_limit_count heard;   /* attempts since noise was measured */
    double debt;            /* refusals that are not made good yet */
    uint32_t streak;        /* refusals in a row, and their lowest and highest numbers */
    uint64_t streak_first, streak_last;
    double recent;                /* share of refusals among the last attempts */
    uint32_t seen, first_refused; /* of the first attempts: ended, refused */
    double latency;               /* smoothed, of answers, ns */
    double answers;               /* since load_at */
    gl_time load_at;              /* when the window was last too large */
    gl_time part_taken;           /* when an attempt last took the fractional place */
    double area, least;           /* window x time up to `moved`; the smallest window */
    gl_time since, moved;         /* the first attempt; the window's last change */
    double logged;                /* the window when its change was last logged */
    const char *why;              /* reason of the last change: a word, static */
} gl_limit;

void gl_limit_init(gl_limit *limit, int64_t most);

/* Begins anew with another largest window. Attempts in flight stay counted. */
void gl_limit_resize(gl_limit *limit, int64_t most, gl_time now);

/* Returns the window in whole attempts, at least one. */
int64_t gl_limit_places(const gl_limit *limit);

/* Returns when another attempt may start: now or earlier means now; GL_TIME_NEVER: when one has
 * ended. */
gl_time gl_limit_when(const gl_limit *limit, gl_time now);

/* Call when an attempt starts. Returns its number. */
uint64_t gl_limit_started(gl_limit *limit, gl_time now);

/* Call when an attempt has ended in any way. Then call one of the next two, if it was answered or
 * refused. */
void gl_limit_ended(gl_limit *limit, uint64_t number);

/* Call when it was answered; elapsed is in ns. */
void gl_limit_answered(gl_limit *limit, uint64_t number, uint64_t elapsed, gl_time now);

/* Call when it was refused. true: by load, so a wait that the endpoint asks for holds for all;
 * false: as far as is known, it holds for this request alone. */
bool gl_limit_refused(gl_limit *limit, uint64_t number, gl_refusal kind, gl_time now);

/* Call when an attempt found no descriptor for its connection: those in flight are all there can
 * be. false: none is in flight, so waiting for one to end would be in vain. */
bool gl_limit_starved(gl_limit *limit, gl_time now);

/* Starts from 2 after an outage, doubling. */
void gl_limit_restart(gl_limit *limit, gl_time now);

/* Returns true when the window is half or twice of its value when this last returned true, or back
 * at its full size: *from and *to are the two values. */
bool gl_limit_changed(gl_limit *limit, double *from, double *to);

/* Returns the window's mean over the time since the first attempt. */
double gl_limit_mean(const gl_limit *limit, gl_time now);

#endif
