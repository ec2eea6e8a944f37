/*
 * relay.h - answers that this server does not make: passed on from another one and recorded,
 * or played from a recording with its times.
 *
 *   relay.c   how such an answer goes on the wire
 *   record.c  asks the other server, keeps what it says
 *   replay.c  plays it
 */
#ifndef MOCK_RELAY_H
#define MOCK_RELAY_H

#include "mock/server.h"

/* relay.c. All append to conn->out. length below 0: it is told by chunks, or to HTTP/1.0 by
 * the connection's end. */
void mock_relay_head(mock_conn *conn, const mock_exchange *exchange, int64_t length);
void mock_relay_bytes(mock_conn *conn, gl_slice bytes);
void mock_relay_end(mock_conn *conn);

/* record.c. false: problem says why, beginning with "record:" or "record-file:". */
bool mock_record_init(struct mock_server *server, const mock_options *options, char *problem,
                      size_t problem_size);
void mock_record_free(struct mock_server *server);

/* Asks for the request that conn has read; the answer goes on by itself. */
void mock_record_start(mock_conn *conn, const mock_asked *asked);
void mock_record_drop(mock_conn *conn); /* its client is gone */

/* replay.c. Finds the answer to a request; reply says that there is none otherwise. */
void mock_replay_find(struct mock_server *server, gl_slice method, gl_slice path, gl_slice body,
                      mock_reply *reply);

/* When the first of it is due; what is due by now is put into out. true: there is more to come. */
gl_time mock_replay_first(const mock_conn *conn);
bool mock_replay_step(mock_conn *conn);

#endif
