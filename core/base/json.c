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

static __attribute__((noinline)) const char *blanks_end(const char *at, const char *end)
{
    while (at < end && is_blank(*at)) at++;
    return at;
}

static inline const char *blank_end(const char *at, const char *end)
{
    return at < end && (unsigned char)*at <= ' ' ? blanks_end(at, end) : at;
}

/* --- the check ------------------------------------------------------------------------------- */

/* A container of which members are wanted. */
typedef struct level {
    unsigned within, count; /* the wanted entries of its members */
    unsigned member;        /* the entry of the member that is being read; 0: it is not wanted */
    const char *value;      /* where that one's value begins */
} level;

/* The state of the check. A step gets the place where it begins and returns the one behind it; NULL
 * with `error` and `fault` set where it fails. */
typedef struct reader {
    const char *end, *fault;
    gl_json_error error;
    const gl_json_wanted *wanted; /* NULL: nothing is */
    gl_json *out;
    level levels[GL_JSON_WANTED_DEPTH];
} reader;

static const char *fail(reader *r, const char *at, gl_json_error error)
{
    r->error = error;
    r->fault = at;
    return NULL;
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
static const char *fail_here(reader *r, const char *at)
{
    size_t used;
    if (at == r->end) return fail(r, at, GL_JSON_CUT);
    bool is_utf8 = gl_utf8_decode(at, (size_t)(r->end - at), &used) != GL_UTF8_BAD;
    return fail(r, at, is_utf8 ? GL_JSON_SYNTAX : GL_JSON_UTF8);
}

static inline const char *expect(reader *r, const char *at, char c)
{
    if (at == r->end || *at != c) return fail_here(r, at);
    return at + 1;
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* at is on the backslash. */
static const char *check_escape(reader *r, const char *at)
{
    at++;
    if (at == r->end) return fail(r, at, GL_JSON_CUT);
    switch (*at) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 1;
    case 'u':
        at++;
        for (int i = 0; i < 4; i++, at++)
            if (at == r->end || !is_hex(*at)) return fail_here(r, at);
        return at;
    default:
        return fail_here(r, at);
    }
}

/* Checks characters beyond ASCII, of which the first is at `at`. */
static const char *check_characters(reader *r, const char *at)
{
    do {
        size_t used;
        if (gl_utf8_decode(at, (size_t)(r->end - at), &used) == GL_UTF8_BAD)
            return fail(r, at, is_cut_character(at, r->end) ? GL_JSON_CUT : GL_JSON_UTF8);
        at += used;
    } while (at < r->end && (unsigned char)*at >= 0x80);
    return at;
}

/* Checks the rest of a string that is not all plain. */
static __attribute__((noinline)) const char *check_rest(reader *r, const char *at)
{
    for (;;) {
        if (at == r->end) return fail(r, at, GL_JSON_CUT);
        unsigned char c = (unsigned char)*at;
        if (c == '"') return at + 1;
        if (c < 0x20) return fail(r, at, GL_JSON_SYNTAX);
        at = c == '\\' ? check_escape(r, at) : check_characters(r, at);
        if (at == NULL) return NULL;
        at = gl_json_run_end(at, r->end);
    }
}

/* at is behind the opening quote. */
static inline const char *check_string(reader *r, const char *at)
{
    at = gl_json_run_end(at, r->end);
    return at < r->end && *at == '"' ? at + 1 : check_rest(r, at);
}

static inline const char *digits_end(const char *at, const char *end)
{
    while (at < end && is_digit(*at)) at++;
    return at;
}

/* Reads one digit at least. */
static const char *check_digits(reader *r, const char *at)
{
    return at == r->end || !is_digit(*at) ? fail_here(r, at) : digits_end(at, r->end);
}

static const char *check_number(reader *r, const char *at)
{
    if (*at == '-') at++;
    if (at < r->end && *at == '0')
        at++; /* a digit behind it is then reported as neither comma nor end */
    else if ((at = check_digits(r, at)) == NULL)
        return NULL;
    if (at < r->end && *at == '.' && (at = check_digits(r, at + 1)) == NULL) return NULL;
    if (at < r->end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < r->end && (*at == '+' || *at == '-')) at++;
        const char *digits = at;
        if ((at = check_digits(r, at)) == NULL) return NULL;
        if (at - digits > EXPONENT_DIGITS) return fail(r, digits, GL_JSON_EXPONENT);
    }
    return at;
}

static inline const char *check_literal(reader *r, const char *at, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - at) >= len && memcmp(at, word, len) == 0) return at + len;
    for (; *word != '\0' && at != NULL; word++) at = expect(r, at, *word);
    return at;
}

/* Checks a value that holds no other value. */
static inline const char *check_scalar(reader *r, const char *at)
{
    if (at == r->end) return fail(r, at, GL_JSON_CUT);
    switch (*at) {
    case '"':
        return check_string(r, at + 1);
    case 'n':
        return check_literal(r, at, "null");
    case 't':
        return check_literal(r, at, "true");
    case 'f':
        return check_literal(r, at, "false");
    default:
        if (*at == '-' || is_digit(*at)) return check_number(r, at);
        return fail_here(r, at);
    }
}

/* *name_end is the place behind the string. */
static inline const char *check_name(reader *r, const char *at, const char **name_end)
{
    if ((at = expect(r, at, '"')) == NULL || (at = check_string(r, at)) == NULL) return NULL;
    *name_end = at;
    at = expect(r, blank_end(at, r->end), ':');
    return at != NULL ? blank_end(at, r->end) : NULL;
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

/* A second value of a name: what was wanted within the first one is forgotten. */
static __attribute__((noinline)) void forget_within(const reader *r, unsigned member)
{
    uint64_t inner = 0; /* a bit an entry */
    for (unsigned i = member; i < GL_JSON_WANTED_MAX; i++) {
        if (i != member && (inner >> i & 1) == 0) continue;
        const gl_json_wanted *w = &r->wanted[i];
        for (unsigned j = 0; j < w->count; j++) inner |= UINT64_C(1) << (w->within + j);
        if (i != member) r->out[i].kind = GL_JSON_NONE;
        if (inner >> i >> 1 == 0) return;
    }
}

/* A name with an escape in it. */
static __attribute__((noinline)) unsigned find_escaped(const reader *r, const level *l,
                                                       gl_slice text)
{
    gl_json name = { GL_JSON_STRING, text };
    for (unsigned i = l->within; i < l->within + l->count; i++)
        if (r->wanted[i].name != NULL && gl_json_string_is(name, r->wanted[i].name)) return i;
    return 0;
}

/* The entry of the member with this name; 0: it is not wanted. A name that is there as it is wanted
 * has no escape. */
static inline unsigned find_wanted(const reader *r, const level *l, gl_slice text)
{
    const char *inside = text.data + 1;
    size_t len = text.len - 2;
    for (unsigned i = l->within; i < l->within + l->count; i++) {
        const gl_json_wanted *w = &r->wanted[i];
        if (w->len != len || w->name == NULL) continue;
        if (len == 0 || (w->name[0] == *inside && memcmp(w->name, inside, len) == 0)) return i;
    }
    return memchr(inside, '\\', len) == NULL ? 0 : find_escaped(r, l, text);
}

/* A member's name, and the beginning of its value. */
static inline void note_member(reader *r, level *l, gl_slice text, const char *value)
{
    l->member = find_wanted(r, l, text);
    l->value = value;
    if (l->member != 0 && r->out[l->member].kind != GL_JSON_NONE) forget_within(r, l->member);
}

/* A container begins that is the value of a wanted member, with its first name or element at `at`.
 * Returns true when something is wanted within it. */
static inline bool enter(reader *r, int depth, bool object, const char *at)
{
    const gl_json_wanted *w = &r->wanted[r->levels[depth].member];
    if (w->count == 0) return false;
    assert(depth + 1 < GL_JSON_WANTED_DEPTH);
    bool first = !object && r->wanted[w->within].name == NULL;
    r->levels[depth + 1] = (level){ w->within, w->count, first ? w->within : 0, at };
    return true;
}

/* The value of the member ends at `end`; an empty list has no first element. The last member of a
 * name counts. */
static inline void keep_member(const reader *r, level *l, const char *end)
{
    if (l->member == 0 || l->value == end) return;
    r->out[l->member] =
        (gl_json){ kind_of(*l->value), gl_slice_of(l->value, (size_t)(end - l->value)) };
    l->member = 0;
}

/* Checks the value at `at`. A turn reads one member or element: its name, then a whole scalar or
 * only the opening bracket; and behind it the brackets that close. */
static const char *check_value(reader *r, const char *at)
{
    uint64_t objects = 0; /* bit 0 is the innermost level: set for an object */
    int depth = 0;
    int looked = r->wanted != NULL ? 0 : -1; /* the innermost level with wanted members */
    for (;;) {
        if ((objects & 1) != 0) {
            const char *name = at, *name_end;
            if ((at = check_name(r, at, &name_end)) == NULL) return NULL;
            if (depth == looked)
                note_member(r, &r->levels[depth], gl_slice_of(name, (size_t)(name_end - name)), at);
        }
        if (at < r->end && (*at == '{' || *at == '[')) {
            if (depth == GL_JSON_DEPTH_MAX) return fail(r, at, GL_JSON_DEPTH);
            bool object = *at == '{';
            objects = objects << 1 | object;
            at = blank_end(at + 1, r->end);
            if (depth == looked && (depth == 0 || r->levels[depth].member != 0) &&
                enter(r, depth, object, at))
                looked++;
            depth++;
            if (at == r->end || *at != ((objects & 1) != 0 ? '}' : ']')) continue;
        } else if ((at = check_scalar(r, at)) == NULL) {
            return NULL;
        }
        for (;;) {
            if (depth == 0) return at;
            if (depth == looked) keep_member(r, &r->levels[depth], at);
            at = blank_end(at, r->end);
            if (at == r->end || *at != ((objects & 1) != 0 ? '}' : ']')) break;
            at++;
            objects >>= 1;
            if (looked == depth--) looked--;
        }
        if ((at = expect(r, at, ',')) == NULL) return NULL;
        at = blank_end(at, r->end);
    }
}

static gl_json_error check(reader *r, gl_slice text, gl_json *root, size_t *at)
{
    const char *start = blank_end(text.data, r->end);
    const char *end = check_value(r, start);
    if (end != NULL) {
        const char *behind = blank_end(end, r->end);
        if (behind == r->end) {
            root->kind = kind_of(*start);
            root->text = gl_slice_of(start, (size_t)(end - start));
            return GL_JSON_OK;
        }
        fail_here(r, behind);
    }
    if (at != NULL) *at = (size_t)(r->fault - text.data);
    return r->error;
}

gl_json_error gl_json_check(gl_slice text, gl_json *root, size_t *at)
{
    reader r;
    if (text.len == 0) text.data = "";
    r.end = text.data + text.len;
    r.wanted = NULL;
    return check(&r, text, root, at);
}

gl_json_error gl_json_check_wanted(gl_slice text, const gl_json_wanted *wanted, gl_json *out,
                                   size_t count, size_t *at)
{
    assert(count <= GL_JSON_WANTED_MAX);
    if (text.len == 0) text.data = "";
    for (size_t i = 0; i < count; i++) out[i] = (gl_json){ .kind = GL_JSON_NONE };
    reader r;
    r.end = text.data + text.len;
    r.wanted = wanted;
    r.out = out;
    r.levels[0].member = 0;
    return check(&r, text, out, at);
}

gl_json_error gl_json_check_members(gl_slice text, gl_json *root, size_t *at,
                                    const char *const *names, gl_json *out, size_t count)
{
    gl_json_wanted wanted[GL_JSON_WANTED_MAX];
    gl_json found[GL_JSON_WANTED_MAX];
    assert(count < GL_JSON_WANTED_MAX);
    wanted[0] = (gl_json_wanted){ .within = 1, .count = (unsigned char)count };
    for (size_t i = 0; i < count; i++)
        wanted[i + 1] = (gl_json_wanted){ names[i], (unsigned char)strlen(names[i]), 0, 0 };
    gl_json_error error = gl_json_check_wanted(text, wanted, found, count + 1, at);
    *root = error == GL_JSON_OK ? found[0] : *root;
    memcpy(out, found + 1, count * sizeof *out);
    return error;
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
            at = gl_json_string_end(at, end);
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
        iter->at = gl_json_string_end(start, iter->end);
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
        iter->at = gl_json_word_end(start, iter->end);
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
        at = gl_json_string_end(start, iter->end);
    else if (value->kind == GL_JSON_OBJECT || value->kind == GL_JSON_ARRAY)
        at = container_end(start, iter->end);
    else
        at = gl_json_word_end(start, iter->end);
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
