/*
 * json_strict.h - json-c as the judge of a text: what it says with JSON_TOKENER_STRICT, but for the
 * bytes beyond ASCII.
 *
 * Where char is signed, STRICT in json-c 0.17 and 0.18 takes each of them for a control byte. Which
 * character stands in a string does not decide whether a text is JSON: so STRICT judges a copy that
 * has an 'x' for each such byte, and the text itself is read without it.
 */
#ifndef TEST_SUPPORT_JSON_STRICT_H
#define TEST_SUPPORT_JSON_STRICT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* How many of the bytes json-c takes as one value; 0 when it refuses them. */
static inline size_t json_strict_read(const char *text, size_t len, int depth, int flags,
                                      struct json_object **value)
{
    struct json_tokener *tokener = json_tokener_new_ex(depth);
    if (tokener == NULL) abort();
    json_tokener_set_flags(tokener, flags);
    *value = json_tokener_parse_ex(tokener, text, (int)len);
    bool taken = json_tokener_get_error(tokener) == json_tokener_success;
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    return taken ? end : 0;
}

static inline size_t json_strict_judge_ascii(const char *text, size_t len, int depth)
{
    struct json_object *value;
    char *copy = malloc(len);
    if (copy == NULL) abort();
    for (size_t i = 0; i < len; i++) copy[i] = (unsigned char)text[i] < 0x80 ? text[i] : 'x';
    size_t end = json_strict_read(copy, len, depth, JSON_TOKENER_STRICT, &value);
    json_object_put(value);
    free(copy);
    return end;
}

/* The same, of a strict reader. A NUL among the bytes ends the text; a number, true, false and null
 * need one to end. The value is the caller's. */
static inline size_t json_strict_parse(const char *text, size_t len, int depth,
                                       struct json_object **value)
{
    size_t end = json_strict_judge_ascii(text, len, depth);
    if (json_strict_read(text, len, depth, JSON_TOKENER_VALIDATE_UTF8, value) == end) return end;
    json_object_put(*value);
    *value = NULL;
    return 0;
}

#endif
