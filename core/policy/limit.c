/* limit.c - see limit.h. The numbers are explained in docs/internals/window.md. */
#include "policy/limit.h"

#include <math.h>
#include <stddef.h>

#define NOISE_MOST  0.2   /* more is never noise: the retry budget could not make up for it */
#define GRACE       0.02  /* share of refusals that has no effect */
#define PATIENCE    3.0   /* refusals above that, or in a row, that are too many; with noise: */
#define PER_NOISE   20.0  /* at 10 % of it 5 in a row: by chance once in 100,000 attempts */
#define EVIDENCE    8.0   /* refusals that a trial waits for: 4 of 8 by chance is 1 in 25 */
#define ROUND       16.0  /* fewest attempts for a share */
#define STEP        0.125 /* a fine probe goes so far beyond `held` */
#define FINE_ROUND  100.0 /* attempts of a fine probe: a bucket drains meanwhile */
#define COARSE      2.0   /* a ceiling so far above `held` is approached in coarse probes */
#define RECENT      64    /* attempts */
#define LATENCY_OF  32    /* answers over which the latency is smoothed */
#define REST_MAX_NS (60.0 * GL_SECOND) /* limits are by the minute */

/* The reasons for a change of the window. */
#define REFUSED "refused"
#define NOISE   "noise"
#define HELD    "held"

/* --- rounds --- */

static void begin_round(gl_limit *limit, double size)
{
    limit->round.first = limit->next;
    limit->round.size = (uint32_t)ceil(size);
    limit->round.in = limit->round.behind = (gl_limit_count){ 0, 0 };
}

/* Returns the counters of an attempt; NULL: it started before the round, perhaps at another
 * window. */
static gl_limit_count *count_of(gl_limit *limit, uint64_t number)
{
    if (number < limit->round.first) return NULL;
    bool in = number - limit->round.first < limit->round.size;
    return in ? &limit->round.in : &limit->round.behind;
}

static double share(gl_limit_count count)
{
    return count.ended != 0 ? (double)count.refused / count.ended : 0;
}

void gl_limit_init(gl_limit *limit, int64_t most)
{
    *limit = (gl_limit){ .most = most, .window = (double)most, .held = (double)most };
    limit->least = limit->logged = limit->window;
    limit->why = HELD;
    begin_round(limit, fmax(limit->window, ROUND));
}

/* --- places --- */

int64_t gl_limit_places(const gl_limit *limit)
{
    return (int64_t)ceil(limit->window);
}

gl_time gl_limit_when(const gl_limit *limit, gl_time now)
{
    double whole = floor(limit->window), part = limit->window - whole;
    if ((double)limit->in_flight < whole) return now;
    if ((double)limit->in_flight > whole || part <= 0) return GL_TIME_NEVER;
    return limit->part_taken + (gl_time)fmin(limit->latency / part, REST_MAX_NS);
}

uint64_t gl_limit_started(gl_limit *limit, gl_time now)
{
    if (limit->next == 0) limit->since = limit->load_at = limit->moved = now;
    if ((double)limit->in_flight >= floor(limit->window)) limit->part_taken = now;
    if (++limit->in_flight > limit->peak) limit->peak = limit->in_flight;
    return limit->next++;
}

void gl_limit_ended(gl_limit *limit, uint64_t number)
{
    gl_limit_count *count = count_of(limit, number);
    if (count != NULL) count->ended++;
    limit->in_flight--;
}

/* --- the window --- */

/* Books the time at the present window, before it changes. */
static void book(gl_limit *limit, gl_time now)
{
    if (limit->next != 0) limit->area += limit->window * (double)gl_time_since(now, limit->moved);
    limit->moved = now;
}

static void set_window(gl_limit *limit, double window, const char *why, gl_time now)
{
    double least = fmin(fmax(limit->floor, limit->latency / REST_MAX_NS), (double)limit->most);
    book(limit, now);
    window = fmin(fmax(window, least), (double)limit->most);
    if (window != limit->window) limit->why = why;
    limit->window = window;
    limit->least = fmin(limit->least, limit->window);
}

void gl_limit_resize(gl_limit *limit, int64_t most, gl_time now)
{
    book(limit, now);
    gl_limit before = *limit;
    gl_limit_init(limit, most);
    limit->in_flight = before.in_flight;
    limit->peak = before.peak;
    limit->next = limit->moved_at = before.next;
    limit->latency = before.latency;
    limit->area = before.area;
    limit->least = fmin(before.least, limit->window);
    limit->since = before.since;
    limit->load_at = limit->moved = now;
    begin_round(limit, fmax(limit->window, ROUND));
}

bool gl_limit_changed(gl_limit *limit, double *from, double *to)
{
    bool whole = limit->window >= (double)limit->most;
    *from = limit->logged;
    *to = limit->window;
    if (*to > *from / 2 && *to < *from * 2 && !(whole && *from < *to)) return false;
    limit->logged = limit->window;
    return true;
}

double gl_limit_mean(const gl_limit *limit, gl_time now)
{
    gl_limit at = *limit;
    book(&at, now);
    double time = (double)gl_time_since(now, limit->since);
    return limit->next != 0 && time > 0 ? at.area / time : limit->window;
}

/* Moves to another window, or stays for a new round; the counts so far do not hold for it. */
static void move(gl_limit *limit, double window, const char *why, gl_time now)
{
    set_window(limit, window, why, now);
    limit->doubt = 0;
    limit->doubted = (gl_limit_count){ 0, 0 };
    limit->streak = 0;
    limit->moved_at = limit->next;
    limit->trial.share = 0;
    limit->recovering = false;
    begin_round(limit, fmax(limit->window, ROUND));
}

/* Moves to a window that is taken to hold. */
static void settle(gl_limit *limit, double window, const char *why, gl_time now)
{
    move(limit, window, why, now);
    limit->held = limit->window;
}

/* The window was too large. Between two such moments the endpoint gave all it can give, so the
 * answers of that time say how many attempts in flight it bears for long. */
static void was_load(gl_limit *limit, double window, gl_time now)
{
    if (limit->recovering) return; /* those answers were of the recovery */
    limit->ceiling = window;
    if (limit->answers < FINE_ROUND) return;
    limit->bears = limit->answers * limit->latency / (double)gl_time_since(now, limit->load_at);
    limit->load_at = now;
    limit->answers = 0;
}

/* Returns how many attempts were really in flight, this round's refused ones included: that number
 * was too much, and not a window that was never filled. */
static double really(const gl_limit *limit, uint32_t refused)
{
    return fmin(limit->window, (double)limit->in_flight + refused);
}

/* Cuts the window by the places of the refused attempts: those of now, and those still out when
 * they end. */
static void cut(gl_limit *limit, double least, gl_time now)
{
    double size = limit->round.size, started = (double)(limit->next - limit->round.first);
    uint32_t refused = limit->round.in.refused;
    if (limit->round.behind.refused > limit->round.in.refused) {
        refused = limit->round.behind.refused;
        started -= size;
    } else {
        started = fmin(started, size);
    }
    if (refused < limit->streak) refused = limit->streak;
    double from = really(limit, refused);
    double to = from - refused;
    if (started > refused) to = fmax(to, from * (1 - refused / started));
    was_load(limit, from, now);
    settle(limit, fmax(to, fmax(from > 1 ? 1 : from / 2, least)), REFUSED, now);
    limit->recovering = true;
    limit->cut_before = limit->next;
    begin_round(limit, limit->window);
}

static void give_back(gl_limit *limit, gl_time now)
{
    if (limit->window < 2) return;
    set_window(limit, limit->window - 1, REFUSED, now);
    limit->held = limit->window;
}

/* Begins a trial: the refusals are too many for the known noise, and too few to be sure that they
 * are load. Are there fewer when less is in flight? */
static void begin_trial(gl_limit *limit, double by, gl_time now)
{
    double from = limit->window;
    settle(limit, limit->window * (1 - by), REFUSED, now);
    limit->trial.from = from;
    limit->trial.share = by;
    begin_round(limit, fmax(EVIDENCE / by, ROUND));
}

static void end_trial(gl_limit *limit, gl_time now)
{
    double from = limit->trial.from, before = limit->trial.share, here = share(limit->round.in);
    if (here * 2 >= before && here <= NOISE_MOST) {
        limit->noise = here;
        limit->heard = (gl_limit_count){ 0, 0 };
        settle(limit, from, NOISE, now);
        return;
    }
    was_load(limit, from, now);
    double to = limit->window;
    if (here > NOISE_MOST)
        to *= 1 - here;
    else if (limit->bears > to)
        to = fmin(limit->bears, from * (1 - before / 2));
    settle(limit, to, REFUSED, now);
}

/* Probes upward, once the refusals of the last probes are made good: to the number that the
 * endpoint bears for long, or in coarse steps towards a distant ceiling, or in fine ones. */
static void probe(gl_limit *limit, gl_time now)
{
    bool known = limit->bears > limit->held * (1 + STEP) && limit->bears <= limit->ceiling;
    double top = known ? limit->bears : limit->ceiling, ratio = top / limit->held;
    double to = limit->held * (1 + STEP), size = FINE_ROUND;
    if (limit->held >= (double)limit->most) return;
    if (known || ratio > COARSE || limit->starting) {
        to = limit->starting          ? limit->held * 2
             : ratio < (1 + 2 * STEP) ? top
                                      : sqrt(limit->held * top);
        size = fmax(to - limit->held, fmin(ROUND, to));
    } else if (limit->debt > 0) {
        return;
    }
    move(limit, to, HELD, now);
    begin_round(limit, size);
}

static void probe_failed(gl_limit *limit, gl_time now)
{
    double to = limit->held;
    was_load(limit, limit->window, now);
    limit->starting = false;
    if (limit->window < to * (1 + 2 * STEP) && limit->bears < to)
        to = fmax(limit->bears, to / (1 + STEP));
    settle(limit, to, REFUSED, now);
}

/* --- attempts that ended --- */

/* Counts refusals in a row, by the order of the starts: at least half of the attempts that started
 * in that time. By the order of the ends, all refusals of attempts that started together would be
 * in a row. */
static void count_streak(gl_limit *limit, uint64_t number)
{
    if (number < limit->moved_at) return;
    uint64_t first = limit->streak_first, last = limit->streak_last;
    if (number < first || limit->streak == 0) first = number;
    if (number > last || limit->streak == 0) last = number;
    if (last - first > (uint64_t)limit->streak + 1) {
        limit->streak = 0;
        first = last = number;
    }
    limit->streak++;
    limit->streak_first = first;
    limit->streak_last = last;
}

static void note(gl_limit *limit, uint64_t number, bool refused)
{
    double one = refused ? 1 : 0;
    if (limit->seen < RECENT) { /* the share of all attempts, until so many have ended */
        limit->seen++;
        limit->first_refused += refused;
        limit->recent = limit->first_refused / (double)limit->next;
    } else {
        limit->recent += (one - limit->recent) / RECENT;
    }
    if (refused)
        count_streak(limit, number);
    else
        limit->streak = 0;
    limit->debt = fmin(fmax(limit->debt + one - GRACE - limit->noise, 0), 1);
    gl_limit_count *count = count_of(limit, number);
    if (refused && count != NULL) count->refused++;
}

/* Takes over a lower noise without a trial. */
static void hear(gl_limit *limit)
{
    limit->heard.ended += limit->round.in.ended;
    limit->heard.refused += limit->round.in.refused;
    if (limit->heard.ended * limit->noise < 2 * EVIDENCE) return;
    limit->noise = fmin(limit->noise, share(limit->heard));
    limit->heard = (gl_limit_count){ 0, 0 };
}

static double patience(const gl_limit *limit)
{
    return PATIENCE + PER_NOISE * limit->noise;
}

/* Judges a round at the window that holds. */
static void weigh(gl_limit *limit, gl_time now)
{
    double ended = limit->round.in.ended, refused = limit->round.in.refused;
    limit->doubt += refused - (limit->noise * 1.5 + GRACE) * ended;
    limit->doubted.ended += limit->round.in.ended;
    limit->doubted.refused += limit->round.in.refused;
    if (limit->doubt <= 0) {
        limit->doubt = 0;
        limit->doubted = (gl_limit_count){ 0, 0 };
    }
    begin_round(limit, fmax(limit->window, ROUND));
    if (limit->doubt >= patience(limit))
        begin_trial(limit, fmin(share(limit->doubted), NOISE_MOST), now);
    else if (limit->doubt < 1)
        probe(limit, now);
}

/* Call when nearly all of a round has ended; an attempt that takes long counts as no refusal. */
static void end_round(gl_limit *limit, gl_time now)
{
    if (limit->round.in.ended < limit->round.size - limit->round.size / 8) return;
    hear(limit);
    if (limit->trial.share > 0) {
        end_trial(limit, now);
    } else if (limit->window > limit->held) {
        settle(limit, limit->window, HELD, now);
        probe(limit, now);
    } else if (!limit->recovering) {
        weigh(limit, now);
    } else if (share(limit->round.in) > NOISE_MOST) {
        begin_round(limit, limit->window);
    } else {
        settle(limit, limit->window, HELD, now);
        probe(limit, now);
    }
}

void gl_limit_answered(gl_limit *limit, uint64_t number, uint64_t elapsed, gl_time now)
{
    limit->answers++;
    limit->latency += ((double)elapsed - limit->latency) / (limit->latency > 0 ? LATENCY_OF : 1);
    note(limit, number, false);
    end_round(limit, now);
}

/* Returns true when this round has more refusals than noise could ever bring. */
static bool is_flood(const gl_limit *limit)
{
    double most = NOISE_MOST * limit->round.size + PATIENCE;
    return limit->round.in.refused > most || limit->round.behind.refused > most ||
           limit->streak >= patience(limit);
}

/* Returns true when a probe has more refusals than noise brings: its mean, and two deviations. */
static bool is_beyond_noise(const gl_limit *limit)
{
    double mean = limit->noise * limit->round.size;
    return limit->round.in.refused > mean + 2 * sqrt(mean);
}

bool gl_limit_refused(gl_limit *limit, uint64_t number, gl_refusal kind, gl_time now)
{
    note(limit, number, true);
    bool load =
        limit->recent > NOISE_MOST || limit->streak >= patience(limit) || kind == GL_REFUSAL_LIMIT;
    if (limit->recovering && number < limit->cut_before)
        give_back(limit, now);
    else if (number < limit->moved_at)
        return load; /* the window has changed since */
    else if (limit->window > limit->held && is_beyond_noise(limit))
        probe_failed(limit, now);
    else if (is_flood(limit))
        cut(limit, kind == GL_REFUSAL_OVERLOAD ? 1 : 0, now);
    else
        end_round(limit, now);
    return load;
}

bool gl_limit_starved(gl_limit *limit, gl_time now)
{
    if (limit->in_flight == 0) return false;
    settle(limit, (double)limit->in_flight, "descriptors", now);
    limit->ceiling = limit->window;
    return true;
}

void gl_limit_restart(gl_limit *limit, gl_time now)
{
    settle(limit, 2, "outage_over", now);
    limit->starting = true;
    begin_round(limit, limit->window);
    limit->recovering = true;
    limit->cut_before = 0;
}
