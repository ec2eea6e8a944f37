/* request_file.c - see request_file.h. */
#include "bench/request_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "options/units.h"
#include "say.h"

/* Some 1,200 lines: a write a second at 1,200 requests a second. */
#define FLUSH_BYTES ((size_t)256 * 1024)

#define REQUESTS_MAX UINT64_C(1000000000000000)

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

const char *request_words(const text_list *values, uint64_t *count, const char **path)
{
    bool counted = false;
    *count = 0;
    *path = NULL;
    for (size_t i = 0; i < values->count; i++) {
        const char *value = values->items[i];
        if (ends_in(value, ".jsonl") || ends_in(value, ".csv")) {
            if (*path != NULL) return "names two files";
            *path = value;
        } else if (counted) {
            return "names two numbers, or a file that ends in neither .jsonl nor .csv";
        } else if (units_uint64(value, count) != NULL || *count > REQUESTS_MAX) {
            return "is neither a number nor a file that ends in .jsonl or .csv";
        } else if (*count == 0) {
            return "is 0: give at least 1";
        }
        counted = *count > 0;
    }
    return NULL;
}

int request_file_open(request_file *file, const char *path)
{
    *file = (request_file){ .path = path, .csv = ends_in(path, ".csv") };
    gl_buf_init(&file->buffer, 2 * FLUSH_BYTES);
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        say("--requests: %s: %s", path, strerror(errno));
        return EXIT_IO;
    }
    if (file->csv) load_request_csv_head(&file->buffer);
    return 0;
}

static void flush(request_file *file)
{
    const char *at = file->buffer.data;
    size_t left = file->buffer.len;
    while (left > 0 && file->error == 0) {
        ssize_t n = write(file->fd, at, left);
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            file->error = n == 0 ? EIO : errno;
        }
    }
    gl_buf_reset(&file->buffer);
    if (file->error != 0)
        say("--requests: %s: %s; the file ends before the run", file->path, strerror(file->error));
}

void request_file_add(request_file *file, const load_request_line *line)
{
    if (file->error != 0) return;
    if (file->csv)
        load_request_csv(&file->buffer, line);
    else
        load_request_json(&file->buffer, line);
    if (file->buffer.failed) {
        file->error = ENOMEM;
        say("--requests: %s: %s; the file ends before the run", file->path, strerror(ENOMEM));
        return;
    }
    if (file->buffer.len >= FLUSH_BYTES) flush(file);
}

int request_file_close(request_file *file)
{
    if (file->path == NULL || file->fd < 0) return 0;
    if (file->error == 0) flush(file);
    if (close(file->fd) != 0 && file->error == 0) {
        file->error = errno;
        say("--requests: %s: %s", file->path, strerror(errno));
    }
    gl_buf_free(&file->buffer);
    file->fd = -1;
    return file->error != 0 ? EXIT_IO : 0;
}
