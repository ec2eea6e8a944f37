/* schema.c - see schema.h. Values are made from the outside in. When one cannot be made, another
 * way is tried: the next of anyOf, a list without it, an object without it. */
#include "mock/schema.h"

#include <stdlib.h>

#include "mock/schema_private.h"

#define DEPTH_MAX 48    /* levels of a value, and of references on the way to it */
#define DEEP      8     /* levels behind which only required parts are made */
#define STEPS_MAX 20000 /* values of one answer */
#define PARTS_MAX 16    /* schemas that allOf joins */

typedef struct schema {
    gl_json keyword[MOCK_KEYWORDS];
} schema;

static bool value(maker *m, gl_json of, int depth);

static bool fail(maker *m, const char *why)
{
    m->why = why;
    return false;
}

static size_t length_of(gl_json array)
{
    gl_json item;
    size_t count = 0;
    if (array.kind != GL_JSON_ARRAY) return 0;
    gl_json_iter iter = gl_json_begin(array);
    while (gl_json_next(&iter, NULL, &item)) count++;
    return count;
}

static gl_json element(gl_json array, size_t index)
{
    gl_json item = { .kind = GL_JSON_NONE };
    gl_json_iter iter = gl_json_begin(array);
    while (gl_json_next(&iter, NULL, &item) && index-- != 0) continue;
    return item;
}

/* --- reading a schema ------------------------------------------------------------------------- */

/* Returns a keyword of the schema that would forbid values and is not understood here, in quotes;
 * NULL: there is none. */
static const char *find_unknown(gl_json of)
{
#define WORD(word) { word, "'" word "'" }
    static const char *const words[][2] = { WORD("not"),           WORD("if"),
                                            WORD("contains"),      WORD("dependentRequired"),
                                            WORD("$dynamicRef"),   WORD("dependentSchemas"),
                                            WORD("propertyNames"), WORD("patternProperties") };
#undef WORD
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (gl_json_get(of, words[i][0]).kind != GL_JSON_NONE) return words[i][1];
    return NULL;
}

static bool read_schema(maker *m, gl_json of, schema *s)
{
    static const char *const names[MOCK_KEYWORDS] = { [MOCK_TYPE] = "type",
                                                      [MOCK_PROPERTIES] = "properties",
                                                      [MOCK_REQUIRED] = "required",
                                                      [MOCK_ADDITIONAL] = "additionalProperties",
                                                      [MOCK_MIN_PROPERTIES] = "minProperties",
                                                      [MOCK_ITEMS] = "items",
                                                      [MOCK_PREFIX_ITEMS] = "prefixItems",
                                                      [MOCK_MIN_ITEMS] = "minItems",
                                                      [MOCK_MAX_ITEMS] = "maxItems",
                                                      [MOCK_UNIQUE_ITEMS] = "uniqueItems",
                                                      [MOCK_ENUM] = "enum",
                                                      [MOCK_CONST] = "const",
                                                      [MOCK_ANY_OF] = "anyOf",
                                                      [MOCK_ONE_OF] = "oneOf",
                                                      [MOCK_ALL_OF] = "allOf",
                                                      [MOCK_REF] = "$ref",
                                                      [MOCK_MIN_LENGTH] = "minLength",
                                                      [MOCK_MAX_LENGTH] = "maxLength",
                                                      [MOCK_FORMAT] = "format",
                                                      [MOCK_PATTERN] = "pattern",
                                                      [MOCK_MINIMUM] = "minimum",
                                                      [MOCK_MAXIMUM] = "maximum",
                                                      [MOCK_ABOVE] = "exclusiveMinimum",
                                                      [MOCK_BELOW] = "exclusiveMaximum",
                                                      [MOCK_MULTIPLE_OF] = "multipleOf" };
    const char *unknown = find_unknown(of);
    if (unknown != NULL) return fail(m, unknown);
    gl_json_get_many(of, names, s->keyword, MOCK_KEYWORDS);
    return true;
}

/* One step of a JSON pointer: ~1 is a slash, ~0 a tilde. */
static gl_json step_into(gl_json at, gl_slice name)
{
    char decoded[256];
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (c == '~' && i + 1 < name.len) c = name.data[++i] == '1' ? '/' : '~';
        if (len + 1 == sizeof decoded || c == '\0') return (gl_json){ .kind = GL_JSON_NONE };
        decoded[len++] = c;
    }
    decoded[len] = '\0';
    if (at.kind != GL_JSON_ARRAY) return gl_json_get(at, decoded);
    size_t index = (size_t)strtoul(decoded, NULL, 10);
    return index < length_of(at) ? element(at, index) : (gl_json){ .kind = GL_JSON_NONE };
}

static bool resolve(maker *m, gl_json ref, gl_json *found)
{
    char decoded[512];
    gl_buf text = { .data = decoded, .capacity = sizeof decoded, .max = sizeof decoded };
    gl_json_string_append(ref, &text, NULL);
    if (text.failed || text.len == 0 || decoded[0] != '#')
        return fail(m, "a '$ref' that is not within the schema");
    gl_slice rest = gl_slice_of(decoded + 1, text.len - 1);
    *found = m->root;
    while (rest.len != 0 && found->kind != GL_JSON_NONE) {
        if (rest.data[0] != '/') return fail(m, "a '$ref' that is no JSON pointer");
        const char *end = memchr(rest.data + 1, '/', rest.len - 1);
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;
        *found = step_into(*found, gl_slice_of(rest.data + 1, len - 1));
        rest = gl_slice_of(rest.data + len, rest.len - len);
    }
    return found->kind != GL_JSON_NONE || fail(m, "a '$ref' to nothing");
}

/* --- objects and lists ------------------------------------------------------------------------ */

static bool is_required(gl_json required, gl_json name)
{
    gl_json one;
    if (required.kind != GL_JSON_ARRAY) return false;
    gl_json_iter iter = gl_json_begin(required);
    while (gl_json_next(&iter, NULL, &one))
        if (gl_slice_equal(one.text, name.text)) return true;
    return false;
}

/* Makes a member of the object that begins at `start`. false: it could not be made, and is left
 * out. */
static bool member(maker *m, size_t start, gl_json name, gl_json of, int depth)
{
    size_t before = m->out->len;
    if (before != start + 1) gl_buf_append_char(m->out, ',');
    gl_buf_append(m->out, name.text.data, name.text.len);
    gl_buf_append_char(m->out, ':');
    if (value(m, of, depth + 1)) return true;
    if (!m->out->failed) m->out->len = before;
    return false;
}

static bool known_members(maker *m, const schema *s, size_t start, size_t *count, int depth)
{
    gl_json name, of;
    gl_json properties = s->keyword[MOCK_PROPERTIES];
    if (properties.kind != GL_JSON_OBJECT) return true;
    gl_json_iter iter = gl_json_begin(properties);
    while (gl_json_next(&iter, &name, &of)) {
        bool required = is_required(s->keyword[MOCK_REQUIRED], name);
        if (!required && depth > DEEP) continue;
        bool made = member(m, start, name, of, depth);
        if (!made && required) return false;
        *count += made;
    }
    return true;
}

static bool has_property(const schema *s, gl_json name)
{
    gl_json other, of;
    gl_json_iter iter = gl_json_begin(s->keyword[MOCK_PROPERTIES]);
    if (s->keyword[MOCK_PROPERTIES].kind != GL_JSON_OBJECT) return false;
    while (gl_json_next(&iter, &other, &of))
        if (gl_slice_equal(other.text, name.text)) return true;
    return false;
}

/* Makes required members without a description, and those missing to minProperties. */
static bool other_members(maker *m, const schema *s, size_t start, size_t *count, int depth)
{
    static const gl_json any = { GL_JSON_TRUE, { "true", 4 } };
    gl_json name, extra = s->keyword[MOCK_ADDITIONAL];
    gl_json of = extra.kind != GL_JSON_NONE ? extra : any;
    gl_json required = s->keyword[MOCK_REQUIRED];
    gl_json_iter iter = gl_json_begin(required);
    int64_t least = 0;
    while (required.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &name)) {
        if (name.kind != GL_JSON_STRING || has_property(s, name)) continue;
        if (!member(m, start, name, of, depth)) return false;
        ++*count;
    }
    gl_json_int64(s->keyword[MOCK_MIN_PROPERTIES], &least);
    while (least > 0 && *count < (uint64_t)least) {
        char text[32];
        gl_buf key = { .data = text, .capacity = sizeof text, .max = sizeof text };
        gl_buf_append_str(&key, "\"key");
        gl_buf_append_u64(&key, ++*count);
        gl_buf_append_char(&key, '"');
        name = (gl_json){ GL_JSON_STRING, gl_buf_slice(&key) };
        if (!member(m, start, name, of, depth)) return false;
    }
    return true;
}

/* Makes an object of one schema, or of all that allOf joins. */
static bool object(maker *m, const schema *parts, size_t count, int depth)
{
    size_t start = m->out->len, members = 0;
    gl_buf_append_char(m->out, '{');
    for (size_t i = 0; i < count; i++)
        if (!known_members(m, &parts[i], start, &members, depth)) return false;
    for (size_t i = 0; i < count; i++)
        if (count == 1 && !other_members(m, &parts[i], start, &members, depth)) return false;
    gl_buf_append_char(m->out, '}');
    return true;
}

/* Returns true when the item behind `at` is in the list already. */
static bool is_repeated(const maker *m, size_t list, size_t at)
{
    gl_json all, item;
    gl_slice last = gl_slice_of(m->out->data + at, m->out->len - at);
    gl_buf text;
    bool found = false;
    gl_buf_init(&text, SIZE_MAX / 2);
    gl_buf_append(&text, m->out->data + list, at - list);
    if (text.len > 1 && text.data[text.len - 1] == ',') text.len--;
    gl_buf_append_char(&text, ']');
    if (gl_json_check(gl_buf_slice(&text), &all, NULL) == GL_JSON_OK) {
        gl_json_iter iter = gl_json_begin(all);
        while (!found && gl_json_next(&iter, NULL, &item)) found = gl_slice_equal(item.text, last);
    }
    gl_buf_free(&text);
    return found;
}

static bool item(maker *m, gl_json of, size_t list, bool unique, int depth)
{
    size_t before = m->out->len, tries = unique ? 32 : 1;
    while (tries-- != 0 && !m->out->failed) {
        m->out->len = before;
        if (before != list + 1) gl_buf_append_char(m->out, ',');
        size_t at = m->out->len;
        if (!value(m, of, depth + 1)) break;
        if (!unique || !is_repeated(m, list, at)) return true;
        m->why = "more unique items than there are values";
    }
    if (!m->out->failed) m->out->len = before;
    return false;
}

static bool array(maker *m, const schema *s, int depth)
{
    static const gl_json any = { GL_JSON_TRUE, { "true", 4 } };
    gl_json prefix = s->keyword[MOCK_PREFIX_ITEMS], items = s->keyword[MOCK_ITEMS];
    int64_t least = 0, most = INT64_MAX;
    size_t list = m->out->len, described = length_of(prefix);
    gl_json_int64(s->keyword[MOCK_MIN_ITEMS], &least);
    gl_json_int64(s->keyword[MOCK_MAX_ITEMS], &most);
    if (items.kind == GL_JSON_ARRAY) { /* as drafts before 2020 have it */
        prefix = items;
        described = length_of(prefix);
        items = any;
    }
    if (items.kind == GL_JSON_NONE) items = any;
    int64_t count = (int64_t)described;
    if (described == 0 && depth <= DEEP && items.kind != GL_JSON_FALSE)
        count = 1 + (int64_t)gl_rng_below(&m->rng, 2);
    if (count < least) count = least;
    if (count > most) count = most;
    if (count < least) return fail(m, "'minItems' above 'maxItems'");
    gl_buf_append_char(m->out, '[');
    for (int64_t i = 0; i < count; i++) {
        gl_json of = (size_t)i < described ? element(prefix, (size_t)i) : items;
        if (item(m, of, list, s->keyword[MOCK_UNIQUE_ITEMS].kind == GL_JSON_TRUE, depth)) continue;
        if (i < least) return false;
        break; /* it is long enough */
    }
    gl_buf_append_char(m->out, ']');
    return true;
}

/* --- choices ---------------------------------------------------------------------------------- */

static bool is_null(gl_json of)
{
    return gl_json_string_is(gl_json_get(of, "type"), "null");
}

/* Makes a value of one of several schemas: the one that ends soonest when deep, else any but null;
 * the others if it cannot be made. */
static bool any_of(maker *m, gl_json options, int depth)
{
    size_t count = length_of(options), before = m->out->len;
    if (count == 0) return fail(m, "a choice among nothing");
    size_t first = gl_rng_below(&m->rng, (uint32_t)count);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < count; i++) {
            gl_json of = element(options, (first + i) % count);
            bool wanted = is_null(of) == (depth > DEEP);
            if (wanted != (round == 0)) continue;
            if (value(m, of, depth + 1)) return true;
            if (m->out->failed) return false;
            m->out->len = before;
        }
    return false;
}

/* Objects can be made by all parts at once; other values are made by the first part. */
static bool all_of(maker *m, const schema *own, int depth)
{
    schema parts[PARTS_MAX];
    gl_json list = own->keyword[MOCK_ALL_OF], of;
    size_t count = 0;
    bool objects = true;
    parts[count++] = *own;
    gl_json_iter iter = gl_json_begin(list);
    while (gl_json_next(&iter, NULL, &of)) {
        if (count == PARTS_MAX) return fail(m, "an 'allOf' of more than 15");
        for (int hops = 0; gl_json_get(of, "$ref").kind == GL_JSON_STRING; hops++)
            if (hops == DEPTH_MAX || !resolve(m, gl_json_get(of, "$ref"), &of)) return false;
        if (!read_schema(m, of, &parts[count])) return false;
        objects &= parts[count++].keyword[MOCK_PROPERTIES].kind == GL_JSON_OBJECT;
    }
    if (objects) return object(m, parts, count, depth);
    if (count != 2) return fail(m, "an 'allOf' of what are not objects with 'properties'");
    return value(m, element(list, 0), depth + 1);
}

static const char *type_of(const schema *s)
{
    static const struct {
        mock_keyword keyword;
        const char *type;
    } hints[] = { { MOCK_PROPERTIES, "object" },     { MOCK_REQUIRED, "object" },
                  { MOCK_MIN_PROPERTIES, "object" }, { MOCK_ITEMS, "array" },
                  { MOCK_PREFIX_ITEMS, "array" },    { MOCK_MIN_ITEMS, "array" },
                  { MOCK_MINIMUM, "number" },        { MOCK_MAXIMUM, "number" },
                  { MOCK_ABOVE, "number" },          { MOCK_BELOW, "number" },
                  { MOCK_MULTIPLE_OF, "number" } };
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (s->keyword[hints[i].keyword].kind != GL_JSON_NONE) return hints[i].type;
    return "string";
}

static bool of_type(maker *m, const schema *s, const char *type, int depth)
{
    if (strcmp(type, "object") == 0) return object(m, s, 1, depth);
    if (strcmp(type, "array") == 0) return array(m, s, depth);
    if (strcmp(type, "string") == 0) return mock_schema_string(m, s->keyword);
    if (strcmp(type, "integer") == 0) return mock_schema_number(m, s->keyword, true);
    if (strcmp(type, "number") == 0) return mock_schema_number(m, s->keyword, false);
    if (strcmp(type, "boolean") == 0)
        gl_buf_append_str(m->out, gl_rng_below(&m->rng, 2) != 0 ? "true" : "false");
    else
        gl_buf_append_str(m->out, "null");
    return true;
}

/* The type's own name; NULL: it is none. */
static const char *type_named(gl_json name)
{
    static const char *const names[] = { "object", "array",   "string", "integer",
                                         "number", "boolean", "null" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (gl_json_string_is(name, names[i])) return names[i];
    return NULL;
}

/* Makes a value of one of several types: null when deep, else the first other one that can be
 * made. */
static bool one_type_of(maker *m, const schema *s, gl_json list, int depth)
{
    size_t before = m->out->len;
    for (int round = 0; round < 2; round++) {
        gl_json name;
        gl_json_iter iter = gl_json_begin(list);
        while (gl_json_next(&iter, NULL, &name)) {
            const char *type = type_named(name);
            if (type == NULL) return fail(m, "an unknown 'type'");
            bool wanted = (strcmp(type, "null") == 0) == (depth > DEEP);
            if (wanted != (round == 0)) continue;
            if (of_type(m, s, type, depth)) return true;
            if (m->out->failed) return false;
            m->out->len = before;
        }
    }
    return false;
}

static bool typed(maker *m, const schema *s, int depth)
{
    gl_json type = s->keyword[MOCK_TYPE];
    if (type.kind == GL_JSON_NONE) return of_type(m, s, type_of(s), depth);
    if (type.kind == GL_JSON_ARRAY) return one_type_of(m, s, type, depth);
    const char *name = type_named(type);
    return name != NULL ? of_type(m, s, name, depth) : fail(m, "an unknown 'type'");
}

static bool value(maker *m, gl_json of, int depth)
{
    schema s;
    gl_json found;
    if (of.kind == GL_JSON_FALSE) return fail(m, "a value where 'false' allows none");
    if (of.kind != GL_JSON_TRUE && of.kind != GL_JSON_OBJECT) return fail(m, "what is no schema");
    if (depth > DEPTH_MAX) return fail(m, "what refers to itself without an end");
    if (++m->steps > STEPS_MAX) return fail(m, "more than 20000 values");
    if (!read_schema(m, of, &s)) return false;
    if (s.keyword[MOCK_REF].kind == GL_JSON_STRING)
        return resolve(m, s.keyword[MOCK_REF], &found) && value(m, found, depth + 1);
    if (s.keyword[MOCK_CONST].kind != GL_JSON_NONE) {
        gl_buf_append(m->out, s.keyword[MOCK_CONST].text.data, s.keyword[MOCK_CONST].text.len);
        return true;
    }
    if (s.keyword[MOCK_ENUM].kind == GL_JSON_ARRAY) {
        size_t count = length_of(s.keyword[MOCK_ENUM]);
        if (count == 0) return fail(m, "an 'enum' of nothing");
        found = element(s.keyword[MOCK_ENUM], gl_rng_below(&m->rng, (uint32_t)count));
        gl_buf_append(m->out, found.text.data, found.text.len);
        return true;
    }
    if (s.keyword[MOCK_ANY_OF].kind == GL_JSON_ARRAY)
        return any_of(m, s.keyword[MOCK_ANY_OF], depth);
    if (s.keyword[MOCK_ONE_OF].kind == GL_JSON_ARRAY)
        return any_of(m, s.keyword[MOCK_ONE_OF], depth);
    if (s.keyword[MOCK_ALL_OF].kind == GL_JSON_ARRAY) return all_of(m, &s, depth);
    return typed(m, &s, depth);
}

const char *mock_schema_write(gl_json root, uint64_t seed, gl_buf *out)
{
    maker m = { .root = root, .out = out };
    size_t before = out->len;
    gl_rng_seed(&m.rng, seed);
    if (value(&m, root, 0)) return NULL;
    if (!out->failed) out->len = before;
    return m.why;
}
