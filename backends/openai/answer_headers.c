/* answer_headers.c - see answer_headers.h. */
#include "openai/answer_headers.h"

#include <string.h>

#include "base/alloc.h"
#include "problem.h"

/* Longest value that is kept: the headers of the list are ids, counts and times. */
#define VALUE_MAX ((size_t)1024)

static bool is_name(const char *name)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    return name != NULL && name[0] != '\0' && name[strspn(name, token)] == '\0';
}

glimpse_error gl_answer_headers_init(gl_answer_headers *kept, const glimpse_endpoint *endpoint,
                                     glimpse_problem *problem)
{
    kept->count = 0;
    gl_buf_init(&kept->lines, GLIMPSE_ANSWER_HEADERS_MAX * (2 * VALUE_MAX));
    if (endpoint->answer_header_count > GLIMPSE_ANSWER_HEADERS_MAX)
        return gl_refuse(problem, "answer_headers", "are more than GLIMPSE_ANSWER_HEADERS_MAX");
    if (endpoint->answer_header_count != 0 && endpoint->answer_headers == NULL)
        return gl_refuse(problem, "answer_headers", "not given");
    for (size_t i = 0; i < endpoint->answer_header_count; i++) {
        if (!is_name(endpoint->answer_headers[i]))
            return gl_refuse(problem, "answer_headers", "no name of a header in small letters");
        kept->names[i] = gl_strdup(endpoint->answer_headers[i]);
        if (kept->names[i] == NULL) return GLIMPSE_ERR_OOM;
        kept->count++;
    }
    return GLIMPSE_OK;
}

void gl_answer_headers_free(gl_answer_headers *kept)
{
    for (size_t i = 0; i < kept->count; i++) gl_free(kept->names[i]);
    gl_buf_free(&kept->lines);
    kept->count = 0;
}

static bool may_stand(const char *value)
{
    size_t len = 0;
    for (; value[len] != '\0'; len++)
        if (((unsigned char)value[len] < 0x20 && value[len] != '\t') || value[len] == 0x7F)
            return false;
    return len <= VALUE_MAX;
}

void gl_answer_headers_read(gl_answer_headers *kept, gl_header_fn *header, const void *from,
                            const gl_secrets *secrets, glimpse_sample_fields *sample)
{
    char line[VALUE_MAX + 1];
    gl_buf_reset(&kept->lines);
    for (size_t i = 0; i < kept->count; i++) {
        const char *value = header(from, kept->names[i]);
        if (value == NULL || !may_stand(value)) continue;
        gl_buf_append_str(&kept->lines, kept->names[i]);
        gl_buf_append_str(&kept->lines, ": ");
        gl_buf_append_str(&kept->lines, gl_secrets_scrub_line(secrets, value, line, sizeof line));
        gl_buf_append_str(&kept->lines, "\r\n");
    }
    if (kept->lines.len != 0 && gl_buf_terminate(&kept->lines)) sample->headers = kept->lines.data;
}
