/*
 * prices.c - the user's file of prices, and the sums.
 *
 * The file: {"MODEL":{"input":0.15,"cached_input":0.075,"output":0.6,"max_output":16384},...}, all
 * in US dollars for a million tokens; cached_input and max_output may be left out. Where there is
 * no output (embeddings) the file must give its price as 0: a missing price is never taken for
 * free. A model of the file takes the place of a profile's whole price.
 */
#include "batch/prices.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "exits.h"
#include "files/whole_file.h"
#include "say.h"

#define PRICES_FILE_MAX ((size_t)1024 * 1024)

/* --- the user's file ------------------------------------------------------------------------- */

/* Writes the file as the profiles that it stands for: {"MODEL":{"price":ROW},...}. */
static void write_profiles(gl_json root, gl_buf *out)
{
    gl_json name, row;
    const char *before = "{";
    for (gl_json_iter at = gl_json_begin(root); gl_json_next(&at, &name, &row); before = ",") {
        gl_buf_append_str(out, before);
        gl_buf_append(out, name.text.data, name.text.len);
        gl_buf_append_str(out, ":{\"price\":");
        gl_buf_append(out, row.text.data, row.text.len);
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_str(out, *before == '{' ? "{}" : "}");
}

static int read_rows(price_list *prices, gl_json root, const char *path)
{
    glimpse_problem problem;
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    write_profiles(root, &text);
    glimpse_error error = GLIMPSE_ERR_OOM;
    if (!text.failed)
        error = glimpse_profiles_new(text.data, glimpse_length(text.len), &prices->own, &problem);
    gl_buf_free(&text);
    if (error == GLIMPSE_OK) return 0;
    say("--prices: %s: %s", path, problem.sentence);
    return error == GLIMPSE_ERR_OOM ? EXIT_OS_LIMIT : EXIT_VALUE;
}

int prices_read(price_list *prices, const char *path, const glimpse_profiles *profiles)
{
    memset(prices, 0, sizeof *prices);
    prices->profiles = profiles;
    if (path == NULL) return 0;
    const char *problem;
    size_t len, at = 0;
    char *text = whole_file_read(path, PRICES_FILE_MAX, &len, &problem);
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
        code = read_rows(prices, root, path);
    gl_free(text);
    return code;
}

void prices_free(price_list *prices)
{
    glimpse_profiles_unref(prices->own);
    memset(prices, 0, sizeof *prices);
}

/* --- finding --------------------------------------------------------------------------------- */

/* Finds a price, and the length of its name: all of the model's, or without its date. NULL and 0:
 * there is none. */
static const model_price *find(const glimpse_profiles *profiles, bool own, gl_slice model,
                               size_t *len)
{
    glimpse_profile profile;
    glimpse_profile_init(&profile);
    glimpse_profiles_find(profiles, model.data, glimpse_length(model.len), &profile);
    bool found = profile.price != NULL && (!own || profile.from[GLIMPSE_PROFILE_PRICE].own);
    *len = found ? strlen(profile.from[GLIMPSE_PROFILE_PRICE].entry) : 0;
    return found ? profile.price : NULL;
}

const model_price *prices_find(const price_list *prices, gl_slice model)
{
    if (model.len == 0) return NULL;
    size_t own_len = 0, len;
    const model_price *own = prices->own != NULL ? find(prices->own, true, model, &own_len) : NULL;
    const model_price *known = find(prices->profiles, false, model, &len);
    /* A profile of the very name, with its date, is nearer than a price of the name without it. */
    return own != NULL && own_len >= len ? own : known;
}

const model_price *prices_recall(price_list *prices, gl_slice model)
{
    for (size_t i = 0; i < prices->recent_count; i++)
        if (gl_slice_is(model, prices->recent[i].model)) return prices->recent[i].price;
    const model_price *price = prices_find(prices, model);
    if (model.len >= PRICES_MODEL_SIZE ||
        (model.len > 0 && memchr(model.data, '\0', model.len) != NULL))
        return price;
    if (prices->recent_count < PRICES_RECENT) prices->recent_count++;
    recent_price *entry = &prices->recent[prices->next];
    prices->next = (prices->next + 1) % PRICES_RECENT;
    if (model.len > 0) memcpy(entry->model, model.data, model.len);
    entry->model[model.len] = '\0';
    entry->price = price;
    return price;
}

/* --- sums ------------------------------------------------------------------------------------ */

#define MILLION 1e6

double price_of(const model_price *price, const glimpse_bill *bill)
{
    double cached = price->cached_input >= 0 ? price->cached_input : price->input;
    return ((double)(bill->prompt_tokens - bill->cached_tokens) * price->input +
            (double)bill->cached_tokens * cached +
            (double)bill->completion_tokens * price->output) /
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
