/* replay.h - a whole answer in the form of a stream: for a stream that a stored answer serves.
 * Pure. */
#ifndef GATEWAY_REPLAY_H
#define GATEWAY_REPLAY_H

#include "base/buf.h"
#include "base/json.h"
#include "gateway/path.h"

/* Appends the events of an answer. false: the answer has not the form of one of this path, and
 * nothing is appended. */
bool gateway_replay(gateway_kind kind, gl_slice body, bool wants_usage, gl_buf *out);

/* Returns true for an event that holds usage and no choice. */
bool gateway_is_usage(gl_slice data);

#endif
