/* tape.c - see tape.h. Owns the exchanges. */
#include "mock/tape.h"

#include <ctype.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/json.h"
#include "base/utf8.h"

#define BODY_MAX    ((size_t)256 * 1024 * 1024)
#define HEADERS_MAX ((size_t)16 * 1024)

/* --- one exchange ----------------------------------------------------------------------------- */

mock_exchange *mock_exchange_new(void)
{
    mock_exchange *exchange = gl_calloc(1, sizeof *exchange);
    if (exchange == NULL) return NULL;
    gl_buf_init(&exchange->headers, HEADERS_MAX);
    gl_buf_init(&exchange->body, BODY_MAX);
    return exchange;
}

void mock_exchange_free(mock_exchange *exchange)
{
    if (exchange == NULL) return;
    gl_buf_free(&exchange->headers);
    gl_buf_free(&exchange->body);
    gl_free(exchange->chunk);
    gl_free(exchange);
}

static bool starts(gl_slice text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && strncasecmp(text.data, with, len) == 0;
}

/* One line of a header and no more: a tape may come from a stranger. */
static bool is_one_line(gl_slice name, gl_slice value)
{
    for (size_t i = 0; i < name.len; i++)
        if (isalnum((unsigned char)name.data[i]) == 0 && name.data[i] != '-') return false;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c < 0x20 || c == 0x7f) return false;
    }
    return gl_utf8_check(value.data, value.len) == value.len;
}

/* The other headers are of the connection, of cookies, or name an organization. */
static bool is_kept(gl_slice name)
{
    static const char *const names[] = { "content-type", "retry-after",    "retry-after-ms",
                                         "x-request-id", "openai-version", "openai-processing-ms" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (name.len == strlen(names[i]) && starts(name, names[i])) return true;
    return starts(name, "x-ratelimit-");
}

void mock_exchange_header(mock_exchange *exchange, gl_slice name, gl_slice value)
{
    gl_buf *out = &exchange->headers;
    if (!is_kept(name) || !is_one_line(name, value)) return;
    gl_buf_append_str(out, "\r\n");
    gl_buf_append(out, name.data, name.len);
    gl_buf_append_str(out, ": ");
    gl_buf_append(out, value.data, value.len);
    if (starts(name, "content-type")) exchange->stream = starts(value, "text/event-stream");
}

bool mock_exchange_add(mock_exchange *exchange, gl_slice bytes, gl_time at)
{
    mock_chunk *chunk = gl_array_room(exchange->chunk, &exchange->capacity, exchange->chunks + 1,
                                      16, sizeof *chunk);
    if (chunk == NULL) return false;
    exchange->chunk = chunk;
    gl_buf_append(&exchange->body, bytes.data, bytes.len);
    exchange->chunk[exchange->chunks++] = (mock_chunk){ at, exchange->body.len };
    return !exchange->body.failed;
}

bool mock_exchange_failed(const mock_exchange *exchange)
{
    return exchange->headers.failed || exchange->body.failed;
}

/* --- the digest ------------------------------------------------------------------------------- */

gl_slice mock_tape_path(gl_slice path)
{
    if (path.len > 4 && memcmp(path.data, "/v1/", 4) == 0)
        return gl_slice_of(path.data + 3, path.len - 3);
    return path;
}

/* Removes blanks outside of strings. A text that is no JSON is changed too, always in the same
 * way. */
static void squeeze(gl_slice body, gl_buf *out)
{
    bool inside = false;
    size_t from = 0;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.data[i];
        if (c == '"') inside = !inside;
        if (inside && c == '\\') i++;
        if (inside || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) continue;
        gl_buf_append(out, body.data + from, i - from);
        from = i + 1;
    }
    gl_buf_append(out, body.data + from, body.len - from);
}

bool mock_tape_digest(gl_sha256 *sha, gl_slice method, gl_slice path, gl_slice body,
                      gl_buf *scratch, unsigned char digest[32])
{
    gl_buf_reset(scratch);
    squeeze(body, scratch);
    const gl_slice nul = gl_slice_of("", 1);
    const gl_slice parts[] = { method, nul, mock_tape_path(path), nul, gl_buf_slice(scratch) };
    return !scratch->failed && gl_sha256_digest(sha, parts, sizeof parts / sizeof parts[0], digest);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_hex(const unsigned char *bytes, size_t count, gl_buf *out)
{
    for (size_t i = 0; i < count; i++) gl_buf_printf(out, "%02x", bytes[i]);
}

/* Lines of "\r\nname: value" as members. */
static void write_headers(gl_slice lines, gl_buf *out)
{
    const char *at = lines.data, *end = lines.len != 0 ? lines.data + lines.len : at;
    bool first = true;
    gl_buf_append_char(out, '{');
    while (at != end) {
        const char *name = at + 2, *colon = memchr(name, ':', (size_t)(end - name));
        const char *next = memmem(name, (size_t)(end - name), "\r\n", 2);
        if (next == NULL) next = end;
        if (!first) gl_buf_append_char(out, ',');
        first = false;
        gl_json_write_string(out, gl_slice_of(name, (size_t)(colon - name)));
        gl_buf_append_char(out, ':');
        gl_json_write_string(out, gl_slice_of(colon + 2, (size_t)(next - colon) - 2));
        at = next;
    }
    gl_buf_append_char(out, '}');
}

static void write_chunk(gl_slice bytes, gl_buf *out)
{
    if (gl_utf8_check(bytes.data, bytes.len) == bytes.len) {
        gl_json_write_string(out, bytes);
        return;
    }
    gl_buf_append_char(out, '"');
    for (size_t i = 0; i < bytes.len; i++) {
        char character[4];
        size_t len = gl_utf8_encode((unsigned char)bytes.data[i], character);
        gl_json_write_text(out, gl_slice_of(character, len));
    }
    gl_buf_append_str(out, "\",\"bytes\"");
}

void mock_exchange_write(const mock_exchange *exchange, gl_buf *out)
{
    size_t from = 0;
    gl_buf_append_str(out, "{\"method\":");
    gl_json_write_string(out, gl_slice_str(exchange->method));
    gl_buf_append_str(out, ",\"path\":");
    gl_json_write_string(out, gl_slice_str(exchange->path));
    gl_buf_append_str(out, ",\"digest\":\"");
    write_hex(exchange->digest, sizeof exchange->digest, out);
    gl_buf_append_str(out, "\",\"status\":");
    gl_buf_append_i64(out, exchange->status);
    gl_buf_append_str(out, ",\"headers\":");
    write_headers(gl_buf_slice(&exchange->headers), out);
    gl_buf_append_str(out, ",\"head_us\":");
    gl_buf_append_u64(out, exchange->head_at / GL_US);
    gl_buf_append_str(out, ",\"chunks\":[");
    for (size_t i = 0; i < exchange->chunks; i++) {
        const mock_chunk *chunk = &exchange->chunk[i];
        gl_buf_append_str(out, i == 0 ? "[" : ",[");
        gl_buf_append_u64(out, chunk->at / GL_US);
        gl_buf_append_char(out, ',');
        write_chunk(chunk->end > from ? gl_slice_of(exchange->body.data + from, chunk->end - from)
                                      : gl_slice_str(""),
                    out);
        gl_buf_append_char(out, ']');
        from = chunk->end;
    }
    gl_buf_append_str(out, "],\"end_us\":");
    gl_buf_append_u64(out, exchange->end_at / GL_US);
    gl_buf_append_str(out, "}\n");
}
