/*
 * key.c - see key.h; the canonical form is specified in docs/internals/key.md.
 *
 * One pass over the body writes every value in its one spelling to `text`. What is spelled so
 * already is copied in runs, as long as the next member's name. Where an object closes, its members
 * stand in `text` in the body's order; if they are not sorted, they are put in order there and
 * then. Only the outermost object is different: its members go to their places in `form`.
 *
 * Invariants: `members` holds the members of the objects that are open, innermost last, as offsets
 * into `text`. There is no recursion, and at most GL_JSON_DEPTH_MAX levels. An object that is
 * not sorted costs n log n comparisons of names and two copies of its bytes; a sorted one costs
 * nothing more. No number is read as a number.
 */
#include "policy/key.h"

#include <string.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/json_run.h"
#include "base/sha256.h"

/* Where a member of the body stands in the form. The first four are its places. */
typedef enum standing { MESSAGES, MODEL, TEMPERATURE, MAX_TOKENS, REST, LEFT_OUT } standing;
#define PLACES REST

/* A member as it stands in the text: "name":value from `at`, name_len bytes of name with its
 * quotes, len bytes in all. */
typedef struct member {
    size_t at, name_len, len;
    bool escaped;    /* the name has an escape, so its bytes do not sort as its code points do */
    standing stands; /* of the body's own members */
} member;

/* An open object or array. */
typedef struct level {
    size_t first; /* the first of its members */
    bool object;
    bool sorted; /* the members so far are sorted */
} level;

struct gl_keyer {
    gl_buf text;     /* the body's members, in its order */
    gl_buf form;     /* the canonical form */
    gl_buf scratch;  /* an inner object's bytes while they are put in order */
    member *members; /* twice capacity of them: the second half is for merging */
    size_t count, capacity;
    gl_sha256 *sha;
};

/* The pass over a body. */
typedef struct pass {
    gl_buf *out;
    const char *at, *end;
    const char *run; /* the bytes from here to `at` are copied as they are, and are not yet */
} pass;

#define NAMED(name, stands) { "\"" name "\"", sizeof(name) + 1, stands }

/* The four, and the members that do not change the sample (OpenAI's chat completions reference). */
static const struct known {
    const char *quoted;
    size_t len;
    standing stands;
} known[] = {
    NAMED("messages", MESSAGES),       NAMED("model", MODEL),
    NAMED("temperature", TEMPERATURE), NAMED("max_tokens", MAX_TOKENS),
    NAMED("user", LEFT_OUT),           NAMED("safety_identifier", LEFT_OUT),
    NAMED("metadata", LEFT_OUT),       NAMED("prompt_cache_key", LEFT_OUT),
    NAMED("stream", LEFT_OUT),         NAMED("stream_options", LEFT_OUT),
    NAMED("service_tier", LEFT_OUT),   NAMED("store", LEFT_OUT),
};

gl_keyer *gl_keyer_new(void)
{
    gl_keyer *keyer = gl_calloc(1, sizeof *keyer);
    if (keyer == NULL) return NULL;
    gl_buf_init(&keyer->text, SIZE_MAX);
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
    gl_buf_free(&keyer->text);
    gl_buf_free(&keyer->form);
    gl_buf_free(&keyer->scratch);
    gl_free(keyer->members);
    gl_sha256_free(keyer->sha);
    gl_free(keyer);
}

/* --- order ----------------------------------------------------------------------------------- */

static int compare_size(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* Compares names by their code points. UTF-8 sorts as its code points do; an escape does not. */
static int compare(const char *text, const member *a, const member *b)
{
    gl_slice left = gl_slice_of(text + a->at + 1, a->name_len - 2);
    gl_slice right = gl_slice_of(text + b->at + 1, b->name_len - 2);
    if (!a->escaped && !b->escaped) {
        if (left.len > 0 && right.len > 0 && *left.data != *right.data) /* most differ here */
            return (unsigned char)*left.data < (unsigned char)*right.data ? -1 : 1;
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
static void merge(const char *text, const member *from, member *to, const size_t bounds[3])
{
    size_t left = bounds[0], right = bounds[1];
    for (size_t i = bounds[0]; i < bounds[2]; i++) {
        bool take_left = left < bounds[1] &&
                         (right == bounds[2] || compare(text, &from[left], &from[right]) <= 0);
        to[i] = from[take_left ? left++ : right++];
    }
}

/* Sorts a few members where they are, and keeps the order of equal names. */
static void insert(const char *text, member *members, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const member moved = members[i];
        size_t to = i;
        for (; to > 0 && compare(text, &members[to - 1], &moved) > 0; to--)
            members[to] = members[to - 1];
        members[to] = moved;
    }
}

/* A stable merge sort, bottom up, of members from index `first` on, which are not in order. */
static void sort(gl_keyer *keyer, size_t first)
{
    enum { FEW = 8 };
    const char *text = keyer->text.data;
    size_t count = keyer->count - first;
    member *from = keyer->members + first;
    member *to = keyer->members + keyer->capacity + first;
    if (count == 2) { /* as in most messages; they are not in order */
        const member swap = from[0];
        from[0] = from[1];
        from[1] = swap;
        return;
    }
    for (size_t low = 0; low < count; low += FEW)
        insert(text, from + low, count - low < FEW ? count - low : FEW);
    for (size_t width = FEW; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = count - low > width ? low + width : count;
            size_t high = count - low > 2 * width ? low + 2 * width : count;
            merge(text, from, to, (const size_t[3]){ low, middle, high });
        }
        member *swap = from;
        from = to;
        to = swap;
    }
    if (from != keyer->members + first) memcpy(to, from, count * sizeof *from);
}

/* --- values ---------------------------------------------------------------------------------- */

static inline void flush(pass *p)
{
    size_t len = (size_t)(p->at - p->run);
    if (len != 0 && gl_buf_has_room(p->out, len)) { /* as room was made for the whole body */
        memcpy(p->out->data + p->out->len, p->run, len);
        p->out->len += len;
    } else {
        gl_buf_append(p->out, p->run, len);
    }
    p->run = p->at;
}

/* Returns the offset at which `at` is to stand in the output. */
static inline size_t offset(const pass *p)
{
    return p->out->len + (size_t)(p->at - p->run);
}

/* Takes a text that is not copied: it ends before `end`. */
static inline void skip_to(pass *p, const char *end)
{
    p->at = p->run = end;
}

static void take_blanks(pass *p)
{
    const char *end = p->at;
    while (*end == ' ' || *end == '\n' || *end == '\r' || *end == '\t') end++;
    flush(p);
    skip_to(p, end);
}

static inline void take_string(pass *p)
{
    const char *start = p->at, *end = gl_json_quote(start + 1, p->end);
    if (*end == '"') { /* no escape: it stands as it must */
        p->at = end + 1;
        return;
    }
    end = gl_json_string_end(end - 1, p->end);
    flush(p);
    gl_json_rewrite_string(p->out, gl_slice_of(start, (size_t)(end - start)));
    skip_to(p, end);
}

/* Returns true for a number in its one spelling, of those that most are: digits, or digits with a
 * point among them and no 0 at the end. 20 bytes are within the bounds of the plain layout. */
static bool is_plain(gl_slice number)
{
    size_t point = 0;
    if (number.len > 20) return false;
    for (size_t i = 0; i < number.len; i++) {
        if (number.data[i] == '.')
            point = i;
        else if (number.data[i] < '0' || number.data[i] > '9')
            return false;
    }
    bool zero = number.data[0] == '0';
    if (point == 0) return !zero || number.len == 1;
    return number.data[number.len - 1] != '0' && (!zero || number.data[2] != '0');
}

/* Takes a number or a literal. */
static void take_word(pass *p)
{
    const char *end = gl_json_word_end(p->at, p->end);
    gl_slice word = gl_slice_of(p->at, (size_t)(end - p->at));
    if (*p->at >= 'a' || is_plain(word)) {
        p->at = end;
        return;
    }
    flush(p);
    gl_json_rewrite_number(p->out, word);
    skip_to(p, end);
}

/* --- members --------------------------------------------------------------------------------- */

static inline bool add_member(gl_keyer *keyer, const member *m)
{
    if (keyer->count == keyer->capacity) {
        member *members =
            gl_array_room(keyer->members, &keyer->capacity, keyer->count + 1, 16, 2 * sizeof *m);
        if (members == NULL) return false;
        keyer->members = members;
    }
    keyer->members[keyer->count++] = *m;
    return true;
}

/* Writes the name that starts a member. */
static bool begin_member(gl_keyer *keyer, pass *p, level *in)
{
    member m = { .at = offset(p) };
    take_string(p);
    m.escaped = p->run == p->at; /* an escape may be left */
    flush(p);
    if (p->out->failed) return false;
    m.name_len = p->out->len - m.at;
    if (*p->at == ':') p->at++; /* else a blank is before it */
    if (!add_member(keyer, &m)) return false;
    const member *last = &keyer->members[keyer->count - 1];
    if (in->sorted && keyer->count - in->first > 1)
        in->sorted = compare(p->out->data, last - 1, last) <= 0;
    return true;
}

/* The innermost member is complete. */
static inline void end_member(gl_keyer *keyer, const pass *p)
{
    member *m = &keyer->members[keyer->count - 1];
    m->len = offset(p) - m->at;
}

/* Puts the members of an inner object in order, of which all is in the text. */
static bool put_in_order(gl_keyer *keyer, size_t first)
{
    size_t start = keyer->members[first].at;
    if (keyer->text.failed) return false;
    sort(keyer, first);
    gl_buf_reset(&keyer->scratch);
    gl_buf_append(&keyer->scratch, keyer->text.data + start, keyer->text.len - start);
    if (keyer->scratch.failed) return false;
    keyer->text.len = start;
    for (size_t i = first; i < keyer->count; i++) {
        const member *m = &keyer->members[i];
        if (i > first) gl_buf_append_char(&keyer->text, ',');
        gl_buf_append(&keyer->text, keyer->scratch.data + (m->at - start), m->len);
    }
    return true;
}

/* An inner object closes: sorts its members, and takes it off the stack. */
static bool close_object(gl_keyer *keyer, pass *p, const level *in)
{
    if (!in->sorted) {
        flush(p);
        if (!put_in_order(keyer, in->first)) return false;
    }
    keyer->count = in->first;
    return true;
}

/* --- the outermost object -------------------------------------------------------------------- */

/* Gives the value of a member. */
static gl_slice value_of(const gl_keyer *keyer, const member *m)
{
    size_t skip = m->name_len + 1; /* the colon */
    return gl_slice_of(keyer->text.data + m->at + skip, m->len - skip);
}

static standing standing_of(const char *text, const member *m)
{
    const char *name = text + m->at;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].len == m->name_len && memcmp(name, known[i].quoted, m->name_len) == 0)
            return known[i].stands;
    return REST;
}

/* The body is read: writes the form from its members. */
static bool deal(gl_keyer *keyer, const level *body)
{
    if (!body->sorted) sort(keyer, 0);
    gl_buf *form = &keyer->form;
    gl_buf_reset(form);
    gl_buf_reserve(form, keyer->text.len + 32); /* the form in one piece */
    member *placed[PLACES] = { NULL };
    for (size_t i = 0; i < keyer->count; i++) { /* the last one of a name counts */
        member *m = &keyer->members[i];
        standing stands = standing_of(keyer->text.data, m);
        m->stands = stands < PLACES ? REST : stands;
        if (stands < PLACES) placed[stands] = m;
    }
    for (size_t p = 0; p < PLACES; p++) {
        gl_slice value = placed[p] != NULL ? value_of(keyer, placed[p]) : gl_slice_str("null");
        gl_buf_append_char(form, p == 0 ? '[' : ',');
        gl_buf_append(form, value.data, value.len);
        /* A null in its place means "absent"; the rest records that it was written. */
        if (placed[p] != NULL && !gl_slice_is(value, "null")) placed[p]->stands = (standing)p;
    }
    const char *before = ",{";
    for (size_t i = 0; i < keyer->count; i++) {
        const member *m = &keyer->members[i];
        if (m->stands != REST) continue;
        gl_buf_append_str(form, before);
        gl_buf_append(form, keyer->text.data + m->at, m->len);
        before = ",";
    }
    gl_buf_append_str(form, before[1] == '\0' ? "}]" : "]");
    return !form->failed;
}

/* --- the pass -------------------------------------------------------------------------------- */

/* Writes the body's members, the outermost braces left out. false: out of memory. */
static bool rewrite(gl_keyer *keyer, gl_json body, level *outermost)
{
    level levels[GL_JSON_DEPTH_MAX];
    level *in = levels; /* the innermost */
    bool at_name = true;
    const char *start = body.text.data + 1; /* behind the body's own brace */
    pass p = { &keyer->text, start, body.text.data + body.text.len, start };
    *in = (level){ .object = true, .sorted = true };
    for (;;) {
        switch (*p.at) {
        case '{':
        case '[':
            at_name = *p.at++ == '{';
            *++in = (level){ keyer->count, at_name, true };
            break;
        case ',':
            if (in->object) end_member(keyer, &p);
            at_name = in->object;
            p.at++;
            break;
        case '}':
            if (keyer->count > in->first) end_member(keyer, &p);
            if (in == levels) {
                flush(&p);
                *outermost = *in;
                return !keyer->text.failed;
            }
            if (!close_object(keyer, &p, in)) return false;
            in--;
            p.at++;
            break;
        case ']':
            in--;
            p.at++;
            break;
        case '"':
            if (!at_name)
                take_string(&p);
            else if (!begin_member(keyer, &p, in))
                return false;
            at_name = false;
            break;
        case ':':
            p.at++;
            break;
        case ' ':
        case '\n':
        case '\r':
        case '\t':
            take_blanks(&p);
            break;
        default:
            take_word(&p);
            break;
        }
    }
}

glimpse_error gl_keyer_canonical(gl_keyer *keyer, gl_json body, gl_slice *form)
{
    if (body.kind != GL_JSON_OBJECT) return GLIMPSE_ERR_BAD_JSON;
    level outermost;
    gl_buf_reset(&keyer->text);
    keyer->count = 0;
    /* Room for most texts, in one piece; numbers may make one longer than its body. */
    gl_buf_reserve(&keyer->text, body.text.len);
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
                                gl_slice path, gl_slice caller, gl_slice headers,
                                glimpse_key *identity)
{
    /* Each part stands behind its length, eight bytes, the lowest first: no byte can move to the
     * next part. */
    gl_slice parts[10];
    unsigned char lengths[5][8];
    const gl_slice given[5] = { gl_slice_of((const char *)key->bytes, sizeof key->bytes), scope,
                                path, caller, headers };
    size_t count = headers.data != NULL ? 5 : caller.data != NULL ? 4 : 3;
    for (size_t i = 0; i < count; i++) {
        for (size_t byte = 0; byte < 8; byte++)
            lengths[i][byte] = (unsigned char)((uint64_t)given[i].len >> (8 * byte));
        parts[2 * i] = gl_slice_of((const char *)lengths[i], sizeof lengths[i]);
        parts[2 * i + 1] = given[i];
    }
    bool ok = gl_sha256_digest(keyer->sha, parts, 2 * count, identity->bytes);
    return ok ? GLIMPSE_OK : GLIMPSE_ERR_OOM;
}

/* --- public ---------------------------------------------------------------------------------- */

static glimpse_error check_body(gl_slice text, gl_json *body)
{
    switch (gl_json_check(text, body, NULL)) {
    case GL_JSON_OK:
        return body->kind == GL_JSON_OBJECT ? GLIMPSE_OK : GLIMPSE_ERR_BAD_JSON;
    case GL_JSON_UTF8:
        return GLIMPSE_ERR_BAD_UTF8;
    default:
        return GLIMPSE_ERR_BAD_JSON;
    }
}

glimpse_error gl_keyer_key_of_text(gl_keyer *keyer, gl_slice text, glimpse_key *key)
{
    gl_json root;
    glimpse_error error = check_body(text, &root);
    return error == GLIMPSE_OK ? gl_keyer_key(keyer, root, key) : error;
}

glimpse_error glimpse_key_of_chat(const char *body, size_t len, glimpse_key *key)
{
    gl_keyer *keyer = gl_keyer_new();
    if (keyer == NULL) return GLIMPSE_ERR_OOM;
    glimpse_error error = gl_keyer_key_of_text(keyer, gl_slice_given(body, len), key);
    gl_keyer_free(keyer);
    return error;
}

glimpse_error glimpse_key_canonical(const char *body, size_t len, char **out, size_t *out_len)
{
    gl_json root;
    gl_slice form;
    glimpse_error error = check_body(gl_slice_given(body, len), &root);
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
    static const char pairs[] = /* of digits, one a byte */
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
        "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
        "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
        "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
        "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
        "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
    for (size_t i = 0; i < sizeof key->bytes; i++)
        memcpy(hex + 2 * i, pairs + 2 * (size_t)key->bytes[i], 2);
    hex[64] = '\0';
}
