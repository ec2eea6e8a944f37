/* mock_said.c - see mock_said.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "mock/write.h"
#include "mock_said.h"

void mock_said_init(mock_said *said)
{
    *said = (mock_said){ .status = 0 };
    mock_answer_init(&said->answer, SIZE_MAX / 2);
    gl_buf_init(&said->body, SIZE_MAX / 2);
}

void mock_said_free(mock_said *said)
{
    mock_answer_free(&said->answer);
    gl_buf_free(&said->body);
}

int mock_said_ask(mock_said *said, mock_form form, const char *request)
{
    static const unsigned char digest[MOCK_DIGEST] = { 7, 1, 200, 4, 90 };
    gl_buf_reset(&said->body);
    said->status = mock_model_answer(&said->model, form, gl_slice_str(request), digest,
                                     &said->answer, &said->body);
    if (said->status == 200) mock_write_plain(&said->answer, &said->body);
    size_t at = 0;
    if (gl_json_check(gl_buf_slice(&said->body), &said->root, &at) != GL_JSON_OK)
        fail_msg("no JSON at byte %zu: %.*s", at, (int)said->body.len, said->body.data);
    return said->status;
}

static gl_json element(gl_json array, long index)
{
    gl_json value = { .kind = GL_JSON_NONE };
    gl_json_iter iter = gl_json_begin(array);
    while (gl_json_next(&iter, NULL, &value))
        if (index-- == 0) return value;
    return (gl_json){ .kind = GL_JSON_NONE };
}

gl_json mock_said_in(gl_json root, const char *path)
{
    char name[64];
    while (*path != '\0') {
        size_t len = strcspn(path, ".");
        assert_in_range(len, 1, sizeof name - 1);
        memcpy(name, path, len);
        name[len] = '\0';
        path += len + (path[len] == '.');
        if (root.kind == GL_JSON_ARRAY)
            root = element(root, strtol(name, NULL, 10));
        else
            root = gl_json_get(root, name);
    }
    return root;
}

gl_json mock_said_at(const mock_said *said, const char *path)
{
    return mock_said_in(said->root, path);
}

void mock_said_is(const mock_said *said, const char *path, const char *json)
{
    gl_json found = mock_said_at(said, path);
    if (found.kind == GL_JSON_NONE || !gl_slice_is(found.text, json))
        fail_msg("%s is %.*s, not %s, in %.*s", path, (int)found.text.len, found.text.data, json,
                 (int)said->body.len, said->body.data);
}
