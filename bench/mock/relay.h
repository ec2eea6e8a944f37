/*
 * relay.h - answers that this server does not make: passed on from another one and recorded,
 * or played from a recording with its times.
 *
 *   relay.c   how such an answer goes on the wire
 *   record.c  asks the other server, keeps its answers
 *   replay.c  plays it
 */
#ifndef MOCK_RELAY_H
#define MOCK_RELAY_H

#include "mock/server.h"

/* relay.c. All append to conn->out. length below 0: the end is marked by chunks, or for HTTP/1.0 by
 * the connection's end. */
void mock_relay_head(mock_conn *conn, const mock_exchange *exchange, int64_t length);
void mock_relay_bytes(mock_conn *conn, gl_slice bytes);
void mock_relay_end(mock_conn *conn);

/* record.c. false: problem has the reason, beginning with "record:" or "record-file:". */
bool mock_record_init(struct mock_server *server, const mock_options *options, char *problem,
                      size_t problem_size);
void mock_record_free(struct mock_server *server);

/* Sends the request that conn has read to the other server; the answer goes on by itself. */
void mock_record_start(mock_conn *conn, const mock_asked *asked);
void mock_record_drop(mock_conn *conn); /* its client is gone */

/* replay.c. Finds the answer to a request; without one, reply becomes an error. */
void mock_replay_find(struct mock_server *server, gl_slice method, gl_slice path, gl_slice body,
                      mock_reply *reply);

/* Returns when the first part is due; puts the due parts into out. true: more is to come. */
gl_time mock_replay_first(const mock_conn *conn);
bool mock_replay_step(mock_conn *conn);

#endif
