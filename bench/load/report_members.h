/* report_members.h - members of the report's JSON objects, each with its comma before it. */
#ifndef LOAD_REPORT_MEMBERS_H
#define LOAD_REPORT_MEMBERS_H

#include "load/report.h"

void load_json_text(gl_buf *out, const char *name, const char *value); /* NULL is null */
void load_json_count(gl_buf *out, const char *name, uint64_t value);
void load_json_known(gl_buf *out, const char *name, bool known, double value); /* else null */
void load_json_number(gl_buf *out, const char *name, double value); /* below 0 is null: not known */
void load_json_flag(gl_buf *out, const char *name, bool value);

/* ,"settings":{...}: everything that describes the measurement, so that two runs with equal
 * settings measured the same. */
void load_report_settings(const load_facts *facts, gl_buf *out);

#endif
