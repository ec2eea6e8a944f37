/* ask_tools.c - reads tools, tool_choice and the form of the text. Pure. */
#include <stdio.h>

#include "mock/ask_private.h"

#define NAME_MAX_BYTES 64  /* of a function's name, by the API's reference */
#define TOOLS_MAX      128 /* by the API's reference */

void mock_ask_tool(gl_json tool, gl_json *name, gl_json *parameters)
{
    static const char *const names[] = { "name", "parameters" };
    gl_json found[2];
    gl_json inner = gl_json_get(tool, "function");
    *name = *parameters = (gl_json){ .kind = GL_JSON_NONE };
    if (!gl_json_string_is(gl_json_get(tool, "type"), "function")) return;
    gl_json_get_many(inner.kind == GL_JSON_OBJECT ? inner : tool, names, found, 2);
    *name = found[0];
    *parameters = found[1];
}

static bool is_name(gl_json name)
{
    if (name.text.len < 3 || name.text.len - 2 > NAME_MAX_BYTES) return false;
    for (size_t i = 1; i + 1 < name.text.len; i++) {
        char c = name.text.data[i], letter = (char)(c | 0x20);
        if (!((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static int check_tool(mock_ask *ask, gl_json tool, size_t at, gl_buf *error)
{
    bool flat = ask->form == MOCK_FORM_RESPONSE;
    char where[64];
    gl_json name, parameters;
    if (tool.kind != GL_JSON_OBJECT) {
        snprintf(where, sizeof where, "tools[%zu]", at);
        return mock_ask_wrong_kind(error, where, "an object", tool);
    }
    if (gl_json_get(tool, "type").kind != GL_JSON_STRING) {
        snprintf(where, sizeof where, "tools[%zu].type", at);
        return mock_ask_refuse(error, where, "missing_required_parameter",
                               "Missing required parameter: '%s'.", where);
    }
    if (!gl_json_string_is(gl_json_get(tool, "type"), "function")) return 200;
    mock_ask_tool(tool, &name, &parameters);
    snprintf(where, sizeof where, flat ? "tools[%zu].name" : "tools[%zu].function.name", at);
    if (name.kind != GL_JSON_STRING)
        return mock_ask_refuse(error, where, "missing_required_parameter",
                               "Missing required parameter: '%s'.", where);
    if (!is_name(name))
        return mock_ask_refuse(error, where, "invalid_value",
                               "Invalid '%s': string does not match pattern. Expected a string "
                               "that matches the pattern '^[a-zA-Z0-9_-]{1,64}$'.",
                               where);
    snprintf(where, sizeof where, flat ? "tools[%zu].parameters" : "tools[%zu].function.parameters",
             at);
    if (parameters.kind != GL_JSON_NONE && parameters.kind != GL_JSON_NULL &&
        parameters.kind != GL_JSON_OBJECT)
        return mock_ask_wrong_kind(error, where, "an object", parameters);
    return 200;
}

static int check_tools(mock_ask *ask, gl_buf *error)
{
    gl_json_iter iter = gl_json_begin(ask->tools);
    gl_json tool;
    size_t count = 0;
    while (gl_json_next(&iter, NULL, &tool)) {
        int status = check_tool(ask, tool, count++, error);
        if (status != 200) return status;
    }
    if (count > TOOLS_MAX)
        return mock_ask_refuse(error, "tools", "array_above_max_length",
                               "Invalid 'tools': array too long. Expected an array with maximum "
                               "length %d, but got an array with length %zu instead.",
                               TOOLS_MAX, count);
    if (count != 0 || ask->form == MOCK_FORM_RESPONSE) return 200;
    return mock_ask_refuse(error, "tools", "empty_array",
                           "Invalid 'tools': empty array. Expected an array with minimum length "
                           "1, but got an empty array instead.");
}

static int find_named(mock_ask *ask, gl_json wanted, gl_buf *error)
{
    gl_json tool, name, parameters;
    gl_json_iter iter = gl_json_begin(ask->tools);
    while (ask->tools.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &tool)) {
        mock_ask_tool(tool, &name, &parameters);
        if (wanted.kind != GL_JSON_STRING || !gl_slice_equal(name.text, wanted.text)) continue;
        ask->tool = name;
        ask->tool_mode = MOCK_TOOL_NAMED;
        return 200;
    }
    return mock_ask_refuse(error, "tool_choice", "invalid_value",
                           "Invalid value for 'tool_choice': it names no function of 'tools'.");
}

/* "auto", "none", "required". false: none of them. */
static bool read_mode(mock_ask *ask, gl_json mode)
{
    if (gl_json_string_is(mode, "none"))
        ask->tool_mode = MOCK_TOOL_NONE;
    else if (gl_json_string_is(mode, "required"))
        ask->tool_mode = MOCK_TOOL_REQUIRED;
    else
        return gl_json_string_is(mode, "auto");
    return true;
}

int mock_ask_read_tools(mock_ask *ask, const gl_json *member, gl_buf *error)
{
    gl_json choice = member[MOCK_TOOL_CHOICE];
    ask->tools = member[MOCK_TOOLS];
    ask->one_call = member[MOCK_PARALLEL_TOOL_CALLS].kind == GL_JSON_FALSE;
    if (ask->tools.kind == GL_JSON_ARRAY) {
        int status = check_tools(ask, error);
        if (status != 200) return status;
        ask->tool_mode = MOCK_TOOL_AUTO;
    }
    if (choice.kind == GL_JSON_NONE) return 200;
    if (ask->tools.kind == GL_JSON_NONE && ask->form == MOCK_FORM_CHAT)
        return mock_ask_refuse(error, "tool_choice", "invalid_value",
                               "Invalid value for 'tool_choice': 'tool_choice' is only allowed "
                               "when 'tools' are specified.");
    if (choice.kind == GL_JSON_OBJECT) {
        gl_json inner = gl_json_get(choice, "function");
        gl_json allowed = gl_json_get(choice, "allowed_tools");
        gl_json mode = gl_json_get(allowed.kind == GL_JSON_OBJECT ? allowed : choice, "mode");
        if (gl_json_string_is(gl_json_get(choice, "type"), "allowed_tools") && read_mode(ask, mode))
            return 200;
        return find_named(ask, gl_json_get(inner.kind == GL_JSON_OBJECT ? inner : choice, "name"),
                          error);
    }
    if (read_mode(ask, choice)) return 200;
    return mock_ask_refuse(error, "tool_choice", "invalid_value",
                           "Invalid value for 'tool_choice'. Supported values are: 'none', "
                           "'auto', and 'required'.");
}

int mock_ask_read_format(mock_ask *ask, const gl_json *member, gl_buf *error)
{
    bool response = ask->form == MOCK_FORM_RESPONSE;
    gl_json format =
        response ? gl_json_get(member[MOCK_TEXT], "format") : member[MOCK_RESPONSE_FORMAT];
    const char *param = response ? "text.format" : "response_format";
    if (format.kind == GL_JSON_NONE || format.kind == GL_JSON_NULL) return 200;
    gl_json type = gl_json_get(format, "type");
    if (gl_json_string_is(type, "text")) return 200;
    if (gl_json_string_is(type, "json_object")) {
        ask->format = MOCK_FORMAT_OBJECT;
        return 200;
    }
    if (!gl_json_string_is(type, "json_schema"))
        return mock_ask_refuse(error, param, "invalid_value",
                               "Invalid value for '%s.type'. Supported values are: "
                               "'json_object', 'json_schema', and 'text'.",
                               param);
    gl_json inner = response ? format : gl_json_get(format, "json_schema");
    ask->format = MOCK_FORMAT_SCHEMA;
    ask->schema = gl_json_get(inner, "schema");
    if (gl_json_get(inner, "name").kind != GL_JSON_STRING)
        return mock_ask_refuse(error, param, "missing_required_parameter",
                               "Missing required parameter: '%s%s'.", param,
                               response ? ".name" : ".json_schema.name");
    if (ask->schema.kind == GL_JSON_OBJECT) return 200;
    return mock_ask_refuse(error, param, "missing_required_parameter",
                           "Missing required parameter: '%s%s'.", param,
                           response ? ".schema" : ".json_schema.schema");
}
