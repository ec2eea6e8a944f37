/*
 * chunked.c - see chunked.h. Sizes are hexadecimal and nothing else; extensions and trailers are
 * checked by their grammar, counted, and dropped: a trailer never becomes a header.
 */
#include "http/chunked.h"

#include "http/line.h"
#include "http/token.h"

#define SIZE_DIGITS    ((size_t)16)
#define EXTENSIONS_MAX ((size_t)4 * 1024) /* bytes of a body: no useful extension was ever seen */
#define TRAILERS_MAX   ((size_t)8 * 1024)

static httpd_progress bad(httpd_request *request, int status, const char *why)
{
    request->status = status;
    request->why = why;
    return HTTPD_BAD;
}

/* Returns the text behind a quoted string at its front; data NULL: the string does not end, or has
 * a control. */
static gl_slice after_quoted(gl_slice text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"' && httpd_is_value(gl_slice_of(text.data, i)))
            return gl_slice_of(text.data + i + 1, text.len - i - 1);
    }
    return gl_slice_of(NULL, 0);
}

static gl_slice after_token(gl_slice text)
{
    size_t len = 0;
    while (len < text.len && text.data[len] != ';' && text.data[len] != '=') len++;
    if (!httpd_is_token(gl_slice_of(text.data, len))) return gl_slice_of(NULL, 0);
    return gl_slice_of(text.data + len, text.len - len);
}

/* *( ";" name [ "=" ( token / quoted-string ) ] ), without the blanks that old senders may add. */
static bool are_extensions(gl_slice text)
{
    while (text.len != 0) {
        if (text.data[0] != ';') return false;
        text = after_token(gl_slice_of(text.data + 1, text.len - 1));
        if (text.data == NULL) return false;
        if (text.len == 0 || text.data[0] != '=') continue;
        text = gl_slice_of(text.data + 1, text.len - 1);
        text = text.len != 0 && text.data[0] == '"' ? after_quoted(text) : after_token(text);
        if (text.data == NULL) return false;
    }
    return true;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static httpd_progress over(httpd_request *request)
{
    switch (request->chunk) {
    case HTTPD_CHUNK_SIZE:
        return bad(request, 400, "A chunk's size line is longer than this server takes.");
    case HTTPD_CHUNK_TRAILER:
        return bad(request, 431, "The trailers are larger than this server takes.");
    default:
        return bad(request, 400, "A chunk does not end where it says.");
    }
}

static httpd_progress read_size(httpd_request *request, gl_slice line)
{
    uint64_t size = 0;
    size_t at = 0;
    for (; at < line.len && at < SIZE_DIGITS && digit(line.data[at]) >= 0; at++)
        size = size << 4 | (uint64_t)digit(line.data[at]);
    if (at == 0 || (at < line.len && line.data[at] != ';'))
        return bad(request, 400, "A chunk's size is no hexadecimal number.");
    if (!are_extensions(gl_slice_of(line.data + at, line.len - at)))
        return bad(request, 400, "A chunk's extension is malformed.");
    request->extension_len += line.len - at;
    if (request->extension_len > EXTENSIONS_MAX) return over(request);
    if (size > request->limits.body - request->body_len)
        return bad(request, 413, "The body is larger than this server takes.");
    request->chunk_left = (size_t)size;
    request->chunk = size != 0 ? HTTPD_CHUNK_DATA : HTTPD_CHUNK_TRAILER;
    return HTTPD_MORE;
}

/* MORE: it was a trailer, and was dropped. */
static httpd_progress read_trailer(httpd_request *request, gl_slice line)
{
    gl_slice name, value;
    if (line.len == 0) return HTTPD_READY;
    const char *why = httpd_line_split(line, &name, &value);
    request->trailer_len += line.len;
    return why != NULL ? bad(request, 400, why) : HTTPD_MORE;
}

/* Returns the longest length of the line that is due. */
static size_t line_max(const httpd_request *request)
{
    switch (request->chunk) {
    case HTTPD_CHUNK_SIZE:
        return SIZE_DIGITS + EXTENSIONS_MAX - request->extension_len + 2;
    case HTTPD_CHUNK_TRAILER:
        return TRAILERS_MAX - request->trailer_len + 2;
    default:
        return 2;
    }
}

static httpd_progress take_line(httpd_request *request, gl_slice line)
{
    if (request->chunk == HTTPD_CHUNK_SIZE) return read_size(request, line);
    if (request->chunk == HTTPD_CHUNK_TRAILER) return read_trailer(request, line);
    request->chunk = HTTPD_CHUNK_SIZE;
    return HTTPD_MORE;
}

/* Joined bytes end at head_len + body_len; line_at is the first byte not read. */
static bool join(httpd_request *request, char *data, size_t len)
{
    size_t there = len - request->line_at, left = request->chunk_left;
    size_t take = there < left ? there : left;
    memmove(data + request->head_len + request->body_len, data + request->line_at, take);
    request->body_len += take;
    request->line_at += take;
    request->chunk_left -= take;
    if (request->chunk_left == 0) request->chunk = HTTPD_CHUNK_END;
    return request->chunk_left == 0;
}

httpd_progress httpd_chunked_read(httpd_request *request, char *data, size_t len)
{
    for (;;) {
        if (request->chunk == HTTPD_CHUNK_DATA && !join(request, data, len)) return HTTPD_MORE;
        gl_slice line;
        const char *why = NULL;
        httpd_line found = httpd_line_next(data, len, request->line_at + line_max(request),
                                           &request->line_at, &request->scanned, &line, &why);
        if (found == HTTPD_LINE_MORE) return HTTPD_MORE;
        if (found == HTTPD_LINE_OVER) return over(request);
        if (found == HTTPD_LINE_BAD) return bad(request, 400, why);
        httpd_progress progress = take_line(request, line);
        if (progress != HTTPD_MORE) return progress;
    }
}

size_t httpd_request_squeeze(httpd_request *request, char *data, size_t len)
{
    size_t joined = request->head_len + request->body_len, gap = request->line_at - joined;
    if (!request->chunked || request->head_len == 0 || gap == 0) return len;
    memmove(data + joined, data + request->line_at, len - request->line_at);
    request->line_at -= gap;
    request->scanned = request->scanned > gap ? request->scanned - gap : 0;
    return len - gap;
}
