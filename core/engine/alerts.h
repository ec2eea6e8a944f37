/* alerts.h - an engine's alerts: what ended is counted, judged on the loop, told (policy/alert.h
 * has the rules). All of it does nothing when they are off. */
#ifndef GL_ALERTS_H
#define GL_ALERTS_H

#include <glimpse/engine.h>

typedef struct gl_alerts gl_alerts;
typedef struct gl_request gl_request;

/* The engine's config and loop are set. false: out of memory. */
bool gl_alerts_init(glimpse_engine *engine);
void gl_alerts_end(glimpse_engine *engine);

/* A request that is being delivered. */
void gl_alerts_note(const gl_request *request);

/* After deliveries, from the loop: judges what was noted. Its callback may free the engine, which
 * then takes effect when our last frame is off the stack. */
void gl_alerts_look(glimpse_engine *engine);

/* Their part of the snapshot. */
void gl_alerts_stats(const glimpse_engine *engine, glimpse_stats *stats);

#endif
