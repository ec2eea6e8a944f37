/*
 * alerts.c - the cost of the alerts: one noted request, and one look at the window, which comes
 * once a sixtieth of it. `valgrind --tool=callgrind` counts the instructions.
 *
 * Run: build/NAME/bench/glimpse-micro-alerts [REQUESTS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "policy/alert.h"

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state ^ *state >> 29;
}

int main(int argc, char **argv)
{
    static gl_alert_watch watch;
    static const glimpse_thresholds thresholds = GLIMPSE_THRESHOLDS_DEFAULT;
    const glimpse_alerts config = GLIMPSE_ALERTS_DEFAULT;
    uint64_t requests = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000, state = 1, looks = 0;
    gl_time now = 1000 * GL_SECOND, noting = 0, looking = 0;
    gl_alert_init(&watch, &config, now);
    for (uint64_t done = 0; done < requests; looks++) { /* 5,000 a second, a look each second */
        gl_time before = gl_clock_now();
        for (int i = 0; i < 5000; i++, done++) {
            uint64_t random = next(&state);
            const gl_alert_request request = { .waited = true,
                                               .latency = random % (4 * GL_SECOND),
                                               .thresholds = &thresholds,
                                               .failed = random % 50 == 0,
                                               .looked = true,
                                               .answered = true,
                                               .identity = random };
            gl_alert_add(&watch, &request, now + (gl_time)i * 200 * GL_US);
        }
        now += GL_SECOND;
        glimpse_alert out[GLIMPSE_ALERT_COUNT];
        gl_time between = gl_clock_now();
        (void)gl_alert_look(&watch, now, out);
        looking += gl_clock_now() - between;
        noting += between - before;
    }
    printf("noted      %.1f ns a request, of %" PRIu64 "\n", (double)noting / (double)requests,
           requests);
    printf("looked     %.1f us a look, of %" PRIu64 "\n", (double)looking / 1e3 / (double)looks,
           looks);
    printf("memory     %zu bytes\n", sizeof watch);
    return 0;
}
