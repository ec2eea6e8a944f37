/* merge_distribution.c - histograms of several reports joined; see merge_parts.h. */
#include "load/merge_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/count.h"
#include "base/histogram.h"
#include "load/report.h"

void merge_pairs_add(merge_pairs *list, gl_json histogram)
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
        merge_pair *grown =
            gl_array_room(list->at, &list->room, list->count + 1, 1024, sizeof *grown);
        list->failed = list->failed || grown == NULL;
        if (grown == NULL) return;
        list->at = grown;
        list->at[list->count++] = (merge_pair){ (uint64_t)of[0], (uint64_t)of[1] };
    }
}

static int by_value(const void *a, const void *b)
{
    const merge_pair *one = a, *other = b;
    return one->us < other->us ? -1 : one->us > other->us;
}

void merge_pairs_join(merge_pairs *list)
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

void merge_pairs_write(gl_buf *out, const merge_pairs *list)
{
    gl_buf_append_char(out, '[');
    for (size_t i = 0; i < list->count; i++)
        gl_buf_printf(out, "%s[%" PRIu64 ",%" PRIu64 "]", i > 0 ? "," : "", list->at[i].us,
                      list->at[i].count);
    gl_buf_append_char(out, ']');
}

void merge_values_of(const same *distributions, merge_values *values)
{
    double sum = 0, mean;
    int64_t max;
    *values = (merge_values){ 0 };
    for (size_t i = 0; i < distributions->count; i++) {
        gl_json one = distributions->of[i];
        same count = { { gl_json_get(one, "count") }, 1 };
        merge_pairs_add(&values->list, gl_json_get(one, "histogram"));
        if (gl_json_int64(gl_json_get(one, "max_us"), &max) && max > (int64_t)values->most)
            values->most = (uint64_t)max;
        if (gl_json_double(gl_json_get(one, "mean_us"), &mean))
            sum += round(mean * (double)merge_sum(&count)); /* a whole number of us */
    }
    merge_pairs_join(&values->list);
    for (size_t i = 0; i < values->list.count; i++)
        values->all = gl_sum_add(values->all, (int64_t)values->list.at[i].count);
    values->mean = values->all > 0 ? sum / (double)values->all : 0;
}

/* Like gl_histogram_quantile: the last of them is the exact maximum, not the middle of its slot. */
uint64_t merge_quantile(const merge_values *values, double q)
{
    uint64_t seen = 0, want = values->all > 0 ? gl_histogram_rank(values->all, q) : 0;
    for (size_t i = 0; i < values->list.count && want < values->all; i++) {
        uint64_t us = values->list.at[i].us;
        seen += values->list.at[i].count;
        if (seen >= want) return us < values->most ? us : values->most;
    }
    return values->most;
}

bool merge_quantile_name(const char *name, double *q)
{
    double value = 0, unit = 1;
    if (name[0] != 'p') return false;
    for (name++; *name >= '0' && *name <= '9'; name++) value += (*name - '0') * (unit /= 10);
    *q = value;
    return value > 0 && strcmp(name, "_us") == 0;
}

static void write_percentiles(gl_buf *out, gl_json names, const merge_values *values)
{
    gl_json key, value;
    const char *comma = "";
    gl_buf_append_char(out, '{');
    gl_json_iter iter = gl_json_begin(names);
    while (names.kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
        char name[16];
        char *end;
        if (!merge_name(key, name, sizeof name)) continue;
        double percent = strtod(name, &end);
        if (*end != '\0') continue;
        gl_buf_printf(out, "%s\"%s\":", comma, name);
        if (values->all == 0)
            gl_buf_append_str(out, "null");
        else
            gl_buf_append_u64(out, merge_quantile(values, percent / 100));
        comma = ",";
    }
    gl_buf_append_char(out, '}');
}

/* Writes the quantiles above which too few of all values are. */
static void write_few(gl_buf *out, gl_json form, uint64_t all)
{
    gl_json key, value;
    const char *comma = "";
    gl_buf_append_str(out, ",\"few\":[");
    gl_json_iter iter = gl_json_begin(form);
    while (gl_json_next(&iter, &key, &value)) {
        char name[32];
        double q;
        if (!merge_name(key, name, sizeof name) || !merge_quantile_name(name, &q)) continue;
        if ((double)all * (1 - q) >= LOAD_FEW) continue;
        gl_buf_printf(out, "%s\"%s\"", comma, name);
        comma = ",";
    }
    gl_buf_append_char(out, ']');
}

static void write_member(gl_buf *out, const char *name, const same *several,
                         const merge_values *values)
{
    double q;
    bool us = merge_quantile_name(name, &q) || strcmp(name, "mean_us") == 0 ||
              strcmp(name, "max_us") == 0;
    if (us && values->all == 0) {
        gl_buf_printf(out, ",\"%s\":null", name);
    } else if (merge_quantile_name(name, &q)) {
        gl_buf_printf(out, ",\"%s\":%" PRIu64, name, merge_quantile(values, q));
    } else if (strcmp(name, "mean_us") == 0) {
        gl_buf_append_str(out, ",\"mean_us\":");
        gl_json_write_double(out, values->mean);
    } else if (strcmp(name, "max_us") == 0) {
        gl_buf_printf(out, ",\"max_us\":%" PRIu64, values->most);
    } else if (strcmp(name, "few") == 0) {
        write_few(out, several->of[0], values->all);
    } else if (strcmp(name, "percentiles") == 0) {
        gl_buf_append_str(out, ",\"percentiles\":");
        write_percentiles(out, gl_json_get(several->of[0], name), values);
    } else if (strcmp(name, "histogram") == 0) {
        gl_buf_append_str(out, ",\"histogram\":");
        merge_pairs_write(out, &values->list);
    }
}

void merge_distribution(gl_buf *out, const same *several)
{
    merge_values values;
    gl_json key, value;
    merge_values_of(several, &values);
    gl_buf_printf(out, "{\"count\":%" PRIu64, values.all);
    gl_json_iter iter = gl_json_begin(several->of[0]);
    while (several->of[0].kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
        char name[32];
        if (merge_name(key, name, sizeof name)) write_member(out, name, several, &values);
    }
    gl_buf_append_char(out, '}');
    if (values.list.failed) out->failed = true;
    gl_free(values.list.at);
}

void merge_distributions(gl_buf *out, const same *objects)
{
    gl_json key, value;
    const char *comma = "";
    gl_buf_append_char(out, '{');
    gl_json_iter iter = gl_json_begin(objects->of[0]);
    while (objects->of[0].kind == GL_JSON_OBJECT && gl_json_next(&iter, &key, &value)) {
        char name[64];
        same several;
        if (!merge_name(key, name, sizeof name) || value.kind != GL_JSON_OBJECT) continue;
        merge_member(objects, name, &several);
        gl_buf_printf(out, "%s\"%s\":", comma, name);
        merge_distribution(out, &several);
        comma = ",";
    }
    gl_buf_append_char(out, '}');
}
