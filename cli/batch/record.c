/* record.c - see record.h. */
#include "batch/record.h"

#include <string.h>

#include "base/json.h"

void record_bad_line(gl_buf *out, const job_line *line)
{
    gl_buf_append_str(out, "{\"id\":\"line-");
    gl_buf_append_u64(out, line->number);
    gl_buf_append_str(out, "\",\"custom_id\":");
    if (line->custom_id != NULL)
        gl_json_write_string(out, gl_slice_str(line->custom_id));
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"response\":null,\"error\":{\"code\":");
    gl_json_write_string(out, gl_slice_str(line->error_code));
    gl_buf_append_str(out, ",\"message\":");
    gl_json_write_string(out, gl_slice_str(line->error_message));
    gl_buf_append_str(out, "},\"glimpse\":{\"line\":");
    gl_buf_append_u64(out, line->number);
    gl_buf_append_str(out, ",\"key\":null,\"status\":\"bad_request\",\"source\":\"local\","
                           "\"sample\":null,\"essence\":\"\",\"delta\":null,\"stale\":false,"
                           "\"attempts\":0,\"elapsed_ms\":0.0,\"thresholds\":[],"
                           "\"finish_reason\":null,\"usage\":null,\"model\":null}}");
}

/* --- records of an earlier run -----------------------------------------------------------------
 */

/* 16 and more: it is none. A table, because no branch foretells a digit of a digest. */
static unsigned hex_digit(char c)
{
    static const unsigned char digits[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    };
    return digits[(unsigned char)c] - 1U;
}

static bool read_hex_key(gl_json text, glimpse_key *key)
{
    if (text.kind != GL_JSON_STRING || text.text.len != 2 * sizeof key->bytes + 2) return false;
    const char *digits = text.text.data + 1;
    for (size_t i = 0; i < sizeof key->bytes; i++) {
        unsigned high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
        if ((high | low) > 15) return false;
        key->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static bool read_status(gl_json text, glimpse_status *status)
{
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++)
        if (gl_json_string_is(text, glimpse_status_name((glimpse_status)i))) {
            *status = (glimpse_status)i;
            return true;
        }
    return false;
}

static bool read_source(gl_json text, glimpse_source *source)
{
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++)
        if (gl_json_string_is(text, glimpse_source_name((glimpse_source)i))) {
            *source = (glimpse_source)i;
            return true;
        }
    return false;
}

const char *record_read(gl_slice text, record_view *view)
{
    enum { ROOT, ID, GLIMPSE, STATUS, SOURCE, KEY, PATH, LINE, COUNT };
    static const gl_json_wanted wanted[COUNT] = {
        [ROOT] = { NULL, 0, ID, 2 },
        [ID] = { GL_JSON_NAME("custom_id"), 0, 0 },
        [GLIMPSE] = { GL_JSON_NAME("glimpse"), STATUS, 5 },
        [STATUS] = { GL_JSON_NAME("status"), 0, 0 },
        [SOURCE] = { GL_JSON_NAME("source"), 0, 0 },
        [KEY] = { GL_JSON_NAME("key"), 0, 0 },
        [PATH] = { GL_JSON_NAME("path"), 0, 0 },
        [LINE] = { GL_JSON_NAME("line"), 0, 0 },
    };
    gl_json found[COUNT];
    int64_t line;
    memset(view, 0, sizeof *view);
    if (gl_json_check_wanted(text, wanted, found, COUNT, NULL) != GL_JSON_OK ||
        found[ROOT].kind != GL_JSON_OBJECT)
        return "it is no JSON object";
    if (found[GLIMPSE].kind != GL_JSON_OBJECT) return "it has no \"glimpse\" object";
    view->root = found[ROOT];
    view->custom_id = found[ID];
    view->glimpse = found[GLIMPSE];
    if (!read_status(found[STATUS], &view->status)) return "its status is none that is known";
    if (found[ID].kind != GL_JSON_STRING && found[ID].kind != GL_JSON_NULL)
        return "its custom_id is no string";
    view->known_source = read_source(found[SOURCE], &view->source);
    view->has_key = read_hex_key(found[KEY], &view->key);
    if (found[PATH].kind == GL_JSON_STRING) view->path = found[PATH];
    if (gl_json_int64(found[LINE], &line) && line > 0) view->line = (uint64_t)line;
    return NULL;
}

static void append_member(gl_buf *out, bool *first, gl_json name)
{
    gl_buf_append_char(out, *first ? '{' : ',');
    *first = false;
    gl_buf_append(out, name.text.data, name.text.len);
    gl_buf_append_char(out, ':');
}

/* Members about the request that was sent, and their values when none was sent. That no model was
 * asked for an answer stays true of it. */
static const char *unsent_value(gl_json name, gl_json value)
{
    static const char *const values[][2] = {
        { "source", "\"cache\"" }, { "attempts", "0" },  { "elapsed_ms", "0.0" },
        { "thresholds", "[]" },    { "stale", "false" },
    };
    if (gl_json_string_is(name, "source") &&
        gl_json_string_is(value, glimpse_source_name(GLIMPSE_SOURCE_LOCAL)))
        return NULL;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (gl_json_string_is(name, values[i][0])) return values[i][1];
    return NULL;
}

static bool is_of_the_sending(gl_json name)
{
    return gl_json_string_is(name, "log") || gl_json_string_is(name, "first_token_ms") ||
           gl_json_string_is(name, "token_gap_ms");
}

static void rewrite_glimpse(gl_buf *out, gl_json glimpse, uint64_t line, bool reused)
{
    gl_json name, value;
    bool first = true;
    for (gl_json_iter at = gl_json_begin(glimpse); gl_json_next(&at, &name, &value);) {
        const char *unsent = reused ? unsent_value(name, value) : NULL;
        if (reused && is_of_the_sending(name)) continue;
        append_member(out, &first, name);
        if (gl_json_string_is(name, "line"))
            gl_buf_append_u64(out, line);
        else if (unsent != NULL)
            gl_buf_append_str(out, unsent);
        else
            gl_buf_append(out, value.text.data, value.text.len);
    }
    gl_buf_append_char(out, '}');
}

/* custom_id NULL: its own. */
static void rewrite(gl_buf *out, const record_view *view, const char *custom_id, uint64_t line)
{
    gl_json name, value;
    bool first = true;
    for (gl_json_iter at = gl_json_begin(view->root); gl_json_next(&at, &name, &value);) {
        append_member(out, &first, name);
        if (gl_json_string_is(name, "glimpse"))
            rewrite_glimpse(out, view->glimpse, line, custom_id != NULL);
        else if (custom_id != NULL && gl_json_string_is(name, "custom_id"))
            gl_json_write_string(out, gl_slice_str(custom_id));
        else
            gl_buf_append(out, value.text.data, value.text.len);
    }
    gl_buf_append_char(out, '}');
}

void record_renumber(gl_buf *out, const record_view *view, uint64_t line)
{
    rewrite(out, view, NULL, line);
}

void record_reuse(gl_buf *out, const record_view *view, const char *custom_id, uint64_t line)
{
    rewrite(out, view, custom_id, line);
}
