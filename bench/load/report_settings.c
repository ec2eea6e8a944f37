/* report_settings.c - the settings of a run, for programs; see report_members.h. */
#include "load/report_members.h"

#include <inttypes.h>

#include "base/json.h"

void load_json_text(gl_buf *out, const char *name, const char *value)
{
    gl_buf_printf(out, ",\"%s\":", name);
    if (value == NULL)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_string(out, gl_slice_str(value));
}

void load_json_count(gl_buf *out, const char *name, uint64_t value)
{
    gl_buf_printf(out, ",\"%s\":%" PRIu64, name, value);
}

void load_json_known(gl_buf *out, const char *name, bool known, double value)
{
    gl_buf_printf(out, ",\"%s\":", name);
    if (known)
        gl_json_write_double(out, value);
    else
        gl_buf_append_str(out, "null");
}

void load_json_number(gl_buf *out, const char *name, double value)
{
    load_json_known(out, name, !(value < 0), value);
}

void load_json_flag(gl_buf *out, const char *name, bool value)
{
    gl_buf_printf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

static void load(gl_buf *out, const load_facts *facts)
{
    if (facts->open) {
        load_json_text(out, "rate", facts->rate);
        load_json_text(out, "arrival", facts->arrival);
        load_json_number(out, "arrival_shape", facts->shape);
    } else {
        load_json_count(out, "users", facts->users);
        load_json_count(out, "requests_per_user", facts->per_user);
        load_json_number(out, "think_s", facts->think_s);
    }
    load_json_count(out, "requests", facts->requests);
    load_json_number(out, "duration_s", facts->duration_s);
    load_json_number(out, "warmup_s", facts->warmup_s);
    load_json_number(out, "cooldown_s", facts->cooldown_s);
    load_json_number(out, "pool_ratio", facts->pool_ratio);
    load_json_count(out, "pool_size", facts->pool_size);
    load_json_number(out, "zipf", facts->zipf);
    load_json_count(out, "seed", facts->seed);
    load_json_flag(out, "thresholds_auto", facts->thresholds_auto);
    load_json_text(out, "goodput", facts->goodput);
    load_json_text(out, "abort_on", facts->abort_on);
    load_json_text(out, "input", facts->input);
    load_json_text(out, "input_tokens", facts->input_tokens);
    load_json_text(out, "output_tokens", facts->output_tokens);
}

/* Writes the engine's settings: its policies, its limits of time, the parameters of a draft. */
static void engine(gl_buf *out, const glimpse_config *e)
{
    static const char *const breakers[] = { "local", "wait", "fail", "off" };
    static const char *const controls[] = { "use", "refresh", "bypass", "only" };
    static const char *const versions[] = { "auto", "1.1", "2" };
    static const int64_t usual[] = { 0, 0, 600000 }; /* of a model without a profile of its own */
    const int64_t limits[] = { e->first_byte_timeout_ms, e->idle_timeout_ms, e->timeout_ms };
    int64_t in_force[3];
    for (int i = 0; i < 3; i++) in_force[i] = limits[i] != GLIMPSE_INHERIT ? limits[i] : usual[i];
    const struct {
        const char *name;
        int64_t value; /* below 0: learned */
    } numbers[] = {
        { "concurrency", e->concurrency },
        { "max_attempts", e->max_attempts },
        { "base_delay_ms", e->base_delay_ms },
        { "max_delay_ms", e->max_delay_ms },
        { "max_retry_after_ms", e->max_retry_after_ms },
        { "rpm", e->rpm },
        { "tpm", e->tpm },
        { "cache_entries", e->cache_entries },
        { "cache_bytes", e->cache_bytes },
        { "cache_ttl_ms", e->cache_ttl_ms },
        { "connect_timeout_ms", e->connect_timeout_ms },
        { "first_byte_timeout_ms", in_force[0] },
        { "idle_timeout_ms", in_force[1] },
        { "timeout_ms", in_force[2] },
        { "deadline_ms", e->deadline_ms },
        { "max_tokens", e->max_tokens },
        { "max_response_bytes", e->endpoint.max_response_bytes },
        { "omit", (int64_t)e->omit },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        load_json_number(out, numbers[i].name, (double)numbers[i].value);
    load_json_number(out, "temperature", e->temperature);
    load_json_flag(out, "adaptive", e->adaptive);
    load_json_flag(out, "coalesce", e->coalesce);
    load_json_flag(out, "fallback", e->fallback_on);
    load_json_text(out, "breaker", breakers[e->breaker]);
    load_json_text(out, "cache", controls[e->cache_control]);
    load_json_text(out, "http", versions[e->endpoint.http_version]);
}

void load_report_settings(const load_facts *facts, gl_buf *out)
{
    gl_buf_printf(out, ",\"settings\":{\"loop\":\"%s\"", facts->open ? "open" : "closed");
    load_json_text(out, "client", facts->policy);
    load_json_text(out, "target", facts->target);
    load_json_text(out, "model", facts->model);
    load_json_flag(out, "stream", facts->stream);
    load(out, facts);
    if (facts->engine != NULL) engine(out, facts->engine);
    load_json_text(out, "mock_latency", facts->mock_latency);
    load_json_text(out, "mock_fault", facts->mock_fault);
    load_json_text(out, "mock_outage", facts->mock_outage);
    load_json_text(out, "mock_options", facts->mock_options);
    load_json_number(out, "mock_token_rate", facts->mock_latency != NULL ? facts->token_rate : -1);
    gl_buf_printf(out, ",\"thresholds_ms\":[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]}",
                  facts->thresholds_ms[0], facts->thresholds_ms[1], facts->thresholds_ms[2],
                  facts->thresholds_ms[3]);
}
