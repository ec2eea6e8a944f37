/*
 * stats.h - the server's counts, as GET /__mock/stats shows them.
 *
 * Distinct requests are distinguished by 128 bits of SHA-256 over path and body. At most
 * MOCK_DISTINCT_MAX are remembered (16 bytes each, 128 MiB at the most with the table's free
 * places); later new ones are not counted, and the answer says so with "distinct_full":true.
 */
#ifndef MOCK_STATS_H
#define MOCK_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest_set.h"
#include "base/time.h"
#include "mock/fault.h"

#define MOCK_DISTINCT_MAX ((size_t)4 * 1024 * 1024)

typedef struct mock_stats {
    gl_time start;           /* of the server */
    uint64_t requests;       /* POSTs received whole */
    uint64_t by_status[600]; /* of POSTs, when the answer was sent */
    uint64_t by_fault[MOCK_FAULT_COUNT];
    uint64_t in_flight, peak; /* POSTs received and not ended */
    uint64_t open_connections;
    uint64_t outage_requests;  /* POSTs refused in an outage */
    uint64_t quota_requests;   /* ... after the quota was used up */
    uint64_t limited_requests; /* ... over a rate limit */
    uint64_t stalled_requests; /* POSTs whose answer waited for a stall's end */
    uint64_t queue_refused;    /* ... because the queue was full */
    uint64_t left; /* POSTs whose client was gone before the answer, or all of a stream */
    uint64_t left_by_fault[MOCK_FAULT_COUNT]; /* of those: by the fault that they would have met */
    uint64_t left_refused_429, left_refused_503; /* by outage, quota, limits or a full queue */
    gl_time first, last; /* the first POST received, the last one ended; NEVER */
    gl_digest_set seen;
    bool seen_full;
} mock_stats;

void mock_stats_init(mock_stats *stats, gl_time now);
void mock_stats_free(mock_stats *stats);

/* A POST was received; digest is at least 16 bytes. */
void mock_stats_begin(mock_stats *stats, const unsigned char *digest, gl_time now);

/* Call before mock_stats_end when the client left before its answer; status and fault are those of
 * the answer. */
void mock_stats_left(mock_stats *stats, int status, mock_fault fault);

/* Call when it ended: answered with this status, or 0 when no answer was begun. */
void mock_stats_end(mock_stats *stats, int status, gl_time now);

void mock_stats_write(const mock_stats *stats, gl_time now, gl_buf *out);

#endif
