/* alerts.h - the alerts of a run, as reports show them after its end. */
#ifndef LOAD_ALERTS_H
#define LOAD_ALERTS_H

#include <glimpse/stats.h>
#include <stdio.h>

#include "base/buf.h"

/* Appends `,"alerts":[...]`: for each kind that fired its name and severity, how often, after how
 * many seconds first, for how many in all, its worst value and whether it still fires. */
void load_alerts_json(const glimpse_stats *stats, gl_buf *out);

/* Prints a line for each, or nothing. */
void load_alerts_print(const glimpse_stats *stats, FILE *out);

/* Adds ", ALERT name (severity)" for each that fires now; line is a string. */
void load_alerts_append(const glimpse_stats *stats, char *line, size_t size);

#endif
