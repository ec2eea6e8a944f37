/* report_parts.h - the parts of the page that report_html.c puts together. */
#ifndef LOAD_REPORT_PARTS_H
#define LOAD_REPORT_PARTS_H

#include "load/judgement.h"
#include "load/report.h"
#include "load/time_chart.h"

/* Writes a page's beginning, up to its main heading (`what` and `of_whom`), and its end, with a
 * sentence on where programs find the same figures. */
void load_page_begin(gl_buf *out, const char *what, const char *of_whom);
void load_page_end(gl_buf *out, const char *elsewhere);

/* Writes the box of a verdict in the colours and with the sign of this judgement: its word (NULL:
 * the judgement's own) and an open paragraph for the caller's text; the end closes the paragraph
 * and the section. */
void load_verdict_begin(gl_buf *out, load_judgement judgement, const char *word);

/* Writes the phases of live answers; nothing where none has phases. */
void load_report_phases(const load_recorder *recorder, gl_buf *out);

/* The page's style sheet. */
void load_report_style(gl_buf *out);

/* Figures: latency by percentile; the run over time. */
void load_report_percentiles(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_timeline(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_heat(const load_recorder *recorder, const load_time *time, gl_buf *out);

/* Sections: the distribution of each kind of latency, the ends of requests, the settings. */
void load_report_tables(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* For requests made of lengths: the asked and counted lengths, and each class. Nothing for
 * others. */
void load_report_classes_table(const load_recorder *recorder, const load_facts *facts, FILE *out);
void load_report_classes_json(const load_recorder *recorder, const load_facts *facts, gl_buf *out);
void load_report_classes(const load_recorder *recorder, gl_buf *out);

/* Writes the readings of the server's page of metrics; nothing where it was not read. */
void load_report_server_table(const load_facts *facts, FILE *out);
void load_report_server_json(const load_facts *facts, gl_buf *out);
void load_report_server(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* Writes "NAME":{"count":..,"mean_us":..,...,"histogram":[[us,count],...]}; and "percentiles" that
 * were asked for (NULL: none). */
void load_json_distribution(gl_buf *out, const char *name, const gl_histogram *h,
                            const load_percentiles *asked);

/* The sections of injected faults and of alerts; nothing where there were none. */
void load_report_incidents(const load_recorder *recorder, const load_facts *facts, gl_buf *out);

/* Writes the label at a mark of an axis. */
void load_label_duration(double us, char *out, size_t size);
void load_label_number(double value, char *out, size_t size);
void load_label_percent(double part, char *out, size_t size);

#endif
