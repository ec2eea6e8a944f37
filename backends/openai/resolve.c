/*
 * resolve.c - see resolve.h.
 *
 * Owns the last answer and at most one look-up. A look-up owns its evdns_base, made for it and
 * freed after it, so that nothing stays open between look-ups and a changed resolv.conf counts.
 * evdns always calls back, for a cancelled look-up too, and later: so a look-up outlives its
 * resolver by a turn, and evdns_base_free waits for one more (it must not run inside the callback).
 * Called by http.c; calls nobody but `ready`.
 */
#include "openai/resolve.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"

/* libcurl's own default (CURLOPT_DNS_CACHE_TIMEOUT). */
#define FRESH (60 * GL_SECOND)
/* How long an old answer serves after a look-up failed for now, before the next look-up. */
#define STALE (5 * GL_SECOND)

struct lookup {
    gl_resolver *resolver; /* NULL: nobody waits any more */
    struct event_base *base;
    struct evdns_base *dns;
    struct evdns_getaddrinfo_request *request;
};

struct gl_resolver {
    gl_loop *loop;
    struct event_base *base;
    char *name;
    void (*ready)(void *arg);
    void *arg;
    gl_defer *answered;
    struct lookup *lookup;
    gl_addresses *addresses; /* the last answer, NULL when there is none */
    gl_time fresh_until;
    glimpse_error error;
    const char *message;
};

static const char *nameserver_override;

void gl_resolve_set_nameserver(const char *address)
{
    nameserver_override = address;
}

bool gl_resolve_is_literal(const char *name)
{
    struct in6_addr six;
    struct in_addr four;
    /* libcurl answers localhost and *.localhost itself, without a thread (hostip.c). */
    size_t len = strlen(name);
    static const char local[] = "localhost";
    size_t local_len = sizeof local - 1;
    if (len >= local_len && strcasecmp(name + len - local_len, local) == 0 &&
        (len == local_len || name[len - local_len - 1] == '.'))
        return true;
    return name[0] == '[' || inet_pton(AF_INET, name, &four) == 1 ||
           inet_pton(AF_INET6, name, &six) == 1;
}

/* --- addresses --- */

gl_addresses *gl_addresses_ref(gl_addresses *addresses)
{
    addresses->references++;
    return addresses;
}

void gl_addresses_unref(gl_addresses *addresses)
{
    if (addresses != NULL && --addresses->references == 0) gl_free(addresses);
}

static gl_addresses *addresses_new(gl_slice first, gl_slice rest)
{
    gl_addresses *addresses = gl_malloc(sizeof *addresses + first.len + rest.len + 2);
    if (addresses == NULL) return NULL;
    addresses->references = 1;
    char *at = addresses->text;
    memcpy(at, first.data, first.len);
    at += first.len;
    if (rest.len != 0) {
        *at++ = ',';
        memcpy(at, rest.data, rest.len);
        at += rest.len;
    }
    *at = '\0';
    return addresses;
}

static void append_address(gl_buf *out, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    if (address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof four);
        if (inet_ntop(AF_INET, &four.sin_addr, text, sizeof text) == NULL) return;
        gl_buf_printf(out, "%s%s", out->len != 0 ? "," : "", text);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, address, sizeof six);
        if (inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text) == NULL) return;
        gl_buf_printf(out, "%s[%s]", out->len != 0 ? "," : "", text);
    }
}

/* --- look-ups --- */

static void lookup_free(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct lookup *lookup = arg;
    /* 0: what evdns still has queued for this look-up goes silently. */
    if (lookup->dns != NULL) evdns_base_free(lookup->dns, 0);
    gl_free(lookup);
}

static void settle(gl_resolver *resolver, glimpse_error error, const char *message)
{
    gl_time now = gl_loop_now(resolver->loop);
    resolver->error = error;
    resolver->message = message;
    resolver->fresh_until = now;
    if (error == GLIMPSE_OK) {
        resolver->fresh_until = now + FRESH;
    } else if (error == GLIMPSE_ERR_DNS && resolver->addresses != NULL) {
        resolver->error = GLIMPSE_OK;
        resolver->message = "";
        resolver->fresh_until = now + STALE;
    } else {
        gl_addresses_unref(resolver->addresses);
        resolver->addresses = NULL;
    }
}

static void take_answer(gl_resolver *resolver, const struct evutil_addrinfo *answer)
{
    gl_buf text;
    gl_buf_init(&text, (size_t)GL_RESOLVE_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 4));
    int count = 0;
    for (; answer != NULL && count < GL_RESOLVE_ADDRESSES_MAX; answer = answer->ai_next, count++)
        append_address(&text, answer->ai_addr);
    gl_addresses *addresses =
        text.len != 0 ? addresses_new(gl_buf_slice(&text), gl_slice_of(NULL, 0)) : NULL;
    if (addresses != NULL) {
        /* The same answer again stays the same object, so that nobody loads it a second time. */
        bool same =
            resolver->addresses != NULL && strcmp(resolver->addresses->text, addresses->text) == 0;
        gl_addresses_unref(same ? addresses : resolver->addresses);
        if (!same) resolver->addresses = addresses;
        settle(resolver, GLIMPSE_OK, "");
    } else if (text.failed || text.len != 0) {
        settle(resolver, GLIMPSE_ERR_OOM, "out of memory");
    } else {
        settle(resolver, GLIMPSE_ERR_DNS_UNKNOWN, "the host name has no address");
    }
    gl_buf_free(&text);
}

static void looked_up(int result, struct evutil_addrinfo *answer, void *arg)
{
    struct lookup *lookup = arg;
    gl_resolver *resolver = lookup->resolver;
    lookup->request = NULL;
    if (resolver != NULL) {
        if (result == 0)
            take_answer(resolver, answer);
        else if (result == EVUTIL_EAI_NONAME || result == EVUTIL_EAI_NODATA)
            settle(resolver, GLIMPSE_ERR_DNS_UNKNOWN, "the host name does not exist");
        else if (result == EVUTIL_EAI_MEMORY)
            settle(resolver, GLIMPSE_ERR_OOM, "out of memory");
        else if (result == EVUTIL_EAI_AGAIN)
            settle(resolver, GLIMPSE_ERR_DNS, "the name server did not answer");
        else
            settle(resolver, GLIMPSE_ERR_DNS, "the name server failed");
        resolver->lookup = NULL;
        gl_defer_next_turn(resolver->answered);
    }
    if (answer != NULL) evutil_freeaddrinfo(answer);
    static const struct timeval at_once = { 0, 0 };
    event_base_once(lookup->base, -1, EV_TIMEOUT, lookup_free, lookup, &at_once);
}

static struct evdns_base *dns_new(struct event_base *base)
{
    if (nameserver_override == NULL)
        return evdns_base_new(base,
                              EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    struct evdns_base *dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (dns != NULL) evdns_base_nameserver_ip_add(dns, nameserver_override);
    return dns;
}

static void start(gl_resolver *resolver)
{
    struct lookup *lookup = gl_calloc(1, sizeof *lookup);
    if (lookup != NULL) {
        lookup->base = resolver->base;
        lookup->dns = dns_new(resolver->base);
    }
    if (lookup == NULL || lookup->dns == NULL) {
        if (lookup == NULL)
            settle(resolver, GLIMPSE_ERR_OOM, "out of memory");
        else
            settle(resolver, GLIMPSE_ERR_DNS, "the name servers could not be set up");
        gl_free(lookup);
        gl_defer_next_turn(resolver->answered);
        return;
    }
    lookup->resolver = resolver;
    resolver->lookup = lookup;
    struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct evdns_getaddrinfo_request *request =
        evdns_getaddrinfo(lookup->dns, resolver->name, NULL, &hints, looked_up, lookup);
    /* NULL: it has called back already (a name of the hosts file), and `lookup` is being freed. */
    if (request != NULL) lookup->request = request;
}

static void answered(void *arg)
{
    gl_resolver *resolver = arg;
    resolver->ready(resolver->arg);
}

/* --- the resolver --- */

gl_resolver *gl_resolver_new(gl_loop *loop, struct event_base *base, const char *name,
                             void (*ready)(void *arg), void *arg)
{
    gl_resolver *resolver = gl_calloc(1, sizeof *resolver);
    if (resolver == NULL) return NULL;
    resolver->loop = loop;
    resolver->base = base;
    resolver->ready = ready;
    resolver->arg = arg;
    resolver->message = "";
    resolver->name = gl_strdup(name);
    resolver->answered = gl_defer_new(loop, answered, resolver);
    if (resolver->name == NULL || resolver->answered == NULL) {
        gl_resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

void gl_resolver_free(gl_resolver *resolver)
{
    if (resolver == NULL) return;
    if (resolver->lookup != NULL) {
        resolver->lookup->resolver = NULL;
        evdns_getaddrinfo_cancel(resolver->lookup->request);
    }
    gl_addresses_unref(resolver->addresses);
    gl_defer_free(resolver->answered);
    gl_free(resolver->name);
    gl_free(resolver);
}

gl_addresses *gl_resolver_get(gl_resolver *resolver)
{
    if (resolver->addresses != NULL && gl_loop_now(resolver->loop) < resolver->fresh_until)
        return resolver->addresses;
    if (resolver->lookup == NULL) start(resolver);
    return NULL;
}

glimpse_error gl_resolver_verdict(const gl_resolver *resolver, const char **message)
{
    *message = resolver->message;
    return resolver->error;
}

void gl_resolver_rotate(gl_resolver *resolver, const gl_addresses *used)
{
    if (used == NULL || used != resolver->addresses) return;
    const char *comma = strchr(used->text, ',');
    if (comma == NULL) return;
    gl_addresses *turned = addresses_new(gl_slice_str(comma + 1),
                                         gl_slice_of(used->text, (size_t)(comma - used->text)));
    if (turned == NULL) return; /* the order was only a preference */
    gl_addresses_unref(resolver->addresses);
    resolver->addresses = turned;
}
