/* rate_limits.c - see rate_limits.h. Numbers are read by hand: no locale, no overflow. */
#include "openai/rate_limits.h"

#include <string.h>

#define DAY_NS 86400e9

int64_t gl_rate_limit_count(const char *value)
{
    if (value == NULL) return -1;
    while (*value == ' ' || *value == '\t') value++;
    int64_t count = 0;
    int digits = 0;
    for (; *value >= '0' && *value <= '9'; value++, digits++) {
        if (count > (INT64_MAX - 9) / 10) return -1;
        count = count * 10 + (*value - '0');
    }
    while (*value == ' ' || *value == '\t') value++;
    return digits != 0 && *value == '\0' ? count : -1;
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

static double read_unit(const char **at)
{
    /* The longer ones first: "ms" is no "m". */
    static const struct {
        const char *name;
        double ns;
    } units[] = { { "ns", 1 },          { "us", 1e3 },  { "\xc2\xb5s", 1e3 }, /* U+00B5 */
                  { "\xce\xbcs", 1e3 },                                       /* U+03BC */
                  { "ms", 1e6 },        { "s", 1e9 },   { "m", 60e9 },
                  { "h", 3600e9 },      { "d", DAY_NS } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t len = strlen(units[i].name);
        if (strncmp(*at, units[i].name, len) != 0) continue;
        *at += len;
        return units[i].ns;
    }
    return 0;
}

int64_t gl_rate_limit_duration(const char *value)
{
    if (value == NULL) return -1;
    while (*value == ' ' || *value == '\t') value++;
    double total = 0, number;
    const char *at = value;
    if (!read_number(&at, &number)) return -1;
    if (*at == '\0') {
        total = number * 1e9;
    } else {
        at = value;
        while (*at != '\0') {
            double unit;
            if (!read_number(&at, &number) || (unit = read_unit(&at)) == 0) return -1;
            total += number * unit;
        }
    }
    if (total > DAY_NS) total = DAY_NS;
    int64_t ms = (int64_t)(total / 1e6);
    return (double)ms * 1e6 < total ? ms + 1 : ms;
}

static void read_one(gl_header_fn *header, const void *from, const char *const names[3],
                     glimpse_rate_limit *to)
{
    to->remaining = gl_rate_limit_count(header(from, names[1]));
    if (to->remaining < 0) return;
    to->limit = gl_rate_limit_count(header(from, names[0]));
    to->reset_ms = gl_rate_limit_duration(header(from, names[2]));
}

void gl_rate_limits_read(gl_header_fn *header, const void *from, glimpse_outcome *outcome)
{
#define NAMES(kind)                                                                                \
    {                                                                                              \
        "x-ratelimit-limit-" kind, "x-ratelimit-remaining-" kind, "x-ratelimit-reset-" kind        \
    }
    static const char *const requests[] = NAMES("requests"), *const tokens[] = NAMES("tokens"),
                             *const project[] = NAMES("project-tokens");
#undef NAMES
    read_one(header, from, requests, &outcome->requests);
    read_one(header, from, tokens, &outcome->tokens);
    read_one(header, from, project, &outcome->project_tokens);
}
