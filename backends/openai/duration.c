/* duration.c - see duration.h. Called for headers, and for waits in a body. */
#include "openai/duration.h"

#include <stdbool.h>
#include <string.h>

#define DAY_NS 86400e9

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* Decimal digits with at most one point; moves *at behind them. false: no digit. */
static bool read_number(const char **at, double *number)
{
    const char *p = *at;
    double value = 0, place = 1;
    int digits = 0;
    for (; *p >= '0' && *p <= '9'; p++, digits++) value = value * 10 + (*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, digits++) value += (*p - '0') * (place /= 10);
    *at = p;
    *number = value;
    return digits != 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Moves *at behind a unit, and returns its nanoseconds; 0: there is none. */
static double read_unit(const char **at)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = { { "ns", 1 },          { "us", 1e3 },           { "\xc2\xb5s", 1e3 }, /* U+00B5 */
                  { "\xce\xbcs", 1e3 },                                                /* U+03BC */
                  { "ms", 1e6 },        { "milliseconds", 1e6 }, { "s", 1e9 },
                  { "sec", 1e9 },       { "secs", 1e9 },         { "second", 1e9 },
                  { "seconds", 1e9 },   { "m", 60e9 },           { "min", 60e9 },
                  { "mins", 60e9 },     { "minute", 60e9 },      { "minutes", 60e9 },
                  { "h", 3600e9 },      { "hour", 3600e9 },      { "hours", 3600e9 },
                  { "d", DAY_NS },      { "day", DAY_NS },       { "days", DAY_NS } };
    const char *from = skip_blanks(*at);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t len = strlen(units[i].name);
        if (strncmp(from, units[i].name, len) != 0 || is_letter(from[len])) continue;
        *at = from + len;
        return units[i].ns;
    }
    return 0;
}

static int64_t to_ms(double ns)
{
    if (ns > DAY_NS) ns = DAY_NS;
    int64_t ms = (int64_t)(ns / 1e6);
    return (double)ms * 1e6 < ns ? ms + 1 : ms;
}

/* Pieces of number and unit; *at is left behind the last one. */
static int64_t read_pieces(const char **at)
{
    double total = 0, number, unit;
    const char *piece = skip_blanks(*at);
    bool any = false;
    while (read_number(&piece, &number) && (unit = read_unit(&piece)) != 0) {
        total += number * unit;
        *at = piece;
        any = true;
    }
    return any ? to_ms(total) : -1;
}

int64_t gl_duration_at(const char *text)
{
    return read_pieces(&text);
}

int64_t gl_duration(const char *text)
{
    double seconds;
    if (text == NULL) return -1;
    const char *at = skip_blanks(text);
    if (read_number(&at, &seconds) && *at == '\0') return to_ms(seconds * 1e9);
    int64_t ms = read_pieces(&text);
    return *text == '\0' ? ms : -1;
}
