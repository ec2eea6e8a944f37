/*
 * line_reader.h - reads the lines of a descriptor, one at a time, without ever holding a line
 * longer than the limit.
 *
 * Reading and splitting are apart: line_reader_next works in memory, line_reader_fill does one
 * read(2), so a slow pipe is read when the loop reports it ready.
 */
#ifndef CLI_BATCH_LINE_READER_H
#define CLI_BATCH_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

typedef enum line_state {
    LINE_READY,    /* *line and *number are set */
    LINE_TOO_LONG, /* *number is set; the rest of the line is skipped as it comes */
    LINE_EMPTY,    /* no whole line in memory: fill */
    LINE_END
} line_state;

typedef struct line_reader {
    int fd;
    size_t max; /* longest line, without its end */
    char *data;
    size_t start, scanned, len, capacity; /* scanned: no line end between start and here */
    uint64_t number;                      /* of the last line, blank ones counted */
    uint64_t offset;                      /* bytes read so far */
    bool ended, skipping;
} line_reader;

/* The descriptor stays the caller's. false: out of memory. */
bool line_reader_init(line_reader *reader, int fd, size_t max);
void line_reader_free(line_reader *reader);

/* The next line that is not blank, without its end (LF or CRLF) and, on the first, without a BOM.
 * It is valid until the next call. */
line_state line_reader_next(line_reader *reader, gl_slice *line, uint64_t *number);

/* One read(2); blocks if the descriptor is not ready. 0, or an errno (ENOMEM among them). */
int line_reader_fill(line_reader *reader);

/* Returns where a line of line_reader_next begins, in bytes from where the reader began. */
uint64_t line_reader_offset(const line_reader *reader, gl_slice line);

/* Returns the bytes that line_reader_next has handed out or skipped. */
uint64_t line_reader_consumed(const line_reader *reader);

#endif
