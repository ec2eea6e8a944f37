/*
 * json.h - strict reader and writer of JSON text (RFC 8259); allocates nothing.
 *
 * Reading is two steps. gl_json_check walks a text once and says whether it is one valid JSON
 * value: grammar, UTF-8, depth at most GL_JSON_DEPTH_MAX, exponents of at most 18 digits. It
 * returns a gl_json: a kind and a slice of the text. All other functions walk such checked slices
 * and cannot fail for their form.
 *
 * Escaped lone surrogates (\ud800) are valid JSON and have no UTF-8 form: reading a string as text
 * says so. No value goes through a double unless the caller asks for one.
 *
 * json.c walks, json_scalar.c reads and writes strings and numbers. docs/internals/json.md explains
 * both.
 */
#ifndef GL_BASE_JSON_H
#define GL_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define GL_JSON_DEPTH_MAX 64

typedef enum gl_json_kind {
    GL_JSON_NONE, /* the value is missing */
    GL_JSON_NULL,
    GL_JSON_FALSE,
    GL_JSON_TRUE,
    GL_JSON_NUMBER,
    GL_JSON_STRING,
    GL_JSON_ARRAY,
    GL_JSON_OBJECT
} gl_json_kind;

/* A checked value. text is its own text, quotes or brackets included, without blanks around. */
typedef struct gl_json {
    gl_json_kind kind;
    gl_slice text;
} gl_json;

typedef enum gl_json_error {
    GL_JSON_OK,
    GL_JSON_SYNTAX,   /* not JSON, or text behind the value */
    GL_JSON_CUT,      /* the text ends before the value does (an empty text too) */
    GL_JSON_UTF8,     /* not valid UTF-8 */
    GL_JSON_DEPTH,    /* nested deeper than GL_JSON_DEPTH_MAX */
    GL_JSON_EXPONENT, /* an exponent of more than 18 digits */
} gl_json_error;

/* Checks the whole text. On success *root is its value. On failure *at (may be NULL) is the offset
 * of the fault. Time linear in len, stack and memory constant. */
gl_json_error gl_json_check(gl_slice text, gl_json *root, size_t *at);

/* The same, and in the same walk what gl_json_get_many finds in the value: names, which differ, and
 * out have `count` items, fewer than GL_JSON_WANTED_MAX. Where the text fails, out is not to be
 * used. */
gl_json_error gl_json_check_members(gl_slice text, gl_json *root, size_t *at,
                                    const char *const *names, gl_json *out, size_t count);

/* A member that is wanted of a text, at any depth. An array of them describes all: entry 0 stands
 * for the whole value, and each entry says which entries are wanted within its own value: `count`
 * of them, from `within` on, behind it. name NULL: the first element of an array. */
typedef struct gl_json_wanted {
    const char *name;
    unsigned char len, within, count; /* len: of the name */
} gl_json_wanted;

/* The name of an entry, ASCII without a backslash, and its length. */
#define GL_JSON_NAME(name) name, sizeof name - 1

/* Most entries, and most entries one within the other. */
#define GL_JSON_WANTED_MAX   64
#define GL_JSON_WANTED_DEPTH 8

/* Checks the whole text, and finds in the same walk what is wanted of it: out[i] for wanted[i],
 * `count` of them, out[0] the whole value; NONE for what is missing, the last of several of one
 * name. Names of one object differ. Where the text fails, out is not to be used. */
gl_json_error gl_json_check_wanted(gl_slice text, const gl_json_wanted *wanted, gl_json *out,
                                   size_t count, size_t *at);

/* "syntax error", "nested deeper than 64", ...; static. */
const char *gl_json_error_text(gl_json_error error);

/* Returns the value of a text that passed the check, without the blanks around it. */
gl_json gl_json_checked(gl_slice text);

/* Walks an array or object: start, then next until it returns false. For an array name may be NULL
 * and is not written. */
typedef struct gl_json_iter {
    const char *at, *end;
} gl_json_iter;
gl_json_iter gl_json_begin(gl_json container);
bool gl_json_next(gl_json_iter *iter, gl_json *name, gl_json *value);

/* Walks the tokens of all levels in one pass, for functions that rewrite a text: a whole string,
 * number or literal, or one of []{},: with no blanks. Returns the token's first byte; '\0' at the
 * end of the value. Start with gl_json_tokens. */
gl_json_iter gl_json_tokens(gl_json value);
char gl_json_token(gl_json_iter *iter, gl_slice *token);

/* Returns the member of an object with this ASCII name; the last one when there are several, as
 * most parsers do. GL_JSON_NONE when it is missing, or `object` is no object. */
gl_json gl_json_get(gl_json object, const char *name);

/* Finds several members in one walk: out[i] for names[i]. Returns true when the object has other
 * members too. */
bool gl_json_get_many(gl_json object, const char *const *names, gl_json *out, size_t count);

/* Returns true when a string value is this text, escapes undone. */
bool gl_json_string_is(gl_json string, const char *text);

/* Appends a string's text to out as UTF-8, escapes undone. Lone surrogates become U+FFFD and set
 * *lone (may be NULL). Appends nothing for other kinds. */
void gl_json_string_append(gl_json string, gl_buf *out, bool *lone);

/* The same for the text between the quotes, or a part of it that cuts no escape. */
void gl_json_text_append(gl_slice inside, gl_buf *out, bool *lone);

/* Takes the next code point of a string off the front of *rest, which starts as the text between
 * the quotes and is not empty. An escaped pair of surrogates is one code point; a lone one is
 * returned as it is (0xD800 to 0xDFFF). */
uint32_t gl_json_next_code(gl_slice *rest);

/* Returns an upper bound of the text's length in bytes. */
static inline size_t gl_json_string_bound(gl_json string)
{
    return string.kind == GL_JSON_STRING ? string.text.len - 2 : 0;
}

/* Returns true for a string that is not empty. */
static inline bool gl_json_has_text(gl_json value)
{
    return value.kind == GL_JSON_STRING && value.text.len > 2;
}

/* Reads a number that is an integer in range, in any spelling (1, 1.0, 1e0). false: it is not. */
bool gl_json_int64(gl_json number, int64_t *out);

/* Gives the nearest double in any locale; false when it is no number or overflows. */
bool gl_json_double(gl_json number, double *out);

/* --- writing --------------------------------------------------------------------------------- */

/* Writes a string with its quotes. text may hold NUL; only necessary escapes are written. Bytes
 * that are not UTF-8 become U+FFFD, so that the output is always valid. */
void gl_json_write_string(gl_buf *out, gl_slice text);

/* The same without the quotes, for a string that is written in pieces. */
void gl_json_write_text(gl_buf *out, gl_slice text);

/* A decimal that reads back as the same double, the shortest of 15 to 17 digits, locale
 * independent, laid out as gl_json_rewrite_number does; null for NaN and infinities. */
void gl_json_write_double(gl_buf *out, double number);

/* Writes the string or number in the one spelling that all its spellings share:
 * docs/internals/key.md. A string has only the necessary escapes, and lone surrogates stay escapes.
 * A number has its exact decimal digits, never through a double, laid out as ECMAScript does (plain
 * from 1e-6 to below 1e21). */
void gl_json_rewrite_string(gl_buf *out, gl_slice string);
void gl_json_rewrite_number(gl_buf *out, gl_slice number);

#endif
