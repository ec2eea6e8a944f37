/* trace.c - see trace.h. Called by the code that plans a run; the driver takes the times. */
#include "load/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/json.h"
#include "load/lengths.h"
#include "load/lines.h"

/* Seconds since 1970 have ten digits and will for another 260 years. */
#define SECONDS_MAX UINT64_C(9999999999)

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digit by digit: a double would lose the microseconds of a time since 1970. */
static bool read_time(gl_slice line, gl_time *out)
{
    const char *at = line.data, *end = line.data + line.len;
    uint64_t seconds = 0, fraction = 0, unit = GL_SECOND;
    if (at == end || !digit(*at)) return false;
    for (; at < end && digit(*at); at++) {
        seconds = seconds * 10 + (uint64_t)(*at - '0');
        if (seconds > SECONDS_MAX) return false;
    }
    if (at < end && *at == '.')
        for (at++; at < end && digit(*at); at++) {
            unit /= 10; /* 0 from the tenth decimal on, which then counts nothing */
            fraction += unit * (uint64_t)(*at - '0');
        }
    if (at < end && strchr(" \t,;\r", *at) == NULL) return false;
    *out = seconds * GL_SECOND + fraction;
    return true;
}

static int by_time(const void *a, const void *b)
{
    const load_trace_row *first = a, *second = b;
    const uint64_t one[] = { first->at, first->hash_at, first->input, first->output };
    const uint64_t other[] = { second->at, second->hash_at, second->input, second->output };
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        if (one[i] != other[i]) return one[i] < other[i] ? -1 : 1;
    return 0;
}

static bool add(load_trace *trace, const load_trace_row *row)
{
    if (trace->count > 0 && row->at < trace->rows[trace->count - 1].at && trace->backward++ == 0)
        trace->backward_line = trace->line;
    load_trace_row *rows =
        gl_array_room(trace->rows, &trace->room, trace->count + 1, 1024, sizeof *rows);
    if (rows == NULL) return false;
    trace->rows = rows;
    rows[trace->count++] = *row;
    return true;
}

static bool add_hash(load_trace *trace, uint64_t hash)
{
    uint64_t *hashes = gl_array_room(trace->hashes, &trace->hash_room, trace->hash_count + 1, 1024,
                                     sizeof *hashes);
    if (hashes == NULL) return false;
    trace->hashes = hashes;
    hashes[trace->hash_count++] = hash;
    return true;
}

static const char oom[] = "out of memory";

/* --- the forms: each returns the fault of a line, or NULL ------------------------------------- */

static const char *take_time(load_trace *trace, gl_slice line)
{
    load_trace_row row = { 0 };
    if (!read_time(line, &row.at)) return "does not begin with a time in seconds";
    return add(trace, &row) ? NULL : oom;
}

static bool read_length(gl_json value, uint32_t *length)
{
    int64_t number;
    if (!gl_json_int64(value, &number) || number < 1 || number > LOAD_LENGTH_MAX) return false;
    *length = (uint32_t)number;
    return true;
}

static const char *take_object(load_trace *trace, gl_slice line)
{
    enum { TIME, INPUT, OUTPUT, HASHES, MEMBERS };
    static const char *const names[MEMBERS] = { "timestamp", "input_length", "output_length",
                                                "hash_ids" };
    gl_json root, members[MEMBERS], item;
    load_trace_row row = { .hash_at = trace->hash_count };
    double ms;
    int64_t hash;
    if (gl_json_check(line, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT)
        return "is no JSON object";
    gl_json_get_many(root, names, members, MEMBERS);
    if (!gl_json_double(members[TIME], &ms) || ms < 0 || ms > (double)SECONDS_MAX * 1e3)
        return "has no timestamp in milliseconds";
    if (!read_length(members[INPUT], &row.input) || !read_length(members[OUTPUT], &row.output))
        return "has no input_length and output_length from 1 to 1000000";
    row.at = (gl_time)(ms * 1e6);
    gl_json_iter iter = gl_json_begin(members[HASHES]);
    while (members[HASHES].kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item)) {
        if (!gl_json_int64(item, &hash) || hash < 0) return "has hash_ids that are no numbers";
        if (!add_hash(trace, (uint64_t)hash)) return oom;
        row.hash_count++;
    }
    return add(trace, &row) ? NULL : oom;
}

/* Takes a column off the line. */
static gl_slice take_column(gl_slice *line)
{
    const char *end = memchr(line->data, ',', line->len);
    size_t len = end != NULL ? (size_t)(end - line->data) : line->len;
    gl_slice column = gl_slice_of(line->data, len);
    size_t used = len + (end != NULL);
    *line = gl_slice_of(line->data + used, line->len - used);
    return column;
}

enum { AT_TIME, AT_REQUEST, AT_RESPONSE, COLUMNS };

/* Finds the columns; false: one is missing. */
static bool read_head(gl_slice line, size_t places[COLUMNS])
{
    static const char *const names[COLUMNS] = { "Timestamp", "Request tokens", "Response tokens" };
    unsigned found = 0; /* a bit each; of two that are alike the last counts */
    for (size_t place = 0; line.len > 0; place++) {
        gl_slice column = take_column(&line);
        for (size_t i = 0; i < COLUMNS; i++)
            if (gl_slice_is(column, names[i])) {
                places[i] = place;
                found |= 1U << i;
            }
    }
    return found == (1U << COLUMNS) - 1;
}

/* Digits, perhaps with zeros behind a point: 472 or 472.0. */
static bool read_tokens(gl_slice text, uint32_t *tokens)
{
    gl_json number;
    int64_t value;
    if (gl_json_check(text, &number, NULL) != GL_JSON_OK || !gl_json_int64(number, &value) ||
        value < 0 || value > LOAD_LENGTH_MAX)
        return false;
    *tokens = (uint32_t)value;
    return true;
}

static const char *take_columns(load_trace *trace, gl_slice line, const size_t places[COLUMNS])
{
    gl_slice columns[COLUMNS];
    load_trace_row row = { 0 };
    for (size_t i = 0; i < COLUMNS; i++) columns[i] = gl_slice_of("", 0); /* the line is short */
    for (size_t place = 0; line.len > 0; place++) {
        gl_slice column = take_column(&line);
        for (size_t i = 0; i < COLUMNS; i++)
            if (places[i] == place) columns[i] = column;
    }
    if (!read_time(columns[AT_TIME], &row.at)) return "has no Timestamp in seconds";
    if (!read_tokens(columns[AT_REQUEST], &row.input) ||
        !read_tokens(columns[AT_RESPONSE], &row.output))
        return "has no Request tokens and Response tokens from 0 to 1000000";
    if (row.input == 0 || row.output == 0) {
        trace->dropped++;
        return NULL;
    }
    return add(trace, &row) ? NULL : oom;
}

static gl_slice without_blanks(gl_slice line)
{
    while (line.len > 0 && strchr(" \t\r", line.data[0]) != NULL)
        line = gl_slice_of(line.data + 1, line.len - 1);
    return line;
}

static bool finish(load_trace *trace, char *problem, size_t problem_size)
{
    if (trace->count == 0) {
        snprintf(problem, problem_size, "has no times");
        return false;
    }
    for (size_t i = 0; i < trace->count; i++) {
        load_trace_row *row = &trace->rows[i];
        if (row->hash_count > 0) row->hashes = &trace->hashes[row->hash_at];
    }
    qsort(trace->rows, trace->count, sizeof *trace->rows, by_time);
    gl_time first = trace->rows[0].at;
    for (size_t i = 0; i < trace->count; i++) trace->rows[i].at -= first;
    return true;
}

bool load_trace_read(load_trace *trace, gl_slice text, char *problem, size_t problem_size)
{
    size_t places[COLUMNS];
    enum { UNKNOWN, TIMES, OBJECTS, TABLE } form = UNKNOWN;
    memset(trace, 0, sizeof *trace);
    while (text.len > 0) {
        gl_slice line = without_blanks(load_take_line(&text));
        trace->line++;
        if (line.len == 0 || line.data[0] == '#') continue;
        const char *wrong = NULL;
        if (form == UNKNOWN && read_head(line, places)) {
            form = TABLE;
            continue;
        }
        if (form == UNKNOWN) form = line.data[0] == '{' ? OBJECTS : TIMES;
        wrong = form == TIMES     ? take_time(trace, line)
                : form == OBJECTS ? take_object(trace, line)
                                  : take_columns(trace, line, places);
        if (wrong == oom) snprintf(problem, problem_size, "%s", oom);
        if (wrong != NULL && wrong != oom)
            snprintf(problem, problem_size, "line %zu %s", trace->line, wrong);
        if (wrong != NULL) return false;
    }
    trace->lengths = form > TIMES;
    return finish(trace, problem, problem_size);
}

void load_trace_free(load_trace *trace)
{
    gl_free(trace->rows);
    gl_free(trace->hashes);
    memset(trace, 0, sizeof *trace);
}

gl_time load_trace_next(load_trace *trace)
{
    return trace->next < trace->count ? trace->rows[trace->next++].at : GL_TIME_NEVER;
}

const load_trace_row *load_trace_row_of(const load_trace *trace, size_t index)
{
    return trace->lengths && index < trace->count ? &trace->rows[index] : NULL;
}

gl_time load_trace_length(const load_trace *trace)
{
    return trace->count > 0 ? trace->rows[trace->count - 1].at : 0;
}
