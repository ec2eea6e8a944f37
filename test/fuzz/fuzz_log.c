/*
 * fuzz_log.c - any event: its lines are one line of UTF-8 without controls, the JSON one is JSON
 * and gives the values back, and a line cut by a small buffer is the beginning of the whole one.
 *
 * The level and the size of the buffer come first, then names and values, a line each.
 */
#include "fuzz.h"

#include "base/json.h"
#include "log.h"

enum { FIELDS = 4, LINE_MAX_LEN = 1 << 20 };

typedef size_t (*formatter)(const glimpse_log_event *event, int64_t unix_ms, char *buffer,
                            size_t size);

/* The whole line, the caller's to free; what a smaller buffer gets is its beginning. */
static char *format(formatter fn, const glimpse_log_event *event, int64_t unix_ms, size_t small)
{
    size_t len = fn(event, unix_ms, NULL, 0);
    claim(len < LINE_MAX_LEN, "an endless line");
    char *line = malloc(len + 1), *cut = malloc(small > 0 ? small : 1);
    claim(line != NULL && cut != NULL, "out of memory");
    claim(fn(event, unix_ms, line, len + 1) == len, "another length");
    claim(strlen(line) == len, "a NUL byte in a line");
    claim_plain_line(line, len);
    claim(fn(event, unix_ms, cut, small) == len, "the length depends on the buffer");
    if (small > 0) {
        size_t kept = strlen(cut);
        claim(kept < small && strncmp(line, cut, kept) == 0, "a cut line is not the beginning");
        claim(gl_utf8_check(cut, kept) == kept, "cut inside a character");
        claim(kept == len || kept + 4 >= small, "cut too early");
    }
    free(cut);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    glimpse_log_level level = (glimpse_log_level)(fuzz_byte(&in) % (GLIMPSE_LOG_LEVEL_COUNT + 1));
    size_t small = fuzz_byte(&in);
    int64_t unix_ms =
        (int64_t)((uint64_t)fuzz_number(&in) << 32 | fuzz_number(&in)) >> (fuzz_byte(&in) % 64);
    char *name = fuzz_string(fuzz_line(&in)), *texts[FIELDS * 2];
    glimpse_log_field fields[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        texts[i * 2] = fuzz_string(fuzz_line(&in));
        texts[i * 2 + 1] = fuzz_string(fuzz_line(&in));
        /* Two of them carry numbers. */
        fields[i] = (glimpse_log_field){ texts[i * 2], i % 2 == 0 ? texts[i * 2 + 1] : NULL,
                                         (int64_t)fuzz_number(&in) - INT32_MAX };
    }
    glimpse_log_event event = { level, name, fields, FIELDS };

    free(format(glimpse_log_format_text, &event, unix_ms, small));
    char *line = format(glimpse_log_format_json, &event, unix_ms, small);
    gl_json root, number;
    int64_t found;
    claim(gl_json_check(gl_slice_str(line), &root, NULL) == GL_JSON_OK, "the line is no JSON");
    if (gl_utf8_check(name, strlen(name)) == strlen(name))
        claim(gl_json_string_is(gl_json_get(root, "event"), name), "another event");
    number = gl_json_get(root, texts[2]);
    if (number.kind == GL_JSON_NUMBER)
        claim(gl_json_int64(number, &found), "a number that is none");
    free(line);
    free(name);
    for (size_t i = 0; i < FIELDS * 2; i++) free(texts[i]);
    return 0;
}
