/* calibrate.c - see calibrate.h. */
#include "policy/calibrate.h"

#include <math.h>
#include <string.h>

#define PART    0.25 /* of the distance, in one step */
#define FASTEST 1.2  /* times, in one step */
#define APART   1.05 /* times, from one threshold to the next */
#define MS_MAX  (24.0 * 3600 * 1000)
#define OCTAVE  32 /* slots in an octave */

static void get(const glimpse_thresholds *from, double to[4])
{
    to[0] = (double)from->t1_ms;
    to[1] = (double)from->t2_ms;
    to[2] = (double)from->t3_ms;
    to[3] = (double)from->t4_ms;
}

void gl_calibrate_init(gl_calibrate *calibrate, const glimpse_thresholds *set, gl_time now)
{
    memset(calibrate, 0, sizeof *calibrate);
    calibrate->set = calibrate->now = *set;
    get(set, calibrate->at);
    calibrate->since = calibrate->stepped = now;
}

static size_t slot_of(double ms)
{
    if (!(ms > 1)) return 0;
    double slot = log2(ms) * OCTAVE;
    return slot < GL_CALIBRATE_SLOTS - 1 ? (size_t)slot : GL_CALIBRATE_SLOTS - 1;
}

/* Returns the slot's middle. */
static double ms_of(size_t slot)
{
    return exp2(((double)slot + 0.5) / OCTAVE);
}

static double quantile(const gl_calibrate *c, double q)
{
    double below = q * ((double)c->count[0] + (double)c->count[1]), seen = 0;
    size_t slot = 0;
    for (; slot < GL_CALIBRATE_SLOTS - 1; slot++) {
        seen += (double)c->seen[0][slot] + (double)c->seen[1][slot];
        if (seen >= below) break;
    }
    return ms_of(slot);
}

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static bool step(gl_calibrate *c)
{
    static const double wanted[4] = { 0.50, 0.75, 0.95, 0.99 };
    double set[4];
    int64_t ms[4];
    get(&c->set, set);
    for (int i = 0; i < 4; i++) {
        double factor = pow(quantile(c, wanted[i]) / c->at[i], PART);
        double to = c->at[i] * clamp(factor, 1 / FASTEST, FASTEST);
        if (i > 0 && to < c->at[i - 1] * APART) to = c->at[i - 1] * APART;
        c->at[i] = clamp(to, set[i] / GL_CALIBRATE_RANGE, set[i] * GL_CALIBRATE_RANGE);
        /* Whole milliseconds that rise strictly, up to the longest allowed. */
        ms[i] = (int64_t)(clamp(c->at[i], 1, MS_MAX - 3 + i) + 0.5);
        if (i > 0 && ms[i] <= ms[i - 1]) ms[i] = ms[i - 1] + 1;
    }
    glimpse_thresholds to = { ms[0], ms[1], ms[2], ms[3] };
    bool moved = memcmp(&to, &c->now, sizeof to) != 0;
    c->now = to;
    return moved;
}

/* Makes the newer generation the older one. */
static void turn_over(gl_calibrate *c, gl_time now)
{
    memcpy(c->seen[1], c->seen[0], sizeof c->seen[1]);
    memset(c->seen[0], 0, sizeof c->seen[0]);
    c->count[1] = c->count[0];
    c->count[0] = 0;
    c->since = now;
}

bool gl_calibrate_saw(gl_calibrate *calibrate, uint64_t elapsed_ns, gl_time now)
{
    gl_calibrate *c = calibrate;
    bool old = gl_time_since(now, c->since) >= GL_CALIBRATE_AGE;
    if (c->count[0] >= GL_CALIBRATE_GENERATION || (old && c->count[0] >= GL_CALIBRATE_MIN))
        turn_over(c, now);
    c->seen[0][slot_of((double)elapsed_ns / (double)GL_MS)]++;
    c->count[0]++;
    if (c->count[0] + c->count[1] < GL_CALIBRATE_MIN) return false;
    if (gl_time_since(now, c->stepped) < GL_CALIBRATE_STEP) return false;
    c->stepped = now;
    return step(c);
}
