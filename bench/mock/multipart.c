/* multipart.c - see multipart.h. */
#include "mock/multipart.h"

#include <strings.h>

#define BOUNDARY_MAX 70 /* RFC 2046 section 5.1.1 */

static gl_slice after(gl_slice text, size_t skip)
{
    return gl_slice_of(text.data + skip, text.len - skip);
}

/* Returns where `what` begins in text; NULL when it does not occur. */
static const char *find(gl_slice text, const char *what, size_t len)
{
    return text.len >= len ? memmem(text.data, text.len, what, len) : NULL;
}

/* Returns the value of name=value or name="value" behind a semicolon; data NULL when it is missing.
 * Backslashes and percent signs are not decoded: no name that matters here has one. */
static gl_slice parameter(gl_slice header, const char *name)
{
    size_t name_len = strlen(name);
    for (size_t at = 0; at + name_len + 1 < header.len; at++) {
        const char *here = header.data + at;
        bool starts = at > 0 && (here[-1] == ';' || here[-1] == ' ');
        if (!starts || strncasecmp(here, name, name_len) != 0 || here[name_len] != '=') continue;
        gl_slice value = after(header, at + name_len + 1);
        bool quoted = value.data[0] == '"';
        if (quoted) value = after(value, 1);
        size_t len = 0;
        while (len < value.len &&
               (quoted ? value.data[len] != '"' : value.data[len] != ';' && value.data[len] != ' '))
            len++;
        return gl_slice_of(value.data, len);
    }
    return gl_slice_of(NULL, 0);
}

/* Behind a boundary: CRLF goes on, "--" ends. false: neither, so it was none. */
static bool behind_boundary(mock_multipart *reader, gl_slice text)
{
    if (text.len >= 2 && text.data[0] == '-' && text.data[1] == '-') {
        reader->ended = true;
        reader->rest = after(text, text.len);
        return true;
    }
    if (text.len < 2 || text.data[0] != '\r' || text.data[1] != '\n') return false;
    reader->rest = after(text, 2);
    return true;
}

bool mock_multipart_begin(mock_multipart *reader, gl_slice content_type, gl_slice body)
{
    static const char type[] = "multipart/form-data";
    size_t type_len = sizeof type - 1;
    *reader = (mock_multipart){ .ended = false };
    if (content_type.len < type_len || strncasecmp(content_type.data, type, type_len) != 0)
        return false;
    reader->boundary = parameter(content_type, "boundary");
    size_t len = reader->boundary.len;
    if (len == 0 || len > BOUNDARY_MAX || body.len < len + 2) return false;
    if (memcmp(body.data, "--", 2) != 0 || memcmp(body.data + 2, reader->boundary.data, len) != 0)
        return false;
    return behind_boundary(reader, after(body, 2 + len));
}

/* The part's head lines up to the empty one. */
static bool read_head(gl_slice *rest, mock_part *part)
{
    static const char disposition[] = "content-disposition:";
    for (;;) {
        const char *end = find(*rest, "\r\n", 2);
        if (end == NULL) return false;
        gl_slice line = gl_slice_of(rest->data, (size_t)(end - rest->data));
        *rest = after(*rest, line.len + 2);
        if (line.len == 0) return true;
        if (line.len < sizeof disposition - 1 ||
            strncasecmp(line.data, disposition, sizeof disposition - 1) != 0)
            continue;
        part->name = parameter(line, "name");
        part->filename = parameter(line, "filename");
    }
}

bool mock_multipart_next(mock_multipart *reader, mock_part *part)
{
    char mark[4 + BOUNDARY_MAX] = "\r\n--";
    size_t mark_len = 4 + reader->boundary.len;
    *part = (mock_part){ .name = { NULL, 0 } };
    gl_slice rest = reader->rest;
    if (reader->ended || !read_head(&rest, part)) return false;
    memcpy(mark + 4, reader->boundary.data, reader->boundary.len);
    const char *from = rest.data, *end = rest.data + rest.len;
    const char *found;
    while ((found = find(gl_slice_of(from, (size_t)(end - from)), mark, mark_len)) != NULL) {
        const char *behind = found + mark_len;
        if (behind_boundary(reader, gl_slice_of(behind, (size_t)(end - behind)))) {
            part->data = gl_slice_of(rest.data, (size_t)(found - rest.data));
            return true;
        }
        from = found + 1;
    }
    return false;
}
