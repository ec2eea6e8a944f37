/*
 * compare.h - compares JSON reports of load tests: is one side slower? Reads the reports;
 * difference.h has the statistics.
 */
#ifndef LOAD_COMPARE_H
#define LOAD_COMPARE_H

#include "base/buf.h"
#include "load/difference.h"

struct json_object;

/* One side: the reports of one run, or of several of the same thing. */
typedef struct load_reports load_reports;

load_reports *load_reports_new(void); /* NULL: out of memory */
void load_reports_free(load_reports *reports);

/* Adds a report, its text ended by a NUL. NULL: it is taken; else its fault, a predicate: "is no
 * report of a bench". */
const char *load_reports_add(load_reports *reports, const char *text);

/* Returns all of them together, as long as the reports live. */
const load_side *load_reports_side(const load_reports *reports);

/* The first of them, whole; as long as the reports live. NULL: there is none. */
struct json_object *load_reports_first(const load_reports *reports);

/* Returns true when a run was marked INVALID: the client spoilt it, and it proves nothing. */
bool load_report_is_invalid(const char *text);

/* Writes a line for each setting in which the first runs of two sides differ, called by these
 * names: they measured different things. */
void load_reports_note(const load_reports *before, const load_reports *after,
                       const char *before_name, const char *after_name, gl_buf *notes);

typedef struct load_compared_side {
    const char *name;
    const load_reports *reports;
    const load_change *change; /* against the first side, which has none; judged */
    size_t changes;
} load_compared_side;

/* Writes a page for a browser: the changes, and the sides drawn over each other. invalid: a run
 * was. */
void load_compare_html(const load_compared_side *side, size_t sides, bool invalid, gl_buf *out);

#endif
