/* profile.c - see profile.h. */
#include "policy/profile.h"

#include <string.h>

#define SAYS(field) (1U << GLIMPSE_PROFILE_##field)
#define PRICE       SAYS(PRICE)
#define SCHEMA      SAYS(SCHEMA)
/* The models refuse max_tokens, and any temperature but their own. Other servers with models of
 * these names take the newer parameter as well, or ignore it. */
#define REASONS (SAYS(MAX_TOKENS_AS) | SAYS(TEMPERATURE))

/*
 * Prices: OpenAI, platform.openai.com/docs/pricing, text tokens, standard tier, as published in
 * November 2025; max_output is "max output tokens" of each model's own page,
 * platform.openai.com/docs/models/MODEL, of the same month. A model whose row has no cached price
 * on that page bills cached tokens as others.
 *
 * Parameters: the families that refuse max_tokens (o1, o3, o4, gpt-5), and OpenAI's models from
 * before gpt-4o-mini and gpt-4o-2024-08-06, which refuse a schema.
 *
 * Thresholds and time limits: none. No figures by model have been measured; --thresholds auto
 * measures them, a file says them.
 */
/* clang-format off */
const gl_profile_entry gl_profile_table[] = {
    { .name = "chatgpt-4o", .says = SCHEMA, .schema = false },
    { .name = "gpt-3.5", .says = SCHEMA, .schema = false },
    { .name = "gpt-4", .says = SCHEMA, .schema = false },
    { .name = "gpt-4.1", .says = PRICE | SCHEMA, .price = { 2.00, 8.00, 0.5, 32768 }, .schema = true },
    { .name = "gpt-4.1-mini", .says = PRICE, .price = { 0.40, 1.60, 0.1, 32768 } },
    { .name = "gpt-4.1-nano", .says = PRICE, .price = { 0.10, 0.40, 0.025, 32768 } },
    { .name = "gpt-4.5", .says = SCHEMA, .schema = true },
    { .name = "gpt-4o", .says = PRICE, .price = { 2.50, 10.00, 1.25, 16384 } },
    { .name = "gpt-4o-2024-05-13", .says = PRICE | SCHEMA, .price = { 5.00, 15.00, -1, 4096 }, .schema = false },
    { .name = "gpt-4o-mini", .says = PRICE, .price = { 0.15, 0.60, 0.075, 16384 } },
    { .name = "gpt-5", .says = PRICE | REASONS, .price = { 1.25, 10.00, 0.125, 128000 }, .max_completion_tokens = true },
    { .name = "gpt-5-chat-latest", .says = PRICE, .price = { 1.25, 10.00, 0.125, 16384 } },
    { .name = "gpt-5-mini", .says = PRICE, .price = { 0.25, 2.00, 0.025, 128000 } },
    { .name = "gpt-5-nano", .says = PRICE, .price = { 0.05, 0.40, 0.005, 128000 } },
    { .name = "gpt-5-pro", .says = PRICE, .price = { 15.00, 120.00, -1, 272000 } },
    { .name = "gpt-5.1", .says = PRICE, .price = { 1.25, 10.00, 0.125, 128000 } },
    { .name = "gpt-5.1-chat-latest", .says = PRICE, .price = { 1.25, 10.00, 0.125, 16384 } },
    { .name = "o1", .says = PRICE | REASONS, .price = { 15.00, 60.00, 7.5, 100000 }, .max_completion_tokens = true },
    { .name = "o1-mini", .says = PRICE | SCHEMA, .price = { 1.10, 4.40, 0.55, 65536 }, .schema = false },
    { .name = "o1-preview", .says = SCHEMA, .schema = false },
    { .name = "o1-pro", .says = PRICE, .price = { 150.00, 600.00, -1, 100000 } },
    { .name = "o3", .says = PRICE | REASONS, .price = { 2.00, 8.00, 0.5, 100000 }, .max_completion_tokens = true },
    { .name = "o3-mini", .says = PRICE, .price = { 1.10, 4.40, 0.55, 100000 } },
    { .name = "o3-pro", .says = PRICE, .price = { 20.00, 80.00, -1, 100000 } },
    { .name = "o4", .says = REASONS, .max_completion_tokens = true },
    { .name = "o4-mini", .says = PRICE, .price = { 1.10, 4.40, 0.275, 100000 } },
};
/* clang-format on */
const size_t gl_profile_table_count = sizeof gl_profile_table / sizeof gl_profile_table[0];

void gl_profile_default(glimpse_profile *profile)
{
    *profile = (glimpse_profile){ .size = sizeof *profile,
                                  .thresholds = GLIMPSE_THRESHOLDS_DEFAULT,
                                  .max_tokens_as = "max_tokens",
                                  .temperature = true,
                                  .schema = true,
                                  .stream_options = true,
                                  .timeout_ms = 600000 };
}

unsigned gl_profile_omits(const glimpse_profile *profile)
{
    unsigned omits = 0;
    if (!profile->temperature) omits |= GLIMPSE_OMIT_TEMPERATURE;
    if (strcmp(profile->max_tokens_as, "none") == 0) omits |= GLIMPSE_OMIT_MAX_TOKENS;
    if (!profile->stream_options) omits |= GLIMPSE_OMIT_STREAM_OPTIONS;
    if (!profile->schema) omits |= GLIMPSE_OMIT_RESPONSE_FORMAT;
    return omits;
}

/* --- names ------------------------------------------------------------------------------------ */

char gl_profile_fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool gl_profile_may_end(gl_slice model, size_t len)
{
    return model.len == len || (model.data[len] != '\0' && strchr("-.:", model.data[len]) != NULL);
}

/* Returns true when the model's name is this one, or continues it. */
static bool begins(gl_slice model, const char *name, size_t len)
{
    if (model.len < len) return false;
    for (size_t i = 0; i < len; i++)
        if (gl_profile_fold(model.data[i]) != gl_profile_fold(name[i])) return false;
    return gl_profile_may_end(model, len);
}

gl_slice gl_profile_own_name(gl_slice model)
{
    for (size_t i = model.len; i-- > 0;)
        if (model.data[i] == '/') {
            model = gl_slice_of(model.data + i + 1, model.len - i - 1);
            break;
        }
    bool tuned = model.len > 3 && memcmp(model.data, "ft:", 3) == 0;
    return tuned ? gl_slice_of(model.data + 3, model.len - 3) : model;
}

static bool is_family_of(const char *name, size_t len, gl_slice model)
{
    if (len == 1 && name[0] == '*') return true;
    return begins(model, name, len) || begins(gl_profile_own_name(model), name, len);
}

/* Returns true when it is this name, or this name with a date behind it: -2024-07-18. */
static bool is_this(const char *name, size_t len, gl_slice model)
{
    static const char form[] = "-dddd-dd-dd";
    if (model.len < len || memcmp(model.data, name, len) != 0) return false;
    if (model.len == len) return true;
    if (model.len - len != sizeof form - 1) return false;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        char c = model.data[len + i];
        if (form[i] == '-' ? c != '-' : c < '0' || c > '9') return false;
    }
    return true;
}

/* --- fields ----------------------------------------------------------------------------------- */

static void set(glimpse_profile *profile, const gl_profile_entry *entry,
                glimpse_profile_field field)
{
    switch (field) {
    case GLIMPSE_PROFILE_THRESHOLDS:
        profile->thresholds = entry->thresholds;
        break;
    case GLIMPSE_PROFILE_PRICE:
        profile->price = &entry->price;
        break;
    case GLIMPSE_PROFILE_MAX_TOKENS_AS:
        profile->max_tokens_as = entry->no_max_tokens           ? "none"
                                 : entry->max_completion_tokens ? "max_completion_tokens"
                                                                : "max_tokens";
        break;
    case GLIMPSE_PROFILE_TEMPERATURE:
        profile->temperature = entry->temperature;
        break;
    case GLIMPSE_PROFILE_SCHEMA:
        profile->schema = entry->schema;
        break;
    case GLIMPSE_PROFILE_FIRST_BYTE_TIMEOUT:
        profile->first_byte_timeout_ms = entry->limits[0];
        break;
    case GLIMPSE_PROFILE_IDLE_TIMEOUT:
        profile->idle_timeout_ms = entry->limits[1];
        break;
    case GLIMPSE_PROFILE_TIMEOUT:
        profile->timeout_ms = entry->limits[2];
        break;
    case GLIMPSE_PROFILE_STREAM_OPTIONS:
        profile->stream_options = entry->stream_options;
        break;
    case GLIMPSE_PROFILE_FIELD_COUNT:
        break;
    }
}

/* "*" is shorter than any name. */
static size_t weight(const char *name)
{
    return strcmp(name, "*") == 0 ? 0 : strlen(name);
}

void gl_profile_take(glimpse_profile *profile, const gl_profile_entry *entry, bool own,
                     gl_slice model)
{
    size_t len = strlen(entry->name);
    bool family = is_family_of(entry->name, len, model), this = is_this(entry->name, len, model);
    if (!family && !this) return;
    for (int i = 0; i < GLIMPSE_PROFILE_FIELD_COUNT; i++) {
        bool fits = i == GLIMPSE_PROFILE_PRICE ? this : family;
        if ((entry->says & 1U << i) == 0 || !fits) continue;
        const char *had = profile->from[i].entry;
        bool had_own = had != NULL && profile->from[i].own;
        if (had_own && !own) continue;
        if (had != NULL && had_own == own && weight(had) > weight(entry->name)) continue;
        profile->from[i].entry = entry->name;
        profile->from[i].own = own;
        set(profile, entry, (glimpse_profile_field)i);
    }
}
