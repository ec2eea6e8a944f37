/*
 * cors.h - the web pages from elsewhere that may ask (the CORS protocol of the Fetch standard). A
 * browser shows an answer to a page only where it names the page's origin, and asks first, by
 * OPTIONS, whether a request with a key may be sent.
 */
#ifndef GATEWAY_CORS_H
#define GATEWAY_CORS_H

#include "gateway/state.h"

/* Finds the origin of the request among those that may ask; call it when a head is there. */
void gateway_cors_note(gateway *gate, httpd_conn *conn);

/* Returns true for a browser's question whether a page may ask. */
bool gateway_cors_is_preflight(const httpd_conn *conn);

/* Answers it: by the list alone, without a key and without the endpoint. */
void gateway_cors_answer(gateway *gate, httpd_conn *conn);

/* httpd_handler.lines: the lines by which a browser lets the page see an answer, errors too. */
void gateway_cors_lines(httpd_conn *conn, gl_buf *out);

#endif
