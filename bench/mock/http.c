/* http.c - see http.h. */
#include "mock/http.h"

#include <strings.h>

#define TOO_LARGE "The body is larger than this server takes."

void mock_http_init(mock_http *http)
{
    *http = (mock_http){ 0 };
}

gl_slice mock_http_method(const mock_http *http, const char *data)
{
    return gl_slice_of(data + http->method_at, http->method_len);
}

gl_slice mock_http_path(const mock_http *http, const char *data)
{
    return gl_slice_of(data + http->path_at, http->path_len);
}

gl_slice mock_http_body(const mock_http *http, const char *data)
{
    return gl_slice_of(data + http->head_len, http->body_len);
}

static gl_slice value_at(const char *data, size_t at, size_t len)
{
    return at != 0 ? gl_slice_of(data + at, len) : gl_slice_of(NULL, 0);
}

gl_slice mock_http_query(const mock_http *http, const char *data)
{
    return value_at(data, http->query_at, http->query_len);
}

gl_slice mock_http_type(const mock_http *http, const char *data)
{
    return value_at(data, http->type_at, http->type_len);
}

gl_slice mock_http_fault(const mock_http *http, const char *data)
{
    return value_at(data, http->fault_at, http->fault_len);
}

gl_slice mock_http_latency(const mock_http *http, const char *data)
{
    return value_at(data, http->latency_at, http->latency_len);
}

gl_slice mock_http_key(const mock_http *http, const char *data)
{
    static const char scheme[] = "Bearer ";
    size_t len = sizeof scheme - 1;
    gl_slice value = value_at(data, http->key_at, http->key_len);
    if (value.len < len || strncasecmp(value.data, scheme, len) != 0) return value;
    return gl_slice_of(value.data + len, value.len - len);
}

size_t mock_http_used(const mock_http *http)
{
    return http->chunked ? http->line_at : http->head_len + http->body_len;
}

static bool refuse(mock_http *http, int status, const char *why)
{
    http->status = status;
    http->why = why;
    return false;
}

static mock_http_progress bad(mock_http *http, int status, const char *why)
{
    refuse(http, status, why);
    return MOCK_HTTP_BAD;
}

/* The next whole line, without its line end (a bare LF is one too, RFC 9112 section 2.2). */
static bool next_line(mock_http *http, const char *data, size_t len, gl_slice *line)
{
    if (http->scanned < http->line_at) http->scanned = http->line_at;
    const char *end =
        len > http->scanned ? memchr(data + http->scanned, '\n', len - http->scanned) : NULL;
    if (end == NULL) {
        http->scanned = len;
        return false;
    }
    const char *start = data + http->line_at;
    size_t line_len = (size_t)(end - start);
    http->line_at += line_len + 1;
    if (line_len != 0 && start[line_len - 1] == '\r') line_len--;
    *line = gl_slice_of(start, line_len);
    return true;
}

static bool same(gl_slice text, const char *other)
{
    return text.len == strlen(other) && strncasecmp(text.data, other, text.len) == 0;
}

static gl_slice trim(gl_slice text)
{
    while (text.len != 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = gl_slice_of(text.data + 1, text.len - 1);
    while (text.len != 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* METHOD SP target SP HTTP/1.x; of the target the path is kept. */
static bool request_line(mock_http *http, const char *data, gl_slice line)
{
    const char *end = line.data + line.len;
    const char *space = memchr(line.data, ' ', line.len);
    if (space == NULL || space == line.data)
        return refuse(http, 400, "The request line is malformed.");
    const char *target = space + 1;
    const char *after = memchr(target, ' ', (size_t)(end - target));
    if (after == NULL || after == target)
        return refuse(http, 400, "The request line is malformed.");
    gl_slice version = gl_slice_of(after + 1, (size_t)(end - after - 1));
    if (gl_slice_is(version, "HTTP/1.1")) {
        http->keep_alive = true;
    } else if (gl_slice_is(version, "HTTP/1.0")) {
        http->host = http->old = true; /* it has no Host by right */
    } else {
        return refuse(http, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    }
    if (after - target > 7 && strncasecmp(target, "http://", 7) == 0) { /* as sent to a proxy */
        const char *slash = memchr(target + 7, '/', (size_t)(after - target - 7));
        target = slash != NULL ? slash : after;
    }
    const char *query = memchr(target, '?', (size_t)(after - target));
    http->method_at = (size_t)(line.data - data);
    http->method_len = (size_t)(space - line.data);
    http->path_at = (size_t)(target - data);
    http->path_len = (size_t)((query != NULL ? query : after) - target);
    if (query != NULL) {
        http->query_at = (size_t)(query + 1 - data);
        http->query_len = (size_t)(after - query - 1);
    }
    return true;
}

static size_t body_max(const mock_http *http)
{
    return http->body_max != 0 ? http->body_max : MOCK_HTTP_BODY_MAX;
}

static bool content_length(mock_http *http, gl_slice value)
{
    size_t length = 0;
    if (value.len == 0 || value.len > 18) return refuse(http, 400, "Content-Length is no number.");
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return refuse(http, 400, "Content-Length is no number.");
        length = length * 10 + (size_t)(value.data[i] - '0');
    }
    if (http->has_length && length != http->body_len)
        return refuse(http, 400, "Two Content-Lengths differ.");
    if (length > body_max(http)) return refuse(http, 413, TOO_LARGE);
    http->has_length = true;
    http->body_len = length;
    return true;
}

static void connection_header(mock_http *http, gl_slice value)
{
    while (value.len != 0) {
        const char *comma = memchr(value.data, ',', value.len);
        size_t len = comma != NULL ? (size_t)(comma - value.data) : value.len;
        gl_slice token = trim(gl_slice_of(value.data, len));
        if (same(token, "close"))
            http->keep_alive = false;
        else if (same(token, "keep-alive"))
            http->keep_alive = true;
        if (comma != NULL) len++;
        value = gl_slice_of(value.data + len, value.len - len);
    }
}

static void keep_key(mock_http *http, const char *data, gl_slice value)
{
    http->key_at = (size_t)(value.data - data);
    http->key_len = value.len;
}

static bool header_line(mock_http *http, const char *data, gl_slice line)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == NULL || colon == line.data || line.data[0] == ' ' || line.data[0] == '\t' ||
        colon[-1] == ' ' || colon[-1] == '\t')
        return refuse(http, 400, "A header line is malformed.");
    gl_slice name = gl_slice_of(line.data, (size_t)(colon - line.data));
    gl_slice value = trim(gl_slice_of(colon + 1, line.len - name.len - 1));
    switch (name.len) { /* most headers are none of ours: their length tells */
    case 4:
        if (same(name, "host")) http->host = true;
        break;
    case 6:
        if (same(name, "origin")) http->origin = true;
        if (same(name, "expect")) http->expects_continue = same(value, "100-continue");
        break;
    case 7:
        if (same(name, "api-key")) keep_key(http, data, value);
        break;
    case 13:
        if (same(name, "authorization")) keep_key(http, data, value);
        break;
    case 10:
        if (same(name, "connection")) connection_header(http, value);
        break;
    case 12:
        if (same(name, "content-type")) {
            http->type_at = (size_t)(value.data - data);
            http->type_len = value.len;
            break;
        }
        if (same(name, "x-mock-times")) http->times = same(value, "1");
        if (!same(name, "x-mock-fault")) break;
        http->fault_at = (size_t)(value.data - data);
        http->fault_len = value.len;
        break;
    case 14:
        if (same(name, "content-length")) return content_length(http, value);
        if (!same(name, "x-mock-latency")) break;
        http->latency_at = (size_t)(value.data - data);
        http->latency_len = value.len;
        break;
    case 17:
        if (!same(name, "transfer-encoding")) break;
        if (http->chunked || !same(value, "chunked"))
            return refuse(http, 501, "The only transfer coding known is chunked.");
        http->chunked = true;
        break;
    default:
        break;
    }
    return true;
}

static mock_http_progress read_head(mock_http *http, const char *data, size_t len)
{
    gl_slice line;
    while (next_line(http, data, len, &line)) {
        if (http->line_at > MOCK_HTTP_HEAD_MAX) break;
        if (http->path_at == 0) {
            if (line.len == 0) continue; /* left over from before: RFC 9112 section 2.2 */
            if (!request_line(http, data, line)) return MOCK_HTTP_BAD;
        } else if (line.len != 0) {
            if (!header_line(http, data, line)) return MOCK_HTTP_BAD;
        } else {
            if (!http->host) return bad(http, 400, "There is no Host header.");
            if (http->chunked && http->has_length)
                return bad(http, 400, "Both Content-Length and Transfer-Encoding are given.");
            http->head_len = http->line_at;
            return MOCK_HTTP_READY;
        }
    }
    if (len < MOCK_HTTP_HEAD_MAX) return MOCK_HTTP_MORE;
    return bad(http, 431, "The request's headers are larger than 64 KiB.");
}

/* The size in hexadecimal at the front of a chunk's first line; extensions are ignored. */
static bool chunk_size(gl_slice line, size_t *size)
{
    size_t value = 0, at = 0;
    for (; at < line.len; at++) {
        char c = line.data[at];
        size_t digit;
        if (c >= '0' && c <= '9')
            digit = (size_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (size_t)((c | 0x20) - 'a' + 10);
        else
            break;
        if (value <= MOCK_HTTP_BODY_MAX) value = value * 16 + digit; /* enough to be too large */
    }
    if (at == 0 || (at < line.len && line.data[at] != ';' && line.data[at] != ' ')) return false;
    *size = value;
    return true;
}

/* line_at is the first byte not looked at; what was joined ends at head_len + body_len. */
static mock_http_progress read_chunks(mock_http *http, char *data, size_t len)
{
    for (;;) {
        if (http->chunk == MOCK_CHUNK_DATA) {
            size_t there = len - http->line_at;
            size_t take = there < http->chunk_left ? there : http->chunk_left;
            memmove(data + http->head_len + http->body_len, data + http->line_at, take);
            http->body_len += take;
            http->line_at += take;
            http->chunk_left -= take;
            if (http->chunk_left != 0) return MOCK_HTTP_MORE;
            http->chunk = MOCK_CHUNK_END;
        }
        gl_slice line;
        size_t before = http->line_at;
        if (!next_line(http, data, len, &line)) {
            if (len - before + http->trailer_len < MOCK_HTTP_BODY_MAX) return MOCK_HTTP_MORE;
            return bad(http, 413, "The body's chunks cost more than 256 MiB in lines.");
        }
        http->trailer_len += http->line_at - before;
        if (http->trailer_len > MOCK_HTTP_BODY_MAX)
            return bad(http, 413, "The body's chunks cost more than 256 MiB in lines.");
        if (http->chunk == MOCK_CHUNK_END) {
            if (line.len != 0) return bad(http, 400, "A chunk does not end where it says.");
            http->chunk = MOCK_CHUNK_SIZE;
        } else if (http->chunk == MOCK_CHUNK_TRAILER) {
            if (line.len == 0) return MOCK_HTTP_READY;
        } else if (!chunk_size(line, &http->chunk_left)) {
            return bad(http, 400, "A chunk's size is malformed.");
        } else if (http->chunk_left > body_max(http) - http->body_len) {
            return bad(http, 413, TOO_LARGE);
        } else {
            http->chunk = http->chunk_left != 0 ? MOCK_CHUNK_DATA : MOCK_CHUNK_TRAILER;
        }
    }
}

mock_http_progress mock_http_read(mock_http *http, char *data, size_t len)
{
    if (http->head_len == 0) {
        mock_http_progress head = read_head(http, data, len);
        if (head != MOCK_HTTP_READY) return head;
    }
    if (http->chunked) return read_chunks(http, data, len);
    return len - http->head_len >= http->body_len ? MOCK_HTTP_READY : MOCK_HTTP_MORE;
}
