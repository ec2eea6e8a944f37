/*
 * job_line.h - one line of a job's input: its request, or the reason why it cannot be used.
 *
 * Two kinds: a line of OpenAI's Batch file format, and a draft; docs/internals/batch.md.
 */
#ifndef CLI_BATCH_JOB_LINE_H
#define CLI_BATCH_JOB_LINE_H

#include <glimpse/glimpse.h>

#include "base/buf.h"
#include "base/json.h"
#include "batch/id_set.h"

/* Borrowed from the line and the parser until the next one is read. */
typedef struct job_line {
    uint64_t number;
    const char *custom_id; /* NULL: the line has no readable one */
    bool is_chat;
    glimpse_chat chat;
    glimpse_draft draft;
    const char *error_code; /* NULL: the line can be sent */
    char error_message[256];
} job_line;

typedef struct line_parser {
    id_set ids;
    gl_buf id, path, input, goal, constraints; /* escapes undone; memory kept */
} line_parser;

void line_parser_init(line_parser *parser);
void line_parser_free(line_parser *parser);
void line_parser_forget_ids(line_parser *parser);

/* Reads a line and counts its custom_id as seen. */
void line_parser_read(line_parser *parser, gl_slice text, uint64_t number, job_line *line);

/* Fills in a line that was too long to read. */
void line_parser_too_long(uint64_t number, size_t max, job_line *line);

/* Returns true when a line's url may be appended to the base URL, without a leading /v1: letters,
 * digits and -._~/:,+=&? only, from '/', without '//' and without '..'. *path is a slice of url. */
bool job_url_path(gl_slice url, gl_slice *path);

#endif
