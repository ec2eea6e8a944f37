/* stats.h - sums over answers, for the snapshot of <glimpse/stats.h>. */
#ifndef GL_STATS_H
#define GL_STATS_H

#include <glimpse/stats.h>

void gl_stats_add_usage(glimpse_stats *stats, const glimpse_usage *usage);

#endif
