/*
 * sample.c - glimpse_sample: one allocation that holds the fields and copies of all their text.
 *
 * Invariant: after glimpse_sample_new nothing in it changes but the count of owners, so the cache,
 * results and callers share one without looking at each other.
 */
#include "sample.h"

#include "base/alloc.h"
#include "base/layout.h"
#include "base/slice.h"
#include "policy/essence.h"
#include "problem.h"

struct glimpse_sample {
    glimpse_sample_fields fields;
    size_t size;
    size_t owners;
    char text[];
};

static const glimpse_sample_fields usual = GL_SAMPLE_FIELDS_USUAL;
static const gl_layout layout = { .size = sizeof(glimpse_sample_fields) };

void glimpse_sample_fields_defaults(glimpse_sample_fields *fields)
{
    gl_layout_write(&layout, fields, &usual);
}

/* Copies len bytes and a NUL to *at and moves it on; returns where they are. */
static const char *put(char **at, const char *text, size_t len)
{
    char *start = *at;
    if (len != 0) memcpy(start, text, len);
    start[len] = '\0';
    *at = start + len + 1;
    return start;
}

_Static_assert(GLIMPSE_EMPTY == SIZE_MAX, "gl_slice_given knows it by its value");

static size_t length(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

/* Copies the fields. NULL: out of memory. */
static glimpse_sample *copy_of(const glimpse_sample_fields *fields)
{
    gl_slice text = gl_slice_given(fields->text, fields->text_len);
    gl_slice body = gl_slice_given(fields->body, fields->body_len);
    char made[GL_ESSENCE_MAX];
    const char *essence = fields->essence;
    if (essence == NULL) {
        gl_essence_words(text, gl_slice_str(NULL), made);
        essence = made;
    }
    size_t lengths[] = { text.len,
                         length(essence),
                         length(fields->delta),
                         body.len,
                         length(fields->model),
                         length(fields->finish_reason),
                         length(fields->request_id),
                         length(fields->headers) };
    size_t size = sizeof(glimpse_sample);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        if (lengths[i] >= SIZE_MAX - size) return NULL;
        size += lengths[i] + 1;
    }
    glimpse_sample *sample = gl_malloc(size);
    if (sample == NULL) return NULL;
    sample->size = size;
    sample->owners = 1;
    glimpse_sample_fields *to = &sample->fields;
    *to = *fields;
    char *at = sample->text;
    to->text = put(&at, text.data, lengths[0]);
    to->essence = put(&at, essence, lengths[1]);
    const char *delta = put(&at, fields->delta, lengths[2]);
    to->delta = fields->delta != NULL ? delta : NULL;
    to->body = put(&at, body.data, lengths[3]);
    to->model = put(&at, fields->model, lengths[4]);
    to->finish_reason = put(&at, fields->finish_reason, lengths[5]);
    to->request_id = put(&at, fields->request_id, lengths[6]);
    to->headers = put(&at, fields->headers, lengths[7]);
    to->text_len = text.len;
    to->body_len = body.len;
    return sample;
}

glimpse_error glimpse_sample_new(const glimpse_sample_fields *fields, glimpse_sample **sample,
                                 glimpse_problem *problem)
{
    glimpse_sample_fields whole;
    gl_problem_clear(problem);
    if (sample == NULL) return gl_refuse(problem, "sample", "is NULL");
    *sample = NULL;
    if (fields == NULL) return gl_refuse(problem, "fields", "is NULL");
    fields = gl_layout_read(&layout, fields, &usual, &whole);
    if (fields == NULL) return gl_refuse_size(problem, "glimpse_sample_fields_init");
    *sample = copy_of(fields);
    return *sample != NULL ? GLIMPSE_OK : gl_problem_of(problem, GLIMPSE_ERR_OOM);
}

const glimpse_sample_fields *glimpse_sample_get(const glimpse_sample *sample)
{
    return &sample->fields;
}

size_t glimpse_sample_size(const glimpse_sample *sample)
{
    return sample->size;
}

/* The count of owners is the one member of a shared sample that changes. */
static glimpse_sample *counted(const glimpse_sample *sample)
{
    union {
        const glimpse_sample *shared;
        glimpse_sample *owned;
    } same = { sample };
    return same.owned;
}

glimpse_sample *glimpse_sample_ref(const glimpse_sample *sample)
{
    counted(sample)->owners++;
    return counted(sample);
}

void glimpse_sample_unref(const glimpse_sample *sample)
{
    if (sample != NULL && --counted(sample)->owners == 0) gl_free(counted(sample));
}
