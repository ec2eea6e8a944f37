/* request.c - see request.h: reads the request line, and the headers that describe the body. */
#include "http/request.h"

#include <strings.h>

#include "http/chunked.h"
#include "http/line.h"
#include "http/token.h"

#define HEAD_DEFAULT   ((size_t)64 * 1024)
#define HEAD_MOST      ((size_t)1024 * 1024)
#define TARGET_DEFAULT ((size_t)8 * 1024) /* as nginx */
#define METHOD_MAX     ((size_t)32)
#define VERSION_LEN    ((size_t)8)  /* HTTP/1.1 */
#define AFTER_TARGET   ((size_t)11) /* a blank, the version, CRLF */

#define TOO_LARGE "The body is larger than this server takes."

void httpd_request_init(httpd_request *request, const httpd_limits *limits)
{
    *request = (httpd_request){ .limits = *limits };
}

static bool refuse(httpd_request *request, int status, const char *why)
{
    request->status = status;
    request->why = why;
    return false;
}

static size_t head_max(const httpd_request *request)
{
    size_t head = request->limits.head;
    return head == 0 ? HEAD_DEFAULT : head < HEAD_MOST ? head : HEAD_MOST;
}

static size_t target_max(const httpd_request *request)
{
    return request->limits.target != 0 ? request->limits.target : TARGET_DEFAULT;
}

static size_t headers_max(const httpd_request *request)
{
    size_t most = request->limits.headers;
    return most != 0 && most < HTTPD_HEADERS_MAX ? most : HTTPD_HEADERS_MAX;
}

/* --- the request line ------------------------------------------------------------------------- */

static bool read_version(httpd_request *request, gl_slice version)
{
    if (version.len != VERSION_LEN || memcmp(version.data, "HTTP/", 5) != 0 ||
        version.data[5] < '0' || version.data[5] > '9' || version.data[6] != '.' ||
        version.data[7] < '0' || version.data[7] > '9')
        return refuse(request, 400, "The request line does not end in a version.");
    if (version.data[5] != '1' || version.data[7] > '1')
        return refuse(request, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    request->old = version.data[7] == '0';
    return true;
}

static void keep_path(httpd_request *request, const char *data, gl_slice target)
{
    const char *query = memchr(target.data, '?', target.len);
    request->path_at = (size_t)(target.data - data);
    request->path_len = query != NULL ? (size_t)(query - target.data) : target.len;
    if (query == NULL) return;
    request->query_at = (size_t)(query + 1 - data);
    request->query_len = target.len - request->path_len - 1;
}

/* http://host/path, as sent to a proxy. */
static bool read_absolute(httpd_request *request, const char *data, gl_slice target)
{
    size_t scheme = 0;
    if (target.len > 7 && httpd_same(gl_slice_of(target.data, 7), "http://")) scheme = 7;
    if (target.len > 8 && httpd_same(gl_slice_of(target.data, 8), "https://")) scheme = 8;
    if (scheme == 0)
        return refuse(request, 400, "The target is neither a path nor an http address.");
    size_t end = scheme;
    while (end < target.len && target.data[end] != '/' && target.data[end] != '?') end++;
    gl_slice authority = gl_slice_of(target.data + scheme, end - scheme);
    if (!httpd_is_authority(authority))
        return refuse(request, 400, "The target's host is malformed.");
    request->authority_at = (size_t)(authority.data - data);
    request->authority_len = authority.len;
    keep_path(request, data, gl_slice_of(target.data + end, target.len - end));
    if (request->path_len != 0) return true;
    request->path_at = (size_t)(target.data + scheme - 1 - data); /* no path is "/": this one */
    request->path_len = 1;
    return true;
}

static bool read_target(httpd_request *request, const char *data, gl_slice method, gl_slice target)
{
    if (target.len > target_max(request))
        return refuse(request, 414, "The target is longer than this server takes.");
    if (gl_slice_is(method, "CONNECT") || gl_slice_is(method, "TRACE"))
        return refuse(request, 405, "CONNECT and TRACE are not served.");
    if (target.data[0] == '/' || (gl_slice_is(target, "*") && gl_slice_is(method, "OPTIONS"))) {
        keep_path(request, data, target);
        return true;
    }
    return read_absolute(request, data, target);
}

/* METHOD SP target SP HTTP/1.x */
static bool read_request_line(httpd_request *request, const char *data, gl_slice line)
{
    const char *end = line.data + line.len, *space = memchr(line.data, ' ', line.len);
    const char *target = space != NULL ? space + 1 : end;
    const char *after = memchr(target, ' ', (size_t)(end - target));
    if (space == NULL || after == NULL || after == target)
        return refuse(request, 400, "The request line is not method, target and version.");
    gl_slice method = gl_slice_of(line.data, (size_t)(space - line.data));
    if (!httpd_is_token(method)) return refuse(request, 400, "The method is no token.");
    gl_slice of = gl_slice_of(target, (size_t)(after - target));
    if (!httpd_is_target(of))
        return refuse(request, 400, "The target has a byte that may not stand in one.");
    request->method_at = (size_t)(method.data - data);
    request->method_len = method.len;
    request->is_head = gl_slice_is(method, "HEAD");
    return read_version(request, gl_slice_of(after + 1, (size_t)(end - after - 1))) &&
           read_target(request, data, method, of);
}

/* Returns where in data the request line must have ended, and sets the error for a line that has
 * not. Counts its own bytes only, so that the result is the same for any pieces. */
static size_t line_cap(const httpd_request *request, const char *data, size_t len, int *status)
{
    const char *line = data + request->line_at;
    size_t there = len - request->line_at;
    const char *space = memchr(line, ' ', there < METHOD_MAX + 1 ? there : METHOD_MAX + 1);
    *status = space != NULL ? 414 : 501;
    if (space == NULL) return request->line_at + METHOD_MAX + 1;
    return (size_t)(space + 1 - data) + target_max(request) + AFTER_TARGET;
}

/* --- headers ---------------------------------------------------------------------------------- */

static bool read_length(httpd_request *request, gl_slice value)
{
    size_t length = 0;
    if (request->has_length) return refuse(request, 400, "There are two Content-Lengths.");
    if (value.len == 0) return refuse(request, 400, "Content-Length is no number.");
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return refuse(request, 400, "Content-Length is no number.");
        if (length > (SIZE_MAX - 9) / 10)
            return refuse(request, 400, "Content-Length is larger than any number.");
        length = length * 10 + (size_t)(value.data[i] - '0');
    }
    request->has_length = true;
    request->body_len = length;
    return true;
}

/* Returns true for "chunked" and nothing else. */
static bool read_coding(httpd_request *request, gl_slice value)
{
    gl_slice rest = value, coding = value;
    bool chunked = false;
    if (request->chunked) return refuse(request, 400, "There are two Transfer-Encodings.");
    if (request->old) return refuse(request, 400, "HTTP/1.0 knows no Transfer-Encoding.");
    request->chunked = true;
    if (httpd_same(value, "chunked")) return true;
    while (httpd_next_element(&rest, &coding)) {
        if (!httpd_is_token(coding) || chunked || httpd_same(coding, "identity"))
            return refuse(request, 400, "Transfer-Encoding does not tell where the body ends.");
        chunked = httpd_same(coding, "chunked");
    }
    return refuse(request, 501, "The only transfer coding known is chunked.");
}

static bool read_host(httpd_request *request, const char *data, gl_slice value)
{
    if (request->has_host) return refuse(request, 400, "There are two Hosts.");
    if (!httpd_is_authority(value)) return refuse(request, 400, "Host is no host.");
    request->has_host = true;
    request->host_at = (size_t)(value.data - data);
    request->host_len = value.len;
    return true;
}

static void read_connection(httpd_request *request, gl_slice value)
{
    gl_slice element;
    while (httpd_next_element(&value, &element)) {
        if (httpd_same(element, "close")) request->close = true;
        if (httpd_same(element, "keep-alive")) request->keep = true;
    }
}

/* Handles the headers about the message itself. The length rules most headers out. */
static bool heed(httpd_request *request, const char *data, gl_slice name, gl_slice value)
{
    switch (name.len) {
    case 4:
        return !httpd_same(name, "host") || read_host(request, data, value);
    case 6:
        if (!httpd_same(name, "expect") || request->old) return true;
        if (!httpd_same(value, "100-continue"))
            return refuse(request, 417, "The only expectation known is 100-continue.");
        request->expects_continue = true;
        return true;
    case 7:
        if (httpd_same(name, "upgrade")) request->upgrade = true;
        return true;
    case 10:
        if (httpd_same(name, "connection")) read_connection(request, value);
        return true;
    case 14:
        return !httpd_same(name, "content-length") || read_length(request, value);
    case 17:
        return !httpd_same(name, "transfer-encoding") || read_coding(request, value);
    default:
        return true;
    }
}

static void add_field(httpd_fields *fields, const char *data, gl_slice name, gl_slice value)
{
    if (memchr(name.data, '_', name.len) != NULL || fields->count == HTTPD_HEADERS_MAX) return;
    fields->field[fields->count++] =
        (httpd_field){ (uint32_t)(name.data - data), (uint32_t)name.len,
                       (uint32_t)(value.data - data), (uint32_t)value.len };
}

static bool read_header(httpd_request *request, httpd_fields *fields, const char *data,
                        gl_slice line)
{
    gl_slice name, value;
    const char *why = httpd_line_split(line, &name, &value);
    if (why != NULL) return refuse(request, 400, why);
    if (++request->header_count > headers_max(request))
        return refuse(request, 431, "There are more headers than this server takes.");
    add_field(fields, data, name, value);
    return heed(request, data, name, value);
}

void httpd_request_index(const httpd_request *request, httpd_fields *fields, const char *data)
{
    const char *at = data + request->start, *end = data + request->head_len - 2, *stop;
    fields->count = 0;
    at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1; /* skips the request line */
    for (; at < end; at = stop + 2) {
        gl_slice name, value;
        stop = memchr(at, '\r', (size_t)(end - at) + 1);
        httpd_line_split(gl_slice_of(at, (size_t)(stop - at)), &name, &value);
        add_field(fields, data, name, value);
    }
}

/* --- the head as a whole ---------------------------------------------------------------------- */

static bool end_head(httpd_request *request, const char *data)
{
    gl_slice host = gl_slice_of(data + request->host_at, request->host_len);
    gl_slice authority = gl_slice_of(data + request->authority_at, request->authority_len);
    if (!request->has_host && !request->old) return refuse(request, 400, "There is no Host.");
    if (request->authority_at != 0 && request->has_host &&
        (host.len != authority.len || strncasecmp(host.data, authority.data, host.len) != 0))
        return refuse(request, 400, "Host is another than the target's.");
    if (request->chunked && request->has_length)
        return refuse(request, 400, "There are Content-Length and Transfer-Encoding.");
    request->head_len = request->line_at;
    return request->chunked || request->body_len <= request->limits.body ||
           refuse(request, 413, TOO_LARGE); /* with its head: the refusal may depend on that */
}

/* Takes one line of the head. false: refused. *ended: it was the empty one. */
static bool take_line(httpd_request *request, httpd_fields *fields, const char *data, gl_slice line,
                      bool *ended)
{
    if (request->has_line) {
        *ended = line.len == 0;
        return *ended ? end_head(request, data) : read_header(request, fields, data, line);
    }
    if (line.len == 0) { /* a rest of the request before: RFC 9112, section 2.2 */
        if (request->start != 0)
            return refuse(request, 400, "There is more than one empty line before the request.");
        request->start = request->line_at;
        return true;
    }
    request->has_line = true;
    return read_request_line(request, data, line);
}

static httpd_progress read_head(httpd_request *request, httpd_fields *fields, char *data,
                                size_t len)
{
    gl_slice line;
    bool ended = false;
    if (!request->has_line) fields->count = 0;
    while (!ended) {
        int over = 431;
        size_t cap = head_max(request), mine;
        if (!request->has_line && (mine = line_cap(request, data, len, &over)) < cap)
            cap = mine;
        else
            over = 431;
        httpd_line found = httpd_line_next(data, len, cap, &request->line_at, &request->scanned,
                                           &line, &request->why);
        if (found == HTTPD_LINE_MORE) {
            request->resumed = request->has_line;
            return HTTPD_MORE;
        }
        if (found == HTTPD_LINE_BAD) request->status = 400;
        if (found == HTTPD_LINE_OVER)
            refuse(request, over,
                   over == 414   ? "The target is longer than this server takes."
                   : over == 501 ? "No method is so long."
                                 : "The headers are larger than this server takes.");
        if (found != HTTPD_LINE_WHOLE || !take_line(request, fields, data, line, &ended))
            return HTTPD_BAD;
    }
    if (request->resumed) httpd_request_index(request, fields, data);
    return HTTPD_HEAD;
}

httpd_progress httpd_request_read(httpd_request *request, httpd_fields *fields, char *data,
                                  size_t len)
{
    if (request->head_len == 0) return read_head(request, fields, data, len);
    if (request->chunked) return httpd_chunked_read(request, data, len);
    return len - request->head_len >= request->body_len ? HTTPD_READY : HTTPD_MORE;
}

bool httpd_request_keeps_alive(const httpd_request *request)
{
    return !request->close && (!request->old || request->keep);
}

size_t httpd_request_used(const httpd_request *request)
{
    return request->chunked ? request->line_at : request->head_len + request->body_len;
}
