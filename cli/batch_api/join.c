/*
 * join.c - finds a part's answers again, request by request: the output and error files are read
 * once, and of each line only its place is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "batch_api/private.h"
#include "exits.h"
#include "say.h"

/* --- finding ------------------------------------------------------------------------------------
 */

typedef struct scan {
    batch_api_job *job;
    const batch_api_part *part;
    bool errors;      /* the error file is read */
    uint64_t strange; /* lines that belong to no request of ours */
} scan;

static void take_line(scan *s, gl_slice text, uint64_t offset)
{
    batch_api_job *job = s->job;
    glimpse_batch_line line;
    batch_api_id id;
    size_t n = SIZE_MAX;
    if (glimpse_batch_line_read(text.data, glimpse_length(text.len), &line) == GLIMPSE_OK &&
        batch_api_id_read(line.custom_id, line.custom_id_len, &id))
        n = batch_api_slots_find(&job->slots, &id);
    batch_api_slot *slot = n != SIZE_MAX ? &job->slots.at[n] : NULL;
    if (slot == NULL || slot->part != s->part->number || text.len > UINT32_MAX) {
        s->strange++;
        return;
    }
    /* A good answer stands, whatever other lines there are for its request. */
    if (slot->state == BATCH_API_ANSWERED && !slot->in_errors) return;
    bool again = glimpse_batch_line_again(job->api, &line);
    if (s->part->left && line.status_code == 0)
        slot->state = BATCH_API_LEFT;
    else if (again && slot->asked < (unsigned)job->pump.settings->engine.max_attempts)
        slot->state = BATCH_API_AGAIN;
    else
        slot->state = BATCH_API_ANSWERED;
    slot->offset = offset;
    slot->length = (uint32_t)text.len;
    slot->in_errors = s->errors;
}

/* Reads one of the files. 0, or an errno. */
static int scan_file(scan *s, int fd)
{
    line_reader reader;
    gl_slice text;
    uint64_t number;
    int error = 0;
    if (!line_reader_init(&reader, fd, UINT32_MAX)) return ENOMEM;
    for (bool more = true; more && error == 0;) {
        switch (line_reader_next(&reader, &text, &number)) {
        case LINE_READY:
            take_line(s, text, line_reader_offset(&reader, text));
            break;
        case LINE_TOO_LONG:
            s->strange++;
            break;
        case LINE_EMPTY:
            error = line_reader_fill(&reader);
            break;
        case LINE_END:
            more = false;
            break;
        }
    }
    line_reader_free(&reader);
    return error;
}

/* Opens and reads a downloaded file; a file that the batch did not have is no error. */
static bool read_file(scan *s, batch_api_file which, int *fd)
{
    char *path = batch_api_part_path(s->job->pump.settings->output, s->part->number, which);
    int error = ENOMEM;
    if (path != NULL) {
        *fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        error = *fd < 0 ? (errno == ENOENT ? 0 : errno) : scan_file(s, *fd);
    }
    if (error != 0)
        pump_fail(&s->job->pump, EXIT_IO, "%s: %s", path != NULL ? path : "a part",
                  strerror(error));
    gl_free(path);
    return error == 0;
}

/* A request in neither file was not done, or its answer is lost. */
static void settle_missing(batch_api_job *job, const batch_api_part *part)
{
    for (size_t i = 0; i < job->slots.count; i++) {
        batch_api_slot *slot = &job->slots.at[i];
        if (slot->part != part->number || slot->state != BATCH_API_WAITS) continue;
        if (part->left)
            slot->state = BATCH_API_LEFT;
        else if (part->code != NULL ||
                 slot->asked >= (unsigned)job->pump.settings->engine.max_attempts)
            slot->state = BATCH_API_REFUSED;
        else
            slot->state = BATCH_API_AGAIN;
    }
}

bool batch_api_join_open(batch_api_job *job, batch_api_part *part)
{
    scan s = { .job = job, .part = part };
    if (!read_file(&s, BATCH_API_FILE_OUT, &part->out)) return false;
    s.errors = true;
    if (!read_file(&s, BATCH_API_FILE_ERR, &part->err)) return false;
    if (s.strange > 0)
        batch_api_tell(job, "part %u: %llu lines that came down belong to no request of it",
                       (unsigned)part->number, (unsigned long long)s.strange);
    settle_missing(job, part);
    return true;
}

/* --- answering ----------------------------------------------------------------------------------
 */

static int by_slot(const void *a, const void *b, void *arg)
{
    const batch_api_line *lines = arg;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (lines[i].slot != lines[j].slot) return lines[i].slot < lines[j].slot ? -1 : 1;
    return i < j ? -1 : i > j;
}

bool batch_api_join_begin(batch_api_job *job, batch_api_part *part)
{
    size_t count = 0;
    uint32_t *list = gl_malloc((job->line_count + 1) * sizeof *list);
    if (list == NULL) return false;
    for (size_t i = 0; i < job->line_count; i++) {
        const batch_api_slot *slot = &job->slots.at[job->lines[i].slot];
        if (slot->part != part->number) continue;
        if (slot->state == BATCH_API_LEFT) job->left++;
        if (slot->state == BATCH_API_ANSWERED || slot->state == BATCH_API_REFUSED)
            list[count++] = (uint32_t)i;
    }
    /* Lines with the same request one after the other: the engine answers them with one attempt. */
    qsort_r(list, count, sizeof *list, by_slot, job->lines);
    job->join_lines = list;
    job->join_count = count;
    job->join_next = 0;
    job->joining = part;
    return true;
}

static void refused_line(const batch_api_part *part, glimpse_batch_line *line)
{
    static const char code[] = "batch_incomplete";
    static const char message[] = "its batch ended without an answer to it";
    bool has_code = part->code != NULL;
    *line = (glimpse_batch_line){ .custom_id = "", .request_id = "", .body = "" };
    line->code = has_code ? part->code : code;
    line->code_len = strlen(line->code);
    line->message = has_code && part->message != NULL ? part->message : message;
    line->message_len = strlen(line->message);
}

static bool read_answer(batch_api_job *job, const batch_api_slot *slot, glimpse_batch_line *line)
{
    const batch_api_part *part = job->parts[slot->part - 1];
    int fd = slot->in_errors ? part->err : part->out;
    gl_buf_reset(&job->text);
    if (!gl_buf_reserve(&job->text, slot->length)) return false;
    if (gl_file_read_at(fd, job->text.data, slot->length, slot->offset) != 0) return false;
    job->text.len = slot->length;
    return glimpse_batch_line_read(job->text.data, glimpse_length(job->text.len), line) ==
           GLIMPSE_OK;
}

void batch_api_join_answer(batch_api_job *job, const batch_api_slot *slot, glimpse_attempt *attempt)
{
    glimpse_batch_line line;
    if (slot->state == BATCH_API_REFUSED) {
        refused_line(job->parts[slot->part - 1], &line);
    } else if (!read_answer(job, slot, &line)) {
        pump_fail(&job->pump, EXIT_IO, "%s.part-%u: cannot be read again",
                  job->pump.settings->output, (unsigned)slot->part);
        glimpse_cancel(job->pump.engine, glimpse_attempt_request(attempt));
        return;
    }
    glimpse_batch_answer(job->api, attempt, &line);
}
