/*
 * fuzz_header.c - any values of the headers that say when to come back: what is read of them is in
 * its range, and means the same when it is written in its plainest form.
 *
 * Eight bytes of wall clock, then a line for each header.
 */
#include "fuzz.h"

#include <time.h>

#include "openai/duration.h"
#include "openai/rate_limits.h"
#include "openai/retry_after.h"

#define DAY_MS INT64_C(86400000)

static void check_wait(const char *retry_after_ms, const char *retry_after, int64_t now)
{
    int64_t wait = gl_retry_after(retry_after_ms, retry_after, now);
    claim(wait == -1 || wait > 0, "a wait that is none");
    size_t digits = strspn(retry_after, "0123456789");
    if (digits == 0 || digits > 9 || retry_after[digits] != '\0') return;
    int64_t seconds = strtoll(retry_after, NULL, 10);
    claim(gl_retry_after(NULL, retry_after, now) == (seconds > 0 ? seconds * 1000 : -1),
          "another number of seconds");
}

static void check_date(const char *text, int64_t now)
{
    int64_t unix_s, again;
    char plain[64];
    struct tm parts;
    if (!gl_http_date(text, now, &unix_s)) return;
    time_t at = (time_t)unix_s;
    claim(gmtime_r(&at, &parts) != NULL, "a date outside of time");
    claim(parts.tm_year + 1900 <= 9999, "a year of five digits");
    if (parts.tm_year + 1900 < 1000) return; /* strftime writes fewer digits */
    claim(strftime(plain, sizeof plain, "%a, %d %b %Y %H:%M:%S GMT", &parts) != 0, "no date");
    claim(gl_http_date(plain, now, &again) && again == unix_s, "another date");
}

static void check_duration(const char *text)
{
    char plain[32];
    int64_t ms = gl_duration(text);
    claim(ms >= -1 && ms <= DAY_MS, "a duration out of its range");
    if (ms < 0) return;
    snprintf(plain, sizeof plain, "%lldms", (long long)ms);
    claim(gl_duration(plain) == ms, "another duration");
}

static void check_count(const char *text)
{
    char plain[32];
    int64_t count = gl_rate_limit_count(text);
    claim(count >= -1, "a negative count");
    if (count < 0) return;
    snprintf(plain, sizeof plain, "%lld", (long long)count);
    claim(gl_rate_limit_count(plain) == count, "another count");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    /* Up to the year 6429: dates end with the year 9999. */
    int64_t now = (int64_t)(((uint64_t)fuzz_number(&in) << 32 | fuzz_number(&in)) >> 17);
    char *values[4];
    for (int i = 0; i < 4; i++) values[i] = fuzz_string(fuzz_line(&in));
    check_wait(values[0], values[1], now);
    check_date(values[1], now);
    check_duration(values[2]);
    check_count(values[3]);
    int should = gl_should_retry(values[0]);
    claim(should >= -1 && should <= 1, "neither yes nor no");
    for (int i = 0; i < 4; i++) free(values[i]);
    return 0;
}
