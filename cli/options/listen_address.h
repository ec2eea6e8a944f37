/* listen_address.h - an address to listen on, as people write it: PORT, ADDRESS:PORT or
 * [ADDRESS]:PORT. Pure. */
#ifndef CLI_OPTIONS_LISTEN_ADDRESS_H
#define CLI_OPTIONS_LISTEN_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

typedef union listen_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} listen_address;

/* Returns NULL, or the fault of the text, static. A port alone means 127.0.0.1. */
const char *listen_address_read(const char *text, listen_address *to);

#endif
