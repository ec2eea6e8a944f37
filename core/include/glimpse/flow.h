/* SPDX-License-Identifier: MIT */
/*
 * flow.h - a caller that cannot take more of a stream now says so, and the endpoint waits for it.
 *
 * A caller that reads slowly, a socket that is full: the observer pauses its request, and has no
 * further text, event or result of it until it goes on. (Notices still come.) The bytes that come
 * meanwhile are kept by the engine. The attempt is paused too, as far as its sampler can, so that
 * the endpoint stops sending: but only while all requests that share it have paused, because one
 * slow reader must not hold up the others.
 *
 *     static void on_event(glimpse_id id, const glimpse_event *event, void *arg)
 *     {
 *         ... // write the event to a socket
 *         if (unsent > 256 * 1024) glimpse_request_pause(engine, id, 768 * 1024);
 *     }
 *     static void socket_has_room(void *arg) { glimpse_request_go_on(engine, id); }
 *
 * The limits of the first byte and of silence do not run while an attempt is paused; the limit of
 * the whole attempt and the deadline do.
 */
#ifndef GLIMPSE_FLOW_H
#define GLIMPSE_FLOW_H

#include <glimpse/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Has a request's callbacks wait. An answer that is whole meanwhile waits too, with its result:
 * glimpse_cancel gives that up. Does nothing to a request that has had its result. Call it from the
 * loop, not from a log function.
 *
 *   engine: not NULL
 *   id: from submit
 *   may_miss: bytes of events that may come for the requests that share its answer before it has
 *     gone on. Beyond them it ends with BEHIND, and the others do not notice. 0: no bound, so that
 *     the memory for them has none
 *   Calls: inside this call the sampler's pause, if all requests that share the attempt have paused
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_request_pause(glimpse_engine *engine, glimpse_id id, size_t may_miss);

/*
 * Lets a request's callbacks come again. Does nothing to a request that was not paused.
 *
 *   engine: not NULL
 *   id: from submit
 *   Calls: inside this call the sampler's pause, to go on; the observer's functions later, from the
 *     loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_request_go_on(glimpse_engine *engine, glimpse_id id);

#ifdef __cplusplus
}
#endif
#endif
