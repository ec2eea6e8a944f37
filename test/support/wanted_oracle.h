/*
 * wanted_oracle.h - what is wanted of a text, looked for a member at a time, for
 * gl_json_check_wanted to be held against: the walks that it saves.
 */
#ifndef TEST_WANTED_ORACLE_H
#define TEST_WANTED_ORACLE_H

#include <stdbool.h>

#include "base/json.h"

#define WANTED_COUNT 16

/* Names that are there twice, an empty one, first elements within one another, depth. */
static const gl_json_wanted wanted_table[WANTED_COUNT] = {
    { NULL, 0, 1, 5 }, /* 0: the whole */
    { GL_JSON_NAME("a"), 6, 3 },
    { GL_JSON_NAME("id"), 0, 0 },
    { GL_JSON_NAME("model"), 9, 1 }, /* 1 to 3 */
    { GL_JSON_NAME(""), 10, 1 },
    { GL_JSON_NAME("ab"), 11, 1 }, /* 4, 5 */
    { GL_JSON_NAME("a"), 12, 1 },
    { GL_JSON_NAME("ab"), 0, 0 },
    { GL_JSON_NAME(""), 0, 0 },  /* 6 to 8: within "a" */
    { NULL, 0, 13, 2 },          /* 9: first of "model" */
    { GL_JSON_NAME("a"), 0, 0 }, /* 10: within "" */
    { NULL, 0, 15, 1 },          /* 11: first of "ab" */
    { GL_JSON_NAME("a"), 0, 0 }, /* 12: within "a" "a" */
    { GL_JSON_NAME("a"), 0, 0 },
    { GL_JSON_NAME("id"), 0, 0 }, /* 13, 14: within 9 */
    { NULL, 0, 0, 0 },            /* 15: first of 11 */
};

static inline gl_json wanted_within(gl_json value, const char *name)
{
    gl_json first = { .kind = GL_JSON_NONE };
    if (name != NULL) return gl_json_get(value, name);
    gl_json_iter iter = gl_json_begin(value);
    if (value.kind == GL_JSON_ARRAY && !gl_json_next(&iter, NULL, &first))
        first.kind = GL_JSON_NONE;
    return first;
}

/* Whether the check of this text, of which `root` is the value, finds what there is. */
static inline bool wanted_is_found(gl_slice text, gl_json root)
{
    gl_json found[WANTED_COUNT], there[WANTED_COUNT] = { root };
    if (gl_json_check_wanted(text, wanted_table, found, WANTED_COUNT, NULL) != GL_JSON_OK)
        return false;
    for (size_t i = 0; i < WANTED_COUNT; i++) {
        const gl_json_wanted *w = &wanted_table[i];
        for (size_t j = w->within; j < (size_t)w->within + w->count; j++)
            there[j] = wanted_within(there[i], wanted_table[j].name);
        if (found[i].kind != there[i].kind) return false;
        if (there[i].kind != GL_JSON_NONE &&
            (found[i].text.data != there[i].text.data || found[i].text.len != there[i].text.len))
            return false;
    }
    return true;
}

#endif
