/*
 * http_internal.h - shared by the http*.c files: the endpoint, a transfer, a shard.
 *
 * http.c          the seam: start, cancel, the one drain; waiting for the name
 * http_endpoint.c the configuration, checked and made ready for libcurl
 * http_transfer.c easy handles, their callbacks and their pool
 * http_enough.c   transfers that have all they want and wait for the end
 * http_flood.c    frames without end that carry nothing
 * http_flow.c     transfers whose reader takes no more for now
 * http_memory.c   the bytes of answers that are held at once
 * http_upload.c   bodies that are read from a file
 * http_shards.c   multi handles: which one takes a transfer, timers, messages
 * http_shard.c    one of them: reports the events of its sockets to libcurl
 * http_socket.c   the table of sockets, watched and dormant
 * http_error.c    from libcurl's verdict to ours
 */
#ifndef GL_HTTP_INTERNAL_H
#define GL_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "base/buf.h"
#include "base/list.h"
#include "openai/http.h"
#include "openai/keeping.h"
#include "openai/resolve.h"

typedef struct gl_shard gl_shard;

/* --- http_endpoint.c --- */

/* The settings that are the same for every request. */
typedef struct gl_endpoint {
    char *base_url;       /* without a slash at the end */
    char *proxy;          /* "" for none */
    char *proxy_name;     /* host:port, without credentials; NULL for none */
    char *ca_file;        /* NULL: ca_path */
    const char *ca_path;  /* libcurl's own, hashed directory; NULL: ca_file */
    char *resolve_name;   /* the host, or the proxy's, when it has to be looked up; else NULL */
    char *resolve_prefix; /* "name:port:", the text before the addresses in CURLOPT_RESOLVE */
    struct curl_slist *post_headers;
    struct curl_slist *get_headers; /* the tail of post_headers, without Content-Type */
    long http_version;              /* CURL_HTTP_VERSION_* */
    bool copies;          /* libcurl copies a request, to send it: see gl_transfers_trim */
    bool multiplex;       /* HTTP/2 is used; cleared when the server has none */
    unsigned max_streams; /* requests on one HTTP/2 connection */
    size_t max_response_bytes, max_memory_bytes;
} gl_endpoint;

glimpse_error gl_endpoint_init(gl_endpoint *endpoint, const gl_http_config *config,
                               glimpse_problem *problem);
void gl_endpoint_free(gl_endpoint *endpoint);

/* The slist of CURLOPT_RESOLVE for these addresses; NULL: out of memory. */
struct curl_slist *gl_endpoint_resolve_list(const gl_endpoint *endpoint,
                                            const gl_addresses *addresses);

/* --- http_transfer.c --- */

typedef enum gl_transfer_state {
    GL_TRANSFER_POOLED,  /* in http->pool */
    GL_TRANSFER_WAITING, /* for the name: in http->waiting */
    GL_TRANSFER_RUNNING, /* in a multi handle: in shard->running, or shard->ended for a moment */
    GL_TRANSFER_FINISHED /* out of it, to be reported: in http->finished */
} gl_transfer_state;

/* Where requests go: shared by the transfers that go there, and kept for the next. */
typedef struct gl_target {
    size_t owners;
    CURLU *url; /* in its parts; NULL: libcurl finds none in the text */
    char *text;
    char path[]; /* below the base URL */
} gl_target;

/* One request, and the easy handle it uses. Pooled with its options, its buffer and its target. */
struct gl_transfer {
    gl_node node;
    gl_http *http;
    gl_shard *shard; /* RUNNING only */
    gl_transfer_state state;
    CURL *easy;
    gl_target *target;       /* the target of the easy handle's URL, a reference */
    gl_addresses *addresses; /* the addresses of its RESOLVE list, a reference */
    struct curl_slist *resolve;
    const gl_http_observer *observer;
    void *arg;
    gl_slice request;
    gl_buf body;
    glimpse_error error; /* our own error, when we ended it: it goes before code */
    const char *why;     /* a sentence for it, or NULL */
    CURLcode code;
    int open_errno;    /* the errno of a socket that could not be opened, 0 otherwise */
    bool fresh;        /* on a connection of its own */
    bool reused;       /* on one that had carried another */
    bool again;        /* no byte was sent: the connection was stale, and it starts over */
    unsigned sendings; /* times libcurl began to send the request: the second is refused */
    gl_time waits;     /* WAITING: since when */
    int64_t dns_ns;    /* time spent WAITING; -1: the name was known */
    size_t received;   /* bytes of a body that goes out in pieces */
    size_t head_bytes; /* of status lines, headers and trailers */
    uint64_t names;    /* a bit for each name in them: names may share one */
    size_t holds;      /* bytes of its answer, counted in http->memory */
    gl_node memory;    /* in http->memory.waiting while it is paused; in http->going */
    gl_node aside;     /* in http->sending while libcurl may have a copy of what it sends; in
                          http->enough from ENOUGH on, until the body's end */
    gl_time enough_at;
    gl_http_framing framing;
    bool get, began, satisfied; /* satisfied: the observer has had ENOUGH */
    bool paused;                /* it takes no memory: memory is short, or it is held */
    bool held;                  /* its reader takes no more for now */
    bool small;                 /* libcurl's receive buffer has the smallest size */
    struct curl_slist *own;     /* lines of its own, in one block, before the endpoint's; or NULL */
    struct gl_upload *upload;   /* a body from a file; NULL: none */
    bool late;    /* libcurl's words about it come into http->late: it is sent, and many run */
    char *reason; /* they, CURL_ERROR_SIZE; NULL: none yet */
};

/* The message about more head lines and trailers than are taken, whether we or libcurl found
 * them. */
extern const char gl_http_too_much_head[];

/* From the pool or new; NULL: out of memory. */
gl_transfer *gl_transfer_take(gl_http *http, const char *path, gl_slice body);

void gl_target_unref(gl_target *target);

/* Back into the pool, or freed when the pool is full. Not in a multi handle, in no list. */
void gl_transfer_release(gl_transfer *transfer);
void gl_transfer_free(gl_transfer *transfer);

/* Gives back the copies that libcurl has of requests which are sent. Not inside libcurl. */
void gl_transfers_trim(gl_http *http);

/* Sends these lines too, this time. false: out of memory. */
bool gl_transfer_set_headers(gl_transfer *transfer, const char *const *lines, size_t count);

/* Loads these addresses into libcurl's cache when the transfer runs. false: out of memory. */
bool gl_transfer_resolve(gl_transfer *transfer, gl_addresses *addresses);

/* --- http_flood.c --- */

/* Bounds the bytes that a connection of this handle may send in one turn. false: out of memory. */
bool gl_flood_guard(gl_transfer *transfer);

/* --- http_upload.c --- */

/* Sets the transfer up to send this instead of a body. It is not pooled afterwards. false: out of
 * memory. */
bool gl_transfer_set_upload(gl_transfer *transfer, const gl_http_upload *upload);
void gl_upload_free(struct gl_upload *upload);

/* --- http_shard.c --- */

/* A multi handle of its own for at most GL_SHARD_CONNECTIONS connections. libcurl's work per
 * completion walks its connections, so one handle for 10,000 costs 192 us of CPU a request where
 * shards cost 61 (docs/internals/wire.md). A multi handle also has a table of 911 sockets (7.88.1),
 * 29 KB, so beyond the first GL_SHARDS_SMALL memory goes before time: a shard has more. */
enum { GL_SHARD_CONNECTIONS = 64, GL_SHARDS_SMALL = 16, GL_SHARD_CONNECTIONS_MOST = 256 };

struct gl_shard {
    gl_node dirty; /* in http->dirty: something to drain */
    gl_http *http;
    CURLM *multi;
    gl_timer *timer;
    gl_list running, ended;
    size_t index, transfers; /* transfers = length of running and ended */
    size_t sockets, dormant; /* our own sockets: announced, and the idle ones among them */
    size_t foreign;          /* announced sockets that we did not open */
    size_t stale;            /* our own that must not be used again */
    size_t fresh;   /* added, and not yet run by libcurl: each will take a dormant socket */
    int64_t barren; /* bytes received since the last call with content, less bodies */
    bool fruitful;  /* this call of libcurl brought bytes of a body, or the end of a transfer */
    bool flooded;   /* the barren bytes were too many: see http_flood.c */
    bool kick;      /* libcurl asked to be called at once */
    bool unwatched; /* a socket could not be watched: transfers with an error end */
    bool broken;    /* the same, and all transfers end */
    bool touched;   /* used since the reaper's last look */
    bool closed;    /* over HTTP/2: its only transfer is held, and it takes no other */
};

/* Shards of one word of the bits. */
enum { GL_SHARD_WORD = 64 };

/* The shards by index. */
typedef struct gl_shards {
    gl_shard **at; /* NULL where one was freed */
    struct gl_shard_bits {
        uint64_t room, warm; /* a bit a shard: it has room, it has a warm connection */
    } *bits;                 /* of GL_SHARD_WORD shards each */
    size_t count, capacity, bits_capacity;
    size_t live; /* of the count, the shards that exist */
} gl_shards;

/* Reports an event of a socket to libcurl, or that time has passed (CURL_SOCKET_TIMEOUT). */
void gl_shard_act(gl_shard *shard, curl_socket_t fd, int mask);

/* Moves the transfers that have ended to shard->ended, with libcurl's words about them. */
void gl_shard_take_messages(gl_shard *shard);

/* The connection of this transfer, the only one of an HTTP/2 shard, was cut: see http_flood.c. */
void gl_shard_blame_flood(gl_transfer *transfer);

/* The drain will come to it. */
void gl_shard_mark_dirty(gl_shard *shard);

/* Most connections it may have over HTTP/1.1. */
size_t gl_shard_connections(const gl_shard *shard);

/* Sets its bits; call it after a count changed, or when the shard goes. */
void gl_shard_update(gl_shard *shard);
void gl_shard_forget(gl_shard *shard);

/* --- http_shards.c --- */

/* Puts the transfer into a shard. Fails without memory, or without descriptors for a new shard. */
glimpse_error gl_shard_add(gl_http *http, gl_transfer *transfer);

/* Takes it out, wherever it is in its way; closes its connection if it has not ended. */
void gl_shard_remove(gl_transfer *transfer);

/* Lets libcurl do its due work, and moves the ended transfers to http->finished. */
void gl_shard_drain(gl_shard *shard);

void gl_shards_free(gl_http *http);
/* The reaper's work while there are shards: frees those not used since the last call. */
void gl_shards_reap(gl_http *http);

/* HTTP/2 was asked for and the server speaks 1.1: from now on one request a connection. */
void gl_shards_plain(gl_http *http);

/* --- http_socket.c --- */

typedef struct gl_socket {
    gl_watch *watch; /* NULL: not known */
    gl_shard *shard; /* the shard that announced it, NULL before */
    bool ours;       /* opened by our callback, so closed by it: it may stay watched in between */
    bool connected;  /* libcurl has wanted to read from it */
    bool dormant;    /* libcurl wants no events: the connection is idle in its pool */
    bool held;       /* not watched for writing until the breather fires */
    bool stale; /* readable while dormant: the peer closed it, because it may not send unasked */
    uint8_t writes; /* times it was only writable, since the last time it was readable */
    uint16_t port;  /* our port, of a stale one; 0: not known */
} gl_socket;

typedef struct gl_sockets {
    gl_socket *at; /* by descriptor */
    size_t count;
} gl_sockets;

int gl_socket_callback(CURL *easy, curl_socket_t fd, int what, void *shard, void *unused);
curl_socket_t gl_socket_open(void *transfer, curlsocktype purpose, struct curl_sockaddr *address);
int gl_socket_close(void *http, curl_socket_t fd);
/* Returns true when the connection of this shard with this port of ours is stale. */
bool gl_socket_is_stale(const gl_shard *shard, int local_port);
void gl_sockets_breathe(void *http);     /* the breather's callback */
void gl_sockets_forget(gl_shard *shard); /* the sockets of this shard that we did not open */
void gl_sockets_free(gl_http *http);

/* --- http_memory.c --- */

/* The bytes of all transfers' answers. */
struct gl_memory {
    size_t most, held; /* bytes */
    size_t growing;    /* unpaused transfers with bytes */
    gl_list waiting;   /* the paused ones */
};

/* Counts bytes that came. false: there is no room now, pause the transfer. */
bool gl_memory_take(gl_transfer *transfer, size_t len);

/* Counts that the transfer holds nothing any more. */
void gl_memory_leave(gl_transfer *transfer);

/* A transfer is held, and takes no bytes until it goes on. */
void gl_memory_stop(gl_transfer *transfer);
void gl_memory_go(gl_transfer *transfer);

/* Lets paused transfers go on while there is room; true: one may go on. Not inside libcurl. */
bool gl_memory_has_room(const gl_http *http);
void gl_memory_resume(gl_http *http);

/* --- http_flow.c --- */

/* Lets those transfers go on whose readers take more again. Not inside libcurl. */
void gl_flow_go(gl_http *http);

/* --- http_error.c --- */

/* Fills error, message and status from how the transfer ended; may write into its reason. */
void gl_http_judge(gl_transfer *transfer, gl_http_response *response);

/* --- http_enough.c --- */

/* Call when a transfer was added to http->enough. */
void gl_enough_await(gl_http *http);
void gl_enough_passed(void *http); /* the callback of its timer */

struct gl_http {
    gl_loop *loop;
    gl_endpoint endpoint;
    gl_log log;
    CURLSH *share; /* names and TLS sessions, for all shards */
    gl_resolver *resolver;
    gl_list waiting, finished, pool, dirty;
    gl_list going;   /* held ones that are to go on, by their node for the memory */
    gl_list sending; /* running ones with a copy of the request in libcurl: gl_transfers_trim */
    gl_list enough;  /* running ones with their whole answer, the oldest first */
    gl_timer *enough_timer;
    struct gl_memory memory;
    size_t running, pooled, max_pooled;
    gl_shards shards;
    gl_sockets sockets;
    gl_keeping keeping;
    gl_target *target; /* of the last request, a reference */
    gl_defer *drain;
    gl_timer *reaper; /* off while there is no shard: an idle client lets the loop end */
    gl_timer *breather;
    bool draining;
    char late[CURL_ERROR_SIZE]; /* see gl_transfer.late */
};

#endif
