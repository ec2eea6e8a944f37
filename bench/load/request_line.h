/*
 * request_line.h - one request of a load test as a line for a file: JSON, or columns with commas
 * between. Pure.
 *
 * Times are seconds since the schedule's start, to the microsecond: scheduled, first sent, first
 * byte, first text, last byte. `request_id` is the endpoint's name for the request: it joins the
 * line to the server's own log. A missing value is null, or empty. The order of the lines is that
 * in which the requests ended.
 */
#ifndef LOAD_REQUEST_LINE_H
#define LOAD_REQUEST_LINE_H

#include "base/buf.h"
#include "load/outcome.h"

typedef struct load_request_line {
    uint64_t number;  /* in the order of sending, from 1 */
    gl_time start;    /* of the schedule */
    bool measured;    /* neither warm-up nor cool-down */
    const char *kind; /* the class; "": there are none */
    const load_outcome *outcome;
} load_request_line;

void load_request_json(gl_buf *out, const load_request_line *line);
void load_request_csv(gl_buf *out, const load_request_line *line);

/* The names of the columns, and a line end. */
void load_request_csv_head(gl_buf *out);

#endif
