/* strangers.c - see strangers.h. */
#include "gateway/strangers.h"

#include <arpa/inet.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* Slips of the hand, and the processes of a whole machine that were given the wrong key. */
#define FREE 10
/* The wait after the next one; it doubles up to there. */
#define WAIT_FIRST_S 1
#define WAIT_MAX_S   60
/* After so long without one, all is forgotten. */
#define FORGET_S 600

void gateway_strangers_init(gateway_strangers *strangers)
{
    memset(strangers, 0, sizeof *strangers);
    strangers->seed = gl_siphash_new_seed();
}

/* A host has a whole network of 64 bits of IPv6 addresses to choose from. */
static uint64_t hash_of(const gateway_strangers *strangers, gl_slice address)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    if (address.len < sizeof text) {
        if (address.len != 0) memcpy(text, address.data, address.len);
        text[address.len] = '\0';
        if (inet_pton(AF_INET6, text, &v6) == 1 && !IN6_IS_ADDR_V4MAPPED(&v6))
            return gl_siphash(&strangers->seed, v6.s6_addr, 8) | 1;
    }
    return gl_siphash(&strangers->seed, address.len != 0 ? address.data : "", address.len) | 1;
}

int64_t gateway_strangers_came(gateway_strangers *strangers, gl_slice address, uint64_t now_ns)
{
    uint64_t hash = hash_of(strangers, address);
    struct gateway_stranger *s = &strangers->places[hash / 2 % GATEWAY_STRANGERS];
    if (s->address != hash || now_ns - s->last_ns > FORGET_S * SECOND_NS)
        *s = (struct gateway_stranger){ .address = hash };
    s->last_ns = now_ns;
    if (now_ns < s->until_ns) return (int64_t)((s->until_ns - now_ns + SECOND_NS - 1) / SECOND_NS);
    if (++s->wrong < FREE) return 0;
    unsigned doublings = s->wrong - FREE;
    uint64_t wait_s = doublings < 6 ? (uint64_t)WAIT_FIRST_S << doublings : WAIT_MAX_S;
    if (wait_s > WAIT_MAX_S) wait_s = WAIT_MAX_S;
    s->until_ns = now_ns + wait_s * SECOND_NS;
    return 0;
}
