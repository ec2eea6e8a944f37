/* request_line.c - see request_line.h. */
#include "load/request_line.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"

enum {
    NUMBER,
    KIND,
    SCHEDULED,
    SENT,
    FIRST,
    FIRST_TOKEN,
    LAST,
    PROMPT,
    COMPLETION,
    STATUS,
    ERROR,
    SOURCE,
    ATTEMPTS,
    MEASURED,
    REQUEST_ID,
    COLUMNS
};

static const char *const names[COLUMNS] = { "n",        "class",         "scheduled_s",
                                            "sent_s",   "first_s",       "first_token_s",
                                            "last_s",   "prompt_tokens", "completion_tokens",
                                            "status",   "error",         "source",
                                            "attempts", "measured",      "request_id" };

static void seconds(gl_buf *out, const load_request_line *line, gl_time at)
{
    uint64_t us = gl_time_since(at, line->start) / GL_US;
    gl_buf_printf(out, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

/* Writes the time since its last attempt began; below 0: never. */
static void since_started(gl_buf *out, const load_request_line *line, int64_t ns, const char *none)
{
    if (ns < 0)
        gl_buf_append_str(out, none);
    else
        seconds(out, line, line->outcome->started + (gl_time)ns);
}

static void count(gl_buf *out, int64_t value, const char *none)
{
    if (value < 0)
        gl_buf_append_str(out, none);
    else
        gl_buf_append_i64(out, value);
}

/* Writes a name of ours in quotes; a class's name is the user's, a request's the endpoint's. */
static void word(gl_buf *out, const char *text, bool json)
{
    if (json)
        gl_json_write_string(out, gl_slice_str(text));
    else if (strpbrk(text, ",\"\r\n") == NULL)
        gl_buf_append_str(out, text);
    else {
        gl_buf_append_char(out, '"');
        for (; *text != '\0'; text++) {
            if (*text == '"') gl_buf_append_char(out, '"');
            gl_buf_append_char(out, *text);
        }
        gl_buf_append_char(out, '"');
    }
}

static void value(gl_buf *out, const load_request_line *line, int column, bool json)
{
    const load_outcome *o = line->outcome;
    const char *none = json ? "null" : "";
    bool live = o->source == GLIMPSE_SOURCE_LIVE;
    switch (column) {
    case NUMBER:
        gl_buf_append_u64(out, line->number);
        break;
    case KIND:
        word(out, line->kind, json);
        break;
    case SCHEDULED:
        seconds(out, line, o->intended);
        break;
    case SENT:
        if (o->left == GL_TIME_NEVER)
            gl_buf_append_str(out, none);
        else
            seconds(out, line, o->left);
        break;
    case FIRST:
        since_started(out, line, o->first_byte_ns, none);
        break;
    case FIRST_TOKEN:
        since_started(out, line, o->first_token_ns, none);
        break;
    case LAST:
        seconds(out, line, o->done);
        break;
    case PROMPT:
        count(out, live ? o->prompt_tokens : -1, none);
        break;
    case COMPLETION:
        count(out, live ? o->completion_tokens : -1, none);
        break;
    case STATUS:
        word(out, glimpse_status_name(o->status), json);
        break;
    case ERROR:
        if (o->error == GLIMPSE_OK)
            gl_buf_append_str(out, none);
        else
            word(out, glimpse_error_name(o->error), json);
        break;
    case SOURCE:
        word(out, glimpse_source_name(o->source), json);
        break;
    case ATTEMPTS:
        gl_buf_append_i64(out, o->attempts);
        break;
    case MEASURED:
        gl_buf_append_str(out, line->measured ? "true" : "false");
        break;
    default:
        if (o->request_id == NULL || o->request_id[0] == '\0')
            gl_buf_append_str(out, none);
        else
            word(out, o->request_id, json);
    }
}

void load_request_json(gl_buf *out, const load_request_line *line)
{
    for (int i = 0; i < COLUMNS; i++) {
        gl_buf_printf(out, "%s\"%s\":", i > 0 ? "," : "{", names[i]);
        value(out, line, i, true);
    }
    gl_buf_append_str(out, "}\n");
}

void load_request_csv(gl_buf *out, const load_request_line *line)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        value(out, line, i, false);
    }
    gl_buf_append_char(out, '\n');
}

void load_request_csv_head(gl_buf *out)
{
    for (int i = 0; i < COLUMNS; i++) gl_buf_printf(out, "%s%s", i > 0 ? "," : "", names[i]);
    gl_buf_append_char(out, '\n');
}
