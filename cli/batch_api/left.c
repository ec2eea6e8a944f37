/*
 * left.c - counts the lines of a job that are still to be sent: those without a record that the
 * store does not answer. Sends nothing, and leaves the input's offset as it was.
 */
#include "batch_api/left.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "batch/job_line.h"
#include "batch/line_reader.h"
#include "exits.h"
#include "say.h"

/* Look-ups at once. */
#define LIVE_MAX 256

typedef struct count {
    const job_parts *parts;
    glimpse_engine *engine; /* NULL: there is no store */
    line_parser parser;
    line_reader reader;
    uint64_t order, left;
    size_t live;
} count;

static void looked_up(glimpse_id id, const glimpse_result *result, void *arg)
{
    count *c = arg;
    (void)id;
    c->live--;
    if (glimpse_result_error(result) != GLIMPSE_OK) c->left++;
}

static void count_line(count *c, gl_slice text, uint64_t number)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_result = looked_up };
    const resume_state *resume = c->parts->resume;
    job_line line;
    glimpse_options options;
    if (resume != NULL && resume_is_done(resume, c->order)) return;
    line_parser_read(&c->parser, text, number, &line);
    if (line.error_code != NULL) return;
    if (c->engine == NULL) {
        c->left++;
        return;
    }
    glimpse_options_init(&options);
    options.cache_control = GLIMPSE_CACHE_ONLY;
    options.coalesce = 0;
    glimpse_error error =
        line.is_chat ? glimpse_submit_chat(c->engine, &line.chat, &options, &observer, c, NULL)
                     : glimpse_submit_draft(c->engine, &line.draft, &options, &observer, c, NULL);
    if (error == GLIMPSE_OK) c->live++;
}

/* 0, or an errno. */
static int count_lines(count *c, uint64_t most)
{
    gl_slice text;
    uint64_t number;
    int error = 0;
    for (bool more = true; more && error == 0 && c->left < most;) {
        switch (line_reader_next(&c->reader, &text, &number)) {
        case LINE_READY:
            count_line(c, text, number);
            c->order++;
            break;
        case LINE_TOO_LONG:
            c->order++;
            break;
        case LINE_EMPTY:
            error = line_reader_fill(&c->reader);
            break;
        case LINE_END:
            more = false;
            break;
        }
        while (c->live > 0 && (!more || c->live >= LIVE_MAX))
            event_base_loop(c->parts->session->base, EVLOOP_ONCE);
    }
    while (c->live > 0) event_base_loop(c->parts->session->base, EVLOOP_ONCE);
    return error;
}

/* Makes an engine that reads the store and counts nothing in the job's figures. */
static glimpse_error make_engine(count *c)
{
    glimpse_config config = c->parts->settings->engine;
    if (config.store == NULL) return GLIMPSE_OK;
    config.log = NULL;
    return glimpse_engine_new(c->parts->session->base, &config, &c->engine, NULL);
}

int batch_api_left(const job_parts *parts, uint64_t most, uint64_t *left)
{
    count c = { .parts = parts };
    off_t start = lseek(parts->input, 0, SEEK_CUR);
    line_parser_init(&c.parser);
    int code = EXIT_OS_LIMIT, error = ENOMEM;
    if (make_engine(&c) == GLIMPSE_OK &&
        line_reader_init(&c.reader, parts->input, (size_t)parts->settings->max_line)) {
        error = count_lines(&c, most);
        if (error == 0 && lseek(parts->input, start, SEEK_SET) < 0) error = errno;
        code = error == 0 ? 0 : EXIT_IO;
        line_reader_free(&c.reader);
    }
    if (code != 0) say("the lines that are left cannot be counted: %s", strerror(error));
    glimpse_engine_free(c.engine);
    line_parser_free(&c.parser);
    *left = c.left;
    return code;
}
