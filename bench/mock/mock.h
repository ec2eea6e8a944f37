/*
 * mock.h - an OpenAI-compatible server on the caller's libevent loop: chat completions, embeddings,
 * models, files and batches, with simulated latency, faults, outages and limits. For
 * demonstrations, tests and measurements; docs/internals/mock.md describes it and its limits.
 *
 * It runs on the thread that runs the loop and starts none. The text of an answer depends only on
 * the request, so that two runs can be compared; its time and its faults come from the specs and
 * the seed, drawn in the order in which requests arrive.
 */
#ifndef MOCK_MOCK_H
#define MOCK_MOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOCK_BODY_MAX                                                                              \
    ((size_t)256 * 1024 * 1024)    /* of a request: a file of 200 MB and its form                  \
                                    */
#define MOCK_TOKEN_RATE_MAX 1e6    /* a second */
#define MOCK_SPEED_MAX      1e6    /* of a replay */
#define MOCK_PIECE_MAX      1000   /* tokens */
#define MOCK_PREFILL_MAX    1e9    /* a second */
#define MOCK_JOURNAL_MAX    100000 /* requests, each with 1 KiB of its body */

struct event_base;

typedef struct mock_server mock_server;

typedef struct mock_options {
    const char *host;         /* a name or an address; NULL = 127.0.0.1 */
    int port;                 /* 0 = any free */
    const char *latency;      /* latency.h; NULL = none */
    const char *fault;        /* fault.h; NULL = none */
    double token_rate;        /* of streams, tokens a second; 0 = all at once */
    const char *token_gap;    /* in place of the rate, drawn for each token: latency.h */
    int64_t piece_tokens;     /* in each piece of a stream; 0 = one */
    int64_t max_body;         /* bytes of a request; more is 413; 0 = 256 MiB, the most */
    double prefill_rate;      /* tokens of the prompt a second, on top; 0 = at once */
    const char *slowdown;     /* "5%" for each other request being served; NULL = none */
    uint64_t seed;            /* of latencies and faults */
    const char *outage;       /* outage.h; NULL = none */
    int64_t quota_after;      /* so many good answers, then 429 insufficient_quota; 0 = no quota */
    int64_t rpm, tpm;         /* requests, tokens a minute: limit.h; 0 = no limit */
    int64_t batch_latency_ms; /* from a batch's creation to its end: batches.h */
    const char *batch_fault;  /* batch_spec.h; NULL = none */
    int64_t enqueued_tokens;  /* of batches at work; more fail, late; 0 = no limit */
    const char *ttft;         /* of streams, in place of latency: latency.h; NULL = the same */
    const char *stall;        /* stall.h; NULL = none */
    int64_t capacity, queue;  /* served at once, waiting at most: capacity.h; 0 = any number */
    bool times;               /* x-mock-times on every answer, asked for or not */
    int64_t memory;           /* bytes that all connections may hold; 0 = 1 GiB */
    const char *retry_after;  /* the wait in 429 and 503 of faults: wait.h; NULL = none */
    const char *refuse;       /* refuse.h, borrowed as long as the server; NULL = nothing */
    bool reset_errors;        /* an error answer has no length, and ends with a reset */
    int64_t close_after; /* answers of a connection, then it is closed unannounced; 0 = never */
    const char *models;  /* "a,b": the served models; NULL = any name */
    const char *script;  /* script.h; NULL = none */
    const char *key;     /* the key of each request, borrowed as long as the server; NULL = any */
    int64_t reasoning;   /* tokens that a model thinks before it answers */
    int64_t journal;     /* requests that /__mock/journal shows: journal.h; 0 = none */
    const char *record;  /* the URL of a server that answers in this one's place; NULL = none */
    const char *record_file; /* where its answers are kept: tape.h; must not be there yet */
    const char *replay;      /* a file of such answers that are given; NULL = they are made */
    double replay_speed;     /* 2 = in half of the time; 0 = at once */
} mock_options;

/*
 * Makes a listening server. The base must outlive it; a precise one (EVENT_BASE_FLAG_PRECISE_TIMER)
 * keeps latencies to 0.1 ms, the default one to 5 ms late; neither is early. NULL: problem has the
 * reason, and begins with the option's name as `glimpse mock` has it and a colon ("latency:",
 * "close-after:") for a value that was refused. SIGPIPE is never raised.
 */
mock_server *mock_server_new(struct event_base *base, const mock_options *options, char *problem,
                             size_t problem_size);

int mock_server_port(const mock_server *server);

/* Counts the recorded answers, and those that were not: cut ones, and ones with the key in them.
 * Returns the error of writing the file, or NULL. */
const char *mock_server_recording(const mock_server *server, uint64_t *recorded,
                                  uint64_t *not_recorded);

/* Closes every connection, answered or not. NULL is fine. */
void mock_server_free(mock_server *server);

#endif
