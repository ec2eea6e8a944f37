/* outage_note.h - when, and in which words, a person is told that the job waits for its endpoint.
 */
#ifndef CLI_BATCH_OUTAGE_NOTE_H
#define CLI_BATCH_OUTAGE_NOTE_H

#include <glimpse/stats.h>
#include <stdbool.h>

typedef struct outage_note {
    int64_t next_ns; /* of the time a circuit is open; 0: the first line is still to come */
} outage_note;

/* Whether a line is due now; if so, it is in line. Ask often. */
bool outage_note_due(outage_note *note, const glimpse_stats *stats, char *line, size_t size);

#endif
