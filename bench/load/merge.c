/* merge.c - see merge.h. */
#include "load/merge_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/count.h"
#include "load/judgement.h"

const char *load_merge_add(load_merge *merge, gl_slice text)
{
    gl_json root;
    int64_t format;
    if (merge->count == LOAD_MERGE_MAX) return "is one more than 64";
    if (gl_json_check(text, &root, NULL) != GL_JSON_OK) return "is no JSON";
    if (!gl_json_int64(gl_json_get(root, "glimpse_bench"), &format)) return "is no report of bench";
    if (format != LOAD_REPORT_FORMAT) return "is a report of another version";
    if (gl_json_get(root, "distributions").kind != GL_JSON_OBJECT ||
        gl_json_get(root, "totals").kind != GL_JSON_OBJECT)
        return "lacks its figures";
    merge->root[merge->count++] = root;
    return NULL;
}

size_t load_merge_other_client(const load_merge *merge, gl_slice *first, gl_slice *other)
{
    for (size_t i = 0; i < merge->count; i++) {
        gl_json client = gl_json_get(gl_json_get(merge->root[i], "settings"), "client");
        if (i == 0) *first = client.text;
        *other = client.text;
        if (!gl_slice_equal(*first, *other)) return i;
    }
    return 0;
}

void merge_member(const same *objects, const char *name, same *out)
{
    out->count = objects->count;
    for (size_t i = 0; i < objects->count; i++) out->of[i] = gl_json_get(objects->of[i], name);
}

bool merge_name(gl_json key, char *name, size_t size)
{
    if (key.text.len < 3 || key.text.len - 2 >= size ||
        memchr(key.text.data, '\\', key.text.len) != NULL)
        return false;
    memcpy(name, key.text.data + 1, key.text.len - 2);
    name[key.text.len - 2] = '\0';
    return true;
}

bool merge_numbers(const same *values, double out[LOAD_MERGE_MAX])
{
    for (size_t i = 0; i < values->count; i++)
        if (!gl_json_double(values->of[i], &out[i])) return false;
    return true;
}

uint64_t merge_sum(const same *values)
{
    uint64_t all = 0;
    int64_t one;
    for (size_t i = 0; i < values->count; i++)
        if (gl_json_int64(values->of[i], &one)) all = gl_sum_add(all, one);
    return all;
}

bool merge_alike(const same *values)
{
    for (size_t i = 1; i < values->count; i++)
        if (!gl_slice_equal(values->of[i].text, values->of[0].text)) return false;
    return true;
}

/* --- counts and rates ------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static void write_rate(gl_buf *out, const char *name, const same *values, const same *objects)
{
    double of[LOAD_MERGE_MAX], weight[LOAD_MERGE_MAX], all = 0, weights = 0;
    same measured;
    merge_member(objects, "measured", &measured);
    if (!merge_numbers(values, of) || !merge_numbers(&measured, weight)) {
        gl_buf_append_str(out, "null");
        return;
    }
    for (size_t i = 0; i < values->count; i++) {
        if (ends_in(name, "_rate")) {
            all += of[i] * weight[i];
            weights += weight[i];
        } else if (ends_in(name, "_s")) {
            all = fmax(all, of[i]);
        } else {
            all += of[i];
        }
    }
    gl_json_write_double(out, weights > 0 ? all / weights : all);
}

static void write_total(gl_buf *out, const char *name, gl_json first, const same *objects)
{
    same values;
    int64_t whole;
    merge_member(objects, name, &values);
    bool rate = ends_in(name, "_rps") || ends_in(name, "_rate") || ends_in(name, "_s");
    gl_buf_printf(out, "\"%s\":", name);
    if (strcmp(name, "peak_in_flight") == 0) /* peaks need not fall together */
        gl_buf_append_str(out, "null");
    else if (first.kind == GL_JSON_OBJECT)
        merge_totals(out, &values);
    else if (!rate && gl_json_int64(first, &whole))
        gl_buf_append_u64(out, merge_sum(&values));
    else
        write_rate(out, name, &values, objects);
}

#define OF_ALL "tokens_user_rps" /* of a median, which is of all values: write_totals */

/* A member that only some reports have (an error that only one met) counts as 0 in the others. */
static void write_members(gl_buf *out, const same *objects, const char *comma)
{
    for (size_t i = 0; i < objects->count; i++) {
        gl_json key, value;
        gl_json_iter iter = gl_json_begin(objects->of[i]);
        while (objects->of[i].kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
            char name[64];
            bool before = !merge_name(key, name, sizeof name);
            for (size_t j = 0; j < i && !before; j++)
                before = gl_json_get(objects->of[j], name).kind != GL_JSON_NONE;
            if (before || strcmp(name, OF_ALL) == 0) continue;
            gl_buf_append_str(out, comma);
            write_total(out, name, value, objects);
            comma = ",";
        }
    }
}

void merge_totals(gl_buf *out, const same *objects)
{
    gl_buf_append_char(out, '{');
    write_members(out, objects, "");
    gl_buf_append_char(out, '}');
}

static void write_totals(gl_buf *out, const same *roots)
{
    same distributions, several, totals;
    merge_values values;
    merge_member(roots, "distributions", &distributions);
    merge_member(&distributions, load_metric_name(LOAD_TPOT), &several);
    merge_member(roots, "totals", &totals);
    merge_values_of(&several, &values);
    uint64_t us = merge_quantile(&values, 0.5);
    gl_buf_append_str(out, ",\"totals\":{\"" OF_ALL "\":");
    if (us > 0)
        gl_json_write_double(out, 1e6 / (double)us);
    else
        gl_buf_append_str(out, "null");
    write_members(out, &totals, ",");
    gl_buf_append_char(out, '}');
    if (values.list.failed) out->failed = true;
    gl_free(values.list.at);
}

/* --- rows ------------------------------------------------------------------------------------- */

static gl_json next_of(gl_json_iter *iter, gl_json array)
{
    gl_json item;
    bool more = array.kind == GL_JSON_ARRAY && gl_json_next(iter, NULL, &item);
    return more ? item : (gl_json){ .kind = GL_JSON_NONE };
}

/* Joins one row of each report, of which some have ended already: counts are added, pairs joined;
 * values that cannot be summed (a percentile of a row) are null. */
static void write_row(gl_buf *out, const same *rows, gl_json form)
{
    gl_json key, value;
    const char *comma = "{";
    gl_json_iter iter = gl_json_begin(form);
    while (gl_json_next(&iter, &key, &value)) {
        char name[32];
        double q;
        int64_t whole;
        same values;
        if (!merge_name(key, name, sizeof name)) continue;
        merge_member(rows, name, &values);
        gl_buf_printf(out, "%s\"%s\":", comma, name);
        comma = ",";
        if (value.kind == GL_JSON_ARRAY) {
            merge_pairs list = { 0 };
            for (size_t i = 0; i < values.count; i++) merge_pairs_add(&list, values.of[i]);
            merge_pairs_join(&list);
            merge_pairs_write(out, &list);
            if (list.failed) out->failed = true;
            gl_free(list.at);
        } else if (strcmp(name, "at_s") == 0) {
            gl_buf_append(out, value.text.data, value.text.len);
        } else if (strcmp(name, "in_flight") == 0 || merge_quantile_name(name, &q) ||
                   ends_in(name, "_rate") || ends_in(name, "_rps") ||
                   strcmp(name, "waiting") == 0 || !gl_json_int64(value, &whole)) {
            gl_buf_append_str(out, "null");
        } else {
            gl_buf_append_u64(out, merge_sum(&values));
        }
    }
    gl_buf_append_str(out, comma[0] == '{' ? "{}" : "}");
}

static void write_rows(gl_buf *out, const same *arrays)
{
    gl_json_iter iters[LOAD_MERGE_MAX];
    gl_buf_append_char(out, '[');
    for (size_t i = 0; i < arrays->count; i++) iters[i] = gl_json_begin(arrays->of[i]);
    for (size_t row = 0;; row++) {
        same rows = { .count = arrays->count };
        gl_json form = { .kind = GL_JSON_NONE };
        for (size_t i = 0; i < arrays->count; i++) {
            rows.of[i] = next_of(&iters[i], arrays->of[i]);
            if (rows.of[i].kind == GL_JSON_OBJECT) form = rows.of[i];
        }
        if (form.kind != GL_JSON_OBJECT) break;
        if (row > 0) gl_buf_append_char(out, ',');
        write_row(out, &rows, form);
    }
    gl_buf_append_char(out, ']');
}

/* Rows of different widths are not added. */
static void write_timeline(gl_buf *out, const same *roots)
{
    same widths, rows;
    merge_member(roots, "row_s", &widths);
    merge_member(roots, "timeline", &rows);
    if (widths.of[0].kind != GL_JSON_NUMBER || !merge_alike(&widths)) return;
    gl_buf_append_str(out, ",\"row_s\":");
    gl_buf_append(out, widths.of[0].text.data, widths.of[0].text.len);
    gl_buf_append_str(out, ",\"timeline\":");
    write_rows(out, &rows);
}

static void write_blocks(gl_buf *out, const same *roots)
{
    same blocks, widths, rows;
    merge_member(roots, "blocks", &blocks);
    merge_member(&blocks, "block_s", &widths);
    merge_member(&blocks, "rows", &rows);
    if (widths.of[0].kind != GL_JSON_NUMBER || !merge_alike(&widths)) return;
    gl_buf_append_str(out, ",\"blocks\":{\"block_s\":");
    gl_buf_append(out, widths.of[0].text.data, widths.of[0].text.len);
    gl_buf_append_str(out, ",\"rows\":");
    write_rows(out, &rows);
    gl_buf_append_char(out, '}');
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool any_is(const same *roots, const char *name, gl_json_kind kind)
{
    for (size_t i = 0; i < roots->count; i++)
        if (gl_json_get(roots->of[i], name).kind == kind) return true;
    return false;
}

static const char *worst_verdict(const same *roots)
{
    const char *worst = "valid";
    for (size_t i = 0; i < roots->count; i++) {
        gl_json verdict = gl_json_get(roots->of[i], "verdict");
        if (gl_json_string_is(verdict, "invalid")) return "invalid";
        if (!gl_json_string_is(verdict, "valid")) worst = "not judged";
    }
    return worst;
}

static void write_reasons(gl_buf *out, const same *roots)
{
    const char *comma = "";
    gl_buf_append_str(out, ",\"invalid\":[");
    for (size_t i = 0; i < roots->count; i++) {
        gl_json reasons = gl_json_get(roots->of[i], "invalid"), reason;
        gl_json_iter iter = gl_json_begin(reasons);
        while (reasons.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &reason)) {
            gl_buf_append_str(out, comma);
            gl_buf_append(out, reason.text.data, reason.text.len);
            comma = ",";
        }
    }
    gl_buf_append_char(out, ']');
}

/* Like load_judge, for all reports. */
static load_judgement judge(const same *roots, const merge_verdict *sla)
{
    same totals, measured, errors;
    const char *verdict = worst_verdict(roots);
    merge_member(roots, "totals", &totals);
    merge_member(&totals, "measured", &measured);
    merge_member(&totals, "errors", &errors);
    if (strcmp(verdict, "invalid") == 0) return LOAD_INVALID;
    bool nothing = merge_sum(&measured) == merge_sum(&errors);
    if (sla->missed > 0 || nothing || any_is(roots, "aborted", GL_JSON_STRING)) return LOAD_FAIL;
    bool judged = strcmp(verdict, "valid") == 0 && !any_is(roots, "interrupted", GL_JSON_TRUE);
    return judged ? LOAD_PASS : LOAD_UNJUDGED;
}

/* The first report's; the seeds are expected to differ. */
static void write_settings(gl_buf *out, const same *roots, gl_buf *differ)
{
    same settings, values;
    gl_json key, value;
    merge_member(roots, "settings", &settings);
    if (settings.of[0].kind != GL_JSON_OBJECT) return;
    gl_buf_append_str(out, ",\"settings\":");
    gl_buf_append(out, settings.of[0].text.data, settings.of[0].text.len);
    gl_json_iter iter = gl_json_begin(settings.of[0]);
    while (gl_json_next(&iter, &key, &value)) {
        char name[64];
        if (!merge_name(key, name, sizeof name) || strcmp(name, "seed") == 0) continue;
        merge_member(&settings, name, &values);
        if (!merge_alike(&values)) gl_buf_printf(differ, "%s%s", differ->len > 0 ? ", " : "", name);
    }
}

static void write_start(gl_buf *out, const same *roots)
{
    same values;
    double started[LOAD_MERGE_MAX];
    merge_member(roots, "started_unix_ms", &values);
    if (!merge_numbers(&values, started)) return;
    double first = started[0];
    for (size_t i = 1; i < values.count; i++) first = fmin(first, started[i]);
    gl_buf_printf(out, ",\"started_unix_ms\":%.0f", first);
}

static void write_joined(gl_buf *out, const same *roots, const char *name,
                         void (*join)(gl_buf *out, const same *objects))
{
    same values;
    merge_member(roots, name, &values);
    gl_buf_printf(out, ",\"%s\":", name);
    join(out, &values);
}

/* Lists the members of any report that cannot be summed. */
static void leave_out(const same *roots, gl_buf *left)
{
    merge_left_out(left, "totals.peak_in_flight");
    merge_left_out(left, "timeline.in_flight");
    merge_left_out(left, "timeline.p50_us");
    merge_left_out(left, "timeline.p99_us");
    for (size_t i = 0; i < roots->count; i++) {
        gl_json alerts = gl_json_get(roots->of[i], "alerts"), item;
        gl_json_iter iter = gl_json_begin(alerts);
        if (alerts.kind != GL_JSON_ARRAY || !gl_json_next(&iter, NULL, &item)) continue;
        merge_left_out(left, "alerts");
        return;
    }
}

load_judgement load_merge_write(const load_merge *merge, gl_buf *out, gl_buf *differ, gl_buf *left)
{
    same roots = { .count = merge->count };
    memcpy(roots.of, merge->root, merge->count * sizeof *merge->root);
    gl_buf_printf(out, "{\"glimpse_bench\":%d,\"merged\":%zu", LOAD_REPORT_FORMAT, merge->count);
    write_start(out, &roots);
    gl_buf_printf(out, ",\"interrupted\":%s,\"verdict\":\"%s\"",
                  any_is(&roots, "interrupted", GL_JSON_TRUE) ? "true" : "false",
                  worst_verdict(&roots));
    write_reasons(out, &roots);
    leave_out(&roots, left);
    merge_verdict sla = merge_write_sla(out, &roots, left);
    load_judgement judgement = judge(&roots, &sla);
    gl_buf_printf(out, ",\"result\":\"%s\"", load_judgement_word(judgement));
    write_settings(out, &roots, differ);
    write_totals(out, &roots);
    write_joined(out, &roots, "distributions", merge_distributions);
    write_joined(out, &roots, "by_source", merge_distributions);
    merge_write_phases(out, &roots);
    merge_write_classes(out, &roots, left);
    merge_write_server(out, &roots, left);
    write_joined(out, &roots, "faults", merge_totals);
    write_timeline(out, &roots);
    write_blocks(out, &roots);
    merge_write_client(out, &roots, left);
    gl_buf_printf(out, ",\"left_out\":[%.*s]}\n", (int)left->len, left->data);
    return judgement;
}
