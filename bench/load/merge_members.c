/* merge_members.c - joins the members of several reports on classes, lengths, time, clients, server
 * and SLA; see merge_parts.h. */
#include "load/merge_parts.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "load/report.h"
#include "load/report_members.h"

void merge_left_out(gl_buf *left, const char *name)
{
    gl_buf_printf(left, "%s\"%s\"", left->len > 0 ? ", " : "", name);
}

/* Writes the first one's own text. */
static void write_first(gl_buf *out, const char *name, const same *objects)
{
    gl_json value = gl_json_get(objects->of[0], name);
    gl_buf_printf(out, ",\"%s\":", name);
    if (value.kind == GL_JSON_NONE)
        gl_buf_append_str(out, "null");
    else
        gl_buf_append(out, value.text.data, value.text.len);
}

static uint64_t write_sum(gl_buf *out, const char *name, const same *objects)
{
    same values;
    merge_member(objects, name, &values);
    uint64_t all = merge_sum(&values);
    gl_buf_printf(out, ",\"%s\":%" PRIu64, name, all);
    return all;
}

/* Joins parts of each one's `of` into a part of all. false: one of them is not known. */
static bool part_of_all(const same *objects, const char *name, const char *of, double *part)
{
    same counts;
    double one, weights[LOAD_MERGE_MAX], sum = 0, weight = 0;
    merge_member(objects, of, &counts);
    if (!merge_numbers(&counts, weights)) return false;
    for (size_t i = 0; i < objects->count; i++) {
        if (weights[i] <= 0) continue; /* of none there is no part */
        if (!gl_json_double(gl_json_get(objects->of[i], name), &one)) return false;
        sum += one * weights[i];
        weight += weights[i];
    }
    *part = weight > 0 ? sum / weight : 0;
    return true;
}

/* Leaves out the reports without it. */
static void present(const same *roots, const char *name, same *out)
{
    out->count = 0;
    for (size_t i = 0; i < roots->count; i++) {
        gl_json value = gl_json_get(roots->of[i], name);
        if (value.kind != GL_JSON_NONE) out->of[out->count++] = value;
    }
}

/* --- lengths and classes ---------------------------------------------------------------------- */

static void write_tokens(gl_buf *out, const char *name, const same *tokens)
{
    same sides, worst;
    double worsts[LOAD_MERGE_MAX], most = 0;
    merge_member(tokens, name, &sides);
    gl_buf_printf(out, "\"%s\":{\"requests\":", name);
    merge_member(&sides, "requests", &worst);
    gl_buf_append_u64(out, merge_sum(&worst));
    uint64_t asked = write_sum(out, "asked", &sides), counted = write_sum(out, "counted", &sides);
    merge_member(&sides, "worst", &worst);
    bool known = merge_numbers(&worst, worsts);
    for (size_t i = 0; known && i < worst.count; i++) most = fmax(most, worsts[i]);
    load_json_known(out, "off", asked > 0, asked > 0 ? (double)counted / (double)asked - 1 : 0);
    load_json_known(out, "worst", known, most);
    gl_buf_append_char(out, '}');
}

/* Finds the classes of this name, one of each report that has it. */
static void find_class(const same *lists, gl_json name, same *out)
{
    out->count = 0;
    for (size_t i = 0; i < lists->count; i++) {
        gl_json item;
        gl_json_iter iter = gl_json_begin(lists->of[i]);
        while (lists->of[i].kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item))
            if (gl_slice_equal(gl_json_get(item, "name").text, name.text)) {
                out->of[out->count++] = item;
                break;
            }
    }
}

/* Joins classes by name; the parts that are good are joined only where the terms are the same. */
static void write_class(gl_buf *out, const same *kinds)
{
    static const char *const texts[] = { "model",  "endpoint", "goodput",
                                         "stream", "weight",   "words_per_token" };
    same values;
    double part;
    gl_buf_append_str(out, "{\"name\":");
    gl_json name = gl_json_get(kinds->of[0], "name");
    gl_buf_append(out, name.text.data, name.text.len);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        merge_member(kinds, texts[i], &values);
        if (merge_alike(&values))
            write_first(out, texts[i], kinds);
        else
            gl_buf_printf(out, ",\"%s\":null", texts[i]);
    }
    write_sum(out, "measured", kinds);
    write_sum(out, "errors", kinds);
    write_sum(out, "prompt_tokens", kinds);
    write_sum(out, "completion_tokens", kinds);
    bool known = part_of_all(kinds, "error_rate", "measured", &part);
    load_json_known(out, "error_rate", known, part);
    merge_member(kinds, "goodput", &values);
    known = merge_alike(&values) && part_of_all(kinds, "good_rate", "measured", &part);
    load_json_known(out, "good_rate", known, part);
    merge_member(kinds, "distributions", &values);
    gl_buf_append_str(out, ",\"distributions\":");
    merge_distributions(out, &values);
    gl_buf_append_char(out, '}');
}

static bool named_before(const same *lists, size_t until, gl_json name)
{
    same before = { .count = until }, found;
    memcpy(before.of, lists->of, until * sizeof *lists->of);
    find_class(&before, name, &found);
    return found.count > 0;
}

void merge_write_classes(gl_buf *out, const same *roots, gl_buf *left)
{
    same tokens, lists, kinds;
    const char *comma = "";
    present(roots, "tokens", &tokens);
    present(roots, "classes", &lists);
    if (tokens.count == 0 && lists.count == 0) return;
    if (tokens.count < roots->count || lists.count < roots->count) {
        merge_left_out(left, "tokens and classes (not all runs have them)");
        return;
    }
    gl_buf_append_str(out, ",\"tokens\":{");
    write_tokens(out, "input", &tokens);
    gl_buf_append_char(out, ',');
    write_tokens(out, "output", &tokens);
    gl_buf_append_str(out, "},\"classes\":[");
    for (size_t i = 0; i < lists.count; i++) {
        gl_json item;
        gl_json_iter iter = gl_json_begin(lists.of[i]);
        while (lists.of[i].kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item)) {
            gl_json name = gl_json_get(item, "name");
            if (name.kind != GL_JSON_STRING || named_before(&lists, i, name)) continue;
            find_class(&lists, name, &kinds);
            gl_buf_append_str(out, comma);
            write_class(out, &kinds);
            comma = ",";
        }
    }
    gl_buf_append_char(out, ']');
}

/* --- where the time went ---------------------------------------------------------------------- */

void merge_write_phases(gl_buf *out, const same *roots)
{
    same phases;
    gl_json key, value;
    present(roots, "phases", &phases);
    if (phases.count < roots->count || phases.of[0].kind != GL_JSON_OBJECT) return;
    gl_buf_append_str(out, ",\"phases\":{\"merged\":");
    gl_buf_append_u64(out, phases.count);
    gl_json_iter iter = gl_json_begin(phases.of[0]);
    while (gl_json_next(&iter, &key, &value)) {
        char name[64];
        double part;
        if (!merge_name(key, name, sizeof name)) continue;
        if (strcmp(name, "count") == 0 || strcmp(name, "streams") == 0) {
            write_sum(out, name, &phases);
        } else {
            bool known = part_of_all(&phases, name, "count", &part);
            load_json_known(out, name, known, part);
        }
    }
    gl_buf_append_char(out, '}');
}

/* --- the clients ------------------------------------------------------------------------------ */

/* Writes the sum, or the largest. */
static void write_over(gl_buf *out, const char *name, const same *clients, bool sum)
{
    same values;
    double of[LOAD_MERGE_MAX], all = 0;
    merge_member(clients, name, &values);
    bool known = merge_numbers(&values, of);
    for (size_t i = 0; known && i < values.count; i++) all = sum ? all + of[i] : fmax(all, of[i]);
    load_json_known(out, name, known, all);
}

void merge_write_client(gl_buf *out, const same *roots, gl_buf *left)
{
    static const char *const largest[] = { "part_of_ceiling", "rss_begin_bytes", "rss_end_bytes",
                                           "rss_max_bytes", "descriptors" };
    same clients, lags;
    present(roots, "client", &clients);
    if (clients.count < roots->count) {
        if (clients.count > 0) merge_left_out(left, "client (not all runs have it)");
        return;
    }
    uint64_t machines = 0;
    for (size_t i = 0; i < clients.count; i++) { /* some may be joined already */
        int64_t of_one = 1;
        gl_json_int64(gl_json_get(clients.of[i], "machines"), &of_one);
        machines += of_one > 0 ? (uint64_t)of_one : 1;
    }
    gl_buf_append_str(out, ",\"client\":{\"machines\":");
    gl_buf_append_u64(out, machines);
    write_over(out, "cpu_user_s", &clients, true);
    write_over(out, "cpu_system_s", &clients, true);
    write_over(out, "ceiling_rps", &clients, true);
    for (size_t i = 0; i < sizeof largest / sizeof *largest; i++)
        write_over(out, largest[i], &clients, false);
    write_sum(out, "measurement_error_below_zero", &clients);
    merge_member(&clients, "loop_lag", &lags);
    gl_buf_append_str(out, ",\"loop_lag\":");
    merge_distribution(out, &lags);
    gl_buf_append_char(out, '}');
    merge_left_out(left, "client.cpu_us_per_request");
}

/* --- the server ------------------------------------------------------------------------------- */

/* When several machines read one server, the report with the most readings counts. Readings of
 * several servers have no common axis. */
void merge_write_server(gl_buf *out, const same *roots, gl_buf *left)
{
    same servers, urls;
    size_t most = 0;
    int64_t pages, most_pages = -1;
    present(roots, "server", &servers);
    if (servers.count == 0) return;
    merge_member(&servers, "url", &urls);
    if (!merge_alike(&urls)) {
        merge_left_out(left, "server (several were read)");
        return;
    }
    for (size_t i = 0; i < servers.count; i++)
        if (gl_json_int64(gl_json_get(servers.of[i], "pages"), &pages) && pages > most_pages) {
            most_pages = pages;
            most = i;
        }
    gl_buf_append_str(out, ",\"server\":");
    gl_buf_append(out, servers.of[most].text.data, servers.of[most].text.len);
}

/* --- the SLA ---------------------------------------------------------------------------------- */

static bool read_term(gl_json text, load_term *term)
{
    char words[sizeof term->text], problem[128];
    load_sla sla;
    gl_buf copy;
    gl_buf_init(&copy, sizeof words - 1);
    bool good = text.kind == GL_JSON_STRING;
    if (good) gl_json_string_append(text, &copy, NULL);
    good = good && gl_buf_terminate(&copy) && strlen(copy.data) == copy.len;
    if (good) snprintf(words, sizeof words, "%s", copy.data);
    gl_buf_free(&copy);
    if (!good || !load_sla_parse(&sla, words, problem, sizeof problem) || sla.count != 1)
        return false;
    *term = sla.term[0];
    return true;
}

static double seen_duration(const load_term *term, const same *roots, bool *seen)
{
    same distributions, several;
    merge_values values;
    merge_member(roots, "distributions", &distributions);
    merge_member(&distributions, load_metric_name(term->metric), &several);
    merge_values_of(&several, &values);
    *seen = values.all > 0 && !values.list.failed;
    double us = term->quantile < 0   ? values.mean
                : term->quantile > 1 ? (double)values.most
                                     : (double)merge_quantile(&values, term->quantile);
    gl_free(values.list.at);
    return us;
}

/* Like load_term_look, over all. */
static double look(const load_term *term, const same *roots, bool *seen)
{
    static const char *const parts[] = { [LOAD_TERM_ERRORS] = "error_rate",
                                         [LOAD_TERM_HITS] = "hit_rate",
                                         [LOAD_TERM_GOOD] = "good_rate" };
    same totals, values;
    double of[LOAD_MERGE_MAX], all = 0;
    if (term->kind == LOAD_TERM_DURATION) return seen_duration(term, roots, seen);
    merge_member(roots, "totals", &totals);
    merge_member(&totals, "measured", &values);
    *seen = merge_sum(&values) > 0;
    if (!load_term_is_rate(term)) {
        *seen = part_of_all(&totals, parts[term->kind], "measured", &all) && *seen;
        return all;
    }
    merge_member(&totals, term->kind == LOAD_TERM_GOODPUT ? "goodput_rps" : "throughput_rps",
                 &values);
    *seen = merge_numbers(&values, of) && *seen;
    for (size_t i = 0; *seen && i < values.count; i++) all += of[i];
    return all;
}

/* The same terms in the same order. */
static bool terms_alike(const same *lists)
{
    gl_json_iter iters[LOAD_MERGE_MAX];
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->of[i].kind != GL_JSON_ARRAY) return false;
        iters[i] = gl_json_begin(lists->of[i]);
    }
    for (;;) {
        gl_json first = { .kind = GL_JSON_NONE }, other;
        bool more = gl_json_next(&iters[0], NULL, &first);
        for (size_t i = 1; i < lists->count; i++) {
            bool has = gl_json_next(&iters[i], NULL, &other);
            if (has != more) return false;
            if (has &&
                !gl_slice_equal(gl_json_get(first, "term").text, gl_json_get(other, "term").text))
                return false;
        }
        if (!more) return true;
    }
}

merge_verdict merge_write_sla(gl_buf *out, const same *roots, gl_buf *left)
{
    merge_verdict verdict = { 0 };
    same lists;
    gl_json item;
    present(roots, "sla", &lists);
    if (lists.count == 0) return verdict;
    if (lists.count < roots->count || !terms_alike(&lists)) {
        merge_left_out(left, "sla (the runs have different ones)");
        return verdict;
    }
    gl_buf_append_str(out, ",\"sla\":[");
    gl_json_iter iter = gl_json_begin(lists.of[0]);
    while (gl_json_next(&iter, NULL, &item)) {
        load_term term;
        bool seen;
        if (!read_term(gl_json_get(item, "term"), &term)) continue;
        double value = look(&term, roots, &seen);
        bool met = seen && load_term_meets(&term, value);
        gl_buf_append_str(out, verdict.terms++ > 0 ? ",{\"seen\":" : "{\"seen\":");
        gl_json_write_double(out, value);
        gl_buf_printf(out, ",\"unit\":\"%s\",\"term\":", load_term_unit(&term));
        gl_json_write_string(out, gl_slice_str(term.text));
        gl_buf_printf(out, ",\"met\":%s}", met ? "true" : "false");
        verdict.missed += !met;
    }
    gl_buf_append_char(out, ']');
    return verdict;
}
