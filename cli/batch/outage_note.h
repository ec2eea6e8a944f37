/* outage_note.h - the moments and the words in which the program reports that the job waits for its
 * endpoint. */
#ifndef CLI_BATCH_OUTAGE_NOTE_H
#define CLI_BATCH_OUTAGE_NOTE_H

#include <glimpse/stats.h>
#include <stdbool.h>

typedef struct outage_note {
    int64_t next_ns; /* in the circuit's open time; 0: the first line is still to come */
} outage_note;

/* Returns true when a line is due now; then it is in `line`. Call it often. */
bool outage_note_due(outage_note *note, const glimpse_stats *stats, char *line, size_t size);

#endif
