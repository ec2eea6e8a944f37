/* order_output.c - see order_output.h. Memory: 24 bytes a record. */
#include "batch/order_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/file.h"
#include "batch/line_reader.h"
#include "batch/record.h"
#include "batch/replacement.h"
#include "exits.h"
#include "say.h"

typedef struct placed {
    uint64_t line; /* line of the input; a record without one goes behind the rest */
    uint64_t offset, length;
} placed;

typedef struct ordering {
    int fd;
    placed *at;
    size_t count, capacity;
    replacement file;
} ordering;

static int by_line(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool add(ordering *o, gl_slice text, uint64_t offset)
{
    placed *at = gl_array_room(o->at, &o->capacity, o->count + 1, 1024, sizeof *at);
    if (at == NULL) return false;
    o->at = at;
    record_view view;
    bool is_record = record_read(text, &view) == NULL && view.line > 0;
    o->at[o->count++] = (placed){ is_record ? view.line : UINT64_MAX, offset, text.len };
    return true;
}

/* 0, or an errno. */
static int read_places(ordering *o)
{
    line_reader reader;
    gl_slice text;
    uint64_t number;
    int error = lseek(o->fd, 0, SEEK_SET) == 0 ? 0 : errno;
    if (!line_reader_init(&reader, o->fd, SIZE_MAX / 4)) return ENOMEM;
    for (bool more = error == 0; more && error == 0;) {
        switch (line_reader_next(&reader, &text, &number)) {
        case LINE_READY:
            if (!add(o, text, line_reader_offset(&reader, text))) error = ENOMEM;
            break;
        case LINE_EMPTY:
            error = line_reader_fill(&reader);
            break;
        case LINE_TOO_LONG:
        case LINE_END:
            more = false;
            break;
        }
    }
    line_reader_free(&reader);
    return error;
}

/* 0, or an errno. */
static int write_records(ordering *o)
{
    gl_buf *out = &o->file.out;
    int error = replacement_begin(&o->file, o->fd);
    for (size_t i = 0; i < o->count && error == 0; i++) {
        const placed *its = &o->at[i];
        if (!gl_buf_reserve(out, (size_t)its->length + 1)) return ENOMEM;
        error = gl_file_read_at(o->fd, out->data + out->len, (size_t)its->length, its->offset);
        if (error != 0) return error;
        out->len += (size_t)its->length;
        gl_buf_append_char(out, '\n');
        error = replacement_flush(&o->file, false);
    }
    return error != 0 ? error : replacement_commit(&o->file);
}

int order_output(const char *path, int fd)
{
    ordering o = { .fd = fd };
    int error = replacement_init(&o.file, path);
    if (error == 0) error = read_places(&o);
    if (error == 0) {
        qsort(o.at, o.count, sizeof *o.at, by_line);
        error = write_records(&o);
    }
    if (error != 0)
        say("%s: its records stay as they were written, not in the input's order: %s", path,
            strerror(error));
    replacement_end(&o.file, error == 0);
    if (error == 0) close(o.file.fd);
    gl_free(o.at);
    if (error == 0) return 0;
    return error == ENOMEM ? EXIT_OS_LIMIT : EXIT_IO;
}
