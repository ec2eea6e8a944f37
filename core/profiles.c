/*
 * profiles.c - the built-in table and a user's entries over it; see <glimpse/profile.h>. Owns the
 * entries that were read and their names.
 */
#include <glimpse/profile.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "policy/profile.h"

/* A dollar a token is thousands of times what any model costs: more is a slip of the unit. */
#define DOLLARS_MAX 1e6
#define TOKENS_MAX  1e9
#define DAY_MS      INT64_C(86400000)

struct glimpse_profiles {
    unsigned references;
    gl_profile_entry *own;
    size_t count;
};

static const char *const field_names[GLIMPSE_PROFILE_FIELD_COUNT] = {
    "thresholds_ms",         "price",           "max_tokens_as", "temperature", "schema",
    "first_byte_timeout_ms", "idle_timeout_ms", "timeout_ms"
};

const char *glimpse_profile_field_name(glimpse_profile_field field)
{
    return (unsigned)field < GLIMPSE_PROFILE_FIELD_COUNT ? field_names[field] : "unknown";
}

void glimpse_profile_init_version(glimpse_profile *profile, uint32_t version)
{
    *profile = (glimpse_profile){ .version = version };
}

/* --- fields of an entry: NULL, or what is wrong ------------------------------------------------
 */

static const char *read_thresholds(gl_json value, glimpse_thresholds *out)
{
    int64_t *const to[] = { &out->t1_ms, &out->t2_ms, &out->t3_ms, &out->t4_ms };
    const char *problem = "must be four numbers of milliseconds that rise strictly";
    gl_json item;
    size_t n = 0;
    if (value.kind != GL_JSON_ARRAY) return problem;
    for (gl_json_iter at = gl_json_begin(value); gl_json_next(&at, NULL, &item); n++)
        if (n == 4 || !gl_json_int64(item, to[n])) return problem;
    return n == 4 && glimpse_thresholds_check(out, NULL) == GLIMPSE_OK ? NULL : problem;
}

/* From 0 to most. false where it is there and is none, or is missing and must not be. */
static bool read_number(gl_json value, double absent, bool needed, double most, double *out)
{
    *out = absent;
    if (value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL) return !needed;
    return value.kind == GL_JSON_NUMBER && gl_json_double(value, out) && *out >= 0 && *out <= most;
}

static const char *read_price(gl_json value, glimpse_price *out)
{
    static const char *const names[] = { "input", "output", "cached_input", "max_output" };
    gl_json found[4], name, ignored;
    if (value.kind != GL_JSON_OBJECT)
        return "must be {\"input\":0.15,\"output\":0.6}, dollars for a million tokens";
    for (gl_json_iter at = gl_json_begin(value); gl_json_next(&at, &name, &ignored);) {
        size_t i = 0;
        while (i < 4 && !gl_json_string_is(name, names[i])) i++;
        if (i == 4) return "has a member that is none of input, output, cached_input, max_output";
    }
    gl_json_get_many(value, names, found, 4);
    if (!read_number(found[0], 0, true, DOLLARS_MAX, &out->input))
        return "needs \"input\", dollars for a million tokens, 0 to 1000000";
    if (!read_number(found[1], 0, true, DOLLARS_MAX, &out->output))
        return "needs \"output\", dollars for a million tokens, 0 to 1000000 (0 where there is "
               "none)";
    if (!read_number(found[2], -1, false, DOLLARS_MAX, &out->cached_input))
        return "\"cached_input\" is not dollars for a million tokens, 0 to 1000000";
    if (!read_number(found[3], 0, false, TOKENS_MAX, &out->max_output))
        return "\"max_output\" is not a number of tokens, 0 to 1000000000";
    return NULL;
}

static const char *read_switch(gl_json value, bool *out)
{
    *out = value.kind == GL_JSON_TRUE;
    return *out || value.kind == GL_JSON_FALSE ? NULL : "must be true or false";
}

static const char *read_field(gl_profile_entry *entry, glimpse_profile_field field, gl_json value)
{
    switch (field) {
    case GLIMPSE_PROFILE_THRESHOLDS:
        return read_thresholds(value, &entry->thresholds);
    case GLIMPSE_PROFILE_PRICE:
        return read_price(value, &entry->price);
    case GLIMPSE_PROFILE_MAX_TOKENS_AS:
        entry->max_completion_tokens = gl_json_string_is(value, "max_completion_tokens");
        return entry->max_completion_tokens || gl_json_string_is(value, "max_tokens")
                   ? NULL
                   : "must be \"max_tokens\" or \"max_completion_tokens\"";
    case GLIMPSE_PROFILE_TEMPERATURE:
        return read_switch(value, &entry->temperature);
    case GLIMPSE_PROFILE_SCHEMA:
        return read_switch(value, &entry->schema);
    case GLIMPSE_PROFILE_FIRST_BYTE_TIMEOUT:
    case GLIMPSE_PROFILE_IDLE_TIMEOUT:
    case GLIMPSE_PROFILE_TIMEOUT: {
        int64_t *limit = &entry->limits[field - GLIMPSE_PROFILE_FIRST_BYTE_TIMEOUT];
        return gl_json_int64(value, limit) && *limit >= 0 && *limit <= DAY_MS
                   ? NULL
                   : "must be milliseconds, from 0 (none) to 24 h";
    }
    case GLIMPSE_PROFILE_FIELD_COUNT:
        break;
    }
    return "is no field";
}

/* --- entries -----------------------------------------------------------------------------------
 */

static bool is_there(const glimpse_profiles *profiles, const char *name)
{
    for (size_t i = 0; i < profiles->count; i++)
        if (strcmp(profiles->own[i].name, name) == 0) return true;
    return false;
}

static glimpse_error refuse(char *problem, size_t size, const char *model, const char *field,
                            const char *what)
{
    if (problem != NULL && size > 0)
        snprintf(problem, size, "%.60s%s%.60s: %s", model, *field != '\0' ? ": " : "", field, what);
    return GLIMPSE_ERR_INVALID;
}

static glimpse_error read_entry(gl_profile_entry *entry, gl_json row, char *problem, size_t size)
{
    gl_json name, value;
    if (row.kind != GL_JSON_OBJECT)
        return refuse(problem, size, entry->name, "", "must be an object");
    for (gl_json_iter at = gl_json_begin(row); gl_json_next(&at, &name, &value);) {
        int field = 0;
        while (field < GLIMPSE_PROFILE_FIELD_COUNT && !gl_json_string_is(name, field_names[field]))
            field++;
        if (field == GLIMPSE_PROFILE_FIELD_COUNT) {
            char unknown[64];
            size_t len = name.text.len - 2; /* without its quotes */
            if (len >= sizeof unknown) len = sizeof unknown - 1;
            memcpy(unknown, name.text.data + 1, len);
            unknown[len] = '\0';
            return refuse(problem, size, entry->name, unknown,
                          "is none of thresholds_ms, price, max_tokens_as, temperature, schema, "
                          "first_byte_timeout_ms, idle_timeout_ms, timeout_ms");
        }
        const char *wrong = (entry->says & 1U << field) != 0
                                ? "is there twice"
                                : read_field(entry, (glimpse_profile_field)field, value);
        if (wrong != NULL) return refuse(problem, size, entry->name, field_names[field], wrong);
        entry->says |= 1U << field;
    }
    return GLIMPSE_OK;
}

static glimpse_error add_entry(glimpse_profiles *profiles, gl_json name, gl_json row, char *problem,
                               size_t size)
{
    gl_buf text;
    gl_buf_init(&text, 4096);
    gl_json_string_append(name, &text, NULL);
    gl_profile_entry *own = gl_realloc(profiles->own, (profiles->count + 1) * sizeof *own);
    if (own != NULL) profiles->own = own;
    if (own == NULL || !gl_buf_terminate(&text)) {
        gl_buf_free(&text);
        return GLIMPSE_ERR_OOM;
    }
    bool twice = is_there(profiles, text.data);
    gl_profile_entry *entry = &profiles->own[profiles->count++];
    *entry = (gl_profile_entry){ .name = text.data };
    if (twice) return refuse(problem, size, entry->name, "", "is there twice");
    if (text.len == 0) return refuse(problem, size, "\"\"", "", "is no name of a model");
    return read_entry(entry, row, problem, size);
}

static glimpse_error read_text(glimpse_profiles *profiles, gl_slice text, char *problem,
                               size_t size)
{
    gl_json root, name, row;
    size_t at = 0;
    gl_json_error bad = gl_json_check(text, &root, &at);
    if (bad != GL_JSON_OK || root.kind != GL_JSON_OBJECT) {
        if (problem != NULL && bad != GL_JSON_OK)
            snprintf(problem, size, "not JSON: %s at byte %zu", gl_json_error_text(bad), at);
        else if (problem != NULL)
            snprintf(problem, size, "not a JSON object of models");
        return GLIMPSE_ERR_INVALID;
    }
    for (gl_json_iter rows = gl_json_begin(root); gl_json_next(&rows, &name, &row);) {
        glimpse_error error = add_entry(profiles, name, row, problem, size);
        if (error != GLIMPSE_OK) return error;
    }
    return GLIMPSE_OK;
}

glimpse_error glimpse_profiles_new(const char *text, size_t len, glimpse_profiles **profiles,
                                   char *problem, size_t problem_size)
{
    if (profiles == NULL) return GLIMPSE_ERR_INVALID;
    *profiles = NULL;
    if (problem != NULL && problem_size > 0) *problem = '\0';
    glimpse_profiles *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return GLIMPSE_ERR_OOM;
    made->references = 1;
    glimpse_error error = GLIMPSE_OK;
    if (text != NULL) {
        gl_slice all = gl_slice_of(text, len != 0 ? len : strlen(text));
        error = read_text(made, all, problem, problem_size);
    }
    if (error == GLIMPSE_OK)
        *profiles = made;
    else
        glimpse_profiles_unref(made);
    return error;
}

glimpse_profiles *glimpse_profiles_ref(glimpse_profiles *profiles)
{
    profiles->references++;
    return profiles;
}

void glimpse_profiles_unref(glimpse_profiles *profiles)
{
    if (profiles == NULL || --profiles->references > 0) return;
    for (size_t i = 0; i < profiles->count; i++) gl_free((char *)(uintptr_t)profiles->own[i].name);
    gl_free(profiles->own);
    gl_free(profiles);
}

glimpse_error glimpse_profiles_find(const glimpse_profiles *profiles, const char *model, size_t len,
                                    glimpse_profile *profile)
{
    if (model == NULL || profile == NULL || profile->version != GLIMPSE_PROFILE_VERSION)
        return GLIMPSE_ERR_INVALID;
    gl_slice name = gl_slice_of(model, len != 0 ? len : strlen(model));
    gl_profile_default(profile);
    for (size_t i = 0; i < gl_profile_table_count; i++)
        gl_profile_take(profile, &gl_profile_table[i], false, name);
    for (size_t i = 0; profiles != NULL && i < profiles->count; i++)
        gl_profile_take(profile, &profiles->own[i], true, name);
    return GLIMPSE_OK;
}

const char *glimpse_profiles_name(const glimpse_profiles *profiles, size_t index)
{
    if (index < gl_profile_table_count) return gl_profile_table[index].name;
    index -= gl_profile_table_count;
    return profiles != NULL && index < profiles->count ? profiles->own[index].name : NULL;
}
