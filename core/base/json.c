/*
 * json.c - see json.h: the grammar. Checks a text once, then walks it.
 *
 * Invariant: gl_json_check is the only function here that doubts its text. The functions below it
 * walk checked text, so they look for the end of a value and never for its correctness. No function
 * calls itself: the check keeps one bit a level in a word, the walk counts brackets. json_scalar.c
 * reads strings and numbers.
 */
#include "base/json.h"

#include <assert.h>
#include <string.h>

#include "base/json_run.h"
#include "base/utf8.h"

#define EXPONENT_DIGITS                                                                            \
    18 /* so that any exponent, and its sum with a text's length, fits int64_t */

static_assert(GL_JSON_DEPTH_MAX == 64, "one bit a level in a uint64_t");

/* --- bytes ----------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *blank_end(const char *at, const char *end)
{
    while (at < end && is_blank(*at)) at++;
    return at;
}

/* --- the check ------------------------------------------------------------------------------- */

/* The state of the check. A step returns false with error set and `at` at the fault. */
typedef struct reader {
    const char *at, *end;
    gl_json_error error;
    const char *const *names; /* members of the outermost object to be kept in `out` */
    gl_json *out;
    size_t count;
} reader;

static bool fail(reader *r, gl_json_error error)
{
    r->error = error;
    return false;
}

/* Returns true when the bytes at..end are the beginning of a character that lacks its end: when
 * some tail completes them. It suffices to try the lowest and the highest tail byte. */
static bool is_cut_character(const char *at, const char *end)
{
    size_t len = (size_t)(end - at), used;
    if (len >= 4) return false;
    for (int tail = 0x80; tail <= 0xBF; tail += 0x3F) {
        char whole[4];
        memset(whole, tail, sizeof whole);
        memcpy(whole, at, len);
        if (gl_utf8_decode(whole, sizeof whole, &used) != GL_UTF8_BAD && used > len) return true;
    }
    return false;
}

/* Fails where the grammar wants another byte. */
static bool fail_here(reader *r)
{
    size_t used;
    if (r->at == r->end) return fail(r, GL_JSON_CUT);
    bool is_utf8 = gl_utf8_decode(r->at, (size_t)(r->end - r->at), &used) != GL_UTF8_BAD;
    return fail(r, is_utf8 ? GL_JSON_SYNTAX : GL_JSON_UTF8);
}

static bool expect(reader *r, char c)
{
    if (r->at == r->end || *r->at != c) return fail_here(r);
    r->at++;
    return true;
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* at is on the backslash. */
static bool check_escape(reader *r)
{
    r->at++;
    if (r->at == r->end) return fail(r, GL_JSON_CUT);
    switch (*r->at) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        r->at++;
        return true;
    case 'u':
        r->at++;
        for (int i = 0; i < 4; i++, r->at++)
            if (r->at == r->end || !is_hex(*r->at)) return fail_here(r);
        return true;
    default:
        return fail_here(r);
    }
}

/* at is behind the opening quote. */
static bool check_string(reader *r)
{
    for (;;) {
        r->at = gl_json_run_end(r->at, r->end);
        if (r->at == r->end) return fail(r, GL_JSON_CUT);
        unsigned char c = (unsigned char)*r->at;
        if (c == '"') {
            r->at++;
            return true;
        }
        if (c == '\\') {
            if (!check_escape(r)) return false;
        } else if (c < 0x20) {
            return fail(r, GL_JSON_SYNTAX);
        } else {
            do {
                size_t used;
                if (gl_utf8_decode(r->at, (size_t)(r->end - r->at), &used) == GL_UTF8_BAD)
                    return fail(r, is_cut_character(r->at, r->end) ? GL_JSON_CUT : GL_JSON_UTF8);
                r->at += used;
            } while (r->at < r->end && (unsigned char)*r->at >= 0x80);
        }
    }
}

/* Reads one digit at least. */
static bool check_digits(reader *r)
{
    if (r->at == r->end || !is_digit(*r->at)) return fail_here(r);
    while (r->at < r->end && is_digit(*r->at)) r->at++;
    return true;
}

static bool check_number(reader *r)
{
    if (*r->at == '-') r->at++;
    if (r->at < r->end && *r->at == '0')
        r->at++; /* a digit behind it is then reported as neither comma nor end */
    else if (!check_digits(r))
        return false;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!check_digits(r)) return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
        const char *digits = r->at;
        if (!check_digits(r)) return false;
        if (r->at - digits > EXPONENT_DIGITS) {
            r->at = digits;
            return fail(r, GL_JSON_EXPONENT);
        }
    }
    return true;
}

static bool check_literal(reader *r, const char *word)
{
    for (; *word != '\0'; word++)
        if (!expect(r, *word)) return false;
    return true;
}

/* Checks a value that holds no other value. */
static bool check_scalar(reader *r)
{
    if (r->at == r->end) return fail(r, GL_JSON_CUT);
    switch (*r->at) {
    case '"':
        r->at++;
        return check_string(r);
    case 'n':
        return check_literal(r, "null");
    case 't':
        return check_literal(r, "true");
    case 'f':
        return check_literal(r, "false");
    default:
        if (*r->at == '-' || is_digit(*r->at)) return check_number(r);
        return fail_here(r);
    }
}

/* *name is the whole string. */
static bool check_name(reader *r, gl_slice *name)
{
    name->data = r->at;
    if (!expect(r, '"') || !check_string(r)) return false;
    name->len = (size_t)(r->at - name->data);
    r->at = blank_end(r->at, r->end);
    if (!expect(r, ':')) return false;
    r->at = blank_end(r->at, r->end);
    return true;
}

static gl_json_kind kind_of(char first)
{
    switch (first) {
    case '{':
        return GL_JSON_OBJECT;
    case '[':
        return GL_JSON_ARRAY;
    case '"':
        return GL_JSON_STRING;
    case 'n':
        return GL_JSON_NULL;
    case 't':
        return GL_JSON_TRUE;
    case 'f':
        return GL_JSON_FALSE;
    default:
        return GL_JSON_NUMBER;
    }
}

/* Tells most names apart by their first two bytes. An escape says nothing, nor does the quote that
 * ends a shorter name. */
static inline bool may_be(gl_json string, const char *name)
{
    const char *inside = string.text.data + 1;
    if (inside[0] == '\\' || inside[0] == '"') return true;
    return inside[0] == name[0] && (inside[1] == name[1] || inside[1] == '\\' || inside[1] == '"');
}

/* A member of the outermost object: its name, and where its value begins. */
typedef struct top_member {
    gl_slice name;
    const char *value;
} top_member;

/* The value of the member ends at `at`. The last member of a name counts. */
static void keep_member(const reader *r, top_member *m)
{
    gl_json name = { GL_JSON_STRING, m->name };
    for (size_t i = 0; i < r->count; i++)
        if (may_be(name, r->names[i]) && gl_json_string_is(name, r->names[i]))
            r->out[i] =
                (gl_json){ kind_of(*m->value), gl_slice_of(m->value, (size_t)(r->at - m->value)) };
    m->name.len = 0;
}

/* Checks the value at `at`. A turn reads one member or element: its name, then a whole scalar or
 * only the opening bracket; and behind it the brackets that close. */
static bool check_value(reader *r)
{
    uint64_t objects = 0; /* bit 0 is the innermost level: set for an object */
    int depth = 0;
    gl_slice name;
    top_member kept = { .name.len = 0 };
    for (;;) {
        if (depth > 0 && (objects & 1) != 0) {
            if (!check_name(r, &name)) return false;
            if (depth == 1) kept = (top_member){ name, r->at };
        }
        if (r->at < r->end && (*r->at == '{' || *r->at == '[')) {
            if (depth == GL_JSON_DEPTH_MAX) return fail(r, GL_JSON_DEPTH);
            depth++;
            objects = objects << 1 | (*r->at == '{');
            r->at = blank_end(r->at + 1, r->end);
            if (r->at == r->end || *r->at != ((objects & 1) != 0 ? '}' : ']')) continue;
        } else if (!check_scalar(r)) {
            return false;
        }
        for (;;) {
            if (depth == 0) return true;
            if (depth == 1 && r->count > 0 && kept.name.len > 0) keep_member(r, &kept);
            r->at = blank_end(r->at, r->end);
            if (r->at == r->end || *r->at != ((objects & 1) != 0 ? '}' : ']')) break;
            r->at++;
            objects >>= 1;
            depth--;
        }
        if (!expect(r, ',')) return false;
        r->at = blank_end(r->at, r->end);
    }
}

static gl_json_error check(reader *r, const char *text, gl_json *root, size_t *at)
{
    r->at = blank_end(r->at, r->end);
    const char *start = r->at;
    bool ok = check_value(r);
    if (ok) {
        const char *end = r->at;
        r->at = blank_end(r->at, r->end);
        if (r->at == r->end) {
            root->kind = kind_of(*start);
            root->text = gl_slice_of(start, (size_t)(end - start));
            return GL_JSON_OK;
        }
        fail_here(r);
    }
    if (at != NULL) *at = (size_t)(r->at - text);
    return r->error;
}

gl_json_error gl_json_check(gl_slice text, gl_json *root, size_t *at)
{
    return gl_json_check_members(text, root, at, NULL, NULL, 0);
}

gl_json_error gl_json_check_members(gl_slice text, gl_json *root, size_t *at,
                                    const char *const *names, gl_json *out, size_t count)
{
    if (text.len == 0) text.data = "";
    for (size_t i = 0; i < count; i++) out[i] = (gl_json){ .kind = GL_JSON_NONE };
    reader r = {
        .at = text.data, .end = text.data + text.len, .names = names, .out = out, .count = count
    };
    return check(&r, text.data, root, at);
}

const char *gl_json_error_text(gl_json_error error)
{
    switch (error) {
    case GL_JSON_OK:
        return "valid JSON";
    case GL_JSON_SYNTAX:
        return "syntax error";
    case GL_JSON_CUT:
        return "ends too early";
    case GL_JSON_UTF8:
        return "not valid UTF-8";
    case GL_JSON_DEPTH:
        return "nested deeper than 64";
    case GL_JSON_EXPONENT:
        return "an exponent of more than 18 digits";
    }
    return "unknown error";
}

gl_json gl_json_checked(gl_slice text)
{
    const char *end = text.data + text.len, *start = blank_end(text.data, end);
    while (end > start && is_blank(end[-1])) end--;
    return (gl_json){ kind_of(*start), gl_slice_of(start, (size_t)(end - start)) };
}

/* --- the walk -------------------------------------------------------------------------------- */

/* Returns the place behind the string that starts at `at`. */
static const char *string_end(const char *at, const char *end)
{
    for (at++;;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        assert(quote != NULL);
        if (quote[-1] != '\\') return quote + 1; /* as nearly all are */
        /* A quote is escaped when an odd number of backslashes stands before it. */
        const char *back = quote;
        while (back > at && back[-1] == '\\') back--;
        at = quote + 1;
        if ((quote - back) % 2 == 0) return at;
    }
}

/* Returns the place behind the number or literal that starts at `at`. */
static const char *word_end(const char *at, const char *end)
{
    do at++;
    while (at < end && *at != ',' && *at != ']' && *at != '}' && !is_blank(*at));
    return at;
}

/* Returns the place behind the container that starts at `at`: counts brackets, jumps over
 * strings. */
static const char *container_end(const char *at, const char *end)
{
    enum { PLAIN, QUOTE, OPENS, CLOSES };
    static const unsigned char kinds[256] = {
        ['"'] = QUOTE, ['{'] = OPENS, ['['] = OPENS, ['}'] = CLOSES, [']'] = CLOSES,
    };
    int depth = 0;
    do {
        unsigned char kind;
        while ((kind = kinds[(unsigned char)*at]) == PLAIN) at++;
        if (kind == QUOTE) {
            at = string_end(at, end);
        } else {
            depth += kind == OPENS ? 1 : -1;
            at++;
        }
    } while (depth > 0);
    return at;
}

gl_json_iter gl_json_tokens(gl_json value)
{
    gl_json_iter iter = { value.text.data, value.text.data + value.text.len };
    return iter;
}

char gl_json_token(gl_json_iter *iter, gl_slice *token)
{
    const char *start = blank_end(iter->at, iter->end);
    if (start == iter->end) return '\0';
    switch (*start) {
    case '"':
        iter->at = string_end(start, iter->end);
        break;
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
        iter->at = start + 1;
        break;
    default:
        iter->at = word_end(start, iter->end);
        break;
    }
    *token = gl_slice_of(start, (size_t)(iter->at - start));
    return *start;
}

/* iter->at is on the opening bracket, or on the comma before the next element, and at the end
 * behind the closing bracket. */
gl_json_iter gl_json_begin(gl_json container)
{
    gl_json_iter iter = { NULL, NULL };
    if (container.kind == GL_JSON_ARRAY || container.kind == GL_JSON_OBJECT)
        iter = gl_json_tokens(container);
    return iter;
}

/* Reads the value at iter->at, blanks before it and behind it. */
static void take_value(gl_json_iter *iter, gl_json *value)
{
    const char *start = blank_end(iter->at, iter->end), *at;
    value->kind = kind_of(*start);
    if (value->kind == GL_JSON_STRING)
        at = string_end(start, iter->end);
    else if (value->kind == GL_JSON_OBJECT || value->kind == GL_JSON_ARRAY)
        at = container_end(start, iter->end);
    else
        at = word_end(start, iter->end);
    value->text = gl_slice_of(start, (size_t)(at - start));
    iter->at = blank_end(at, iter->end);
}

static inline bool next(gl_json_iter *iter, gl_json *name, gl_json *value)
{
    if (iter->at == iter->end) return false;
    iter->at = blank_end(iter->at + 1, iter->end);
    if (iter->at + 1 == iter->end) { /* the closing bracket of an empty container */
        iter->at = iter->end;
        return false;
    }
    /* The closing bracket tells an object from an array. */
    if (iter->end[-1] == '}') {
        gl_json member;
        take_value(iter, &member);
        iter->at++; /* the colon */
        if (name != NULL) *name = member;
    }
    take_value(iter, value);
    if (*iter->at != ',') iter->at = iter->end;
    return true;
}

bool gl_json_next(gl_json_iter *iter, gl_json *name, gl_json *value)
{
    return next(iter, name, value);
}

gl_json gl_json_get(gl_json object, const char *name)
{
    gl_json found;
    gl_json_get_many(object, &name, &found, 1);
    return found;
}

bool gl_json_get_many(gl_json object, const char *const *names, gl_json *out, size_t count)
{
    for (size_t i = 0; i < count; i++) out[i] = (gl_json){ .kind = GL_JSON_NONE };
    if (object.kind != GL_JSON_OBJECT) return false;
    gl_json_iter iter = gl_json_begin(object);
    gl_json name, value;
    bool others = false;
    while (next(&iter, &name, &value)) {
        bool known = false;
        for (size_t i = 0; i < count; i++)
            if (may_be(name, names[i]) && gl_json_string_is(name, names[i])) {
                out[i] = value;
                known = true;
            }
        if (!known) others = true;
    }
    return others;
}
