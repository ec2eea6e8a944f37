/*
 * body.c - the body of a request as its client meant it: the one coding that it may have is looked
 * at before the body comes, and undone when it is there.
 */
#include "gateway/coding.h"
#include "gateway/state.h"
#include "http/token.h"

bool gateway_body_is_readable(gateway *gate, httpd_conn *conn)
{
    gateway_client *client = httpd_user(conn);
    gl_slice name, value;
    client->coding = GATEWAY_NO_CODING;
    for (size_t i = 0; httpd_header_at(conn, i, &name, &value); i++)
        if (httpd_same(name, "content-encoding")) gateway_coding_add(&client->coding, value);
    if (client->coding != GATEWAY_OTHER_CODING) return true;
    gateway_refuse_plain(gate, conn, 415, "unsupported_encoding",
                         "The body has a Content-Encoding that is not read here, or more than one.",
                         gateway_codings);
    return false;
}

bool gateway_body_take(gateway *gate, httpd_conn *conn, gl_buf *room, gl_slice *body)
{
    const gateway_client *client = httpd_user(conn);
    const char *why;
    *body = httpd_body(conn);
    if (!gateway_is_coded(client->coding)) return true;
    int status = gateway_decode(client->coding, *body, gate->config.max_body, room, &why);
    *body = gl_buf_slice(room);
    if (status == 0) return true;
    gateway_refuse_plain(gate, conn, status,
                         status == 413   ? "request_too_large"
                         : status == 400 ? "invalid_encoding"
                                         : "overloaded",
                         why, status == 503 ? "retry-after: 1\r\n" : "");
    return false;
}
