/* settings.c - see settings.h. */
#include "mock/settings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/json.h"
#include "mock/spec.h"

#define CENTURY_MS 3155760000000.0 /* as the command line has it */

typedef enum kind { TEXT, COUNT, REAL, TIME, SWITCH, SEED } kind;

/* clang-format off */
static const struct setting {
    const char *name;
    kind kind;
    size_t at;
} settings[] = {
#define ROW(name, kind, member) { name, kind, offsetof(mock_options, member) }
    ROW("latency", TEXT, latency),
    ROW("ttft", TEXT, ttft),
    ROW("token-rate", REAL, token_rate),
    ROW("token-gap", TEXT, token_gap),
    ROW("piece-tokens", COUNT, piece_tokens),
    ROW("max-body", COUNT, max_body),
    ROW("prefill-rate", REAL, prefill_rate),
    ROW("slowdown", TEXT, slowdown),
    ROW("fault", TEXT, fault),
    ROW("retry-after", TEXT, retry_after),
    ROW("outage", TEXT, outage),
    ROW("stall", TEXT, stall),
    ROW("capacity", COUNT, capacity),
    ROW("queue", COUNT, queue),
    ROW("refuse", TEXT, refuse),
    ROW("reset-errors", SWITCH, reset_errors),
    ROW("close-after", COUNT, close_after),
    ROW("times", SWITCH, times),
    ROW("quota-after", COUNT, quota_after),
    ROW("rpm", COUNT, rpm),
    ROW("tpm", COUNT, tpm),
    ROW("batch-latency", TIME, batch_latency_ms),
    ROW("batch-fault", TEXT, batch_fault),
    ROW("enqueued-tokens", COUNT, enqueued_tokens),
    ROW("models", TEXT, models),
    ROW("script", TEXT, script),
    ROW("reasoning", COUNT, reasoning),
    ROW("replay-speed", REAL, replay_speed),
    ROW("seed", SEED, seed),
#undef ROW
};
/* clang-format on */

#define SETTINGS (sizeof settings / sizeof settings[0])

static void *place(mock_options *options, const struct setting *row)
{
    return (char *)options + row->at;
}

static const void *value(const mock_options *options, const struct setting *row)
{
    return (const char *)options + row->at;
}

static const char *text_of(const mock_options *options, const struct setting *row)
{
    return *(const char *const *)value(options, row);
}

/* --- copies ----------------------------------------------------------------------------------- */

/* A copy owns its texts. */
static void free_text(mock_options *options, const struct setting *row)
{
    const char **at = place(options, row);
    gl_free((char *)(uintptr_t)*at);
    *at = NULL;
}

void mock_settings_free(mock_options *options)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (settings[i].kind == TEXT) free_text(options, &settings[i]);
}

bool mock_settings_copy(mock_options *to, const mock_options *from)
{
    bool whole = true;
    *to = *from;
    for (size_t i = 0; i < SETTINGS; i++) {
        const char *text = settings[i].kind == TEXT ? text_of(from, &settings[i]) : NULL;
        if (settings[i].kind != TEXT) continue;
        char *copy = text != NULL ? gl_strndup(text, strlen(text)) : NULL;
        *(const char **)place(to, &settings[i]) = copy;
        whole &= (copy != NULL) == (text != NULL);
    }
    if (!whole) mock_settings_free(to);
    return whole;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void write_value(const mock_options *options, const struct setting *row, gl_buf *out)
{
    switch (row->kind) {
    case TEXT:
        gl_json_write_string(out, gl_slice_str(text_of(options, row)));
        break;
    case COUNT:
        gl_buf_append_i64(out, *(const int64_t *)value(options, row));
        break;
    case SEED:
        gl_buf_append_u64(out, *(const uint64_t *)value(options, row));
        break;
    case REAL:
        gl_json_write_double(out, *(const double *)value(options, row));
        break;
    case TIME:
        gl_buf_printf(out, "\"%" PRId64 "ms\"", *(const int64_t *)value(options, row));
        break;
    case SWITCH:
        gl_buf_append_str(out, *(const bool *)value(options, row) ? "true" : "false");
        break;
    }
}

void mock_settings_write(const mock_options *options, gl_buf *out)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        gl_buf_append_str(out, i == 0 ? "{\"" : ",\"");
        gl_buf_append_str(out, settings[i].name);
        gl_buf_append_str(out, "\":");
        write_value(options, &settings[i], out);
    }
    gl_buf_append_char(out, '}');
}

static bool read_text(mock_options *options, const struct setting *row, gl_json json)
{
    gl_buf text;
    if (json.kind != GL_JSON_STRING && json.kind != GL_JSON_NULL) return false;
    gl_buf_init(&text, SIZE_MAX);
    if (json.kind == GL_JSON_STRING) gl_json_string_append(json, &text, NULL);
    bool read = gl_buf_terminate(&text) && strlen(text.data) == text.len;
    char *copy = read ? gl_strndup(text.data, text.len) : NULL;
    gl_buf_free(&text);
    if (copy == NULL) return false;
    free_text(options, row);
    *(const char **)place(options, row) = copy;
    return true;
}

static bool read_time(int64_t *ms, gl_json json)
{
    double number;
    gl_slice unit;
    if (json.kind != GL_JSON_STRING) return false;
    gl_slice text = gl_slice_of(json.text.data + 1, json.text.len - 2);
    if (!mock_spec_number(text, &number, &unit)) return false;
    if (gl_slice_is(unit, "s"))
        number *= 1000;
    else if (!gl_slice_is(unit, "ms") && !(unit.len == 0 && number == 0))
        return false;
    if (number > CENTURY_MS) return false;
    *ms = (int64_t)ceil(number);
    return true;
}

static bool read_seed(uint64_t *seed, gl_json json)
{
    int64_t number;
    if (!gl_json_int64(json, &number) || number < 0) return false;
    *seed = (uint64_t)number;
    return true;
}

/* NULL: it was taken over; else the values that the setting takes. */
static const char *read_value(mock_options *options, const struct setting *row, gl_json json)
{
    switch (row->kind) {
    case TEXT:
        return read_text(options, row, json) ? NULL : "a string, or null";
    case COUNT:
        return gl_json_int64(json, place(options, row)) ? NULL : "a whole number";
    case SEED:
        return read_seed(place(options, row), json) ? NULL : "a whole number from 0 on";
    case REAL:
        return gl_json_double(json, place(options, row)) ? NULL : "a number";
    case TIME:
        return read_time(place(options, row), json) ? NULL : "a time, as \"1500ms\" or \"2s\"";
    case SWITCH:
        *(bool *)place(options, row) = json.kind == GL_JSON_TRUE;
        return json.kind == GL_JSON_TRUE || json.kind == GL_JSON_FALSE ? NULL : "true or false";
    }
    return "nothing";
}

bool mock_settings_change(mock_options *options, gl_slice json, char *problem, size_t problem_size)
{
    gl_json root, name, member;
    if (gl_json_check(json, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT) {
        snprintf(problem, problem_size, "settings are a JSON object, as {\"latency\":\"50ms\"}");
        return false;
    }
    gl_json_iter iter = gl_json_begin(root);
    while (gl_json_next(&iter, &name, &member)) {
        size_t i = 0;
        while (i < SETTINGS && !gl_json_string_is(name, settings[i].name)) i++;
        const char *takes = i < SETTINGS ? read_value(options, &settings[i], member) : NULL;
        if (i < SETTINGS && takes == NULL) continue;
        if (i < SETTINGS)
            snprintf(problem, problem_size, "%s: takes %s", settings[i].name, takes);
        else
            snprintf(problem, problem_size, "%.*s: no such setting; GET shows them all",
                     (int)(name.text.len < 60 ? name.text.len : 60), name.text.data);
        return false;
    }
    return true;
}
