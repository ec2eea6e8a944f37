/* SPDX-License-Identifier: MIT */
/*
 * profile.h - facts about each model (docs/playbook.md section 10): thresholds, prices, the names
 * of parameters, time limits. They are in a built-in table, and over it in the entries of a file of
 * the user's.
 *
 * An entry's name is a family: it fits the model of that name, and models whose name continues it
 * with "-", "." or ":" (gpt-5: gpt-5-mini, gpt-5.1), in any case, without a vendor before a slash
 * and without "ft:". Of several entries the longest name counts, for each field by itself, and the
 * user's before the built-in ones; "*" fits every model. A price fits one model only: the name as
 * it is written, or with a date behind it (-2024-07-18), because a guess costs money.
 */
#ifndef GLIMPSE_PROFILE_H
#define GLIMPSE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glimpse/latency.h>
#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* US dollars for a million tokens. */
typedef struct glimpse_price {
    double input, output;
    double cached_input; /* for prompt tokens that the endpoint had cached; below 0: as input */
    double max_output;   /* tokens: the longest answer of this model; 0: not known */
} glimpse_price;

typedef enum glimpse_profile_field {
    GLIMPSE_PROFILE_THRESHOLDS,
    GLIMPSE_PROFILE_PRICE,
    GLIMPSE_PROFILE_MAX_TOKENS_AS,
    GLIMPSE_PROFILE_TEMPERATURE,
    GLIMPSE_PROFILE_SCHEMA,
    GLIMPSE_PROFILE_FIRST_BYTE_TIMEOUT,
    GLIMPSE_PROFILE_IDLE_TIMEOUT,
    GLIMPSE_PROFILE_TIMEOUT,
    GLIMPSE_PROFILE_STREAM_OPTIONS,
    GLIMPSE_PROFILE_FIELD_COUNT
} glimpse_profile_field;

/* Room for the fields of later versions. */
enum { GLIMPSE_PROFILE_FIELD_ROOM = 24 };

/*
 * Returns the name of a field, as in the file.
 *
 *   field: any value
 *   Returns: "thresholds_ms", "price", "max_tokens_as", ..., static; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_profile_field_name(glimpse_profile_field field);

/* Parameters of a draft or a pack that its author did not write, each of which a server may refuse:
 * bits of glimpse_config.omit. */
typedef enum glimpse_omit {
    GLIMPSE_OMIT_TEMPERATURE = 1,
    GLIMPSE_OMIT_MAX_TOKENS = 2,     /* by either of its names */
    GLIMPSE_OMIT_STREAM_OPTIONS = 4, /* then a stream does not report its usage */
    GLIMPSE_OMIT_RESPONSE_FORMAT = 8 /* then a pack asks for its form in words alone */
} glimpse_omit;

/* The facts about one model. A field that no entry sets has the value of glimpse_config_init, and
 * its `entry` is NULL. */
typedef struct glimpse_profile {
    size_t size; /* set by glimpse_profile_init */
    glimpse_thresholds thresholds;
    const glimpse_price *price; /* NULL: not known. Lives as long as the profiles */
    const char *max_tokens_as;  /* "max_tokens", "max_completion_tokens" or "none" */
    bool temperature;           /* a draft has a temperature */
    bool schema;                /* a pack asks for its answers by a strict JSON schema */
    int64_t first_byte_timeout_ms, idle_timeout_ms, timeout_ms; /* of one attempt; 0 = none */
    bool stream_options; /* a streamed draft asks for its usage */
    struct {
        const char *entry; /* the name of the entry that sets it; lives as long as the profiles */
        bool own;          /* the entry is from a file, not built in */
    } from[GLIMPSE_PROFILE_FIELD_ROOM];
} glimpse_profile;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   profile: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_profile_defaults(glimpse_profile *profile);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   profile: not NULL
 *   Since: 0.1
 */
static inline void glimpse_profile_init(glimpse_profile *profile)
{
    profile->size = sizeof *profile;
    glimpse_profile_defaults(profile);
}

typedef struct glimpse_profiles glimpse_profiles;

/*
 * Makes profiles of the built-in table and, over it, the entries of a text, one JSON object:
 *
 *   {"gpt-4o-mini": {"thresholds_ms": [1200, 2200, 3500, 5500],
 *                    "price": {"input": 0.15, "output": 0.6, "cached_input": 0.075,
 *                              "max_output": 16384},
 *                    "max_tokens_as": "max_tokens", "temperature": true, "schema": true,
 *                    "stream_options": true, "first_byte_timeout_ms": 30000,
 *                    "idle_timeout_ms": 10000, "timeout_ms": 120000}, ...}
 *
 * Each field may be left out; of a price input and output may not. text NULL = no entries.
 *
 *   text: NULL = no entries; borrowed during the call
 *   len: its bytes; 0 = strlen, GLIMPSE_EMPTY = none
 *   profiles: gets the profiles; not NULL
 *   problem: names model and field; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's, one reference: glimpse_profiles_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_profiles_new(const char *text, size_t len,
                                               glimpse_profiles **profiles,
                                               glimpse_problem *problem);

/*
 * Adds an owner.
 *
 *   profiles: not NULL
 *   Returns: the profiles themselves
 *   Since: 0.1
 */
GLIMPSE_API glimpse_profiles *glimpse_profiles_ref(glimpse_profiles *profiles);

/*
 * Removes an owner; the last one frees it.
 *
 *   profiles: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_profiles_unref(glimpse_profiles *profiles); /* NULL is fine */

/*
 * Gives the facts about a model.
 *
 *   profiles: NULL = the built-in table
 *   model: its name; not NULL
 *   len: bytes of the name; 0 = strlen, GLIMPSE_EMPTY = none
 *   profile: set up by glimpse_profile_init; its pointers are valid as long as the profiles
 *   Returns: GLIMPSE_OK; INVALID
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_profiles_find(const glimpse_profiles *profiles, const char *model,
                                                size_t len, glimpse_profile *profile);

/*
 * Returns the name of an entry; the built-in ones come first. A name may be in both, and comes
 * twice then.
 *
 *   profiles: NULL = the built-in table
 *   index: from 0
 *   Returns: the name, as long as the profiles live; NULL from the end on
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_profiles_name(const glimpse_profiles *profiles, size_t index);

#ifdef __cplusplus
}
#endif
#endif
