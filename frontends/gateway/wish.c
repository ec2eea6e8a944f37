/* wish.c - see wish.h. */
#include "gateway/wish.h"

#include "http/token.h"

void gateway_wish_init(gateway_wish *wish, const char *scope)
{
    gateway_forward_init(&wish->forward);
    gateway_caching_init(&wish->caching);
    gateway_scope_init(&wish->scope, scope);
    wish->patience = wish->deadline = wish->repeat = gl_slice_of(NULL, 0);
    wish->retried = 0;
    wish->bulk = false;
}

void gateway_wish_free(gateway_wish *wish)
{
    gateway_forward_free(&wish->forward);
    gateway_scope_free(&wish->scope);
}

/* A small whole number; 0: it is none. */
static int64_t small_number(gl_slice text)
{
    int64_t number = 0;
    if (text.len == 0 || text.len > 4) return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return 0;
        number = number * 10 + (text.data[i] - '0');
    }
    return number;
}

/* The first line of a header counts. */
static void take(gl_slice *to, gl_slice value)
{
    if (to->data == NULL) *to = value;
}

void gateway_wish_add(gateway_wish *wish, gl_slice name, gl_slice value)
{
    gateway_forward_add(&wish->forward, name, value);
    if (httpd_same(name, "cache-control"))
        gateway_caching_add(&wish->caching, value);
    else if (httpd_same(name, "glimpse-namespace") && value.len != 0)
        gateway_scope_narrow(&wish->scope, "namespace", value);
    else if (httpd_same(name, "glimpse-deadline-ms"))
        take(&wish->deadline, value);
    else if (httpd_same(name, "glimpse-priority"))
        wish->bulk |= httpd_same(value, "bulk");
    else if (httpd_same(name, "idempotency-key") && value.len != 0)
        take(&wish->repeat, value);
    else if (httpd_same(name, "x-stainless-timeout"))
        take(&wish->patience, value);
    else if (httpd_same(name, "x-stainless-retry-count"))
        wish->retried = small_number(value);
}

int gateway_wish_attempts(const gateway_wish *wish, int most)
{
    int attempts = wish->retried < 16 ? most >> wish->retried : 0;
    return attempts > 0 ? attempts : 1;
}
