/* core/metrics: what is counted under which labels, how many of them there can be, and the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "metrics.h"

static const glimpse_usage unsaid = { -1, -1, -1 };
static size_t live_before;

static gl_metrics *open_metrics(void)
{
    live_before = gl_alloc_live();
    gl_metrics *metrics = gl_metrics_new();
    assert_non_null(metrics);
    gl_metrics_set_provider(metrics, "openai", "https://api.openai.com/v1");
    return metrics;
}

static void close_metrics(gl_metrics *metrics)
{
    gl_metrics_free(metrics);
    assert_int_equal(gl_alloc_live(), live_before);
}

static unsigned model(gl_metrics *metrics, const char *json)
{
    return gl_metrics_model(metrics, (gl_json){ GL_JSON_STRING, gl_slice_str(json) });
}

/* An answer after a second, by the model that was asked for. */
static gl_metrics_call answer(gl_metrics *metrics, const char *json)
{
    return (gl_metrics_call){ .model = model(metrics, json),
                              .answered_by = "m-2026",
                              .usage = &unsaid,
                              .elapsed = GL_SECOND,
                              .first_chunk = -1 };
}

/* The whole text, in memory that the next call reuses. */
static const char *text_of(const gl_metrics *metrics)
{
    static char *text;
    gl_buf out;
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_metrics_write(metrics, &out);
    assert_true(gl_buf_terminate(&out));
    assert_int_equal(strlen(out.data), out.len);
    free(text);
    text = strdup(out.data);
    assert_non_null(text);
    gl_buf_free(&out);
    return text;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what)) n++;
    return n;
}

/* The sum of a family's lines with this suffix. */
static uint64_t sum_of(const char *text, const char *name)
{
    uint64_t sum = 0;
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at += len) {
        if (at != text && at[-1] != '\n') continue;
        const char *end = strchr(at, '\n');
        while (end[-1] != ' ') end--;
        sum += strtoull(end, NULL, 10);
    }
    return sum;
}

#define DURATION "gen_ai_client_operation_duration_seconds"

static void a_call_stands_under_opentelemetrys_labels(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    gl_metrics_call call = answer(metrics, "\"gpt-4o-mini\"");
    gl_metrics_called(metrics, &call);
    assert_non_null(strstr(text_of(metrics), DURATION
                           "_count{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\","
                           "gen_ai_request_model=\"gpt-4o-mini\",gen_ai_response_model=\"m-2026\","
                           "server_address=\"api.openai.com\",server_port=\"443\"} 1\n"));
    close_metrics(metrics);
}

static void buckets_rise_and_end_with_the_count(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    gl_metrics_call call = answer(metrics, "\"m\"");
    uint64_t sum = 0;
    for (uint64_t us = 1; us < UINT64_C(200000000); us = us * 3 / 2 + 1) {
        call.elapsed = us * GL_US;
        sum += call.elapsed;
        gl_metrics_called(metrics, &call);
    }
    const char *text = text_of(metrics);
    uint64_t last = 0, value = 0;
    size_t buckets = 0;
    for (const char *at = text; (at = strstr(at, DURATION "_bucket{")) != NULL; at++) {
        const char *end = strchr(at, '\n');
        while (end[-1] != ' ') end--;
        value = strtoull(end, NULL, 10);
        assert_true(value >= last);
        last = value;
        buckets++;
    }
    assert_int_equal(buckets, 15);
    assert_non_null(strstr(text, "le=\"+Inf\"} "));
    assert_int_equal(sum_of(text, DURATION "_count"), value);
    char expected[64];
    snprintf(expected, sizeof expected, "} %.6f", (double)sum / 1e9);
    for (size_t len = strlen(expected); expected[len - 1] == '0'; len--) expected[len - 1] = '\0';
    assert_non_null(strstr(text, expected));
    close_metrics(metrics);
}

static void a_bucket_holds_its_bound(void **state)
{
    (void)state;
    gl_counts counts = { { 0 }, 0 };
    gl_counts_add(&counts, &gl_scale_calls, 0);
    gl_counts_add(&counts, &gl_scale_calls, 10 * GL_MS);
    gl_counts_add(&counts, &gl_scale_calls, 10 * GL_MS + 1);
    gl_counts_add(&counts, &gl_scale_calls, 81920 * GL_MS + 1);
    assert_int_equal(counts.buckets[0], 2);
    assert_int_equal(counts.buckets[1], 1);
    assert_int_equal(counts.buckets[14], 1);
    const gl_scale *scales[] = { &gl_scale_calls, &gl_scale_tokens, &gl_scale_requests,
                                 &gl_scale_lag };
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < scales[i]->count; j++) { /* number and text are one bound */
            double unit = scales[i]->seconds ? 1e9 : 1;
            assert_true((uint64_t)(strtod(scales[i]->texts[j], NULL) * unit + 0.5) ==
                        scales[i]->bounds[j]);
            assert_true(j == 0 || scales[i]->bounds[j] > scales[i]->bounds[j - 1]);
        }
}

static void tokens_that_nobody_said_are_not_told(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    gl_metrics_call call = answer(metrics, "\"m\"");
    gl_metrics_called(metrics, &call);
    call.usage = NULL;
    gl_metrics_called(metrics, &call);
    assert_int_equal(count(text_of(metrics), "gen_ai_client_token_usage_bucket"), 0);
    const glimpse_usage input_only = { 100, -1, 100 };
    call.usage = &input_only;
    gl_metrics_called(metrics, &call);
    const char *text = text_of(metrics);
    assert_int_equal(count(text, "gen_ai_token_type=\"output\""), 0);
    assert_int_equal(sum_of(text, "gen_ai_client_token_usage_count"), 1);
    assert_int_equal(sum_of(text, "gen_ai_client_token_usage_sum"), 100);
    close_metrics(metrics);
}

static void only_streams_have_chunks(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    gl_metrics_call call = answer(metrics, "\"m\"");
    gl_metrics_called(metrics, &call);
    assert_int_equal(count(text_of(metrics), "chunk_seconds_"), 0);
    call.first_chunk = 300 * GL_MS;
    gl_metrics_called(metrics, &call);
    for (int i = 0; i < 9; i++) gl_metrics_chunk(metrics, call.operation, call.model, 20 * GL_MS);
    const char *text = text_of(metrics);
    assert_int_equal(sum_of(text, "gen_ai_client_operation_time_to_first_chunk_seconds_count"), 1);
    assert_int_equal(sum_of(text, "gen_ai_client_operation_time_per_output_chunk_seconds_count"),
                     9);
    assert_non_null(strstr(text, "time_to_first_chunk_seconds_sum{gen_ai_operation_name=\"chat\""));
    assert_non_null(strstr(text, "} 0.3\n"));
    assert_non_null(strstr(text, "} 0.18\n"));
    close_metrics(metrics);
}

static void a_failure_is_called_by_its_status_or_its_kind(void **state)
{
    (void)state;
    static const struct {
        glimpse_error error;
        int status;
        const char *label;
    } rows[] = { { GLIMPSE_ERR_HTTP, 429, "429" },         { GLIMPSE_ERR_HTTP, 500, "500" },
                 { GLIMPSE_ERR_HTTP, 418, "4xx" },         { GLIMPSE_ERR_HTTP, 599, "5xx" },
                 { GLIMPSE_ERR_HTTP, 200, "http" },        { GLIMPSE_ERR_TIMEOUT, 0, "timeout" },
                 { GLIMPSE_ERR_QUOTA, 429, "quota" },      { GLIMPSE_ERR_DNS, 0, "dns" },
                 { GLIMPSE_ERR_CANCELLED, 0, "cancelled" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gl_metrics *metrics = open_metrics();
        gl_metrics_call call = answer(metrics, "\"m\"");
        char expected[64];
        call.error = rows[i].error;
        call.http_status = rows[i].status;
        gl_metrics_called(metrics, &call);
        snprintf(expected, sizeof expected, ",error_type=\"%s\"} 1\n", rows[i].label);
        assert_non_null(strstr(text_of(metrics), expected));
        close_metrics(metrics);
    }
    /* Two kinds of one name are one label set: a scraper refuses a line that comes twice. */
    gl_metrics *metrics = open_metrics();
    gl_metrics_call call = answer(metrics, "\"m\"");
    call.error = GLIMPSE_ERR_DNS;
    gl_metrics_called(metrics, &call);
    call.error = GLIMPSE_ERR_DNS_UNKNOWN;
    gl_metrics_called(metrics, &call);
    assert_int_equal(count(text_of(metrics), DURATION "_count"), 1);
    close_metrics(metrics);
}

static void a_thousand_models_are_few_labels_and_no_call_is_missing(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    char url[300];
    snprintf(url, sizeof url, "https://%0253d:65535", 0); /* as long as a name of a host can be */
    gl_metrics_set_provider(metrics, "azure.ai.openai", url);
    for (int i = 0; i < 1000; i++) {
        char asked[128], answered[128];
        snprintf(asked, sizeof asked, "\"asked-%088d\"", i % 40);
        snprintf(answered, sizeof answered, "answered-%087d", i / 40);
        gl_metrics_call call = answer(metrics, asked);
        call.operation = (unsigned)i % GL_OPERATION_COUNT;
        call.answered_by = answered;
        call.first_chunk = GL_MS;
        const glimpse_usage usage = { 1, 2, 3 };
        call.usage = &usage;
        for (int status = 0; status < 600; status += 100) {
            call.error = status >= 400 ? GLIMPSE_ERR_HTTP : GLIMPSE_OK;
            call.http_status = status;
            gl_metrics_called(metrics, &call);
        }
        gl_metrics_chunk(metrics, call.operation, call.model, GL_MS);
    }
    const char *text = text_of(metrics);
    assert_int_equal(sum_of(text, DURATION "_count"), 6000);
    assert_int_equal(count(text, DURATION "_count"), GL_METRICS_SERIES + 2);
    assert_int_equal(sum_of(text, "gen_ai_client_operation_time_per_output_chunk_seconds_count"),
                     1000);
    assert_non_null(strstr(text, "gen_ai_request_model=\"other\""));
    assert_non_null(strstr(text, "error_type=\"_OTHER\""));
    assert_null(strstr(text, "0032\",gen_ai_response_model"));
    assert_true(strlen(text) < 8000000);
    close_metrics(metrics);
}

static void what_a_label_may_not_hold_is_escaped(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    gl_metrics_call call = answer(metrics, "\"a\\\"b\\\\c\\nd\\u0001e\\/f\"");
    call.answered_by = "\xff broken";
    gl_metrics_called(metrics, &call);
    const char *text = text_of(metrics);
    assert_non_null(strstr(text, "gen_ai_request_model=\"a\\\"b\\\\c\\nd e/f\","));
    assert_non_null(strstr(text, "gen_ai_response_model=\"other\""));
    /* The same name in another spelling is the same model. */
    assert_int_equal(model(metrics, "\"x/y\""), model(metrics, "\"x\\/y\""));
    assert_int_equal(model(metrics, "\"\""), GL_MODEL_NONE);
    assert_int_equal(gl_metrics_model(metrics, (gl_json){ GL_JSON_NONE, { NULL, 0 } }),
                     GL_MODEL_NONE);
    close_metrics(metrics);
}

static void a_long_name_is_cut_between_characters(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    char json[256] = "\"a";
    for (int i = 0; i < 60; i++) snprintf(json + strlen(json), 8, "\u00e9");
    snprintf(json + strlen(json), 2, "\"");
    unsigned index = model(metrics, json);
    assert_int_equal(gl_metrics_model_name(&metrics->asked, index).len, 95);
    close_metrics(metrics);
}

static void nothing_is_allocated_for_labels_that_were_seen(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    for (int i = 0; i < 100; i++) {
        gl_metrics_call call = answer(metrics, "\"m\\/n\"");
        call.first_chunk = GL_MS;
        gl_metrics_called(metrics, &call);
        gl_metrics_chunk(metrics, call.operation, call.model, GL_MS);
        gl_metrics_delivered(metrics, GLIMPSE_SOURCE_LIVE, GLIMPSE_STATUS_ALIGNED, GL_SECOND, 2);
        if (i == 0) live_before = gl_alloc_live();
        assert_int_equal(gl_alloc_live(), live_before);
    }
    gl_metrics_free(metrics);
}

static bool never(void)
{
    return false;
}

static void without_memory_a_call_counts_among_the_others(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    gl_metrics_call call = answer(metrics, "\"m\"");
    gl_alloc_set_gate(never);
    gl_metrics_called(metrics, &call);
    gl_metrics_chunk(metrics, call.operation, call.model, GL_MS);
    gl_alloc_set_gate(NULL);
    const char *text = text_of(metrics);
    assert_int_equal(sum_of(text, DURATION "_count"), 1);
    assert_non_null(strstr(text, "gen_ai_request_model=\"other\""));
    close_metrics(metrics);
}

static void requests_are_told_by_source_and_status(void **state)
{
    (void)state;
    gl_metrics *metrics = open_metrics();
    gl_metrics_delivered(metrics, GLIMPSE_SOURCE_CACHE, GLIMPSE_STATUS_ALIGNED, 50 * GL_US, 0);
    gl_metrics_delivered(metrics, GLIMPSE_SOURCE_LIVE, GLIMPSE_STATUS_ERROR, 7 * GL_SECOND, 4);
    gl_metrics_delivered(metrics, GLIMPSE_SOURCE_LIVE, GLIMPSE_STATUS_ALIGNED, 3 * GL_SECOND, 2);
    const char *text = text_of(metrics);
    const char *lines[] = {
        "status=\"aligned\",le=\"0.0001\"} 1\n",
        "glimpse_request_duration_seconds_sum{source=\"cache\",status=\"aligned\"} 0.00005\n",
        "glimpse_request_duration_seconds_sum{source=\"live\",status=\"error\"} 7\n",
        "glimpse_threshold_crossings_total{threshold=\"t1\"} 2\n",
        "glimpse_threshold_crossings_total{threshold=\"t2\"} 2\n",
        "glimpse_threshold_crossings_total{threshold=\"t3\"} 1\n",
        "glimpse_threshold_crossings_total{threshold=\"t4\"} 1\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(strstr(text, lines[i]));
    assert_int_equal(count(text, "glimpse_request_duration_seconds_count"), 3);
    assert_null(strstr(text, "loop_lag"));
    gl_metrics_lagged(metrics, 3 * GL_MS);
    gl_metrics_lagged(metrics, 1500 * GL_US);
    text = text_of(metrics);
    assert_non_null(strstr(text, "glimpse_loop_lag_seconds_bucket{le=\"0.005\"} 2\n"));
    assert_non_null(strstr(text, "glimpse_loop_lag_seconds_sum 0.0045\n"));
    assert_non_null(strstr(text, "glimpse_loop_lag_last_seconds 0.0015\n"));
    close_metrics(metrics);
}

static void the_server_is_told_from_its_url(void **state)
{
    (void)state;
    static const struct {
        const char *url, *address, *port;
    } rows[] = { { "http://127.0.0.1:8080/v1", "127.0.0.1", "8080" },
                 { "https://example.org", "example.org", "443" },
                 { "http://example.org/a:b", "example.org", "80" },
                 { "https://[::1]:99/v1", "::1", "99" },
                 { "HTTP://[fe80::1]", "fe80::1", "80" },
                 { NULL, "", "" } };
    gl_metrics *metrics = open_metrics();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gl_metrics_set_provider(metrics, "azure.ai.openai", rows[i].url);
        assert_string_equal(metrics->address, rows[i].address);
        assert_string_equal(metrics->port, rows[i].port);
    }
    close_metrics(metrics);
}

static void the_path_names_the_operation(void **state)
{
    (void)state;
    assert_int_equal(gl_metrics_operation(gl_slice_str("/chat/completions")), GL_OPERATION_CHAT);
    assert_int_equal(gl_metrics_operation(gl_slice_str("/responses")), GL_OPERATION_CHAT);
    assert_int_equal(gl_metrics_operation(gl_slice_str("/completions")), GL_OPERATION_COMPLETION);
    assert_int_equal(gl_metrics_operation(gl_slice_str("/embeddings")), GL_OPERATION_EMBEDDINGS);
    assert_int_equal(gl_metrics_operation(gl_slice_str("/x")), GL_OPERATION_OTHER);
}

static void no_two_names_make_one_series(void **state)
{
    (void)state;
    static const char *const names[] = { "\"a b\"", "\"a\\tb\"", "\"a\\u0001b\"", "\"a\\nb\"" };
    gl_metrics *metrics = gl_metrics_new();
    assert_non_null(metrics);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gl_json name;
        assert_int_equal(gl_json_check(gl_slice_str(names[i]), &name, NULL), GL_JSON_OK);
        assert_int_equal(gl_metrics_model(metrics, name), i < 3 ? 0 : 1); /* the line end is kept */
    }
    gl_json other;
    assert_int_equal(gl_json_check(gl_slice_str("\"other\""), &other, NULL), GL_JSON_OK);
    assert_int_equal(gl_metrics_model(metrics, other), GL_MODEL_OTHER);
    gl_metrics_set_provider(metrics, "p", "http://h:1?key=x");
    assert_string_equal(metrics->port, "1");
    gl_metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_names_make_one_series),
        cmocka_unit_test(a_call_stands_under_opentelemetrys_labels),
        cmocka_unit_test(buckets_rise_and_end_with_the_count),
        cmocka_unit_test(a_bucket_holds_its_bound),
        cmocka_unit_test(tokens_that_nobody_said_are_not_told),
        cmocka_unit_test(only_streams_have_chunks),
        cmocka_unit_test(a_failure_is_called_by_its_status_or_its_kind),
        cmocka_unit_test(a_thousand_models_are_few_labels_and_no_call_is_missing),
        cmocka_unit_test(what_a_label_may_not_hold_is_escaped),
        cmocka_unit_test(a_long_name_is_cut_between_characters),
        cmocka_unit_test(nothing_is_allocated_for_labels_that_were_seen),
        cmocka_unit_test(without_memory_a_call_counts_among_the_others),
        cmocka_unit_test(requests_are_told_by_source_and_status),
        cmocka_unit_test(the_server_is_told_from_its_url),
        cmocka_unit_test(the_path_names_the_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
