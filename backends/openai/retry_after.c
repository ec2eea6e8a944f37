/*
 * retry_after.c - see retry_after.h. Pure; called by decode.c and the fuzzers.
 *
 * Numbers are read digit by digit in integers: strtod follows the locale of the program around us,
 * and rounding must not make a wait shorter.
 */
#include "openai/retry_after.h"

#include <string.h>
#include <strings.h>

/* --- numbers --- */

typedef enum number { NO_NUMBER, ODD_NUMBER, NUMBER } number;

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* nan, inf, infinity: numbers to python's float, but no waits. */
static bool is_odd(const char *at)
{
    static const char *const words[] = { "nan", "inf", "infinity" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        if (strncasecmp(at, words[i], len) == 0 && *skip_blanks(at + len) == '\0') return true;
    }
    return false;
}

/* The digits, without their point, times 10^shift; rounded up, kept at INT64_MAX. */
static int64_t scaled(const char *digits, size_t count, int64_t shift)
{
    int64_t value = 0, place = (int64_t)count - 1 + shift;
    bool more = false;
    for (size_t i = 0; i < count; digits++) {
        if (*digits == '.') continue;
        int64_t digit = *digits - '0';
        i++;
        if (place-- < 0) {
            more = more || digit != 0;
            continue;
        }
        if (value > (INT64_MAX - digit) / 10) return INT64_MAX;
        value = value * 10 + digit;
    }
    for (; place >= 0 && value != 0; place--) {
        if (value > INT64_MAX / 10) return INT64_MAX;
        value *= 10;
    }
    return more && value < INT64_MAX ? value + 1 : value;
}

/* The exponent behind e; beyond a thousand every number is 0 or too large. */
static const char *read_exponent(const char *at, int64_t *exponent)
{
    bool negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    size_t len = strspn(at, "0123456789");
    if (len == 0) return NULL;
    for (size_t i = 0; i < len && *exponent < 1000; i++) *exponent = *exponent * 10 + (at[i] - '0');
    if (negative) *exponent = -*exponent;
    return at + len;
}

/* Reads every number that float() takes, times 10^shift. A number below 0 becomes 0: no wait
 * either. */
static number read_number(const char *at, int64_t shift, int64_t *out)
{
    at = skip_blanks(at);
    bool negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    if (is_odd(at)) return ODD_NUMBER;
    const char *digits = at;
    size_t whole = strspn(at, "0123456789"), fraction = 0;
    at += whole;
    if (*at == '.') {
        fraction = strspn(at + 1, "0123456789");
        at += 1 + fraction;
    }
    if (whole + fraction == 0) return NO_NUMBER;
    int64_t exponent = 0;
    if (*at == 'e' || *at == 'E') at = read_exponent(at + 1, &exponent);
    if (at == NULL || *skip_blanks(at) != '\0') return NO_NUMBER;
    if (whole == 0) digits++;
    *out = negative ? 0 : scaled(digits, whole + fraction, shift + exponent - (int64_t)fraction);
    return NUMBER;
}

/* --- dates --- */

typedef struct date {
    int year, month, day, hour, minute, second;
} date;

/* Finds which of these names comes here; returns the text behind it. */
static const char *read_name(const char *at, const char *const *names, int count, int *which)
{
    for (int i = 0; i < count; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(at, names[i], len) != 0) continue;
        *which = i;
        return at + len;
    }
    return NULL;
}

static const char *read_literal(const char *at, const char *text)
{
    size_t len = strlen(text);
    return at != NULL && strncmp(at, text, len) == 0 ? at + len : NULL;
}

static const char *read_digits(const char *at, int count, int *out)
{
    *out = 0;
    if (at == NULL) return NULL;
    for (int i = 0; i < count; i++, at++) {
        if (*at < '0' || *at > '9') return NULL;
        *out = *out * 10 + (*at - '0');
    }
    return at;
}

static const char *read_month(const char *at, int *month)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    if (at == NULL) return NULL;
    at = read_name(at, months, 12, month);
    (*month)++;
    return at;
}

static const char *read_clock(const char *at, date *d)
{
    at = read_digits(at, 2, &d->hour);
    at = read_digits(read_literal(at, ":"), 2, &d->minute);
    return read_digits(read_literal(at, ":"), 2, &d->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT, behind its comma. */
static const char *read_imf(const char *at, date *d)
{
    at = read_digits(read_literal(at, ", "), 2, &d->day);
    at = read_month(read_literal(at, " "), &d->month);
    at = read_digits(read_literal(at, " "), 4, &d->year);
    return read_literal(read_clock(read_literal(at, " "), d), " GMT");
}

/* Sunday, 06-Nov-94 08:49:37 GMT, behind its comma. A year more than 50 years in the future is
 * taken for the last one in the past with these digits. */
static const char *read_rfc850(const char *at, int year_now, date *d)
{
    at = read_digits(read_literal(at, ", "), 2, &d->day);
    at = read_month(read_literal(at, "-"), &d->month);
    at = read_digits(read_literal(at, "-"), 2, &d->year);
    d->year += year_now - year_now % 100;
    if (d->year > year_now + 50) d->year -= 100;
    if (d->year < year_now - 50) d->year += 100; /* "01", asked in 2099 */
    return read_literal(read_clock(read_literal(at, " "), d), " GMT");
}

/* Sun Nov  6 08:49:37 1994, behind its first name. */
static const char *read_asctime(const char *at, date *d)
{
    at = read_month(read_literal(at, " "), &d->month);
    at = read_literal(at, " ");
    if (at != NULL && *at == ' ')
        at = read_digits(at + 1, 1, &d->day);
    else
        at = read_digits(at, 2, &d->day);
    at = read_clock(read_literal(at, " "), d);
    return read_digits(read_literal(at, " "), 4, &d->year);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_valid(const date *d)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (d->day < 1 || d->day > days[d->month - 1] + (d->month == 2 && is_leap(d->year)))
        return false;
    return d->hour < 24 && d->minute < 60 && d->second <= 60; /* a leap second */
}

/* Counted from 1 March of the year -400, so that no division is of a negative number (Gregorian
 * throughout). */
static int64_t days_since_1970(const date *d)
{
    int64_t year = (d->month > 2 ? d->year : d->year - 1) + 400;
    int64_t month = d->month > 2 ? d->month - 3 : d->month + 9; /* from March */
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400;
    return days + (month * 153 + 2) / 5 + d->day - 1 - 865565;
}

/* Precise enough for a century: on New Year's Eve only years near to now come up. */
static int year_of(int64_t unix_ms)
{
    return (int)(1970 + unix_ms / INT64_C(31556952000)); /* ms of a mean Gregorian year */
}

bool gl_http_date(const char *text, int64_t now_unix_ms, int64_t *unix_s)
{
    static const char *const names[] = { "Sunday", "Monday",   "Tuesday", "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sun",     "Mon",       "Tue",
                                         "Wed",    "Thu",      "Fri",     "Sat" };
    date d = { 0 };
    int name;
    const char *at = read_name(skip_blanks(text), names, 14, &name);
    if (at == NULL) return false;
    if (name < 7)
        at = read_rfc850(at, year_of(now_unix_ms), &d);
    else if (*at == ',')
        at = read_imf(at, &d);
    else
        at = read_asctime(at, &d);
    if (at == NULL || *skip_blanks(at) != '\0' || !is_valid(&d)) return false;
    *unix_s = days_since_1970(&d) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
    return true;
}

/* --- the headers --- */

static int64_t positive(int64_t ms)
{
    return ms > 0 ? ms : -1;
}

int64_t gl_retry_after(const char *retry_after_ms, const char *retry_after, int64_t now_unix_ms)
{
    int64_t ms = 0, date_s;
    number found = retry_after_ms != NULL ? read_number(retry_after_ms, 0, &ms) : NO_NUMBER;
    if (found == NO_NUMBER && retry_after != NULL) found = read_number(retry_after, 3, &ms);
    if (found == NUMBER) return positive(ms);
    if (found == ODD_NUMBER || retry_after == NULL) return -1;
    if (!gl_http_date(retry_after, now_unix_ms, &date_s)) return -1;
    return positive(date_s * 1000 - now_unix_ms); /* years have four digits: it fits */
}

int64_t gl_answer_time(const char *date_header, int64_t now_unix_ms)
{
    int64_t date_s;
    if (date_header == NULL || !gl_http_date(date_header, now_unix_ms, &date_s)) return now_unix_ms;
    return date_s * 1000;
}

int gl_should_retry(const char *value)
{
    if (value == NULL) return -1;
    value = skip_blanks(value);
    size_t len = strcspn(value, " \t");
    if (*skip_blanks(value + len) != '\0') return -1;
    if (len == 4 && strncasecmp(value, "true", 4) == 0) return 1;
    if (len == 5 && strncasecmp(value, "false", 5) == 0) return 0;
    return -1;
}
