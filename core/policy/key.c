/*
 * key.c - see key.h; the canonical form is specified in docs/internals/key.md.
 *
 * One pass over the body's tokens writes every value in its one spelling. Where an object closes,
 * its members stand in the output in the body's order; if they are not sorted, they are put in
 * order there and then. Only the outermost object is different: its members are distributed to the
 * four places and the rest.
 *
 * Invariants: `members` holds the members of the objects that are open, innermost last, as offsets
 * into the output. There is no recursion, and at most GL_JSON_DEPTH_MAX levels. An object that is
 * not sorted costs n log n comparisons of names and two copies of its bytes; a sorted one costs
 * nothing more. No number is read as a number.
 */
#include "policy/key.h"

#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/sha256.h"

/* A member as it stands in the output: "name":value from `at`, name_len bytes of name with its
 * quotes, len bytes in all. */
typedef struct member {
    size_t at, name_len, len;
    bool escaped; /* the name has an escape, so its bytes do not sort as its code points do */
} member;

/* An open object or array. */
typedef struct level {
    size_t first; /* the first of its members */
    bool object;
    bool sorted; /* the members so far are sorted */
} level;

struct gl_keyer {
    gl_buf form;     /* the output */
    gl_buf scratch;  /* an object's bytes while they are put in order */
    member *members; /* twice capacity of them: the second half is for merging */
    size_t count, capacity;
    gl_sha256 *sha;
};

enum { PLACES = 4 };

/* The four places of the form, as names with their quotes. */
static const char *const places[PLACES] = { "\"messages\"", "\"model\"", "\"temperature\"",
                                            "\"max_tokens\"" };

/* Members that do not change the sample (OpenAI's chat completions reference). */
static const char *const ignored[] = {
    "\"user\"",   "\"safety_identifier\"", "\"metadata\"",     "\"prompt_cache_key\"",
    "\"stream\"", "\"stream_options\"",    "\"service_tier\"", "\"store\"",
};

gl_keyer *gl_keyer_new(void)
{
    gl_keyer *keyer = gl_calloc(1, sizeof *keyer);
    if (keyer == NULL) return NULL;
    gl_buf_init(&keyer->form, SIZE_MAX);
    gl_buf_init(&keyer->scratch, SIZE_MAX);
    keyer->sha = gl_sha256_new();
    if (keyer->sha == NULL) {
        gl_keyer_free(keyer);
        return NULL;
    }
    return keyer;
}

void gl_keyer_free(gl_keyer *keyer)
{
    if (keyer == NULL) return;
    gl_buf_free(&keyer->form);
    gl_buf_free(&keyer->scratch);
    gl_free(keyer->members);
    gl_sha256_free(keyer->sha);
    gl_free(keyer);
}

/* --- order ----------------------------------------------------------------------------------- */

static gl_slice name_of(const char *form, const member *m)
{
    return gl_slice_of(form + m->at, m->name_len);
}

static int compare_size(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* Compares names by their code points. UTF-8 sorts as its code points do; an escape does not. */
static int compare(const char *form, const member *a, const member *b)
{
    gl_slice left = gl_slice_of(form + a->at + 1, a->name_len - 2);
    gl_slice right = gl_slice_of(form + b->at + 1, b->name_len - 2);
    if (!a->escaped && !b->escaped) {
        size_t shorter = left.len < right.len ? left.len : right.len;
        int order = shorter > 0 ? memcmp(left.data, right.data, shorter) : 0;
        return order != 0 ? order : compare_size(left.len, right.len);
    }
    while (left.len > 0 && right.len > 0) {
        uint32_t l = gl_json_next_code(&left), r = gl_json_next_code(&right);
        if (l != r) return l < r ? -1 : 1;
    }
    return compare_size(left.len, right.len);
}

/* Merges from[low..middle) and from[middle..high), each sorted, to the same place in `to`. */
static void merge(const char *form, const member *from, member *to, const size_t bounds[3])
{
    size_t left = bounds[0], right = bounds[1];
    for (size_t i = bounds[0]; i < bounds[2]; i++) {
        bool take_left = left < bounds[1] &&
                         (right == bounds[2] || compare(form, &from[left], &from[right]) <= 0);
        to[i] = from[take_left ? left++ : right++];
    }
}

/* A stable merge sort, bottom up, of members from index `first` on. */
static void sort(gl_keyer *keyer, size_t first)
{
    size_t count = keyer->count - first;
    member *from = keyer->members + first;
    member *to = keyer->members + keyer->capacity + first;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = count - low > width ? low + width : count;
            size_t high = count - low > 2 * width ? low + 2 * width : count;
            merge(keyer->form.data, from, to, (const size_t[3]){ low, middle, high });
        }
        member *swap = from;
        from = to;
        to = swap;
    }
    if (from != keyer->members + first) memcpy(to, from, count * sizeof *from);
}

/* --- members --------------------------------------------------------------------------------- */

static bool add_member(gl_keyer *keyer, const member *m)
{
    member *members =
        gl_array_room(keyer->members, &keyer->capacity, keyer->count + 1, 16, 2 * sizeof *m);
    if (members == NULL) return false;
    keyer->members = members;
    keyer->members[keyer->count++] = *m;
    return true;
}

/* Writes the name that starts a member. */
static bool begin_member(gl_keyer *keyer, gl_slice name, level *in)
{
    member m = { .at = keyer->form.len };
    gl_json_rewrite_string(&keyer->form, name);
    if (keyer->form.failed) return false;
    m.name_len = keyer->form.len - m.at;
    m.escaped = memchr(keyer->form.data + m.at, '\\', m.name_len) != NULL;
    if (!add_member(keyer, &m)) return false;
    const member *last = &keyer->members[keyer->count - 1];
    if (in->sorted && keyer->count - in->first > 1)
        in->sorted = compare(keyer->form.data, last - 1, last) <= 0;
    return true;
}

/* The innermost member is complete. */
static void end_member(gl_keyer *keyer)
{
    member *m = &keyer->members[keyer->count - 1];
    m->len = keyer->form.len - m->at;
}

/* Appends a member from the scratch buffer, which holds the output from `moved` on. */
static void append_member(gl_keyer *keyer, const member *m, size_t moved)
{
    gl_buf_append(&keyer->form, keyer->scratch.data + (m->at - moved), m->len);
}

/* Moves the output from `at` on to the scratch buffer. */
static bool take_back(gl_keyer *keyer, size_t at)
{
    gl_buf_reset(&keyer->scratch);
    gl_buf_append(&keyer->scratch, keyer->form.data + at, keyer->form.len - at);
    keyer->form.len = at;
    return !keyer->scratch.failed;
}

/* An inner object closes: sorts its members, and takes it off the stack. */
static bool close_object(gl_keyer *keyer, const level *in)
{
    if (!in->sorted) {
        size_t start = keyer->members[in->first].at;
        sort(keyer, in->first);
        if (!take_back(keyer, start)) return false;
        for (size_t i = in->first; i < keyer->count; i++) {
            if (i > in->first) gl_buf_append_char(&keyer->form, ',');
            append_member(keyer, &keyer->members[i], start);
        }
    }
    keyer->count = in->first;
    gl_buf_append_char(&keyer->form, '}');
    return !keyer->form.failed;
}

/* --- the outermost object -------------------------------------------------------------------- */

static bool is_null(const gl_keyer *keyer, const member *m)
{
    size_t skip = m->name_len + 1; /* the colon */
    return m->len - skip == 4 && memcmp(keyer->scratch.data + m->at + skip, "null", 4) == 0;
}

/* Whether a name, in its quotes, is this one; most differ in their first byte. */
static bool is_named(gl_slice name, const char *quoted)
{
    return name.data[1] == quoted[1] && gl_slice_is(name, quoted);
}

static bool is_ignored(gl_slice name)
{
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (is_named(name, ignored[i])) return true;
    return false;
}

/* The body is read: distributes its members, all of them in the output, to their places. */
static bool deal(gl_keyer *keyer, const level *body)
{
    if (!body->sorted) sort(keyer, 0);
    if (!take_back(keyer, 0)) return false;
    const member *placed[PLACES] = { NULL };
    for (size_t i = 0; i < keyer->count; i++) /* the last one of a name counts */
        for (size_t p = 0; p < PLACES; p++)
            if (is_named(name_of(keyer->scratch.data, &keyer->members[i]), places[p]))
                placed[p] = &keyer->members[i];
    for (size_t p = 0; p < PLACES; p++) {
        gl_buf_append_char(&keyer->form, p == 0 ? '[' : ',');
        if (placed[p] == NULL) {
            gl_buf_append_str(&keyer->form, "null");
            continue;
        }
        size_t skip = placed[p]->name_len + 1;
        gl_buf_append(&keyer->form, keyer->scratch.data + placed[p]->at + skip,
                      placed[p]->len - skip);
        /* A null in its place means "absent"; the rest records that it was written. */
        if (is_null(keyer, placed[p])) placed[p] = NULL;
    }
    const char *before = ",{";
    for (size_t i = 0; i < keyer->count; i++) {
        const member *m = &keyer->members[i];
        bool stands = is_ignored(name_of(keyer->scratch.data, m));
        for (size_t p = 0; p < PLACES; p++) stands = stands || placed[p] == m;
        if (stands) continue;
        gl_buf_append_str(&keyer->form, before);
        append_member(keyer, m, 0);
        before = ",";
    }
    gl_buf_append_str(&keyer->form, before[1] == '\0' ? "}]" : "]");
    return !keyer->form.failed;
}

/* --- the pass -------------------------------------------------------------------------------- */

/* Writes the body's members, the outermost braces left out. false: out of memory. */
static bool rewrite(gl_keyer *keyer, gl_json body, level *outermost)
{
    level levels[GL_JSON_DEPTH_MAX];
    size_t depth = 0; /* the innermost level, counted from 0 */
    bool at_name = true;
    gl_json_iter iter = gl_json_tokens(body);
    gl_slice token;
    gl_json_token(&iter, &token); /* the body's own brace */
    levels[0] = (level){ .object = true, .sorted = true };
    for (;;) {
        char c = gl_json_token(&iter, &token);
        level *in = &levels[depth];
        switch (c) {
        case '{':
        case '[':
            gl_buf_append_char(&keyer->form, c);
            at_name = c == '{';
            levels[++depth] = (level){ keyer->count, c == '{', true };
            break;
        case ',':
            if (in->object) end_member(keyer);
            gl_buf_append_char(&keyer->form, ',');
            at_name = in->object;
            break;
        case '}':
            if (keyer->count > in->first) end_member(keyer);
            if (depth == 0) {
                *outermost = *in;
                return !keyer->form.failed;
            }
            if (!close_object(keyer, in)) return false;
            depth--;
            break;
        case ']':
            gl_buf_append_char(&keyer->form, c);
            depth--;
            break;
        case '"':
            if (!at_name)
                gl_json_rewrite_string(&keyer->form, token);
            else if (!begin_member(keyer, token, in))
                return false;
            at_name = false;
            break;
        case ':':
        case 'n':
        case 't':
        case 'f':
            gl_buf_append(&keyer->form, token.data, token.len);
            break;
        default:
            gl_json_rewrite_number(&keyer->form, token);
            break;
        }
    }
}

glimpse_error gl_keyer_canonical(gl_keyer *keyer, gl_json body, gl_slice *form)
{
    if (body.kind != GL_JSON_OBJECT) return GLIMPSE_ERR_BAD_JSON;
    level outermost;
    gl_buf_reset(&keyer->form);
    keyer->count = 0;
    /* Room for most forms, in one piece; numbers may make a form longer than its body. */
    gl_buf_reserve(&keyer->form, body.text.len + 32);
    if (!rewrite(keyer, body, &outermost) || !deal(keyer, &outermost)) return GLIMPSE_ERR_OOM;
    *form = gl_buf_slice(&keyer->form);
    return GLIMPSE_OK;
}

glimpse_error gl_keyer_key(gl_keyer *keyer, gl_json body, glimpse_key *key)
{
    gl_slice form;
    glimpse_error error = gl_keyer_canonical(keyer, body, &form);
    if (error != GLIMPSE_OK) return error;
    return gl_sha256_digest(keyer->sha, &form, 1, key->bytes) ? GLIMPSE_OK : GLIMPSE_ERR_OOM;
}

glimpse_error gl_keyer_identity(gl_keyer *keyer, const glimpse_key *key, gl_slice scope,
                                gl_slice path, glimpse_key *identity)
{
    /* Each part stands behind its length, eight bytes, the lowest first: no byte can move to the
     * next part. */
    gl_slice parts[6];
    unsigned char lengths[3][8];
    const gl_slice given[3] = { gl_slice_of((const char *)key->bytes, sizeof key->bytes), scope,
                                path };
    for (size_t i = 0; i < 3; i++) {
        for (size_t byte = 0; byte < 8; byte++)
            lengths[i][byte] = (unsigned char)((uint64_t)given[i].len >> (8 * byte));
        parts[2 * i] = gl_slice_of((const char *)lengths[i], sizeof lengths[i]);
        parts[2 * i + 1] = given[i];
    }
    bool ok = gl_sha256_digest(keyer->sha, parts, 6, identity->bytes);
    return ok ? GLIMPSE_OK : GLIMPSE_ERR_OOM;
}

/* --- public ---------------------------------------------------------------------------------- */

static glimpse_error check_body(const char *text, size_t len, gl_json *body)
{
    switch (gl_json_check(gl_slice_given(text, len), body, NULL)) {
    case GL_JSON_OK:
        return body->kind == GL_JSON_OBJECT ? GLIMPSE_OK : GLIMPSE_ERR_BAD_JSON;
    case GL_JSON_UTF8:
        return GLIMPSE_ERR_BAD_UTF8;
    default:
        return GLIMPSE_ERR_BAD_JSON;
    }
}

glimpse_error glimpse_key_of_chat(const char *body, size_t len, glimpse_key *key)
{
    gl_json root;
    glimpse_error error = check_body(body, len, &root);
    if (error != GLIMPSE_OK) return error;
    gl_keyer *keyer = gl_keyer_new();
    if (keyer == NULL) return GLIMPSE_ERR_OOM;
    error = gl_keyer_key(keyer, root, key);
    gl_keyer_free(keyer);
    return error;
}

glimpse_error glimpse_key_canonical(const char *body, size_t len, char **out, size_t *out_len)
{
    gl_json root;
    gl_slice form;
    glimpse_error error = check_body(body, len, &root);
    if (error != GLIMPSE_OK) return error;
    gl_keyer *keyer = gl_keyer_new();
    if (keyer == NULL) return GLIMPSE_ERR_OOM;
    error = gl_keyer_canonical(keyer, root, &form);
    if (error == GLIMPSE_OK) {
        *out = gl_strndup(form.data, form.len);
        if (out_len != NULL) *out_len = form.len;
        if (*out == NULL) error = GLIMPSE_ERR_OOM;
    }
    gl_keyer_free(keyer);
    return error;
}

void glimpse_key_hex(const glimpse_key *key, char hex[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof key->bytes; i++) {
        hex[2 * i] = digits[key->bytes[i] >> 4];
        hex[2 * i + 1] = digits[key->bytes[i] & 15];
    }
    hex[64] = '\0';
}
