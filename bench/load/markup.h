/*
 * markup.h - text and figures as HTML: escaped, rounded for people, and beside it the exact value
 * and its place in the report for programs.
 */
#ifndef LOAD_MARKUP_H
#define LOAD_MARKUP_H

#include "base/buf.h"

/* Writes text, for an element or a quoted attribute: & < > " ' are escaped; control characters and
 * bytes that are no UTF-8 become U+FFFD. NULL is nothing. */
void load_html_text(gl_buf *out, const char *text);

/* A figure as it is shown. */
typedef struct load_shown {
    char number[32];
    const char *unit; /* "" : none */
} load_shown;

load_shown load_show_duration(double us); /* three digits: 1.24 ms */
load_shown load_show_ms(double us);       /* always ms, to the microsecond: columns line up */
load_shown load_show_seconds(double s);
load_shown load_show_count(double count); /* 12,345 */
load_shown load_show_rate(double rate, const char *unit);
load_shown load_show_percent(double part); /* 0.125 is 12.5 % */
load_shown load_show_bytes(double bytes);  /* MB of 1,000,000 */
load_shown load_show_number(double number);

/* The same in a line of plain text: "1.24 ms". */
void load_shown_text(load_shown shown, char *out, size_t size);

/* <span data-figure="PATH" data-value="VALUE">NUMBER<small> UNIT</small></span>. PATH leads to the
 * value in the JSON report, its steps separated by dots. NAN is null there and a dash here. */
void load_html_figure(gl_buf *out, const char *path, double value, load_shown shown);

/* Begins a table in a box of its own that scrolls; kind is "" or " ms", the caller writes the
 * rows. */
void load_table_begin(gl_buf *out, const char *kind, const char *label);
void load_table_end(gl_buf *out);
/* The same, hidden behind a word that opens it: a chart's data. */
void load_details_begin(gl_buf *out, const char *name);
void load_details_end(gl_buf *out);
void load_table_count(gl_buf *out, const char *path, uint64_t count);

#endif
