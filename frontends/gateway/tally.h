/*
 * tally.h - what the gateway counts of its answers, and the histograms of its durations towards
 * callers. Pure. docs/internals/serve_watch.md lists the families.
 *
 * Labels are words of this file, and names of callers, which are in the operator's own file: no
 * client adds a series.
 */
#ifndef GATEWAY_TALLY_H
#define GATEWAY_TALLY_H

#include "base/buf.h"
#include "gateway/gateway.h"
#include "gateway/path.h"

typedef struct gateway_tally gateway_tally;

/* The place of an exchange at which its client left. */
typedef enum gateway_phase {
    GATEWAY_PHASE_NONE,   /* it stayed */
    GATEWAY_PHASE_QUEUE,  /* it waited for its turn */
    GATEWAY_PHASE_HEAD,   /* it was sent, and nothing had come */
    GATEWAY_PHASE_STREAM, /* within a stream */
    GATEWAY_PHASE_SLOW,   /* it did not read, and was cut */
    GATEWAY_PHASE_COUNT
} gateway_phase;

/* Of one caller. */
typedef struct gateway_share {
    uint64_t answered, failed, left; /* requests that went to the engine */
    uint64_t refused;                /* that did not */
    uint64_t prompt_tokens, completion_tokens;
} gateway_share;

/* Requests of the paths that the engine answers. */
typedef struct gateway_sums {
    uint64_t good, failed, left;
    uint64_t by_source[GLIMPSE_SOURCE_COUNT]; /* of the good ones */
} gateway_sums;

gateway_tally *gateway_tally_new(void); /* NULL: out of memory */
void gateway_tally_free(gateway_tally *tally);

/* Counts a request that was answered without the engine. share NULL: its caller is not known. */
void gateway_tally_plain(gateway_tally *tally, gateway_kind kind, const gateway_entry *entry,
                         gateway_share *share);

/* Counts one that the engine has ended. `outcome`: the status that its end stands for, also when
 * its stream had begun with a 200. share NULL: there are no callers. */
void gateway_tally_exchange(gateway_tally *tally, gateway_kind kind, const gateway_entry *entry,
                            int outcome, gateway_phase phase, gateway_share *share);

/* Counts a reload. */
void gateway_tally_reload(gateway_tally *tally, bool loaded);

void gateway_tally_sum(const gateway_tally *tally, gateway_sums *sums);
void gateway_tally_write(const gateway_tally *tally, gl_buf *out);

#endif
