/* breaker.c - see breaker.h. */
#include "policy/breaker.h"

#define AT_LEAST   20 /* the fewest attempts of which a share means anything */
#define FIRST_WAIT GL_SECOND
/* The longest time between two probes. An endpoint that is back is found within it, and the window
 * needs some ten round trips more to fill: 10 s for both. */
#define LONGEST_WAIT (4 * GL_SECOND)
#define LATE_FOR     (10 * GL_SECOND)
/* After this time another probe goes beside one that hangs: an endpoint that is back must be found
 * within 10 s, and an attempt may take ten minutes. */
#define PROBE_ALONE (10 * GL_SECOND)

void gl_breaker_init(gl_breaker *breaker, bool minds_late)
{
    *breaker = (gl_breaker){ .minds_late = minds_late, .late_since = GL_TIME_NEVER };
}

static void forget(gl_breaker *breaker)
{
    for (int i = 0; i < GL_BREAKER_SLOTS; i++)
        breaker->ended[i] = breaker->failed[i] = breaker->late[i] = 0;
    breaker->late_since = GL_TIME_NEVER;
    breaker->streak = 0;
}

static void advance(gl_breaker *breaker, gl_time now)
{
    uint64_t second = now / GL_SECOND;
    if (second <= breaker->second) return;
    uint64_t gone = second - breaker->second;
    if (gone > GL_BREAKER_SLOTS) gone = GL_BREAKER_SLOTS;
    for (uint64_t i = 0; i < gone; i++) {
        uint64_t slot = (second - i) % GL_BREAKER_SLOTS;
        breaker->ended[slot] = breaker->failed[slot] = breaker->late[slot] = 0;
    }
    breaker->second = second;
}

static void open(gl_breaker *breaker, gl_time now)
{
    breaker->wait = breaker->state == GL_CIRCUIT_CLOSED ? FIRST_WAIT : breaker->wait * 2;
    if (breaker->wait > LONGEST_WAIT) breaker->wait = LONGEST_WAIT;
    breaker->until = now + breaker->wait;
    breaker->state = GL_CIRCUIT_OPEN;
}

bool gl_breaker_may_start(const gl_breaker *breaker, gl_time now, gl_time *when)
{
    switch (breaker->state) {
    case GL_CIRCUIT_CLOSED:
        return true;
    case GL_CIRCUIT_OPEN:
    case GL_CIRCUIT_PROBING:
        break;
    }
    *when = breaker->until;
    return now >= breaker->until;
}

bool gl_breaker_started(gl_breaker *breaker, gl_time now)
{
    if (breaker->state == GL_CIRCUIT_CLOSED) return false;
    breaker->state = GL_CIRCUIT_PROBING;
    breaker->until = now + PROBE_ALONE;
    return true;
}

/* Returns true when at least half of the attempts are `some`, and there are enough of them. */
static bool half(const uint32_t *some, const uint32_t *all)
{
    uint64_t part = 0, whole = 0;
    for (int i = 0; i < GL_BREAKER_SLOTS; i++) {
        part += some[i];
        whole += all[i];
    }
    return part >= AT_LEAST && part * 2 >= whole;
}

static bool should_open(gl_breaker *breaker, gl_time now)
{
    /* At a high rate a total outage is clear long before half of the attempts of 10 s have
     * failed. */
    if (breaker->streak >= AT_LEAST || half(breaker->failed, breaker->ended)) return true;
    if (!breaker->minds_late) return false;
    if (!half(breaker->late, breaker->ended)) {
        breaker->late_since = GL_TIME_NEVER;
        return false;
    }
    if (breaker->late_since == GL_TIME_NEVER) breaker->late_since = now;
    return now - breaker->late_since >= LATE_FOR;
}

gl_breaker_change gl_breaker_ended(gl_breaker *breaker, bool probe, bool failed, bool late,
                                   gl_time now)
{
    if (probe && breaker->state != GL_CIRCUIT_CLOSED) { /* false: another probe was faster */
        if (failed || (late && breaker->minds_late)) {
            open(breaker, now);
            return GL_BREAKER_PROBE_FAILED;
        }
        breaker->state = GL_CIRCUIT_CLOSED;
        forget(breaker);
        return GL_BREAKER_CLOSED;
    }
    if (breaker->state != GL_CIRCUIT_CLOSED) return GL_BREAKER_SAME; /* went out before it opened */
    advance(breaker, now);
    uint64_t slot = breaker->second % GL_BREAKER_SLOTS;
    breaker->ended[slot]++;
    if (failed) breaker->failed[slot]++;
    breaker->streak = failed ? breaker->streak + 1 : 0;
    if (late) breaker->late[slot]++;
    if (!should_open(breaker, now)) return GL_BREAKER_SAME;
    open(breaker, now);
    forget(breaker);
    breaker->opened++;
    return GL_BREAKER_OPENED;
}

void gl_breaker_wait(gl_breaker *breaker, uint64_t wait, gl_time now)
{
    if (breaker->state == GL_CIRCUIT_OPEN) breaker->until = now + wait;
}

void gl_breaker_probe_lost(gl_breaker *breaker, gl_time now)
{
    if (breaker->state != GL_CIRCUIT_PROBING) return;
    breaker->state = GL_CIRCUIT_OPEN;
    breaker->until = now;
}
