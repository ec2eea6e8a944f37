/* flight.h - identical requests that are under way together. */
#ifndef GL_FLIGHT_H
#define GL_FLIGHT_H

#include "engine/request.h"

/* The request follows an identical one that is under way. false: there is none, or it does not
 * want to. */
bool gl_flight_join(gl_request *request);

/* From now on others may follow it, if it wants that and nobody leads already. */
void gl_flight_lead(gl_request *request);

/* Nobody may follow it any more. */
void gl_flight_land(gl_request *request);

/* The caller of this request is to have no part in what comes of the flight. Returns the request
 * that is that caller's now, which nothing depends on: the same one, or, when it led others, the
 * first of them, which has taken its place. */
gl_request *gl_flight_leave(gl_request *request, gl_time now);

/* Takes one follower out, and gives it a share in what its leader's result says; NULL: no more. */
gl_request *gl_flight_next(gl_request *leader);

/* Another attempt begins at `until`. Takes out one of the flight, with a share in the failure, that
 * was told of the last one's text or whose deadline comes before: a follower, or when nobody else
 * is left, the leader itself. NULL: all can wait. */
gl_request *gl_flight_drop(gl_request *leader, gl_time until, gl_time now);

/* The latest deadline in a flight. */
gl_time gl_flight_deadline(const gl_request *leader);

/* Text came, or what came is void: whoever listens is to be told, or not. */
void gl_flight_text(gl_request *leader);

#endif
