/* schema_scalar.c - strings and numbers that a schema allows. See schema_private.h. */
#include <math.h>
#include <string.h>

#include "mock/schema_private.h"
#include "mock/words.h"

#define LENGTH_MAX 100000 /* characters of a string */
#define SPREAD     100    /* of a number with only one bound */
#define WHOLE_MAX  9e15   /* below 2^53: each integer is a double */

static bool fail(maker *m, const char *why)
{
    m->why = why;
    return false;
}

/* --- strings ---------------------------------------------------------------------------------- */

static void write_uuid(maker *m)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    for (const char *at = form; *at != '\0'; at++)
        gl_buf_append_char(m->out,
                           *at == 'x' ? "0123456789abcdef"[gl_rng_below(&m->rng, 16)] : *at);
}

/* Writes a text of a known format. false: it is unknown. */
static bool write_format(maker *m, gl_json format)
{
    static const char *const samples[][2] = {
        { "date-time", "2024-05-17T09:30:00Z" },
        { "date", "2024-05-17" },
        { "time", "09:30:00Z" },
        { "duration", "P1DT2H" },
        { "email", "ada@example.com" },
        { "idn-email", "ada@example.com" },
        { "hostname", "host.example.com" },
        { "ipv4", "192.0.2.1" },
        { "ipv6", "2001:db8::1" },
        { "uri", "https://example.com/a" },
        { "url", "https://example.com/a" },
        { "uri-reference", "/a" },
        { "json-pointer", "/a/0" },
        { "regex", "^a+$" },
        { "byte", "YQ==" },
        { "base64", "YQ==" },
    };
    if (gl_json_string_is(format, "uuid")) {
        write_uuid(m);
        return true;
    }
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        if (gl_json_string_is(format, samples[i][0])) {
            gl_buf_append_str(m->out, samples[i][1]);
            return true;
        }
    return false;
}

static bool write_pattern(maker *m, gl_json pattern)
{
    char text[512];
    gl_buf decoded = { .data = text, .capacity = sizeof text, .max = sizeof text };
    gl_json_string_append(pattern, &decoded, NULL);
    return !decoded.failed && mock_pattern_write(gl_buf_slice(&decoded), &m->rng, m->out);
}

bool mock_schema_string(maker *m, const gl_json *keyword)
{
    int64_t least = 0, most = LENGTH_MAX;
    gl_json_int64(keyword[MOCK_MIN_LENGTH], &least);
    gl_json_int64(keyword[MOCK_MAX_LENGTH], &most);
    if (least > LENGTH_MAX) return fail(m, "a 'minLength' above 100000");
    if (most > LENGTH_MAX) most = LENGTH_MAX;
    if (least > most || most < 0) return fail(m, "'minLength' above 'maxLength'");
    gl_buf_append_char(m->out, '"');
    size_t start = m->out->len;
    if (keyword[MOCK_PATTERN].kind == GL_JSON_STRING) {
        if (!write_pattern(m, keyword[MOCK_PATTERN])) return fail(m, "'pattern'");
        size_t len = m->out->len - start;
        if (len < (size_t)least || len > (size_t)most) return fail(m, "'pattern' with a length");
    } else if (!write_format(m, keyword[MOCK_FORMAT])) {
        uint64_t seed = gl_rng_below(&m->rng, 1000);
        mock_words_fill(2, seed, false, m->out);
        while (!m->out->failed && m->out->len - start < (size_t)least)
            mock_words_fill(1, ++seed, true, m->out);
        if (m->out->len - start > (size_t)most) m->out->len = start + (size_t)most;
    }
    gl_buf_append_char(m->out, '"');
    return true;
}

/* --- numbers ---------------------------------------------------------------------------------- */

typedef struct range {
    double least, most;
    bool above, below; /* the bounds are excluded */
} range;

/* Takes a bound: exclusiveMinimum as a number, or as drafts before 6 had it, true beside
 * minimum. */
static void take_end(gl_json closed, gl_json open, bool lower, double *end, bool *exclusive)
{
    double number;
    if (gl_json_double(closed, &number)) *end = number;
    if (open.kind == GL_JSON_TRUE) *exclusive = true;
    if (!gl_json_double(open, &number)) return;
    if (lower ? number < *end : number > *end) return;
    *end = number;
    *exclusive = true;
}

static range read_range(const gl_json *keyword)
{
    range r = { .least = -INFINITY, .most = INFINITY };
    take_end(keyword[MOCK_MINIMUM], keyword[MOCK_ABOVE], true, &r.least, &r.above);
    take_end(keyword[MOCK_MAXIMUM], keyword[MOCK_BELOW], false, &r.most, &r.below);
    if (isinf(r.least) && isinf(r.most)) {
        r.least = 0;
        r.most = SPREAD;
    } else if (isinf(r.least)) {
        r.least = r.most - SPREAD;
    } else if (isinf(r.most)) {
        r.most = r.least + SPREAD;
    }
    return r;
}

static bool is_in(const range *r, double number)
{
    return (r->above ? number > r->least : number >= r->least) &&
           (r->below ? number < r->most : number <= r->most);
}

/* A multiple of the step in the range. */
static bool pick_multiple(maker *m, const range *r, double step, double *number)
{
    double first = ceil(r->least / step), last = floor(r->most / step);
    if (r->above && first * step <= r->least) first++;
    if (r->below && last * step >= r->most) last--;
    if (!(first <= last) || fabs(first) > WHOLE_MAX || fabs(last) > WHOLE_MAX) return false;
    double count = last - first + 1;
    *number = (first + floor(gl_rng_uniform(&m->rng) * (count < 1e6 ? count : 1e6))) * step;
    /* 3 * 0.1 is not 0.3; its rounding to twelve digits is. */
    if (step < 1) *number = nearbyint(*number * 1e12) / 1e12;
    return true;
}

bool mock_schema_number(maker *m, const gl_json *keyword, bool whole)
{
    range r = read_range(keyword);
    double step = 0, number;
    bool stepped = gl_json_double(keyword[MOCK_MULTIPLE_OF], &step) && step > 0;
    for (int digits = 0; whole && stepped && step != floor(step) && digits < 9; digits++)
        step *= 10;
    if (whole && (!stepped || step != floor(step))) step = 1;
    if (step > 0) {
        if (!pick_multiple(m, &r, step, &number)) return fail(m, "a number where there is none");
    } else {
        double picked = r.least + (r.most - r.least) * gl_rng_uniform(&m->rng);
        number = nearbyint(picked * 100) / 100; /* short, where that is in the range */
        if (!is_in(&r, number)) number = picked;
        if (!is_in(&r, number)) number = r.least + (r.most - r.least) / 2;
        if (!is_in(&r, number)) return fail(m, "a number where there is none");
    }
    if (whole)
        gl_buf_append_i64(m->out, (int64_t)number);
    else
        gl_json_write_double(m->out, number);
    return true;
}
