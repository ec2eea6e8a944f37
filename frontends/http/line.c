/* line.c - see line.h. */
#include "http/line.h"

#include "http/token.h"

/* Looks for the CR alone: a line with an LF before it fails its grammar, with 400 too. */
httpd_line httpd_line_next(const char *data, size_t len, size_t cap, size_t *at, size_t *scanned,
                           gl_slice *line, const char **why)
{
    size_t known = len < cap ? len : cap, from = *scanned > *at ? *scanned : *at;
    const char *end = data + known;
    const char *cr = known > from ? memchr(data + from, '\r', known - from) : NULL;
    if (cr != NULL && cr + 1 < end) {
        if (cr[1] != '\n') {
            *why = "A line has a CR without LF.";
            return HTTPD_LINE_BAD;
        }
        *line = gl_slice_of(data + *at, (size_t)(cr - data) - *at);
        *at = (size_t)(cr - data) + 2;
        return HTTPD_LINE_WHOLE;
    }
    if (known > from && memchr(data + from, '\n', known - from) != NULL) {
        *why = "A line ends in LF without CR.";
        return HTTPD_LINE_BAD;
    }
    *scanned = cr != NULL ? (size_t)(cr - data) : known > from ? known : from;
    return len >= cap ? HTTPD_LINE_OVER : HTTPD_LINE_MORE;
}

const char *httpd_line_split(gl_slice line, gl_slice *name, gl_slice *value)
{
    size_t len = httpd_token_len(line);
    if (len == 0 || len == line.len || line.data[len] != ':') {
        if (line.len != 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
            return "A header line is folded, or begins with a blank.";
        return memchr(line.data, ':', line.len) != NULL ? "A header's name is no token."
                                                        : "A header line has no colon.";
    }
    *name = gl_slice_of(line.data, len);
    *value = httpd_trim(gl_slice_of(line.data + len + 1, line.len - len - 1));
    return httpd_is_value(*value) ? NULL : "A header's value has a control character.";
}
