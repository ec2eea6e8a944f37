/* models.c - see models.h. */
#include "mock/models.h"

#include <stdio.h>

#include "mock/error.h"
#include "mock/spec.h"

#define CREATED INT64_C(1700000000) /* a fixed day: an answer depends on no clock */

bool mock_models_parse(mock_models *models, const char *list, char *problem, size_t problem_size)
{
    gl_slice rest = gl_slice_str(list);
    models->names = rest;
    while (rest.len != 0) {
        bool ends = rest.data[rest.len - 1] == ',';
        if (mock_spec_next(&rest, ',').len != 0 && !ends) continue;
        snprintf(problem, problem_size, "models: an empty name in '%.200s' (a,b)", list);
        return false;
    }
    return true;
}

static bool has(const mock_models *models, gl_slice name)
{
    gl_slice rest = models->names;
    while (rest.len != 0)
        if (gl_slice_equal(mock_spec_next(&rest, ','), name)) return true;
    return models->names.len == 0;
}

bool mock_models_has(const mock_models *models, gl_json name)
{
    if (models->names.len == 0) return true;
    char decoded[512];
    gl_buf text = { .data = decoded, .capacity = sizeof decoded, .max = sizeof decoded };
    gl_json_string_append(name, &text, NULL);
    return !text.failed && has(models, gl_buf_slice(&text));
}

static int unknown(gl_slice name, gl_buf *error)
{
    char message[700];
    snprintf(message, sizeof message,
             "The model '%.*s' does not exist or you do not have access to it.",
             name.len < 500 ? (int)name.len : 500, name.data);
    return mock_answer_error(404, "model", "model_not_found", message, error);
}

int mock_models_unknown(gl_json name, gl_buf *error)
{
    return unknown(gl_slice_of(name.text.data + 1, name.text.len - 2), error);
}

static void write_model(gl_slice name, gl_buf *out)
{
    gl_buf_append_str(out, "{\"id\":");
    gl_json_write_string(out, name);
    gl_buf_append_str(out, ",\"object\":\"model\",\"created\":");
    gl_buf_append_i64(out, CREATED);
    gl_buf_append_str(out, ",\"owned_by\":\"glimpse-mock\"}");
}

int mock_models_list(const mock_models *models, gl_buf *out)
{
    static const char some[] = "gpt-4o-mini,gpt-4o,text-embedding-3-small";
    gl_slice rest = models->names.len != 0 ? models->names : gl_slice_str(some);
    gl_buf_append_str(out, "{\"object\":\"list\",\"data\":[");
    for (bool first = true; rest.len != 0; first = false) {
        if (!first) gl_buf_append_char(out, ',');
        write_model(mock_spec_next(&rest, ','), out);
    }
    gl_buf_append_str(out, "]}\n");
    return 200;
}

static int digit(char c)
{
    char small = (char)(c | 0x20);
    if (c >= '0' && c <= '9') return c - '0';
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

int mock_models_get(const mock_models *models, gl_slice id, gl_buf *out)
{
    char decoded[512];
    size_t len = 0;
    for (size_t i = 0; i < id.len && len < sizeof decoded; i++) {
        bool coded = id.data[i] == '%' && i + 2 < id.len && digit(id.data[i + 1]) >= 0 &&
                     digit(id.data[i + 2]) >= 0;
        decoded[len++] =
            coded ? (char)(digit(id.data[i + 1]) << 4 | digit(id.data[i + 2])) : id.data[i];
        if (coded) i += 2;
    }
    gl_slice name = gl_slice_of(decoded, len);
    if (!has(models, name)) return unknown(name, out);
    write_model(name, out);
    gl_buf_append_char(out, '\n');
    return 200;
}
