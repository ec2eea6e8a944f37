/* mock_response.c - see mock_response.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "mock/write.h"
#include "mock_response.h"

void mock_response_init(mock_response *response)
{
    *response = (mock_response){ .status = 0 };
    mock_answer_init(&response->answer, SIZE_MAX / 2);
    gl_buf_init(&response->body, SIZE_MAX / 2);
}

void mock_response_free(mock_response *response)
{
    mock_answer_free(&response->answer);
    gl_buf_free(&response->body);
}

int mock_response_ask(mock_response *response, mock_form form, const char *request)
{
    static const unsigned char digest[MOCK_DIGEST] = { 7, 1, 200, 4, 90 };
    gl_buf_reset(&response->body);
    response->status = mock_model_answer(&response->model, form, gl_slice_str(request), digest,
                                         &response->answer, &response->body);
    if (response->status == 200) mock_write_plain(&response->answer, &response->body);
    size_t at = 0;
    if (gl_json_check(gl_buf_slice(&response->body), &response->root, &at) != GL_JSON_OK)
        fail_msg("no JSON at byte %zu: %.*s", at, (int)response->body.len, response->body.data);
    return response->status;
}

static gl_json element(gl_json array, long index)
{
    gl_json value = { .kind = GL_JSON_NONE };
    gl_json_iter iter = gl_json_begin(array);
    while (gl_json_next(&iter, NULL, &value))
        if (index-- == 0) return value;
    return (gl_json){ .kind = GL_JSON_NONE };
}

gl_json mock_response_in(gl_json root, const char *path)
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

gl_json mock_response_at(const mock_response *response, const char *path)
{
    return mock_response_in(response->root, path);
}

void mock_response_is(const mock_response *response, const char *path, const char *json)
{
    gl_json found = mock_response_at(response, path);
    if (found.kind == GL_JSON_NONE || !gl_slice_is(found.text, json))
        fail_msg("%s is %.*s, not %s, in %.*s", path, (int)found.text.len, found.text.data, json,
                 (int)response->body.len, response->body.data);
}
