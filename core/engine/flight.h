/* flight.h - identical requests that are under way together. */
#ifndef GL_FLIGHT_H
#define GL_FLIGHT_H

#include "engine/request.h"

/* Makes the request follow an identical one that is under way. false: there is none, or the request
 * must not follow. */
bool gl_flight_join(gl_request *request);

/* Makes the request a leader, if it may fly and there is no leader of its identity. */
void gl_flight_lead(gl_request *request);

/* Ends the flight for newcomers: no request may follow this one any more. */
void gl_flight_land(gl_request *request);

/* Takes this request's caller out of the flight. Returns the request that this caller has from now
 * on, and on which nothing depends: the same one, or, when it led others, the first of them, which
 * has taken its place. */
gl_request *gl_flight_leave(gl_request *request, gl_time now);

/* Takes one follower out, and gives it a share in its leader's result; NULL: no more. */
gl_request *gl_flight_next(gl_request *leader);

/* Call when another attempt begins at `until`. Takes out one request of the flight that cannot wait
 * for it, because it has had text of the last attempt or its deadline comes first, and gives it a
 * share in the failure. Followers come first, the leader last. NULL: all can wait. */
gl_request *gl_flight_drop(gl_request *leader, gl_time until, gl_time now);

/* The latest deadline in a flight. */
gl_time gl_flight_deadline(const gl_request *leader);

/* Call when text came, or when the text that came is void: sets which requests of the flight are in
 * `speaking`. */
void gl_flight_text(gl_request *leader);

#endif
