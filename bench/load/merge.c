/* merge.c - see merge.h. */
#include "load/merge.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/count.h"
#include "base/histogram.h"
#include "load/report.h"

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

/* The same member of several objects. */
typedef struct same {
    gl_json of[LOAD_MERGE_MAX];
    size_t count;
} same;

static void member_of(const same *objects, const char *name, same *out)
{
    out->count = objects->count;
    for (size_t i = 0; i < objects->count; i++) out->of[i] = gl_json_get(objects->of[i], name);
}

static bool name_of(gl_json key, char *name, size_t size)
{
    if (key.text.len < 3 || key.text.len - 2 >= size ||
        memchr(key.text.data, '\\', key.text.len) != NULL)
        return false;
    memcpy(name, key.text.data + 1, key.text.len - 2);
    name[key.text.len - 2] = '\0';
    return true;
}

/* Numbers that are there; false: one of them is none. */
static bool numbers(const same *values, double out[LOAD_MERGE_MAX])
{
    for (size_t i = 0; i < values->count; i++)
        if (!gl_json_double(values->of[i], &out[i])) return false;
    return true;
}

static uint64_t sum(const same *values)
{
    uint64_t all = 0;
    int64_t one;
    for (size_t i = 0; i < values->count; i++)
        if (gl_json_int64(values->of[i], &one)) all = gl_sum_add(all, one);
    return all;
}

/* --- distributions ---------------------------------------------------------------------------- */

typedef struct pair {
    uint64_t us, count;
} pair;

typedef struct pairs {
    pair *at;
    size_t count, room;
    bool failed;
} pairs;

static void add_pairs(pairs *list, gl_json histogram)
{
    gl_json item, value;
    gl_json_iter iter = gl_json_begin(histogram);
    while (histogram.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item)) {
        int64_t of[2] = { -1, -1 };
        size_t n = 0;
        gl_json_iter inner = gl_json_begin(item);
        while (item.kind == GL_JSON_ARRAY && n < 2 && gl_json_next(&inner, NULL, &value))
            gl_json_int64(value, &of[n++]);
        if (of[0] < 0 || of[1] < 1) continue;
        if (list->count == list->room) {
            size_t room = list->room == 0 ? 1024 : list->room * 2;
            pair *grown = gl_realloc(list->at, room * sizeof *grown);
            list->failed = list->failed || grown == NULL;
            if (grown == NULL) return;
            list->at = grown;
            list->room = room;
        }
        list->at[list->count++] = (pair){ (uint64_t)of[0], (uint64_t)of[1] };
    }
}

static int by_value(const void *a, const void *b)
{
    const pair *one = a, *other = b;
    return one->us < other->us ? -1 : one->us > other->us;
}

/* In order, each value once. */
static void join(pairs *list)
{
    size_t kept = 0;
    if (list->count == 0) return;
    qsort(list->at, list->count, sizeof *list->at, by_value);
    for (size_t i = 1; i < list->count; i++)
        if (list->at[i].us == list->at[kept].us)
            list->at[kept].count = gl_sum_add(list->at[kept].count, (int64_t)list->at[i].count);
        else
            list->at[++kept] = list->at[i];
    list->count = kept + 1;
}

static void write_pairs(gl_buf *out, const pairs *list)
{
    gl_buf_append_char(out, '[');
    for (size_t i = 0; i < list->count; i++)
        gl_buf_printf(out, "%s[%" PRIu64 ",%" PRIu64 "]", i > 0 ? "," : "", list->at[i].us,
                      list->at[i].count);
    gl_buf_append_char(out, ']');
}

/* As gl_histogram_quantile: the last of them is the exact maximum, not the middle of its slot. */
static uint64_t quantile(const pairs *list, uint64_t all, uint64_t most, double q)
{
    uint64_t seen = 0, want = all > 0 ? gl_histogram_rank(all, q) : 0;
    for (size_t i = 0; i < list->count && want < all; i++) {
        seen += list->at[i].count;
        if (seen >= want) return list->at[i].us < most ? list->at[i].us : most;
    }
    return most;
}

/* "p50_us" is 0.5, "p999_us" 0.999: two digits of percent, the rest behind the point. */
static bool quantile_name(const char *name, double *q)
{
    double value = 0, unit = 1;
    if (name[0] != 'p') return false;
    for (name++; *name >= '0' && *name <= '9'; name++) value += (*name - '0') * (unit /= 10);
    *q = value;
    return value > 0 && strcmp(name, "_us") == 0;
}

static void write_percentiles(gl_buf *out, gl_json names, const pairs *list, uint64_t all,
                              uint64_t most)
{
    gl_json key, value;
    const char *comma = "";
    gl_buf_append_char(out, '{');
    gl_json_iter iter = gl_json_begin(names);
    while (names.kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
        char name[16];
        char *end;
        if (!name_of(key, name, sizeof name)) continue;
        double percent = strtod(name, &end);
        if (*end != '\0') continue;
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, comma, name,
                      quantile(list, all, most, percent / 100));
        comma = ",";
    }
    gl_buf_append_char(out, '}');
}

/* The quantiles above which too few of all values lie. */
static void write_few(gl_buf *out, gl_json form, uint64_t all)
{
    gl_json key, value;
    const char *comma = "";
    gl_buf_append_str(out, ",\"few\":[");
    gl_json_iter iter = gl_json_begin(form);
    while (gl_json_next(&iter, &key, &value)) {
        char name[32];
        double q;
        if (!name_of(key, name, sizeof name) || !quantile_name(name, &q)) continue;
        if ((double)all * (1 - q) >= LOAD_FEW) continue;
        gl_buf_printf(out, "%s\"%s\"", comma, name);
        comma = ",";
    }
    gl_buf_append_char(out, ']');
}

static void write_member(gl_buf *out, const char *name, const same *several, const pairs *list,
                         uint64_t all, uint64_t most)
{
    double q, mean = 0, means[LOAD_MERGE_MAX];
    same values;
    member_of(several, name, &values);
    if (quantile_name(name, &q)) {
        gl_buf_printf(out, ",\"%s\":%" PRIu64, name, quantile(list, all, most, q));
    } else if (strcmp(name, "mean_us") == 0) {
        if (!numbers(&values, means)) memset(means, 0, sizeof means);
        for (size_t i = 0; i < several->count; i++) {
            same one = { { gl_json_get(several->of[i], "count") }, 1 };
            mean += round(means[i] * (double)sum(&one)); /* the sum, a whole number of us */
        }
        gl_buf_append_str(out, ",\"mean_us\":");
        gl_json_write_double(out, all > 0 ? mean / (double)all : 0);
    } else if (strcmp(name, "max_us") == 0) {
        gl_buf_printf(out, ",\"max_us\":%" PRIu64, most);
    } else if (strcmp(name, "few") == 0) {
        write_few(out, several->of[0], all);
    } else if (strcmp(name, "percentiles") == 0) {
        gl_buf_append_str(out, ",\"percentiles\":");
        write_percentiles(out, values.of[0], list, all, most);
    } else if (strcmp(name, "histogram") == 0) {
        gl_buf_append_str(out, ",\"histogram\":");
        write_pairs(out, list);
    }
}

static void write_distribution(gl_buf *out, const same *several)
{
    pairs list = { 0 };
    gl_json key, value;
    int64_t max;
    uint64_t all = 0, most = 0;
    for (size_t i = 0; i < several->count; i++) {
        add_pairs(&list, gl_json_get(several->of[i], "histogram"));
        if (gl_json_int64(gl_json_get(several->of[i], "max_us"), &max) && max > (int64_t)most)
            most = (uint64_t)max;
    }
    join(&list);
    for (size_t i = 0; i < list.count; i++) all += list.at[i].count;
    gl_buf_printf(out, "{\"count\":%" PRIu64, all);
    gl_json_iter iter = gl_json_begin(several->of[0]);
    while (several->of[0].kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
        char name[32];
        if (name_of(key, name, sizeof name)) write_member(out, name, several, &list, all, most);
    }
    gl_buf_append_char(out, '}');
    if (list.failed) out->failed = true;
    gl_free(list.at);
}

/* An object of distributions, by name. */
static void write_distributions(gl_buf *out, const same *objects)
{
    gl_json key, value;
    const char *comma = "";
    gl_buf_append_char(out, '{');
    gl_json_iter iter = gl_json_begin(objects->of[0]);
    while (objects->of[0].kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
        char name[64];
        same several;
        if (!name_of(key, name, sizeof name) || value.kind != GL_JSON_OBJECT) continue;
        member_of(objects, name, &several);
        gl_buf_printf(out, "%s\"%s\":", comma, name);
        write_distribution(out, &several);
        comma = ",";
    }
    gl_buf_append_char(out, '}');
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
    member_of(objects, "measured", &measured);
    if (!numbers(values, of) || !numbers(&measured, weight)) {
        gl_buf_append_str(out, "null");
        return;
    }
    for (size_t i = 0; i < values->count; i++) {
        if (ends_in(name, "_rate") || ends_in(name, "_user_rps")) {
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

static void write_totals(gl_buf *out, const same *objects);

static void write_total(gl_buf *out, const char *name, gl_json first, const same *objects)
{
    same values;
    int64_t whole;
    member_of(objects, name, &values);
    bool rate = ends_in(name, "_rps") || ends_in(name, "_rate") || ends_in(name, "_s");
    gl_buf_printf(out, "\"%s\":", name);
    if (first.kind == GL_JSON_OBJECT)
        write_totals(out, &values);
    else if (!rate && gl_json_int64(first, &whole))
        gl_buf_append_u64(out, sum(&values));
    else
        write_rate(out, name, &values, objects);
}

/* A member that only some have (an error that only one met) counts as 0 in the others. */
static void write_totals(gl_buf *out, const same *objects)
{
    const char *comma = "";
    gl_buf_append_char(out, '{');
    for (size_t i = 0; i < objects->count; i++) {
        gl_json key, value;
        gl_json_iter iter = gl_json_begin(objects->of[i]);
        while (objects->of[i].kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
            char name[64];
            bool before = !name_of(key, name, sizeof name);
            for (size_t j = 0; j < i && !before; j++)
                before = gl_json_get(objects->of[j], name).kind != GL_JSON_NONE;
            if (before) continue;
            gl_buf_append_str(out, comma);
            write_total(out, name, value, objects);
            comma = ",";
        }
    }
    gl_buf_append_char(out, '}');
}

/* --- rows ------------------------------------------------------------------------------------- */

static gl_json next_of(gl_json_iter *iter, gl_json array)
{
    gl_json item;
    bool more = array.kind == GL_JSON_ARRAY && gl_json_next(iter, NULL, &item);
    return more ? item : (gl_json){ .kind = GL_JSON_NONE };
}

/* One row of each, of which some have ended already: counts are added, pairs joined, and what no
 * sum makes (a percentile of a row) is null. */
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
        if (!name_of(key, name, sizeof name)) continue;
        member_of(rows, name, &values);
        gl_buf_printf(out, "%s\"%s\":", comma, name);
        comma = ",";
        if (value.kind == GL_JSON_ARRAY) {
            pairs list = { 0 };
            for (size_t i = 0; i < values.count; i++) add_pairs(&list, values.of[i]);
            join(&list);
            write_pairs(out, &list);
            if (list.failed) out->failed = true;
            gl_free(list.at);
        } else if (strcmp(name, "at_s") == 0) {
            gl_buf_append(out, value.text.data, value.text.len);
        } else if (quantile_name(name, &q) || ends_in(name, "_rate") || ends_in(name, "_rps") ||
                   !gl_json_int64(value, &whole)) {
            gl_buf_append_str(out, "null");
        } else {
            gl_buf_append_u64(out, sum(&values));
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

/* All of them are the same text. */
static bool alike(const same *values)
{
    for (size_t i = 1; i < values->count; i++)
        if (!gl_slice_equal(values->of[i].text, values->of[0].text)) return false;
    return true;
}

/* Rows of different widths are not added. */
static void write_timeline(gl_buf *out, const same *roots)
{
    same widths, rows;
    member_of(roots, "row_s", &widths);
    member_of(roots, "timeline", &rows);
    if (widths.of[0].kind != GL_JSON_NUMBER || !alike(&widths)) return;
    gl_buf_append_str(out, ",\"row_s\":");
    gl_buf_append(out, widths.of[0].text.data, widths.of[0].text.len);
    gl_buf_append_str(out, ",\"timeline\":");
    write_rows(out, &rows);
}

static void write_blocks(gl_buf *out, const same *roots)
{
    same blocks, widths, rows;
    member_of(roots, "blocks", &blocks);
    member_of(&blocks, "block_s", &widths);
    member_of(&blocks, "rows", &rows);
    if (widths.of[0].kind != GL_JSON_NUMBER || !alike(&widths)) return;
    gl_buf_append_str(out, ",\"blocks\":{\"block_s\":");
    gl_buf_append(out, widths.of[0].text.data, widths.of[0].text.len);
    gl_buf_append_str(out, ",\"rows\":");
    write_rows(out, &rows);
    gl_buf_append_char(out, '}');
}

/* --- the whole -------------------------------------------------------------------------------- */

static void write_verdict(gl_buf *out, const same *roots)
{
    same verdicts;
    const char *worst = "valid";
    member_of(roots, "verdict", &verdicts);
    for (size_t i = 0; i < verdicts.count; i++) {
        if (gl_json_string_is(verdicts.of[i], "invalid"))
            worst = "invalid";
        else if (!gl_json_string_is(verdicts.of[i], "valid") && strcmp(worst, "valid") == 0)
            worst = "not judged";
    }
    gl_buf_printf(out, ",\"verdict\":\"%s\",\"invalid\":[", worst);
    const char *comma = "";
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

/* The first's; the seed is meant to differ. */
static void write_settings(gl_buf *out, const same *roots, gl_buf *differ)
{
    same settings, values;
    gl_json key, value;
    member_of(roots, "settings", &settings);
    if (settings.of[0].kind != GL_JSON_OBJECT) return;
    gl_buf_append_str(out, ",\"settings\":");
    gl_buf_append(out, settings.of[0].text.data, settings.of[0].text.len);
    gl_json_iter iter = gl_json_begin(settings.of[0]);
    while (gl_json_next(&iter, &key, &value)) {
        char name[64];
        if (!name_of(key, name, sizeof name) || strcmp(name, "seed") == 0) continue;
        member_of(&settings, name, &values);
        if (!alike(&values)) gl_buf_printf(differ, "%s%s", differ->len > 0 ? ", " : "", name);
    }
}

void load_merge_write(const load_merge *merge, gl_buf *out, gl_buf *differ)
{
    same roots = { .count = merge->count }, values;
    memcpy(roots.of, merge->root, merge->count * sizeof *merge->root);
    double started[LOAD_MERGE_MAX];
    bool interrupted = false;
    gl_buf_printf(out, "{\"glimpse_bench\":%d,\"merged\":%zu", LOAD_REPORT_FORMAT, merge->count);
    member_of(&roots, "started_unix_ms", &values);
    if (numbers(&values, started)) {
        double first = started[0];
        for (size_t i = 1; i < values.count; i++) first = fmin(first, started[i]);
        gl_buf_printf(out, ",\"started_unix_ms\":%.0f", first);
    }
    member_of(&roots, "interrupted", &values);
    for (size_t i = 0; i < values.count; i++)
        interrupted = interrupted || values.of[i].kind == GL_JSON_TRUE;
    gl_buf_printf(out, ",\"interrupted\":%s", interrupted ? "true" : "false");
    write_verdict(out, &roots);
    write_settings(out, &roots, differ);
    member_of(&roots, "totals", &values);
    gl_buf_append_str(out, ",\"totals\":");
    write_totals(out, &values);
    member_of(&roots, "distributions", &values);
    gl_buf_append_str(out, ",\"distributions\":");
    write_distributions(out, &values);
    member_of(&roots, "by_source", &values);
    gl_buf_append_str(out, ",\"by_source\":");
    write_distributions(out, &values);
    write_timeline(out, &roots);
    write_blocks(out, &roots);
    gl_buf_append_str(out, "}\n");
}
