/* record.h - records besides those of results, which glimpse_result_to_json writes: that of a line
 * that was never sent, and one that an earlier run wrote. One form: docs/internals/records.md. */
#ifndef CLI_BATCH_RECORD_H
#define CLI_BATCH_RECORD_H

#include "base/buf.h"
#include "batch/job_line.h"

/* Appends the record, without a line end. */
void record_bad_line(gl_buf *out, const job_line *line);

/* The contents of a record of an earlier run; slices of its text. */
typedef struct record_view {
    gl_json root, glimpse;
    gl_json custom_id;
    glimpse_status status;
    glimpse_source source;
    bool known_source; /* else this version does not know its source */
    bool has_key;
    glimpse_key key;
    gl_json path; /* a string, or GL_JSON_NONE: /chat/completions */
    uint64_t line;
} record_view;

/* Returns NULL, or why this is no record of ours, static. */
const char *record_read(gl_slice text, record_view *view);

/* Appends the same record with another line number. */
void record_renumber(gl_buf *out, const record_view *view, uint64_t line);

/* Appends the record of another line with the same request: its custom_id and number, source cache,
 * no attempts. */
void record_reuse(gl_buf *out, const record_view *view, const char *custom_id, uint64_t line);

#endif
