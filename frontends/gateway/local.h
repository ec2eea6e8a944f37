/* local.h - the answer that is made on this machine while no endpoint answers: --fallback on. Pure.
 */
#ifndef GATEWAY_LOCAL_H
#define GATEWAY_LOCAL_H

#include "base/buf.h"
#include "gateway/path.h"
#include "gateway/verdict.h"

/* Returns true where such an answer takes the place of this failure: the endpoint is down, and the
 * path is chat's. A refusal, a quota and a deadline stay what they are. */
bool gateway_local_serves(gateway_kind kind, const gateway_verdict *verdict);

/* Appends an answer of /v1/chat/completions with these words. `process` and `number` make its id;
 * model len 0: "local". */
void gateway_local_write(gl_slice words, gl_slice model, uint64_t process, uint64_t number,
                         int64_t unix_s, gl_buf *out);

#endif
