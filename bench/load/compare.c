/* compare.c - see compare.h. Owns the blocks of each run, and the first report's settings. */
#include "load/compare.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "load/report.h"

/* Bound of a block's number, so that a forged report cannot ask for more memory than a real one. */
#define BLOCK_MAX_S 1e9
/* A larger number is no count: above it a double has no whole numbers. */
#define COUNT_MAX 9007199254740992.0

struct load_reports {
    load_side side;
    load_blocks *run[LOAD_RUNS_A_SIDE];
    json_object *first;    /* report; may be NULL */
    json_object *settings; /* the first's; may be NULL */
    double answers, seconds;
};

load_reports *load_reports_new(void)
{
    load_reports *reports = gl_calloc(1, sizeof *reports);
    if (reports != NULL) reports->side.run = reports->run;
    return reports;
}

void load_reports_free(load_reports *reports)
{
    if (reports == NULL) return;
    for (size_t i = 0; i < reports->side.runs; i++) load_blocks_free(reports->run[i]);
    gl_free(reports->side.latency.value);
    gl_free(reports->side.ttft.value);
    json_object_put(reports->settings);
    json_object_put(reports->first);
    gl_free(reports);
}

const load_side *load_reports_side(const load_reports *reports)
{
    return &reports->side;
}

struct json_object *load_reports_first(const load_reports *reports)
{
    return reports->first;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool member(json_object *o, const char *name, json_type type, json_object **value)
{
    return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, name, value) &&
           json_object_is_type(*value, type);
}

static bool number(json_object *o, const char *name, double *value)
{
    json_object *of;
    if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, name, &of) ||
        !(json_object_is_type(of, json_type_int) || json_object_is_type(of, json_type_double)))
        return false;
    *value = json_object_get_double(of);
    return *value >= 0 && *value <= COUNT_MAX;
}

/* [us, count] */
static bool pair_at(json_object *pairs, size_t i, double *us, double *count)
{
    json_object *pair = json_object_array_get_idx(pairs, i);
    if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
        return false;
    *us = json_object_get_double(json_object_array_get_idx(pair, 0));
    *count = json_object_get_double(json_object_array_get_idx(pair, 1));
    return *us >= 0 && *us <= COUNT_MAX && *count > 0 && *count <= COUNT_MAX;
}

static int upwards(const void *a, const void *b)
{
    const struct load_value *x = a, *y = b;
    return (x->us > y->us) - (x->us < y->us);
}

/* Adds a histogram to the others. */
static const char *add_values(load_values *values, json_object *distributions, const char *name)
{
    json_object *distribution, *pairs;
    if (!member(distributions, name, json_type_object, &distribution) ||
        !member(distribution, "histogram", json_type_array, &pairs))
        return "lacks its figures";
    size_t more = json_object_array_length(pairs);
    if (more == 0) return NULL;
    struct load_value *all =
        gl_array_room(values->value, &values->room, values->count + more, 256, sizeof *all);
    if (all == NULL) return "does not fit into memory";
    values->value = all;
    for (size_t i = 0; i < more; i++) {
        struct load_value *v = &all[values->count];
        if (!pair_at(pairs, i, &v->us, &v->count)) return "has a histogram that is none";
        values->total += v->count;
        values->count++;
    }
    qsort(all, values->count, sizeof *all, upwards);
    return NULL;
}

static bool read_slots(json_object *row, const char *name, uint32_t slots[LOAD_BLOCK_SLOTS])
{
    json_object *pairs;
    if (!member(row, name, json_type_array, &pairs)) return false;
    for (size_t i = 0; i < json_object_array_length(pairs); i++) {
        double us, count;
        if (!pair_at(pairs, i, &us, &count) || us > UINT32_MAX || count > UINT32_MAX) return false;
        slots[load_block_slot((uint64_t)us)] = (uint32_t)count;
    }
    return true;
}

static bool read_block(json_object *row, load_block *block)
{
    double ended, errors, answers;
    if (!number(row, "ended", &ended) || !number(row, "errors", &errors) ||
        !number(row, "answers", &answers))
        return false;
    block->ended = (uint64_t)ended;
    block->errors = (uint64_t)errors;
    block->answers = (uint64_t)answers;
    return read_slots(row, "latency", block->latency) && read_slots(row, "ttft", block->ttft);
}

static const char *add_blocks(load_reports *reports, json_object *root)
{
    json_object *blocks, *rows;
    double block_s;
    if (!member(root, "blocks", json_type_object, &blocks))
        return "has no blocks of time, by which runs are compared: make it again with this version";
    if (!number(blocks, "block_s", &block_s) || block_s < 1e-9 || block_s > BLOCK_MAX_S ||
        !member(blocks, "rows", json_type_array, &rows) ||
        json_object_array_length(rows) > LOAD_BLOCKS)
        return "has blocks of time that are none";
    load_blocks *run = load_blocks_new(0);
    if (run == NULL) return "does not fit into memory";
    reports->run[reports->side.runs++] = run;
    run->width = (gl_time)(block_s * 1e9);
    run->count = json_object_array_length(rows);
    for (size_t i = 0; i < run->count; i++)
        if (!read_block(json_object_array_get_idx(rows, i), &run->block[i]))
            return "has blocks of time that are none";
    return NULL;
}

static const char *add_totals(load_reports *reports, json_object *root)
{
    json_object *totals;
    double measured, error_rate, throughput;
    if (!member(root, "totals", json_type_object, &totals) ||
        !number(totals, "measured", &measured) || !number(totals, "error_rate", &error_rate) ||
        !number(totals, "throughput_rps", &throughput))
        return "lacks its figures";
    if (measured < 1) return "measured nothing";
    load_side *side = &reports->side;
    side->ended += measured;
    side->errors += measured * error_rate;
    /* The throughput of several runs is that of all answers in all their time. */
    double answers = measured * (1 - error_rate);
    reports->answers += answers;
    if (throughput > 0) reports->seconds += answers / throughput;
    side->throughput = reports->seconds > 0 ? reports->answers / reports->seconds : 0;
    return NULL;
}

static const char *add_root(load_reports *reports, json_object *root)
{
    json_object *value;
    const char *wrong;
    if (reports->side.runs == LOAD_RUNS_A_SIDE) return "is one too many: a side has 64 at most";
    if (!member(root, "glimpse_bench", json_type_int, &value)) return "is no report of a bench";
    if (json_object_get_int(value) != LOAD_REPORT_FORMAT)
        return "is of a version that is not known";
    if ((wrong = add_totals(reports, root)) != NULL) return wrong;
    if (!member(root, "distributions", json_type_object, &value)) return "lacks its figures";
    if ((wrong = add_values(&reports->side.latency, value, "latency")) != NULL ||
        (wrong = add_values(&reports->side.ttft, value, "ttft")) != NULL)
        return wrong;
    if (reports->side.latency.total <= 0) return "measured nothing";
    if (reports->first == NULL) reports->first = json_object_get(root);
    if (reports->settings == NULL && member(root, "settings", json_type_object, &value))
        reports->settings = json_object_get(value);
    return add_blocks(reports, root);
}

const char *load_reports_add(load_reports *reports, const char *text)
{
    json_object *root = json_tokener_parse(text);
    const char *wrong = add_root(reports, root);
    json_object_put(root);
    return wrong;
}

bool load_report_is_invalid(const char *text)
{
    json_object *root = json_tokener_parse(text), *value;
    bool invalid = member(root, "verdict", json_type_string, &value) &&
                   strcmp(json_object_get_string(value), "invalid") == 0;
    json_object_put(root);
    return invalid;
}

/* --- settings --------------------------------------------------------------------------------- */

static const char *plain(json_object *value)
{
    return value != NULL ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN) : "null";
}

void load_reports_note(const load_reports *before, const load_reports *after,
                       const char *before_name, const char *after_name, gl_buf *notes)
{
    if (before->settings == NULL || after->settings == NULL) return;
    /* The first one's in their order, then those that only the second has. The seed does not
     * describe the measurement. */
    json_object *sides[2] = { before->settings, after->settings };
    for (int i = 0; i < 2; i++) {
        json_object_object_foreach(sides[i], name, value)
        {
            json_object *other = NULL;
            bool both = json_object_object_get_ex(sides[1 - i], name, &other);
            if (strcmp(name, "seed") == 0 || json_object_equal(value, other) || (i == 1 && both))
                continue;
            gl_buf_printf(notes, "not the same %s: %s %s, ", name, plain(i == 0 ? value : other),
                          before_name);
            gl_buf_printf(notes, "%s %s\n", plain(i == 0 ? other : value), after_name);
        }
    }
}
