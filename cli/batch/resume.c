/*
 * resume.c - see resume.h.
 *
 * Invariants: the old output is only read. It stays where each of its bytes would be in the new
 * one: then nothing is written. Else its replacement is whole and on disk before the rename,
 * and locked, so that no other process finds the output without an owner. A record is taken over
 * only when its request is the line's in all 32 bytes, and as the line's own only when its
 * custom_id is, byte by byte.
 */
#include "batch/resume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/file.h"
#include "batch/ahead.h"
#include "batch/line_reader.h"
#include "batch/replacement.h"
#include "exits.h"
#include "say.h"

typedef struct rewriting {
    const resume_ask *ask;
    resume_state *state;
    record_index index;
    line_parser parser;
    replacement file;
    int old;            /* the output as it is */
    bool stands;        /* so far each line's record is the old one as it is; nothing is written */
    uint32_t *standing; /* while `stands`: numbers of these records, in the order of the lines */
    size_t standing_count, standing_capacity;
} rewriting;

bool resume_is_done(const resume_state *state, uint64_t n)
{
    return n < state->lines && (state->done[n / 8] >> (n % 8) & 1) != 0;
}

void resume_free(resume_state *state)
{
    gl_free(state->done);
    state->done = NULL;
    state->done_capacity = state->lines = 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static int end_record(rewriting *work)
{
    gl_buf_append_char(&work->file.out, '\n');
    return replacement_flush(&work->file, false);
}

static bool stand(rewriting *work, const indexed_record *record)
{
    uint32_t *numbers = gl_array_room(work->standing, &work->standing_capacity,
                                      work->standing_count + 1, 1024, sizeof *numbers);
    if (numbers == NULL) return false;
    work->standing = numbers;
    numbers[work->standing_count++] = (uint32_t)(record - work->index.records);
    return true;
}

/* Called before anything is added to the new file. The records that stood so far go into it first.
 * A view that was fetched before is no longer valid. 0, or an errno. */
static int begin_writing(rewriting *work)
{
    record_view view;
    const char *custom_id;
    if (!work->stands) return 0;
    work->stands = false;
    int error = replacement_begin(&work->file, work->old);
    for (size_t i = 0; i < work->standing_count && error == 0; i++) {
        const indexed_record *record = &work->index.records[work->standing[i]];
        error = record_index_fetch(&work->index, record, &view, &custom_id);
        if (error != 0) break;
        gl_buf_append(&work->file.out, view.root.text.data, view.root.text.len);
        error = end_record(work);
    }
    gl_free(work->standing);
    work->standing = NULL;
    return error;
}

static int mark(resume_state *state, bool done)
{
    size_t n = state->lines;
    if (n % 8 == 0) {
        unsigned char *bits = gl_array_room(state->done, &state->done_capacity, n / 8 + 1, 64, 1);
        if (bits == NULL) return ENOMEM;
        state->done = bits;
        bits[n / 8] = 0;
    }
    state->lines++;
    if (done) state->done[n / 8] = (unsigned char)(state->done[n / 8] | 1U << (n % 8));
    return 0;
}

/* --- lines ----------------------------------------------------------------------------------- */

glimpse_error resume_line_key(glimpse_engine *engine, const job_line *line, glimpse_key *key)
{
    if (line->is_chat) return glimpse_chat_key(engine, line->chat.body, line->chat.body_len, key);
    char *body;
    size_t len;
    glimpse_error error = glimpse_draft_body(engine, &line->draft, NULL, &body, &len);
    if (error != GLIMPSE_OK) return error;
    error = glimpse_chat_key(engine, body, len, key);
    glimpse_free(body);
    return error;
}

static void count(cli_tally *tally, const record_view *view, bool reused)
{
    record_view its = *view;
    if (reused) its.source = GLIMPSE_SOURCE_CACHE;
    if (reused) its.known_source = true;
    tally_add_record(tally, &its);
    tally->resumed++;
}

/* Takes the line's own record where it stands. */
static int leave_own(rewriting *work, const indexed_record *found, const job_line *line, bool *done)
{
    if (!work->stands || found->line != line->number) return 0;
    int error = record_index_confirm(&work->index, found, line->custom_id, done);
    if (error != 0 || !*done) return error;
    record_view view = { .status = (glimpse_status)found->status,
                         .source = (glimpse_source)found->source,
                         .known_source = found->source < GLIMPSE_SOURCE_COUNT };
    count(&work->state->tally, &view, false);
    work->state->kept++;
    return stand(work, found) ? 0 : ENOMEM;
}

/* Takes the record behind the last one that stood, where it is the line's own: no other record of
 * this request has the same custom_id. */
static int leave_next(rewriting *work, const request_identity *identity, const job_line *line,
                      bool *done)
{
    if (!work->stands) return 0;
    const indexed_record *last =
        work->standing_count > 0 ? &work->index.records[work->standing[work->standing_count - 1]]
                                 : NULL;
    const indexed_record *next = record_index_next(&work->index, last, line->number, identity);
    return next != NULL ? leave_own(work, next, line, done) : 0;
}

/* Takes the line's own record, as it is but for the line's number. */
static int take_own(rewriting *work, const indexed_record *found, const job_line *line, bool *done)
{
    record_view view;
    const char *custom_id;
    int error = leave_own(work, found, line, done);
    if (error != 0 || *done) return error;
    error = begin_writing(work);
    if (error != 0) return error;
    error = record_index_fetch(&work->index, found, &view, &custom_id);
    if (error != 0) return error;
    if (custom_id == NULL || strcmp(custom_id, line->custom_id) != 0) return 0; /* same hash */
    if (view.line == line->number)
        gl_buf_append(&work->file.out, view.root.text.data, view.root.text.len);
    else
        record_renumber(&work->file.out, &view, line->number);
    count(&work->state->tally, &view, false);
    work->state->kept++;
    *done = true;
    return end_record(work);
}

static int take_same(rewriting *work, const indexed_record *found, const job_line *line, bool *done)
{
    record_view view;
    const char *custom_id;
    int error = begin_writing(work);
    if (error == 0) error = record_index_fetch(&work->index, found, &view, &custom_id);
    if (error != 0) return error;
    record_reuse(&work->file.out, &view, line->custom_id, line->number);
    count(&work->state->tally, &view, true);
    work->state->reused++;
    *done = true;
    return end_record(work);
}

static int take_good_line(rewriting *work, const job_line *line, bool *done)
{
    glimpse_key key;
    request_identity identity;
    const indexed_record *found = NULL;
    bool keyed = resume_line_key(work->ask->engine, line, &key) == GLIMPSE_OK;
    if (keyed &&
        !request_identify(work->index.sha, &key, line->is_chat ? line->chat.path : NULL, &identity))
        return ENOMEM;
    int error = keyed ? leave_next(work, &identity, line, done) : 0;
    if (error != 0 || *done) return error;
    if (keyed) found = record_index_own(&work->index, line->custom_id, &identity);
    if (found != NULL) error = take_own(work, found, line, done);
    if (error != 0 || *done || !keyed || !work->ask->reuse) return error;
    found = record_index_same(&work->index, &identity);
    return found != NULL ? take_same(work, found, line, done) : 0;
}

/* A line's fault is found anew, so its record is that of the present line. */
static int take_line(rewriting *work, const job_line *line)
{
    bool done = false;
    int error = 0;
    if (line->error_code == NULL) {
        error = take_good_line(work, line, &done);
    } else if (strcmp(line->error_code, "oom") == 0) {
        error = ENOMEM;
    } else {
        error = begin_writing(work);
        record_bad_line(&work->file.out, line);
        tally_add_bad_line(&work->state->tally);
        work->state->tally.resumed++;
        done = true;
        if (error == 0) error = end_record(work);
    }
    return error != 0 ? error : mark(work->state, done);
}

/* 0 or an errno of the input (*of_input) or of the output. */
static int take_lines(rewriting *work, int input, bool *of_input)
{
    line_reader reader;
    int error = line_reader_init(&reader, input, work->ask->max_line) ? 0 : ENOMEM;
    for (bool ended = false; error == 0 && !ended;) {
        gl_slice text;
        uint64_t number;
        job_line line;
        switch (line_reader_next(&reader, &text, &number)) {
        case LINE_END:
            ended = true;
            break;
        case LINE_EMPTY:
            error = line_reader_fill(&reader);
            *of_input = error != 0;
            break;
        case LINE_TOO_LONG:
            line_parser_too_long(number, reader.max, &line);
            error = take_line(work, &line);
            break;
        case LINE_READY:
            line_parser_read(&work->parser, text, number, &line);
            error = take_line(work, &line);
            break;
        }
    }
    line_reader_free(&reader);
    return error;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Returns true when the output has answers and none of them is to a line of the input: then the
 * input or the model is most likely another one, and paid answers must not be thrown away for
 * that. */
static bool is_of_another_input(const rewriting *work)
{
    if (work->state->kept > 0 || work->state->reused > 0) return false;
    for (size_t i = 0; i < work->index.count; i++)
        if (work->index.records[i].answered) return true;
    return false;
}

/* The old output stays, or the new one takes its place. 0, or an errno. */
static int finish(rewriting *work)
{
    if (work->stands && work->standing_count == work->index.count) {
        int error = replacement_unneeded(&work->file);
        return error != 0 ? error : gl_file_sync(work->old); /* of a run that was killed */
    }
    int error = begin_writing(work);
    return error != 0 ? error : replacement_commit(&work->file);
}

/* 0, or the exit code after an error message. */
static int rewrite(rewriting *work, int input)
{
    bool of_input = false;
    off_t start = lseek(input, 0, SEEK_CUR);
    int error = start < 0 ? errno : 0;
    work->stands = true;
    if (error == 0 && !record_index_is_all(&work->index)) error = begin_writing(work);
    if (error == 0) error = take_lines(work, input, &of_input);
    if (error == 0 && lseek(input, start, SEEK_SET) != start) error = errno;
    bool other = error == 0 && is_of_another_input(work);
    if (error == 0 && !other) error = finish(work);
    if (error == 0 && !other) return 0;
    if (other)
        say("%s: no answer in it is to a line of the input as it is asked now (another input or "
            "model?); it is left as it is, and --overwrite replaces it",
            work->ask->path);
    else if (error == ENOMEM)
        say("out of memory for --resume");
    else if (of_input)
        say("cannot read the input: %s", strerror(error));
    else
        say("%s: cannot write: %s", work->file.new_path, strerror(error));
    if (other) return EXIT_EXISTS;
    return error == ENOMEM ? EXIT_OS_LIMIT : EXIT_IO;
}

/* Reads the output, and the records that a run with --ordered held back beside it. 0, or the exit
 * code after an error message. */
static int read_records(rewriting *work, int output, int ahead)
{
    const resume_ask *ask = work->ask;
    int code = record_index_read(&work->index, output, ask->path, &ask->wish);
    if (code == 0 && ahead >= 0)
        code = record_index_read_more(&work->index, ahead, "its .ahead file", &ask->wish);
    return code;
}

static int resume_from(rewriting *work, int input, int *output, int ahead)
{
    resume_state *state = work->state;
    int code = read_records(work, *output, ahead);
    if (code != 0 || work->index.bytes == 0) return code;
    work->old = *output;
    code = rewrite(work, input);
    state->torn = work->index.torn;
    state->local = work->index.local;
    state->dropped = work->index.dropped + work->index.count;
    state->dropped -= state->dropped < state->kept ? state->dropped : state->kept;
    if (code != 0) return code;
    if (!work->stands) *output = work->file.fd;
    ahead_remove(work->ask->path);
    return 0;
}

int resume_rewrite(const resume_ask *ask, int input, int *output, resume_state *state)
{
    int old = *output, code = EXIT_OS_LIMIT;
    rewriting *work = gl_calloc(1, sizeof *work);
    memset(state, 0, sizeof *state);
    int error = work != NULL ? replacement_init(&work->file, ask->path) : ENOMEM;
    int ahead = error == 0 ? ahead_open(ask->path) : -1;
    if (error == 0 && ahead < 0 && errno != ENOENT) error = errno;
    if (error != 0) {
        say("%s: cannot resume: %s", ask->path, strerror(error));
        if (error != ENOMEM) code = EXIT_IO;
    } else {
        work->ask = ask;
        work->state = state;
        line_parser_init(&work->parser);
        code = resume_from(work, input, output, ahead);
        record_index_free(&work->index);
        gl_free(work->standing);
        line_parser_free(&work->parser);
    }
    if (ahead >= 0) close(ahead);
    if (work != NULL) replacement_end(&work->file, *output != old);
    gl_free(work);
    return code;
}

void resume_describe(const resume_state *state, char *line, size_t size)
{
    snprintf(line, size,
             "resuming: %" PRIu64 " records stand, %" PRIu64 " answers serve other lines, %" PRIu64
             " old records dropped, %" PRIu64 " torn",
             state->kept, state->reused, state->dropped, state->torn);
    size_t len = strlen(line);
    if (state->local > 0 && len < size)
        snprintf(line + len, size - len, "; %" PRIu64 " of the dropped were made without a model",
                 state->local);
}
