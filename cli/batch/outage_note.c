/* outage_note.c - see outage_note.h. Pure; called by job.c. */
#include "batch/outage_note.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND INT64_C(1000000000)
/* A shorter outage is a hiccup, and the circuit's events in the log are enough. */
#define FIRST_NS (5 * SECOND)
/* Often enough that a tail of the log shows it, seldom enough that a night fits a page. */
#define APART_MAX_NS (60 * SECOND)

static void put_time(char *out, size_t size, int64_t ns)
{
    int64_t s = ns / SECOND;
    if (s < 120)
        snprintf(out, size, "%" PRId64 " s", s);
    else if (s < 7200)
        snprintf(out, size, "%" PRId64 " min", s / 60);
    else
        snprintf(out, size, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
}

bool outage_note_due(outage_note *note, const glimpse_stats *stats, char *line, size_t size)
{
    char time[32], why[160];
    int64_t open = stats->circuit_open_ns;
    if (stats->circuit == GLIMPSE_CIRCUIT_CLOSED) {
        note->next_ns = 0;
        return false;
    }
    if (note->next_ns == 0) note->next_ns = FIRST_NS;
    if (open < note->next_ns) return false;
    while (note->next_ns <= open)
        note->next_ns += note->next_ns < APART_MAX_NS ? note->next_ns : APART_MAX_NS;
    put_time(time, sizeof time, open);
    if (stats->circuit_http_status > 0)
        snprintf(why, sizeof why, "HTTP %d", stats->circuit_http_status);
    else
        snprintf(why, sizeof why, "%s", glimpse_error_sentence(stats->circuit_error));
    snprintf(line, size,
             "the endpoint has been failing for %s (%s); waiting; %" PRIu64
             " probe%s; stop with Ctrl-C or --job-deadline",
             time, why, stats->circuit_probes, stats->circuit_probes == 1 ? "" : "s");
    return true;
}
