/*
 * former_glimpse.h - the public structs as a former version of the library had them: each without
 * its newest members, those within others too. For a caller that was compiled against that version.
 */
#ifndef FORMER_GLIMPSE_H
#define FORMER_GLIMPSE_H

#include <glimpse/glimpse.h>

typedef struct former_endpoint {
    size_t size;
    const char *base_url;
    const char *api_key;
    const char *organization, *project;
    const char *const *headers;
    size_t header_count;
    const char *https_proxy, *http_proxy, *no_proxy;
    const char *ca_file;
    glimpse_http_version http_version;
    const char *azure_deployment;
    const char *api_version;
    const char *azure_endpoint, *azure_api_key;
    int64_t max_response_bytes;
    int64_t max_memory_bytes;
} former_endpoint;

typedef struct former_packing {
    size_t size;
    bool on;
    int64_t window_ms;
    int64_t max_drafts;
} former_packing;

typedef struct former_alerts {
    size_t size;
    bool on;
    int64_t window_ms;
    int64_t hold_ms;
    int64_t min_samples;
    int64_t latency_p50_ms;
    int64_t latency_p95_ms;
    double hit_rate;
    double repeated;
} former_alerts;

typedef struct former_config {
    size_t size;
    glimpse_sampler *sampler;
    glimpse_sampler *fallback;
    glimpse_cache *cache;
    glimpse_store *store;
    glimpse_use_openai use_openai;
    former_endpoint endpoint;
    const char *model;
    double temperature;
    int64_t max_tokens;
    glimpse_profiles *profiles;
    glimpse_thresholds thresholds;
    bool thresholds_auto;
    int64_t cache_entries;
    int64_t cache_bytes;
    int64_t cache_ttl_ms;
    bool cache_dynamic;
    glimpse_cache_control cache_control;
    bool coalesce;
    int max_attempts;
    int64_t base_delay_ms;
    int64_t max_delay_ms;
    int64_t max_retry_after_ms;
    int64_t concurrency;
    int64_t rpm, tpm;
    glimpse_breaker breaker;
    int64_t connect_timeout_ms;
    int64_t first_byte_timeout_ms;
    int64_t idle_timeout_ms;
    int64_t timeout_ms;
    int64_t deadline_ms;
    former_packing packing;
    bool fallback_on;
    int64_t close_grace_ms;
    uint64_t seed;
    glimpse_log_fn log;
    void *log_arg;
    glimpse_log_level log_level;
    former_alerts alerts;
    glimpse_alert_fn on_alert;
    void *alert_arg;
} former_config;

typedef struct former_options {
    size_t size;
    const char *model;
    double temperature;
    int64_t max_tokens;
} former_options;

typedef struct former_stats {
    size_t size;
    uint64_t submitted;
    uint64_t delivered;
    uint64_t by_status[GLIMPSE_STATUS_ROOM];
} former_stats;

typedef struct former_cache_stats {
    size_t size;
    uint64_t hits, misses;
} former_cache_stats;

typedef struct former_sampler_vtable {
    size_t size;
    const char *name;
    bool local;
    bool progress;
    bool recorded;
    void (*start)(void *self, glimpse_attempt *attempt);
} former_sampler_vtable;

typedef struct former_sample_fields {
    size_t size;
    int http_status;
    const char *text;
    size_t text_len;
} former_sample_fields;

typedef struct former_outcome {
    size_t size;
    glimpse_error error;
    const char *error_code;
    const char *error_message;
    int64_t retry_after_ms;
    int should_retry;
    int error_status;
    bool complete;
    bool no_done;
    glimpse_rate_limit requests, tokens, project_tokens;
    former_sample_fields sample;
} former_outcome;

#endif
