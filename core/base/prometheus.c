/* prometheus.c - see prometheus.h. */
#include "base/prometheus.h"

#include <string.h>

#include "base/time.h"

/* clang-format off */
const gl_scale gl_scale_calls = {
    true, 14,
    { 10 * GL_MS, 20 * GL_MS, 40 * GL_MS, 80 * GL_MS, 160 * GL_MS, 320 * GL_MS, 640 * GL_MS,
      1280 * GL_MS, 2560 * GL_MS, 5120 * GL_MS, 10240 * GL_MS, 20480 * GL_MS, 40960 * GL_MS,
      81920 * GL_MS },
    { "0.01", "0.02", "0.04", "0.08", "0.16", "0.32", "0.64", "1.28", "2.56", "5.12", "10.24",
      "20.48", "40.96", "81.92" } };
/* clang-format on */

bool gl_counts_are_none(const gl_counts *counts, const gl_scale *scale)
{
    for (size_t i = 0; i <= scale->count; i++)
        if (counts->buckets[i] != 0) return false;
    return true;
}

void gl_text_family(gl_buf *out, const char *name, const char *type, const char *help)
{
    const char *const pieces[] = { "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n" };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) gl_buf_append_str(out, pieces[i]);
}

void gl_text_label(gl_buf *out, bool first, const char *name, gl_slice value)
{
    if (!first) gl_buf_append_char(out, ',');
    gl_buf_append_str(out, name);
    gl_buf_append_str(out, "=\"");
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c == '\n') {
            gl_buf_append_str(out, "\\n");
            continue;
        }
        if (c == '\\' || c == '"') gl_buf_append_char(out, '\\');
        gl_buf_append_char(out, (unsigned char)c < 0x20 ? ' ' : c);
    }
    gl_buf_append_char(out, '"');
}

static void end_line(gl_buf *out, uint64_t number)
{
    gl_buf_append_char(out, ' ');
    gl_buf_append_u64(out, number);
    gl_buf_append_char(out, '\n');
}

void gl_text_number(gl_buf *out, const char *name, uint64_t value)
{
    gl_buf_append_str(out, name);
    end_line(out, value);
}

void gl_text_labelled(gl_buf *out, const char *name, const char *label, const char *value,
                      uint64_t number)
{
    gl_buf_append_str(out, name);
    gl_buf_append_char(out, '{');
    gl_text_label(out, true, label, gl_slice_str(value));
    gl_buf_append_char(out, '}');
    end_line(out, number);
}

void gl_text_seconds(gl_buf *out, uint64_t ns)
{
    char digits[] = ".000000000";
    uint64_t part = ns % GL_SECOND;
    size_t len = sizeof digits - 1;
    for (size_t i = len; i > 1; part /= 10) digits[--i] = (char)('0' + part % 10);
    while (digits[len - 1] == '0') len--;
    gl_buf_append_u64(out, ns / GL_SECOND);
    if (len > 1) gl_buf_append(out, digits, len);
}

static void begin_line(gl_buf *out, const char *name, const char *suffix, gl_slice labels)
{
    gl_buf_append_str(out, name);
    gl_buf_append_str(out, suffix);
    if (labels.len == 0) return;
    gl_buf_append_char(out, '{');
    gl_buf_append(out, labels.data, labels.len);
    gl_buf_append_char(out, '}');
}

void gl_text_histogram(gl_buf *out, const char *name, gl_slice labels, const gl_counts *counts,
                       const gl_scale *scale)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= scale->count; i++) {
        count += counts->buckets[i];
        gl_buf_append_str(out, name);
        gl_buf_append_str(out, "_bucket{");
        gl_buf_append(out, labels.data, labels.len);
        gl_text_label(out, labels.len == 0, "le",
                      gl_slice_str(i < scale->count ? scale->texts[i] : "+Inf"));
        gl_buf_append_char(out, '}');
        end_line(out, count);
    }
    begin_line(out, name, "_sum", labels);
    gl_buf_append_char(out, ' ');
    if (scale->seconds)
        gl_text_seconds(out, counts->sum);
    else
        gl_buf_append_u64(out, counts->sum);
    gl_buf_append_char(out, '\n');
    begin_line(out, name, "_count", labels);
    end_line(out, count);
}
