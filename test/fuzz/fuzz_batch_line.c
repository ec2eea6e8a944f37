/*
 * fuzz_batch_line.c - any bytes as a line of a batch's output file: what is read from it lies in
 * it, and is the same once it is written anew.
 */
#include "fuzz.h"

#include <glimpse/batch_api.h>

#include "base/buf.h"

static void claim_inside(const char *part, size_t len, const char *text, size_t text_len)
{
    claim(len == 0 || (part >= text && part + len <= text + text_len), "a part is not of the line");
}

static void write_line(const glimpse_batch_line *line, gl_buf *out)
{
    gl_buf_append_str(out, "{\"custom_id\":\"");
    gl_buf_append(out, line->custom_id, line->custom_id_len);
    gl_buf_append_str(out, "\",\"response\":{\"status_code\":");
    gl_buf_append_u64(out, (uint64_t)line->status_code);
    gl_buf_append_str(out, ",\"body\":");
    gl_buf_append(out, line->body, line->body_len);
    if (line->body_len == 0) gl_buf_append_str(out, "null");
    gl_buf_append_str(out, "},\"error\":{\"code\":\"");
    gl_buf_append(out, line->code, line->code_len);
    gl_buf_append_str(out, "\"}}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    glimpse_batch_line line, again;
    gl_buf written;
    if (glimpse_batch_line_read(text, size, &line) != GLIMPSE_OK) return 0;
    claim_inside(line.custom_id, line.custom_id_len, text, size);
    claim_inside(line.body, line.body_len, text, size);
    claim_inside(line.code, line.code_len, text, size);
    claim_inside(line.message, line.message_len, text, size);
    claim_inside(line.request_id, line.request_id_len, text, size);
    gl_buf_init(&written, SIZE_MAX / 2);
    write_line(&line, &written);
    claim(glimpse_batch_line_read(written.data, written.len, &again) == GLIMPSE_OK,
          "what was read cannot be read again");
    claim(again.status_code == line.status_code, "another status");
    claim(gl_slice_equal(gl_slice_of(again.custom_id, again.custom_id_len),
                         gl_slice_of(line.custom_id, line.custom_id_len)),
          "another custom_id");
    claim(gl_slice_equal(gl_slice_of(again.code, again.code_len),
                         gl_slice_of(line.code, line.code_len)),
          "another code");
    gl_buf_free(&written);
    return 0;
}
