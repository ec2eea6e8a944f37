/* options.c - see options.h. */
#include "engine/options.h"

#include <string.h>

#include "base/layout.h"
#include "base/utf8.h"
#include "engine/headers.h"
#include "policy/latency.h"
#include "problem.h"

static const glimpse_options usual = {
    .size = sizeof(glimpse_options),
    .temperature = GLIMPSE_INHERIT,
    .max_tokens = GLIMPSE_INHERIT,
    .deadline_ms = GLIMPSE_INHERIT,
    .thresholds = GLIMPSE_THRESHOLDS_INHERIT,
    .fallback = GLIMPSE_INHERIT,
    .priority = GLIMPSE_INHERIT,
    .stream = GLIMPSE_INHERIT,
    .pack = GLIMPSE_INHERIT,
    .coalesce = GLIMPSE_INHERIT,
    .cache_control = GLIMPSE_INHERIT,
    .arrivals = GLIMPSE_INHERIT,
    .max_age_ms = GLIMPSE_INHERIT,
    .max_attempts = GLIMPSE_INHERIT,
};
static const gl_layout options_layout = { .size = sizeof(glimpse_options) };

static const glimpse_observer nobody = { .size = sizeof(glimpse_observer) };
static const gl_layout observer_layout = { .size = sizeof(glimpse_observer) };

void glimpse_options_defaults(glimpse_options *options)
{
    gl_layout_write(&options_layout, options, &usual);
}

void glimpse_observer_defaults(glimpse_observer *observer)
{
    gl_layout_write(&observer_layout, observer, &nobody);
}

static glimpse_error check_choices(const glimpse_options *options, glimpse_problem *problem)
{
    static const struct {
        int most;
        const char *field, *sentence;
    } choices[] = {
        { GLIMPSE_FALLBACK_ALWAYS, "fallback", "must be 0, 1, 2 or GLIMPSE_INHERIT" },
        { 1, "stream", "must be 1, 0 or GLIMPSE_INHERIT" },
        { 1, "pack", "must be 1, 0 or GLIMPSE_INHERIT" },
        { 1, "coalesce", "must be 1, 0 or GLIMPSE_INHERIT" },
        { 1, "arrivals", "must be 1, 0 or GLIMPSE_INHERIT" },
        { GLIMPSE_PRIORITY_INTERACTIVE, "priority", "not one of its values" },
        { GLIMPSE_CACHE_ONLY, "cache_control", "not one of its values" },
    };
    const int values[] = { options->fallback,     options->stream,   options->pack,
                           options->coalesce,     options->arrivals, options->priority,
                           options->cache_control };
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (values[i] < GLIMPSE_INHERIT || values[i] > choices[i].most)
            return gl_refuse(problem, choices[i].field, choices[i].sentence);
    return GLIMPSE_OK;
}

static glimpse_error check(const glimpse_options *options, glimpse_problem *problem)
{
    const char *model = options->model;
    if (model != NULL && gl_utf8_check(model, strlen(model)) != strlen(model))
        return gl_refuse(problem, "model", "is not valid UTF-8");
    double temperature = options->temperature;
    if (temperature != GLIMPSE_INHERIT && !(temperature >= 0 && temperature <= 2))
        return gl_refuse(problem, "temperature", "must be from 0 to 2, or GLIMPSE_INHERIT");
    if (options->max_tokens != GLIMPSE_INHERIT && options->max_tokens < 1)
        return gl_refuse(problem, "max_tokens", "must be at least 1, or GLIMPSE_INHERIT");
    if (options->scope != NULL && options->scope[0] == '\0')
        return gl_refuse(problem, "scope", "is empty; NULL is no scope");
    if (options->caller != NULL && options->caller[0] == '\0')
        return gl_refuse(problem, "caller", "is empty; NULL is no caller");
    if (options->max_attempts != GLIMPSE_INHERIT &&
        (options->max_attempts < 1 || options->max_attempts > 1000))
        return gl_refuse(problem, "max_attempts", "must be from 1 to 1000, or GLIMPSE_INHERIT");
    if (options->max_age_ms < GLIMPSE_INHERIT)
        return gl_refuse(problem, "max_age_ms", "must be from 0 up, or GLIMPSE_INHERIT");
    if (options->deadline_ms < GLIMPSE_INHERIT)
        return gl_refuse(problem, "deadline_ms", "must be from 0 (none) up, or GLIMPSE_INHERIT");
    if (!gl_thresholds_inherit(&options->thresholds) &&
        gl_thresholds_check(&options->thresholds, problem) != GLIMPSE_OK)
        return GLIMPSE_ERR_INVALID;
    const char *fault = gl_headers_check(options->headers, options->header_count);
    if (fault != NULL) return gl_refuse(problem, "headers", fault);
    return check_choices(options, problem);
}

static void inherit(int *value, int from)
{
    if (*value == GLIMPSE_INHERIT) *value = from;
}

glimpse_error gl_options_read(const glimpse_config *config, const glimpse_options *options,
                              glimpse_options *whole, glimpse_problem *problem)
{
    const glimpse_options *given =
        options != NULL ? gl_layout_read(&options_layout, options, &usual, whole) : &usual;
    if (given == NULL) return gl_refuse_size(problem, "glimpse_options_init");
    if (check(given, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    if (given != whole) *whole = *given;
    if (whole->temperature == GLIMPSE_INHERIT) whole->temperature = config->temperature;
    if (whole->max_tokens == GLIMPSE_INHERIT) whole->max_tokens = config->max_tokens;
    if (whole->deadline_ms == GLIMPSE_INHERIT) whole->deadline_ms = config->deadline_ms;
    inherit(&whole->fallback, config->fallback_on);
    inherit(&whole->priority, (int)config->priority);
    inherit(&whole->stream, config->stream);
    inherit(&whole->pack, config->packing.on);
    inherit(&whole->coalesce, config->coalesce);
    inherit(&whole->cache_control, (int)config->cache_control);
    inherit(&whole->arrivals, config->arrivals);
    inherit(&whole->max_attempts, config->max_attempts);
    return GLIMPSE_OK;
}

glimpse_error glimpse_options_check(const glimpse_options *options, glimpse_problem *problem)
{
    glimpse_options room;
    gl_problem_clear(problem);
    if (options == NULL) return gl_refuse(problem, "options", "is NULL");
    const glimpse_options *given = gl_layout_read(&options_layout, options, &usual, &room);
    return given != NULL ? check(given, problem) : gl_refuse_size(problem, "glimpse_options_init");
}

const glimpse_observer *gl_observer_read(const glimpse_observer *observer, glimpse_observer *room)
{
    if (observer == NULL) return &nobody;
    return gl_layout_read(&observer_layout, observer, &nobody, room);
}
