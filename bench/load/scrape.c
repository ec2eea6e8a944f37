/* scrape.c - see scrape.h. */
#include "load/scrape.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "load/lines.h"
#include "load/number.h"

/* The series that describe a server's load best, by server: running, waiting, cache, tokens. */
static const char known[] =
    "vllm:num_requests_running,vllm:num_requests_waiting,vllm:kv_cache_usage_perc,"
    "vllm:gpu_cache_usage_perc,vllm:num_preemptions_total,vllm:prompt_tokens_total,"
    "vllm:generation_tokens_total,vllm:prefix_cache_hits_total,vllm:prefix_cache_queries_total,"
    "sglang:num_running_reqs,sglang:num_queue_reqs,sglang:token_usage,sglang:gen_throughput,"
    "llamacpp:requests_processing,llamacpp:requests_deferred,llamacpp:kv_cache_usage_ratio,"
    "llamacpp:prompt_tokens_total,llamacpp:tokens_predicted_total,"
    "glimpse_attempts_in_flight,glimpse_queue_depth,glimpse_attempts_total,"
    "mock_requests_in_flight,mock_requests_waiting,mock_requests_received_total,"
    "mock_prompt_tokens_total,mock_completion_tokens_total";

/* --- the page --------------------------------------------------------------------------------- */

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
}

static gl_slice take_name(gl_slice *line)
{
    size_t len = 0;
    while (len < line->len && name_char(line->data[len])) len++;
    gl_slice name = gl_slice_of(line->data, len);
    *line = gl_slice_of(line->data + len, line->len - len);
    return name;
}

/* Labels may hold any character within their quotes; false: they do not end. */
static bool skip_labels(gl_slice *line)
{
    bool quoted = false;
    if (line->len == 0 || line->data[0] != '{') return true;
    for (size_t i = 1; i < line->len; i++) {
        char c = line->data[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == '}' && !quoted) {
            *line = gl_slice_of(line->data + i + 1, line->len - i - 1);
            return true;
        }
    }
    return false;
}

static gl_slice take_word(gl_slice *line)
{
    size_t len = 0;
    *line = load_trim(*line);
    while (len < line->len && line->data[len] != ' ' && line->data[len] != '\t') len++;
    gl_slice word = gl_slice_of(line->data, len);
    *line = gl_slice_of(line->data + len, line->len - len);
    return word;
}

static bool read_sample(gl_slice line, load_sample *sample)
{
    gl_json number;
    line = load_trim(line);
    sample->name = take_name(&line);
    if (sample->name.len == 0 || !skip_labels(&line)) return false;
    gl_slice value = take_word(&line);
    if (value.len > 1 && value.data[0] == '+') value = gl_slice_of(value.data + 1, value.len - 1);
    /* NaN and infinities mean that nothing was measured. */
    return gl_json_check(value, &number, NULL) == GL_JSON_OK &&
           gl_json_double(number, &sample->value);
}

bool load_scrape_next(gl_slice *page, load_sample *sample,
                      void (*type)(void *arg, gl_slice name, gl_slice kind), void *arg)
{
    while (page->len > 0) {
        gl_slice line = load_take_line(page);
        if (line.len > 0 && line.data[0] == '#') {
            line = gl_slice_of(line.data + 1, line.len - 1);
            if (!gl_slice_is(take_word(&line), "TYPE") || type == NULL) continue;
            gl_slice name = take_word(&line);
            type(arg, name, take_word(&line));
        } else if (read_sample(line, sample)) {
            return true;
        }
    }
    return false;
}

/* --- series ----------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

bool load_scrape_init(load_scrape *scrape, gl_time start, const char *names, char *problem,
                      size_t problem_size)
{
    memset(scrape, 0, sizeof *scrape);
    scrape->start = start;
    scrape->width = GL_SECOND;
    for (const char *at = names != NULL ? names : known;; at++) {
        size_t len = strcspn(at, ",");
        gl_slice rest = load_trim(gl_slice_of(at, len)), name = take_name(&rest);
        load_series *series = &scrape->series[scrape->count];
        if (scrape->count == LOAD_SCRAPE_SERIES || name.len == 0 || rest.len > 0 ||
            name.len >= sizeof series->name) {
            snprintf(problem, problem_size,
                     scrape->count == LOAD_SCRAPE_SERIES ? "'%.*s' is one series too many"
                                                         : "'%.*s' is no name of a series",
                     (int)(len < 60 ? len : 60), at);
            return false;
        }
        memcpy(series->name, name.data, name.len);
        series->counter = ends_in(series->name, "_total") || ends_in(series->name, "_sum") ||
                          ends_in(series->name, "_count");
        scrape->count++;
        at += len;
        if (*at == '\0') return true;
    }
}

static load_series *find(load_scrape *scrape, gl_slice name)
{
    for (size_t i = 0; i < scrape->count; i++)
        if (gl_slice_is(name, scrape->series[i].name)) return &scrape->series[i];
    return NULL;
}

static void take_type(void *arg, gl_slice name, gl_slice kind)
{
    load_series *series = find(arg, name);
    if (series == NULL || series->begun) return;
    if (gl_slice_is(kind, "counter")) series->counter = true;
    if (gl_slice_is(kind, "gauge")) series->counter = false;
}

static void halve(load_scrape *scrape)
{
    for (size_t i = 0; i < scrape->count; i++) {
        load_series_row *rows = scrape->series[i].rows;
        for (size_t j = 0; j < LOAD_SCRAPE_ROWS; j += 2) {
            const load_series_row row = { rows[j].sum + rows[j + 1].sum,
                                          rows[j].count + rows[j + 1].count };
            rows[j / 2] = row;
        }
        memset(&rows[LOAD_SCRAPE_ROWS / 2], 0, LOAD_SCRAPE_ROWS / 2 * sizeof *rows);
    }
    scrape->rows = (scrape->rows + 1) / 2;
    scrape->width *= 2;
}

/* row NULL: it was read before the run, and the next reading is compared with it. */
static void add(load_series *series, load_series_row *row, double gap_s)
{
    double value = series->now, shown = value;
    bool first = !series->begun;
    if (series->counter) {
        value = value >= series->last ? value - series->last : value;
        shown = gap_s > 0 ? value / gap_s : 0;
    }
    series->last = series->now;
    series->begun = series->seen = true;
    if (row == NULL || (series->counter && (first || !(gap_s > 0)))) return;
    if (series->readings == 0 || shown < series->least) series->least = shown;
    if (series->readings == 0 || shown > series->most) series->most = shown;
    series->readings++;
    series->sum += value;
    row->sum += shown;
    row->count++;
}

void load_scrape_page(load_scrape *scrape, gl_slice page, gl_time at)
{
    load_sample sample;
    uint64_t since = gl_time_since(at, scrape->start), samples = 0;
    while (load_scrape_next(&page, &sample, take_type, scrape)) {
        load_series *series = find(scrape, sample.name);
        samples++;
        if (series == NULL) continue;
        series->now = (series->here ? series->now : 0) + sample.value;
        series->here = true;
    }
    if (samples == 0) {
        scrape->failed++;
        return;
    }
    while (since / scrape->width >= LOAD_SCRAPE_ROWS) halve(scrape);
    size_t row = (size_t)(since / scrape->width);
    bool before = at < scrape->start;
    if (!before && row >= scrape->rows) scrape->rows = row + 1;
    double gap_s = scrape->pages > 0 ? (double)gl_time_since(at, scrape->last) / 1e9 : 0;
    for (size_t i = 0; i < scrape->count; i++) {
        load_series *series = &scrape->series[i];
        if (series->here) add(series, before ? NULL : &series->rows[row], gap_s);
        series->here = false;
    }
    if (scrape->pages == 0) scrape->first = at;
    scrape->pages++;
    scrape->last = at;
}

bool load_series_mean(const load_scrape *scrape, const load_series *series, double *mean)
{
    double span_s = (double)gl_time_since(scrape->last, scrape->first) / 1e9;
    if (series->readings == 0 || (series->counter && !(span_s > 0))) return false;
    *mean = series->sum / (series->counter ? span_s : (double)series->readings);
    return isfinite(*mean);
}

bool load_series_row_at(const load_series *series, size_t row, double *value)
{
    const load_series_row *r = &series->rows[row];
    if (r->count == 0) return false;
    *value = r->sum / r->count;
    return isfinite(*value);
}

/* --- missing figures -------------------------------------------------------------------------- */

load_scrape_lack load_scrape_lacks(const load_scrape *scrape)
{
    bool seen = false;
    for (size_t i = 0; i < scrape->count; i++) seen = seen || scrape->series[i].seen;
    if (scrape->pages == 0) return LOAD_SCRAPE_UNREAD;
    if (!seen) return LOAD_SCRAPE_BARE;
    return scrape->failed > 0 ? LOAD_SCRAPE_PART : LOAD_SCRAPE_WHOLE;
}

void load_scrape_say(const load_scrape *scrape, const char *url, char *text, size_t size)
{
    text[0] = '\0';
    switch (load_scrape_lacks(scrape)) {
    case LOAD_SCRAPE_UNREAD:
        snprintf(text, size,
                 "the server's figures are missing: not one page of %s was read (--scrape)", url);
        break;
    case LOAD_SCRAPE_BARE:
        snprintf(text, size,
                 "the server's figures are missing: none of the series is on %s (--scrape-series)",
                 url);
        break;
    case LOAD_SCRAPE_PART:
        snprintf(text, size,
                 "%" PRIu64 " of %" PRIu64
                 " pages of %s could not be read; their seconds are empty",
                 scrape->failed, scrape->pages + scrape->failed, url);
        break;
    case LOAD_SCRAPE_WHOLE:
        break;
    }
}
