/* schema_private.h - shared by the files that make a value of a schema. */
#ifndef MOCK_SCHEMA_PRIVATE_H
#define MOCK_SCHEMA_PRIVATE_H

#include "base/rng.h"
#include "mock/schema.h"

typedef enum mock_keyword {
    MOCK_TYPE,
    MOCK_PROPERTIES,
    MOCK_REQUIRED,
    MOCK_ADDITIONAL,
    MOCK_MIN_PROPERTIES,
    MOCK_ITEMS,
    MOCK_PREFIX_ITEMS,
    MOCK_MIN_ITEMS,
    MOCK_MAX_ITEMS,
    MOCK_UNIQUE_ITEMS,
    MOCK_ENUM,
    MOCK_CONST,
    MOCK_ANY_OF,
    MOCK_ONE_OF,
    MOCK_ALL_OF,
    MOCK_REF,
    MOCK_MIN_LENGTH,
    MOCK_MAX_LENGTH,
    MOCK_FORMAT,
    MOCK_PATTERN,
    MOCK_MINIMUM,
    MOCK_MAXIMUM,
    MOCK_ABOVE,
    MOCK_BELOW,
    MOCK_MULTIPLE_OF,
    MOCK_KEYWORDS
} mock_keyword;

/* A value under way. */
typedef struct maker {
    gl_json root; /* of the schema, for $ref */
    gl_rng rng;
    gl_buf *out;
    size_t steps;    /* values begun, failed ones included: the work has a bound */
    const char *why; /* the last value that could not be made; static */
} maker;

/* schema_scalar.c: a string, an integer or a number. false: there is none. */
bool mock_schema_string(maker *m, const gl_json *keyword);
bool mock_schema_number(maker *m, const gl_json *keyword, bool whole);

/* pattern.c: appends a text that the regular expression (of ECMA-262, without looking around and
 * back) matches, as the inside of a JSON string. false: it is not understood. */
bool mock_pattern_write(gl_slice pattern, gl_rng *rng, gl_buf *out);

#endif
