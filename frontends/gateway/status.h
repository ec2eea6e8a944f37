/*
 * status.h - the status page, GET /, and the figures that it shows, GET /status.json: for the
 * person at this machine. They are there on listeners that only this machine reaches, and have
 * nothing of a request, an answer, a caller or a key.
 */
#ifndef GATEWAY_STATUS_H
#define GATEWAY_STATUS_H

#include "gateway/state.h"

/* Answers GATEWAY_PAGE and GATEWAY_STATUS. */
void gateway_status_show(gateway *gate, httpd_conn *conn, gateway_kind kind);

/* Appends the figures, as JSON. */
void gateway_status_write(const gateway *gate, gl_buf *out);

/* Writes the page's Content-Security-Policy: it loads nothing, runs its one script and shows its
 * one style, which are named by their hashes. false: out of memory. */
bool gateway_status_policy(gl_slice page, gl_buf *out);

#endif
