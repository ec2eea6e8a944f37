/*
 * json_oracle.h - our reader against json-c, for the unit test and the fuzzer.
 *
 * oracle_differs says NULL when the two agree on a text, or may differ on it because json-c is
 * known to be wrong there even when it is strict (json_strict.h); else what differs. Known:
 *   - it takes NaN, Infinity and -Infinity;
 *   - it takes leading zeros (00, -01) and a point without digits on both sides (1. and -.1);
 *   - it takes raw control bytes inside strings and names, and ends a text at a NUL byte;
 *   - JSON_TOKENER_VALIDATE_UTF8 looks at the lead and tail bits only, so it takes overlong forms,
 *     surrogates and what is past U+10FFFF;
 *   - it makes U+FFFD of an escaped lone surrogate, but also of a sound pair for a character whose
 *     lower 16 bits look like one (\ud837\ude00, U+1DE00), and cuts a name at \u0000;
 *   - it clamps integers outside int64 and uint64;
 *   - it knows no limit on an exponent's digits, and counts a scalar as a level of depth.
 */
#ifndef TEST_SUPPORT_JSON_ORACLE_H
#define TEST_SUPPORT_JSON_ORACLE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "json_strict.h"

static inline bool oracle_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Outside strings, at text[i]: a spelling of a number that json-c takes and the grammar does not.
 */
static inline bool oracle_is_odd_number(const char *text, size_t i)
{
    char before = i > 0 ? text[i - 1] : '\0', after = text[i + 1];
    if (text[i] == '0') return oracle_is_digit(after) && !oracle_is_digit(before) && before != '.';
    if (text[i] == '.') return !oracle_is_digit(before) || !oracle_is_digit(after);
    return strncmp(text + i, "NaN", 3) == 0 || strncmp(text + i, "Infinity", 8) == 0;
}

/* Whether the text holds something that json-c wrongly takes. text[len] is NUL. */
static inline bool oracle_is_excused(const char *text, size_t len)
{
    if (gl_utf8_check(text, len) != len || memchr(text, '\0', len) != NULL) return true;
    bool inside = false;
    for (size_t i = 0; i < len; i++) {
        if (inside && (unsigned char)text[i] < 0x20) return true;
        if (!inside && oracle_is_odd_number(text, i)) return true;
        if (inside && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            inside = !inside;
    }
    return false;
}

static inline bool oracle_has_replacement(gl_slice text)
{
    return text.len > 0 && memmem(text.data, text.len, "\xEF\xBF\xBD", 3) != NULL;
}

static inline const char *oracle_compare(gl_json ours, struct json_object *theirs);

static inline const char *oracle_compare_string(gl_json ours, struct json_object *theirs)
{
    gl_buf text;
    const char *their_text = json_object_get_string(theirs);
    gl_slice expected = gl_slice_of(their_text, (size_t)json_object_get_string_len(theirs));
    gl_buf_init(&text, SIZE_MAX);
    gl_json_string_append(ours, &text, NULL);
    bool same = gl_slice_equal(gl_buf_slice(&text), expected);
    gl_buf_free(&text);
    return same || oracle_has_replacement(expected) ? NULL : "a string's text";
}

static inline const char *oracle_compare_number(gl_json ours, struct json_object *theirs)
{
    int64_t integer;
    double number;
    if (ours.kind != GL_JSON_NUMBER) return "number expected";
    if (json_object_is_type(theirs, json_type_int) && gl_json_int64(ours, &integer) &&
        integer != json_object_get_int64(theirs))
        return "an integer";
    if (json_object_is_type(theirs, json_type_double) && gl_json_double(ours, &number) &&
        !(number == json_object_get_double(theirs)))
        return "a double";
    return NULL;
}

static inline const char *oracle_compare_object(gl_json ours, struct json_object *theirs)
{
    struct json_object_iter member;
    const char *differs = NULL;
    /* A name it got wrong it may also fail to see as a repeated one. */
    json_object_object_foreachC(theirs, member)
    {
        if (oracle_has_replacement(gl_slice_str(member.key))) return NULL;
    }
    json_object_object_foreachC(theirs, member)
    {
        if (differs != NULL) continue;
        differs = oracle_compare(gl_json_get(ours, member.key), member.val);
    }
    return differs;
}

static inline const char *oracle_compare(gl_json ours, struct json_object *theirs)
{
    switch (json_object_get_type(theirs)) {
    case json_type_null:
        return ours.kind == GL_JSON_NULL ? NULL : "null expected";
    case json_type_boolean:
        return ours.kind == (json_object_get_boolean(theirs) ? GL_JSON_TRUE : GL_JSON_FALSE)
                   ? NULL
                   : "boolean expected";
    case json_type_int:
    case json_type_double:
        return oracle_compare_number(ours, theirs);
    case json_type_string:
        return ours.kind == GL_JSON_STRING ? oracle_compare_string(ours, theirs)
                                           : "string expected";
    case json_type_object:
        return ours.kind == GL_JSON_OBJECT ? oracle_compare_object(ours, theirs)
                                           : "object expected";
    case json_type_array:
        break;
    }
    if (ours.kind != GL_JSON_ARRAY) return "array expected";
    gl_json_iter iter = gl_json_begin(ours);
    gl_json element;
    size_t i = 0;
    for (; gl_json_next(&iter, NULL, &element); i++) {
        if (i == json_object_array_length(theirs)) return "too many elements";
        const char *differs = oracle_compare(element, json_object_array_get_idx(theirs, i));
        if (differs != NULL) return differs;
    }
    return i == json_object_array_length(theirs) ? NULL : "too few elements";
}

/* See above. text[len] must be readable and NUL, as json-c wants it to see the end of a number. */
static inline const char *oracle_differs(const char *text, size_t len)
{
    gl_json root;
    gl_json_error error = gl_json_check(gl_slice_of(text, len), &root, NULL);
    struct json_object *theirs;
    bool accepted = json_strict_parse(text, len + 1, GL_JSON_DEPTH_MAX + 1, &theirs) != 0;
    const char *differs = NULL;
    if (error == GL_JSON_OK && !accepted) {
        differs = "we accept, json-c does not";
    } else if (error == GL_JSON_OK) {
        /* \u0000 in a name cannot be looked up with a C string on either side. */
        if (strstr(text, "\\u0000") == NULL) differs = oracle_compare(root, theirs);
    } else if (accepted && error != GL_JSON_EXPONENT && error != GL_JSON_DEPTH &&
               !oracle_is_excused(text, len)) {
        differs = "json-c accepts, we do not";
    }
    json_object_put(theirs);
    return differs;
}

#endif
