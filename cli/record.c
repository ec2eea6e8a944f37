/* record.c - error records of input lines. Called by job.c. */
#include "record.h"

#include "base/json.h"

void record_bad_line(gl_buf *out, const job_line *line)
{
    gl_buf_append_str(out, "{\"id\":\"line-");
    gl_buf_append_u64(out, line->number);
    gl_buf_append_str(out, "\",\"custom_id\":");
    if (line->custom_id != NULL)
        gl_json_write_string(out, gl_slice_str(line->custom_id));
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"response\":null,\"error\":{\"code\":");
    gl_json_write_string(out, gl_slice_str(line->error_code));
    gl_buf_append_str(out, ",\"message\":");
    gl_json_write_string(out, gl_slice_str(line->error_message));
    gl_buf_append_str(out, "},\"glimpse\":{\"line\":");
    gl_buf_append_u64(out, line->number);
    gl_buf_append_str(out, ",\"key\":null,\"status\":\"bad_request\",\"source\":\"local\","
                           "\"sample\":null,\"essence\":\"\",\"delta\":null,\"stale\":false,"
                           "\"attempts\":0,\"elapsed_ms\":0.0,\"thresholds\":[],"
                           "\"finish_reason\":null,\"usage\":null,\"model\":null}}");
}
