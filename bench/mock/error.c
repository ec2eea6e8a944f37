/* error.c - see error.h. */
#include "mock/error.h"

#include "base/json.h"

static void append_string_or_null(gl_buf *out, const char *text)
{
    if (text != NULL)
        gl_json_write_string(out, gl_slice_str(text));
    else
        gl_buf_append_str(out, "null");
}

static void write_error(const char *type, const char *param, const char *code, const char *message,
                        gl_buf *out)
{
    gl_buf_append_str(out, "{\"error\":{\"message\":");
    gl_json_write_string(out, gl_slice_str(message));
    gl_buf_append_str(out, ",\"type\":");
    append_string_or_null(out, type);
    gl_buf_append_str(out, ",\"param\":");
    append_string_or_null(out, param);
    gl_buf_append_str(out, ",\"code\":");
    append_string_or_null(out, code);
    gl_buf_append_str(out, "}}");
}

int mock_answer_error(int status, const char *param, const char *code, const char *message,
                      gl_buf *out)
{
    const char *type = status == 429   ? "requests"
                       : status >= 500 ? "server_error"
                                       : "invalid_request_error";
    write_error(type, param, code, message, out);
    return status;
}

int mock_answer_limit(const char *type, const char *code, const char *message, gl_buf *out)
{
    write_error(type, NULL, code, message, out);
    return 429;
}
