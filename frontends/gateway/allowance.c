/* allowance.c - see allowance.h. */
#include "gateway/allowance.h"

#include "gateway/calendar.h"

#define MINUTE_S 60.0
/* A sum of doubles is right to much less than this, and no price is smaller. */
#define MONEY_EPSILON 1e-9

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* --- windows ---------------------------------------------------------------------------------- */

/* Finds the month that a day is in; *next gets the first day of the next one. Returns its first
 * day. */
static int64_t month_of(int64_t day, int64_t *next)
{
    int64_t year = 1970 + day / 366, month = 1; /* never later than the day's own year */
    while (gateway_day_number(year + 1, 1, 1) <= day) year++;
    while (month < 12 && gateway_day_number(year, month + 1, 1) <= day) month++;
    *next =
        month < 12 ? gateway_day_number(year, month + 1, 1) : gateway_day_number(year + 1, 1, 1);
    return gateway_day_number(year, month, 1);
}

static int64_t bounds(gateway_window window, int64_t unix_s, int64_t *end)
{
    int64_t length = window == GATEWAY_HOUR ? 3600 : 86400, next;
    int64_t begin = unix_s / length * length;
    *end = begin + length;
    if (window != GATEWAY_MONTH) return begin;
    begin = month_of(unix_s / 86400, &next) * 86400;
    *end = next * 86400;
    return begin;
}

int64_t gateway_window_begin(gateway_window window, int64_t unix_s)
{
    int64_t end;
    return bounds(window, unix_s, &end);
}

int64_t gateway_window_end(gateway_window window, int64_t unix_s)
{
    int64_t end;
    bounds(window, unix_s, &end);
    return end;
}

/* --- buckets ---------------------------------------------------------------------------------- */

static void fill(gateway_allowance *a, uint64_t now_ns, int64_t unix_s)
{
    double passed_s = now_ns > a->filled_ns ? (double)(now_ns - a->filled_ns) / 1e9 : 0;
    a->requests = least(a->limits.rpm, a->requests + passed_s * a->limits.rpm / MINUTE_S);
    a->tokens = least(a->limits.tpm, a->tokens + passed_s * a->limits.tpm / MINUTE_S);
    if (now_ns > a->filled_ns) a->filled_ns = now_ns;
    int64_t began = gateway_window_begin(a->limits.window, unix_s);
    if (began == a->window_s) return;
    a->window_s = began;
    a->spent = 0;
}

void gateway_allowance_set(gateway_allowance *a, const gateway_limits *limits, uint64_t now_ns,
                           int64_t unix_s)
{
    bool first = a->filled_ns == 0;
    if (!first) fill(a, now_ns, unix_s);
    /* What was taken from a bucket stays taken; a limit that is new begins full. */
    double requests_taken = first ? 0 : a->limits.rpm - a->requests;
    double tokens_taken = first ? 0 : a->limits.tpm - a->tokens;
    a->limits = *limits;
    a->requests = limits->rpm - requests_taken;
    a->tokens = limits->tpm - tokens_taken;
    a->filled_ns = now_ns;
    if (first) a->window_s = gateway_window_begin(limits->window, unix_s);
}

static int64_t whole_seconds(double seconds)
{
    if (!(seconds < 86400)) return 86400;
    int64_t whole = (int64_t)seconds;
    if ((double)whole < seconds) whole++;
    return whole > 0 ? whole : 1;
}

/* A request that may cost more than the whole budget does not fit into the next window either. */
static gateway_grant ask_money(const gateway_allowance *a, double usd, int64_t unix_s,
                               int64_t *retry_after_s)
{
    double budget = a->limits.budget_usd + MONEY_EPSILON;
    if (a->limits.budget_usd <= 0 || a->spent + a->reserved + usd <= budget) return GATEWAY_GRANTED;
    *retry_after_s = usd > budget ? 0 : gateway_window_end(a->limits.window, unix_s) - unix_s;
    if (usd > budget) return GATEWAY_TOO_DEAR;
    return a->spent + MONEY_EPSILON < a->limits.budget_usd ? GATEWAY_LITTLE_MONEY
                                                           : GATEWAY_NO_MONEY;
}

gateway_grant gateway_allowance_ask(gateway_allowance *a, const gateway_cost *may_cost,
                                    uint64_t now_ns, int64_t unix_s, int64_t *retry_after_s)
{
    const gateway_limits *limits = &a->limits;
    fill(a, now_ns, unix_s);
    *retry_after_s = 1;
    if (limits->concurrency > 0 && a->under_way >= limits->concurrency) return GATEWAY_NO_PLACE;
    if (limits->rpm > 0 && a->requests < least(1, limits->rpm)) {
        *retry_after_s =
            whole_seconds((least(1, limits->rpm) - a->requests) * MINUTE_S / limits->rpm);
        return GATEWAY_NO_REQUESTS;
    }
    /* A request that is larger than a minute's tokens waits for a full bucket, not for ever. */
    double wanted = least(may_cost->tokens, limits->tpm);
    if (limits->tpm > 0 && a->tokens < wanted) {
        *retry_after_s = whole_seconds((wanted - a->tokens) * MINUTE_S / limits->tpm);
        return a->tokens > 0 ? GATEWAY_FEW_TOKENS : GATEWAY_NO_TOKENS;
    }
    return ask_money(a, may_cost->usd, unix_s, retry_after_s);
}

gateway_grant gateway_allowance_take(gateway_allowance *a, const gateway_cost *may_cost,
                                     uint64_t now_ns, int64_t unix_s, int64_t *retry_after_s)
{
    gateway_grant grant = gateway_allowance_ask(a, may_cost, now_ns, unix_s, retry_after_s);
    if (grant != GATEWAY_GRANTED) return grant;
    a->requests -= 1;
    a->tokens -= may_cost->tokens;
    a->reserved += may_cost->usd;
    a->under_way++;
    return GATEWAY_GRANTED;
}

void gateway_allowance_settle(gateway_allowance *a, const gateway_cost *may_cost,
                              const gateway_cost *cost, uint64_t now_ns, int64_t unix_s)
{
    fill(a, now_ns, unix_s);
    a->under_way--;
    a->tokens = least(a->limits.tpm, a->tokens + may_cost->tokens - cost->tokens);
    a->reserved -= may_cost->usd;
    if (a->under_way == 0) a->reserved = 0; /* no error of rounding stays */
    a->spent += cost->usd;
}
