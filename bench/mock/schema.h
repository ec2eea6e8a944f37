/*
 * schema.h - makes a JSON value that a JSON Schema allows. It understands: type, enum, const,
 * properties, required, additionalProperties, minProperties, items, prefixItems, minItems,
 * maxItems, uniqueItems, anyOf, oneOf, allOf, $ref (within the schema), minLength, maxLength,
 * format, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf. Keywords that
 * only describe are passed over; other keywords that could forbid a value are refused. Pure.
 */
#ifndef MOCK_SCHEMA_H
#define MOCK_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

/* Appends a value, on one line without blanks, and returns NULL; or returns the fault of the
 * schema, static, and appends nothing. The same schema and seed make the same value. */
const char *mock_schema_write(gl_json schema, uint64_t seed, gl_buf *out);

#endif
