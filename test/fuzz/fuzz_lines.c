/*
 * fuzz_lines.c - any bytes as a job's input, in any pieces: the line reader hands out the lines
 * that a plain split gives, numbered alike, and each is either sent as it stands or refused with a
 * record that is one line of JSON.
 *
 * The first byte sets the longest line, the second the size of the pieces.
 */
#include "fuzz.h"

#include <unistd.h>

#include "base/json.h"
#include "batch/job_line.h"
#include "batch/line_reader.h"
#include "batch/record.h"

/* The plain split that the reader is held against. */
typedef struct split {
    const char *data;
    size_t len, at;
    uint64_t number;
} split;

static bool next_of_split(split *s, gl_slice *line)
{
    if (s->at == s->len) return false;
    const char *from = s->data + s->at;
    const char *end = memchr(from, '\n', s->len - s->at);
    size_t len = end != NULL ? (size_t)(end - from) : s->len - s->at;
    s->at += len + (end != NULL ? 1 : 0);
    s->number++;
    if (len > 0 && from[len - 1] == '\r') len--;
    bool marked = s->number == 1 && len >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0;
    *line = marked ? gl_slice_of(from + 3, len - 3) : gl_slice_of(from, len);
    return true;
}

static bool is_blank(gl_slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (memchr(" \t\r", line.data[i], 3) == NULL) return false;
    return true;
}

/* The line of this number; those before it are ones that nobody is told of. */
static gl_slice line_of_split(split *s, uint64_t number, size_t max)
{
    gl_slice line;
    for (;;) {
        claim(next_of_split(s, &line), "a line too many");
        if (s->number == number) return line;
        claim(s->number < number && is_blank(line) && line.len <= max, "a line was lost");
    }
}

static bool inside(gl_slice part, gl_slice whole)
{
    return part.data >= whole.data && part.data + part.len <= whole.data + whole.len;
}

static void check_refused(const job_line *line)
{
    gl_buf record;
    gl_json root;
    gl_buf_init(&record, SIZE_MAX / 2);
    claim(line->error_message[0] != '\0', "refused without a reason");
    record_bad_line(&record, line);
    claim(gl_json_check(gl_buf_slice(&record), &root, NULL) == GL_JSON_OK, "a record is no JSON");
    claim(memchr(record.data, '\n', record.len) == NULL, "a record is more than a line");
    gl_buf_free(&record);
}

static void check_line(line_parser *parser, gl_slice text, uint64_t number)
{
    job_line line;
    gl_json root;
    line_parser_read(parser, text, number, &line);
    claim(line.number == number, "another number");
    if (line.error_code != NULL) {
        check_refused(&line);
        return;
    }
    claim(line.custom_id != NULL, "no id");
    claim(gl_utf8_check(line.custom_id, strlen(line.custom_id)) == strlen(line.custom_id),
          "an id that is not UTF-8");
    if (line.is_chat) {
        gl_slice body = gl_slice_of(line.chat.body, line.chat.body_len);
        claim(inside(body, text), "a body that is not the line's");
        claim(gl_json_check(body, &root, NULL) == GL_JSON_OK && root.kind == GL_JSON_OBJECT,
              "a body that is no object");
        claim(line.chat.path[0] == '/' && line.chat.path[1] != '/' &&
                  strstr(line.chat.path, "..") == NULL && strchr(line.chat.path, '@') == NULL,
              "a path that leads elsewhere");
    } else {
        claim(line.draft.input_text_len != 0, "a draft of nothing");
        claim(gl_utf8_check(line.draft.input_text, line.draft.input_text_len) ==
                  line.draft.input_text_len,
              "a draft that is not UTF-8");
    }
    job_line again;
    line_parser_read(parser, text, number, &again);
    claim(again.error_code != NULL && strcmp(again.error_code, "duplicate_custom_id") == 0,
          "one id taken twice");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    size_t max = 1 + (size_t)fuzz_byte(&in) * 4, piece = 1 + (size_t)fuzz_byte(&in) * 16;
    split expected = { (const char *)in.data, in.size, 0, 0 };
    gl_slice want, line;
    uint64_t number;
    int ends[2];
    line_reader reader;
    line_parser parser;
    claim(pipe(ends) == 0, "no pipe");
    claim(line_reader_init(&reader, ends[0], max), "out of memory");
    line_parser_init(&parser);
    for (line_state state; (state = line_reader_next(&reader, &line, &number)) != LINE_END;) {
        if (state == LINE_EMPTY) {
            size_t now = in.size < piece ? in.size : piece;
            if (now == 0 && ends[1] >= 0) {
                close(ends[1]);
                ends[1] = -1;
            } else if (now > 0) {
                claim(write(ends[1], in.data, now) == (ssize_t)now, "a pipe took less");
            }
            in.data += now;
            in.size -= now;
            claim(line_reader_fill(&reader) == 0, "a read failed");
            continue;
        }
        want = line_of_split(&expected, number, max);
        claim((state == LINE_TOO_LONG) == (want.len > max), "too long or not");
        if (state == LINE_TOO_LONG) continue;
        claim(gl_slice_equal(want, line) && !is_blank(line), "another line");
        check_line(&parser, line, number);
    }
    while (next_of_split(&expected, &want))
        claim(is_blank(want) && want.len <= max, "the last lines were lost");
    claim(line_reader_consumed(&reader) == size - (size < 2 ? size : 2), "bytes lost");
    line_parser_free(&parser);
    line_reader_free(&reader);
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    return 0;
}
