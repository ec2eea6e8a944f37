/*
 * resolve_tcp.c - see resolve_tcp.h. Owns one connection to a name server; the server's answer is
 * bounded by two messages of 64 KiB and by 5 s.
 */
#include "openai/resolve_tcp.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <string.h>

#include "base/alloc.h"
#include "openai/resolve.h"

/* As long as evdns waits for a datagram. */
static const struct timeval patience = { 5, 0 };

#define MESSAGE_MAX 65535
#define LABEL_MAX   63
#define NAME_MAX_   255

struct gl_resolve_tcp {
    struct bufferevent *stream;
    void (*ended)(void *arg, gl_dns_verdict verdict, gl_slice addresses);
    void *arg;
    uint16_t id; /* id of the question for A; the one for AAAA has the next */
    int answers, count;
    gl_dns_verdict best;
    gl_buf text;
    bool has_ended;
};

/* --- messages --- */

static void append_u16(gl_buf *buf, unsigned number)
{
    gl_buf_append_char(buf, (char)(number >> 8 & 0xFF));
    gl_buf_append_char(buf, (char)(number & 0xFF));
}

bool gl_dns_write(gl_buf *buf, uint16_t id, const char *name, uint16_t type)
{
    enum { RECURSION_DESIRED = 0x0100, INTERNET = 1, HEADER = 12, BEHIND_NAME = 5 };
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == '.') len--;
    if (len == 0 || len + 2 > NAME_MAX_) return false;
    append_u16(buf, (unsigned)(HEADER + len + 1 + BEHIND_NAME));
    append_u16(buf, id);
    append_u16(buf, RECURSION_DESIRED);
    append_u16(buf, 1); /* question */
    for (int i = 0; i < 3; i++) append_u16(buf, 0);
    for (size_t at = 0; at <= len;) {
        size_t label = 0;
        while (at + label < len && name[at + label] != '.') label++;
        if (label == 0 || label > LABEL_MAX) return false;
        gl_buf_append_char(buf, (char)label);
        gl_buf_append(buf, name + at, label);
        at += label + 1;
    }
    gl_buf_append_char(buf, '\0');
    append_u16(buf, type);
    append_u16(buf, INTERNET);
    return !buf->failed;
}

static bool take_u16(gl_slice *rest, unsigned *number)
{
    if (rest->len < 2) return false;
    *number = (unsigned)(unsigned char)rest->data[0] << 8 | (unsigned char)rest->data[1];
    *rest = gl_slice_of(rest->data + 2, rest->len - 2);
    return true;
}

static bool skip(gl_slice *rest, size_t len)
{
    if (rest->len < len) return false;
    *rest = gl_slice_of(rest->data + len, rest->len - len);
    return true;
}

/* Labels to an empty one, or to a pointer, which is not followed. */
static bool skip_name(gl_slice *rest)
{
    for (;;) {
        if (rest->len == 0) return false;
        unsigned len = (unsigned char)*rest->data;
        if (len >= 0xC0) return skip(rest, 2);
        if (len > LABEL_MAX || !skip(rest, 1 + (size_t)len)) return false;
        if (len == 0) return true;
    }
}

static void append_address(gl_buf *text, gl_slice bytes)
{
    char written[INET6_ADDRSTRLEN];
    bool six = bytes.len == 16;
    if (inet_ntop(six ? AF_INET6 : AF_INET, bytes.data, written, sizeof written) == NULL) return;
    gl_buf_printf(text, six ? "%s[%s]" : "%s%s", text->len != 0 ? "," : "", written);
}

gl_dns_verdict gl_dns_read(gl_slice message, uint16_t id, int most, int *count, gl_buf *text)
{
    enum { RESPONSE = 0x8000, CODE = 0x000F, NXDOMAIN = 3, INTERNET = 1, CLASS_TTL = 6 };
    unsigned number, flags, questions, answers, type, class, len;
    int before = *count;
    if (!take_u16(&message, &number) || !take_u16(&message, &flags) ||
        !take_u16(&message, &questions) || !take_u16(&message, &answers) || !skip(&message, 4) ||
        number != id || (flags & RESPONSE) == 0)
        return GL_DNS_FAILED;
    if ((flags & CODE) == NXDOMAIN) return GL_DNS_NO_NAME;
    if ((flags & CODE) != 0) return GL_DNS_FAILED;
    for (; questions != 0; questions--)
        if (!skip_name(&message) || !skip(&message, 4)) return GL_DNS_FAILED;
    for (; answers != 0; answers--) {
        if (!skip_name(&message) || !take_u16(&message, &type) || !take_u16(&message, &class) ||
            !skip(&message, 4) || !take_u16(&message, &len) || message.len < len)
            return GL_DNS_FAILED;
        bool address = (type == GL_DNS_A && len == 4) || (type == GL_DNS_AAAA && len == 16);
        if (address && class == INTERNET && *count < most) {
            append_address(text, gl_slice_of(message.data, len));
            ++*count;
        }
        skip(&message, len);
    }
    return *count > before || before == most ? GL_DNS_FOUND : GL_DNS_EMPTY;
}

/* --- the connection --- */

static void tell(gl_resolve_tcp *self, gl_dns_verdict verdict)
{
    if (self->has_ended) return;
    self->has_ended = true;
    bufferevent_disable(self->stream, EV_READ | EV_WRITE);
    if (self->text.failed) verdict = GL_DNS_FAILED;
    self->ended(self->arg, verdict, gl_buf_slice(&self->text));
}

/* Takes the next answer, if it is complete. */
static bool take_message(gl_resolve_tcp *self)
{
    struct evbuffer *in = bufferevent_get_input(self->stream);
    unsigned char head[4];
    if (evbuffer_copyout(in, head, sizeof head) < (ev_ssize_t)sizeof head) return false;
    size_t len = (size_t)head[0] << 8 | head[1];
    unsigned id = (unsigned)head[2] << 8 | head[3];
    if (evbuffer_get_length(in) < 2 + len) return false;
    /* Either may come first. */
    uint16_t wanted = id == (uint16_t)(self->id + 1U) ? (uint16_t)(self->id + 1U) : self->id;
    const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)(2 + len));
    gl_dns_verdict one = bytes == NULL
                             ? GL_DNS_FAILED
                             : gl_dns_read(gl_slice_of(bytes + 2, len), wanted,
                                           GL_RESOLVE_ADDRESSES_MAX, &self->count, &self->text);
    evbuffer_drain(in, 2 + len);
    if (one > self->best) self->best = one;
    self->answers++;
    return true;
}

static void readable(struct bufferevent *stream, void *arg)
{
    (void)stream;
    gl_resolve_tcp *self = arg;
    while (self->answers < 2 && take_message(self)) continue;
    if (self->answers == 2) tell(self, self->best);
}

static void changed(struct bufferevent *stream, short what, void *arg)
{
    (void)stream;
    gl_resolve_tcp *self = arg;
    if ((what & BEV_EVENT_CONNECTED) == 0) tell(self, self->best);
}

static bool ask(gl_resolve_tcp *self, const char *name)
{
    gl_buf questions;
    gl_buf_init(&questions, SIZE_MAX / 2);
    evutil_secure_rng_get_bytes(&self->id, sizeof self->id);
    bool good = gl_dns_write(&questions, self->id, name, GL_DNS_A) &&
                gl_dns_write(&questions, (uint16_t)(self->id + 1U), name, GL_DNS_AAAA) &&
                bufferevent_write(self->stream, questions.data, questions.len) == 0;
    gl_buf_free(&questions);
    return good;
}

gl_resolve_tcp *gl_resolve_tcp_start(
    struct event_base *base, const struct sockaddr *server, socklen_t server_len, const char *name,
    void (*ended)(void *arg, gl_dns_verdict verdict, gl_slice addresses), void *arg)
{
    gl_resolve_tcp *self = gl_calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->ended = ended;
    self->arg = arg;
    gl_buf_init(&self->text, (size_t)GL_RESOLVE_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 4));
    /* Deferred: a refused connection, too, is reported from the loop. */
    self->stream =
        bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (self->stream == NULL) goto failed;
    bufferevent_setcb(self->stream, readable, NULL, changed, self);
    bufferevent_setwatermark(self->stream, EV_READ, 0, 2 * (2 + MESSAGE_MAX));
    bufferevent_set_timeouts(self->stream, &patience, &patience);
    if (!ask(self, name) || bufferevent_enable(self->stream, EV_READ | EV_WRITE) != 0 ||
        bufferevent_socket_connect(self->stream, server, (int)server_len) != 0)
        goto failed;
    return self;
failed:
    gl_resolve_tcp_free(self);
    return NULL;
}

void gl_resolve_tcp_free(gl_resolve_tcp *self)
{
    if (self == NULL) return;
    if (self->stream != NULL) bufferevent_free(self->stream);
    gl_buf_free(&self->text);
    gl_free(self);
}
