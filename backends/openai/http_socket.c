/*
 * http_socket.c - the sockets of all shards, by descriptor, and whether the loop watches them.
 *
 * libcurl says "remove" each time a keep-alive connection falls idle and announces it again for the
 * next request: obeying it costs two epoll_ctl a request and gives 29,000 requests a second,
 * ignoring it gives 42,000. So a removed socket stays watched for reading, dormant. If it becomes
 * readable then, the connection is dead, or the server sends unasked: it is unwatched, and stale.
 * libcurl checks an idle connection before it uses it again, but since 8.22 not within a second of
 * its last check. So a transfer on a stale connection ends before it is sent, which closes the
 * connection, and starts over.
 *
 * Only sockets of our own open callback become dormant, because our close callback then always
 * comes before close(2). Others (libcurl's internal wake-up pipes, announced since 8.20) are
 * forgotten at once. So are sockets that were never connected, for which libcurl only wants to
 * write: when such a transfer is cancelled, 7.88.1 closes the socket first, without our callback,
 * and removes it then.
 *
 * Everything here but watch_fired and the open and close callbacks' work on the table runs inside
 * libcurl, and never calls it back.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/array.h"
#include "openai/http_internal.h"

/*
 * libcurl 7.88 wants to write as long as an HTTP/2 request has a body to send, also when the server
 * has closed the window for it: the socket is writable, there is nothing to write, and a loop that
 * obeys uses a whole core (0.75 s of CPU in 1 s, measured). So a socket that was only writable this
 * often is not watched for writing for a moment. The frame that opens the window makes it readable.
 * A body that is really sent takes 16 KiB a time: 50 MB/s of it remain.
 */
#define WRITES_MAX 32
#define BREATH_MS  10

static gl_socket *find(gl_http *http, curl_socket_t fd)
{
    return fd >= 0 && (size_t)fd < http->sockets.count ? &http->sockets.at[fd] : NULL;
}

static gl_socket *find_or_add(gl_http *http, curl_socket_t fd)
{
    gl_sockets *sockets = &http->sockets;
    if (fd < 0) return NULL;
    if ((size_t)fd >= sockets->count) {
        size_t count = sockets->count;
        gl_socket *at = gl_array_room(sockets->at, &count, (size_t)fd + 1, 64, sizeof *at);
        if (at == NULL) return NULL;
        for (size_t i = sockets->count; i < count; i++) at[i] = (gl_socket){ 0 };
        sockets->at = at;
        sockets->count = count;
    }
    return &sockets->at[fd];
}

static void wake(gl_socket *socket)
{
    if (!socket->dormant) return;
    socket->dormant = false;
    socket->shard->dormant--;
    gl_shard_update(socket->shard);
}

static void set_stale(gl_socket *socket, bool stale)
{
    if (socket->stale == stale) return;
    socket->stale = stale;
    if (stale)
        socket->shard->stale++;
    else
        socket->shard->stale--;
}

static void forget(gl_socket *socket)
{
    gl_shard *shard = socket->shard;
    wake(socket);
    set_stale(socket, false);
    gl_watch_free(socket->watch);
    if (shard != NULL && socket->ours) shard->sockets--;
    if (shard != NULL && !socket->ours) shard->foreign--;
    *socket = (gl_socket){ 0 };
    if (shard != NULL) gl_shard_update(shard);
}

static uint16_t local_port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) return 0;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return 0;
}

/* The table is walked only while the shard has a stale socket; each is found once. */
bool gl_socket_is_stale(const gl_shard *shard, int local_port)
{
    const gl_sockets *sockets = &shard->http->sockets;
    if (shard->stale == 0 || local_port <= 0) return false;
    for (size_t fd = 0; fd < sockets->count; fd++)
        if (sockets->at[fd].stale && sockets->at[fd].shard == shard &&
            sockets->at[fd].port == local_port)
            return true;
    return false;
}

/* Returns true when the event is a late one: a call to libcurl for one socket also runs each
 * transfer whose time has come, so libcurl can read the end of an answer before the loop comes to
 * the event of that answer's socket. */
static bool nothing_came(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* The server may send frames on an idle HTTP/2 connection. */
static void stirred(gl_socket *socket, int fd)
{
    if (nothing_came(fd)) return;
    wake(socket);
    gl_watch_set(socket->watch, 0);
    if (socket->shard->http->endpoint.multiplex) return;
    socket->port = local_port_of(fd);
    set_stale(socket, true);
}

static void watch_fired(int fd, int events, void *arg)
{
    gl_http *http = arg;
    assert((size_t)fd < http->sockets.count);
    gl_socket *socket = &http->sockets.at[fd];
    assert(socket->watch != NULL);
    if (socket->dormant) {
        stirred(socket, fd);
        return;
    }
    int mask = ((events & GL_WATCH_READ) ? CURL_CSELECT_IN : 0) |
               ((events & GL_WATCH_WRITE) ? CURL_CSELECT_OUT : 0);
    if (events & GL_WATCH_READ) socket->writes = 0;
    if (events == GL_WATCH_WRITE && http->endpoint.multiplex && ++socket->writes == WRITES_MAX) {
        socket->writes = 0;
        socket->held = true;
        gl_watch_set(socket->watch, GL_WATCH_READ);
        gl_timer_set(http->breather, gl_time_add_ms(gl_loop_now(http->loop), BREATH_MS));
    }
    gl_shard *shard = socket->shard; /* the entry may be gone or moved afterwards */
    gl_shard_act(shard, fd, mask);
    gl_shard_mark_dirty(shard);
}

void gl_sockets_breathe(void *arg)
{
    gl_http *http = arg;
    for (size_t fd = 0; fd < http->sockets.count; fd++) {
        gl_socket *socket = &http->sockets.at[fd];
        if (!socket->held) continue;
        socket->held = false;
        if (gl_watch_set(socket->watch, GL_WATCH_READ | GL_WATCH_WRITE)) continue;
        socket->shard->unwatched = socket->shard->broken = true;
        gl_shard_mark_dirty(socket->shard);
    }
}

/* The transfer cannot go on without events. Returning -1 to libcurl here would end every transfer
 * of the multi handle, so the drain ends the one that is concerned. */
static void unwatchable(gl_shard *shard, CURL *easy)
{
    gl_transfer *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    if (shard->http->endpoint.multiplex || transfer == NULL)
        shard->broken = true; /* others share the connection */
    else
        transfer->error = GLIMPSE_ERR_OOM;
    shard->unwatched = true;
    gl_shard_mark_dirty(shard);
}

static void sleep_or_forget(gl_socket *socket)
{
    if (!socket->ours || !socket->connected) {
        forget(socket);
        return;
    }
    if (socket->dormant || socket->shard == NULL) return;
    socket->dormant = true;
    socket->shard->dormant++;
    if (!gl_watch_set(socket->watch, GL_WATCH_READ)) wake(socket);
    gl_shard_update(socket->shard);
}

int gl_socket_callback(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    (void)unused;
    gl_shard *shard = arg;
    gl_http *http = shard->http;
    if (what == CURL_POLL_REMOVE) {
        gl_socket *socket = find(http, fd);
        if (socket != NULL) socket->held = false;
        if (socket != NULL && socket->watch != NULL) sleep_or_forget(socket);
        return 0;
    }
    int events =
        ((what & CURL_POLL_IN) ? GL_WATCH_READ : 0) | ((what & CURL_POLL_OUT) ? GL_WATCH_WRITE : 0);
    gl_socket *socket = find_or_add(http, fd);
    if (socket != NULL && socket->watch == NULL)
        socket->watch = gl_watch_new(http->loop, fd, watch_fired, http);
    if (socket == NULL || socket->watch == NULL) {
        unwatchable(shard, easy);
        return 0;
    }
    wake(socket);
    set_stale(socket, false);
    socket->held = false;
    if ((what & CURL_POLL_IN) != 0) socket->connected = true;
    if (socket->shard == NULL) {
        socket->shard = shard;
        if (socket->ours)
            shard->sockets++;
        else
            shard->foreign++;
    }
    if (!gl_watch_set(socket->watch, events)) unwatchable(shard, easy);
    return 0;
}

curl_socket_t gl_socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    gl_transfer *transfer = arg;
    gl_http *http = transfer->http;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->protocol);
    transfer->open_errno = fd < 0 ? errno : 0;
    if (fd < 0) return CURL_SOCKET_BAD;
    gl_socket *entry = find_or_add(http, fd);
    if (entry == NULL) {
        transfer->open_errno = ENOMEM;
        close(fd);
        return CURL_SOCKET_BAD;
    }
    forget(entry); /* one not ours, closed without an announcement */
    *entry = (gl_socket){ .ours = true };
    return fd;
}

int gl_socket_close(void *arg, curl_socket_t fd)
{
    gl_socket *socket = find(arg, fd);
    if (socket != NULL) forget(socket);
    return close(fd);
}

void gl_sockets_forget(gl_shard *shard)
{
    gl_sockets *sockets = &shard->http->sockets;
    for (size_t fd = 0; fd < sockets->count; fd++)
        if (sockets->at[fd].shard == shard) forget(&sockets->at[fd]);
}

void gl_sockets_free(gl_http *http)
{
    for (size_t fd = 0; fd < http->sockets.count; fd++) gl_watch_free(http->sockets.at[fd].watch);
    gl_free(http->sockets.at);
    http->sockets = (gl_sockets){ 0 };
}
