/*
 * units.c - reads the values people write. Pure; called by options.c.
 *
 * Numbers are read as exact decimals in 64 bits and every step is checked for overflow, so that
 * 99999999999h is refused and not wrapped.
 */
#include "options/units.h"

#include <stdbool.h>
#include <string.h>

#include "base/json.h"

static const char *const too_large = "is too large";

/* A decimal number: whole, and the digits behind the point as billionths. */
typedef struct decimal {
    int64_t whole;
    int64_t billionths;
} decimal;

static const char *read_decimal(const char **text, decimal *out)
{
    const char *at = *text;
    if (*at == '-') return "must not be negative";
    if (*at == '\0') return "is empty";
    bool digits = false;
    out->whole = out->billionths = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        digits = true;
        if (__builtin_mul_overflow(out->whole, 10, &out->whole) ||
            __builtin_add_overflow(out->whole, *at - '0', &out->whole))
            return too_large;
    }
    if (*at == '.') {
        int64_t place = 100000000;
        for (at++; *at >= '0' && *at <= '9'; at++) {
            digits = true;
            out->billionths += (*at - '0') * place;
            place /= 10;
        }
    }
    if (!digits) return "is not a number";
    *text = at;
    return NULL;
}

/* number x unit; the fraction is cut below one. */
static const char *scale(decimal number, int64_t unit, int64_t *out)
{
    /* billionths < 1e9 and unit up to an hour in ns (3.6e12) do not fit 64 bits together; unit's
     * billions and the rest of it do, each by itself. */
    const int64_t billion = 1000000000;
    int64_t part =
        number.billionths * (unit / billion) + number.billionths * (unit % billion) / billion;
    int64_t whole;
    if (__builtin_mul_overflow(number.whole, unit, &whole) ||
        __builtin_add_overflow(whole, part, out))
        return too_large;
    return NULL;
}

const char *units_duration_ms(const char *text, int64_t bare_ns, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = { { "us", 1000 },
                  { "ms", UNITS_MS },
                  { "s", UNITS_SECOND },
                  { "m", 60 * UNITS_SECOND },
                  { "h", 3600 * UNITS_SECOND } };
    decimal number;
    const char *problem = read_decimal(&text, &number);
    if (problem != NULL) return problem;
    int64_t unit = *text == '\0' ? bare_ns : 0, ns;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text, units[i].name) == 0) unit = units[i].ns;
    if (unit == 0) return "is not a duration (a number and us, ms, s, m or h)";
    problem = scale(number, unit, &ns);
    if (problem != NULL) return problem;
    *ms = ns / UNITS_MS + (ns % UNITS_MS != 0);
    return NULL;
}

const char *units_size(const char *text, int64_t *bytes)
{
    decimal number;
    const char *problem = read_decimal(&text, &number);
    if (problem != NULL) return problem;
    int64_t unit = 1;
    if (*text != '\0') {
        switch (*text) {
        case 'K':
        case 'k':
            unit = 1024;
            break;
        case 'M':
        case 'm':
            unit = 1024 * 1024;
            break;
        case 'G':
        case 'g':
            unit = 1024 * 1024 * 1024;
            break;
        default:
            unit = 0;
        }
        if (text[1] != '\0') unit = 0;
    }
    if (unit == 0) return "is not a size (a number of bytes, or with K, M or G)";
    return scale(number, unit, bytes);
}

const char *units_uint64(const char *text, uint64_t *number)
{
    if (*text == '-') return "must not be negative";
    if (*text == '\0') return "is empty";
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            return too_large;
    if (*text != '\0') return "is not a whole number";
    *number = value;
    return NULL;
}

const char *units_int(const char *text, int64_t *number)
{
    uint64_t value;
    bool negative = *text == '-';
    const char *problem = units_uint64(text + negative, &value);
    if (problem != NULL) return problem;
    if (value > INT64_MAX) return too_large;
    *number = negative ? -(int64_t)value : (int64_t)value;
    return NULL;
}

const char *units_real(const char *text, double *number)
{
    /* JSON's grammar of numbers, read without the locale. */
    gl_json value;
    if (gl_json_check(gl_slice_str(text), &value, NULL) != GL_JSON_OK ||
        value.kind != GL_JSON_NUMBER)
        return "is not a number";
    return gl_json_double(value, number) ? NULL : too_large;
}

const char *units_thresholds(const char *text, glimpse_thresholds *thresholds)
{
    int64_t values[4];
    for (int i = 0; i < 4; i++) {
        char part[32];
        size_t len = strcspn(text, ",");
        if (len >= sizeof part || (text[len] == ',') != (i < 3))
            return "must be four durations with commas between, such as 1500,2500,4000,6000, or "
                   "auto";
        memcpy(part, text, len);
        part[len] = '\0';
        text += len + (i < 3);
        const char *problem = units_duration_ms(part, UNITS_MS, &values[i]);
        if (problem != NULL) return problem;
    }
    *thresholds = (glimpse_thresholds){ values[0], values[1], values[2], values[3] };
    for (int i = 0; i < 4; i++)
        if (values[i] < 1 || values[i] > 24 * 3600 * 1000) return "must lie between 1 ms and 24 h";
    for (int i = 1; i < 4; i++)
        if (values[i] <= values[i - 1]) return "must rise strictly from t1 to t4";
    return NULL;
}
