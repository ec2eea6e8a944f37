/*
 * fuzz_resume_index.c - any bytes as an output: it is refused, or each line of it is a record that
 * is kept or dropped, or the beginning of one, or NULs; what is kept is found again and can be
 * written for another line.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "batch/line_reader.h"
#include "batch/record_index.h"

typedef struct counts {
    size_t records, others, strangers;
} counts;

static void count_line(gl_slice line, counts *c)
{
    record_view view;
    gl_json root;
    if (record_read(line, &view) == NULL) {
        c->records++;
        return;
    }
    c->others++;
    bool nuls = memchr(line.data, '\0', line.len) != NULL;
    if (!nuls && gl_json_check(line, &root, NULL) == GL_JSON_OK) c->strangers++;
}

static counts count_lines(int fd)
{
    line_reader reader;
    gl_slice line;
    uint64_t number;
    counts c = { 0 };
    claim(lseek(fd, 0, SEEK_SET) == 0 && line_reader_init(&reader, fd, SIZE_MAX / 4), "no reader");
    for (bool more = true; more;) {
        line_state state = line_reader_next(&reader, &line, &number);
        if (state == LINE_READY) count_line(line, &c);
        if (state == LINE_EMPTY) claim(line_reader_fill(&reader) == 0, "it cannot be read");
        more = state != LINE_END;
    }
    line_reader_free(&reader);
    return c;
}

/* What another line's record is made of it is a record of that line. */
static void check_rewritten(const record_view *view, bool reused)
{
    gl_buf out;
    record_view again;
    gl_buf_init(&out, SIZE_MAX / 2);
    if (reused)
        record_reuse(&out, view, "n\"ew", 9);
    else
        record_renumber(&out, view, 9);
    claim(record_read(gl_buf_slice(&out), &again) == NULL, "a rewritten record is none");
    claim(again.status == view->status, "another status");
    claim(again.has_key == view->has_key, "a key came or went");
    if (reused) claim(gl_json_string_is(again.custom_id, "n\"ew"), "another custom_id");
    gl_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("output", MFD_CLOEXEC);
    claim(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file");
    record_index index;
    const record_wish wish = { .failed = true, .local = true };
    fuzz_hush(true);
    int code = record_index_read(&index, fd, "output", &wish);
    fuzz_hush(false);
    if (code == 0) {
        counts c = count_lines(fd);
        claim(index.count + index.dropped == c.records, "a record is neither kept nor dropped");
        claim(index.torn == c.others, "a line is neither a record nor torn");
        claim(c.strangers == 0, "whole JSON of somebody's is taken for torn");
        for (size_t i = 0; i < index.count; i++) {
            record_view view;
            const char *id;
            claim(record_index_fetch(&index, &index.records[i], &view, &id) == 0,
                  "not found again");
            check_rewritten(&view, false);
            check_rewritten(&view, true);
        }
    }
    record_index_free(&index);
    close(fd);
    claim(gl_alloc_live() == 0, "memory is left");
    return 0;
}
