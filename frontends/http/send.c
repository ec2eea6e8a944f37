/* send.c - sends a connection's bytes. Calls no callback of the handler's. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "http/conn.h"

void httpd_conn_break(httpd_conn *conn, httpd_gone why)
{
    conn->broken = true;
    conn->why = why;
    httpd_conn_update(conn);
}

/* After the last answer our side is shut, and the client's further bytes are read and dropped:
 * closing over unread bytes would reset the connection before the client has read the answer. */
static void start_linger(httpd_conn *conn)
{
    conn->lingering = true;
    shutdown(conn->fd, SHUT_WR);
    gl_buf_free(&conn->in);
    gl_buf_free(&conn->out);
    httpd_conn_arm(conn);
}

static void all_sent(httpd_conn *conn)
{
    conn->blocked = false;
    conn->sent = 0;
    gl_buf_recycle(&conn->out, HTTPD_KEPT);
    if (!conn->closing || conn->turn != HTTPD_TURN_CLIENT) return;
    if (conn->resets || conn->ended)
        httpd_conn_break(conn, HTTPD_GONE_LEFT);
    else if (!conn->lingering)
        start_linger(conn);
}

/* Drops the sent part of a long answer, in such steps that each byte is moved about once. */
static void forget_sent(httpd_conn *conn)
{
    if (conn->sent < HTTPD_KEPT || conn->sent < conn->out.len / 2) return;
    conn->out.len -= conn->sent;
    memmove(conn->out.data, conn->out.data + conn->sent, conn->out.len);
    conn->sent = 0;
}

void httpd_conn_push(httpd_conn *conn)
{
    bool was_blocked = conn->blocked;
    if (conn->broken) return;
    if (conn->out.failed) { /* out of memory: the buffer holds a cut answer */
        conn->resets = true;
        httpd_conn_break(conn, HTTPD_GONE_LEFT);
        return;
    }
    while (conn->sent < conn->out.len) {
        ssize_t n =
            send(conn->fd, conn->out.data + conn->sent, conn->out.len - conn->sent, MSG_NOSIGNAL);
        if (n >= 0) {
            conn->sent += (size_t)n;
            if (was_blocked) conn->blocked = false; /* progress: the deadline begins anew */
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            bool anew = !conn->blocked;
            conn->blocked = true;
            forget_sent(conn);
            if (anew) httpd_conn_arm(conn);
            break;
        } else if (errno != EINTR) {
            httpd_conn_break(conn, HTTPD_GONE_LEFT);
            return;
        }
    }
    if (conn->sent == conn->out.len) {
        all_sent(conn);
        if (was_blocked) httpd_conn_arm(conn);
    }
    if (conn->above && httpd_unsent(conn) <= conn->server->options.low) {
        conn->above = false;
        conn->drained = true;
    }
}

size_t httpd_unsent(const httpd_conn *conn)
{
    return conn->out.len - conn->sent;
}

bool httpd_full(const httpd_conn *conn)
{
    return httpd_unsent(conn) > conn->server->options.high;
}
