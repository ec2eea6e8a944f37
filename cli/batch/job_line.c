/*
 * job_line.c - reads one line of a job's input. Owns the set of ids and the scratch memory for
 * texts with escapes.
 *
 * A line's text is checked once, as a whole; a body is sent as the slice of the line that it is.
 */
#include "batch/job_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The line, its members that are read, and the messages of its body. */
enum { LINE, ID, METHOD, URL, BODY, INPUT, GOAL, CONSTRAINTS, MESSAGES, BODY_MESSAGES, MEMBERS };
static const gl_json_wanted wanted[MEMBERS] = {
    [LINE] = { NULL, 0, ID, MESSAGES - ID + 1 },
    [ID] = { GL_JSON_NAME("custom_id"), 0, 0 },
    [METHOD] = { GL_JSON_NAME("method"), 0, 0 },
    [URL] = { GL_JSON_NAME("url"), 0, 0 },
    [BODY] = { GL_JSON_NAME("body"), BODY_MESSAGES, 1 },
    [INPUT] = { GL_JSON_NAME("input_text"), 0, 0 },
    [GOAL] = { GL_JSON_NAME("goal"), 0, 0 },
    [CONSTRAINTS] = { GL_JSON_NAME("constraints"), 0, 0 },
    [MESSAGES] = { GL_JSON_NAME("messages"), 0, 0 },
    [BODY_MESSAGES] = { GL_JSON_NAME("messages"), 0, 0 },
};

void line_parser_init(line_parser *parser)
{
    id_set_init(&parser->ids);
    gl_buf *bufs[] = { &parser->id, &parser->path, &parser->input, &parser->goal,
                       &parser->constraints };
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) gl_buf_init(bufs[i], SIZE_MAX / 2);
}

void line_parser_free(line_parser *parser)
{
    id_set_free(&parser->ids);
    gl_buf_free(&parser->id);
    gl_buf_free(&parser->path);
    gl_buf_free(&parser->input);
    gl_buf_free(&parser->goal);
    gl_buf_free(&parser->constraints);
}

void line_parser_forget_ids(line_parser *parser)
{
    id_set_clear(&parser->ids);
}

__attribute__((format(printf, 3, 4))) static bool refuse(job_line *line, const char *code,
                                                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(line->error_message, sizeof line->error_message, format, args);
    va_end(args);
    line->error_code = code;
    return false;
}

void line_parser_too_long(uint64_t number, size_t max, job_line *line)
{
    *line = (job_line){ .number = number };
    refuse(line, "line_too_long", "the line is longer than %zu bytes (--max-line)", max);
}

static bool is_absent(gl_json value)
{
    return value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL;
}

/* --- the id ---------------------------------------------------------------------------------- */

static bool read_id(line_parser *parser, gl_json id, job_line *line)
{
    gl_buf *text = &parser->id;
    gl_buf_reset(text);
    if (is_absent(id)) {
        gl_buf_append_u64(text, line->number);
    } else if (id.kind != GL_JSON_STRING) {
        return refuse(line, "bad_json", "custom_id is not a string");
    } else {
        bool lone = false;
        gl_json_string_append(id, text, &lone);
        if (lone || memchr(text->data != NULL ? text->data : "", 0, text->len) != NULL)
            return refuse(line, "bad_json", "custom_id holds a NUL or half a surrogate pair");
    }
    if (!gl_buf_terminate(text)) return refuse(line, "oom", "out of memory");
    line->custom_id = text->data;
    switch (id_set_add(&parser->ids, gl_buf_slice(text))) {
    case ID_NEW:
        return true;
    case ID_SEEN:
        return refuse(line, "duplicate_custom_id", "an earlier line has the same custom_id");
    case ID_FAILED:
        break;
    }
    return refuse(line, "oom", "out of memory for the ids of this job");
}

/* --- a line of the Batch format -------------------------------------------------------------- */

static bool is_path_char(char c)
{
    switch (c) {
    case '-':
    case '.':
    case '_':
    case '~':
    case '/':
    case ':':
    case ',':
    case '+':
    case '=':
    case '&':
    case '?':
        return true;
    default:
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}

bool job_url_path(gl_slice url, gl_slice *path)
{
    if (url.len < 2 || url.data[0] != '/') return false;
    for (size_t i = 0; i < url.len; i++) {
        if (!is_path_char(url.data[i])) return false;
        if (i > 0 && url.data[i] == url.data[i - 1] && (url.data[i] == '/' || url.data[i] == '.'))
            return false;
    }
    if (url.len >= 3 && memcmp(url.data, "/v1", 3) == 0 && (url.len == 3 || url.data[3] == '/'))
        url = gl_slice_of(url.data + 3, url.len - 3);
    *path = url;
    return url.len >= 2;
}

static bool read_url(line_parser *parser, gl_json url, job_line *line)
{
    static const char usual[] = "/chat/completions";
    gl_slice path;
    if (url.kind == GL_JSON_NONE || gl_slice_is(url.text, "\"/v1/chat/completions\"")) {
        line->chat.path = usual;
        return true;
    }
    gl_buf *text = &parser->path;
    gl_buf_reset(text);
    gl_json_string_append(url, text, NULL);
    if (url.kind != GL_JSON_STRING || !job_url_path(gl_buf_slice(text), &path))
        return refuse(line, "bad_url",
                      "url must be a path such as /v1/chat/completions, with no host");
    size_t dropped = (size_t)(path.data - text->data);
    if (!gl_buf_terminate(text)) return refuse(line, "oom", "out of memory");
    line->chat.path = text->data + dropped;
    return true;
}

static bool read_chat(line_parser *parser, const gl_json *members, job_line *line)
{
    line->is_chat = true;
    if (!is_absent(members[METHOD]) && !gl_json_string_is(members[METHOD], "POST"))
        return refuse(line, "bad_json", "method must be \"POST\"");
    if (!read_url(parser, members[URL], line)) return false;
    gl_json body = members[BODY];
    bool chat = strcmp(line->chat.path, "/chat/completions") == 0;
    if (is_absent(body))
        return refuse(line, chat ? "missing_messages" : "bad_json", "the line has no body");
    if (body.kind != GL_JSON_OBJECT) return refuse(line, "bad_json", "body is not an object");
    if (chat && members[BODY_MESSAGES].kind != GL_JSON_ARRAY)
        return refuse(line, "missing_messages", "body has no array of messages");
    line->chat.body = body.text.data;
    line->chat.body_len = body.text.len;
    return true;
}

/* --- a draft --------------------------------------------------------------------------------- */

/* Half surrogate pairs become U+FFFD, as with jq, because they have no UTF-8 form. */
static bool read_text(gl_json value, const char *name, gl_buf *text, job_line *line)
{
    gl_buf_reset(text);
    if (!is_absent(value) && value.kind != GL_JSON_STRING)
        return refuse(line, "bad_json", "%s is not a string", name);
    gl_json_string_append(value, text, NULL);
    return gl_buf_terminate(text) || refuse(line, "oom", "out of memory");
}

static bool read_draft(line_parser *parser, const gl_json *members, job_line *line)
{
    if (is_absent(members[INPUT]))
        return refuse(line, "missing_input_text", "the line has neither input_text nor body%s",
                      members[MESSAGES].kind != GL_JSON_NONE ? "; messages belong into a body"
                                                             : "");
    if (!read_text(members[INPUT], wanted[INPUT].name, &parser->input, line) ||
        !read_text(members[GOAL], wanted[GOAL].name, &parser->goal, line) ||
        !read_text(members[CONSTRAINTS], wanted[CONSTRAINTS].name, &parser->constraints, line))
        return false;
    if (parser->input.len == 0) return refuse(line, "missing_input_text", "input_text is empty");
    line->draft = (glimpse_draft){
        .input_text = parser->input.data,
        .goal = parser->goal.data,
        .constraints = parser->constraints.data,
        .input_text_len = parser->input.len,
        .goal_len = parser->goal.len,
        .constraints_len = parser->constraints.len,
    };
    return true;
}

/* --- a line ---------------------------------------------------------------------------------- */

static bool read_json(gl_slice text, gl_json *members, job_line *line)
{
    size_t at = 0;
    gl_json_error error = gl_json_check_wanted(text, wanted, members, MEMBERS, &at);
    if (error != GL_JSON_OK)
        return refuse(line, error == GL_JSON_UTF8 ? "bad_utf8" : "bad_json",
                      "the line is not JSON: %s at byte %zu", gl_json_error_text(error), at);
    if (members[LINE].kind != GL_JSON_OBJECT)
        return refuse(line, "bad_json", "the line is not a JSON object");
    return true;
}

void line_parser_read(line_parser *parser, gl_slice text, uint64_t number, job_line *line)
{
    gl_json members[MEMBERS];
    *line = (job_line){ .number = number };
    if (!read_json(text, members, line)) return;
    if (!read_id(parser, members[ID], line)) return;
    bool chat = members[METHOD].kind != GL_JSON_NONE || members[URL].kind != GL_JSON_NONE ||
                members[BODY].kind != GL_JSON_NONE;
    if (chat)
        read_chat(parser, members, line);
    else
        read_draft(parser, members, line);
}
