/* cors.c - see cors.h. */
#include "gateway/cors.h"

#include <strings.h>

#include "gateway/state.h"
#include "http/token.h"

/* As long as Chromium takes at most: 2 h. */
#define MAX_AGE "access-control-max-age: 7200\r\n"
/* A browser with an SDK asks for some 20 names. */
#define ASKED_MAX ((size_t)4096)

/* The headers of an answer that a page may read, beside those of the endpoint's that pass. */
#define OWN                                                                                        \
    "x-request-id, glimpse-request-id, glimpse-attempts, glimpse-endpoint, glimpse-status, "       \
    "cache-status, age, proxy-status, server-timing"

static bool is(gl_slice text, const char *other)
{
    return text.len == strlen(other) && strncasecmp(text.data, other, text.len) == 0;
}

static const char *find(const gateway_config *config, gl_slice origin)
{
    for (size_t i = 0; i < config->cors_count; i++)
        if (is(origin, config->cors[i]) || strcmp(config->cors[i], "*") == 0)
            return config->cors[i];
    return NULL;
}

void gateway_cors_note(gateway *gate, httpd_conn *conn)
{
    gateway_client *client = httpd_user(conn);
    gl_slice name, value;
    bool seen = false;
    client->origin = NULL;
    if (gate->config.cors_count == 0) return;
    for (size_t i = 0; httpd_header_at(conn, i, &name, &value); i++) {
        if (!httpd_same(name, "origin")) continue;
        client->origin = seen ? NULL : find(&gate->config, value); /* no browser sends two */
        seen = true;
    }
}

bool gateway_cors_is_preflight(const httpd_conn *conn)
{
    return gl_slice_is(httpd_method(conn), "OPTIONS") &&
           httpd_header(conn, "origin").data != NULL &&
           httpd_header(conn, "access-control-request-method").data != NULL;
}

/* Returns true for a list of names, and nothing else. */
static bool is_names(gl_slice list)
{
    gl_slice name;
    if (list.len == 0 || list.len > ASKED_MAX) return false;
    while (httpd_next_element(&list, &name))
        if (!httpd_is_token(name)) return false;
    return true;
}

void gateway_cors_answer(gateway *gate, httpd_conn *conn)
{
    const gateway_client *client = httpd_user(conn);
    gl_slice asked = httpd_header(conn, "access-control-request-headers");
    if (client->origin == NULL) {
        gateway_refuse_plain(gate, conn, 403, "origin_not_allowed",
                             "No web page of this origin may ask here (--cors).", "");
        return;
    }
    gl_buf_reset(&gate->head);
    gl_buf_append_str(&gate->head, "access-control-allow-methods: ");
    gl_buf_append_str(&gate->head, gateway_kind_methods(client->kind));
    gl_buf_append_str(&gate->head, "\r\n");
    if (is_names(asked)) httpd_add_header(&gate->head, "access-control-allow-headers", asked);
    if (httpd_header(conn, "access-control-request-private-network").data != NULL)
        gl_buf_append_str(&gate->head, "access-control-allow-private-network: true\r\n");
    gl_buf_append_str(&gate->head, MAX_AGE "vary: access-control-request-headers\r\n");
    gateway_entry_plain(gate, conn, 204, NULL, 0, 0);
    if (gate->head.failed)
        httpd_reset(conn);
    else
        httpd_answer(conn, 204, NULL, gl_buf_slice(&gate->head), gl_slice_of("", 0));
}

void gateway_cors_lines(httpd_conn *conn, gl_buf *out)
{
    const gateway *gate = httpd_arg(conn);
    const gateway_client *client = httpd_user(conn);
    if (gate->config.cors_count == 0) return;
    gl_buf_append_str(out, "vary: origin\r\n");
    if (client->origin == NULL) return;
    gl_buf_append_str(out, "access-control-allow-origin: ");
    gl_buf_append_str(out, client->origin);
    gl_buf_append_str(out, "\r\naccess-control-expose-headers: " OWN);
    for (size_t i = 0; i < gateway_answer_header_count; i++) {
        gl_buf_append_str(out, ", ");
        gl_buf_append_str(out, gateway_answer_headers[i]);
    }
    gl_buf_append_str(out, "\r\n");
}
