/*
 * gateway.h - an OpenAI-compatible gateway in front of an engine: the door of this room.
 *
 * It reads requests from the house's HTTP server, submits them to an engine as they came, and gives
 * the endpoint's answers to their callers, byte for byte. What an answer costs (cache, one request
 * for identical ones, pacing, retries) is the engine's; who may ask, how many may wait and which
 * status an outcome has are this room's.
 *
 * Everything runs on the thread that runs the loop. docs/internals/serve.md explains it.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <glimpse/engine.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

struct event_base;

typedef struct gateway gateway;

/* A key that gateway_new_key makes, with its NUL. */
#define GATEWAY_KEY_SIZE 48

/* The headers of an endpoint's answer that go to a caller, for glimpse_endpoint.answer_headers. All
 * others stay here: cookies, keys, addresses, the names of servers. */
extern const char *const gateway_answer_headers[];
extern const size_t gateway_answer_header_count;

/* A request that has ended: the facts for a line of an access log. Nothing of what was asked or
 * answered, no query string and no key is among them. A number below 0 is not known. */
typedef struct gateway_entry {
    const char *kind;     /* "chat", "models", ... */
    const char *caller;   /* its name in the file of keys; NULL: none */
    gl_slice model;       /* that was asked; len 0: none */
    int status;           /* of the answer; 499: the client had left */
    const char *code;     /* of an error; NULL: there was none, or it is the endpoint's own */
    int source;           /* a glimpse_source; below 0: it did not get as far as the engine */
    const char *endpoint; /* NULL: it has no name, or none was asked */
    bool stream, stale;
    int attempts;
    int64_t queue_ns, first_byte_ns, total_ns; /* towards the client */
    int64_t prompt_tokens, completion_tokens;
    uint64_t bytes_in, bytes_out; /* of bodies */
    uint64_t process, number;     /* as in Glimpse-Request-Id; number 0: it has none */
    const char *upstream_id;      /* the endpoint's x-request-id; "": none */
    const char *peer;             /* the client's address; "": it has none */
} gateway_entry;

typedef struct gateway_config {
    struct event_base *base; /* must outlive it */
    glimpse_engine *engine;  /* must outlive gateway_close; its endpoint keeps
                                gateway_answer_headers */
    const glimpse_endpoint
        *endpoint;            /* the same one, for the list of models; borrowed by gateway_new */
    const glimpse_pool *pool; /* in its place, for several; NULL: there is one; borrowed as well */
    size_t max_body;          /* bytes */
    size_t max_connections;
    size_t queue;             /* requests that may wait for their turn; more are refused */
    int64_t queue_timeout_ms; /* longest wait for a turn; 0: none */
    int64_t deadline_ms;      /* of a request; 0: none */
    int max_attempts;         /* of the engine */
    glimpse_cache_control cache_control; /* of the engine */
    int64_t ping_ms; /* of silence in a stream, after which a comment keeps it alive; 0: none */
    bool notices;    /* a stream gets the thresholds that have passed as comments */
    const glimpse_profiles *profiles; /* of the engine; NULL: the built-in ones */
    bool keys;                        /* callers present keys: gateway_load_keys follows */
    bool finish;                      /* a request goes on when its client has left */
    bool hides_cache;                 /* no header tells a stored answer from a fresh one */
    bool fallback; /* while no endpoint answers, chat is answered on this machine */
    /* New connections are accepted for so long after /readyz says that it drains: what spreads
     * requests over several gateways looks there every few seconds. */
    int64_t still_accepting_ms;
    /* Whether a Host or Origin is this machine's, for a gateway without keys: a web page that a
     * browser here shows must not spend the endpoint's key. NULL: any may ask. */
    bool (*is_here)(gl_slice host);
    /* Origins of web pages that may ask from elsewhere, "https://host:port" each, or "*" for any;
     * they must outlive the gateway. */
    const char *const *cors;
    size_t cors_count;
    unsigned salts; /* a sum of GATEWAY_CACHE_SALT and GATEWAY_PROMPT_CACHE_KEY: members that the
                       endpoint's own cache of prompts goes by; 0: none is sent */
    /* Gets each request that has ended, valid during the call. NULL: it is not wanted. */
    void (*ended)(const gateway_entry *entry, void *arg);
    void *ended_arg;
} gateway_config;

/* NULL: out of memory. */
gateway *gateway_new(const gateway_config *config);

/* Takes the callers' keys from the text of a file, or of a newer one: what is under way goes on,
 * and what callers have spent stays. false: `why` has the place in the JSON and the reason, and
 * nothing has changed. */
bool gateway_load_keys(gateway *gate, gl_slice text, char *why, size_t why_size);

/* For glimpse_config.alert_failed: what a caller of the gateway has reason to call a failure of it.
 * A key of the gateway's that is refused is one. */
bool gateway_is_failure(const glimpse_result *result);

/* Counts a reload of a file of the gateway's, for its metrics. */
void gateway_note_reload(gateway *gate, bool loaded);

/* Appends the gateway's own metrics in Prometheus' text format (docs/internals/serve_watch.md). */
void gateway_metrics(const gateway *gate, gl_buf *out);

/* Checks the text of a file as gateway_load_keys does, and takes nothing. */
bool gateway_check_keys(gl_slice text, char *why, size_t why_size);

/* Takes the list of models of a newer pool, which the engine has taken already; it is borrowed
 * during the call. false: out of memory, and the list is still the former one. */
bool gateway_set_pool(gateway *gate, const glimpse_pool *pool);

/* Makes a fresh key of 256 random bits, and the line of a key file for it, "{...}", the caller's:
 * gl_free. false: there are no random bytes, or no memory. */
bool gateway_new_key(const char *name, char key[GATEWAY_KEY_SIZE], char **line);

/* Returns NULL, or why a text is no name of a key. */
const char *gateway_name_check(gl_slice name);

/* Accepts on a listening socket, which it owns from now on. false: out of memory. */
bool gateway_listen(gateway *gate, int fd);

/* Ends in order: /readyz says 503, each answer is the last one of its connection, new connections
 * are accepted for still_accepting_ms more; what is under way may go on for grace_ms and is then
 * ended. `done` is called from the loop, once, when nothing is under way. */
void gateway_drain(gateway *gate, int64_t grace_ms, void (*done)(void *arg), void *arg);

/* Closes the sockets and cancels what is under way. The engine may be freed next, and the gateway
 * behind it. NULL is fine. */
void gateway_close(gateway *gate);
void gateway_free(gateway *gate);

#endif
