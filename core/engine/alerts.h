/* alerts.h - an engine's alerts: counts the requests that ended, judges on the loop, reports
 * changes (policy/alert.h has the rules). Every function does nothing when the alerts are off. */
#ifndef GL_ALERTS_H
#define GL_ALERTS_H

#include <glimpse/engine.h>

typedef struct gl_alerts gl_alerts;
typedef struct gl_request gl_request;

/* Call when the engine's config and loop are set. false: out of memory. */
bool gl_alerts_init(glimpse_engine *engine);
void gl_alerts_end(glimpse_engine *engine);

/* Counts a request that is being delivered. */
void gl_alerts_note(const gl_request *request);

/* Judges the noted requests. Call from the loop, after deliveries. The callback may free the
 * engine, which then takes effect when our last frame is off the stack. */
void gl_alerts_look(glimpse_engine *engine);

/* Fills in the alerts' members of the snapshot. */
void gl_alerts_stats(const glimpse_engine *engine, glimpse_stats *stats);

#endif
