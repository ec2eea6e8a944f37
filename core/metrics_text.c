/* metrics_text.c - writes the counts of metrics.c. Reads only. */
#include "metrics.h"

/* --- calls -------------------------------------------------------------------------------------
 */

static void add_label(gl_buf *labels, const char *name, gl_slice value)
{
    if (value.len != 0) gl_text_label(labels, labels->len == 0, name, value);
}

/* The text between the braces; token is NULL or the token type. */
static gl_slice labels_of(const gl_metrics *metrics, const gl_series *series, const char *token,
                          gl_buf *labels)
{
    static const char *const operations[] = { "chat", "text_completion", "embeddings", "other" };
    gl_buf_reset(labels);
    add_label(labels, "gen_ai_operation_name", gl_slice_str(operations[series->operation]));
    add_label(labels, "gen_ai_provider_name", gl_slice_str(metrics->provider));
    add_label(labels, "gen_ai_request_model",
              gl_metrics_model_name(&metrics->asked, series->asked));
    add_label(labels, "gen_ai_response_model",
              gl_metrics_model_name(&metrics->answered, series->answered));
    add_label(labels, "server_address", gl_slice_str(metrics->address));
    add_label(labels, "server_port", gl_slice_str(metrics->port));
    if (series->failure != 0)
        add_label(labels, "error_type", gl_slice_str(gl_metrics_failure_name(series->failure)));
    if (token != NULL) add_label(labels, "gen_ai_token_type", gl_slice_str(token));
    return gl_buf_slice(labels);
}

/* A histogram of every series that has values in it. */
static void write_calls(const gl_metrics *metrics, gl_buf *out, const char *name, size_t offset,
                        const char *token)
{
    const gl_scale *scale = token != NULL ? &gl_scale_tokens : &gl_scale_calls;
    gl_buf labels;
    gl_buf_init(&labels, SIZE_MAX / 2);
    for (size_t i = 0; i < metrics->series_count + 2; i++) {
        const gl_series *series = i < metrics->series_count
                                      ? metrics->series[i]
                                      : &metrics->others[i - metrics->series_count];
        const gl_counts *counts = (const gl_counts *)((const char *)series + offset);
        if (gl_counts_are_none(counts, scale)) continue;
        gl_text_histogram(out, name, labels_of(metrics, series, token, &labels), counts, scale);
    }
    if (labels.failed) out->failed = true;
    gl_buf_free(&labels);
}

static void write_chunks(const gl_metrics *metrics, gl_buf *out, const char *name)
{
    gl_buf labels;
    gl_buf_init(&labels, SIZE_MAX / 2);
    for (unsigned i = 0; i < GL_OPERATION_COUNT; i++)
        for (unsigned j = 0; j < GL_MODEL_COUNT; j++) {
            const gl_series asked = { .operation = i, .asked = j, .answered = GL_MODEL_NONE };
            if (metrics->chunks[i][j] == NULL) continue;
            gl_text_histogram(out, name, labels_of(metrics, &asked, NULL, &labels),
                              metrics->chunks[i][j], &gl_scale_calls);
        }
    if (labels.failed) out->failed = true;
    gl_buf_free(&labels);
}

/* --- requests ----------------------------------------------------------------------------------
 */

static void write_requests(const gl_metrics *metrics, gl_buf *out, const char *name)
{
    gl_buf labels;
    gl_buf_init(&labels, SIZE_MAX / 2);
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++)
        for (int j = 0; j < GLIMPSE_STATUS_COUNT; j++) {
            const gl_counts *counts = &metrics->requests[i][j];
            if (gl_counts_are_none(counts, &gl_scale_requests)) continue;
            gl_buf_reset(&labels);
            add_label(&labels, "source", gl_slice_str(glimpse_source_name((glimpse_source)i)));
            add_label(&labels, "status", gl_slice_str(glimpse_status_name((glimpse_status)j)));
            gl_text_histogram(out, name, gl_buf_slice(&labels), counts, &gl_scale_requests);
        }
    if (labels.failed) out->failed = true;
    gl_buf_free(&labels);
}

void gl_metrics_write(const gl_metrics *metrics, gl_buf *out)
{
    static const char *const thresholds[] = { "t1", "t2", "t3", "t4" };
    const char *name = "gen_ai_client_operation_duration_seconds";
    gl_text_family(out, name, "histogram", "Calls of the provider, each attempt for itself.");
    write_calls(metrics, out, name, offsetof(gl_series, duration), NULL);
    name = "gen_ai_client_token_usage";
    gl_text_family(out, name, "histogram", "Tokens of a call, where the answer says them.");
    write_calls(metrics, out, name, offsetof(gl_series, input), "input");
    write_calls(metrics, out, name, offsetof(gl_series, output), "output");
    name = "gen_ai_client_operation_time_to_first_chunk_seconds";
    gl_text_family(out, name, "histogram", "From the call to the first piece of a stream.");
    write_calls(metrics, out, name, offsetof(gl_series, first_chunk), NULL);
    name = "gen_ai_client_operation_time_per_output_chunk_seconds";
    gl_text_family(out, name, "histogram", "Between two arrivals of text of a stream.");
    write_chunks(metrics, out, name);

    name = "glimpse_request_duration_seconds";
    gl_text_family(out, name, "histogram",
                   "From submit to the result, as the caller sees it: waits and retries included.");
    write_requests(metrics, out, name);
    name = "glimpse_threshold_crossings_total";
    gl_text_family(out, name, "counter", "Requests that took longer than a threshold.");
    for (size_t i = 0; i < 4; i++)
        gl_text_labelled(out, name, "threshold", thresholds[i], metrics->crossed[i]);
    if (gl_counts_are_none(&metrics->lag, &gl_scale_lag)) return;
    name = "glimpse_loop_lag_seconds";
    gl_text_family(out, name, "histogram", "How late a timer of the loop fired.");
    gl_text_histogram(out, name, gl_slice_str(""), &metrics->lag, &gl_scale_lag);
    name = "glimpse_loop_lag_last_seconds";
    gl_text_family(out, name, "gauge", "How late it fired when it was last measured.");
    gl_buf_append_str(out, name);
    gl_buf_append_char(out, ' ');
    gl_text_seconds(out, metrics->last_lag);
    gl_buf_append_char(out, '\n');
}
