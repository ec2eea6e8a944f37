/* line.c - see line.h. */
#include "http/line.h"

#include "http/token.h"

/* Looks for the CR alone: an LF before it stands in a line that its grammar refuses, with 400 too.
 */
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
    const char *colon = memchr(line.data, ':', line.len);
    if (line.len != 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        return "A header line is folded, or begins with a blank.";
    if (colon == NULL) return "A header line has no colon.";
    *name = gl_slice_of(line.data, (size_t)(colon - line.data));
    *value = httpd_trim(gl_slice_of(colon + 1, line.len - name->len - 1));
    if (!httpd_is_token(*name)) return "A header's name is no token.";
    if (!httpd_is_value(*value)) return "A header's value has a control character.";
    return NULL;
}
