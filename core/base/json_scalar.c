/*
 * json_scalar.c - see json.h: reads and writes strings and numbers of a checked text.
 *
 * Never doubts the form of its input. Never depends on the locale: the text that strtod gets has no
 * decimal point, and of printf's output only the digits are taken.
 */
#include "base/json.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_run.h"
#include "base/utf8.h"

#define REPLACEMENT 0xFFFD /* U+FFFD, in place of text that has no UTF-8 form */

/* --- strings --------------------------------------------------------------------------------- */

/* Returns the text between the quotes. */
static gl_slice inside(gl_slice string)
{
    return gl_slice_of(string.data + 1, string.len - 2);
}

static bool is_surrogate(uint32_t code)
{
    return code >= 0xD800 && code <= 0xDFFF;
}

/* The four digits behind \u. */
static uint32_t hex4(const char *digits)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        uint32_t digit = (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        code = code << 4 | digit;
    }
    return code;
}

uint32_t gl_json_next_code(gl_slice *rest)
{
    const char *at = rest->data;
    size_t used = 1;
    uint32_t code;
    if (*at != '\\') {
        code = gl_utf8_decode(at, rest->len, &used);
    } else {
        used = 2;
        switch (at[1]) {
        case 'b':
            code = '\b';
            break;
        case 'f':
            code = '\f';
            break;
        case 'n':
            code = '\n';
            break;
        case 'r':
            code = '\r';
            break;
        case 't':
            code = '\t';
            break;
        case 'u':
            used = 6;
            code = hex4(at + 2);
            if (code >= 0xD800 && code <= 0xDBFF && rest->len >= 12 && at[6] == '\\' &&
                at[7] == 'u') {
                uint32_t low = hex4(at + 8);
                if (low >= 0xDC00 && low <= 0xDFFF) {
                    used = 12;
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                }
            }
            break;
        default: /* the quote, the backslash and the slash stand for themselves */
            code = (unsigned char)at[1];
            break;
        }
    }
    *rest = gl_slice_of(at + used, rest->len - used);
    return code;
}

bool gl_json_string_is(gl_json string, const char *text)
{
    if (string.kind != GL_JSON_STRING) return false;
    gl_slice rest = inside(string.text);
    /* Names hardly ever hold an escape, and most comparisons end at their first bytes. A checked
     * string has no NUL in it, so text ends the loop where it ends. */
    const char *at = rest.data, *end = rest.data + rest.len;
    for (; at < end && *at == *text && *at != '\\'; at++) text++;
    if (at < end && *at != '\\') return false;
    rest = gl_slice_of(at, (size_t)(end - at));
    while (rest.len > 0) {
        char bytes[4];
        size_t count = 1;
        if (*rest.data != '\\') {
            bytes[0] = *rest.data;
            rest = gl_slice_of(rest.data + 1, rest.len - 1);
        } else {
            uint32_t code = gl_json_next_code(&rest);
            if (is_surrogate(code)) return false;
            count = gl_utf8_encode(code, bytes);
        }
        for (size_t i = 0; i < count; i++, text++)
            if (*text == '\0' || *text != bytes[i]) return false;
    }
    return *text == '\0';
}

/* Appends the text before the next backslash and takes it off; false at the end of the text. */
static bool append_run(gl_slice *rest, gl_buf *out)
{
    if (rest->len == 0) return false;
    const char *backslash = memchr(rest->data, '\\', rest->len);
    size_t run = backslash != NULL ? (size_t)(backslash - rest->data) : rest->len;
    gl_buf_append(out, rest->data, run);
    *rest = gl_slice_of(rest->data + run, rest->len - run);
    return rest->len > 0;
}

static void append_utf8(gl_buf *out, uint32_t code)
{
    char bytes[4];
    gl_buf_append(out, bytes, gl_utf8_encode(code, bytes));
}

void gl_json_string_append(gl_json string, gl_buf *out, bool *lone)
{
    if (lone != NULL) *lone = false;
    if (string.kind == GL_JSON_STRING) gl_json_text_append(inside(string.text), out, lone);
}

void gl_json_text_append(gl_slice rest, gl_buf *out, bool *lone)
{
    if (lone != NULL) *lone = false;
    while (append_run(&rest, out)) {
        uint32_t code = gl_json_next_code(&rest);
        if (is_surrogate(code)) {
            if (lone != NULL) *lone = true;
            code = REPLACEMENT;
        }
        append_utf8(out, code);
    }
}

static bool must_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* Writes a code point inside a string: as itself where possible. */
static void write_code(gl_buf *out, uint32_t code)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "\bb\tt\nn\ff\rr\"\"\\\\"; /* a character, its escape */
    if (is_surrogate(code) || (code < 0x80 && must_escape((unsigned char)code))) {
        for (const char *pair = letters; *pair != '\0'; pair += 2) {
            if ((unsigned char)pair[0] != code) continue;
            char escape[2] = { '\\', pair[1] };
            gl_buf_append(out, escape, sizeof escape);
            return;
        }
        char escape[6] = {
            '\\',          'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15],
            hex[code & 15]
        };
        gl_buf_append(out, escape, sizeof escape);
        return;
    }
    append_utf8(out, code);
}

void gl_json_rewrite_string(gl_buf *out, gl_slice string)
{
    gl_slice rest = inside(string);
    if (memchr(string.data, '\\', string.len) == NULL) { /* then it stands as it must */
        gl_buf_append(out, string.data, string.len);
        return;
    }
    gl_buf_append_char(out, '"');
    while (append_run(&rest, out)) write_code(out, gl_json_next_code(&rest));
    gl_buf_append_char(out, '"');
}

void gl_json_write_text(gl_buf *out, gl_slice text)
{
    if (text.len == 0) return;
    const char *at = text.data, *end = at + text.len, *start = at; /* of the run that is copied */
    while ((at = gl_json_run_end(at, end)) < end) {
        size_t used = 1;
        unsigned char c = (unsigned char)*at;
        if (c >= 0x80 && gl_utf8_decode(at, (size_t)(end - at), &used) != GL_UTF8_BAD) {
            at += used;
            continue;
        }
        gl_buf_append(out, start, (size_t)(at - start));
        write_code(out, c >= 0x80 ? REPLACEMENT : c);
        start = ++at;
    }
    gl_buf_append(out, start, (size_t)(end - start));
}

void gl_json_write_string(gl_buf *out, gl_slice text)
{
    gl_buf_append_char(out, '"');
    gl_json_write_text(out, text);
    gl_buf_append_char(out, '"');
}

/* --- numbers --------------------------------------------------------------------------------- */

/*
 * A number as 0.d1d2...dn times 10 to the power of point, d1 and dn not 0; n is 0 for zero. The
 * digits are a slice of the text and may have its decimal point among them, before digit `split`
 * (== count when there is none among them). An exponent has at most 18 digits and a text fewer
 * than 2^62 bytes, so point fits.
 */
typedef struct decimal {
    const char *digits;
    size_t count, split;
    int64_t point;
    bool negative;
} decimal;

/* The exponent behind the e; 0 when there is none. */
static int64_t read_exponent(const char *at, const char *end)
{
    if (at == end) return 0;
    at++;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    int64_t exponent = 0;
    for (; at < end; at++) exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

static decimal decimal_of(gl_slice number)
{
    const char *at = number.data, *end = at + number.len;
    decimal d = { .negative = *at == '-' };
    if (d.negative) at++;
    const char *dot = NULL, *first = NULL, *last = NULL, *mark = at;
    for (; mark < end && (*mark | 0x20) != 'e'; mark++) {
        if (*mark == '.') {
            dot = mark;
        } else if (*mark != '0') {
            if (first == NULL) first = mark;
            last = mark;
        }
    }
    if (first == NULL) return d;
    if (dot == NULL) dot = mark;
    /* Digits from the first that counts to the decimal point, or zeros from the point to it. */
    int64_t before = first < dot ? dot - first : -(first - dot - 1);
    d.digits = first;
    d.count = (size_t)(last - first) + (first < dot && dot < last ? 0 : 1);
    d.split = first < dot && dot < last ? (size_t)(dot - first) : d.count;
    d.point = before + read_exponent(mark, end);
    return d;
}

/* The digit at index i. */
static char digit_at(const decimal *d, size_t i)
{
    return d->digits[i < d->split ? i : i + 1];
}

/* Reads a number that is digits alone, of which 18 fit; false when it is not. */
static bool read_digits(gl_slice text, int64_t *out)
{
    int64_t number = 0;
    if (text.len > 18) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *out = number;
    return true;
}

bool gl_json_int64(gl_json number, int64_t *out)
{
    if (number.kind != GL_JSON_NUMBER) return false;
    if (read_digits(number.text, out)) return true;
    decimal d = decimal_of(number.text);
    /* 2^63 has 19 digits, and 19 digits fit uint64_t. */
    if (d.count > 0 && (d.point > 19 || d.point < (int64_t)d.count)) return false;
    uint64_t n = 0;
    for (size_t i = 0; i < (d.count > 0 ? (size_t)d.point : 0); i++)
        n = n * 10 + (i < d.count ? (uint64_t)(digit_at(&d, i) - '0') : 0);
    if (n > (uint64_t)INT64_MAX + (d.negative ? 1 : 0)) return false;
    /* The smallest number has no positive twin to negate. */
    if (d.negative && n > (uint64_t)INT64_MAX)
        *out = INT64_MIN;
    else
        *out = d.negative ? -(int64_t)n : (int64_t)n;
    return true;
}

/* The nearest double to sign, digits and exponent. */
static double to_double(const decimal *d)
{
    /* 767 digits decide any rounding of a double to nearest (the longest midpoint of two subnormals
     * has that many). Of the digits behind them it only matters whether they are zero; they are
     * not, because the last digit is not. */
    enum { DECIDE = 768 };
    /* Beyond these a double overflows or is 0 with any digits. */
    if (d->point > 400) return d->negative ? -HUGE_VAL : HUGE_VAL;
    if (d->count == 0 || d->point < -400) return d->negative ? -0.0 : 0.0;
    char text[DECIDE + 16];
    size_t len = 0;
    if (d->negative) text[len++] = '-';
    size_t kept = d->count < DECIDE ? d->count : DECIDE;
    for (size_t i = 0; i < kept; i++) text[len++] = digit_at(d, i);
    if (kept < d->count) {
        text[len++] = '1';
        kept++;
    }
    snprintf(text + len, sizeof text - len, "e%d", (int)d->point - (int)kept);
    return strtod(text, NULL);
}

bool gl_json_double(gl_json number, double *out)
{
    if (number.kind != GL_JSON_NUMBER) return false;
    decimal d = decimal_of(number.text);
    double value = to_double(&d);
    if (isinf(value)) return false;
    *out = value;
    return true;
}

/* The digits from index `from` to before `to`. */
static void append_digits(gl_buf *out, const decimal *d, size_t from, size_t to)
{
    size_t middle = d->split < from ? from : d->split > to ? to : d->split;
    if (from < middle) gl_buf_append(out, d->digits + from, middle - from);
    if (middle < to) gl_buf_append(out, d->digits + middle + 1, to - middle);
}

static void append_zeros(gl_buf *out, int64_t count)
{
    static const char zeros[] = "00000000000000000000"; /* 1e20 needs 20 */
    assert(count >= 0 && count < (int64_t)sizeof zeros);
    gl_buf_append(out, zeros, (size_t)count);
}

/* Number.prototype.toString of ECMAScript (which RFC 8785 takes over), for any number of digits. */
static void write_decimal(gl_buf *out, const decimal *d)
{
    if (d->count == 0) {
        gl_buf_append_char(out, '0');
        return;
    }
    if (d->negative) gl_buf_append_char(out, '-');
    if (d->point > 0 && d->point <= 21) {
        size_t whole = (size_t)d->point;
        append_digits(out, d, 0, whole < d->count ? whole : d->count);
        if (whole < d->count) {
            gl_buf_append_char(out, '.');
            append_digits(out, d, whole, d->count);
        } else {
            append_zeros(out, d->point - (int64_t)d->count);
        }
    } else if (d->point > -6 && d->point <= 0) {
        gl_buf_append_str(out, "0.");
        append_zeros(out, -d->point);
        append_digits(out, d, 0, d->count);
    } else {
        append_digits(out, d, 0, 1);
        if (d->count > 1) {
            gl_buf_append_char(out, '.');
            append_digits(out, d, 1, d->count);
        }
        gl_buf_append_str(out, d->point > 0 ? "e+" : "e-");
        int64_t exponent = d->point - 1;
        gl_buf_append_i64(out, exponent < 0 ? -exponent : exponent);
    }
}

void gl_json_rewrite_number(gl_buf *out, gl_slice number)
{
    decimal d = decimal_of(number);
    write_decimal(out, &d);
}

/* Writes a number with few digits behind its point, such as 0.7, without printf; returns whether it
 * is one. It is whole / 10^places: both are doubles, and so their quotient is the double nearest to
 * the decimal of the digits of `whole`. They are 15 at most, so that printf would print no others.
 */
static bool write_short(gl_buf *out, double number)
{
    static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4 };
    for (size_t places = 0; places < sizeof powers / sizeof *powers; places++) {
        double scaled = fabs(number) * powers[places];
        if (!(scaled < 1e14)) return false;
        uint64_t whole = (uint64_t)(scaled + 0.5);
        if ((double)whole / powers[places] != fabs(number)) continue;
        char text[sizeof "-100000000000000e-4"];
        size_t at = sizeof text;
        text[--at] = (char)('0' + places);
        text[--at] = '-';
        text[--at] = 'e';
        for (; whole != 0; whole /= 10) text[--at] = (char)('0' + whole % 10);
        if (number < 0) text[--at] = '-';
        decimal d = decimal_of(gl_slice_of(text + at, sizeof text - at));
        write_decimal(out, &d);
        return true;
    }
    return false;
}

void gl_json_write_double(gl_buf *out, double number)
{
    if (!isfinite(number)) {
        gl_buf_append_str(out, "null");
        return;
    }
    if (number == 0) {
        gl_buf_append_str(out, signbit(number) ? "-0" : "0");
        return;
    }
    if (write_short(out, number)) return;
    /* 17 digits always read back as the same double, 15 often do. The locale's decimal point, of
     * any length, is the text before the e that is neither digit nor sign. */
    for (int digits = DBL_DIG;; digits++) {
        char printed[64], text[64];
        snprintf(printed, sizeof printed, "%.*e", digits - 1, number);
        size_t len = 0;
        bool dotted = false, exponent = false;
        for (const char *p = printed; *p != '\0'; p++) {
            exponent = exponent || *p == 'e';
            if (exponent || *p == '-' || (*p >= '0' && *p <= '9')) {
                text[len++] = *p;
            } else if (!dotted) {
                text[len++] = '.';
                dotted = true;
            }
        }
        decimal d = decimal_of(gl_slice_of(text, len));
        if (digits == DBL_DECIMAL_DIG || to_double(&d) == number) {
            write_decimal(out, &d);
            return;
        }
    }
}
