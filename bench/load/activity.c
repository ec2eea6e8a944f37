/* activity.c - see activity.h. */
#include "load/activity.h"

#include <string.h>

#define CELL   (10 * GL_MS)
#define LEAST  (300 * GL_MS) /* the eye cannot tell a shorter one from a slow answer */
#define LONGER 2             /* times the usual time: all of a closed loop's users may be in step */
#define CHANCE 10            /* e^-10 is 1 of 22,000 */

void load_activity_init(load_activity *activity, gl_time start)
{
    memset(activity, 0, sizeof *activity);
    activity->start = start;
    activity->width = CELL;
}

static void halve(load_activity *a)
{
    for (size_t i = 0; i < LOAD_CELLS; i += 2) {
        a->cell[i / 2].more = a->cell[i].more + a->cell[i + 1].more;
        a->cell[i / 2].signs = a->cell[i].signs + a->cell[i + 1].signs;
    }
    memset(&a->cell[LOAD_CELLS / 2], 0, LOAD_CELLS / 2 * sizeof a->cell[0]);
    a->count = (a->count + 1) / 2;
    a->width *= 2;
}

static size_t cell_of(load_activity *a, gl_time at)
{
    uint64_t since = gl_time_since(at, a->start);
    while (since / a->width >= LOAD_CELLS) halve(a);
    size_t cell = (size_t)(since / a->width);
    if (cell >= a->count) a->count = cell + 1;
    return cell;
}

void load_activity_add(load_activity *activity, const load_outcome *outcome)
{
    load_activity *a = activity;
    const load_outcome *o = outcome;
    if (o->source != GLIMPSE_SOURCE_LIVE || o->left == GL_TIME_NEVER) return;
    size_t done = cell_of(a, o->done); /* the last: no cell is halved behind it */
    a->cell[cell_of(a, o->started)].more++;
    a->cell[done].more--;
    a->cell[done].signs++;
    for (size_t i = 0; i < o->arrival_count; i++) {
        gl_time at = o->started + (gl_time)(o->arrivals[i] > 0 ? o->arrivals[i] : 0);
        if (at < o->done) a->cell[cell_of(a, at)].signs++;
    }
}

size_t load_activity_stalls(const load_activity *activity, gl_time usual, gl_time until,
                            load_stall *stall, size_t most)
{
    const load_activity *a = activity;
    size_t found = 0;
    int64_t there = 0;
    gl_time from = 0, waited = 0; /* waited: the waits of all requests together */
    bool quiet = false;
    for (size_t i = 0; i <= a->count; i++) {
        gl_time at = a->start + i * a->width;
        bool ends = i == a->count || at >= until;
        if (!ends && there > 0 && a->cell[i].signs == 0) {
            if (!quiet) from = at;
            if (!quiet) waited = 0;
            quiet = true;
            waited += (gl_time)there * a->width;
        } else if (quiet) {
            gl_time took = at - from;
            quiet = false;
            if (took >= LEAST && took >= LONGER * usual && waited >= CHANCE * usual) {
                if (found < most) stall[found] = (load_stall){ from, at };
                found++;
            }
        }
        if (ends) break;
        there += a->cell[i].more;
    }
    return found;
}
