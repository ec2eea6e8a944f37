/* tally.c - see tally.h. Counting allocates nothing. */
#include "gateway/tally.h"

#include <string.h>

#include "base/alloc.h"
#include "base/prometheus.h"
#include "base/time.h"

/* clang-format off */
/* OpenTelemetry's for gen_ai.server.time_to_first_token and gen_ai.server.time_per_output_token. */
static const gl_scale scale_first = {
    true, 16,
    { GL_MS, 5 * GL_MS, 10 * GL_MS, 20 * GL_MS, 40 * GL_MS, 60 * GL_MS, 80 * GL_MS, 100 * GL_MS,
      250 * GL_MS, 500 * GL_MS, 750 * GL_MS, 1000 * GL_MS, 2500 * GL_MS, 5000 * GL_MS,
      7500 * GL_MS, 10000 * GL_MS },
    { "0.001", "0.005", "0.01", "0.02", "0.04", "0.06", "0.08", "0.1", "0.25", "0.5", "0.75", "1",
      "2.5", "5", "7.5", "10" } };
static const gl_scale scale_each = {
    true, 13,
    { 10 * GL_MS, 25 * GL_MS, 50 * GL_MS, 75 * GL_MS, 100 * GL_MS, 150 * GL_MS, 200 * GL_MS,
      300 * GL_MS, 400 * GL_MS, 500 * GL_MS, 750 * GL_MS, 1000 * GL_MS, 2500 * GL_MS },
    { "0.01", "0.025", "0.05", "0.075", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5", "0.75", "1",
      "2.5" } };
/* clang-format on */

/* --- labels ----------------------------------------------------------------------------------- */

static const struct {
    int status;
    const char *name;
} statuses[] = {
    { 200, "200" }, { 400, "400" }, { 401, "401" }, { 402, "402" }, { 403, "403" }, { 404, "404" },
    { 405, "405" }, { 408, "408" }, { 409, "409" }, { 413, "413" }, { 414, "414" }, { 415, "415" },
    { 417, "417" }, { 422, "422" }, { 424, "424" }, { 426, "426" }, { 429, "429" }, { 431, "431" },
    { 499, "499" }, { 500, "500" }, { 501, "501" }, { 502, "502" }, { 503, "503" }, { 504, "504" },
    { 505, "505" }, { 0, "2xx" },   { 0, "3xx" },   { 0, "4xx" },   { 0, "5xx" },   { 0, "other" },
};
enum { STATUSES = sizeof statuses / sizeof *statuses, STATUS_CLASSES = STATUSES - 5 };

static size_t status_of(int status)
{
    for (size_t i = 0; i < STATUS_CLASSES; i++)
        if (statuses[i].status == status) return i;
    return status >= 200 && status <= 599 ? (size_t)(STATUS_CLASSES + status / 100 - 2)
                                          : STATUSES - 1;
}

/* The codes of errors of ours. An error of the endpoint's that passed is "endpoint". */
static const char *const codes[] = {
    "ambiguous_api_key",
    "bad_request",
    "caller_queue",
    "caller_rate",
    "circuit_open",
    "deadline",
    "draining",
    "endpoint",
    "expectation_failed",
    "headers_too_large",
    "http_version",
    "idempotency_key_reused",
    "insufficient_quota",
    "integer_above_max_value",
    "invalid_api_key",
    "invalid_encoding",
    "invalid_json",
    "invalid_request",
    "invalid_type",
    "item_not_found",
    "method_not_allowed",
    "model_not_found",
    "not_cached",
    "not_from_here",
    "not_implemented",
    "origin_not_allowed",
    "out_of_descriptors",
    "out_of_memory",
    "overloaded",
    "previous_response_not_found",
    "queue_full",
    "queue_timeout",
    "request_timeout",
    "request_too_large",
    "slow_reader",
    "too_many_wrong_keys",
    "unknown_path",
    "unsupported_encoding",
    "unsupported_parameter",
    "upgrade_required",
    "upstream_auth",
    "upstream_error",
    "upstream_timeout",
    "uri_too_long",
    "other",
};
enum { CODES = sizeof codes / sizeof *codes };

static size_t code_of(const char *code)
{
    size_t i = 0;
    while (i < CODES - 1 && strcmp(codes[i], code) != 0) i++;
    return i;
}

enum { CHAT, COMPLETION, EMBEDDINGS, OPERATIONS };

/* As the engine names them for the calls that it makes. */
static const char *const operations[OPERATIONS] = { "chat", "text_completion", "embeddings" };

static size_t operation_of(gateway_kind kind)
{
    if (kind == GATEWAY_COMPLETIONS) return COMPLETION;
    return kind == GATEWAY_EMBEDDINGS ? EMBEDDINGS : CHAT;
}

/* --- counting --------------------------------------------------------------------------------- */

struct gateway_tally {
    uint64_t answers[GATEWAY_UNKNOWN + 1][STATUSES];
    uint64_t errors[CODES];
    uint64_t left[GATEWAY_PHASE_COUNT];
    gateway_sums sums;
    uint64_t loaded, refused; /* reloads */
    gl_counts duration[OPERATIONS][STATUSES];
    gl_counts first[OPERATIONS], each[OPERATIONS];
};

gateway_tally *gateway_tally_new(void)
{
    return gl_calloc(1, sizeof(gateway_tally));
}

void gateway_tally_free(gateway_tally *tally)
{
    gl_free(tally);
}

static void count_error(gateway_tally *tally, const gateway_entry *entry)
{
    if (entry->code != NULL)
        tally->errors[code_of(entry->code)]++;
    else if (entry->status >= 400)
        tally->errors[code_of("endpoint")]++;
}

void gateway_tally_plain(gateway_tally *tally, gateway_kind kind, const gateway_entry *entry,
                         gateway_share *share)
{
    tally->answers[kind][status_of(entry->status)]++;
    if (entry->status != 499) count_error(tally, entry);
    if (share != NULL && entry->status >= 400) share->refused++;
    tally->sums.failed += gateway_kind_is_asked(kind) && entry->status >= 400;
}

static uint64_t positive(int64_t number)
{
    return number > 0 ? (uint64_t)number : 0;
}

void gateway_tally_exchange(gateway_tally *tally, gateway_kind kind, const gateway_entry *entry,
                            int outcome, gateway_phase phase, gateway_share *share)
{
    size_t operation = operation_of(kind);
    bool good = outcome < 400 && phase == GATEWAY_PHASE_NONE;
    tally->answers[kind][status_of(entry->status)]++;
    tally->left[phase]++;
    tally->sums.good += good;
    tally->sums.by_source[entry->source] += good;
    tally->sums.left += phase != GATEWAY_PHASE_NONE;
    tally->sums.failed += !good && phase == GATEWAY_PHASE_NONE;
    if (phase == GATEWAY_PHASE_NONE) count_error(tally, entry);
    gl_counts_add(&tally->duration[operation][status_of(outcome)], &gl_scale_calls,
                  positive(entry->total_ns));
    if (entry->stream && entry->first_byte_ns >= 0) {
        gl_counts_add(&tally->first[operation], &scale_first, (uint64_t)entry->first_byte_ns);
        if (good && entry->completion_tokens > 1)
            gl_counts_add(&tally->each[operation], &scale_each,
                          positive(entry->total_ns - entry->first_byte_ns) /
                              (uint64_t)(entry->completion_tokens - 1));
    }
    if (share == NULL) return;
    share->answered += good;
    share->left += phase != GATEWAY_PHASE_NONE;
    share->failed += !good && phase == GATEWAY_PHASE_NONE;
    share->prompt_tokens += positive(entry->prompt_tokens);
    share->completion_tokens += positive(entry->completion_tokens);
}

void gateway_tally_sum(const gateway_tally *tally, gateway_sums *sums)
{
    *sums = tally->sums;
}

void gateway_tally_reload(gateway_tally *tally, bool loaded)
{
    tally->loaded += loaded;
    tally->refused += !loaded;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_labels(gl_buf *out, size_t operation, size_t status)
{
    gl_buf_reset(out);
    gl_text_label(out, true, "gen_ai_operation_name", gl_slice_str(operations[operation]));
    gl_text_label(out, false, "gen_ai_provider_name", gl_slice_str("openai"));
    if (status < STATUSES && statuses[status].status != 200)
        gl_text_label(out, false, "error_type", gl_slice_str(statuses[status].name));
}

static void write_durations(const gateway_tally *tally, gl_buf *out)
{
    gl_buf labels;
    const char *name = "gen_ai_server_request_duration_seconds";
    gl_buf_init(&labels, 512);
    gl_text_family(out, name, "histogram", "From a request to the end of its answer.");
    for (size_t i = 0; i < OPERATIONS; i++)
        for (size_t j = 0; j < STATUSES; j++) {
            if (gl_counts_are_none(&tally->duration[i][j], &gl_scale_calls)) continue;
            write_labels(&labels, i, j);
            gl_text_histogram(out, name, gl_buf_slice(&labels), &tally->duration[i][j],
                              &gl_scale_calls);
        }
    static const struct {
        const char *name, *help;
        const gl_scale *scale;
        size_t at;
    } rows[] = {
        { "gen_ai_server_time_to_first_token_seconds",
          "From a request to the head of its stream, which goes with the first output.",
          &scale_first, offsetof(gateway_tally, first) },
        { "gen_ai_server_time_per_output_token_seconds",
          "Of a whole stream with usage: from its head to its end, a token after the first.",
          &scale_each, offsetof(gateway_tally, each) },
    };
    for (size_t row = 0; row < 2; row++) {
        const gl_counts *counts = (const void *)((const char *)tally + rows[row].at);
        gl_text_family(out, rows[row].name, "histogram", rows[row].help);
        for (size_t i = 0; i < OPERATIONS; i++) {
            if (gl_counts_are_none(&counts[i], rows[row].scale)) continue;
            write_labels(&labels, i, STATUSES);
            gl_text_histogram(out, rows[row].name, gl_buf_slice(&labels), &counts[i],
                              rows[row].scale);
        }
    }
    gl_buf_free(&labels);
}

static void write_answers(const gateway_tally *tally, gl_buf *out)
{
    const char *name = "glimpse_gateway_answers_total";
    gl_text_family(out, name, "counter", "Requests that have ended; 499: their client had left.");
    for (gateway_kind kind = 0; kind <= GATEWAY_UNKNOWN; kind++)
        for (size_t i = 0; i < STATUSES; i++) {
            if (tally->answers[kind][i] == 0) continue;
            gl_buf_append_str(out, name);
            gl_buf_append_char(out, '{');
            gl_text_label(out, true, "kind", gl_slice_str(gateway_kind_name(kind)));
            gl_text_label(out, false, "status", gl_slice_str(statuses[i].name));
            gl_buf_append_str(out, "} ");
            gl_buf_append_u64(out, tally->answers[kind][i]);
            gl_buf_append_char(out, '\n');
        }
}

void gateway_tally_write(const gateway_tally *tally, gl_buf *out)
{
    static const char *const phases[] = { [GATEWAY_PHASE_QUEUE] = "queue",
                                          [GATEWAY_PHASE_HEAD] = "head",
                                          [GATEWAY_PHASE_STREAM] = "stream" };
    write_durations(tally, out);
    write_answers(tally, out);
    const char *name = "glimpse_gateway_errors_total";
    gl_text_family(out, name, "counter",
                   "Requests that ended with an error, by the code in its body.");
    for (size_t i = 0; i < CODES; i++)
        if (tally->errors[i] != 0) gl_text_labelled(out, name, "code", codes[i], tally->errors[i]);
    name = "glimpse_gateway_disconnects_total";
    gl_text_family(out, name, "counter", "Clients that left before their answer was whole.");
    for (gateway_phase phase = GATEWAY_PHASE_QUEUE; phase <= GATEWAY_PHASE_STREAM; phase++)
        gl_text_labelled(out, name, "phase", phases[phase], tally->left[phase]);
    name = "glimpse_gateway_slow_readers_total";
    gl_text_family(out, name, "counter", "Clients that were cut because they did not read.");
    gl_text_number(out, name, tally->left[GATEWAY_PHASE_SLOW]);
    name = "glimpse_gateway_reloads_total";
    gl_text_family(out, name, "counter",
                   "Files that were read again; a refused one changes nothing.");
    gl_text_labelled(out, name, "result", "loaded", tally->loaded);
    gl_text_labelled(out, name, "result", "refused", tally->refused);
}
