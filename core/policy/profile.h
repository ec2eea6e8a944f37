/* profile.h - the built-in table of models, and the match of an entry's name with a model's.
 * Pure. */
#ifndef GL_POLICY_PROFILE_H
#define GL_POLICY_PROFILE_H

#include <glimpse/profile.h>

#include "base/slice.h"

/* One entry: the fields that it sets, by the bits of `says`. */
typedef struct gl_profile_entry {
    const char *name;
    unsigned says; /* 1 << glimpse_profile_field */
    glimpse_thresholds thresholds;
    glimpse_price price;
    bool max_completion_tokens, no_max_tokens, temperature, schema, stream_options;
    int64_t limits[3]; /* ms: first byte, idle, total */
} gl_profile_entry;

extern const gl_profile_entry gl_profile_table[];
extern const size_t gl_profile_table_count;

/* Sets every field to its default. */
void gl_profile_default(glimpse_profile *profile);

/* Maps characters that differ only in case to the same one. */
char gl_profile_fold(char c);

/* Returns true when a name of this length, with which the model's name begins, may be its
 * family's. */
bool gl_profile_may_end(gl_slice model, size_t len);

/* Returns a model's own name: "openai/o3-mini" and "ft:o4-mini-2025-04-16:org::id" have it in their
 * middle. */
gl_slice gl_profile_own_name(gl_slice model);

/* Returns the parameters that a draft of this model is sent without: a sum of glimpse_omit. */
unsigned gl_profile_omits(const glimpse_profile *profile);

/* Takes the entry's fields where it fits the model better than those the profile has: call with all
 * entries, in any order. */
void gl_profile_take(glimpse_profile *profile, const gl_profile_entry *entry, bool own,
                     gl_slice model);

#endif
