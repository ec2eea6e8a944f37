/*
 * line_reader.c - splits a descriptor into lines. Owns one buffer, of at most the longest line and
 * a chunk.
 *
 * Each byte is searched once: `scanned` remembers how far, so that a line of 16 MiB in small pieces
 * costs no more than its length.
 */
#include "batch/line_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/array.h"

/* One read: as much as a pipe holds by default on Linux. */
#define CHUNK ((size_t)64 * 1024)
/* A buffer that one long line has enlarged is freed when it is empty. */
#define KEEP ((size_t)1024 * 1024)

bool line_reader_init(line_reader *reader, int fd, size_t max)
{
    memset(reader, 0, sizeof *reader);
    reader->fd = fd;
    reader->max = max;
    reader->data = gl_malloc(CHUNK);
    reader->capacity = CHUNK;
    return reader->data != NULL;
}

void line_reader_free(line_reader *reader)
{
    gl_free(reader->data);
    reader->data = NULL;
}

static gl_slice without_end(const line_reader *reader, size_t end)
{
    gl_slice line = gl_slice_of(reader->data + reader->start, end - reader->start);
    if (line.len > 0 && line.data[line.len - 1] == '\r') line.len--;
    if (reader->number == 1 && line.len >= 3 && memcmp(line.data, "\xef\xbb\xbf", 3) == 0)
        line = gl_slice_of(line.data + 3, line.len - 3);
    return line;
}

static bool is_blank(gl_slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') return false;
    return true;
}

/* Takes the line that ends before `end` and the bytes up to `next` out of the buffer. */
static bool take(line_reader *reader, size_t end, size_t next, gl_slice *line)
{
    bool skipped = reader->skipping;
    if (!skipped) {
        reader->number++;
        *line = without_end(reader, end);
    }
    reader->skipping = false;
    reader->start = reader->scanned = next;
    return !skipped;
}

line_state line_reader_next(line_reader *reader, gl_slice *line, uint64_t *number)
{
    for (;;) {
        const char *from = reader->data + reader->scanned;
        const char *end = memchr(from, '\n', reader->len - reader->scanned);
        bool last = end == NULL && reader->ended && reader->start < reader->len;
        if (end == NULL && !last) break;
        size_t at = last ? reader->len : (size_t)(end - reader->data);
        if (!take(reader, at, last ? at : at + 1, line)) continue;
        *number = reader->number;
        if (line->len > reader->max) return LINE_TOO_LONG;
        if (!is_blank(*line)) return LINE_READY;
    }
    reader->scanned = reader->len;
    if (reader->ended) return LINE_END;
    if (reader->skipping) {
        reader->start = reader->scanned = reader->len = 0;
        return LINE_EMPTY;
    }
    /* 4 more: a BOM and the CR of a line that just fits. */
    if (reader->len - reader->start <= reader->max + 4) return LINE_EMPTY;
    reader->skipping = true;
    reader->start = reader->scanned = reader->len = 0;
    *number = ++reader->number;
    return LINE_TOO_LONG;
}

static bool make_room(line_reader *reader)
{
    if (reader->start > 0) {
        memmove(reader->data, reader->data + reader->start, reader->len - reader->start);
        reader->len -= reader->start;
        reader->scanned -= reader->start;
        reader->start = 0;
    }
    if (reader->len == 0 && reader->capacity > KEEP) {
        char *small = gl_malloc(CHUNK);
        if (small == NULL) return false;
        gl_free(reader->data);
        reader->data = small;
        reader->capacity = CHUNK;
        return true;
    }
    char *data = gl_array_room(reader->data, &reader->capacity, reader->len + CHUNK / 2, CHUNK, 1);
    if (data == NULL) return false;
    reader->data = data;
    return true;
}

int line_reader_fill(line_reader *reader)
{
    if (!make_room(reader)) return ENOMEM;
    size_t room = reader->capacity - reader->len;
    ssize_t got;
    do {
        got = read(reader->fd, reader->data + reader->len, room < CHUNK ? room : CHUNK);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN ? 0 : errno;
    if (got == 0) reader->ended = true;
    reader->len += (size_t)got;
    reader->offset += (uint64_t)got;
    return 0;
}

uint64_t line_reader_consumed(const line_reader *reader)
{
    return reader->offset - (reader->len - reader->start);
}

uint64_t line_reader_offset(const line_reader *reader, gl_slice line)
{
    return reader->offset - (reader->len - (size_t)(line.data - reader->data));
}
