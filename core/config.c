/*
 * config.c - glimpse_config: defaults, the environment, validation that names the field.
 *
 * Reads the environment only when asked to (glimpse_config_from_env). Never puts a value into a
 * message: it could be a secret.
 */
#include <glimpse/engine.h>

#include <stdlib.h>
#include <string.h>

#include "base/layout.h"
#include "base/utf8.h"
#include "config.h"
#include "endpoint.h"
#include "policy/alert.h"
#include "policy/latency.h"
#include "policy/select.h"
#include "problem.h"

static const glimpse_config usual = {
    .size = sizeof(glimpse_config),
    .endpoint = GL_ENDPOINT_USUAL,
    .model = "gpt-4o-mini",
    .temperature = 0.7,
    .max_tokens = 256,
    .thresholds = GLIMPSE_THRESHOLDS_INHERIT,
    .cache_entries = 2000, /* docs/playbook.md section 2 */
    .cache_bytes = INT64_C(64) << 20,
    .cache_ttl_ms = 7200 * 1000,
    .cache_dynamic = true,
    .coalesce = true,
    .packing = GLIMPSE_PACKING_DEFAULT, /* docs/playbook.md section 5 */
    .max_attempts = 5,                  /* docs/playbook.md section 3 */
    .base_delay_ms = 500,
    .max_delay_ms = 60 * 1000,
    .max_retry_after_ms = 120 * 1000, /* openai-python's MAX_RETRY_AFTER_DELAY */
    .concurrency = 64,
    .adaptive = true,
    .rpm = -1,
    .tpm = -1,
    .connect_timeout_ms = 5 * 1000, /* the official SDKs' connect and whole limits */
    .first_byte_timeout_ms = GLIMPSE_INHERIT,
    .idle_timeout_ms = GLIMPSE_INHERIT,
    .timeout_ms = GLIMPSE_INHERIT,
    .fallback_on = true,
    .close_grace_ms = 5 * 1000,
    .log_level = GLIMPSE_LOG_WARN,
    .alerts = GLIMPSE_ALERTS_DEFAULT, /* docs/playbook.md section 9 */
    .key_probe_ms = GLIMPSE_INHERIT,
    .hedge_budget = 0.05,
};

static const gl_layout config_layout = {
    sizeof(glimpse_config),
    { { offsetof(glimpse_config, endpoint), sizeof(glimpse_endpoint) },
      { offsetof(glimpse_config, packing), sizeof(glimpse_packing) },
      { offsetof(glimpse_config, alerts), sizeof(glimpse_alerts) } },
    3,
};

void glimpse_config_defaults(glimpse_config *config)
{
    gl_layout_write(&config_layout, config, &usual);
}

/* Names the struct whose size was not set: the configuration or one in it. */
static void refuse_size(const glimpse_config *config, glimpse_problem *problem)
{
    static const struct {
        const char *member, *init;
    } parts[] = { { "endpoint", "glimpse_endpoint_init (or glimpse_config_init)" },
                  { "packing", "glimpse_config_init" },
                  { "alerts", "glimpse_config_init" } };
    size_t part = gl_layout_fault(&config_layout, config);
    bool inner = part < config_layout.part_count;
    gl_refuse_size(problem, inner ? parts[part].init : "glimpse_config_init");
    if (inner) gl_problem_within(problem, parts[part].member);
}

const glimpse_config *gl_config_read(const glimpse_config *config, glimpse_config *room,
                                     glimpse_problem *problem)
{
    if (config == NULL) {
        gl_refuse(problem, "config", "is NULL");
        return NULL;
    }
    const glimpse_config *read = gl_layout_read(&config_layout, config, &usual, room);
    if (read == NULL) refuse_size(config, problem);
    return read;
}

/* --- the environment --- */

/* Four whole numbers of milliseconds, separated by commas. */
static bool parse_thresholds(const char *text, glimpse_thresholds *out)
{
    int64_t *to[] = { &out->t1_ms, &out->t2_ms, &out->t3_ms, &out->t4_ms };
    for (int i = 0; i < 4; i++) {
        if (*text < '0' || *text > '9') return false;
        int64_t number = 0;
        while (*text >= '0' && *text <= '9') {
            if (number > INT64_MAX / 10 - 1) return false;
            number = number * 10 + (*text++ - '0');
        }
        *to[i] = number;
        if (*text != (i < 3 ? ',' : '\0')) return false;
        if (i < 3) text++;
    }
    return true;
}

static glimpse_error take_environment(glimpse_config *config, glimpse_problem *problem)
{
    gl_endpoint_environment(&config->endpoint);
    const char *model = gl_environment("GLIMPSE_MODEL");
    if (model != NULL) config->model = model;
    const char *use = gl_environment("GLIMPSE_USE_OPENAI");
    if (use != NULL && !gl_select_parse(use, &config->use_openai))
        return gl_refuse(problem, "GLIMPSE_USE_OPENAI", "must be true, 1, yes, false, 0 or no");
    const char *thresholds = gl_environment("GLIMPSE_THRESHOLDS");
    bool by_themselves = thresholds != NULL && strcmp(thresholds, "auto") == 0;
    if (thresholds != NULL) config->thresholds_auto = by_themselves;
    if (thresholds != NULL && !by_themselves &&
        (!parse_thresholds(thresholds, &config->thresholds) ||
         glimpse_thresholds_check(&config->thresholds, NULL) != GLIMPSE_OK))
        return gl_refuse(problem, "GLIMPSE_THRESHOLDS",
                         "must be four strictly rising numbers of milliseconds, such as "
                         "1500,2500,4000,6000, or auto");
    return GLIMPSE_OK;
}

glimpse_error glimpse_config_from_env(glimpse_config *config, glimpse_problem *problem)
{
    glimpse_config whole;
    gl_problem_clear(problem);
    const glimpse_config *given = gl_config_read(config, &whole, problem);
    if (given == NULL) return GLIMPSE_ERR_INVALID;
    if (given == config) return take_environment(config, problem);
    glimpse_error error = take_environment(&whole, problem);
    gl_layout_write(&config_layout, config, &whole);
    return error;
}

/* --- validation --- */

/* The part that reads a field: a field that no part reads is not checked. */
typedef enum reader { ENGINE, CACHE } reader;

static bool is_read(const glimpse_config *config, reader who)
{
    return who != CACHE || config->cache == NULL;
}

/* Whether the composition makes a sampler for the one endpoint of the configuration. */
static bool asks(const glimpse_config *config)
{
    return config->sampler == NULL && config->pool == NULL;
}

#define DAY_MS INT64_C(86400000)

static glimpse_error check_model(const char *model, glimpse_problem *problem)
{
    if (gl_has_control(model)) return gl_refuse(problem, "model", "contains a control byte");
    if (model == NULL || model[0] == '\0') return gl_refuse(problem, "model", "must not be empty");
    size_t len = strlen(model);
    if (gl_utf8_check(model, len) != len) return gl_refuse(problem, "model", "is not valid UTF-8");
    return GLIMPSE_OK;
}

/* The members of type int64_t, and the least and the largest value of each. */
static const struct {
    size_t offset;
    reader who;
    int64_t min, max;
    const char *field, *sentence;
} numbers[] = {
    { offsetof(glimpse_config, max_tokens), ENGINE, 1, INT64_C(1) << 31, "max_tokens",
      "must be from 1 to 2147483648" },
    { offsetof(glimpse_config, cache_entries), CACHE, 0, INT64_C(1) << 32, "cache_entries",
      "must be from 0 (no cache) to 4294967296" },
    { offsetof(glimpse_config, cache_bytes), CACHE, 1, INT64_MAX, "cache_bytes",
      "must be at least 1" },
    { offsetof(glimpse_config, cache_ttl_ms), CACHE, 0, INT64_C(3650) * DAY_MS, "cache_ttl_ms",
      "must be from 0 to ten years" },
    { offsetof(glimpse_config, base_delay_ms), ENGINE, 0, DAY_MS, "base_delay_ms",
      "must be from 0 to 24 h" },
    { offsetof(glimpse_config, max_delay_ms), ENGINE, 0, DAY_MS, "max_delay_ms",
      "must be from 0 to 24 h" },
    { offsetof(glimpse_config, max_retry_after_ms), ENGINE, 0, DAY_MS, "max_retry_after_ms",
      "must be from 0 to 24 h" },
    { offsetof(glimpse_config, concurrency), ENGINE, 1, 1000000, "concurrency",
      "must be from 1 to 1000000" },
    { offsetof(glimpse_config, rpm), ENGINE, -1, INT64_C(1) << 40, "rpm",
      "must be from 0 (no limit) up, or -1 (learned)" },
    { offsetof(glimpse_config, tpm), ENGINE, -1, INT64_C(1) << 40, "tpm",
      "must be from 0 (no limit) up, or -1 (learned)" },
    { offsetof(glimpse_config, connect_timeout_ms), ENGINE, 0, DAY_MS, "connect_timeout_ms",
      "must be from 0 (none) to 24 h" },
    { offsetof(glimpse_config, first_byte_timeout_ms), ENGINE, GLIMPSE_INHERIT, DAY_MS,
      "first_byte_timeout_ms", "must be from 0 (none) to 24 h, or GLIMPSE_INHERIT (the model's)" },
    { offsetof(glimpse_config, idle_timeout_ms), ENGINE, GLIMPSE_INHERIT, DAY_MS, "idle_timeout_ms",
      "must be from 0 (none) to 24 h" },
    { offsetof(glimpse_config, timeout_ms), ENGINE, GLIMPSE_INHERIT, DAY_MS, "timeout_ms",
      "must be from 0 (none) to 24 h" },
    { offsetof(glimpse_config, deadline_ms), ENGINE, 0, 365 * DAY_MS, "deadline_ms",
      "must be from 0 (none) to a year" },
    { offsetof(glimpse_config, packing.window_ms), ENGINE, 0, 60 * 1000, "packing.window_ms",
      "must be from 0 to a minute" },
    { offsetof(glimpse_config, packing.max_drafts), ENGINE, 2, GLIMPSE_PACK_DRAFTS_MAX,
      "packing.max_drafts", "must be from 2 to 128" },
    { offsetof(glimpse_config, packing.max_chars), ENGINE, 1, 1000000, "packing.max_chars",
      "must be from 1 to 1000000" },
    { offsetof(glimpse_config, close_grace_ms), ENGINE, 0, DAY_MS, "close_grace_ms",
      "must be from 0 to 24 h" },
    { offsetof(glimpse_config, key_probe_ms), ENGINE, GLIMPSE_INHERIT, DAY_MS, "key_probe_ms",
      "must be from 0 (never) to 24 h, or GLIMPSE_INHERIT" },
    { offsetof(glimpse_config, hedge_ms), ENGINE, GLIMPSE_HEDGE_P95, DAY_MS, "hedge_ms",
      "must be from 0 (off) to 24 h, or GLIMPSE_HEDGE_P95" },
};

static glimpse_error check_numbers(const glimpse_config *config, glimpse_problem *problem)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!is_read(config, numbers[i].who)) continue;
        int64_t number = *(const int64_t *)(const void *)((const char *)config + numbers[i].offset);
        if (number < numbers[i].min || number > numbers[i].max)
            return gl_refuse(problem, numbers[i].field, numbers[i].sentence);
    }
    if (!(config->temperature >= 0 && config->temperature <= 2))
        return gl_refuse(problem, "temperature", "must be from 0 to 2");
    if (!(config->hedge_budget >= 0 && config->hedge_budget <= 1))
        return gl_refuse(problem, "hedge_budget", "must be from 0 to 1");
    if (config->max_attempts < 1 || config->max_attempts > 1000)
        return gl_refuse(problem, "max_attempts", "must be from 1 to 1000");
    return GLIMPSE_OK;
}

/* Checks the members that are one of some values. */
static glimpse_error check_choices(const glimpse_config *config, glimpse_problem *problem)
{
    static const char one[] = "not one of its values";
    bool asked = asks(config);
    if (asked && (unsigned)config->use_openai > GLIMPSE_USE_OPENAI_NEVER)
        return gl_refuse(problem, "use_openai", one);
    if ((unsigned)config->cache_control > GLIMPSE_CACHE_ONLY)
        return gl_refuse(problem, "cache_control", one);
    if ((unsigned)config->priority > GLIMPSE_PRIORITY_INTERACTIVE)
        return gl_refuse(problem, "priority", one);
    if ((unsigned)config->breaker > GLIMPSE_BREAKER_OFF) return gl_refuse(problem, "breaker", one);
    if (config->omit > (GLIMPSE_OMIT_TEMPERATURE | GLIMPSE_OMIT_MAX_TOKENS |
                        GLIMPSE_OMIT_STREAM_OPTIONS | GLIMPSE_OMIT_RESPONSE_FORMAT))
        return gl_refuse(problem, "omit", "not a sum of its values");
    if ((unsigned)config->log_level >= GLIMPSE_LOG_LEVEL_COUNT)
        return gl_refuse(problem, "log_level", one);
    return GLIMPSE_OK;
}

static glimpse_error check_pool(const glimpse_config *config, glimpse_problem *problem)
{
    if (config->pool == NULL) return GLIMPSE_OK;
    if (config->sampler != NULL)
        return gl_refuse(problem, "pool", "is given beside sampler, which would never be asked");
    glimpse_error error = glimpse_pool_check(config->pool, problem);
    gl_problem_within(problem, "pool");
    return error;
}

glimpse_error glimpse_config_check(const glimpse_config *config, glimpse_problem *problem)
{
    gl_problem_clear(problem);
    glimpse_config whole;
    config = gl_config_read(config, &whole, problem);
    if (config == NULL) return GLIMPSE_ERR_INVALID;
    bool asked = asks(config);
    glimpse_error error = check_choices(config, problem);
    if (error == GLIMPSE_OK && !gl_thresholds_inherit(&config->thresholds))
        error = gl_thresholds_check(&config->thresholds, problem);
    if (error == GLIMPSE_OK && asked) {
        error = gl_endpoint_check(&config->endpoint, problem);
        gl_problem_within(problem, "endpoint");
    }
    if (error == GLIMPSE_OK) error = check_pool(config, problem);
    if (error == GLIMPSE_OK) error = check_model(config->model, problem);
    if (error == GLIMPSE_OK) error = check_numbers(config, problem);
    if (error == GLIMPSE_OK) error = gl_alert_check(&config->alerts, problem);
    if (error == GLIMPSE_OK && asked) {
        const char *reason;
        if (gl_select(config, &reason, problem) == GL_CHOICE_REFUSED) error = GLIMPSE_ERR_INVALID;
    }
    return error;
}
