/* rate_limits.c - see rate_limits.h. Numbers are read by hand: no locale, no overflow. */
#include "openai/rate_limits.h"

#include "openai/duration.h"

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

static void read_one(gl_header_fn *header, const void *from, const char *const names[3],
                     glimpse_rate_limit *to)
{
    to->remaining = gl_rate_limit_count(header(from, names[1]));
    if (to->remaining < 0) return;
    to->limit = gl_rate_limit_count(header(from, names[0]));
    to->reset_ms = gl_duration(header(from, names[2]));
}

void gl_rate_limits_read(gl_header_fn *header, const void *from, glimpse_outcome *outcome)
{
#define NAMES(kind)                                                                                \
    "x-ratelimit-limit-" kind, "x-ratelimit-remaining-" kind, "x-ratelimit-reset-" kind
    static const char *const requests[] = { NAMES("requests") },
                             *const tokens[] = { NAMES("tokens") },
                             *const project[] = { NAMES("project-tokens") };
#undef NAMES
    read_one(header, from, requests, &outcome->requests);
    read_one(header, from, tokens, &outcome->tokens);
    read_one(header, from, project, &outcome->project_tokens);
}
