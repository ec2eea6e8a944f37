/*
 * profiles.c - the built-in table and a user's entries over it; see <glimpse/profile.h>. Owns the
 * entries that were read and their names.
 */
#include <glimpse/profile.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/index.h"
#include "base/json.h"
#include "base/layout.h"
#include "base/siphash.h"
#include "policy/profile.h"
#include "problem.h"

/* A dollar a token is thousands of times any model's price: a higher price is a slip of the
 * unit. */
#define DOLLARS_MAX 1e6
#define TOKENS_MAX  1e9
#define DAY_MS      INT64_C(86400000)

/* The longest name of an entry. */
#define NAME_MAX_BYTES 4096
/* Entries that fit one model: a family for each part of its name, in few spellings. */
#define HITS_MAX 64

struct glimpse_profiles {
    unsigned references;
    gl_profile_entry *own;
    size_t count, capacity;
    gl_index by_name; /* numbers of the entries, by folded name */
    size_t longest;   /* name */
    gl_siphash_seed seed;
};

static const char *const field_names[GLIMPSE_PROFILE_FIELD_COUNT] = {
    "thresholds_ms",         "price",           "max_tokens_as", "temperature",   "schema",
    "first_byte_timeout_ms", "idle_timeout_ms", "timeout_ms",    "stream_options"
};

const char *glimpse_profile_field_name(glimpse_profile_field field)
{
    return (unsigned)field < GLIMPSE_PROFILE_FIELD_COUNT ? field_names[field] : "unknown";
}

static const gl_layout layout = { .size = sizeof(glimpse_profile) };

void glimpse_profile_defaults(glimpse_profile *profile)
{
    static const glimpse_profile none = { .size = sizeof none };
    gl_layout_write(&layout, profile, &none);
}

/* --- fields of an entry: NULL, or a sentence on the fault
 * --------------------------------------- */

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

/* Reads a number from 0 to most. false: it is present and no such number, or it is needed and
 * missing. */
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
        entry->no_max_tokens = gl_json_string_is(value, "none");
        return entry->max_completion_tokens || entry->no_max_tokens ||
                       gl_json_string_is(value, "max_tokens")
                   ? NULL
                   : "must be \"max_tokens\", \"max_completion_tokens\" or \"none\"";
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
    case GLIMPSE_PROFILE_STREAM_OPTIONS:
        return read_switch(value, &entry->stream_options);
    case GLIMPSE_PROFILE_FIELD_COUNT:
        break;
    }
    return "is no field";
}

/* --- the table of names ------------------------------------------------------------------------
 */

static void fold(const char *name, size_t len, char *folded)
{
    for (size_t i = 0; i < len; i++) folded[i] = gl_profile_fold(name[i]);
}

static bool is_folded(const char *name, const char *folded, size_t len)
{
    if (strlen(name) != len) return false;
    for (size_t i = 0; i < len; i++)
        if (gl_profile_fold(name[i]) != folded[i]) return false;
    return true;
}

static uint64_t hash_of(const void *owner, uint32_t number)
{
    const glimpse_profiles *profiles = owner;
    const char *name = profiles->own[number].name;
    char folded[NAME_MAX_BYTES];
    size_t len = strlen(name);
    fold(name, len, folded);
    return gl_siphash(&profiles->seed, folded, len);
}

static void enter(glimpse_profiles *profiles, size_t number)
{
    size_t len = strlen(profiles->own[number].name);
    gl_index_add(&profiles->by_name, hash_of(profiles, (uint32_t)number), (uint32_t)number);
    if (len > profiles->longest) profiles->longest = len;
}

/* Reserves room for one more entry, here and in the index. */
static bool grow(glimpse_profiles *profiles)
{
    size_t count = profiles->count + 1;
    gl_profile_entry *own =
        gl_array_room(profiles->own, &profiles->capacity, count, 16, sizeof *own);
    if (own == NULL) return false;
    profiles->own = own;
    return gl_index_reserve(&profiles->by_name, count, hash_of, profiles);
}

/* Adds the entries of this folded name to hits. Returns their number, above HITS_MAX where there
 * are too many. */
static size_t look_up(const glimpse_profiles *profiles, const char *folded, size_t len,
                      uint32_t *hits, size_t count)
{
    if (len > profiles->longest) return count;
    uint32_t number;
    gl_index_walk walk =
        gl_index_find(&profiles->by_name, gl_siphash(&profiles->seed, folded, len));
    while (gl_index_next(&walk, &number)) {
        if (!is_folded(profiles->own[number].name, folded, len)) continue;
        if (count < HITS_MAX) hits[count] = number;
        count++;
    }
    return count;
}

/* Adds the entries of each name with which the model's name begins, where it may end. */
static size_t look_up_families(const glimpse_profiles *profiles, gl_slice model, uint32_t *hits,
                               size_t count)
{
    char folded[NAME_MAX_BYTES];
    size_t most = model.len < profiles->longest ? model.len : profiles->longest;
    fold(model.data, most, folded);
    for (size_t len = 1; len <= most; len++)
        if (gl_profile_may_end(model, len)) count = look_up(profiles, folded, len, hits, count);
    return count;
}

/* Sorts the hits by the order of the file, each once. */
static size_t sort(uint32_t *hits, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t hit = hits[i];
        size_t at = kept;
        while (at > 0 && hits[at - 1] > hit) at--;
        if (at > 0 && hits[at - 1] == hit) continue;
        memmove(&hits[at + 1], &hits[at], (kept - at) * sizeof *hits);
        hits[at] = hit;
        kept++;
    }
    return kept;
}

/* Whether a name may begin the model's, by its first and its last byte: most do not. */
static bool may_begin(gl_slice model, const char *name, size_t len)
{
    return model.len >= len &&
           gl_profile_fold(model.data[len - 1]) == gl_profile_fold(name[len - 1]) &&
           gl_profile_fold(model.data[0]) == gl_profile_fold(name[0]);
}

static void take_built_in(gl_slice model, glimpse_profile *profile)
{
    gl_slice own = gl_profile_own_name(model);
    for (size_t i = 0; i < gl_profile_table_count; i++) {
        const gl_profile_entry *entry = &gl_profile_table[i];
        size_t len = strlen(entry->name);
        if (may_begin(own, entry->name, len) ||
            (own.data != model.data && may_begin(model, entry->name, len)))
            gl_profile_take(profile, entry, false, model);
    }
}

static void take_own(const glimpse_profiles *profiles, gl_slice model, glimpse_profile *profile)
{
    uint32_t hits[HITS_MAX];
    if (profiles->count == 0) return;
    size_t count = look_up(profiles, "*", 1, hits, 0);
    count = look_up_families(profiles, model, hits, count);
    count = look_up_families(profiles, gl_profile_own_name(model), hits, count);
    if (count > HITS_MAX) { /* too many spellings: all entries are looked at */
        for (size_t i = 0; i < profiles->count; i++)
            gl_profile_take(profile, &profiles->own[i], true, model);
        return;
    }
    count = sort(hits, count);
    for (size_t i = 0; i < count; i++)
        gl_profile_take(profile, &profiles->own[hits[i]], true, model);
}

static bool is_there(const glimpse_profiles *profiles, const char *name)
{
    char folded[NAME_MAX_BYTES];
    size_t len = strlen(name);
    fold(name, len, folded);
    uint32_t number;
    gl_index_walk walk =
        gl_index_find(&profiles->by_name, gl_siphash(&profiles->seed, folded, len));
    while (gl_index_next(&walk, &number))
        if (strcmp(profiles->own[number].name, name) == 0) return true;
    return false;
}

/* --- entries -----------------------------------------------------------------------------------
 */

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
                          "first_byte_timeout_ms, idle_timeout_ms, timeout_ms, stream_options");
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
    gl_buf_init(&text, NAME_MAX_BYTES - 1);
    gl_json_string_append(name, &text, NULL);
    if (text.too_large) {
        gl_buf_free(&text);
        return refuse(problem, size, "a name", "", "is longer than 4095 bytes");
    }
    if (!grow(profiles) || !gl_buf_terminate(&text)) {
        gl_buf_free(&text);
        return GLIMPSE_ERR_OOM;
    }
    bool twice = is_there(profiles, text.data);
    gl_profile_entry *entry = &profiles->own[profiles->count];
    *entry = (gl_profile_entry){ .name = text.data };
    enter(profiles, profiles->count++);
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
                                   glimpse_problem *problem)
{
    glimpse_problem unread;
    if (problem == NULL) problem = &unread;
    gl_problem_clear(problem);
    if (profiles == NULL) return gl_refuse(problem, "profiles", "is NULL");
    *profiles = NULL;
    glimpse_profiles *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    made->references = 1;
    made->seed = gl_siphash_new_seed();
    glimpse_error error = GLIMPSE_OK;
    if (text != NULL) {
        gl_slice all = gl_slice_given(text, len);
        error = read_text(made, all, problem->sentence, sizeof problem->sentence);
        if (error == GLIMPSE_ERR_INVALID) snprintf(problem->field, sizeof problem->field, "text");
    }
    if (error == GLIMPSE_OK)
        *profiles = made;
    else
        glimpse_profiles_unref(made);
    return gl_problem_of(problem, error);
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
    gl_index_free(&profiles->by_name);
    gl_free(profiles);
}

glimpse_error glimpse_profiles_find(const glimpse_profiles *profiles, const char *model, size_t len,
                                    glimpse_profile *profile)
{
    if (model == NULL || profile == NULL) return GLIMPSE_ERR_INVALID;
    gl_slice name = gl_slice_given(model, len);
    glimpse_profile found;
    gl_profile_default(&found);
    take_built_in(name, &found);
    if (profiles != NULL) take_own(profiles, name, &found);
    return gl_layout_write(&layout, profile, &found) ? GLIMPSE_OK : GLIMPSE_ERR_INVALID;
}

const char *glimpse_profiles_name(const glimpse_profiles *profiles, size_t index)
{
    if (index < gl_profile_table_count) return gl_profile_table[index].name;
    index -= gl_profile_table_count;
    return profiles != NULL && index < profiles->count ? profiles->own[index].name : NULL;
}
