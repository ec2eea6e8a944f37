/* asked.c - the functions by which a handler reads a connection and its request. */
#include <arpa/inet.h>

#include "http/conn.h"
#include "http/token.h"

void *httpd_user(httpd_conn *conn)
{
    return conn->user;
}

void *httpd_arg(httpd_conn *conn)
{
    return conn->server->handler.arg;
}

httpd_server *httpd_server_of(httpd_conn *conn)
{
    return conn->server;
}

static gl_slice none(void)
{
    return gl_slice_of(NULL, 0);
}

gl_slice httpd_method(const httpd_conn *conn)
{
    return conn->data != NULL ? httpd_request_method(&conn->request, conn->data) : none();
}

gl_slice httpd_path(const httpd_conn *conn)
{
    return conn->data != NULL ? httpd_request_path(&conn->request, conn->data) : none();
}

gl_slice httpd_query(const httpd_conn *conn)
{
    return conn->data != NULL ? httpd_request_query(&conn->request, conn->data) : none();
}

gl_slice httpd_body(const httpd_conn *conn)
{
    return conn->data != NULL && conn->turn == HTTPD_TURN_HANDLER
               ? httpd_request_body(&conn->request, conn->data)
               : none();
}

gl_slice httpd_raw_head(const httpd_conn *conn)
{
    const httpd_request *request = &conn->request;
    if (conn->data == NULL || request->head_len == 0) return none();
    return gl_slice_of(conn->data + request->start, request->head_len - request->start);
}

bool httpd_header_at(const httpd_conn *conn, size_t number, gl_slice *name, gl_slice *value)
{
    const httpd_fields *fields = &conn->server->fields;
    if (conn->data == NULL || conn->request.head_len == 0 || number >= fields->count) return false;
    const httpd_field *field = &fields->field[number];
    *name = gl_slice_of(conn->data + field->name_at, field->name_len);
    *value = gl_slice_of(conn->data + field->value_at, field->value_len);
    return true;
}

gl_slice httpd_header(const httpd_conn *conn, const char *name)
{
    gl_slice found, value;
    for (size_t i = 0; httpd_header_at(conn, i, &found, &value); i++)
        if (httpd_same(found, name)) return value;
    return none();
}

const httpd_request *httpd_request_of(const httpd_conn *conn)
{
    return &conn->request;
}

bool httpd_is_old(const httpd_conn *conn)
{
    return conn->request.old;
}

bool httpd_is_here(const httpd_conn *conn)
{
    return conn->here;
}

bool httpd_is_unix(const httpd_conn *conn)
{
    struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
    socklen_t size = sizeof at;
    return getsockname(conn->fd, (struct sockaddr *)&at, &size) == 0 && at.ss_family == AF_UNIX;
}

bool httpd_closes(const httpd_conn *conn)
{
    return conn->last;
}

const char *httpd_peer(const httpd_conn *conn, char *text, size_t size)
{
    const void *address = NULL;
    if (conn->peer.any.sa_family == AF_INET) address = &conn->peer.v4.sin_addr;
    if (conn->peer.any.sa_family == AF_INET6) address = &conn->peer.v6.sin6_addr;
    if (size == 0) return "";
    if (address == NULL ||
        inet_ntop(conn->peer.any.sa_family, address, text, (socklen_t)size) == NULL)
        text[0] = '\0';
    return text;
}
