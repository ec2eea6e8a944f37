/*
 * rules.h - the server's behaviour: the texts and numbers of mock_options, parsed. A server has one
 * set of rules, and takes another as a whole or not at all.
 */
#ifndef MOCK_RULES_H
#define MOCK_RULES_H

#include "mock/batch_spec.h"
#include "mock/fault.h"
#include "mock/latency.h"
#include "mock/mock.h"
#include "mock/models.h"
#include "mock/outage.h"
#include "mock/refuse.h"
#include "mock/stall.h"
#include "mock/wait.h"

typedef struct mock_rules {
    mock_latency latency;
    bool has_ttft; /* streams begin after ttft instead of latency */
    mock_latency ttft;
    bool draws_gaps; /* a drawn gap is between the tokens of a stream, not token_gap */
    mock_latency gaps;
    size_t piece_tokens; /* in each piece of a stream */
    size_t max_body;     /* bytes of a request; more is 413; 0 = MOCK_BODY_MAX */
    gl_time token_gap;   /* ns; 0 and no gaps: all at once */
    double prefill;      /* ns a token of the prompt, on top of the latency */
    double slowdown;     /* of all times, for each other request being served: 0.05 is 5 % */
    mock_faults faults;
    mock_wait retry_after; /* in answers 429 and 503 of faults */
    mock_outages outages;
    mock_stalls stalls;
    mock_refusal refusal; /* borrows the text of the options */
    mock_batch_faults batch_faults;
    mock_models models; /* borrows the text of the options */
    uint64_t reasoning; /* tokens */
    bool reset_errors, times;
    double replay_speed;        /* 0: at once */
    uint64_t close_after;       /* answers of a connection; 0 = any number */
    uint64_t quota;             /* good answers allowed; 0 = any number */
    uint64_t places, longest;   /* served at once, waiting at most; 0 = any number */
    int64_t rpm, tpm;           /* 0 = no limit */
    gl_time batch_latency;      /* from a batch's creation to its end */
    uint64_t most_batch_tokens; /* of batches at work; 0 = any number */
} mock_rules;

/* false: problem names the error, beginning with the option's name and a colon, and there is
 * nothing to free. */
bool mock_rules_read(mock_rules *rules, const mock_options *options, char *problem,
                     size_t problem_size);
void mock_rules_free(mock_rules *rules);

#endif
