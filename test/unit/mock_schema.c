/* mock_schema: what is made by a schema is allowed by it. The check is one of its own, by the
 * words that the schemas here have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mock/schema.h"
#include "mock_response.h"

#define SEEDS 50

static bool allows(gl_json root, gl_json schema, gl_json value);

static size_t length_of(gl_json array)
{
    gl_json item;
    size_t count = 0;
    gl_json_iter iter = gl_json_begin(array);
    while (array.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item)) count++;
    return count;
}

static bool is_type(gl_json type, gl_json value)
{
    static const struct {
        const char *name;
        gl_json_kind kind, other;
    } kinds[] = {
        { "object", GL_JSON_OBJECT, GL_JSON_OBJECT }, { "array", GL_JSON_ARRAY, GL_JSON_ARRAY },
        { "string", GL_JSON_STRING, GL_JSON_STRING }, { "number", GL_JSON_NUMBER, GL_JSON_NUMBER },
        { "boolean", GL_JSON_TRUE, GL_JSON_FALSE },   { "null", GL_JSON_NULL, GL_JSON_NULL }
    };
    int64_t integer;
    if (gl_json_string_is(type, "integer"))
        return value.kind == GL_JSON_NUMBER && gl_json_int64(value, &integer);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (gl_json_string_is(type, kinds[i].name))
            return value.kind == kinds[i].kind || value.kind == kinds[i].other;
    return false;
}

/* Whether one of the list is so; how the list's element is held against the value is for `how`. */
static bool is_any(gl_json root, gl_json list, gl_json value,
                   bool (*how)(gl_json root, gl_json one, gl_json value))
{
    gl_json one;
    gl_json_iter iter = gl_json_begin(list);
    while (gl_json_next(&iter, NULL, &one))
        if (how(root, one, value)) return true;
    return false;
}

static bool same(gl_json root, gl_json one, gl_json value)
{
    (void)root;
    return gl_slice_equal(one.text, value.text);
}

static bool of_type(gl_json root, gl_json one, gl_json value)
{
    (void)root;
    return is_type(one, value);
}

static bool allows_object(gl_json root, gl_json schema, gl_json value)
{
    gl_json name, of, required = gl_json_get(schema, "required");
    gl_json properties = gl_json_get(schema, "properties"), extra;
    gl_json_iter iter = gl_json_begin(required);
    char text[64];
    while (required.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &name)) {
        snprintf(text, sizeof text, "%.*s", (int)name.text.len - 2, name.text.data + 1);
        if (gl_json_get(value, text).kind == GL_JSON_NONE) return false;
    }
    int64_t least = 0, count = 0;
    extra = gl_json_get(schema, "additionalProperties");
    iter = gl_json_begin(value);
    while (gl_json_next(&iter, &name, &of)) {
        count++;
        snprintf(text, sizeof text, "%.*s", (int)name.text.len - 2, name.text.data + 1);
        gl_json its = gl_json_get(properties, text);
        if (its.kind == GL_JSON_NONE) its = extra;
        if (its.kind != GL_JSON_NONE && !allows(root, its, of)) return false;
    }
    gl_json_int64(gl_json_get(schema, "minProperties"), &least);
    return count >= least;
}

static bool allows_array(gl_json root, gl_json schema, gl_json value)
{
    gl_json item, prefix = gl_json_get(schema, "prefixItems"), items = gl_json_get(schema, "items");
    int64_t least = 0, most = INT64_MAX, count = (int64_t)length_of(value);
    gl_json_int64(gl_json_get(schema, "minItems"), &least);
    gl_json_int64(gl_json_get(schema, "maxItems"), &most);
    if (count < least || count > most) return false;
    gl_json_iter iter = gl_json_begin(value), of = gl_json_begin(prefix);
    bool unique = gl_json_get(schema, "uniqueItems").kind == GL_JSON_TRUE;
    for (size_t i = 0; gl_json_next(&iter, NULL, &item); i++) {
        gl_json its = items, other;
        if (i < length_of(prefix)) gl_json_next(&of, NULL, &its);
        if (its.kind != GL_JSON_NONE && !allows(root, its, item)) return false;
        gl_json_iter before = gl_json_begin(value);
        for (size_t k = 0; unique && k < i && gl_json_next(&before, NULL, &other); k++)
            if (gl_slice_equal(other.text, item.text)) return false;
    }
    return true;
}

static bool allows_string(gl_json schema, gl_json value)
{
    int64_t least = 0, most = INT64_MAX;
    gl_json pattern = gl_json_get(schema, "pattern");
    gl_buf text, expression;
    gl_buf_init(&text, SIZE_MAX / 2);
    gl_buf_init(&expression, SIZE_MAX / 2);
    gl_json_string_append(value, &text, NULL);
    gl_json_string_append(pattern, &expression, NULL);
    gl_json_int64(gl_json_get(schema, "minLength"), &least);
    gl_json_int64(gl_json_get(schema, "maxLength"), &most);
    bool fits = (int64_t)text.len >= least && (int64_t)text.len <= most;
    if (pattern.kind == GL_JSON_STRING) {
        regex_t compiled;
        assert_true(gl_buf_terminate(&text) && gl_buf_terminate(&expression));
        assert_int_equal(regcomp(&compiled, expression.data, REG_EXTENDED | REG_NOSUB), 0);
        fits = fits && regexec(&compiled, text.data, 0, NULL, 0) == 0;
        regfree(&compiled);
    }
    gl_buf_free(&text);
    gl_buf_free(&expression);
    return fits;
}

static bool allows_number(gl_json schema, gl_json value)
{
    double number, end, step;
    if (!gl_json_double(value, &number)) return false;
    if (gl_json_double(gl_json_get(schema, "minimum"), &end) && number < end) return false;
    if (gl_json_double(gl_json_get(schema, "maximum"), &end) && number > end) return false;
    if (gl_json_double(gl_json_get(schema, "exclusiveMinimum"), &end) && number <= end)
        return false;
    if (gl_json_double(gl_json_get(schema, "exclusiveMaximum"), &end) && number >= end)
        return false;
    if (!gl_json_double(gl_json_get(schema, "multipleOf"), &step)) return true;
    return fabs(number / step - nearbyint(number / step)) < 1e-9;
}

static bool allows(gl_json root, gl_json schema, gl_json value)
{
    gl_json part, type = gl_json_get(schema, "type"), ref = gl_json_get(schema, "$ref");
    if (schema.kind == GL_JSON_TRUE) return true;
    if (schema.kind == GL_JSON_FALSE) return false;
    if (ref.kind == GL_JSON_STRING) {
        char path[100];
        snprintf(path, sizeof path, "%.*s", (int)ref.text.len - 2, ref.text.data + 1);
        for (char *at = path; *at != '\0'; at++)
            if (*at == '/') *at = '.';
        return allows(root, path[1] != '\0' ? mock_response_in(root, path + 2) : root, value);
    }
    part = gl_json_get(schema, "const");
    if (part.kind != GL_JSON_NONE && !same(root, part, value)) return false;
    part = gl_json_get(schema, "enum");
    if (part.kind == GL_JSON_ARRAY && !is_any(root, part, value, same)) return false;
    part = gl_json_get(schema, "anyOf");
    if (part.kind == GL_JSON_ARRAY && !is_any(root, part, value, allows)) return false;
    part = gl_json_get(schema, "allOf");
    gl_json_iter iter = gl_json_begin(part);
    gl_json one;
    while (part.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &one))
        if (!allows(root, one, value)) return false;
    if (type.kind == GL_JSON_STRING && !is_type(type, value)) return false;
    if (type.kind == GL_JSON_ARRAY && !is_any(root, type, value, of_type)) return false;
    if (value.kind == GL_JSON_OBJECT) return allows_object(root, schema, value);
    if (value.kind == GL_JSON_ARRAY) return allows_array(root, schema, value);
    if (value.kind == GL_JSON_STRING) return allows_string(schema, value);
    return value.kind != GL_JSON_NUMBER || allows_number(schema, value);
}

static gl_json parse(const char *text)
{
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_str(text), &root, NULL), GL_JSON_OK);
    return root;
}

static const char *const schemas[] = {
    "true",
    "{}",
    "{\"type\":\"string\",\"minLength\":40,\"maxLength\":41}",
    "{\"type\":\"string\",\"maxLength\":3}",
    "{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}",
    "{\"const\":{\"a\":[1,null]}}",
    "{\"type\":\"integer\",\"minimum\":5,\"maximum\":7}",
    "{\"type\":\"integer\",\"exclusiveMinimum\":5,\"exclusiveMaximum\":7}",
    "{\"type\":\"integer\",\"minimum\":-3.5,\"maximum\":-2.5}",
    "{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":8}",
    "{\"type\":\"number\",\"multipleOf\":0.1,\"minimum\":0.25,\"maximum\":0.35}",
    "{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":0.001}",
    "{\"type\":\"number\",\"maximum\":-1000}",
    "{\"type\":[\"null\",\"boolean\"]}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"integer\"},"
    "\"\xc3\xa9\":{\"type\":\"null\"}},\"required\":[\"a\"],\"additionalProperties\":false}",
    "{\"type\":\"object\",\"required\":[\"x\"],\"additionalProperties\":{\"type\":\"integer\"},"
    "\"minProperties\":3}",
    "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":3,\"maxItems\":5}",
    "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"maxItems\":0}",
    "{\"type\":\"array\",\"items\":{\"enum\":[1,2,3]},\"minItems\":3,\"uniqueItems\":true}",
    "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"integer\"}],"
    "\"items\":false}",
    "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"object\",\"properties\":{\"k\":{\"const\":1}},"
    "\"required\":[\"k\"]}]}",
    "{\"anyOf\":[false,{\"type\":\"string\",\"minLength\":9,\"maxLength\":1},{\"const\":3}]}",
    "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{"
    "\"value\":{\"type\":\"integer\"},\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/node\"},"
    "{\"type\":\"null\"}]}},\"required\":[\"value\",\"next\"],\"additionalProperties\":false}}}",
    "{\"type\":\"object\",\"properties\":{\"children\":{\"type\":\"array\",\"items\":{\"$ref\":"
    "\"#\"}},\"name\":{\"type\":\"string\"}},\"required\":[\"children\",\"name\"]}",
    "{\"type\":\"object\",\"properties\":{\"left\":{\"$ref\":\"#\"},\"right\":{\"$ref\":\"#\"}}}",
    "{\"allOf\":[{\"$ref\":\"#/$defs/a\"},{\"properties\":{\"b\":{\"type\":\"integer\"}},"
    "\"required\":[\"b\"]}],\"$defs\":{\"a\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
    "\"boolean\"}},\"required\":[\"a\"]}}}",
    "{\"allOf\":[{\"type\":\"integer\",\"minimum\":4}]}",
    "{\"type\":\"string\",\"pattern\":\"^[A-Z]{3}-[0-9]{2,4}$\"}",
    "{\"type\":\"string\",\"pattern\":\"^(red|green|b(lue|lack)+)?x*[^a-z]\\\\.\\\"$\"}",
    "{\"type\":\"string\",\"pattern\":\"^(\\u00e9)+a|b$\"}",
    "{\"properties\":{\"a\":{}}}",
    "{\"minimum\":3,\"maximum\":3}",
};

static void what_is_made_is_allowed(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            gl_json schema = parse(schemas[i]), value;
            gl_buf out;
            gl_buf_init(&out, 1 << 20);
            const char *why = mock_schema_write(schema, seed, &out);
            if (why != NULL) fail_msg("%s: %s", schemas[i], why);
            if (gl_json_check(gl_buf_slice(&out), &value, NULL) != GL_JSON_OK ||
                !allows(schema, schema, value))
                fail_msg("%s: %.*s", schemas[i], (int)out.len, out.data);
            gl_buf_free(&out);
        }
    assert_int_equal(gl_alloc_live(), live);
}

static void formats_are_as_they_are_called(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$" },
        { "date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
        { "date-time", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$" },
        { "email", "^[a-z]+@[a-z.]+$" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char schema[200], checked[300];
        gl_json value;
        gl_buf out;
        gl_buf_init(&out, 4096);
        snprintf(schema, sizeof schema, "{\"type\":\"string\",\"format\":\"%s\"}", cases[i][0]);
        snprintf(checked, sizeof checked, "{\"pattern\":\"%s\"}", cases[i][1]);
        assert_null(mock_schema_write(parse(schema), 3, &out));
        assert_int_equal(gl_json_check(gl_buf_slice(&out), &value, NULL), GL_JSON_OK);
        assert_true(allows(parse(checked), parse(checked), value));
        gl_buf_free(&out);
    }
}

static void what_cannot_be_made_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "false",
        "1",
        "{\"type\":\"text\"}",
        "{\"type\":[\"text\"]}",
        "{\"not\":{}}",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"if\":{}}},\"required\":[\"a\"]}",
        "{\"$ref\":\"#\"}",
        "{\"$ref\":\"#/$defs/a\"}",
        "{\"$ref\":\"http://x/\"}",
        "{\"type\":\"object\",\"properties\":{\"me\":{\"$ref\":\"#\"}},\"required\":[\"me\"]}",
        "{\"type\":\"integer\",\"minimum\":2,\"maximum\":1}",
        "{\"type\":\"integer\",\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}",
        "{\"type\":\"array\",\"minItems\":2,\"maxItems\":1}",
        "{\"type\":\"array\",\"minItems\":4000000000}",
        "{\"type\":\"array\",\"items\":{\"const\":1},\"minItems\":2,\"uniqueItems\":true}",
        "{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}",
        "{\"type\":\"string\",\"minLength\":4000000000}",
        "{\"type\":\"string\",\"pattern\":\"(?=a)\"}",
        "{\"type\":\"string\",\"pattern\":\"(\"}",
        "{\"type\":\"string\",\"pattern\":\"[\"}",
        "{\"type\":\"string\",\"pattern\":\"a{4000000000}\"}",
        "{\"type\":\"string\",\"pattern\":\"(((a{999}){999}){999})\"}",
        "{\"type\":\"string\",\"pattern\":\"((((){999}){999}){999})\"}",
        "{\"type\":\"string\",\"pattern\":\"\\\\1\"}",
        "{\"type\":\"string\",\"pattern\":\"a\\t\"}",
        "{\"type\":\"string\",\"pattern\":\"\\\\\\t\"}",
        "{\"enum\":[]}",
        "{\"anyOf\":[]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gl_buf out;
        gl_buf_init(&out, 1 << 20);
        gl_buf_append_str(&out, "before");
        if (mock_schema_write(parse(bad[i]), i, &out) == NULL)
            fail_msg("%s: %.*s", bad[i], (int)out.len, out.data);
        assert_int_equal(out.len, 6);
        gl_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_is_allowed),
        cmocka_unit_test(formats_are_as_they_are_called),
        cmocka_unit_test(what_cannot_be_made_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
