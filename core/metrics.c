/*
 * metrics.c - counts the metrics of metrics.h. The engine's files call it where an attempt ends, a
 * piece of a stream comes, and a result is delivered. Calls no other file, reads no clock.
 *
 * A label set is four small numbers in one; their names are kept once. Memory is taken when a label
 * set is met for the first time. Without memory, and beyond the bounds, the call counts as "other",
 * so that no call is missing from the sums.
 */
#include "metrics.h"

#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "base/utf8.h"

/* clang-format off */
/* OpenTelemetry's for tokens. */
const gl_scale gl_scale_tokens = {
    false, 14,
    { 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864 },
    { "1", "4", "16", "64", "256", "1024", "4096", "16384", "65536", "262144", "1048576", "4194304",
      "16777216", "67108864" } };

/* As for calls, and shorter ones for answers from the cache. */
const gl_scale gl_scale_requests = {
    true, 18,
    { 100 * GL_US, 500 * GL_US, GL_MS, 5 * GL_MS, 10 * GL_MS, 20 * GL_MS, 40 * GL_MS, 80 * GL_MS,
      160 * GL_MS, 320 * GL_MS, 640 * GL_MS, 1280 * GL_MS, 2560 * GL_MS, 5120 * GL_MS,
      10240 * GL_MS, 20480 * GL_MS, 40960 * GL_MS, 81920 * GL_MS },
    { "0.0001", "0.0005", "0.001", "0.005", "0.01", "0.02", "0.04", "0.08", "0.16", "0.32", "0.64",
      "1.28", "2.56", "5.12", "10.24", "20.48", "40.96", "81.92" } };

const gl_scale gl_scale_lag = {
    true, 9,
    { 100 * GL_US, 500 * GL_US, GL_MS, 5 * GL_MS, 10 * GL_MS, 50 * GL_MS, 100 * GL_MS, 500 * GL_MS,
      GL_SECOND },
    { "0.0001", "0.0005", "0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1" } };
/* clang-format on */

/* --- failures: the kind, or the HTTP status ----------------------------------------------------
 */

static const short statuses[] = { 400, 401, 402, 403, 404, 408, 409, 413, 415,
                                  422, 424, 429, 500, 501, 502, 503, 504, 529 };
static const char *const status_names[] = { "400", "401", "402", "403", "404", "408",
                                            "409", "413", "415", "422", "424", "429",
                                            "500", "501", "502", "503", "504", "529" };
enum {
    STATUSES = sizeof statuses / sizeof *statuses,
    FAILURE_STATUS = GLIMPSE_ERROR_COUNT,
    FAILURE_4XX = FAILURE_STATUS + STATUSES,
    FAILURE_5XX,
    FAILURE_OTHER
};
_Static_assert(FAILURE_OTHER < 256, "a failure is a byte of a label set");

const char *gl_metrics_failure_name(unsigned failure)
{
    if (failure == FAILURE_4XX) return "4xx";
    if (failure == FAILURE_5XX) return "5xx";
    if (failure >= FAILURE_OTHER) return "_OTHER"; /* OpenTelemetry's word for "other" */
    if (failure >= FAILURE_STATUS) return status_names[failure - FAILURE_STATUS];
    return glimpse_error_name((glimpse_error)failure);
}

static unsigned failure_of(const gl_metrics *metrics, const gl_metrics_call *call)
{
    int status = call->http_status;
    if (call->error == GLIMPSE_OK) return 0;
    if (call->error != GLIMPSE_ERR_HTTP || status < 400 || status > 599)
        return metrics->failures[call->error];
    for (unsigned i = 0; i < STATUSES; i++)
        if (statuses[i] == status) return FAILURE_STATUS + i;
    return status < 500 ? FAILURE_4XX : FAILURE_5XX;
}

/* --- names -------------------------------------------------------------------------------------
 */

/* Finds a name by the form in which it is written, so that no two names make one series: control
 * characters become blanks, except the line end, which is escaped. */
static unsigned find_name(gl_names *names, gl_slice whole)
{
    char plain[GL_METRICS_NAME];
    size_t len = whole.len;
    if (len == 0) return GL_MODEL_NONE;
    if (len > GL_METRICS_NAME) len = gl_utf8_clip(whole.data, whole.len, GL_METRICS_NAME);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)whole.data[i];
        plain[i] = (c < 0x20 && c != '\n') || c == 0x7f ? ' ' : (char)c;
    }
    gl_slice name = gl_slice_of(plain, len);
    if (gl_slice_is(name, "other")) return GL_MODEL_OTHER;
    const struct gl_name *last = &names->names[names->last];
    if (last->len == len && memcmp(last->text, name.data, len) == 0) return (unsigned)names->last;
    for (size_t i = 0; i < names->count; i++) {
        const struct gl_name *known = &names->names[i];
        if (known->len != len || memcmp(known->text, name.data, len) != 0) continue;
        names->last = i;
        return (unsigned)i;
    }
    if (names->count == GL_METRICS_MODELS || gl_utf8_check(name.data, len) != len)
        return GL_MODEL_OTHER;
    struct gl_name *made = &names->names[names->count];
    memcpy(made->text, name.data, len);
    made->len = len;
    names->last = names->count;
    return (unsigned)names->count++;
}

unsigned gl_metrics_model(gl_metrics *metrics, gl_json name)
{
    if (name.kind != GL_JSON_STRING) return GL_MODEL_NONE;
    gl_slice inside = gl_slice_of(name.text.data + 1, name.text.len - 2);
    if (inside.len == 0 || memchr(inside.data, '\\', inside.len) == NULL)
        return find_name(&metrics->asked, inside);
    gl_buf_reset(&metrics->scratch);
    gl_json_string_append(name, &metrics->scratch, NULL);
    if (metrics->scratch.failed) return GL_MODEL_OTHER;
    return find_name(&metrics->asked, gl_buf_slice(&metrics->scratch));
}

gl_slice gl_metrics_model_name(const gl_names *names, unsigned model)
{
    if (model < names->count) return gl_slice_of(names->names[model].text, names->names[model].len);
    return gl_slice_str(model == GL_MODEL_OTHER ? "other" : "");
}

unsigned gl_metrics_operation(gl_slice path)
{
    static const struct {
        const char *end;
        unsigned operation;
    } known[] = { { "/chat/completions", GL_OPERATION_CHAT },
                  { "/responses", GL_OPERATION_CHAT },
                  { "/completions", GL_OPERATION_COMPLETION },
                  { "/embeddings", GL_OPERATION_EMBEDDINGS } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (gl_slice_ends(path, known[i].end)) return known[i].operation;
    return GL_OPERATION_OTHER;
}

static void copy(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size) len = gl_utf8_clip(from, len, size - 1);
    memcpy(to, from, len);
    to[len] = '\0';
}

void gl_metrics_set_provider(gl_metrics *metrics, const char *provider, const char *base_url)
{
    copy(metrics->provider, sizeof metrics->provider, provider, strlen(provider));
    metrics->address[0] = metrics->port[0] = '\0';
    const char *host = base_url != NULL ? strstr(base_url, "://") : NULL;
    if (host == NULL) return;
    host += 3;
    const char *end = host + strcspn(host, "/?#");
    const char *colon = end;
    for (const char *at = host; at < end && *at != ']'; at++)
        if (*at == ':' && *host != '[') colon = at;
    if (*host == '[') {
        const char *close = memchr(host, ']', (size_t)(end - host));
        if (close == NULL) return;
        if (close + 1 < end && close[1] == ':') colon = close + 1;
        copy(metrics->address, sizeof metrics->address, host + 1, (size_t)(close - host - 1));
    } else {
        copy(metrics->address, sizeof metrics->address, host, (size_t)(colon - host));
    }
    const char *port = base_url[4] == ':' ? "80" : "443"; /* http: */
    size_t digits = 0;
    if (colon < end) {
        port = colon + 1;
        digits = (size_t)(end - port);
    }
    copy(metrics->port, sizeof metrics->port, port, digits > 0 ? digits : strlen(port));
}

/* --- counting ----------------------------------------------------------------------------------
 */

static gl_series *series_of(gl_metrics *metrics, const gl_metrics_call *call)
{
    unsigned failure = failure_of(metrics, call);
    unsigned answered = find_name(&metrics->answered,
                                  gl_slice_str(call->answered_by != NULL ? call->answered_by : ""));
    uint64_t labels = (uint64_t)call->operation | (uint64_t)call->model << 8 |
                      (uint64_t)answered << 16 | (uint64_t)failure << 24;
    gl_series *found = gl_map_get(&metrics->by_labels, labels);
    if (found != NULL) return found;
    gl_series *other = &metrics->others[failure != 0];
    if (metrics->series_count == GL_METRICS_SERIES ||
        !gl_map_reserve(&metrics->by_labels, metrics->by_labels.count + 1))
        return other;
    gl_series *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return other;
    made->operation = call->operation;
    made->asked = call->model;
    made->answered = answered;
    made->failure = failure;
    gl_map_add(&metrics->by_labels, labels, made);
    metrics->series[metrics->series_count++] = made;
    return made;
}

void gl_metrics_called(gl_metrics *metrics, const gl_metrics_call *call)
{
    gl_series *series = series_of(metrics, call);
    gl_counts_add(&series->duration, &gl_scale_calls, call->elapsed);
    if (call->first_chunk >= 0)
        gl_counts_add(&series->first_chunk, &gl_scale_calls, (uint64_t)call->first_chunk);
    if (call->usage == NULL) return;
    if (call->usage->prompt_tokens >= 0)
        gl_counts_add(&series->input, &gl_scale_tokens, (uint64_t)call->usage->prompt_tokens);
    if (call->usage->completion_tokens >= 0)
        gl_counts_add(&series->output, &gl_scale_tokens, (uint64_t)call->usage->completion_tokens);
}

void gl_metrics_chunk(gl_metrics *metrics, unsigned operation, unsigned model, uint64_t gap)
{
    gl_counts **counts = &metrics->chunks[operation][model];
    if (*counts == NULL) *counts = gl_calloc(1, sizeof **counts);
    if (*counts != NULL) gl_counts_add(*counts, &gl_scale_calls, gap);
}

void gl_metrics_delivered(gl_metrics *metrics, glimpse_source source, glimpse_status status,
                          uint64_t elapsed, int crossed)
{
    gl_counts_add(&metrics->requests[source][status], &gl_scale_requests, elapsed);
    for (int i = 0; i < crossed && i < 4; i++) metrics->crossed[i]++;
}

void gl_metrics_lagged(gl_metrics *metrics, uint64_t late)
{
    metrics->last_lag = late;
    gl_counts_add(&metrics->lag, &gl_scale_lag, late);
}

/* --- life --------------------------------------------------------------------------------------
 */

gl_metrics *gl_metrics_new(void)
{
    gl_metrics *metrics = gl_calloc(1, sizeof *metrics);
    if (metrics == NULL) return NULL;
    gl_map_init(&metrics->by_labels);
    gl_buf_init(&metrics->scratch, SIZE_MAX / 2);
    for (unsigned i = 0; i < 2; i++)
        metrics->others[i] = (gl_series){ .operation = GL_OPERATION_OTHER,
                                          .asked = GL_MODEL_OTHER,
                                          .answered = GL_MODEL_OTHER,
                                          .failure = i == 0 ? 0 : FAILURE_OTHER };
    for (unsigned i = 0; i < GLIMPSE_ERROR_COUNT; i++) {
        const char *name = glimpse_error_name((glimpse_error)i);
        unsigned first = 0;
        while (strcmp(glimpse_error_name((glimpse_error)first), name) != 0) first++;
        metrics->failures[i] = (unsigned char)first;
    }
    return metrics;
}

void gl_metrics_free(gl_metrics *metrics)
{
    if (metrics == NULL) return;
    for (size_t i = 0; i < metrics->series_count; i++) gl_free(metrics->series[i]);
    for (size_t i = 0; i < GL_OPERATION_COUNT; i++)
        for (size_t j = 0; j < GL_MODEL_COUNT; j++) gl_free(metrics->chunks[i][j]);
    gl_map_free(&metrics->by_labels);
    gl_buf_free(&metrics->scratch);
    gl_free(metrics);
}
