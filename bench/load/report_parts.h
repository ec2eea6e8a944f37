/* report_parts.h - the parts of the page that report_html.c puts together. */
#ifndef LOAD_REPORT_PARTS_H
#define LOAD_REPORT_PARTS_H

#include "load/report.h"

/* The page's style sheet. */
void load_report_style(gl_buf *out);

/* Figures: latency by percentile; what happened when. */
void load_report_percentiles(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_over_time(const load_recorder *recorder, gl_buf *out);

/* Sections: how each kind of latency is spread, how requests ended, the settings. */
void load_report_tables(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

#endif
