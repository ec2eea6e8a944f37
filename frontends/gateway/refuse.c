/* refuse.c - errors that are the gateway's own, in OpenAI's envelope. */
#include "gateway/cors.h"
#include "gateway/state.h"

#define JSON "application/json"

void gateway_refuse(gateway *gate, httpd_conn *conn, const gateway_verdict *verdict,
                    const char *param, const char *message, const char *headers)
{
    const gateway_facts facts = { .verdict = verdict,
                                  .process = gate->process,
                                  .number = ++gate->number };
    gl_buf_reset(&gate->head);
    gl_buf_reset(&gate->body);
    gateway_head_write(&facts, &gate->head);
    gl_buf_append_str(&gate->head, headers);
    gateway_error_write(verdict->status, verdict->code, param, gl_slice_str(message), &gate->body);
    if (gate->head.failed || gate->body.failed) {
        httpd_reset(conn);
        return;
    }
    gateway_entry_plain(gate, conn, verdict->status, verdict->code, facts.number, gate->body.len);
    httpd_answer(conn, verdict->status, JSON, gl_buf_slice(&gate->head), gl_buf_slice(&gate->body));
}

void gateway_refuse_plain(gateway *gate, httpd_conn *conn, int status, const char *code,
                          const char *message, const char *headers)
{
    const gateway_verdict verdict = { .status = status, .code = code };
    gateway_refuse(gate, conn, &verdict, NULL, message, headers);
}

static const char *code_of(int status)
{
    switch (status) {
    case 408:
        return "request_timeout";
    case 413:
        return "request_too_large";
    case 414:
        return "uri_too_long";
    case 417:
        return "expectation_failed";
    case 431:
        return "headers_too_large";
    case 501:
        return "not_implemented";
    case 503:
        return "overloaded";
    case 505:
        return "http_version";
    default:
        return status == 405 ? "method_not_allowed" : "bad_request";
    }
}

const char *gateway_refused(httpd_conn *conn, int status, const char *why, gl_buf *body)
{
    gateway_cors_note(httpd_arg(conn), conn);
    gateway_error_write(status, code_of(status), NULL, gl_slice_str(why), body);
    gateway_entry_plain(httpd_arg(conn), conn, status, code_of(status), 0, body->len);
    return JSON;
}
