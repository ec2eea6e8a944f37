/* listen_address.c - see listen_address.h. */
#include "options/listen_address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

static bool parse_port(const char *text, in_port_t *port)
{
    unsigned value = 0;
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 5 || text[len] != '\0') return false;
    for (size_t i = 0; i < len; i++) value = value * 10 + (unsigned)(text[i] - '0');
    *port = htons((uint16_t)value);
    return value <= 65535;
}

const char *listen_address_read(const char *text, listen_address *to)
{
    char host[64] = "127.0.0.1";
    const char *colon = strrchr(text, ':'), *port = text;
    bool bracketed = *text == '[';
    if (colon != NULL) {
        const char *from = bracketed ? text + 1 : text, *end = bracketed ? colon - 1 : colon;
        if (bracketed && *end != ']') return "must be PORT, ADDRESS:PORT or [ADDRESS]:PORT";
        if (end <= from || (size_t)(end - from) >= sizeof host)
            return "has no address to listen on";
        memcpy(host, from, (size_t)(end - from));
        host[end - from] = '\0';
        port = colon + 1;
    }
    memset(to, 0, sizeof *to);
    if (bracketed) {
        to->any.sa_family = AF_INET6;
        if (inet_pton(AF_INET6, host, &to->v6.sin6_addr) != 1) return "has no address in brackets";
        return parse_port(port, &to->v6.sin6_port) ? NULL : "has no port from 0 to 65535";
    }
    to->any.sa_family = AF_INET;
    if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &to->v4.sin_addr) !=
        1)
        return "must be PORT, ADDRESS:PORT or [ADDRESS]:PORT, the address in numbers";
    return parse_port(port, &to->v4.sin_port) ? NULL : "has no port from 0 to 65535";
}
