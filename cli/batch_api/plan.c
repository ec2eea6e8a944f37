/* plan.c - puts requests into parts: one model and one path each, bounded by count and bytes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/array.h"
#include "batch_api/private.h"
#include "exits.h"
#include "say.h"

/* The text before the id in a line that we wrote. */
#define LINE_HEAD "{\"custom_id\":\""

static size_t refuse(batch_api_job *job, const batch_api_part *part, int error)
{
    pump_fail(&job->pump, EXIT_IO, "%s.part-%u.in: %s", job->pump.settings->output,
              (unsigned)part->number, strerror(error));
    return SIZE_MAX;
}

batch_api_part *batch_api_plan_part(batch_api_job *job, uint32_t number, const char *path)
{
    batch_api_part *part = NULL;
    batch_api_part **parts =
        gl_array_room(job->parts, &job->part_capacity, number, 16, sizeof *parts);
    if (parts == NULL) goto failed;
    job->parts = parts;
    part = batch_api_part_new(number, path);
    if (part == NULL) goto failed;
    while (job->part_count < number) job->parts[job->part_count++] = NULL;
    job->parts[number - 1] = part;
    part->job = job;
    return part;
failed:
    batch_api_no_memory(job);
    return NULL;
}

static bool close_part(batch_api_job *job, batch_api_part *part)
{
    int error = batch_api_part_close(part);
    if (error != 0) {
        refuse(job, part, error);
        return false;
    }
    const batch_api_entry entry = { .step = BATCH_API_PLANNED,
                                    .path = part->path,
                                    .requests = part->requests,
                                    .bytes = part->bytes,
                                    .asked = part->asked };
    return batch_api_note(job, part, &entry);
}

void batch_api_plan_end(batch_api_job *job)
{
    for (size_t i = 0; i < job->part_count; i++)
        if (job->parts[i] != NULL && job->parts[i]->open && !close_part(job, job->parts[i])) return;
}

/* Returns the open part for such requests, with room. NULL after an error message: there is
 * none. */
static batch_api_part *part_for(batch_api_job *job, const char *path, gl_slice model,
                                uint32_t asked, uint64_t units, uint64_t bytes)
{
    for (size_t i = job->part_count; i > 0; i--) {
        batch_api_part *part = job->parts[i - 1];
        if (part == NULL || !part->open || part->asked != asked || part->model == NULL ||
            strcmp(part->path, path) != 0 || !gl_slice_is(model, part->model))
            continue;
        if (batch_api_part_fits(part, &job->bounds, units, bytes)) return part;
        if (!close_part(job, part)) return NULL;
        break;
    }
    batch_api_part *part = batch_api_plan_part(job, (uint32_t)job->part_count + 1, path);
    if (part == NULL) return NULL;
    part->asked = asked;
    part->model = gl_strndup(model.len != 0 ? model.data : "", model.len);
    if (part->model != NULL) return part;
    batch_api_no_memory(job);
    return NULL;
}

/* For embeddings the endpoint counts the inputs. */
static uint64_t units_of(const char *path, gl_json body)
{
    gl_json input, item;
    uint64_t units = 0;
    if (strcmp(path, "/embeddings") != 0) return 1;
    input = gl_json_get(body, "input");
    if (input.kind != GL_JSON_ARRAY) return 1;
    gl_json_iter iter = gl_json_begin(input);
    while (gl_json_next(&iter, NULL, &item)) {
        if (item.kind == GL_JSON_NUMBER) return 1; /* one input, in tokens */
        units++;
    }
    return units;
}

static void write_line(gl_buf *out, const batch_api_id *id, const char *path, gl_slice body)
{
    char text[BATCH_API_ID_TEXT];
    batch_api_id_write(id, text);
    gl_buf_reset(out);
    gl_buf_append_str(out, LINE_HEAD);
    gl_buf_append_str(out, text);
    gl_buf_append_str(out, "\",\"method\":\"POST\",\"url\":\"/v1");
    gl_buf_append_str(out, path);
    gl_buf_append_str(out, "\",\"body\":");
    gl_buf_append(out, body.data, body.len);
    gl_buf_append_char(out, '}');
}

size_t batch_api_plan(batch_api_job *job, const batch_api_id *id, const char *path, gl_slice body)
{
    gl_json root = { GL_JSON_OBJECT, body };
    write_line(&job->text, id, path, body);
    uint64_t units = units_of(path, root);
    size_t n = job->text.failed ? SIZE_MAX : batch_api_slots_add(&job->slots, id);
    if (n == SIZE_MAX) {
        batch_api_no_memory(job);
        return n;
    }
    batch_api_part *part =
        part_for(job, path, gl_json_get(root, "model").text, 1, units, job->text.len);
    if (part == NULL) return SIZE_MAX;
    int error =
        batch_api_part_add(part, job->pump.settings->output, gl_buf_slice(&job->text), units);
    if (error != 0) return refuse(job, part, error);
    job->slots.at[n].part = part->number;
    job->slots.at[n].asked = 1;
    return n;
}

/* --- the requests in a part's file --- */

static bool id_of_line(gl_slice line, batch_api_id *id)
{
    size_t head = strlen(LINE_HEAD);
    return line.len > head + BATCH_API_ID_TEXT && memcmp(line.data, LINE_HEAD, head) == 0 &&
           batch_api_id_read(line.data + head, BATCH_API_ID_TEXT - 1, id);
}

typedef bool (*request_fn)(batch_api_job *job, const batch_api_part *part, gl_slice line,
                           const batch_api_id *id, void *arg);

/* Walks the requests of a part's file. false after an error message: it cannot be read, or fn
 * returned false. */
static bool each_request(batch_api_job *job, const batch_api_part *part, request_fn fn, void *arg)
{
    line_reader reader;
    gl_slice line;
    uint64_t number, found = 0;
    batch_api_id id;
    char *path = batch_api_part_path(job->pump.settings->output, part->number, BATCH_API_FILE_IN);
    int fd = path != NULL ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    int error = fd < 0 ? errno : 0;
    bool good = fd >= 0 && line_reader_init(&reader, fd, SIZE_MAX / 4);
    for (bool more = good; more && good;) {
        switch (line_reader_next(&reader, &line, &number)) {
        case LINE_READY:
            good = id_of_line(line, &id) && fn(job, part, line, &id, arg);
            found++;
            break;
        case LINE_EMPTY:
            error = line_reader_fill(&reader);
            good = error == 0;
            break;
        case LINE_TOO_LONG:
        case LINE_END:
            more = false;
            break;
        }
    }
    if (fd >= 0) line_reader_free(&reader);
    if (fd >= 0) close(fd);
    if (good && found != part->requests) good = false;
    if (!good && !job->pump.stopping)
        pump_fail(&job->pump, EXIT_IO, "%s: %s", path != NULL ? path : "a part",
                  error != 0 ? strerror(error) : "is not what the journal says");
    gl_free(path);
    return good;
}

static bool load(batch_api_job *job, const batch_api_part *part, gl_slice line,
                 const batch_api_id *id, void *arg)
{
    (void)arg;
    (void)line;
    size_t n = batch_api_slots_find(&job->slots, id);
    if (n == SIZE_MAX) n = batch_api_slots_add(&job->slots, id);
    if (n == SIZE_MAX) return false;
    batch_api_slot *slot = &job->slots.at[n];
    slot->state = BATCH_API_WAITS;
    slot->part = part->number;
    slot->asked = (uint16_t)part->asked;
    return true;
}

bool batch_api_plan_load(batch_api_job *job, batch_api_part *part)
{
    return each_request(job, part, load, NULL);
}

/* The model of a line that we wrote. */
static gl_slice model_of(gl_slice line)
{
    gl_json root;
    if (gl_json_check(line, &root, NULL) != GL_JSON_OK) return gl_slice_of("", 0);
    return gl_json_get(gl_json_get(root, "body"), "model").text;
}

static bool ask_again(batch_api_job *job, const batch_api_part *from, gl_slice line,
                      const batch_api_id *id, void *arg)
{
    (void)arg;
    size_t n = batch_api_slots_find(&job->slots, id);
    if (n == SIZE_MAX) return true;
    batch_api_slot *slot = &job->slots.at[n];
    if (slot->part != from->number || slot->state != BATCH_API_AGAIN) return true;
    gl_json root = { .kind = GL_JSON_NONE };
    gl_json_check(line, &root, NULL);
    uint64_t units = units_of(from->path, gl_json_get(root, "body"));
    batch_api_part *part =
        part_for(job, from->path, model_of(line), from->asked + 1, units, line.len);
    if (part == NULL) return false;
    int error = batch_api_part_add(part, job->pump.settings->output, line, units);
    if (error != 0) {
        refuse(job, part, error);
        return false;
    }
    slot->part = part->number;
    slot->state = BATCH_API_WAITS;
    slot->asked = (uint16_t)part->asked;
    return true;
}

/* --- a part that is too large --- */

typedef struct halving {
    batch_api_part *half; /* open */
    uint64_t most;        /* in each of the two */
} halving;

static bool belongs(const batch_api_job *job, const batch_api_part *part, const batch_api_id *id,
                    size_t *n)
{
    *n = batch_api_slots_find(&job->slots, id);
    return *n != SIZE_MAX && job->slots.at[*n].part == part->number;
}

static bool move_own(batch_api_job *job, const batch_api_part *part, gl_slice line,
                     const batch_api_id *id, void *arg)
{
    halving *h = arg;
    size_t n;
    if (!belongs(job, part, id, &n)) return true;
    if (h->half != NULL && h->half->requests >= h->most) {
        if (!close_part(job, h->half)) return false;
        h->half = NULL;
    }
    if (h->half == NULL) {
        h->half = batch_api_plan_part(job, (uint32_t)job->part_count + 1, part->path);
        if (h->half == NULL) return false;
        h->half->asked = part->asked;
    }
    int error = batch_api_part_add(h->half, job->pump.settings->output, line, 1);
    if (error != 0) {
        refuse(job, h->half, error);
        return false;
    }
    job->slots.at[n].part = h->half->number;
    return true;
}

bool batch_api_plan_split(batch_api_job *job, batch_api_part *part)
{
    const batch_api_entry split = { .step = BATCH_API_SPLIT },
                          joined = { .step = BATCH_API_JOINED };
    if (part->step != BATCH_API_SPLIT && !batch_api_note(job, part, &split)) return false;
    halving h = { .most = part->requests / 2 + part->requests % 2 };
    if (!each_request(job, part, move_own, &h)) return false;
    if (h.half != NULL && !close_part(job, h.half)) return false;
    if (!batch_api_note(job, part, &joined)) return false;
    batch_api_remove_files(job, part);
    return true;
}

bool batch_api_plan_again(batch_api_job *job, const batch_api_part *part)
{
    if (!each_request(job, part, ask_again, NULL)) return false;
    for (size_t i = 0; i < job->part_count; i++) {
        batch_api_part *made = job->parts[i];
        if (made != NULL && made->open && made->asked > 1 && !close_part(job, made)) return false;
    }
    return true;
}
