/* report_parts.h - the parts of the page that report_html.c puts together. */
#ifndef LOAD_REPORT_PARTS_H
#define LOAD_REPORT_PARTS_H

#include "load/judgement.h"
#include "load/report.h"
#include "load/time_chart.h"

/* A page from its beginning to the main heading, which is what and of whom; and its end, with a
 * sentence on where the same figures are for programs. */
void load_page_begin(gl_buf *out, const char *what, const char *of_whom);
void load_page_end(gl_buf *out, const char *elsewhere);

/* The box of a verdict in the colours and with the sign of this judgement: its word (NULL: the
 * judgement's own) and, in a paragraph that is open, what the caller says; it closes the paragraph
 * and the section. */
void load_verdict_begin(gl_buf *out, load_judgement judgement, const char *word);

/* Where the time of live answers went. Nothing where none has phases. */
void load_report_phases(const load_recorder *recorder, gl_buf *out);

/* The page's style sheet. */
void load_report_style(gl_buf *out);

/* Figures: latency by percentile; what happened when. */
void load_report_percentiles(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_timeline(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_heat(const load_recorder *recorder, const load_time *time, gl_buf *out);

/* Sections: how each kind of latency is spread, how requests ended, the settings. */
void load_report_tables(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* Of requests made of lengths: what was asked and counted, and each class. Nothing of others. */
void load_report_classes_table(const load_recorder *recorder, const load_facts *facts, FILE *out);
void load_report_classes_json(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_classes(const load_recorder *recorder, gl_buf *out);

/* What the server's page of metrics said. Nothing where it was not read. */
void load_report_server_table(const load_facts *facts, FILE *out);
void load_report_server_json(const load_facts *facts, gl_buf *out);
void load_report_server(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* "NAME":{"count":..,"mean_us":..,...,"histogram":[[us,count],...]}; and "percentiles" that
 * somebody asked for (NULL: nobody did). */
void load_json_distribution(gl_buf *out, const char *name, const gl_histogram *h,
                            const load_percentiles *asked);

/* The sections of injected faults and of alerts; nothing where there were none. */
void load_report_incidents(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* What is written at the marks of an axis. */
void load_label_duration(double us, char *out, size_t size);
void load_label_number(double value, char *out, size_t size);
void load_label_percent(double part, char *out, size_t size);

#endif
