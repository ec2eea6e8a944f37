/* tape_read.c - reads a tape, and finds an answer on it: see tape.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/file.h"
#include "base/json.h"
#include "mock/tape.h"

#define LONGEST_US INT64_C(86400000000) /* a day */

static bool read_time(gl_json json, gl_time *time)
{
    int64_t us;
    if (!gl_json_int64(json, &us) || us < 0 || us > LONGEST_US) return false;
    *time = (gl_time)us * GL_US;
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(gl_json json, unsigned char digest[32])
{
    if (json.kind != GL_JSON_STRING || json.text.len != 66) return false;
    for (size_t i = 0; i < 32; i++) {
        int high = digit_of(json.text.data[1 + 2 * i]), low = digit_of(json.text.data[2 + 2 * i]);
        if (high < 0 || low < 0) return false;
        digest[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static bool has_line_end(gl_slice value)
{
    return value.len != 0 && (memchr(value.data, '\n', value.len) != NULL ||
                              memchr(value.data, '\r', value.len) != NULL);
}

/* A value must not make two header lines. */
static bool read_headers(mock_exchange *exchange, gl_json headers, gl_buf *name, gl_buf *value)
{
    gl_json key, member;
    if (headers.kind != GL_JSON_OBJECT) return false;
    gl_json_iter iter = gl_json_begin(headers);
    while (gl_json_next(&iter, &key, &member)) {
        if (member.kind != GL_JSON_STRING) return false;
        gl_buf_reset(name);
        gl_buf_reset(value);
        gl_json_string_append(key, name, NULL);
        gl_json_string_append(member, value, NULL);
        if (name->failed || value->failed || has_line_end(gl_buf_slice(value))) return false;
        mock_exchange_header(exchange, gl_buf_slice(name), gl_buf_slice(value));
    }
    return true;
}

/* Each character of a text is a byte. */
static bool read_bytes(gl_json text, gl_buf *out)
{
    gl_slice rest = gl_slice_of(text.text.data + 1, text.text.len - 2);
    while (rest.len != 0) {
        uint32_t code = gl_json_next_code(&rest);
        if (code > 255) return false;
        gl_buf_append_char(out, (char)code);
    }
    return true;
}

static bool read_chunk(mock_exchange *exchange, gl_json chunk, gl_buf *bytes)
{
    gl_json at, text, kind;
    gl_time time;
    gl_json_iter iter = gl_json_begin(chunk);
    if (chunk.kind != GL_JSON_ARRAY || !gl_json_next(&iter, NULL, &at) ||
        !gl_json_next(&iter, NULL, &text) || text.kind != GL_JSON_STRING || !read_time(at, &time))
        return false;
    gl_buf_reset(bytes);
    if (!gl_json_next(&iter, NULL, &kind))
        gl_json_string_append(text, bytes, NULL);
    else if (!gl_json_string_is(kind, "bytes") || !read_bytes(text, bytes))
        return false;
    bool later = exchange->chunks == 0 || time >= exchange->chunk[exchange->chunks - 1].at;
    return later && !bytes->failed && mock_exchange_add(exchange, gl_buf_slice(bytes), time);
}

/* NULL: it was read; else the error in the line. */
static const char *read_exchange(mock_exchange *exchange, gl_slice line, gl_buf *name,
                                 gl_buf *bytes)
{
    enum { DIGEST, STATUS, HEADERS, HEAD, CHUNKS, END, MEMBERS };
    static const char *const names[MEMBERS] = { "digest",  "status", "headers",
                                                "head_us", "chunks", "end_us" };
    gl_json root, member[MEMBERS], chunk;
    int64_t status;
    if (gl_json_check(line, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT)
        return "not a JSON object";
    gl_json_get_many(root, names, member, MEMBERS);
    if (!read_digest(member[DIGEST], exchange->digest)) return "no digest";
    if (!gl_json_int64(member[STATUS], &status) || status < 200 || status > 599)
        return "no status of 200 to 599";
    exchange->status = (int)status;
    if (!read_headers(exchange, member[HEADERS], name, bytes)) return "no headers";
    if (!read_time(member[HEAD], &exchange->head_at) || !read_time(member[END], &exchange->end_at))
        return "no head_us or end_us";
    if (member[CHUNKS].kind != GL_JSON_ARRAY) return "no chunks";
    gl_json_iter iter = gl_json_begin(member[CHUNKS]);
    while (gl_json_next(&iter, NULL, &chunk))
        if (!read_chunk(exchange, chunk, bytes)) return "a chunk that is not [TIME,\"TEXT\"]";
    return mock_exchange_failed(exchange) ? "out of memory" : NULL;
}

/* --- the tape --------------------------------------------------------------------------------- */

static uint64_t key_of(const unsigned char digest[32])
{
    uint64_t key;
    memcpy(&key, digest, sizeof key);
    return key;
}

/* NULL: it is kept; else the reason why not. */
static const char *keep(mock_tape *tape, mock_exchange *exchange)
{
    mock_exchange **at = gl_array_room(tape->at, &tape->capacity, tape->count + 1, 64, sizeof *at);
    if (at == NULL) return "out of memory";
    tape->at = at;
    if (!gl_map_reserve(&tape->first, tape->count + 1)) return "out of memory";
    mock_exchange *first = gl_map_get(&tape->first, key_of(exchange->digest));
    if (first != NULL && memcmp(first->digest, exchange->digest, sizeof first->digest) != 0)
        return "a digest that begins as another one does"; /* the digest was forged */
    tape->at[tape->count++] = exchange;
    if (first == NULL) {
        exchange->turn = exchange->last = exchange;
        gl_map_add(&tape->first, key_of(exchange->digest), exchange);
        return NULL;
    }
    first->last->next = exchange;
    first->last = exchange;
    return NULL;
}

static const char *read_line(mock_tape *tape, gl_slice line, gl_buf *name, gl_buf *bytes)
{
    mock_exchange *exchange = mock_exchange_new();
    if (exchange == NULL) return "out of memory";
    const char *why = read_exchange(exchange, line, name, bytes);
    if (why == NULL) why = keep(tape, exchange);
    if (why != NULL) mock_exchange_free(exchange);
    return why;
}

static const char *read_whole(const char *file, gl_buf *text)
{
    struct stat about;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    const char *why = NULL;
    int error = 0;
    if (fd < 0) return strerror(errno);
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        why = "not a file";
    else if ((uint64_t)about.st_size > MOCK_TAPE_MAX)
        why = "larger than 512 MiB";
    else if (!gl_buf_reserve(text, (size_t)about.st_size))
        why = "out of memory";
    else if ((error = gl_file_read_at(fd, text->data, (size_t)about.st_size, 0)) != 0)
        why = strerror(error);
    else
        text->len = (size_t)about.st_size;
    close(fd);
    return why;
}

bool mock_tape_read(mock_tape *tape, const char *file, char *problem, size_t problem_size)
{
    *tape = (mock_tape){ 0 };
    gl_buf text, name, bytes;
    size_t line = 0;
    gl_map_init(&tape->first);
    gl_buf_init(&text, MOCK_TAPE_MAX);
    gl_buf_init(&name, MOCK_TAPE_MAX);
    gl_buf_init(&bytes, MOCK_TAPE_MAX);
    const char *why = read_whole(file, &text);
    gl_slice rest = gl_buf_slice(&text);
    while (why == NULL && rest.len != 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;
        line++;
        if (len != 0) why = read_line(tape, gl_slice_of(rest.data, len), &name, &bytes);
        len += end != NULL;
        rest = gl_slice_of(rest.data + len, rest.len - len);
    }
    if (why == NULL) line = 0;
    if (why == NULL && tape->count == 0) why = "no answer in it";
    if (why != NULL && line != 0)
        snprintf(problem, problem_size, "replay: %.300s line %zu: %s", file, line, why);
    else if (why != NULL)
        snprintf(problem, problem_size, "replay: %.300s: %s", file, why);
    if (why != NULL) mock_tape_free(tape);
    gl_buf_free(&text);
    gl_buf_free(&name);
    gl_buf_free(&bytes);
    return why == NULL;
}

void mock_tape_free(mock_tape *tape)
{
    for (size_t i = 0; i < tape->count; i++) mock_exchange_free(tape->at[i]);
    gl_free(tape->at);
    gl_map_free(&tape->first);
    *tape = (mock_tape){ 0 };
}

const mock_exchange *mock_tape_next(mock_tape *tape, const unsigned char digest[32])
{
    mock_exchange *first = tape->count != 0 ? gl_map_get(&tape->first, key_of(digest)) : NULL;
    if (first == NULL || memcmp(first->digest, digest, sizeof first->digest) != 0) return NULL;
    mock_exchange *played = first->turn;
    first->turn = played->next != NULL ? played->next : first;
    return played;
}

void mock_tape_rewind(mock_tape *tape)
{
    for (size_t i = 0; i < tape->count; i++)
        if (tape->at[i]->turn != NULL) tape->at[i]->turn = tape->at[i];
}
