/* loopback.c - see loopback.h. Called for a Host header and for a base URL. */
#include "options/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

static bool is_loopback_4(const struct in_addr *address)
{
    return ntohl(address->s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool is_loopback_6(const struct in6_addr *address)
{
    struct in_addr four;
    if (IN6_IS_ADDR_LOOPBACK(address)) return true;
    memcpy(&four, &address->s6_addr[12], sizeof four);
    return IN6_IS_ADDR_V4MAPPED(address) && is_loopback_4(&four);
}

/* Without port and brackets; false: a bracket stays open. */
static bool take_name(gl_slice host, gl_slice *name)
{
    bool bracket = host.len > 0 && host.data[0] == '[';
    if (bracket) host = gl_slice_of(host.data + 1, host.len - 1);
    const char *end = host.len > 0 ? memchr(host.data, bracket ? ']' : ':', host.len) : NULL;
    if (end != NULL) host.len = (size_t)(end - host.data);
    *name = host;
    return !bracket || end != NULL;
}

bool loopback_host(gl_slice host)
{
    static const char local[] = "localhost";
    const size_t local_len = sizeof local - 1;
    char name[64];
    struct in_addr v4;
    struct in6_addr v6;
    if (!take_name(host, &host)) return false;
    size_t len = host.len;
    if (len > 0 && host.data[len - 1] == '.') len--;
    if (len < local_len || strncasecmp(host.data + len - local_len, local, local_len) != 0) {
        if (len == 0 || len >= sizeof name) return false;
        memcpy(name, host.data, len);
        name[len] = '\0';
        if (inet_pton(AF_INET, name, &v4) == 1) return is_loopback_4(&v4);
        return inet_pton(AF_INET6, name, &v6) == 1 && is_loopback_6(&v6);
    }
    return len == local_len || host.data[len - local_len - 1] == '.';
}
