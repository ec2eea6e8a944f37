/*
 * http_fields.h - the grammars of headers that others parse: structured fields (RFC 8941) with the
 * rules of Cache-Status (RFC 9211) and Proxy-Status (RFC 9209), and Server-Timing (W3C). Written
 * from their texts, not from ours.
 */
#ifndef TEST_HTTP_FIELDS_H
#define TEST_HTTP_FIELDS_H

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* RFC 8941, section 3.3.4: a token, to the end of it; NULL: there is none. */
static inline const char *sf_token_end(const char *at)
{
    if (!isalpha((unsigned char)*at) && *at != '*') return NULL;
    while (*at != '\0' && (isalnum((unsigned char)*at) || strchr("!#$%&'*+-.^_`|~:/", *at) != NULL))
        at++;
    return at;
}

/* RFC 8941: a key. */
static inline const char *sf_key_end(const char *at)
{
    if (!islower((unsigned char)*at) && *at != '*') return NULL;
    while (*at != '\0' && (islower((unsigned char)*at) || isdigit((unsigned char)*at) ||
                           strchr("_-.*", *at) != NULL))
        at++;
    return at;
}

/* A bare item: a token, an integer of at most 15 digits, a boolean, a string. */
static inline const char *sf_item_end(const char *at)
{
    const char *from = at;
    if (*at == '?') return at[1] == '0' || at[1] == '1' ? at + 2 : NULL;
    if (*at == '"') {
        for (at++; *at != '"'; at++)
            if (*at == '\0' || *at == '\\') return NULL;
        return at + 1;
    }
    if (!isdigit((unsigned char)*at)) return sf_token_end(at);
    while (isdigit((unsigned char)*at)) at++;
    return at - from <= 15 ? at : NULL;
}

typedef struct sf_param {
    char key[32], value[64]; /* value "": a boolean that is true */
} sf_param;

/* One item with its parameters. Returns how many there are; -1: it is none. */
static inline int sf_item_read(const char *text, sf_param *params, int most)
{
    int count = 0;
    const char *at = sf_token_end(text);
    if (at == NULL) return -1;
    while (*at != '\0') {
        if (*at++ != ';' || count == most) return -1;
        while (*at == ' ') at++;
        const char *end = sf_key_end(at);
        if (end == NULL || end - at >= 32) return -1;
        params[count] = (sf_param){ .value = "" };
        memcpy(params[count].key, at, (size_t)(end - at));
        at = end;
        if (*at == '=') {
            end = sf_item_end(++at);
            if (end == NULL || end - at >= 64) return -1;
            memcpy(params[count].value, at, (size_t)(end - at));
            at = end;
        }
        count++;
    }
    return count;
}

static inline const char *sf_value(const sf_param *params, int count, const char *key)
{
    for (int i = 0; i < count; i++)
        if (strcmp(params[i].key, key) == 0) return params[i].value;
    return NULL;
}

static inline bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(word, *words) == 0) return true;
    return false;
}

static inline bool is_status(const char *text)
{
    char *end;
    long status = strtol(text, &end, 10);
    return *end == '\0' && status >= 100 && status <= 599;
}

/* RFC 9211, section 2. */
static inline bool is_cache_status(const char *text)
{
    static const char *const reasons[] = { "bypass",  "method", "uri-miss", "vary-miss", "miss",
                                           "request", "stale",  "partial",  NULL };
    static const char *const keys[] = { "hit",       "fwd", "fwd-status", "ttl", "stored",
                                        "collapsed", "key", "detail",     NULL };
    sf_param params[8];
    int count = sf_item_read(text, params, 8);
    if (count < 1) return false;
    for (int i = 0; i < count; i++)
        if (!is_one_of(params[i].key, keys)) return false;
    const char *hit = sf_value(params, count, "hit"), *fwd = sf_value(params, count, "fwd");
    const char *status = sf_value(params, count, "fwd-status");
    if ((hit != NULL) == (fwd != NULL)) return false; /* one of them, and never both */
    if (fwd != NULL && !is_one_of(fwd, reasons)) return false;
    if (fwd == NULL && (status != NULL || sf_value(params, count, "stored") != NULL ||
                        sf_value(params, count, "collapsed") != NULL))
        return false;
    return status == NULL || is_status(status);
}

/* RFC 9209, sections 2.1 and 2.3. */
static inline bool is_proxy_status(const char *text)
{
    static const char *const errors[] = { "dns_timeout",
                                          "dns_error",
                                          "destination_not_found",
                                          "destination_unavailable",
                                          "destination_ip_prohibited",
                                          "destination_ip_unroutable",
                                          "connection_refused",
                                          "connection_terminated",
                                          "connection_timeout",
                                          "connection_read_timeout",
                                          "connection_write_timeout",
                                          "connection_limit_reached",
                                          "tls_protocol_error",
                                          "tls_certificate_error",
                                          "tls_alert_received",
                                          "http_request_error",
                                          "http_request_denied",
                                          "http_response_incomplete",
                                          "http_response_header_section_size",
                                          "http_response_header_size",
                                          "http_response_body_size",
                                          "http_response_trailer_section_size",
                                          "http_response_trailer_size",
                                          "http_response_transfer_coding",
                                          "http_response_content_coding",
                                          "http_response_timeout",
                                          "http_upgrade_failed",
                                          "http_protocol_error",
                                          "proxy_internal_response",
                                          "proxy_internal_error",
                                          "proxy_configuration_error",
                                          "proxy_loop_detected",
                                          NULL };
    static const char *const keys[] = { "error",           "next-hop", "next-protocol",
                                        "received-status", "details",  NULL };
    sf_param params[8];
    int count = sf_item_read(text, params, 8);
    if (count < 1) return false;
    for (int i = 0; i < count; i++)
        if (!is_one_of(params[i].key, keys)) return false;
    const char *error = sf_value(params, count, "error");
    const char *status = sf_value(params, count, "received-status");
    return (error == NULL || is_one_of(error, errors)) && (status == NULL || is_status(status));
}

/* RFC 9110, section 5.6.2. */
static inline const char *token_end(const char *at)
{
    while (*at != '\0' && (isalnum((unsigned char)*at) || strchr("!#$%&'*+-.^_`|~", *at) != NULL))
        at++;
    return at;
}

/* W3C Server-Timing: #( token *( ";" token "=" token ) ), with durations in milliseconds. */
static inline bool is_server_timing(const char *at)
{
    for (;;) {
        const char *end = token_end(at);
        if (end == at) return false;
        at = end;
        while (*at == ';') {
            if (strncmp(++at, "dur=", 4) != 0) return false;
            at += 4;
            size_t digits = strspn(at, "0123456789"), part = 0;
            if (at[digits] == '.') part = 1 + strspn(at + digits + 1, "0123456789");
            if (digits == 0 || part == 1) return false; /* no sign, no exponent */
            at += digits + part;
        }
        if (*at == '\0') return true;
        if (*at++ != ',') return false;
        while (*at == ' ') at++;
    }
}

#endif
