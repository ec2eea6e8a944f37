/*
 * prices.c - the user's file of prices, and the sums. Called by cost.c.
 *
 * The file: {"MODEL":{"input":0.15,"cached_input":0.075,"output":0.6,"max_output":16384},...}, all
 * in US dollars for a million tokens; cached_input and max_output may be left out. Where there is
 * no output (embeddings) its price is 0, and the file says so: what is left out is never taken for
 * free. A model of the file takes the place of a profile's whole price.
 */
#include "prices.h"

#include <string.h>

#include "base/alloc.h"
#include "config_file.h"
#include "exits.h"
#include "say.h"

#define PRICES_FILE_MAX ((size_t)1024 * 1024)
/* A dollar a token is thousands of times what any model costs: more is a slip of the unit. */
#define DOLLARS_MAX 1e6
#define TOKENS_MAX  1e9

/* --- the user's file ------------------------------------------------------------------------- */

/* A price or a count, from 0 to most; absent is the default (below 0 where it must not be absent).
 */
static bool read_number(gl_json value, double absent, double most, double *out)
{
    *out = absent;
    if (value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL) return true;
    return value.kind == GL_JSON_NUMBER && gl_json_double(value, out) && *out >= 0 && *out <= most;
}

/* NULL, or what is wrong with the row. */
static const char *read_price(gl_json row, model_price *out)
{
    static const char *const names[] = { "input", "output", "cached_input", "max_output" };
    gl_json found[4], name, value;
    if (row.kind != GL_JSON_OBJECT) return "not an object";
    for (gl_json_iter at = gl_json_begin(row); gl_json_next(&at, &name, &value);) {
        size_t i = 0;
        while (i < 4 && !gl_json_string_is(name, names[i])) i++;
        if (i == 4) return "has a member that is none of input, output, cached_input, max_output";
    }
    gl_json_get_many(row, names, found, 4);
    if (!read_number(found[0], -1, DOLLARS_MAX, &out->input) || out->input < 0)
        return "needs \"input\", dollars for a million tokens, 0 to 1000000";
    if (!read_number(found[1], -1, DOLLARS_MAX, &out->output) || out->output < 0)
        return "needs \"output\", dollars for a million tokens, 0 to 1000000 (0 where there is "
               "none)";
    if (!read_number(found[2], -1, DOLLARS_MAX, &out->cached_input))
        return "\"cached_input\" is not dollars for a million tokens, 0 to 1000000";
    if (!read_number(found[3], 0, TOKENS_MAX, &out->max_output))
        return "\"max_output\" is not a number of tokens, 0 to 1000000000";
    return NULL;
}

static bool is_there(const price_list *prices, const char *model)
{
    for (size_t i = 0; i < prices->count; i++)
        if (strcmp(prices->own[i].model, model) == 0) return true;
    return false;
}

static int add_rows(price_list *prices, gl_json root, const char *path)
{
    gl_json name, row;
    for (gl_json_iter at = gl_json_begin(root); gl_json_next(&at, &name, &row);) {
        gl_buf model;
        gl_buf_init(&model, 4096);
        gl_json_string_append(name, &model, NULL);
        struct named_price *own = gl_realloc(prices->own, (prices->count + 1) * sizeof *own);
        if (own != NULL) prices->own = own;
        if (own == NULL || !gl_buf_terminate(&model)) {
            gl_buf_free(&model);
            say("--prices: %s: out of memory", path);
            return EXIT_OS_LIMIT;
        }
        struct named_price added = { .model = model.data };
        const char *problem = read_price(row, &added.price);
        if (problem == NULL && is_there(prices, model.data)) problem = "is there twice";
        prices->own[prices->count++] = added;
        if (problem != NULL) {
            say("--prices: %s: %.60s: %s", path, added.model, problem);
            return EXIT_VALUE;
        }
    }
    return 0;
}

int prices_read(price_list *prices, const char *path, const glimpse_profiles *profiles)
{
    memset(prices, 0, sizeof *prices);
    prices->profiles = profiles;
    if (path == NULL) return 0;
    const char *problem;
    size_t len, at = 0;
    char *text = file_read_all(path, PRICES_FILE_MAX, &len, &problem);
    if (text == NULL) {
        say("--prices: %s: %s", path, problem);
        return EXIT_VALUE;
    }
    gl_json root;
    int code = EXIT_VALUE;
    gl_json_error error = gl_json_check(gl_slice_of(text, len), &root, &at);
    if (error != GL_JSON_OK)
        say("--prices: %s: not JSON: %s at byte %zu", path, gl_json_error_text(error), at);
    else if (root.kind != GL_JSON_OBJECT)
        say("--prices: %s: not a JSON object of models", path);
    else
        code = add_rows(prices, root, path);
    gl_free(text);
    return code;
}

void prices_free(price_list *prices)
{
    for (size_t i = 0; i < prices->count; i++) gl_free(prices->own[i].model);
    gl_free(prices->own);
    memset(prices, 0, sizeof *prices);
}

/* --- finding --------------------------------------------------------------------------------- */

static bool is_named(const char *name, gl_slice model)
{
    return strlen(name) == model.len && memcmp(name, model.data, model.len) == 0;
}

static const model_price *find_own(const price_list *prices, gl_slice model)
{
    for (size_t i = prices->count; i-- > 0;)
        if (is_named(prices->own[i].model, model)) return &prices->own[i].price;
    return NULL;
}

/* Length without "-2024-07-18" at the end; all of it when there is no such thing. */
static size_t without_date(gl_slice model)
{
    static const char form[] = "-dddd-dd-dd";
    const size_t len = sizeof form - 1;
    if (model.len <= len) return model.len;
    const char *end = model.data + model.len - len;
    for (size_t i = 0; i < len; i++)
        if (form[i] == '-' ? end[i] != '-' : end[i] < '0' || end[i] > '9') return model.len;
    return model.len - len;
}

const model_price *prices_find(const price_list *prices, gl_slice model)
{
    if (model.len == 0) return NULL;
    const model_price *own = find_own(prices, model);
    if (own != NULL) return own;
    glimpse_profile profile;
    glimpse_profile_init(&profile);
    glimpse_profiles_find(prices->profiles, model.data, model.len, &profile);
    const char *entry = profile.from[GLIMPSE_PROFILE_PRICE].entry;
    size_t len = without_date(model);
    /* A profile of the very name, date and all, is nearer than a price of the name without it. */
    if (len < model.len && (entry == NULL || strlen(entry) < model.len))
        own = find_own(prices, gl_slice_of(model.data, len));
    return own != NULL ? own : profile.price;
}

/* --- sums ------------------------------------------------------------------------------------ */

/* A count that may be absent (0). false: it is there and is none. */
static bool read_count(gl_json value, int64_t *out)
{
    *out = 0;
    if (value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL) return true;
    return gl_json_int64(value, out) && *out >= 0;
}

bool billed_read(gl_json body, billed *out)
{
    static const char *const outer[] = { "usage", "service_tier" };
    static const char *const names[] = { "prompt_tokens",         "input_tokens",
                                         "completion_tokens",     "output_tokens",
                                         "prompt_tokens_details", "input_tokens_details" };
    gl_json top[2], found[6];
    gl_json_get_many(body, outer, top, 2);
    gl_json_get_many(top[0], names, found, 6);
    bool new_words = found[0].kind == GL_JSON_NONE;
    gl_json cached = gl_json_get(new_words ? found[5] : found[4], "cached_tokens");
    out->standard = top[1].kind != GL_JSON_STRING || gl_json_string_is(top[1], "default");
    return found[new_words ? 1 : 0].kind == GL_JSON_NUMBER &&
           read_count(found[new_words ? 1 : 0], &out->prompt) &&
           read_count(found[new_words ? 3 : 2], &out->completion) &&
           read_count(cached, &out->cached) && out->cached <= out->prompt;
}

#define MILLION 1e6

double price_of(const model_price *price, const billed *tokens)
{
    double cached = price->cached_input >= 0 ? price->cached_input : price->input;
    return ((double)(tokens->prompt - tokens->cached) * price->input +
            (double)tokens->cached * cached + (double)tokens->completion * price->output) /
           MILLION;
}

double price_bound(const model_price *price, gl_json body)
{
    static const char *const names[] = { "max_tokens", "max_completion_tokens", "max_output_tokens",
                                         "n" };
    gl_json found[4];
    int64_t most = -1, choices = 1, count;
    gl_json_get_many(body, names, found, 4);
    for (int i = 0; i < 3; i++)
        if (gl_json_int64(found[i], &count) && count > most) most = count;
    if (gl_json_int64(found[3], &count) && count > 1) choices = count;
    double output = most >= 0 ? (double)most : price->max_output;
    if (most < 0 && price->max_output <= 0 && price->output > 0) return -1;
    return ((double)body.text.len * price->input + output * (double)choices * price->output) /
           MILLION;
}
