/* fault_dns.c - see fault_dns.h. */
#include "fault_dns.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openai/resolve.h"

struct fault_dns {
    struct evdns_server_port *port;
    size_t queries;
    char address[32];
};

enum { TTL = 60, NXDOMAIN = 3, SERVFAIL = 2 };

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

fault_dns *fault_dns_new(struct event_base *base)
{
    fault_dns *dns = calloc(1, sizeof *dns);
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (dns == NULL || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
        evutil_make_socket_nonblocking(fd) != 0)
        abort();
    dns->port = evdns_add_server_port_with_base(base, fd, 0, asked, dns);
    if (dns->port == NULL) abort();
    snprintf(dns->address, sizeof dns->address, "127.0.0.1:%d", ntohs(address.sin_port));
    gl_resolve_set_nameserver(dns->address);
    return dns;
}

void fault_dns_free(fault_dns *dns)
{
    gl_resolve_set_nameserver(NULL);
    evdns_close_server_port(dns->port); /* and its socket */
    free(dns);
}

const char *fault_dns_address(const fault_dns *dns)
{
    return dns->address;
}

size_t fault_dns_queries(const fault_dns *dns)
{
    return dns->queries;
}
