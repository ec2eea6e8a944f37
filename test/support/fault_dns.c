/* fault_dns.c - see fault_dns.h. */
#include "fault_dns.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openai/resolve.h"

enum { CLIENTS = 8 };

struct fault_dns {
    struct event_base *base;
    struct evdns_server_port *port;
    struct evconnlistener *listener;
    struct bufferevent *clients[CLIENTS];
    size_t queries, tcp_queries, client_count;
    char address[32];
};

enum { TTL = 60, NXDOMAIN = 3, SERVFAIL = 2 };

static bool is_truncated(const char *name)
{
    return strcasecmp(name, "large.test") == 0 || strcasecmp(name, "chain.test") == 0 ||
           strcasecmp(name, "empty.test") == 0 || strcasecmp(name, "shut.test") == 0;
}

static int answer(struct evdns_server_request *request, const char *name, int type)
{
    static const unsigned char one[] = { 127, 0, 0, 1 };
    static const unsigned char two[] = { 127, 0, 0, 2, 127, 0, 0, 1 };
    static const unsigned char six[16] = { [15] = 1 };
    bool is_six = strcasecmp(name, "six.test") == 0;
    if (strcasecmp(name, "servfail.test") == 0) return SERVFAIL;
    if (strcasecmp(name, "nodata.test") == 0) return 0;
    if (strcasecmp(name, "two.test") == 0) {
        if (type == EVDNS_TYPE_A) evdns_server_request_add_a_reply(request, name, 2, two, TTL);
        return 0;
    }
    /* What has no room in 512 bytes evdns cuts off, and says so. */
    if (is_truncated(name)) {
        for (int i = 0; i < 40; i++) evdns_server_request_add_a_reply(request, name, 1, one, TTL);
        return 0;
    }
    if (!is_six && strcasecmp(name, "api.test") != 0) return NXDOMAIN;
    if (type == EVDNS_TYPE_A) evdns_server_request_add_a_reply(request, name, 1, one, TTL);
    if (type == EVDNS_TYPE_AAAA && is_six)
        evdns_server_request_add_aaaa_reply(request, name, 1, six, TTL);
    return 0;
}

static void asked(struct evdns_server_request *request, void *arg)
{
    fault_dns *dns = arg;
    dns->queries++;
    const struct evdns_server_question *question = request->questions[0];
    if (strcasecmp(question->name, "silent.test") == 0)
        evdns_server_request_drop(request);
    else
        evdns_server_request_respond(request, answer(request, question->name, question->type));
}

/* --- over TCP --- */

static void put_u16(unsigned char **at, unsigned number)
{
    *(*at)++ = (unsigned char)(number >> 8);
    *(*at)++ = (unsigned char)number;
}

/* A record of the name that the question has: a pointer to it. */
static void put_record(unsigned char **at, unsigned type, const unsigned char *data, size_t len)
{
    put_u16(at, 0xC00C);
    put_u16(at, type);
    put_u16(at, 1);
    put_u16(at, 0);
    put_u16(at, TTL);
    put_u16(at, (unsigned)len);
    memcpy(*at, data, len);
    *at += len;
}

/* Whether a question is for this name below .test: behind a head of 12 bytes, its length before it.
 */
static bool is(const unsigned char *text, const char *name)
{
    return text[12] == strlen(name) && memcmp(text + 13, name, strlen(name)) == 0;
}

/* Answers the question at text, len bytes without its length, whose name is one label below .test.
 */
static void answer_tcp(struct bufferevent *client, const unsigned char *text, size_t len)
{
    static const unsigned char here[] = { 127, 0, 0, 1 };
    unsigned char message[2048] = { 0 }, *at = message + 2 + len, chain[300] = { 0 };
    bool asks_a = text[len - 3] == EVDNS_TYPE_A;
    unsigned answers = 0;
    memcpy(message + 2, text, len);
    for (size_t i = 0; i < 297; i += 33) chain[i] = 32; /* labels of NULs */
    if (is(text, "chain")) {
        put_record(&at, 5, chain, sizeof chain);
        answers++;
    }
    bool many = is(text, "large"), found = many || is(text, "chain");
    for (int i = 0; asks_a && found && i < (many ? 40 : 1); i++, answers++)
        put_record(&at, EVDNS_TYPE_A, here, sizeof here);
    message[0] = (unsigned char)((at - message - 2) >> 8);
    message[1] = (unsigned char)(at - message - 2);
    message[4] = 0x81;
    message[5] = is(text, "nowhere") ? NXDOMAIN : is(text, "servfail") ? SERVFAIL : 0;
    message[8] = (unsigned char)(answers >> 8);
    message[9] = (unsigned char)answers;
    bufferevent_write(client, message, (size_t)(at - message));
}

static void question_came(struct bufferevent *client, void *arg)
{
    fault_dns *dns = arg;
    struct evbuffer *in = bufferevent_get_input(client);
    unsigned char text[512];
    for (;;) {
        ev_ssize_t have = evbuffer_copyout(in, text, sizeof text);
        size_t len = have < 2 ? 0 : (size_t)text[0] << 8 | text[1];
        if (have < 2 || (size_t)have < 2 + len) return;
        evbuffer_drain(in, 2 + len);
        dns->tcp_queries++;
        if (is(text + 2, "shut"))
            shutdown(bufferevent_getfd(client), SHUT_RDWR);
        else if (!is(text + 2, "silent"))
            answer_tcp(client, text + 2, len);
    }
}

static void client_left(struct bufferevent *client, short what, void *arg)
{
    (void)what;
    fault_dns *dns = arg;
    for (size_t i = 0; i < dns->client_count; i++)
        if (dns->clients[i] == client) dns->clients[i] = dns->clients[--dns->client_count];
    bufferevent_free(client);
}

static void client_came(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                        int len, void *arg)
{
    (void)listener;
    (void)from;
    (void)len;
    fault_dns *dns = arg;
    struct bufferevent *client = bufferevent_socket_new(dns->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (client == NULL || dns->client_count == CLIENTS) abort();
    dns->clients[dns->client_count++] = client;
    bufferevent_setcb(client, question_came, NULL, client_left, dns);
    bufferevent_enable(client, EV_READ | EV_WRITE);
}

/* A datagram socket with a port that is free for TCP, too: the listener is made first. */
static int bind_both(fault_dns *dns, struct sockaddr_in *address)
{
    for (int tries = 0; tries < 20; tries++) {
        socklen_t len = sizeof *address;
        *address = (struct sockaddr_in){ .sin_family = AF_INET };
        address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        dns->listener = evconnlistener_new_bind(dns->base, client_came, dns, LEV_OPT_CLOSE_ON_FREE,
                                                8, (struct sockaddr *)address, (int)len);
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        if (dns->listener == NULL || fd < 0 ||
            getsockname(evconnlistener_get_fd(dns->listener), (struct sockaddr *)address, &len) !=
                0 ||
            evutil_make_socket_nonblocking(fd) != 0)
            abort();
        if (bind(fd, (struct sockaddr *)address, len) == 0) return fd;
        evconnlistener_free(dns->listener);
        close(fd);
    }
    abort();
}

fault_dns *fault_dns_new(struct event_base *base)
{
    fault_dns *dns = calloc(1, sizeof *dns);
    struct sockaddr_in address;
    if (dns == NULL) abort();
    dns->base = base;
    dns->port = evdns_add_server_port_with_base(base, bind_both(dns, &address), 0, asked, dns);
    if (dns->port == NULL) abort();
    snprintf(dns->address, sizeof dns->address, "127.0.0.1:%d", ntohs(address.sin_port));
    gl_resolve_set_nameserver(dns->address);
    return dns;
}

void fault_dns_free(fault_dns *dns)
{
    gl_resolve_set_nameserver(NULL);
    evdns_close_server_port(dns->port); /* and its socket */
    evconnlistener_free(dns->listener);
    for (size_t i = 0; i < dns->client_count; i++) bufferevent_free(dns->clients[i]);
    free(dns);
}

const char *fault_dns_address(const fault_dns *dns)
{
    return dns->address;
}

size_t fault_dns_tcp_queries(const fault_dns *dns)
{
    return dns->tcp_queries;
}

size_t fault_dns_queries(const fault_dns *dns)
{
    return dns->queries;
}
