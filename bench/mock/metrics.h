/* metrics.h - the part of GET /metrics beside the statistics: tokens and durations, in Prometheus'
 * text form 0.0.4. */
#ifndef MOCK_METRICS_H
#define MOCK_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/time.h"
#include "mock/usage.h"

#define MOCK_BUCKETS 15

typedef struct mock_durations {
    uint64_t count[MOCK_BUCKETS + 1]; /* not cumulative; the last one is above all bounds */
    gl_time sum;
} mock_durations;

typedef struct mock_metrics {
    uint64_t prompt_tokens, completion_tokens; /* of answers with status 200 */
    mock_durations duration;                   /* from the complete request to the answer's end */
    mock_durations first_token;                /* of streams */
} mock_metrics;

void mock_durations_add(mock_durations *durations, gl_time duration);

struct mock_server;
void mock_metrics_write(const struct mock_server *server, gl_buf *out);

#endif
