/* record.h - the record of a line that was never sent; those of requests are written by
 * glimpse_result_to_json. Same form: docs/internals/records.md. */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include "base/buf.h"
#include "job_line.h"

/* Appends the record, without a line end. */
void record_bad_line(gl_buf *out, const job_line *line);

#endif
