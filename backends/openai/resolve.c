/*
 * resolve.c - see resolve.h.
 *
 * Owns the last answer and at most one look-up. A look-up owns its evdns_base, made for it and
 * freed after it, so that nothing stays open between look-ups and a changed resolv.conf counts.
 * evdns always calls back later, for a cancelled look-up too: so a look-up outlives its resolver by
 * a turn, and evdns_base_free waits for one more (it must not run inside the callback).
 *
 * evdns (libevent 2.1) asks for 512 bytes and does not report a longer answer: with a search list
 * it even reports that the name does not exist. So a name that it did not find is asked for once
 * more over TCP (resolve_tcp.c), of the first name server; when that does not answer, evdns'
 * verdict holds. Calls only `ready`.
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
#include "openai/resolve_tcp.h"

/* libcurl's own default (CURLOPT_DNS_CACHE_TIMEOUT). */
#define FRESH (60 * GL_SECOND)
/* How long an old answer serves after a look-up failed for the moment, before the next look-up. */
#define STALE (5 * GL_SECOND)

static const char no_name[] = "the host name does not exist";
static const char no_address[] = "the host name has no address";

struct lookup {
    gl_resolver *resolver; /* NULL: no resolver waits for it any more */
    struct event_base *base;
    struct evdns_base *dns;
    struct evdns_getaddrinfo_request *request; /* under way */
    gl_resolve_tcp *tcp;                       /* the same, after it */
    struct event *end;
    glimpse_error error; /* evdns' verdict */
    const char *message;
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
    gl_resolve_tcp_free(lookup->tcp);
    /* 0: evdns' queue for this look-up is dropped without callbacks. */
    if (lookup->dns != NULL) evdns_base_free(lookup->dns, 0);
    if (lookup->end != NULL) event_free(lookup->end);
    gl_free(lookup);
}

/* Ends a look-up that no resolver waits for; it is freed in the next turn. */
static void lookup_end(struct lookup *lookup)
{
    static const struct timeval at_once = { 0, 0 };
    if (lookup->resolver != NULL) lookup->resolver->lookup = NULL;
    lookup->resolver = NULL;
    if (event_add(lookup->end, &at_once) != 0) event_active(lookup->end, EV_TIMEOUT, 0);
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

static void take_addresses(gl_resolver *resolver, gl_slice text)
{
    gl_addresses *addresses = addresses_new(text, gl_slice_of(NULL, 0));
    if (addresses == NULL) {
        settle(resolver, GLIMPSE_ERR_OOM, "out of memory");
        return;
    }
    /* The same answer stays the same object, so that it is not loaded a second time. */
    bool same =
        resolver->addresses != NULL && strcmp(resolver->addresses->text, addresses->text) == 0;
    gl_addresses_unref(same ? addresses : resolver->addresses);
    if (!same) resolver->addresses = addresses;
    settle(resolver, GLIMPSE_OK, "");
}

static void take_answer(gl_resolver *resolver, const struct evutil_addrinfo *answer)
{
    gl_buf text;
    gl_buf_init(&text, (size_t)GL_RESOLVE_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 4));
    int count = 0;
    for (; answer != NULL && count < GL_RESOLVE_ADDRESSES_MAX; answer = answer->ai_next, count++)
        append_address(&text, answer->ai_addr);
    if (text.failed)
        settle(resolver, GLIMPSE_ERR_OOM, "out of memory");
    else if (text.len != 0)
        take_addresses(resolver, gl_buf_slice(&text));
    else
        settle(resolver, GLIMPSE_ERR_DNS_UNKNOWN, no_address);
    gl_buf_free(&text);
}

static void asked_over_tcp(void *arg, gl_dns_verdict verdict, gl_slice addresses)
{
    struct lookup *lookup = arg;
    gl_resolver *resolver = lookup->resolver;
    if (resolver == NULL) return;
    if (verdict == GL_DNS_FOUND)
        take_addresses(resolver, addresses);
    else if (verdict == GL_DNS_NO_NAME)
        settle(resolver, GLIMPSE_ERR_DNS_UNKNOWN, no_name);
    else if (verdict == GL_DNS_EMPTY)
        settle(resolver, GLIMPSE_ERR_DNS_UNKNOWN, no_address);
    else
        settle(resolver, lookup->error, lookup->message);
    lookup_end(lookup);
    gl_defer_next_turn(resolver->answered);
}

/* Returns true when it is under way. */
static bool ask_over_tcp(struct lookup *lookup)
{
    struct sockaddr_storage server;
    int len =
        evdns_base_get_nameserver_addr(lookup->dns, 0, (struct sockaddr *)&server, sizeof server);
    if (len <= 0 || (size_t)len > sizeof server) return false;
    lookup->tcp = gl_resolve_tcp_start(lookup->base, (struct sockaddr *)&server, (socklen_t)len,
                                       lookup->resolver->name, asked_over_tcp, lookup);
    return lookup->tcp != NULL;
}

static void say_failed(struct lookup *lookup, int result)
{
    lookup->error = GLIMPSE_ERR_DNS;
    lookup->message = "the name server failed";
    if (result == EVUTIL_EAI_NONAME || result == EVUTIL_EAI_NODATA) {
        lookup->error = GLIMPSE_ERR_DNS_UNKNOWN;
        lookup->message = no_name;
    } else if (result == EVUTIL_EAI_MEMORY) {
        lookup->error = GLIMPSE_ERR_OOM;
        lookup->message = "out of memory";
    } else if (result == EVUTIL_EAI_AGAIN) {
        lookup->message = "the name server did not answer";
    }
}

static void looked_up(int result, struct evutil_addrinfo *answer, void *arg)
{
    struct lookup *lookup = arg;
    gl_resolver *resolver = lookup->resolver;
    lookup->request = NULL;
    if (resolver != NULL && result != 0) {
        say_failed(lookup, result);
        if (lookup->error != GLIMPSE_ERR_OOM && ask_over_tcp(lookup)) return;
        settle(resolver, lookup->error, lookup->message);
    } else if (resolver != NULL) {
        take_answer(resolver, answer);
    }
    if (answer != NULL) evutil_freeaddrinfo(answer);
    lookup_end(lookup);
    if (resolver != NULL) gl_defer_next_turn(resolver->answered);
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
        lookup->end = evtimer_new(resolver->base, lookup_free, lookup);
        lookup->dns = dns_new(resolver->base);
    }
    if (lookup == NULL || lookup->end == NULL || lookup->dns == NULL) {
        if (lookup == NULL || lookup->end == NULL)
            settle(resolver, GLIMPSE_ERR_OOM, "out of memory");
        else
            settle(resolver, GLIMPSE_ERR_DNS, "the name servers could not be set up");
        if (lookup != NULL) lookup_free(-1, 0, lookup);
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
        struct lookup *lookup = resolver->lookup;
        lookup->resolver = NULL;
        if (lookup->request != NULL)
            evdns_getaddrinfo_cancel(lookup->request);
        else
            lookup_end(lookup);
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
