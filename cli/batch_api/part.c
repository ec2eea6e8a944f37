/* part.c - see part.h. Called by the files of this folder. */
#include "batch_api/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "say.h"

/* Requests are written in pieces of about this size. */
#define WRITE_SIZE ((size_t)256 * 1024)

char *batch_api_part_path(const char *output, uint32_t number, batch_api_file which)
{
    static const char *const ends[] = { "in", "out", "err" };
    gl_buf path;
    gl_buf_init(&path, SIZE_MAX / 2);
    gl_buf_append_str(&path, output);
    gl_buf_append_str(&path, ".part-");
    gl_buf_append_u64(&path, number);
    gl_buf_append_char(&path, '.');
    gl_buf_append_str(&path, ends[which]);
    if (gl_buf_terminate(&path)) return path.data;
    gl_buf_free(&path);
    return NULL;
}

batch_api_part *batch_api_part_new(uint32_t number, const char *path)
{
    batch_api_part *part = gl_calloc(1, sizeof *part);
    if (part == NULL) return NULL;
    part->number = number;
    part->in = part->out = part->err = -1;
    part->asked = 1;
    part->tries = 1;
    part->total = part->answered = -1;
    gl_buf_init(&part->pending, SIZE_MAX / 2);
    part->path = gl_strdup(path);
    if (part->path != NULL) return part;
    batch_api_part_free(part);
    return NULL;
}

static void close_files(batch_api_part *part)
{
    int *files[] = { &part->in, &part->out, &part->err };
    for (size_t i = 0; i < 3; i++) {
        if (*files[i] >= 0) close(*files[i]);
        *files[i] = -1;
    }
}

void batch_api_part_free(batch_api_part *part)
{
    if (part == NULL) return;
    char *texts[] = { part->path,   part->model, part->file,    part->batch, part->output,
                      part->errors, part->code,  part->message, part->status };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) gl_free(texts[i]);
    close_files(part);
    gl_buf_free(&part->pending);
    gl_free(part);
}

bool batch_api_part_set(char **text, const char *value)
{
    char *copy = gl_strdup(value != NULL ? value : "");
    if (copy == NULL) return false;
    gl_free(*text);
    *text = copy;
    return true;
}

bool batch_api_part_fits(const batch_api_part *part, const batch_api_bounds *bounds, uint64_t units,
                         uint64_t bytes)
{
    return part->requests < bounds->requests &&
           (part->units + units <= bounds->requests || part->requests == 0) &&
           (part->bytes + bytes + 1 <= bounds->bytes || part->requests == 0);
}

static int write_pending(batch_api_part *part)
{
    if (part->pending.failed) return ENOMEM;
    int error = gl_file_write(part->in, part->pending.data, part->pending.len);
    if (error == 0) gl_buf_reset(&part->pending);
    return error;
}

/* Makes a file anew: an existing one is of a run that was killed while it planned, and a link is
 * not followed. -1: errno has the reason. */
static int make_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) return -1;
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

int batch_api_part_add(batch_api_part *part, const char *output, gl_slice line, uint64_t units)
{
    if (part->in < 0) {
        char *path = batch_api_part_path(output, part->number, BATCH_API_FILE_IN);
        if (path == NULL) return ENOMEM;
        part->in = make_file(path);
        int error = part->in < 0 ? errno : 0;
        gl_free(path);
        if (error != 0) return error;
        part->open = true;
    }
    gl_buf_append(&part->pending, line.data, line.len);
    gl_buf_append_char(&part->pending, '\n');
    part->requests++;
    part->units += units;
    part->bytes += line.len + 1;
    return part->pending.len >= WRITE_SIZE || part->pending.failed ? write_pending(part) : 0;
}

int batch_api_part_close(batch_api_part *part)
{
    int error = write_pending(part);
    if (error == 0) error = gl_file_sync(part->in);
    close_files(part);
    gl_buf_free(&part->pending);
    part->open = false;
    return error;
}

static bool remove_file(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT) return true;
    say("%s: cannot be removed: %s", path, strerror(errno));
    return false;
}

/* Also the files that a broken download has left. */
bool batch_api_part_remove_files(batch_api_part *part, const char *output)
{
    bool good = true;
    close_files(part);
    for (int which = BATCH_API_FILE_IN; which <= BATCH_API_FILE_ERR; which++) {
        char *path = batch_api_part_path(output, part->number, (batch_api_file)which);
        gl_buf beside;
        gl_buf_init(&beside, SIZE_MAX / 2);
        gl_buf_append_str(&beside, path != NULL ? path : "");
        gl_buf_append_str(&beside, ".tmp");
        bool whole = path != NULL && gl_buf_terminate(&beside);
        if (!whole || !remove_file(path)) good = false;
        if (!whole || !remove_file(beside.data)) good = false;
        gl_buf_free(&beside);
        gl_free(path);
    }
    return good;
}

void batch_api_part_name(const batch_api_part *part, char *name, size_t size)
{
    snprintf(name, size, "%u-%u", (unsigned)part->number, (unsigned)part->tries);
}
